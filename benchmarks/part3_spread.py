"""How activity spreads to neurons that were never trained, by the strength of static couplings.

Networks without a clock learn the same rates while the static couplings are scaled down. The
external input is chosen so that mean-field theory gives the untrained network the same mean rates
at each scale. For untrained E and I neurons, over several seeds: the variance of their PSTHs (Hz^2)
that lies in the time courses of the trained neurons, above that of time courses shifted in time;
and the selectivity at the end of the trial, as mean |selectivity| (noise included) and as the root
of the mean product of two halves of the trials (without noise). ``before`` is the same network
before learning.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from scipy.optimize import root

from benchmarks.measurement import machine, mean_and_error, table
from benchmarks.networks import few_neurons, recurrent_task, train_briefly
from src_part1.recordings import load_recordings
from src_part3.analysis import neuron_groups, principal_components, selectivity, shared_variance
from src_part3.balance import mean_field
from src_part3.evaluation import evaluate
from src_part3.parameters import RECURRENT
from src_part3.perturbations import Lesion, study_lesions

GROUPS = {"exc": "untrained_exc", "inh": "untrained_inh"}
MEASURES = ("shared_above_null", "abs_selectivity", "selectivity_without_noise")
SELECTIVE_MS = 400.0
N_COMPONENTS = 6
# All recorded neurons, fewer networks and loops; the unbalanced scale is left out.
BRIEF = (
    "--n-recorded", "1824", "--loops", "12", "--trials", "16", "--scales", "0.4", "1.0",
    "--seeds", "0", "1", "2",
)


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--source", default="auto", help="recordings: a word or a folder")
    parser.add_argument("--scales", type=float, nargs="+", default=[0.1, 0.4, 1.0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--loops", type=int, default=24)
    parser.add_argument("--trials", type=int, default=40, help="test trials of each condition")
    parser.add_argument("--n-recorded", type=int, default=500)


def scaled_network(scale, network_parameters=RECURRENT):
    """Scale all static couplings and keep the mean rates that theory gives.

    Parameters
    ----------
    scale : float
        Factor of all static weights.
    network_parameters : BalancedNetworkParameters, optional
        The network at scale 1.

    Returns
    -------
    BalancedNetworkParameters
        With other couplings and external inputs; the initial plastic weights are the same.
    """
    p = network_parameters
    wanted = mean_field(p).rates

    def network(mu):
        return replace(
            p, weight_scale=scale * p.weight_scale, mu_exc=mu[0], mu_inh=mu[1],
            j_plastic_exc=p.j_plastic_exc / scale, j_plastic_inh=p.j_plastic_inh / scale,
        )

    def excess(mu):
        try:
            return np.log(mean_field(network(mu)).rates / wanted)
        except ValueError:  # no balanced state there
            return np.full(2, 1e3)

    # Weak couplings leave the neurons nearer to their threshold without help.
    begin = scale * np.array([p.mu_exc, p.mu_inh]) + (1 - scale) / np.sqrt(p.in_degree)
    solution = root(excess, begin)
    if not solution.success or np.abs(solution.fun).max() > 0.01:
        raise ValueError(f"no external input gives the same rates at scale {scale:g}.")
    return network(solution.x)


def run(arguments):
    """Measure; see the module's docstring."""
    recordings = load_recordings(arguments.source)
    result, start = {}, time.perf_counter()
    for scale in arguments.scales:
        network_parameters = scaled_network(scale)
        samples = [
            _sample(recordings, network_parameters, seed, arguments) for seed in arguments.seeds
        ]
        result[f"{scale:g}"] = {
            name: {key: mean_and_error([s[name][key] for s in samples]) for key in values}
            for name, values in samples[0].items()
        }
    return {
        "scales": result, "seeds": arguments.seeds, "loops": arguments.loops,
        "n_trials": arguments.trials, "n_trained": min(arguments.n_recorded, recordings.n_neurons),
        "seconds": time.perf_counter() - start, "source": recordings.source, "machine": machine(),
    }


def _sample(recordings, network_parameters, seed, arguments):
    recordings = few_neurons(recordings, arguments.n_recorded, seed)
    task = recurrent_task(recordings, seed, network_parameters=network_parameters)
    weights = train_briefly(task, seed + 1, arguments.loops)
    trials = {"n_trials": arguments.trials}
    rng = np.random.default_rng(seed + 2)
    trained = evaluate(task, weights, rng, **trials)
    undone = {"before": Lesion(with_recurrent_learning=False)}
    before = study_lesions(task, weights, rng, undone, **trials).evaluations["before"]
    summaries = trained.summary()
    quality = {
        measure: float(np.mean([summary[measure] for summary in summaries]))
        for measure in ("corrected_correlation", "side_decoded")
    }
    return {"quality": quality} | {
        name + suffix: _spread(task, trained, test, getattr(neuron_groups(task), group), rng)
        for name, group in GROUPS.items()
        for suffix, test in (("", trained), ("_before", before))
    }


def _spread(task, trained, test, neurons, rng):
    courses = principal_components(
        trained.rates, task.network.trained, min(N_COMPONENTS, task.n_bins)
    ).components
    found = shared_variance(test.half_rates, neurons, courses, rng)
    last = min(round(SELECTIVE_MS / task.trial_parameters.bin_width), task.n_bins)
    one, two = (selectivity(rates, last)[neurons] for rates in test.half_rates)
    return {
        "shared_above_null": found.shared - float(found.shifted.mean()),
        "abs_selectivity": float(np.abs(selectivity(test.rates, last)[neurons]).mean()),
        "selectivity_without_noise": float(np.sqrt(max((one * two).mean(), 0.0))),
        "rate": float(test.rates[:, neurons].mean()),
    }


def report(result):
    """Return the table for people."""
    def cell(value):
        return f"{value['mean']:.3f} +- {value['standard_error']:.3f}"

    rows = [
        [scale, name, *(cell(values[name][measure]) for measure in (*MEASURES, "rate")),
         cell(values["quality"]["corrected_correlation"]), cell(values["quality"]["side_decoded"])]
        for scale, values in result["scales"].items() for name in values if name != "quality"
    ]
    header = ("couplings", "neurons", *MEASURES, "rate (Hz)", "corrected correlation", "side")
    return (
        f"{table(header, rows)}\n({len(result['seeds'])} seeds, {result['loops']} loops, "
        f"{result['n_trained']} trained neurons ({result['source']}), {result['n_trials']} test "
        f"trials; {result['seconds']:.0f} s; {result['machine']})"
    )
