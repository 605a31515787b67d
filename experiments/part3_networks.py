"""Many networks, one behaviour: networks that learned the same rates equally well, side by side.

Networks without a clock differ by their seed: static and plastic synapses, cues, and which model
neuron stands for which recorded one. Compared are the most networks whose corrected correlations
(mean of the conditions) lie within 0.03 of one another:

- ``quality`` and ``lesions``: each measure; and the correlation of two networks' profiles of median
  correlations over lesions (``lesion_profile``, by chance with the lesions in another order);
- ``selectivity``: of untrained E and I neurons at the end of a trial (Hz): mean, standard deviation
  with noise and without, 5th and 95th percentile; by chance: before learning;
- ``weights``: correlation of what two networks learned between the same two recorded neurons, where
  both have that synapse; by chance: the same weights in another order;
- ``angles``: cosines of the principal angles between the spaces of the strongest time courses of
  the untrained neurons; by chance: before learning, and with each neuron's course shifted in time.

Everywhere mean and standard error, over networks or over pairs of them (which share networks, so
that their standard error is too small).
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.measurement import cell, machine, over_networks, table
from experiments import networks
from experiments.networks import (
    by_condition,
    tested,
    train_network,
    untrained_weights,
    within_equal,
)
from experiments.part3_lesions import lesion_profile
from experiments.study import run_study
from src_part1.recordings import load_recordings
from src_part3.analysis import neuron_groups, principal_components, selectivity
from src_part3.evaluation import evaluate

MEASURES = ("corrected_correlation", "r2_corrected", "psth_r2", "modulation_slope")
KINDS = ("untrained_exc", "untrained_inh")
SELECTIVE_MS = 400.0
N_COURSES = 6
BRIEF = ("--networks", "3", "--loops", "12", "4", "--trials", "30", "--lesion-trials", "10")


def add_arguments(parser):
    """Declare the options of this benchmark."""
    networks.add_arguments(parser, trials=50)
    parser.set_defaults(folder="build/networks")
    parser.add_argument("--networks", type=int, default=10, help="with the seeds 0, 1, ...")
    parser.add_argument("--lesion-trials", type=int, default=20)


def run(arguments):
    """Measure; see the module's docstring."""
    arguments.seeds = list(range(arguments.networks))
    recordings = load_recordings(arguments.source)
    (samples,) = run_study(sample, recordings, arguments)
    mean = [np.mean(list(s["quality"]["corrected_correlation"].values())) for s in samples]
    equal = within_equal(mean)
    chosen = [samples[i] | dict(np.load(samples[i]["arrays"])) for i in equal]
    rng = np.random.default_rng(0)
    pairs = [_pair(a, b, rng) for a, b in combinations(chosen, 2)]
    return {
        "equal_seeds": [arguments.seeds[i] for i in equal], "n_pairs": len(pairs),
        "quality_by_seed": [s["quality"] for s in samples],
    } | {
        name: over_networks([s[name] for s in chosen])
        for name in ("quality", "lesions", "selectivity", "seconds")
    } | (over_networks(pairs) if pairs else {}) | networks.about(arguments, recordings) | {
        "folder": arguments.folder, "machine": machine(),
    }


def sample(recordings, seed, arguments):
    """What one network measures; ``arrays`` names the file of what pairs are compared by."""
    trained = train_network("none", recordings, seed, arguments)
    task = trained.task
    test = tested(trained, seed, arguments)
    before = evaluate(task, untrained_weights(task), np.random.default_rng(seed + 3),
                      n_trials=arguments.trials)
    groups = neuron_groups(task)
    file = Path(arguments.folder) / f"none-seed{seed}-of-{arguments.trials}-trials.npz"
    np.savez_compressed(file, weights=learned_pairs(trained), **{
        kind: [of.rates[:, getattr(groups, kind)] for of in (test, before)] for kind in KINDS
    })
    return {
        "quality": by_condition(test, task.conditions, MEASURES)
        | {"balanced_accuracy": test.balanced_accuracy,
           "balanced_accuracy_untrained": before.balanced_accuracy},
        "lesions": lesion_profile(trained, seed, arguments.lesion_trials),
        "selectivity": {
            kind: {name: _selectivity(task, of, getattr(groups, kind))
                   for name, of in (("trained", test), ("before", before))} for kind in KINDS
        },
        "seconds": trained.record["seconds"], "arrays": str(file),
    }


def _selectivity(task, test, neurons):
    last = min(round(SELECTIVE_MS / task.trial_parameters.bin_width), task.n_bins)
    values = selectivity(test.rates, last, pair=(0, 1))[neurons]
    one, two = (selectivity(rates, last, pair=(0, 1))[neurons] for rates in test.half_rates)
    low, high = np.percentile(values, (5, 95))
    # The noise of two halves of the trials is independent: it drops out of their covariance.
    signal = np.sqrt(max(np.cov(one, two)[0, 1], 0))
    return {"mean": float(values.mean()), "sd": float(values.std()), "sd_without_noise":
            float(signal), "percentile_5": float(low), "percentile_95": float(high)}


def learned_pairs(trained):
    """What learning changed, [receiver, sender] among recorded neurons, NaN without a synapse."""
    network = trained.task.network
    place = np.full(network.parameters.n_neurons, -1)
    place[network.trained] = np.arange(network.trained.size)
    index = network.plastic.pre_index
    change = trained.weights[0].recurrent_weights - network.initial_weights().recurrent_weights
    found = np.full((network.trained.size,) * 2, np.nan, np.float32)
    post, slot = np.nonzero(index < network.n_exc)
    found[post, place[index[post, slot]]] = change[post, slot]
    return found


def _pair(a, b, rng):
    """How alike two networks are, and what that would be by chance."""
    both = np.isfinite(a["weights"]) & np.isfinite(b["weights"])
    weights = a["weights"][both], b["weights"][both]
    profiles = [[np.mean(list(of["median_correlation"].values()))
                 for of in one["lesions"].values()] for one in (a, b)]
    return {
        "lesion_profile": {"correlation": _correlation(*profiles), "chance": _correlation(
            profiles[0], rng.permutation(profiles[1]))},
        "weights": {"correlation": _correlation(*weights), "n_shared": int(both.sum()),
                    "chance": _correlation(weights[0], rng.permutation(weights[1]))},
        "angles": {kind: _angles(a[kind], b[kind], rng) for kind in KINDS},
    }


def _correlation(one, two):
    return float(np.corrcoef(one, two)[0, 1])


def _angles(one, two, rng):
    """Cosines of principal angles, the largest first."""
    shifted = np.array(two[0])
    for neuron in range(shifted.shape[1]):
        shifted[:, neuron] = np.roll(shifted[:, neuron], rng.integers(shifted.shape[2]), axis=1)
    pairs = {"trained": (one[0], two[0]), "before": (one[1], two[1]), "shifted": (one[0], shifted)}
    return {name: _cosines(*pair) for name, pair in pairs.items()}


def _cosines(one, two):
    spaces = []
    for rates in (one, two):
        n = min(N_COURSES, rates.shape[1], rates.shape[2])
        spaces.append(principal_components(rates, np.arange(rates.shape[1]), n).components)
    return np.linalg.svd(spaces[0] @ spaces[1].T, compute_uv=False).clip(0, 1).tolist()


def report(result):
    """Return the tables for people."""
    rows = [(f"{m} {c}", cell(v)) for m in MEASURES for c, v in result["quality"][m].items()]
    rows += [(name, cell(result["quality"][name]))
             for name in ("balanced_accuracy", "balanced_accuracy_untrained")]
    rows += [
        (f"{lesion}: median correlation {c}", cell(v))
        for lesion, values in result["lesions"].items()
        for c, v in values["median_correlation"].items()
    ]
    parts = [table(("networks of equal quality", "mean"), rows)]
    rows = [(f"selectivity {kind}, {name} (Hz)", *(cell(of[when][name])
                                                   for when in ("trained", "before")))
            for kind, of in result["selectivity"].items() for name in of["trained"]]
    if result["n_pairs"]:
        for name in ("lesion_profile", "weights"):
            rows.append((f"correlation of two networks' {name.replace('_', ' ')}",
                         cell(result[name]["correlation"]), cell(result[name]["chance"])))
        for kind, of in result["angles"].items():
            cosines = [" ".join(f"{x:.2f}" for x in of[name]["mean"])
                       for name in ("trained", "before", "shifted")]
            rows.append((f"cosines of angles, {kind}", cosines[0],
                         f"{cosines[1]} (shifted: {cosines[2]})"))
    parts.append(table(("", "trained", "chance, or before learning"), rows))
    return (
        "\n\n".join(parts) + f"\n(compared: seeds {result['equal_seeds']}, {result['n_pairs']} "
        f"pairs)\n{networks.footnote(result)}"
    )
