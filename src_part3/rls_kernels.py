"""Compiled loops of `src_part3.rls`; its class docstring derives what they compute.

They know arrays and numbers of one dtype only.
"""

from __future__ import annotations

import math

import numba
import numpy as np

# Sums may be reordered (they are vectorised); NaN and infinity keep their meaning.
_FAST = {"reassoc", "contract", "nsz"}

# Neurons go to the threads in blocks of fixed size, whatever the number of threads: the result
# does not depend on it.
BLOCK = 32


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def shared_gains(D, shared, forgetting, d, a, b, root_d):
    """D = D s, a = s.d, b = 1 / (f + a), then D <- (D - b d d') / f, one time after the other."""
    n = D.shape[0]
    zero = D.dtype.type(0)
    inverse = 1 / forgetting
    for t in range(shared.shape[0]):
        total = zero
        for i in range(n):
            acc = zero
            for j in range(n):
                acc += D[i, j] * shared[t, j]
            d[t, i] = acc
            total += acc * shared[t, i]
        a[t] = total
        b[t] = 1 / (forgetting + total)
        root = math.sqrt(b[t])
        for i in range(n):
            root_d[i] = root * d[t, i]
        for i in range(n):
            # The product is the same number for (i, j) and (j, i), so D stays symmetric.
            for j in range(n):
                D[i, j] = (D[i, j] - root_d[i] * root_d[j]) * inverse


@numba.njit(cache=True, parallel=True, fastmath=_FAST, error_model="numpy")
def residuals(G, rows, rates, shared, d, b, residual):
    """Eps = r - G s, then G <- G + b eps d', through all times, one row of G after the other."""
    zero = G.dtype.type(0)
    n_blocks = (rows.size + BLOCK - 1) // BLOCK
    for block in numba.prange(n_blocks):
        for j in range(block * BLOCK, min(rows.size, (block + 1) * BLOCK)):
            row = G[j]
            for t in range(rates.shape[0]):
                acc = zero
                for c in range(row.size):
                    acc += row[c] * shared[t, c]
                eps = rates[t, rows[j]] - acc
                residual[t, j] = eps
                factor = b[t] * eps
                for c in range(row.size):
                    row[c] += factor * d[t, c]


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _update_block(
    first, last, Q, weights, v, index, residual, shared, d, a, b, forgetting, targets, errors
):
    # Neuron first + lane lies in column lane of Q, eps and k: inner loops over lanes are a few
    # vector instructions. Q holds the entries on and below the diagonal, row after row.
    n_own, lanes = index.shape[1], Q.shape[1]
    eps, k = np.zeros((2, n_own, lanes), Q.dtype)
    projection, q, root = np.zeros((3, lanes), Q.dtype)
    zero = Q.dtype.type(0)
    for t in range(residual.shape[0]):
        of_time = residual[t]
        for i in range(first, last):
            w_i, index_i, acc = weights[i], index[i], zero
            for m in range(n_own):
                eps_m = of_time[index_i[m]]
                eps[m, i - first] = eps_m
                acc += w_i[m] * eps_m
            projection[i - first] = acc

        # k = Q eps,  q = eps.k
        k[:] = 0
        at = 0
        for r in range(n_own):
            for c in range(r):
                for lane in range(lanes):
                    k[c, lane] += Q[at, lane] * eps[r, lane]
                    k[r, lane] += Q[at, lane] * eps[c, lane]
                at += 1
            for lane in range(lanes):
                k[r, lane] += Q[at, lane] * eps[r, lane]
            at += 1
        q[:] = 0
        for m in range(n_own):
            for lane in range(lanes):
                q[lane] += eps[m, lane] * k[m, lane]

        # w <- w - c error k,  v <- v + (b (eps.w) - c error) d
        for i in range(first, last):
            lane, w_i, v_i, acc = i - first, weights[i], v[i], zero
            for s in range(v_i.size):
                acc += v_i[s] * shared[t, s]
            error = projection[lane] + acc - targets[t, i]
            c_i = 1 / (forgetting + a[t] + q[lane])
            errors[t, i] = error if c_i > 0 else math.nan
            root[lane] = math.sqrt(c_i)
            step = c_i * error
            for m in range(n_own):
                w_i[m] -= step * k[m, lane]
            step = b[t] * (projection[lane] - step * q[lane]) - step
            for s in range(v_i.size):
                v_i[s] += step * d[t, s]

        # Q <- (Q - c k k') / f
        at = 0
        for r in range(n_own):
            for lane in range(lanes):
                k[r, lane] *= root[lane]
            for c in range(r + 1):
                for lane in range(lanes):
                    Q[at, lane] -= k[r, lane] * k[c, lane]
                at += 1
        if forgetting != 1:
            Q *= 1 / forgetting


@numba.njit(cache=True, parallel=True, fastmath=_FAST, error_model="numpy")
def update_neurons(
    Q, weights, v, index, residual, shared, d, a, b, forgetting, targets, errors
):
    """Update w, Q and v of one block of neurons after the other, through all times."""
    for block in numba.prange(Q.shape[0]):
        _update_block(
            block * BLOCK, min(index.shape[0], (block + 1) * BLOCK), Q[block], weights, v, index,
            residual, shared, d, a, b, forgetting, targets, errors,
        )


@numba.njit(cache=True, parallel=True, fastmath=_FAST, error_model="numpy")
def add_projection(G, index, weights, sign, values):
    """values_i <- values_i + sign * sum_m w_im G[index_im], in place."""
    for i in numba.prange(index.shape[0]):
        row = values[i]
        for m in range(index.shape[1]):
            factor = sign * weights[i, m]
            G_row = G[index[i, m]]
            for c in range(row.size):
                row[c] += factor * G_row[c]
