"""The full job with a clock for each condition: 1824 recorded neurons, trained by exact RLS.

Seconds are those of the whole training with its compiled kernels loaded, from recordings to
weights: drawing the network, its measurement and all loops. Then frozen weights are tested over
many trials of each condition. Memory is the peak of the whole process.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measurement import machine, peak_rss_mb, table
from src_part1.recordings import load_recordings
from src_part3.evaluation import evaluate
from src_part3.parameters import FeedforwardParameters
from src_part3.task import make_task
from src_part3.training import Training, TrainingParameters

MEASURES = (
    "median_correlation", "mean_correlation", "psth_correlation", "corrected_correlation", "r2",
    "single_trial_correlation", "split_half", "n_unreliable",
)


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--source", default="auto", help="recordings: a word or a folder")
    parser.add_argument("--loops", type=int, default=TrainingParameters().total_loops)
    parser.add_argument("--trials", type=int, default=100, help="test trials of each condition")
    parser.add_argument("--seed", type=int, default=0)


def run(arguments):
    """Measure; see the module's docstring."""
    recordings = load_recordings(arguments.source)
    start = time.perf_counter()
    clock = FeedforwardParameters(clock="per_condition")
    task = make_task(recordings, seed=arguments.seed, feedforward_parameters=clock)
    training = Training(task, seed=arguments.seed + 1)
    training.run(arguments.loops)
    seconds = time.perf_counter() - start
    test = evaluate(
        task, training.weights, np.random.default_rng(arguments.seed + 2),
        n_trials=arguments.trials,
    )
    summaries = test.summary()
    return {
        "seconds": seconds, "loops": training.n_done, "peak_rss_mb": peak_rss_mb(),
        "n_trials": test.n_trials, "n_neurons": task.n_trained,
    } | {
        measure: {
            name: summary[measure] for name, summary in zip(task.conditions, summaries, strict=True)
        }
        for measure in MEASURES
    } | {"source": recordings.source, "machine": machine()}


def report(result):
    """Return the table for people."""
    names = list(result[MEASURES[0]])
    rows = [(measure, *(result[measure][name] for name in names)) for measure in MEASURES]
    return (
        f"{table(('', *names), rows)}\n"
        f"({result['loops']} loops in {result['seconds']:.0f} s, peak memory "
        f"{result['peak_rss_mb']:.0f} MB, {result['n_neurons']} neurons ({result['source']}), "
        f"{result['n_trials']} test trials; {result['machine']})"
    )
