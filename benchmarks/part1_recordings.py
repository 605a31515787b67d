"""A rate network reproduces the recorded population of both conditions, running freely.

Every unit follows one recorded neuron. After training the weights are frozen; each trial
gets nothing but the cue of its condition. The rates of the units are compared with the
recorded ones over the recorded two seconds.

Training starts from a fit to rates that are held on their targets (`forced_start`), and both
conditions run side by side, in float32; the test runs in float64. ``--textbook`` trains as the
notebook does: one condition after the other, in float64, without that start, a step of 2 ms.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measurement import machine, peak_rss_mb, table
from src_part1 import (
    correlation,
    forced_start,
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
    parser.add_argument("--loops", type=int, help="16 by default; 40 with --textbook")
    parser.add_argument("--textbook", action="store_true", help="one condition after the other")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--progress", action="store_true", help="show the progress bar")


def run(arguments):
    """Measure; see the module's docstring."""
    start, cpu = time.perf_counter(), time.process_time()
    rng = np.random.default_rng(arguments.seed)
    recordings = load_recordings(arguments.source)
    if arguments.neurons is not None:
        recordings = recordings.select(arguments.neurons, rng=rng)
    loops = arguments.loops or (40 if arguments.textbook else 16)
    if arguments.textbook:
        recorded_task = make_task(recordings, rng)
        trained = train(
            recorded_task.task, recorded_task.initial_weights, ridge=10.0, n_loops=loops,
            progress=arguments.progress,
        )
    else:
        # A step of a fifth of the time constant; the cue is a whole number of them.
        recorded_task = make_task(recordings, rng, dt=4.0, cue_duration=48.0)
        weights, rls = forced_start(
            recorded_task.task, recorded_task.initial_weights, ridge=100.0, precision="float32"
        )
        trained = train(
            recorded_task.task, weights, rls=rls, n_loops=loops, together=True,
            progress=arguments.progress,
        )
    trained_after = time.perf_counter() - start
    rates = run_population(recorded_task, trained.weights)
    seconds = time.perf_counter() - start
    by_neuron = correlation(rates, recordings.rates)

    def by_condition(values):
        return dict(zip(recordings.conditions, map(float, values), strict=True))

    return {
        "source": recordings.source,
        "neurons": recordings.n_neurons,
        "loops": loops,
        "test_correlation": by_condition(np.nanmean(by_neuron, axis=1)),
        "median_test_correlation": by_condition(np.nanmedian(by_neuron, axis=1)),
        "median_test_r2": by_condition(np.nanmedian(r2(rates, recordings.rates), axis=1)),
        "train_correlation": by_condition(trained.train_correlation[-1]),
        "seconds": seconds,
        "seconds_to_train": trained_after,
        "cpu_seconds": time.process_time() - cpu,
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
