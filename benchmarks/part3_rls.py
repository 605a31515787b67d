"""Textbook RLS (one P for each neuron) against shared inputs and conditions, on the same data.

All 1824 trained neurons, 20 + 20 recurrent inputs each and 300 shared ones. With 340 inputs there
is one condition, with 640 both, the exact problem. Both rules are compiled, run in float64 on one
thread, and see the same rates and targets, drawn with the sizes of filtered spikes. The textbook
is run on a part of the neurons at a time if memory is short; its seconds are the sum.
"""

from __future__ import annotations

import time

import numba
import numpy as np

from benchmarks.measurement import machine, table
from src_part3.rls import SharedInputRLS, recurrent_prior

N_NEURONS, N_EXC, N_INH, N_SHARED = 1824, 20, 20, 300
N_OWN = N_EXC + N_INH


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--inputs", type=int, nargs="+", default=[340, 640], choices=[340, 640])
    parser.add_argument("--updates", type=int, default=20, help="updates to measure")
    parser.add_argument("--chunk", type=int, default=N_NEURONS,
                        help="neurons at a time for the textbook (all need 6 GB)")


@numba.njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
def _textbook_update(weights, P, inputs, targets, k):
    n = P.shape[1]
    for i in range(P.shape[0]):
        P_i, x = P[i], inputs[i]
        quadratic = 0.0
        output = 0.0
        for a in range(n):
            row = P_i[a]
            total = 0.0
            for b in range(n):
                total += row[b] * x[b]
            k[a] = total
            quadratic += total * x[a]
            output += weights[i, a] * x[a]
        scale = 1.0 / (1.0 + quadratic)
        error = output - targets[i]
        for a in range(n):
            row = P_i[a]
            gain = scale * k[a]
            for b in range(n):
                row[b] -= gain * k[b]
            weights[i, a] -= error * gain


def _data(rng, n_updates):
    pre = np.concatenate([
        rng.integers(0, N_NEURONS, (N_NEURONS, N_EXC)),
        N_NEURONS + rng.integers(0, 2500, (N_NEURONS, N_INH)),
    ], axis=1)
    rates = 0.007 + 0.004 * rng.standard_normal((n_updates, N_NEURONS + 2500))
    shared = 0.005 + 0.004 * rng.standard_normal((n_updates, N_SHARED))
    targets = 0.3 * rng.standard_normal((n_updates, N_NEURONS))
    return pre, np.abs(rates), np.abs(shared), targets


def _textbook(pre, weights, prior, data, n_conditions, chunk):
    rates, shared, targets = data
    n = N_OWN + n_conditions * N_SHARED
    start = np.eye(n)
    start[:N_OWN, :N_OWN] = np.linalg.inv(prior)
    chunk = min(chunk, N_NEURONS)
    P = np.empty((chunk, n, n))
    learned = np.zeros((N_NEURONS, n))
    learned[:, :N_OWN] = weights
    inputs, k = np.zeros((chunk, n)), np.empty(n)
    _textbook_update(learned[:1].copy(), start[None].copy(), inputs[:1], targets[0, :1], k)
    seconds = np.zeros(len(rates))
    for first in range(0, N_NEURONS, chunk):
        part = slice(first, min(first + chunk, N_NEURONS))
        size = part.stop - first
        P[:size] = start
        for t in range(len(rates)):
            inputs[:] = 0
            inputs[:size, :N_OWN] = rates[t, pre[part]]
            at = N_OWN + t % n_conditions * N_SHARED
            inputs[:, at : at + N_SHARED] = shared[t]
            begin = time.perf_counter()
            _textbook_update(learned[part], P[:size], inputs[:size], targets[t, part], k)
            seconds[t] += time.perf_counter() - begin
    return np.median(seconds), learned, N_NEURONS * n * n * 8 / 1e6


def _shared(pre, weights, prior, data, n_conditions):
    rates, shared, targets = data
    for timed in (False, True):  # the first round compiles
        rls = SharedInputRLS(pre, weights, prior, N_SHARED, n_conditions=n_conditions)
        seconds = np.zeros(len(rates))
        for t in range(len(rates) if timed else 2):
            begin = time.perf_counter()
            rls.update(t % n_conditions, rates[t], shared[t], targets[t])
            seconds[t] = time.perf_counter() - begin
    learned = [rls.weights] + [rls.shared_weights(c) for c in range(n_conditions)]
    megabytes = sum(array.nbytes for array in rls.state().values()) / 1e6
    return np.median(seconds), np.concatenate(learned, axis=1), megabytes


def run(arguments):
    """Measure; see the module's docstring."""
    keys = (
        "textbook_s", "shared_s", "ratio", "max_weight_difference", "textbook_mb", "shared_mb"
    )
    result = {key: {} for key in keys}
    rng = np.random.default_rng(0)
    pre, *data = _data(rng, arguments.updates)
    weights = 0.5 * rng.standard_normal((N_NEURONS, N_OWN))
    prior = recurrent_prior(N_EXC, N_INH)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        for n in arguments.inputs:
            n_conditions = (n - N_OWN) // N_SHARED
            ours, learned, shared_mb = _shared(pre, weights, prior, data, n_conditions)
            theirs, expected, textbook_mb = _textbook(
                pre, weights, prior, data, n_conditions, arguments.chunk
            )
            difference = np.abs(learned - expected).max() / np.abs(expected).max()
            values = (theirs, ours, theirs / ours, difference, textbook_mb, shared_mb)
            for key, value in zip(keys, values, strict=True):
                result[key][str(n)] = float(value)
    finally:
        numba.set_num_threads(threads)
    result["n_neurons"], result["n_updates"] = N_NEURONS, arguments.updates
    result["machine"] = machine()
    return result


def report(result):
    """Return the table for people."""
    rows = [
        (
            n, result["textbook_s"][n] * 1e3, result["shared_s"][n] * 1e3, result["ratio"][n],
            result["textbook_mb"][n], result["shared_mb"][n], result["max_weight_difference"][n],
        )
        for n in result["ratio"]
    ]
    header = ("inputs", "textbook ms/update", "shared ms/update", "ratio", "textbook MB",
              "shared MB", "relative weight difference")
    where = f"{result['machine']}; {result['n_neurons']} neurons, one thread"
    return f"{table(header, rows)}\n({where})"
