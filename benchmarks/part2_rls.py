"""Textbook RLS (one P for each neuron) against the shared P, on the filtered spikes of Part 2.

Both are compiled, in float64, on one thread, and see the same filtered spikes and targets.
Only the updates are timed. Then the shared P alone trains a network in which one P for each
neuron would need 64 GB: the seconds of a loop, on all threads, and the memory of the process.
"""

from __future__ import annotations

import time

import numba
import numpy as np

from benchmarks import part1_rls
from benchmarks.measurement import machine, peak_rss_mb
from benchmarks.textbook import TextbookRLS
from course.part2 import warm_kernels
from src_part1 import AllToAllRLS
from src_part2 import (
    LIFNetworkParameters,
    LIFParameters,
    make_pattern_task,
    run_frozen,
    train,
)

NEURON = LIFParameters(tau_syn=200.0)


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 200, 400])
    parser.add_argument("--updates", type=int, default=30, help="updates for each measurement")
    parser.add_argument("--repeats", type=int, default=5, help="the median of so many is reported")
    parser.add_argument("--large", type=int, default=2000, help="size that only the shared P fits")
    parser.add_argument("--large-loops", type=int, default=2)


def _filtered_spikes(task, weights, rng, n_updates):
    """Filtered spikes r at ``n_updates`` times of a frozen trial, from its spike times."""
    run = run_frozen(task, weights, rng, traced=())
    tau = task.neuron_parameters.tau_syn
    times = np.linspace(task.timing.learn_on, task.timing.learn_off - 1.0, n_updates)
    rates = np.empty((n_updates, task.n_neurons))
    for row, t in zip(rates, times, strict=True):
        past = run.spike_times < t
        decayed = np.exp(-(t - run.spike_times[past]) / tau) / tau
        row[:] = np.bincount(run.spike_ids[past], decayed, task.n_neurons)
    return rates


def _seconds(rls, weights, rates, targets, mean_input):
    spent = 0.0
    for r, target in zip(rates, targets, strict=True):
        errors = weights @ r + mean_input - target
        start = time.perf_counter()
        rls.update(weights, r, errors)
        spent += time.perf_counter() - start
    return spent


def _compare(n, n_updates, repeats):
    rng = np.random.default_rng(0)
    task, weights = make_pattern_task("sines", NEURON, LIFNetworkParameters(n), rng)
    rates = _filtered_spikes(task, weights, rng, n_updates)
    at = np.linspace(0, task.targets.shape[2] - 1, n_updates).astype(int)
    targets = np.ascontiguousarray(task.targets[0].T[at])
    seconds = {"textbook": [], "shared": []}
    learned = {}
    for _ in range(repeats):
        for name, rule in (("textbook", TextbookRLS), ("shared", AllToAllRLS)):
            rls, w = rule(n, ridge=0.5), weights.copy()
            rls.update(w.copy(), np.zeros(n), np.zeros(n))  # compile; changes nothing
            spent = _seconds(rls, w, rates, targets, task.mean_input)
            seconds[name].append(spent / n_updates)
            learned[name] = w
    difference = np.abs(learned["textbook"] - learned["shared"]).max()
    difference /= np.abs(learned["textbook"] - weights).max()
    return np.median(seconds["textbook"]), np.median(seconds["shared"]), difference


def _loop_seconds(n, n_loops):
    """Seconds of a training loop, and how many of them are updates."""
    rng = np.random.default_rng(0)
    task, weights = make_pattern_task("sines", NEURON, LIFNetworkParameters(n), rng)
    start = time.perf_counter()
    trained = train(task, weights, rng, n_loops=n_loops, progress=False)
    loop = (time.perf_counter() - start) / n_loops
    rates = _filtered_spikes(task, weights, rng, task.targets.shape[2])
    updates = _seconds(
        trained.rls, trained.weights, rates, np.ascontiguousarray(task.targets[0].T),
        task.mean_input,
    )
    return loop, updates, float(trained.train_correlation[-1, 0])


def run(arguments):
    """Measure; see the module's docstring."""
    warm_kernels()
    result = {
        key: {}
        for key in (
            "textbook_s", "shared_s", "ratio", "max_weight_difference",
            "seconds_per_loop", "rls_seconds_per_loop",
        )
    }
    # The large network comes first: the peak of the memory is then its own.
    loop, updates, train_correlation = _loop_seconds(arguments.large, arguments.large_loops)
    result["large"] = {
        "n_neurons": arguments.large,
        "seconds_per_loop": loop,
        "rls_seconds_per_loop": updates,
        "train_correlation": train_correlation,
        "peak_rss_mb": peak_rss_mb(),
        "one_p_each_gb": 8e-9 * arguments.large * (arguments.large - 1) ** 2,
        "threads": numba.get_num_threads(),
    }
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        for n in arguments.sizes:
            textbook, shared, difference = _compare(n, arguments.updates, arguments.repeats)
            loop, updates, _ = _loop_seconds(n, 3)
            for key, value in zip(
                ("textbook_s", "shared_s", "ratio", "max_weight_difference",
                 "seconds_per_loop", "rls_seconds_per_loop"),
                (textbook, shared, textbook / shared, difference, loop, updates), strict=True,
            ):
                result[key][str(n)] = float(value)
    finally:
        numba.set_num_threads(threads)
    return result | {"machine": machine()}


def report(result):
    """Return the table for people."""
    large = result["large"]
    return (
        f"{part1_rls.report(result)}\n"
        f"N = {large['n_neurons']}: {large['seconds_per_loop']:.2f} s a loop "
        f"(updates {large['rls_seconds_per_loop']:.2f} s), {large['peak_rss_mb']:.0f} MB, "
        f"{large['threads']} threads; one P for each neuron would need "
        f"{large['one_p_each_gb']:.0f} GB"
    )
