"""The main job of Part 3: 1824 recorded neurons in a network without a clock.

The same weights serve both conditions, nothing but a cue of 200 ms tells them apart. Seconds are
those of the whole training with its compiled kernels loaded, from recordings to weights. Then
frozen weights run freely over many trials of each condition. `other_cue` holds the same measures
with the cues exchanged, against the targets of the condition whose cue was shown.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measurement import machine, peak_rss_mb, table
from benchmarks.networks import train_network
from src_part1.recordings import load_recordings
from src_part3.evaluation import evaluate
from src_part3.perturbations import Lesion, study_lesions

MEASURES = (
    "corrected_correlation", "median_correlation", "r2", "psth_correlation",
    "single_trial_correlation", "split_half", "n_unreliable", "side_decoded", "r2_lost_by_shape",
    "r2_lost_by_gain", "r2_lost_by_mean",
)
# Half of the test trials.
BRIEF = ("--trials", "50")


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--source", default="auto", help="recordings: a word or a folder")
    parser.add_argument("--loops", type=int, help="our default if not given")
    parser.add_argument("--trials", type=int, default=100, help="test trials of each condition")
    parser.add_argument("--seed", type=int, default=0)


def run(arguments):
    """Measure; see the module's docstring."""
    recordings = load_recordings(arguments.source)
    start = time.perf_counter()
    task, weights = train_network("none", recordings, arguments.seed, loops=arguments.loops)
    seconds = time.perf_counter() - start
    rng = np.random.default_rng(arguments.seed + 2)
    test = evaluate(task, weights, rng, n_trials=arguments.trials)
    exchanged = study_lesions(
        task, weights, rng, {"other cue": Lesion(cue="other", target="cue")},
        n_trials=arguments.trials,
    ).evaluations["other cue"]
    undone = study_lesions(
        task, weights, rng, {"undone": Lesion(with_recurrent_learning=False)},
        n_trials=arguments.trials,
    ).evaluations["undone"]
    gains = {
        name: values.tolist() for name, values in
        zip(task.conditions, test.mode_gains(min(8, task.n_bins)), strict=True)
    }
    return by_condition(task, test) | {
        "mode_gains": gains, "other_cue": by_condition(task, exchanged),
        "recurrent_learning_undone": by_condition(task, undone), "seconds": seconds,
        "peak_rss_mb": peak_rss_mb(), "n_plastic": task.network.plastic.pre_index.shape[1],
        "n_trials": arguments.trials, "n_neurons": task.n_trained, "source": recordings.source,
        "machine": machine(),
    }


def by_condition(task, test, measures=MEASURES):
    """Return measures as objects by condition.

    Parameters
    ----------
    task : BalancedTask
        The task.
    test : Evaluation
        The measures.
    measures : sequence of str, optional
        Which ones.

    Returns
    -------
    dict
        Measure, then condition.
    """
    return {
        measure: {
            name: summary[measure]
            for name, summary in zip(task.conditions, test.summary(), strict=True)
        }
        for measure in measures
    }


def report(result):
    """Return the table for people."""
    names = list(result["r2"])
    parts = {
        "": result, "other cue: ": result["other_cue"],
        "undone: ": result["recurrent_learning_undone"],
    }
    rows = [
        (f"{part}{measure}", *(values[measure][name] for name in names))
        for part, values in parts.items() for measure in MEASURES
    ]
    gains = "; ".join(
        f"{name} " + " ".join(f"{gain:.2f}" for gain in of_condition)
        for name, of_condition in result["mode_gains"].items()
    )
    return (
        f"{table(('', *names), rows)}\ngains of the targets' strongest courses: {gains}\n"
        f"({result['seconds']:.0f} s, peak memory {result['peak_rss_mb']:.0f} MB, "
        f"{result['n_neurons']} neurons ({result['source']}) with {result['n_plastic']} plastic "
        f"synapses, {result['n_trials']} test trials; {result['machine']})"
    )
