"""Training as the original did it, and its own metric against its own learning curve.

Targets by its own rule, one P for both conditions, plastic targets with the fluctuation of the
moment, an update every 20 ms. The metric is the mean over 1824 neurons of the correlation of one
lick-right trial's total input (over 100 ms) with its target. The original's own numbers are printed
beside ours.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measurement import machine, table
from benchmarks.original import train_original
from src_part1.recordings import load_recordings
from src_part3.parameters import FeedforwardParameters
from src_part3.task import make_task

ORIGINAL = {10: 0.089, 20: 0.130, 30: 0.153, 40: 0.163, 50: 0.170}


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--source", default="auto", help="recordings: a word or a folder")
    parser.add_argument("--loops", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)


def run(arguments):
    """Measure; see the module's docstring."""
    # As shipped, with the flaw of the last bins: that is what the original learned.
    recordings = load_recordings(arguments.source, mend_last_bins=False)
    clock = FeedforwardParameters(clock="per_condition")
    task = make_task(recordings, seed=arguments.seed, feedforward_parameters=clock, original=True)
    start = time.perf_counter()
    trained = train_original(
        task, np.random.default_rng(arguments.seed + 1), n_loops=arguments.loops
    )
    seconds = time.perf_counter() - start
    return {
        "correlation": {str(loop): value for loop, value in trained.correlation.items()},
        "original_correlation": {str(loop): value for loop, value in ORIGINAL.items()},
        "condition": task.conditions[0], "seconds": seconds,
        "seconds_per_loop": seconds / arguments.loops, "n_neurons": task.n_trained,
        "source": recordings.source, "machine": machine(),
    }


def report(result):
    """Return the table for people."""
    original = result["original_correlation"]
    rows = [
        (loop, value, original.get(loop, "-")) for loop, value in result["correlation"].items()
    ]
    return (
        f"{table(('loop', 'correlation', 'original'), rows)}\n"
        f"({result['machine']}; {result['seconds_per_loop']:.2f} s a loop, "
        f"{result['n_neurons']} neurons, {result['source']}, {result['condition']})"
    )
