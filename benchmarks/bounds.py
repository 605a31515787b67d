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


def rls_bound(rls, n_rows):
    """Bound the time of one `SparseRLS.update` with targets and of the solution that follows.

    Parameters
    ----------
    rls : SparseRLS
        The rule.
    n_rows : int
        Rows in the call.

    Returns
    -------
    float
        Seconds that one thread needs at least: for the arithmetic at the speed of a large matrix
        product, or for the bytes at the bandwidth of a triad, whichever takes longer.
    """
    n_sources, n_neurons = rls.b.shape
    m, n_shared = rls.index.shape[1], rls.n_shared
    n_bytes = rls.S.nbytes + rls.b.nbytes
    # One triangle of X'X, and X'Y; what is shared is partialled out of S and b.
    flops = n_rows * n_sources * (n_sources + 2 * n_neurons)
    flops += n_shared**3 / 3 + 2 * n_shared**2 * (n_sources + n_neurons)
    flops += 2 * n_shared * n_sources * n_neurons
    # For each neuron one triangle of what is shared, and a Cholesky factorisation.
    flops += n_neurons * (m**2 * n_shared + m**3 / 3 + 2 * m**2)
    gathered = n_neurons * m**2 * rls.S.itemsize
    seconds = (2 * n_bytes + gathered) / triad_bandwidth(n_bytes)
    return max(flops / peak_flops(rls.S.dtype), seconds)
