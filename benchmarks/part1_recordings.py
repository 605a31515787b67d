"""A rate network reproduces the recorded population of both conditions, running freely.

Every unit follows one recorded neuron. After training the weights are frozen; each trial
gets nothing but the cue of its condition. The rates of the units are compared with the
recorded ones over the recorded two seconds.

Training starts from a fit to rates that are held on their targets (`forced_start`), all units
read the same leading components of the rates, and the weights are averaged over the last ten
loops. ``--full-rank`` trains all weights freely instead, without that start, as textbooks do.

``seconds`` is what an attendee waits for once the kernels have been compiled: the task, the start,
the loops and the test. ``seconds_compiling`` is what the first use on a machine takes besides.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measurement import cold_start_seconds, machine, peak_rss_mb, table
from src_part1 import (
    AllToAllRLS,
    RateNetworkParameters,
    correlation,
    forced_start,
    load_recordings,
    make_task,
    r2,
    run_population,
    simulate,
    train,
)

_MEASURES = {
    "test_correlation": "mean correlation",
    "median_test_correlation": "median correlation",
    "median_test_r2": "median R2",
    "median_correlation_of_the_start": "median of the start",
    "train_correlation": "while learning",
}


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--source", default="auto", help="folder of the ALM files, or a source")
    parser.add_argument("--neurons", type=int, help="a random sample of so many neurons")
    parser.add_argument("--loops", type=int, default=40)
    parser.add_argument("--rank", type=int, default=100, help="components that all units read")
    parser.add_argument("--full-rank", action="store_true", help="all weights are free")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="one network for each")
    parser.add_argument("--progress", action="store_true", help="show the progress bar")


def first_use():
    """Run the kernels that a network of hundreds of units needs, and with them the compiler.

    Returns
    -------
    float
        Seconds.
    """
    start = time.perf_counter()
    n = 500
    simulate(np.zeros((n, n)), RateNetworkParameters(n), 10.0)
    AllToAllRLS(n).update(np.zeros((n, n)), np.zeros(n), np.zeros(n))
    return time.perf_counter() - start


def run(arguments):
    """Measure; see the module's docstring."""
    recordings = load_recordings(arguments.source)
    if arguments.neurons is not None:
        recordings = recordings.select(arguments.neurons, rng=np.random.default_rng(0))
    first_use()
    by_seed = [_train_and_test(recordings, arguments, seed) for seed in arguments.seeds]
    means = {
        name: np.mean([one_network[name] for one_network in by_seed], axis=0).tolist()
        for name in by_seed[0]
    }
    return {
        "source": recordings.source,
        "neurons": recordings.n_neurons,
        "loops": arguments.loops,
        "rank": None if arguments.full_rank else arguments.rank,
        "seeds": arguments.seeds,
        **{
            name: dict(zip(recordings.conditions, mean, strict=True)) if name in _MEASURES else mean
            for name, mean in means.items()
        },
        "by_seed": by_seed,
        "seconds_compiling": cold_start_seconds(
            "from benchmarks.part1_recordings import first_use; print(first_use())"
        ),
        "peak_rss_mb": peak_rss_mb(),
        "machine": machine(),
    }


def _train_and_test(recordings, arguments, seed):
    start, cpu = time.perf_counter(), time.process_time()
    # A step of a fifth of the time constant; the cue is a whole number of them.
    recorded_task = make_task(recordings, np.random.default_rng(seed), dt=4.0, cue_duration=48.0)
    weights, rls = recorded_task.initial_weights, None
    if not arguments.full_rank:
        weights, rls = forced_start(recorded_task.task, weights, ridge=10.0, rank=arguments.rank)
    trained = train(
        recorded_task.task, weights, ridge=10.0, rls=rls, n_loops=arguments.loops,
        average_last=min(10, arguments.loops), progress=arguments.progress,
    )
    trained_after = time.perf_counter() - start
    rates = run_population(recorded_task, trained.weights)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    by_neuron = correlation(rates, recordings.rates)
    at_the_start = correlation(run_population(recorded_task, weights), recordings.rates)
    return {
        "test_correlation": np.nanmean(by_neuron, axis=1).tolist(),
        "median_test_correlation": np.nanmedian(by_neuron, axis=1).tolist(),
        "median_test_r2": np.nanmedian(r2(rates, recordings.rates), axis=1).tolist(),
        "median_correlation_of_the_start": np.nanmedian(at_the_start, axis=1).tolist(),
        "train_correlation": trained.train_correlation[-1].tolist(),
        "seconds": seconds,
        "seconds_to_train": trained_after,
        "cpu_seconds": cpu_seconds,
    }


def report(result):
    """Return the table for people."""
    rows = [
        (condition, *(result[name][condition] for name in _MEASURES))
        for condition in result["test_correlation"]
    ]
    rank = "all weights free" if result["rank"] is None else f"rank {result['rank']}"
    seeds = [
        (seed, *one["median_test_correlation"], *one["test_correlation"], one["seconds"])
        for seed, one in zip(result["seeds"], result["by_seed"], strict=True)
    ]
    conditions = list(result["test_correlation"])
    header = ("seed", *(f"{m}, {c}" for m in ("median", "mean") for c in conditions), "s")
    by_seed = f"\n{table(header, seeds)}" if len(seeds) > 1 else ""
    return (
        f"{table(('condition', *_MEASURES.values()), rows)}{by_seed}\n"
        f"{result['neurons']} neurons ({result['source']}), {rank}, {result['loops']} loops, "
        f"{result['seconds']:.1f} s with the test, {result['seconds_compiling']:.1f} s more at the "
        f"first use to compile, peak memory {result['peak_rss_mb']:.0f} MB ({result['machine']})"
    )
