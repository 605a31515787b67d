"""Compiled loops of `src_part3.rls`; its class docstring derives what they compute.

They know arrays and numbers of one dtype only and do not allocate.
"""

from __future__ import annotations

import math

import numba

# Sums may be reordered (they are vectorised); NaN and infinity keep their meaning.
_FAST = {"reassoc", "contract", "nsz"}

# Columns of Q are padded to whole cache lines, neurons go to the threads in blocks of fixed
# size: neither depends on the number of threads, so neither does the result.
LANE = 8
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
    first, last, Q, weights, v, index, residual, shared, d, a, b, forgetting, targets, eps, k,
    errors,
):
    # Of the symmetric Q_i only the rows' parts up to the end of the diagonal's 8 x 8 tile are
    # stored, row after row; tiles left of the diagonal are used twice. It is written out here
    # because a call for each neuron costs a fifth of the time.
    n_own = index.shape[1]
    zero = Q.dtype.type(0)
    inverse = 1 / forgetting
    eps[n_own:] = 0
    for i in range(first, last):
        Q_i, w_i, v_i, index_i = Q[i], weights[i], v[i], index[i]
        for t in range(residual.shape[0]):
            of_time = residual[t]
            for m in range(n_own):
                eps[m] = of_time[index_i[m]]
            output = zero
            for m in range(n_own):
                output += w_i[m] * eps[m]
            for c in range(v_i.size):
                output += v_i[c] * shared[t, c]
            error = output - targets[t, i]

            # k = Q_i eps
            k[:] = 0
            at = 0
            for r in range(eps.size):
                left = (r // LANE) * LANE
                eps_r = eps[r]
                acc = zero
                for c in range(left):
                    acc += Q_i[at + c] * eps[c]
                for c in range(left + LANE):
                    k[c] += Q_i[at + c] * eps_r
                k[r] += acc
                at += left + LANE

            q = zero
            for m in range(n_own):
                q += eps[m] * k[m]
            c_i = 1 / (forgetting + a[t] + q)
            errors[t, i] = error if c_i > 0 else math.nan
            root = math.sqrt(c_i)
            for m in range(eps.size):
                k[m] *= root
            new_output = zero
            step = root * error
            for m in range(n_own):
                w_i[m] -= step * k[m]
                new_output += eps[m] * w_i[m]

            # Q_i <- (Q_i - root_k root_k') / forgetting: symmetric also in the last bit.
            at = 0
            for r in range(eps.size):
                k_r = k[r]
                for c in range((r // LANE) * LANE + LANE):
                    Q_i[at + c] -= k_r * k[c]
                at += (r // LANE) * LANE + LANE
            if forgetting != 1:
                for m in range(Q_i.size):
                    Q_i[m] *= inverse

            step = b[t] * new_output - c_i * error
            for c in range(v_i.size):
                v_i[c] += step * d[t, c]


@numba.njit(cache=True, parallel=True, fastmath=_FAST, error_model="numpy")
def update_neurons(
    Q, weights, v, index, residual, shared, d, a, b, forgetting, targets, scratch, errors
):
    """Update w, Q and v of one neuron after the other, through all times."""
    for block in numba.prange(scratch.shape[0]):
        _update_block(
            block * BLOCK, min(index.shape[0], (block + 1) * BLOCK), Q, weights, v, index,
            residual, shared, d, a, b, forgetting, targets, scratch[block, 0],
            scratch[block, 1], errors,
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
