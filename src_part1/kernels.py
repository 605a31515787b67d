"""The compiled loops of Part 1: time steps of a rate network, and updates of RLS.

They take floats and arrays and check nothing: the functions that users call do that before. All
stand in one file, because Numba, which keeps compiled code on disk, notices that a function's own
file has changed, but not the file of a function that it calls.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from src_part1.common.compiled import kernel

# "reassoc" lets the compiler form a sum in several lanes at once. The flags that assume finite
# numbers stay off, so that a diverging run can be detected.
_SUM = {"reassoc", "contract", "nsz"}
_TINY = np.finfo(float).tiny


class Samples(NamedTuple):
    """Where `advance` writes rates and recurrent inputs, [sample, unit, network]."""

    every: int  # a sample is taken at each multiple of so many steps; 0 for none
    rates: np.ndarray
    currents: np.ndarray


# ---- Rate network: tau dr/dt = -r + phi(W r + I), a column for each of several networks ----


@kernel(error_model="numpy")
def recurrent_input(weights, basis, rates, currents):
    """Write W r to ``currents``, or with a basis V and weights D the same with W = D V'."""
    if basis is None:
        np.dot(weights, rates, currents)
    else:
        np.dot(weights, np.dot(basis.T, rates), currents)


@kernel(error_model="numpy")
def advance(
    weights, basis, external_input, step_over_tau, use_tanh, rates, currents, first, last, samples
):
    """Make Euler steps ``first`` to ``last`` - 1; then ``currents`` is W r of the new rates."""
    for step in range(first, last):
        # Computed anew even for the first step: the weights may have been changed since.
        recurrent_input(weights, basis, rates, currents)
        is_sampled = samples.every > 0 and step % samples.every == 0
        for i in range(rates.shape[0]):
            for c in range(rates.shape[1]):
                if is_sampled:  # an assignment of slices would take seconds to compile
                    samples.rates[step // samples.every, i, c] = rates[i, c]
                    samples.currents[step // samples.every, i, c] = currents[i, c]
                wanted = currents[i, c] + external_input[i, c]
                if use_tanh:
                    wanted = math.tanh(wanted)
                elif wanted < 0.0:
                    wanted = 0.0
                rates[i, c] += step_over_tau * (wanted - rates[i, c])
    recurrent_input(weights, basis, rates, currents)


# ---- RLS: k = P r, c = 1 / (1 + r.k), P <- P - c k k' ----


@kernel(fastmath=_SUM, error_model="numpy")
def _dot(a, b):
    total = 0.0
    for j in range(a.size):
        total += a[j] * b[j]
    return total


@kernel(error_model="numpy")
def _gain(P, r, e, k):
    """Write k = P r and return r.k; NaN if a number is not finite or P no longer positive."""
    for i in range(k.size):
        k[i] = _dot(P[i], r)
    rk = _dot(r, k)
    # r.k is not negative while P is positive definite. A little below 0 is rounding; at -1 the
    # step 1 / (1 + r.k) would be infinite.
    is_sound = math.isfinite(rk) and rk > -1.0
    for i in range(e.size):
        is_sound &= math.isfinite(e[i])
    return rk if is_sound else np.nan


@kernel(fastmath={"contract"}, error_model="numpy")
def _downdate(P, k, c):
    # root k_i times root k_j is the same number for (i, j) and (j, i): P stays symmetric to the
    # last bit. c k_i times k_j is not.
    root = math.sqrt(c)
    for i in range(k.size):
        root_k_i, P_i = root * k[i], P[i]
        for j in range(k.size):
            P_i[j] -= root_k_i * (root * k[j])


@kernel(error_model="numpy")
def learn_readout(w, P, r, e, k):
    """Make one RLS step of one readout; return r.k, or NaN with nothing changed but k."""
    rk = _gain(P, r, e, k)
    if math.isfinite(rk):
        c = 1.0 / (1.0 + rk)
        _downdate(P, k, c)
        for i in range(k.size):
            w[i] -= c * e[0] * k[i]
    return rk


@kernel(fastmath={"contract"}, error_model="numpy")
def learn_all(W, P, V, VP, r, e, k):
    """Make one RLS step of all units; return r.k, or NaN with nothing changed but k.

    Unit i's gain, q - (v_i.q) P v_i / (v_i.P v_i) with q = c k and the new P, has no part that
    leads to the unit itself. Row i of V P is P v_i. Without V, v_i is the i-th unit vector and VP
    is P itself: P is symmetric, so its column i is the row, which has just been computed.
    """
    rk = _gain(P, r, e, k)
    if math.isfinite(rk):
        c = 1.0 / (1.0 + rk)
        root = math.sqrt(c)
        if V is not None:
            _downdate(P, k, c)
        for i in range(e.size):
            w, Pv = W[i], VP[i]
            vk = root * (k[i] if V is None else _dot(V[i], k))
            # Needed before the pass over the row reaches it; 0 for a unit that is always silent.
            vPv = max((Pv[i] if V is None else _dot(V[i], Pv)) - vk * vk, _TINY)
            along_k, along_P = e[i] * c, e[i] * root * vk / vPv
            for j in range(w.size):
                Pv_j = Pv[j] - vk * (root * k[j])
                Pv[j] = Pv_j
                w[j] += along_P * Pv_j - along_k * k[j]
            if V is None:
                w[i] = 0.0  # which it was up to rounding; no unit drives itself
    return rk
