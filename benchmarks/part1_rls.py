"""Textbook RLS (one P for each neuron) against the shared P, on the same data.

Both are compiled, in float64, on one thread, and see the same rates and targets. The rates
are those of a trained rate network (sines of the original's Part 1). Only the updates are
timed; the seconds of a loop and their split between simulation and RLS are printed as well.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measurement import machine, table
from benchmarks.part1_sines import sine_task
from benchmarks.textbook import TextbookRLS
from src_part1 import AllToAllRLS, run_frozen, train


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 300], help="numbers of units")
    parser.add_argument("--updates", type=int, default=60, help="updates for each measurement")
    parser.add_argument("--repeats", type=int, default=5, help="the median of so many is reported")


def _seconds(rls, weights, rates, targets):
    spent = 0.0
    for r, target in zip(rates, targets, strict=True):
        errors = weights @ r - target
        start = time.perf_counter()
        rls.update(weights, r, errors)
        spent += time.perf_counter() - start
    return spent / len(rates)


def _compare(n, n_updates, repeats):
    task, weights = sine_task(n, seed=0)
    trained = train(task, weights, n_loops=3, progress=False).weights
    run = run_frozen(task, trained, record_every=0.5)
    rates = np.ascontiguousarray(run.rates[:, -1000:].T)[:: 1000 // n_updates][:n_updates]
    targets = np.ascontiguousarray(
        task.targets[0].T[np.arange(len(rates)) % task.targets.shape[2]]
    )
    seconds = {"textbook": [], "shared": []}
    for _ in range(repeats):
        learned = {}
        for name, rule in (("textbook", TextbookRLS), ("shared", AllToAllRLS)):
            rls, w = rule(n, ridge=0.5), weights.copy()
            rls.update(w.copy(), rates[0], np.zeros(n))  # compile, and touch the memory
            rls = rule(n, ridge=0.5)
            seconds[name].append(_seconds(rls, w, rates, targets))
            learned[name] = w
    difference = np.abs(learned["textbook"] - learned["shared"]).max()
    difference /= np.abs(learned["textbook"]).max()
    return np.median(seconds["textbook"]), np.median(seconds["shared"]), difference


def _split(n):
    # A loop with and without its updates: the rest is simulation.
    task, weights = sine_task(n, seed=0)
    train(task, weights, n_loops=1, progress=False)
    n_loops = 5
    start = time.perf_counter()
    trained = train(task, weights, n_loops=n_loops, progress=False)
    loop = (time.perf_counter() - start) / n_loops
    rls, w = AllToAllRLS(n), trained.weights.copy()
    rates = run_frozen(task, w).rates.T[-task.timing.update_times.size :].copy()
    rls_seconds = _seconds(rls, w, rates, task.targets[0].T) * len(rates)
    return loop, rls_seconds


def run(arguments):
    """Measure; see the module's docstring."""
    import numba

    result = {
        key: {}
        for key in (
            "textbook_s", "shared_s", "ratio", "max_weight_difference",
            "seconds_per_loop", "rls_seconds_per_loop",
        )
    }
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        for n in arguments.sizes:
            textbook, shared, difference = _compare(n, arguments.updates, arguments.repeats)
            loop, rls_seconds = _split(n)
            for key, value in zip(
                result, (textbook, shared, textbook / shared, difference, loop, rls_seconds),
                strict=True,
            ):
                result[key][str(n)] = float(value)
    finally:
        numba.set_num_threads(threads)
    result["machine"] = machine()
    return result


def report(result):
    """Return the table for people."""
    rows = [
        (
            n, result["textbook_s"][n] * 1e6, result["shared_s"][n] * 1e6, result["ratio"][n],
            result["max_weight_difference"][n], result["seconds_per_loop"][n] * 1e3,
            result["rls_seconds_per_loop"][n] * 1e3,
        )
        for n in result["ratio"]
    ]
    header = (
        "N", "textbook us/update", "shared us/update", "ratio", "relative weight difference",
        "loop ms", "of which RLS ms",
    )
    return f"{table(header, rows)}\n({result['machine']}; one thread)"
