"""Linear algebra of `src_part3.rls`: the steps of its docstring, for all neurons in blocks.

Products of stacks of matrices are NumPy's, which calls BLAS for each matrix. The Cholesky factors
are compiled here: of 40 x 40 matrices LAPACK reaches a tenth of the peak, and loops over neurons
side by side half as much again; larger matrices are factored in strips of rows, where most of the
work is products of BLAS. One time in a call leaves nothing to BLAS but vectors, which would pass
through memory several times: that is compiled, in one pass.

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
_ROWS = 512
_ENTRIES = 100_000
_SHORT = 48  # matrices up to this size are factored side by side,
_STRIP = 24  # larger ones in strips of so many rows


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
    try:
        L = np.linalg.cholesky(one + K @ X.T)
    except np.linalg.LinAlgError:  # D^-1 is not positive definite any more: NaN says so
        L = np.full_like(one, np.nan)
    L_inverse = solve_triangular(L, one, lower=True, check_finite=False)
    A = L_inverse @ K

    def make_learner():
        scratch = np.empty((_ROWS, len(X)), X.dtype), np.empty((_ROWS, X.shape[1]), X.dtype)

        def learn(block):
            E, G = rows[block], G_and_v[block]
            left, change = (array[: len(E)] for array in scratch)
            np.subtract(E, np.matmul(G, X.T, out=left), out=left)
            G += np.matmul(np.matmul(left, L_inverse.T, out=E), A, out=change)

        return learn

    _in_blocks(make_learner, len(rows), _ROWS)
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
    m, n_time = weights.shape[1], E.shape[1]
    size = max(2, _ENTRIES // m**2)
    height = m if m <= _SHORT else _STRIP
    strips = [slice(first, min(first + height, m)) for first in range(0, m, height)]

    def make_learner():
        all_own = np.empty((size, n_time, m + 1), E.dtype)
        systems = np.empty((size, m, m + 1), E.dtype)
        scratch = np.empty((m, m + 1, size) if height == m else (size, height, m + 1), E.dtype)

        def learn(block):
            n = block.stop - block.start
            own, system = all_own[:n], systems[:n]
            _gather(weights[block], index[block], E, e[block], own)
            for strip in strips:
                right = slice(strip.start, None)
                np.matmul(own[:, :, strip].swapaxes(1, 2), own[:, :, right],
                          out=system[:, strip, right])
            _add_past(S[block], decay, system)
            if height == m:
                _factor_side_by_side(system, scratch)
            else:
                _factor_in_strips(system, strips, scratch[:n])
            _substitute_back(system, weights[block])

        return learn

    _in_blocks(make_learner, len(weights), size)


def _factor_in_strips(system, strips, scratch):
    for strip in strips:
        right = slice(strip.start, None)
        above, rows = system[:, : strip.start], system[:, strip, right]
        rows -= np.matmul(above[:, :, strip].swapaxes(1, 2), above[:, :, right],
                          out=scratch[:, : rows.shape[1], right])
        _factor_rows(rows)


def _in_blocks(make_learner, n, size):
    # Each thread makes its scratch once: the first touch of memory costs more than what follows.
    # NumPy and the compiled loops give Python's lock away while they compute.
    blocks = [slice(first, min(first + size, n)) for first in range(0, n, size)]
    n_threads = min(numba.get_num_threads(), len(blocks))

    def work(first):
        learn = make_learner()
        for block in blocks[first::n_threads]:
            learn(block)

    if n_threads == 1:
        work(0)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        for done in [pool.submit(work, first) for first in range(n_threads)]:
            done.result()


@numba.njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _gather(weights, index, E, e, own):
    # E_i of each neuron, times in rows, and beside it e_i - E_i w_i: the product of E_i' with both
    # gives what S and the right-hand side need, and what factors S does the forward substitution.
    n_neurons, n_own = index.shape
    error = np.empty(e.shape[1], e.dtype)
    for i in range(n_neurons):
        own_i = own[i]
        error[:] = e[i]
        for m in range(n_own):
            row, w = E[index[i, m]], weights[i, m]
            for t in range(row.size):
                own_i[t, m] = row[t]
            for t in range(row.size):
                error[t] -= w * row[t]
        for t in range(error.size):
            own_i[t, n_own] = error[t]


@numba.njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _add_past(S, decay, system):
    # S <- decay S + E_i' E_i, and this is the new upper triangle of the system, all that the
    # factorisation needs. Row r of the lower triangle is column r of the upper one.
    for i in range(S.shape[0]):
        S_i, system_i, first = S[i], system[i], 0
        for r in range(system.shape[1]):
            for c in range(r + 1):
                system_i[c, r] += decay * S_i[first + c]
                S_i[first + c] = system_i[c, r]
            first += r + 1


@numba.njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _factor_rows(strips):
    # The square at the left becomes its upper Cholesky factor U, with 1 / U on the diagonal, and
    # what is right of it U'^-1 times that; NaN where the square is not positive definite.
    for i in range(strips.shape[0]):
        U = strips[i]
        for r in range(U.shape[0]):
            row = U[r, r:]
            for k in range(r):
                above = U[k, r:]
                factor = above[0]
                for c in range(row.size):
                    row[c] -= factor * above[c]
            scale = row.dtype.type(1) / np.sqrt(row[0])
            row[0] = scale
            for c in range(1, row.size):
                row[c] *= scale


@numba.njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _factor_side_by_side(systems, U):
    # The same for short rows, with neurons in the last axis of U: it becomes vectors, not the row.
    n_neurons, n, n_columns = systems.shape
    for r in range(n):
        for c in range(r, n_columns):
            for i in range(n_neurons):
                U[r, c, i] = systems[i, r, c]
        for k in range(r):
            factor = U[k, r]
            for c in range(r, n_columns):
                entry, above = U[r, c], U[k, c]
                for i in range(n_neurons):
                    entry[i] -= factor[i] * above[i]
        scale = U[r, r]
        for i in range(n_neurons):
            scale[i] = scale.dtype.type(1) / np.sqrt(scale[i])
        for c in range(r + 1, n_columns):
            entry = U[r, c]
            for i in range(n_neurons):
                entry[i] *= scale[i]
                systems[i, r, c] = entry[i]
        for i in range(n_neurons):
            systems[i, r, r] = scale[i]


@numba.njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _substitute_back(systems, weights):
    # Adds U^-1 times the last column, the change of the weights.
    n = weights.shape[1]
    x = np.empty(n, weights.dtype)
    for i in range(systems.shape[0]):
        for r in range(n - 1, -1, -1):
            row = systems[i, r]
            left = row[n]
            for c in range(r + 1, n):
                left -= row[c] * x[c]
            x[r] = left * row[r]
            weights[i, r] += x[r]


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
        if decay != 1:
            for j in range(Q_i.size):
                Q_i[j] *= forget
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
        scale = one / (one + quadratic) if quadratic >= 0 else Q.dtype.type(np.nan)
        for m in range(n_own):
            w[m] += error * scale * k[m]
        first = 0
        for r in range(n_own):
            row = Q_i[first : first + r + 1]
            k_r = scale * k[r]
            for c in range(r + 1):
                row[c] -= k_r * k[c]
            first += r + 1


# The same without threads, for a forked process. Not cached: the file's name would be the other's.
partial_out_once_serial, learn_neurons_once_serial = (
    numba.njit(nogil=True, fastmath=_FAST, error_model="numpy")(kernel.py_func)
    for kernel in (partial_out_once, learn_neurons_once)
)
