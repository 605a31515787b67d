"""A rate network reproduces the recorded population of both conditions, running freely.

Every unit follows one recorded neuron. After training the weights are frozen; each trial
gets nothing but the cue of its condition. The rates of the units are compared with the
recorded ones over the recorded two seconds.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measurement import machine, peak_rss_mb, table
from src_part1 import (
    correlation,
    load_recordings,
    make_task,
    r2,
    run_population,
    train,
)


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--source", default="auto", help="folder of the ALM files, or a source")
    parser.add_argument("--neurons", type=int, help="a random sample of so many neurons")
    parser.add_argument("--loops", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--progress", action="store_true", help="show the progress bar")


def run(arguments):
    """Measure; see the module's docstring."""
    start = time.perf_counter()
    rng = np.random.default_rng(arguments.seed)
    recordings = load_recordings(arguments.source)
    if arguments.neurons is not None:
        recordings = recordings.select(arguments.neurons, rng=rng)
    recorded_task = make_task(recordings, rng)
    trained = train(
        recorded_task.task, recorded_task.initial_weights, ridge=10.0, n_loops=arguments.loops,
        progress=arguments.progress,
    )
    rates = run_population(recorded_task, trained.weights)
    seconds = time.perf_counter() - start
    by_neuron = correlation(rates, recordings.rates)

    def by_condition(values):
        return dict(zip(recordings.conditions, map(float, values), strict=True))

    return {
        "source": recordings.source,
        "neurons": recordings.n_neurons,
        "loops": arguments.loops,
        "test_correlation": by_condition(np.nanmean(by_neuron, axis=1)),
        "median_test_correlation": by_condition(np.nanmedian(by_neuron, axis=1)),
        "median_test_r2": by_condition(np.nanmedian(r2(rates, recordings.rates), axis=1)),
        "train_correlation": by_condition(trained.train_correlation[-1]),
        "seconds": seconds,
        "peak_rss_mb": peak_rss_mb(),
        "machine": machine(),
    }


def report(result):
    """Return the table for people."""
    keys = ("test_correlation", "median_test_correlation", "median_test_r2", "train_correlation")
    rows = [
        (condition, *(result[key][condition] for key in keys))
        for condition in result["test_correlation"]
    ]
    header = ("condition", "mean correlation", "median correlation", "median R2", "while learning")
    return (
        f"{table(header, rows)}\n{result['neurons']} neurons ({result['source']}), "
        f"{result['loops']} loops, {result['seconds']:.1f} s in all, compiling included, "
        f"peak memory {result['peak_rss_mb']:.0f} MB ({result['machine']})"
    )
