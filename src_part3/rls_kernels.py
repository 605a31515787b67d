"""Linear algebra of `src_part3.rls`: the steps of its docstring, for all neurons in blocks.

Products and Cholesky factors of stacks of matrices are NumPy's, which calls BLAS and LAPACK for
each matrix; only what it lacks for stacks is compiled here. Measured on one thread with 1824
neurons and 50 times in a call: with 264 own inputs this takes half the time of loops written out
for 32 neurons side by side, with 40 own inputs a tenth more. One time in a call leaves nothing to
BLAS but vectors, which would pass through memory several times: that is compiled, in one pass.

Threads get blocks of fixed size, whatever their number, and the caller limits BLAS to one thread:
the result does not depend on the number of threads. All functions change arrays in place.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
from scipy.linalg import solve_triangular

# Sums may be reordered (they are vectorised); NaN and infinity keep their meaning.
_FAST = {"reassoc", "contract", "nsz"}

# A block fits into a core's cache: rows of G and v, and entries of the neurons' matrices.
_ROWS = 1024
_ENTRIES = 2**17


def partial_out(rows, X, D_inverse, G_and_v):
    """Do the steps (1) to (3); ``rows`` hold R' and Y' and become E' and e'.

    Parameters
    ----------
    rows : ndarray of shape (n_rates + n_neurons, T)
        Rates, and below them targets.
    X : ndarray of shape (T, n_shared)
        Shared inputs.
    D_inverse : ndarray of shape (n_shared, n_shared)
        D^-1 of the condition.
    G_and_v : ndarray of shape (n_rates + n_neurons, n_shared)
        G of the condition, and below it v.
    """
    one = np.eye(len(X), dtype=X.dtype)
    K = X @ D_inverse
    L = _cholesky((one + K @ X.T)[None])[0]
    L_inverse = solve_triangular(L, one, lower=True, check_finite=False)
    A = L_inverse @ K

    def learn(block):
        E = (rows[block] - G_and_v[block] @ X.T) @ L_inverse.T
        G_and_v[block] += E @ A
        rows[block] = E

    _in_blocks(learn, len(rows), _ROWS)
    D_inverse -= A.T @ A  # stays symmetric to the last bit: of A' A one triangle is computed


def learn_neurons(weights, S, index, E, e, decay):
    """Do step (4) for each neuron.

    Parameters
    ----------
    weights : ndarray of shape (n_neurons, n_own)
        Recurrent weights w.
    S : ndarray of shape (n_neurons, n_own (n_own + 1) / 2)
        Lower triangles, row after row: half the memory of squares.
    index : ndarray of int, shape (n_neurons, n_own)
        Rows of ``E`` that are a neuron's own.
    E : ndarray of shape (n_rates, T)
        What is left of the rates.
    e : ndarray of shape (n_neurons, T)
        What is left of the targets.
    decay : float
        f^T.
    """

    def learn(block):
        w = weights[block]
        E_i = E.take(index[block], axis=0, mode="clip")  # faster than E[index], which looks
        error = e[block, None] - w[:, None] @ E_i
        change = (error @ E_i.swapaxes(1, 2))[:, 0]
        S_i = E_i @ E_i.swapaxes(1, 2)
        _add_past(S[block], decay, S_i)
        _solve_factored(_cholesky(S_i), change)
        w += change

    _in_blocks(learn, len(weights), max(8, _ENTRIES // weights.shape[1] ** 2))


def _in_blocks(learn, n, size):
    # NumPy and the compiled loops give Python's lock away while they compute.
    blocks = [slice(first, min(first + size, n)) for first in range(0, n, size)]
    n_threads = min(numba.get_num_threads(), len(blocks))
    if n_threads == 1:
        for block in blocks:
            learn(block)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        for done in [pool.submit(learn, block) for block in blocks]:
            done.result()


def _cholesky(stack):
    # Lower Cholesky factors; NaN where a matrix is not positive definite.
    try:
        return np.linalg.cholesky(stack)
    except np.linalg.LinAlgError:
        if len(stack) == 1:
            return np.full_like(stack, np.nan)
        return np.concatenate([_cholesky(matrix[None]) for matrix in stack])


@numba.njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _add_past(S, decay, squares):
    # S <- decay S + squares, and the lower triangles of squares, all that a Cholesky factor
    # needs, become the new S.
    for i in range(S.shape[0]):
        S_i, first = S[i], 0
        for r in range(squares.shape[1]):
            row = squares[i, r]
            for c in range(r + 1):
                row[c] += decay * S_i[first + c]
                S_i[first + c] = row[c]
            first += r + 1


@numba.njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _solve_factored(L, x):
    # x <- (L L')^-1 x for each of a stack. SciPy, called for one neuron after the other, takes ten
    # times as long with 40 inputs.
    zero = L.dtype.type(0)
    for i in range(L.shape[0]):
        L_i, x_i = L[i], x[i]
        for r in range(x_i.size):
            row, total = L_i[r], zero
            for c in range(r):
                total += row[c] * x_i[c]
            x_i[r] = (x_i[r] - total) / row[r]
        # Column r of L' is row r of L: this pass, too, runs along rows, in the order of memory.
        for r in range(x_i.size - 1, -1, -1):
            row = L_i[r]
            x_i[r] /= row[r]
            for c in range(r):
                x_i[c] -= x_i[r] * row[c]


@numba.njit(cache=True, nogil=True, parallel=True, fastmath=_FAST, error_model="numpy")
def partial_out_once(rows, x, D_inverse, G_and_v):
    """Do the steps (1) to (3) for one time, each row of memory read and written once.

    Parameters
    ----------
    rows : ndarray of shape (n_rates + n_neurons,)
        Rates, and below them targets; they become what is left of them.
    x : ndarray of shape (n_shared,)
        Shared inputs.
    D_inverse : ndarray of shape (n_shared, n_shared)
        D^-1 of the condition.
    G_and_v : ndarray of shape (n_rates + n_neurons, n_shared)
        G of the condition, and below it v.
    """
    n = x.size
    A = np.empty(n, x.dtype)  # K at first
    for i in numba.prange(n):
        total, row = x.dtype.type(0), D_inverse[i]
        for j in range(n):
            total += row[j] * x[j]
        A[i] = total
    squared = x.dtype.type(1)
    for j in range(n):
        squared += A[j] * x[j]
    # x'D^-1 x is never negative, or D^-1 is not positive definite any more: NaN says so.
    L = np.sqrt(squared) if squared >= 1 else x.dtype.type(np.nan)
    for j in range(n):
        A[j] /= L
    for i in numba.prange(rows.size):
        row, left = G_and_v[i], rows[i]
        for j in range(n):
            left -= row[j] * x[j]
        left /= L
        for j in range(n):
            row[j] += left * A[j]
        rows[i] = left
    for i in numba.prange(n):
        row, A_i = D_inverse[i], A[i]
        for j in range(n):
            row[j] -= A_i * A[j]


@numba.njit(cache=True, nogil=True, parallel=True, fastmath=_FAST, error_model="numpy")
def learn_neurons_once(weights, Q, index, E, e, decay):
    """Do step (4) for each neuron and one time, with the inverse of its matrix.

    Parameters
    ----------
    weights : ndarray of shape (n_neurons, n_own)
        Recurrent weights w.
    Q : ndarray of shape (n_neurons, n_own (n_own + 1) / 2)
        Lower triangles of S_i^-1, row after row.
    index : ndarray of int, shape (n_neurons, n_own)
        Entries of ``E`` that are a neuron's own.
    E : ndarray of shape (n_rates,)
        What is left of the rates.
    e : ndarray of shape (n_neurons,)
        What is left of the targets.
    decay : float
        f.
    """
    zero, one = Q.dtype.type(0), Q.dtype.type(1)
    n_own = index.shape[1]
    forget = one / Q.dtype.type(decay)
    # One neuron is one piece of work: the result does not depend on the number of threads.
    for i in numba.prange(index.shape[0]):
        Q_i, w = Q[i], weights[i]
        x, k = np.empty(n_own, Q.dtype), np.empty(n_own, Q.dtype)
        error = e[i]
        for m in range(n_own):
            x[m] = E[index[i, m]]
            error -= w[m] * x[m]
        # k = Q x: each entry below the diagonal serves for its mirror image as well. Two short
        # loops, because the compiler makes vectors of a sum and of a row, but not of both at once.
        first = 0
        for r in range(n_own):
            row = Q_i[first : first + r + 1]
            x_r = x[r]
            total = row[r] * x_r
            for c in range(r):
                total += row[c] * x[c]
            for c in range(r):
                k[c] += row[c] * x_r
            k[r] = total
            first += r + 1
        quadratic = zero
        for m in range(n_own):
            quadratic += k[m] * x[m]
        # x'Qx is never negative, or Q is not positive definite any more: NaN says so.
        scale = one / (decay + quadratic) if quadratic >= 0 else Q.dtype.type(np.nan)
        first = 0
        for r in range(n_own):
            row = Q_i[first : first + r + 1]
            k_r = scale * k[r]
            w[r] += error * k_r
            for c in range(r + 1):
                row[c] = (row[c] - k_r * k[c]) * forget
            first += r + 1


# The same without threads, for a forked process. Not cached: the file's name would be the other's.
partial_out_once_serial, learn_neurons_once_serial = (
    numba.njit(nogil=True, fastmath=_FAST, error_model="numpy")(kernel.py_func)
    for kernel in (partial_out_once, learn_neurons_once)
)
