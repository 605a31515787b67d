"""What one core of this machine can do at best: the yardsticks of Part 3's benchmarks."""

from __future__ import annotations

import time

import numpy as np
from numba import njit
from threadpoolctl import threadpool_limits

_REPEATS = 5


@njit(cache=True)
def _triad(a, b, c, rounds):
    for _ in range(rounds):
        for i in range(a.size):
            a[i] = b[i] + np.float32(3.0) * c[i]


@njit(cache=True)
def _count(index, counts, rounds):
    for _ in range(rounds):
        for k in range(index.size):
            counts[index[k]] += np.uint8(1)


def _best_seconds(function, *arguments):
    function(*arguments)
    seconds = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        function(*arguments)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def triad_bandwidth(n_bytes):
    """Measure a = b + 3 c over arrays that together take as much memory as a given job.

    Parameters
    ----------
    n_bytes : float
        Memory that the job touches again and again: it decides which cache holds it.

    Returns
    -------
    float
        Bytes read and written per second by one thread (McCalpin's STREAM triad).
    """
    size = max(int(n_bytes) // 12, 64)
    arrays = np.ones((3, size), np.float32)
    rounds = max(1, 20_000_000 // size)
    return 12 * size * rounds / _best_seconds(_triad, *arrays, rounds)


def counts_per_second(n_counts, n_together):
    """Measure how often a byte that an index names is raised by one, always by the same list.

    Parameters
    ----------
    n_counts : int
        Number of bytes.
    n_together : int
        Length of the list, which names places in increasing order, as a list of receivers does.

    Returns
    -------
    float
        Increments per second of one thread.
    """
    index = np.sort(np.random.default_rng(0).permutation(n_counts)[:n_together])
    index = index.astype(np.uint16 if n_counts <= 2**16 else np.uint32)
    rounds = max(1, 2_000_000 // index.size)
    counts = np.zeros(n_counts, np.uint8)
    return index.size * rounds / _best_seconds(_count, index, counts, rounds)


def peak_flops(dtype):
    """Measure a matrix product of BLAS, which comes near to the peak.

    Parameters
    ----------
    dtype : numpy dtype
        float64 or float32.

    Returns
    -------
    float
        Additions and multiplications per second of one thread.
    """
    size = 1024
    a, b, out = np.ones((3, size, size), dtype)
    with threadpool_limits(1):
        return 2 * size**3 / _best_seconds(np.matmul, a, b, out)


def rls_bound(rls, weights, n_time):
    """Bound the time of one update of `SparseRLS` from several times in a call.

    Parameters
    ----------
    rls : SparseRLS
        The rule, not time by time.
    weights : ndarray of shape (n_neurons, n_own)
        Its weights.
    n_time : int
        Times in the call.

    Returns
    -------
    float
        Seconds that one thread needs at least: for the arithmetic at the speed of a large matrix
        product, or for the bytes at the bandwidth of a triad, whichever takes longer.
    """
    arrays, m, n_shared = rls.state(), rls.n_own, rls.n_shared
    n_bytes = weights.nbytes + arrays["S"].nbytes
    n_bytes += sum(arrays[name][0].nbytes for name in ("D_inverse", "G", "v"))
    # At each time K, A and A'A; for each row of G and v a product and a sum; for each neuron the
    # output, the gradient and S. At the end a Cholesky factorisation and two substitutions.
    n_rows = arrays["G"].shape[1] + rls.n_neurons
    at_each_time = (4 * n_shared + 3 * n_time) * n_shared + n_rows * (4 * n_shared + n_time)
    at_each_time += rls.n_neurons * (4 * m + m * (m + 1))
    flops = n_time * at_each_time + rls.n_neurons * (m**3 / 3 + 2 * m**2)
    return max(flops / peak_flops(rls.dtype), 2 * n_bytes / triad_bandwidth(n_bytes))
