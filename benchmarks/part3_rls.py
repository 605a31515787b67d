"""RLS with one P for each neuron, full or packed, against sums that all neurons share.

All 1824 trained neurons: 20 + 20 inputs of their own and 300 shared ones (a clock); 132 + 132 and
264 + 264 of their own, none shared. All rules run on one thread and see the same rows and targets,
drawn with the sizes of filtered spikes in units of their standard deviation. The textbook is
compiled and keeps all of P, in float64. The packed rule keeps one triangle of it and calls BLAS
(spmv, then spr), as TrainSpikingNet.jl does on a CPU; it is written here from that idea with
scipy's BLAS, and is not their program. Both run on a part of the neurons at a time if memory is
short; their seconds are the sum. Ours (`SparseRLS`) takes all rows of a loop in one call and then
solves once for the weights, as in training: ``shared`` in float32, which training uses, and
``shared_float64``. Seconds are those of one row of ``--rows``; the weights are compared after
``--updates`` rows. ``update_seconds`` and ``solve_seconds`` are those of the whole call in float32.

``bound_ratio`` compares ours with what the machine allows (`benchmarks.bounds.rls_bound`), with one
thread and with two; the bound of two is half of it.
"""

from __future__ import annotations

import time

import numba
import numpy as np
from scipy.linalg.blas import dspmv, dspr
from threadpoolctl import threadpool_limits

from benchmarks.bounds import rls_bound
from benchmarks.measurement import machine, table
from src_part3.rls import SparseRLS

N_NEURONS, N_INH, RIDGE = 1824, 2500, 2.0
CASES = {340: (40, 300), 264: (264, 0), 528: (528, 0)}  # inputs: own, half of them E, and shared
RULES = "textbook", "packed", "shared_float64", "shared"
BRIEF = ("--updates", "10")


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--inputs", type=int, nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--updates", type=int, default=20, help="rows for the peers")
    parser.add_argument("--rows", type=int, default=640, help="rows for ours: those of a loop")
    parser.add_argument("--neurons", type=int, default=N_NEURONS)
    parser.add_argument("--gigabytes", type=float, default=2.0, help="for the textbook's P at most")


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


def _problem(n, n_neurons, n_rows):
    """The sources that each neuron reads, the shared ones last, then rows and targets."""
    (n_own, n_shared), rng = CASES[n], np.random.default_rng(n)
    own = np.concatenate([
        rng.integers(0, n_neurons, (n_neurons, n_own // 2)),
        n_neurons + rng.integers(0, N_INH, (n_neurons, n_own // 2)),
    ], axis=1)
    n_sources = n_neurons + N_INH + n_shared
    rows = np.abs(1.4 + rng.standard_normal((n_rows, n_sources)))
    return own, n_shared, rows, 0.3 * rng.standard_normal((n_rows, n_neurons))


def _own_P(update, own, n_shared, rows, targets, gigabytes):
    """Seconds of one row, weights and megabytes of a rule with a P for each neuron."""
    n_neurons, n = len(own), own.shape[1] + n_shared
    start = np.eye(n) / RIDGE
    if update is _packed_update:
        start = start[np.triu_indices(n)]
    chunk = int(np.clip(gigabytes * 1e9 // start.nbytes, 1, n_neurons))
    shared = np.broadcast_to(np.arange(rows.shape[1] - n_shared, rows.shape[1]),
                             (n_neurons, n_shared))
    index = np.concatenate([own, shared], axis=1)
    learned, k = np.zeros((n_neurons, n)), np.empty(n)
    update(learned[:1].copy(), start[None].copy(), rows[0, index[:1]], targets[0, :1], k)
    seconds = np.zeros(len(rows))
    for first in range(0, n_neurons, chunk):
        part = slice(first, first + chunk)
        P = np.tile(start, (len(index[part]), *[1] * start.ndim))
        for t, row in enumerate(rows):
            inputs = row[index[part]]
            begin = time.perf_counter()
            update(learned[part], P, inputs, targets[t, part], k)
            seconds[t] += time.perf_counter() - begin
    return np.median(seconds), learned, n_neurons * start.nbytes / 1e6


def _shared(own, n_shared, rows, targets, dtype, repeats=3):
    """Seconds of one call, weights and megabytes of ours."""
    rows, targets = rows.astype(dtype), targets.astype(dtype)
    seconds = []
    for _ in range(1 + repeats):  # the first one compiles
        rls = SparseRLS(own, rows.shape[1], RIDGE, n_shared=n_shared, dtype=dtype)
        begin = time.perf_counter()
        rls.update(rows, targets)
        between = time.perf_counter()
        learned = np.concatenate(rls.solve(), axis=1)
        seconds.append((between - begin, time.perf_counter() - between))
    megabytes = (rls.S.nbytes + rls.b.nbytes + learned.nbytes) / 1e6
    return np.median(seconds[1:] or seconds, axis=0), learned, megabytes, rls


def run(arguments):
    """Measure; see the module's docstring."""
    result = {
        f"{name}_{what}": {} for what in ("s", "mb", "difference", "ratio") for name in RULES
    } | {"update_seconds": {}, "solve_seconds": {}, "bound_ratio": {}}
    threads = numba.get_num_threads()
    try:
        for n in arguments.inputs:
            _case(n, arguments, result, min(threads, 2))
    finally:
        numba.set_num_threads(threads)
    return result | {
        "own": {str(n): CASES[n][0] for n in arguments.inputs}, "n_neurons": arguments.neurons,
        "n_updates": arguments.updates, "n_rows": arguments.rows, "machine": machine(),
    }


def _case(n, arguments, result, most_threads):
    case = str(n)
    own, n_shared, *data = _problem(n, arguments.neurons, max(arguments.rows, arguments.updates))
    few, many = ([x[:count] for x in data] for count in (arguments.updates, arguments.rows))
    numba.set_num_threads(1)
    with threadpool_limits(1):
        runs = {
            name: _own_P(update, own, n_shared, *few, arguments.gigabytes)
            for name, update in (("textbook", _textbook_update), ("packed", _packed_update))
        }
        for name, dtype in (("shared_float64", np.float64), ("shared", np.float32)):
            learned = _shared(own, n_shared, *few, dtype, repeats=0)[1]
            spent, _, megabytes, rls = _shared(own, n_shared, *many, dtype)
            runs[name] = spent.sum() / arguments.rows, learned, megabytes
    result["update_seconds"][case], result["solve_seconds"][case] = spent.tolist()
    bound = rls_bound(rls, arguments.rows)
    for n_threads in range(1, most_threads + 1):
        numba.set_num_threads(n_threads)
        spent = _shared(own, n_shared, *many, np.float32)[0].sum()
        label = f"{n}, {n_threads} thread{'s'[: n_threads - 1]}"
        result["bound_ratio"][label] = float(spent / (bound / n_threads))
    expected = runs["textbook"][1]
    for name, (seconds, learned, megabytes) in runs.items():
        difference = np.abs(learned - expected).max() / np.abs(expected).max()
        for what, value in (("s", seconds), ("mb", megabytes), ("difference", difference),
                            ("ratio", seconds / runs["shared"][0])):
            result[f"{name}_{what}"][case] = float(value)


def report(result):
    """Return the table for people."""
    rows = [
        (n, result["own"][n], name, result[f"{name}_s"][n] * 1e3, result[f"{name}_mb"][n],
         result[f"{name}_ratio"][n], result[f"{name}_difference"][n])
        for n in result["shared_s"] for name in RULES
    ]
    header = ("inputs", "own", "rule", "ms/row", "MB", "time / shared", "difference from textbook")
    bounds = ", ".join(f"{case}: {ratio:.1f}" for case, ratio in result["bound_ratio"].items())
    calls = ", ".join(
        f"{n}: {result['update_seconds'][n]:.2f} + {result['solve_seconds'][n]:.2f} s"
        for n in result["shared_s"]
    )
    return (
        f"{table(header, rows)}\nour call of {result['n_rows']} rows, update + solution: {calls}\n"
        f"ours / bound: {bounds}\n({result['machine']}; {result['n_neurons']} neurons, one thread)"
    )
