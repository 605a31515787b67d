"""Compiled loops of `src_part3.rls`: a small ridge problem for each neuron, many side by side.

They know arrays and numbers of one dtype only. Neuron ``block * BLOCK + lane`` lies in column
``lane`` of its block's arrays, so that the inner loops over lanes are a few vector instructions.
Symmetric matrices hold the entries on and below the diagonal, row after row.
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

# Times, and rows of G or v, that are handled together. The loops spell them out.
CHUNK = 4

# Times that are summed up before an entry of S is written. The loop spells them out.
_TIMES = 8


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def shared_gains(D, shared, forgetting, d, b, overlap, root_d):
    """D = D s, b = 1 / (f + s.d), then D <- (D - b d d') / f, one time after the other.

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
def _products(G, x, out):
    """out[i, u] = G[i].x[u], four rows of each at once."""
    zero = G.dtype.type(0)
    if out.shape == (CHUNK, CHUNK):
        g0, g1, g2, g3 = G[0], G[1], G[2], G[3]
        x0, x1, x2, x3 = x[0], x[1], x[2], x[3]
        a00 = a01 = a02 = a03 = a10 = a11 = a12 = a13 = zero
        a20 = a21 = a22 = a23 = a30 = a31 = a32 = a33 = zero
        for c in range(G.shape[1]):
            a00 += g0[c] * x0[c]
            a01 += g0[c] * x1[c]
            a02 += g0[c] * x2[c]
            a03 += g0[c] * x3[c]
            a10 += g1[c] * x0[c]
            a11 += g1[c] * x1[c]
            a12 += g1[c] * x2[c]
            a13 += g1[c] * x3[c]
            a20 += g2[c] * x0[c]
            a21 += g2[c] * x1[c]
            a22 += g2[c] * x2[c]
            a23 += g2[c] * x3[c]
            a30 += g3[c] * x0[c]
            a31 += g3[c] * x1[c]
            a32 += g3[c] * x2[c]
            a33 += g3[c] * x3[c]
        out[0, 0], out[0, 1], out[0, 2], out[0, 3] = a00, a01, a02, a03
        out[1, 0], out[1, 1], out[1, 2], out[1, 3] = a10, a11, a12, a13
        out[2, 0], out[2, 1], out[2, 2], out[2, 3] = a20, a21, a22, a23
        out[3, 0], out[3, 1], out[3, 2], out[3, 3] = a30, a31, a32, a33
        return
    for i in range(out.shape[0]):
        for u in range(out.shape[1]):
            total, row, x_u = zero, G[i], x[u]
            for c in range(row.size):
                total += row[c] * x_u[c]
            out[i, u] = total


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _add_products(G, x, f):
    """G[i] <- G[i] + sum_u f[i, u] x[u], four rows of each at once."""
    if f.shape == (CHUNK, CHUNK):
        g0, g1, g2, g3 = G[0], G[1], G[2], G[3]
        x0, x1, x2, x3 = x[0], x[1], x[2], x[3]
        f00, f01, f02, f03 = f[0, 0], f[0, 1], f[0, 2], f[0, 3]
        f10, f11, f12, f13 = f[1, 0], f[1, 1], f[1, 2], f[1, 3]
        f20, f21, f22, f23 = f[2, 0], f[2, 1], f[2, 2], f[2, 3]
        f30, f31, f32, f33 = f[3, 0], f[3, 1], f[3, 2], f[3, 3]
        for c in range(G.shape[1]):
            g0[c] += (f00 * x0[c] + f01 * x1[c]) + (f02 * x2[c] + f03 * x3[c])
            g1[c] += (f10 * x0[c] + f11 * x1[c]) + (f12 * x2[c] + f13 * x3[c])
            g2[c] += (f20 * x0[c] + f21 * x1[c]) + (f22 * x2[c] + f23 * x3[c])
            g3[c] += (f30 * x0[c] + f31 * x1[c]) + (f32 * x2[c] + f33 * x3[c])
        return
    for i in range(f.shape[0]):
        for u in range(f.shape[1]):
            row, x_u, factor = G[i], x[u], f[i, u]
            for c in range(row.size):
                row[c] += factor * x_u[c]


@numba.njit(cache=True, parallel=True, fastmath=_FAST, error_model="numpy")
def partial_out(G, columns, values, shared, d, b, overlap, residual):
    """Eps = r - G s, r = values[columns], then G <- G + b eps d', through all times.

    A chunk is four rows of G and four times. Within it G stays as it was, and what the earlier
    times of the chunk would have changed is added to the product:
    (G + b eps d').s = G s + b eps (d.s).
    """
    n_chunks = (columns.size + CHUNK - 1) // CHUNK
    for chunk in numba.prange(n_chunks):
        rows = columns[chunk * CHUNK : (chunk + 1) * CHUNK]
        G_rows = G[chunk * CHUNK : (chunk + 1) * CHUNK]
        products, factors = np.empty((2, CHUNK, CHUNK), G.dtype)
        for first in range(0, shared.shape[0], CHUNK):
            n_times = min(CHUNK, shared.shape[0] - first)
            product, factor = products[: rows.size, :n_times], factors[: rows.size, :n_times]
            _products(G_rows, shared[first : first + CHUNK], product)
            for i in range(rows.size):
                for u in range(n_times):
                    t = first + u
                    eps = values[t, rows[i]] - product[i, u]
                    for earlier in range(u):
                        eps -= factor[i, earlier] * overlap[t, earlier]
                    residual[t, chunk * CHUNK + i] = eps
                    factor[i, u] = b[t] * eps
            _add_products(G_rows, d[first : first + CHUNK], factor)


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _gather(residual, scale, index, x):
    """x[t, m, lane] = scale[t] residual[t, index[m, lane]]."""
    for t in range(residual.shape[0]):
        factor, of_time = scale[t], residual[t]
        for m in range(index.shape[0]):
            for lane in range(BLOCK):
                x[t, m, lane] = factor * of_time[index[m, lane]]


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _subtract_output(x, w, y):
    """Y <- y - x w."""
    for t in range(y.shape[0]):
        for m in range(w.shape[0]):
            for lane in range(BLOCK):
                y[t, lane] -= x[t, m, lane] * w[m, lane]


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _add_squares(x, S):
    """S <- S + x'x, over a number of times that is a multiple of _TIMES."""
    for t in range(0, x.shape[0], _TIMES):
        b0, b1, b2, b3 = x[t], x[t + 1], x[t + 2], x[t + 3]
        b4, b5, b6, b7 = x[t + 4], x[t + 5], x[t + 6], x[t + 7]
        for r in range(x.shape[1]):
            row = S[r * (r + 1) // 2 :]
            a0, a1, a2, a3 = b0[r], b1[r], b2[r], b3[r]
            a4, a5, a6, a7 = b4[r], b5[r], b6[r], b7[r]
            for c in range(r + 1):
                for lane in range(BLOCK):
                    row[c, lane] += (
                        (a0[lane] * b0[c, lane] + a1[lane] * b1[c, lane])
                        + (a2[lane] * b2[c, lane] + a3[lane] * b3[c, lane])
                    ) + (
                        (a4[lane] * b4[c, lane] + a5[lane] * b5[c, lane])
                        + (a6[lane] * b6[c, lane] + a7[lane] * b7[c, lane])
                    )


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _add_gradient(x, y, gradient):
    """Gradient <- gradient + x'y."""
    for t in range(y.shape[0]):
        for m in range(gradient.shape[0]):
            for lane in range(BLOCK):
                gradient[m, lane] += x[t, m, lane] * y[t, lane]


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _factorise(F, n):
    """Cholesky, in place: the rows of S become those of L, S = L L', and a last row g' (L^-1 g)'.

    The diagonal of L is left as its inverse, NaN or infinite if S is not positive definite.
    """
    one = F.dtype.type(1)
    for r in range(n + 1):
        row = r * (r + 1) // 2
        for c in range(min(r + 1, n)):
            other, entry = c * (c + 1) // 2, F[row + c]
            whole = c - c % 4
            for k in range(0, whole, 4):
                a, b = F[row + k : row + k + 4], F[other + k : other + k + 4]
                for lane in range(BLOCK):
                    entry[lane] -= (a[0, lane] * b[0, lane] + a[1, lane] * b[1, lane]) + (
                        a[2, lane] * b[2, lane] + a[3, lane] * b[3, lane]
                    )
            for k in range(whole, c):
                for lane in range(BLOCK):
                    entry[lane] -= F[row + k, lane] * F[other + k, lane]
            if c < r:
                for lane in range(BLOCK):
                    entry[lane] *= F[other + c, lane]
            else:
                for lane in range(BLOCK):
                    entry[lane] = one / math.sqrt(entry[lane])


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _substitute_back(F, n, solution):
    """Solution = L'^-1 of F's last row, with F as `_factorise` leaves it; changes that row."""
    last = n * (n + 1) // 2
    for r in range(n - 1, -1, -1):
        row = r * (r + 1) // 2
        for lane in range(BLOCK):
            solution[r, lane] = F[last + r, lane] * F[row + r, lane]
        for c in range(r):
            for lane in range(BLOCK):
                F[last + c, lane] -= F[row + c, lane] * solution[r, lane]


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _learn_block(first, last, S, index, residual, residual_targets, scale, decay, weights):
    n_times, n_own, n_entries = residual.shape[0], index.shape[0], S.shape[0]
    x = np.zeros((-(-n_times // _TIMES) * _TIMES, n_own, BLOCK), S.dtype)
    y = np.zeros((n_times, BLOCK), S.dtype)
    w, change = np.zeros((2, n_own, BLOCK), S.dtype)
    for i in range(first, last):
        w[:, i - first] = weights[i]
    for t in range(n_times):
        for i in range(first, last):
            y[t, i - first] = scale[t] * residual_targets[t, i]
    _gather(residual, scale, index, x)
    _subtract_output(x, w, y)
    if decay != 1:
        for at in range(n_entries):
            for lane in range(BLOCK):
                S[at, lane] *= decay
    _add_squares(x, S)
    F = np.empty((n_entries + n_own, BLOCK), S.dtype)
    F[:n_entries] = S
    F[n_entries:] = 0
    _add_gradient(x, y, F[n_entries:])
    _factorise(F, n_own)
    _substitute_back(F, n_own, change)
    for i in range(first, last):
        weights[i] += change[:, i - first]


@numba.njit(cache=True, parallel=True, fastmath=_FAST, error_model="numpy")
def learn_neurons(S, index, residual, residual_targets, scale, decay, weights):
    """Solve the ridge problem of each neuron, in place.

    With x_i(t) = scale(t) residual(t) at the inputs of neuron i and y_i(t) = scale(t)
    residual_targets(t): S_i <- decay S_i + x_i'x_i, w_i <- w_i + S_i^-1 x_i'(y_i - x_i w_i).
    """
    for block in numba.prange(S.shape[0]):
        _learn_block(
            block * BLOCK, min(weights.shape[0], (block + 1) * BLOCK), S[block], index[block],
            residual, residual_targets, scale, decay, weights,
        )


@numba.njit(cache=True, parallel=True, fastmath=_FAST, error_model="numpy")
def add_projection(G, index, weights, sign, values):
    """values_i <- values_i + sign * sum_m w_im G[index_im], in place."""
    for i in numba.prange(weights.shape[0]):
        row = values[i]
        for m in range(weights.shape[1]):
            factor = sign * weights[i, m]
            G_row = G[index[i // BLOCK, m, i % BLOCK]]
            for c in range(row.size):
                row[c] += factor * G_row[c]
