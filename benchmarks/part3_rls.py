"""RLS with one P for each neuron, full or packed, against shared inputs and conditions.

All 1824 trained neurons and 300 shared inputs. With 340 inputs, 20 + 20 of them recurrent, there
is one condition; with 640, both, the exact problem; with 564, 132 + 132 recurrent ones and one
condition. All rules run in float64 on one thread and see the same rates and targets, drawn with
the sizes of filtered spikes. The textbook is compiled and keeps all of P. The packed rule keeps
one triangle of it and calls BLAS (spmv, then spr), as TrainSpikingNet.jl does on a CPU; it is
written here from that idea with scipy's BLAS, and is not their program. Both run on a part of the
neurons at a time if memory is short; their seconds are the sum. Our rule gets all times of a
condition in one call, as training hands them over, and for comparison one by one, as a rule that
learns within a trial gets them.

``bound_ratio`` compares our rule, 50 times in a call, with what the machine allows
(`benchmarks.bounds.rls_bound`), with one thread and with two; the bound of two is half of it.
"""

from __future__ import annotations

import time

import numba
import numpy as np
from scipy.linalg.blas import dspmv, dspr
from threadpoolctl import threadpool_limits

from benchmarks.bounds import rls_bound
from benchmarks.measurement import machine, table
from src_part3.rls import SparseRLS, recurrent_prior

N_NEURONS, N_SHARED = 1824, 300
OWN = {340: 40, 640: 40, 564: 264}  # recurrent inputs, half of them excitatory
RULES = "textbook", "packed", "shared_one_by_one", "shared"


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--inputs", type=int, nargs="+", default=list(OWN), choices=list(OWN))
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


def _network(n_own):
    rng, half = np.random.default_rng(n_own), n_own // 2
    pre = np.concatenate([
        rng.integers(0, N_NEURONS, (N_NEURONS, half)),
        N_NEURONS + rng.integers(0, 2500, (N_NEURONS, half)),
    ], axis=1)
    return pre, 0.5 * rng.standard_normal(pre.shape), recurrent_prior(half, half)


def _data(n_updates):
    rng = np.random.default_rng(0)
    rates = 0.007 + 0.004 * rng.standard_normal((n_updates, N_NEURONS + 2500))
    shared = 0.005 + 0.004 * rng.standard_normal((n_updates, N_SHARED))
    targets = 0.3 * rng.standard_normal((n_updates, N_NEURONS))
    return np.abs(rates), np.abs(shared), targets


def _own_P(update, pre, weights, prior, data, n_conditions, chunk):
    rates, shared, targets = data
    n_own = len(prior)
    n = n_own + n_conditions * N_SHARED
    start = np.eye(n)
    start[:n_own, :n_own] = np.linalg.inv(prior)
    if update is _packed_update:
        start = start[np.triu_indices(n)]
    chunk = min(chunk, N_NEURONS)
    P = np.empty((chunk, *start.shape))
    learned = np.zeros((N_NEURONS, n))
    learned[:, :n_own] = weights
    inputs, k = np.zeros((chunk, n)), np.empty(n)
    update(learned[:1].copy(), start[None].copy(), inputs[:1], targets[0, :1], k)  # compiles
    seconds = np.zeros(len(rates))
    for first in range(0, N_NEURONS, chunk):
        part = slice(first, min(first + chunk, N_NEURONS))
        size = part.stop - first
        P[:size] = start
        for t in range(len(rates)):
            inputs[:] = 0
            inputs[:size, :n_own] = rates[t, pre[part]]
            at = n_own + t % n_conditions * N_SHARED
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
        rls = SparseRLS(
            pre, prior, N_SHARED, n_conditions=n_conditions, time_by_time=one_by_one
        )
        recurrent = weights.copy()
        begin = time.perf_counter()
        for condition, at in calls:
            rls.update(recurrent, *(array[at] for array in data), condition=condition)
        rounds.append(time.perf_counter() - begin)
    learned = [recurrent] + [rls.shared_weights(recurrent, c) for c in range(n_conditions)]
    megabytes = sum(array.nbytes for array in (recurrent, *rls.state().values())) / 1e6
    return np.median(rounds[1:]) / n_times, np.concatenate(learned, axis=1), megabytes


def _bound_ratio(pre, weights, prior, data, n_threads):
    rls = SparseRLS(pre, prior, N_SHARED)
    recurrent, seconds = weights.copy(), []
    before = numba.get_num_threads()
    numba.set_num_threads(n_threads)
    try:
        for _ in range(6):
            begin = time.perf_counter()
            rls.update(recurrent, *data)
            seconds.append(time.perf_counter() - begin)
    finally:
        numba.set_num_threads(before)
    return float(np.median(seconds[1:]) / (rls_bound(rls, recurrent, len(data[0])) / n_threads))


def run(arguments):
    """Measure; see the module's docstring."""
    data = _data(arguments.updates)
    result = {
        f"{name}_{what}": {} for what in ("s", "mb", "difference", "ratio") for name in RULES
    }
    result["bound_ratio"] = {}
    threads = numba.get_num_threads()
    cases = {OWN[n]: n for n in sorted(arguments.inputs, reverse=True)}
    for n_own, n in cases.items():
        for n_threads in range(1, min(threads, 2) + 1):
            case = f"{n}, {n_threads} thread{'s'[: n_threads - 1]}"
            result["bound_ratio"][case] = _bound_ratio(*_network(n_own), _data(50), n_threads)
    numba.set_num_threads(1)
    try:
        with threadpool_limits(1):
            for n in arguments.inputs:
                n_conditions = (n - OWN[n]) // N_SHARED
                problem = *_network(OWN[n]), data, n_conditions
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
    result["own_by_case"] = {str(n): OWN[n] for n in arguments.inputs}
    result["n_neurons"], result["n_updates"] = N_NEURONS, arguments.updates
    result["machine"] = machine()
    return result


def report(result):
    """Return the table for people."""
    rows = [
        (n, result["own_by_case"][n], name, result[f"{name}_s"][n] * 1e3, result[f"{name}_mb"][n],
         result[f"{name}_ratio"][n], result[f"{name}_difference"][n])
        for n in result["shared_s"]
        for name in RULES
    ]
    header = (
        "inputs", "recurrent", "rule", "ms/update", "MB", "time / shared",
        "difference from textbook",
    )
    where = f"{result['machine']}; {result['n_neurons']} neurons, one thread"
    bounds = ", ".join(f"{case}: {ratio:.1f}" for case, ratio in result["bound_ratio"].items())
    one_by_one = ", ".join(
        f"{n}: {result['textbook_s'][n] / result['shared_one_by_one_s'][n]:.0f}"
        for n in result["shared_s"]
    )
    return (
        f"{table(header, rows)}\ntextbook / ours one by one: {one_by_one}\n"
        f"ours / bound, 50 times in a call: {bounds}\n({where})"
    )
