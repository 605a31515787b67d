"""How activity spreads to neurons that were never trained, by the strength of static couplings.

Networks without a clock learn the same rates while the static couplings are scaled down. The
external input is chosen so that mean-field theory gives the untrained network the same mean rates
at each scale. For untrained E and I neurons, over several seeds: the variance of their PSTHs (Hz^2)
that lies in the time courses of the trained neurons, above that of time courses shifted in time;
and the selectivity at the end of the trial, as mean |selectivity| (noise included) and as the root
of the mean product of two halves of the trials (without noise). ``before`` is the same network
before learning. Networks of unequal quality are not compared: ``comparable`` names the scales whose
corrected correlation is at most 0.03 below that of the best, ``differences`` what differs there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import root

from benchmarks.measurement import cell, machine, over_networks, table
from experiments import networks
from experiments.networks import EQUAL, tested, train_network, untrained_weights
from experiments.study import run_study
from src_part1.recordings import load_recordings
from src_part3.analysis import neuron_groups, principal_components, selectivity, shared_variance
from src_part3.balance import mean_field
from src_part3.evaluation import evaluate
from src_part3.parameters import RECURRENT

GROUPS = {"exc": "untrained_exc", "inh": "untrained_inh"}
MEASURES = ("shared_above_null", "abs_selectivity", "selectivity_without_noise")
SELECTIVE_MS = 400.0
N_COMPONENTS = 6
# Fewer networks and loops; the unbalanced scale is left out.
BRIEF = (
    "--loops", "12", "4", "--trials", "16", "--scales", "0.4", "1.0", "--seeds", "0", "1",
)


def add_arguments(parser):
    """Declare the options of this benchmark."""
    networks.add_arguments(parser, seeds=(0, 1, 2, 3, 4), trials=40)
    parser.add_argument("--scales", type=float, nargs="+", default=[0.1, 0.4, 1.0])


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
    found = run_study(sample, recordings, arguments, scale=arguments.scales)
    samples = dict(zip((f"{scale:g}" for scale in arguments.scales), found, strict=True))
    result = {name: over_networks(of) for name, of in samples.items()}
    return {"scales": result} | compared(samples) | networks.about(arguments, recordings) | {
        "machine": machine()
    }


def compared(samples):
    """The scales whose quality is that of the best, and what differs between them and it.

    Parameters
    ----------
    samples : dict of str to list of dict
        For each scale what each seed measured.

    Returns
    -------
    dict
        ``reference``; the ``comparable`` scales and those that are ``not_comparable``; for the
        former ``differences`` to the reference, seed by seed, as mean and standard error.
    """
    quality = {scale: np.mean([s["quality"]["corrected_correlation"] for s in of])
               for scale, of in samples.items()}
    reference = max(quality, key=lambda scale: np.nan_to_num(quality[scale], nan=-np.inf))
    alike = [s for s, value in quality.items() if quality[reference] - value <= EQUAL]
    differences = {
        scale: over_networks([
            {group: {m: one[group][m] - other[group][m] for m in MEASURES}
             for group in GROUPS}
            for one, other in zip(samples[scale], samples[reference], strict=True)
        ]) for scale in alike if scale != reference
    }
    return {"reference": reference, "comparable": alike, "differences": differences,
            "not_comparable": [scale for scale in samples if scale not in alike]}


def sample(recordings, seed, arguments, scale):
    """Quality and spread in one network."""
    base = networks.network_for(recordings.n_neurons, "none")
    network = train_network("none", recordings, seed, arguments, label=f"none-scale{scale:g}",
                            network_parameters=scaled_network(scale, base))
    task = network.task
    rng = np.random.default_rng(seed + 3)
    trained = tested(network, seed, arguments)
    before = evaluate(task, untrained_weights(task), rng, n_trials=arguments.trials)
    quality = {
        measure: float(np.mean([summary[measure] for summary in trained.summary()]))
        for measure in ("corrected_correlation", "r2_corrected", "side_decoded")
    } | {"balanced_accuracy_untrained": before.balanced_accuracy}
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
    """Return the tables for people."""
    rows = [
        [scale, name, *(cell(values[name][measure]) for measure in (*MEASURES, "rate")),
         cell(values["quality"]["corrected_correlation"]), cell(values["quality"]["side_decoded"])]
        for scale, values in result["scales"].items() for name in values if name != "quality"
    ]
    header = ("couplings", "neurons", *MEASURES, "rate (Hz)", "corrected correlation", "side")
    reference = result["reference"]
    lines = [
        f"x {scale} minus x {reference}, {group}: " + ", ".join(
            f"{measure} {cell(value)}" for measure, value in of.items())
        for scale, groups in result["differences"].items() for group, of in groups.items()
    ]
    if result["not_comparable"]:
        lines.append("not compared, for they learned less well: x "
                     + ", x ".join(result["not_comparable"]))
    return "\n".join([table(header, rows), *lines, networks.footnote(result)])
