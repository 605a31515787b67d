"""RLS with one P for each neuron, full or packed, against shared inputs and conditions.

All 1824 trained neurons, 20 + 20 recurrent inputs each and 300 shared ones. With 340 inputs there
is one condition, with 640 both, the exact problem. All rules run in float64 on one thread and see
the same rates and targets, drawn with the sizes of filtered spikes. The textbook is compiled and
keeps all of P. The packed rule keeps one triangle of it and calls BLAS (spmv, then spr), as
TrainSpikingNet.jl does on a CPU; it is written here from that idea with scipy's BLAS, and is not
their program. Both run on a part of the neurons at a time if memory is short; their seconds are
the sum. Our rule gets all times of a condition in one call, as training hands them over, and for
comparison one by one.
"""

from __future__ import annotations

import time

import numba
import numpy as np
from scipy.linalg.blas import dspmv, dspr
from threadpoolctl import threadpool_limits

from benchmarks.measurement import machine, table
from src_part3.rls import SharedInputRLS, recurrent_prior

N_NEURONS, N_EXC, N_INH, N_SHARED = 1824, 20, 20, 300
N_OWN = N_EXC + N_INH
RULES = "textbook", "packed", "shared_one_by_one", "shared"


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--inputs", type=int, nargs="+", default=[340, 640], choices=[340, 640])
    parser.add_argument("--updates", type=int, default=50, help="updates to measure")
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


def _packed_update(weights, P, inputs, targets, k):
    # P[i] holds the lower triangle of neuron i's P, column after column.
    n = weights.shape[1]
    for P_i, w_i, x, target in zip(P, weights, inputs, targets, strict=True):
        k[:] = dspmv(n, 1.0, P_i, x, lower=1)
        error = w_i @ x - target
        scale = 1.0 / (1.0 + k @ x)
        dspr(n, -scale, k, P_i, lower=1, overwrite_ap=1)
        w_i -= error * scale * k


def _data(rng, n_updates):
    pre = np.concatenate([
        rng.integers(0, N_NEURONS, (N_NEURONS, N_EXC)),
        N_NEURONS + rng.integers(0, 2500, (N_NEURONS, N_INH)),
    ], axis=1)
    rates = 0.007 + 0.004 * rng.standard_normal((n_updates, N_NEURONS + 2500))
    shared = 0.005 + 0.004 * rng.standard_normal((n_updates, N_SHARED))
    targets = 0.3 * rng.standard_normal((n_updates, N_NEURONS))
    return pre, np.abs(rates), np.abs(shared), targets


def _own_P(update, pre, weights, prior, data, n_conditions, chunk):
    rates, shared, targets = data
    n = N_OWN + n_conditions * N_SHARED
    start = np.eye(n)
    start[:N_OWN, :N_OWN] = np.linalg.inv(prior)
    if update is _packed_update:
        start = start[np.triu_indices(n)]
    chunk = min(chunk, N_NEURONS)
    P = np.empty((chunk, *start.shape))
    learned = np.zeros((N_NEURONS, n))
    learned[:, :N_OWN] = weights
    inputs, k = np.zeros((chunk, n)), np.empty(n)
    update(learned[:1].copy(), start[None].copy(), inputs[:1], targets[0, :1], k)  # compiles
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
            update(learned[part], P[:size], inputs[:size], targets[t, part], k)
            seconds[t] += time.perf_counter() - begin
    return np.median(seconds), learned, N_NEURONS * start.nbytes / 1e6


def _shared(pre, weights, prior, data, n_conditions, one_by_one):
    n_times = len(data[0])
    calls = [(c, slice(c, None, n_conditions)) for c in range(n_conditions)]
    if one_by_one:
        calls = [(t % n_conditions, t) for t in range(n_times)]
    rounds = []
    for _ in range(6):  # the first one compiles
        rls = SharedInputRLS(pre, weights, prior, N_SHARED, n_conditions=n_conditions)
        begin = time.perf_counter()
        for condition, at in calls:
            rls.update(condition, *(array[at] for array in data))
        rounds.append(time.perf_counter() - begin)
    learned = [rls.weights] + [rls.shared_weights(c) for c in range(n_conditions)]
    megabytes = sum(array.nbytes for array in rls.state().values()) / 1e6
    return np.median(rounds[1:]) / n_times, np.concatenate(learned, axis=1), megabytes


def run(arguments):
    """Measure; see the module's docstring."""
    rng = np.random.default_rng(0)
    pre, *data = _data(rng, arguments.updates)
    weights = 0.5 * rng.standard_normal((N_NEURONS, N_OWN))
    prior = recurrent_prior(N_EXC, N_INH)
    result = {
        f"{name}_{what}": {} for what in ("s", "mb", "difference", "ratio") for name in RULES
    }
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        with threadpool_limits(1):
            for n in arguments.inputs:
                n_conditions = (n - N_OWN) // N_SHARED
                problem = pre, weights, prior, data, n_conditions
                runs = {
                    "textbook": _own_P(_textbook_update, *problem, arguments.chunk),
                    "packed": _own_P(_packed_update, *problem, arguments.chunk),
                    "shared_one_by_one": _shared(*problem, True),
                    "shared": _shared(*problem, False),
                }
                expected = runs["textbook"][1]
                for name, (seconds, learned, megabytes) in runs.items():
                    difference = np.abs(learned - expected).max() / np.abs(expected).max()
                    result[f"{name}_s"][str(n)] = float(seconds)
                    result[f"{name}_mb"][str(n)] = float(megabytes)
                    result[f"{name}_difference"][str(n)] = float(difference)
                    result[f"{name}_ratio"][str(n)] = float(seconds / runs["shared"][0])
    finally:
        numba.set_num_threads(threads)
    result["n_neurons"], result["n_updates"] = N_NEURONS, arguments.updates
    result["machine"] = machine()
    return result


def report(result):
    """Return the table for people."""
    rows = [
        (n, name, result[f"{name}_s"][n] * 1e3, result[f"{name}_mb"][n],
         result[f"{name}_ratio"][n], result[f"{name}_difference"][n])
        for n in result["shared_s"]
        for name in RULES
    ]
    header = (
        "inputs", "rule", "ms/update", "MB", "time / shared", "difference from textbook"
    )
    where = f"{result['machine']}; {result['n_neurons']} neurons, one thread"
    return f"{table(header, rows)}\n({where})"
