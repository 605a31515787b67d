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

# Times whose shared inputs are handled in one pass through a row of G or v.
CHUNK = 4


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def shared_gains(D, shared, forgetting, d, a, b, overlap, root_d):
    """D = D s, a = s.d, b = 1 / (f + a), then D <- (D - b d d') / f, one time after the other.

    ``overlap`` (T, CHUNK) gets d(first + u).s(t) for the times first + u < t of the same chunk.
    """
    n = D.shape[0]
    zero, one = D.dtype.type(0), D.dtype.type(1)
    inverse = one / forgetting
    for t in range(shared.shape[0]):
        total = zero
        for i in range(n):
            acc = zero
            for j in range(n):
                acc += D[i, j] * shared[t, j]
            d[t, i] = acc
            total += acc * shared[t, i]
        a[t] = total
        b[t] = one / (forgetting + total)
        root = math.sqrt(b[t])
        for i in range(n):
            root_d[i] = root * d[t, i]
        for i in range(n):
            # The product is the same number for (i, j) and (j, i), so D stays symmetric.
            for j in range(n):
                D[i, j] = (D[i, j] - root_d[i] * root_d[j]) * inverse
        for u in range(t % CHUNK):
            acc = zero
            for j in range(n):
                acc += d[t - t % CHUNK + u, j] * shared[t, j]
            overlap[t, u] = acc


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _products(row, x, first, n_times, out):
    """out[u] = row.x(first + u)."""
    zero = row.dtype.type(0)
    if n_times == CHUNK:
        x0, x1, x2, x3 = x[first], x[first + 1], x[first + 2], x[first + 3]
        acc0 = acc1 = acc2 = acc3 = zero
        for c in range(row.size):
            acc0 += row[c] * x0[c]
            acc1 += row[c] * x1[c]
            acc2 += row[c] * x2[c]
            acc3 += row[c] * x3[c]
        out[0], out[1], out[2], out[3] = acc0, acc1, acc2, acc3
        return
    for u in range(n_times):
        x0, acc0 = x[first + u], zero
        for c in range(row.size):
            acc0 += row[c] * x0[c]
        out[u] = acc0


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _add_products(row, x, first, n_times, factors):
    """Row <- row + sum_u factors[u] x(first + u)."""
    if n_times == CHUNK:
        x0, x1, x2, x3 = x[first], x[first + 1], x[first + 2], x[first + 3]
        f0, f1, f2, f3 = factors[0], factors[1], factors[2], factors[3]
        for c in range(row.size):
            row[c] += (f0 * x0[c] + f1 * x1[c]) + (f2 * x2[c] + f3 * x3[c])
        return
    for u in range(n_times):
        x0, f0 = x[first + u], factors[u]
        for c in range(row.size):
            row[c] += f0 * x0[c]


@numba.njit(cache=True, parallel=True, fastmath=_FAST, error_model="numpy")
def residuals(G, rows, rates, shared, d, b, overlap, residual):
    """Eps = r - G s, then G <- G + b eps d', through all times, one row of G after the other.

    Within a chunk G stays as it was, and what the earlier times of the chunk would have changed
    is added to the product: (G + b eps d').s = G s + b eps (d.s).
    """
    n_blocks = (rows.size + BLOCK - 1) // BLOCK
    for block in numba.prange(n_blocks):
        product, factors = np.empty((2, CHUNK), G.dtype)
        for j in range(block * BLOCK, min(rows.size, (block + 1) * BLOCK)):
            for first in range(0, rates.shape[0], CHUNK):
                n_times = min(CHUNK, rates.shape[0] - first)
                _products(G[j], shared, first, n_times, product)
                for u in range(n_times):
                    t = first + u
                    eps = rates[t, rows[j]] - product[u]
                    for earlier in range(u):
                        eps -= factors[earlier] * overlap[t, earlier]
                    residual[t, j] = eps
                    factors[u] = b[t] * eps
                _add_products(G[j], d, first, n_times, factors)


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _take_residuals(first, last, of_time, index, weights, eps, projection):
    """Eps of a block's own inputs, and projection = w.eps."""
    zero = eps.dtype.type(0)
    for i in range(first, last):
        w_i, index_i, acc = weights[i], index[i], zero
        for m in range(index.shape[1]):
            eps_m = of_time[index_i[m]]
            eps[m, i - first] = eps_m
            acc += w_i[m] * eps_m
        projection[i - first] = acc


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _times_Q(Q, eps, k):
    """K = Q eps."""
    lanes, at = Q.shape[1], 0
    k[:] = 0
    for r in range(eps.shape[0]):
        for c in range(r):
            for lane in range(lanes):
                k[c, lane] += Q[at, lane] * eps[r, lane]
                k[r, lane] += Q[at, lane] * eps[c, lane]
            at += 1
        for lane in range(lanes):
            k[r, lane] += Q[at, lane] * eps[r, lane]
        at += 1


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _update_Q(Q, k, inverse):
    """Q <- (Q - k k') / f."""
    lanes, at = Q.shape[1], 0
    for r in range(k.shape[0]):
        for c in range(r + 1):
            for lane in range(lanes):
                Q[at, lane] = (Q[at, lane] - k[r, lane] * k[c, lane]) * inverse
            at += 1


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _update_Q_and_multiply(Q, k, inverse, eps, k_next):
    """Q <- (Q - k k') / f and k_next = Q eps, in one pass through Q."""
    lanes, at = Q.shape[1], 0
    k_next[:] = 0
    for r in range(k.shape[0]):
        for c in range(r):
            for lane in range(lanes):
                q = (Q[at, lane] - k[r, lane] * k[c, lane]) * inverse
                Q[at, lane] = q
                k_next[c, lane] += q * eps[r, lane]
                k_next[r, lane] += q * eps[c, lane]
            at += 1
        for lane in range(lanes):
            q = (Q[at, lane] - k[r, lane] * k[r, lane]) * inverse
            Q[at, lane] = q
            k_next[r, lane] += q * eps[r, lane]
        at += 1


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _update_block(
    first, last, Q, weights, v, index, residual, shared, d, a, b, overlap, forgetting, targets,
    errors,
):
    # Neuron first + lane lies in column lane of Q, eps and k: inner loops over lanes are a few
    # vector instructions. Q holds the entries on and below the diagonal, row after row.
    n_times, n_own, lanes = residual.shape[0], index.shape[1], Q.shape[1]
    eps = np.zeros((n_own, lanes), Q.dtype)
    k = np.zeros((n_own, lanes), Q.dtype)
    k_next = np.zeros((n_own, lanes), Q.dtype)
    projection, q = np.zeros((2, lanes), Q.dtype)
    product, factors = np.zeros((2, lanes, CHUNK), Q.dtype)
    one = Q.dtype.type(1)
    inverse = one / forgetting
    _take_residuals(first, last, residual[0], index, weights, eps, projection)
    _times_Q(Q, eps, k)
    for t in range(n_times):
        u = t % CHUNK
        in_chunk = min(CHUNK, n_times - t + u)
        if u == 0:
            for i in range(first, last):
                _products(v[i], shared, t, in_chunk, product[i - first])

        q[:] = 0
        for m in range(n_own):
            for lane in range(lanes):
                q[lane] += eps[m, lane] * k[m, lane]

        # w <- w - c error k,  v <- v + (b (eps.w) - c error) d
        for i in range(first, last):
            lane, w_i = i - first, weights[i]
            output = projection[lane] + product[lane, u]
            for earlier in range(u):
                output += factors[lane, earlier] * overlap[t, earlier]
            error = output - targets[t, i]
            c_i = one / (forgetting + a[t] + q[lane])
            errors[t, i] = error if c_i > 0 else math.nan
            step = c_i * error
            for m in range(n_own):
                w_i[m] -= step * k[m, lane]
            factors[lane, u] = b[t] * (projection[lane] - step * q[lane]) - step
            q[lane] = math.sqrt(c_i)
        if u == in_chunk - 1:
            for i in range(first, last):
                _add_products(v[i], d, t - u, in_chunk, factors[i - first])

        for m in range(n_own):
            for lane in range(lanes):
                k[m, lane] *= q[lane]
        if t + 1 == n_times:
            _update_Q(Q, k, inverse)
        else:
            _take_residuals(first, last, residual[t + 1], index, weights, eps, projection)
            _update_Q_and_multiply(Q, k, inverse, eps, k_next)
            k, k_next = k_next, k


@numba.njit(cache=True, parallel=True, fastmath=_FAST, error_model="numpy")
def update_neurons(
    Q, weights, v, index, residual, shared, d, a, b, overlap, forgetting, targets, errors
):
    """Update w, Q and v of one block of neurons after the other, through all times."""
    for block in numba.prange(Q.shape[0]):
        _update_block(
            block * BLOCK, min(index.shape[0], (block + 1) * BLOCK), Q[block], weights, v, index,
            residual, shared, d, a, b, overlap, forgetting, targets, errors,
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
