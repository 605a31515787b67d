"""The compiled loops of Part 1: time steps of a rate network, and updates of RLS.

They take floats and arrays and check nothing: `simulator` and `rls` do that before they call. All
stand in one file, because numba, which keeps compiled code on disk, notices that a function's own
file has changed, but not the file of a function that it calls.

Whole rows of a matrix go to a thread, never parts of a row. A row's sum is then always formed in
the same order, and the result has the same bits for any number of threads.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

from src_part1.common.forking import without_threads

# "reassoc" lets the compiler form a sum in several lanes at once. The flags that assume finite
# numbers stay off, so that a diverging run can be detected.
_SUM = {"reassoc", "contract", "nsz"}

# From this number of units on an update, or a time step, is long enough to be shared by threads.
# They meet after each. Where another process has a core, all wait for the one that it keeps out:
# with 800 units shared time steps then took five times as long as on one thread, and alone on the
# machine they gained a fifth.
PARALLEL_FROM = 400
PARALLEL_STEPS_FROM = 1500
_ROWS = 32  # rows that a thread takes at a time


def in_parallel(n_units, *, steps=False):
    """Tell whether the parallel one of two kernels is the quicker one and may run here.

    Parameters
    ----------
    n_units : int
        Size of the network.
    steps : bool, optional
        Whether the kernels are those of time steps.

    Returns
    -------
    bool
        False for small networks, and in a process that must not use threads.
    """
    least = PARALLEL_STEPS_FROM if steps else PARALLEL_FROM
    return n_units >= least and not without_threads()


class Samples(NamedTuple):
    """Where a time loop writes rates and recurrent inputs.

    Attributes
    ----------
    every : int
        A sample is taken at each multiple of so many steps; 0 for none.
    rates, currents : ndarray of shape (n_samples, n_units), float64
        Sample k belongs to step ``k * every``.
    """

    every: int
    rates: np.ndarray
    currents: np.ndarray


@numba.njit(cache=True, fastmath=_SUM, error_model="numpy")
def _multiply_rows(matrix, vector, first, last, product):
    for i in range(first, last):
        total = 0.0
        row = matrix[i]
        for j in range(row.size):
            total += row[j] * vector[j]
        product[i] = total


# ---- Rate network: tau dr/dt = -r + phi(W r + I) ----


@numba.njit(cache=True, error_model="numpy")
def _record(samples, step, rates, currents):
    if samples.every > 0 and step % samples.every == 0:
        samples.rates[step // samples.every] = rates
        samples.currents[step // samples.every] = currents


@numba.njit(cache=True, error_model="numpy")
def _euler_step(rates, currents, external_input, step_over_tau, use_tanh):
    for i in range(rates.size):
        wanted = currents[i] + external_input[i]
        if use_tanh:
            wanted = math.tanh(wanted)
        elif wanted < 0.0:
            wanted = 0.0
        rates[i] += step_over_tau * (wanted - rates[i])


@numba.njit(cache=True, error_model="numpy")
def advance_serial(
    weights, external_input, step_over_tau, use_tanh, first_step, n_steps, rates, currents, samples
):
    """Make ``n_steps`` Euler steps; afterwards ``currents`` is W r of the new ``rates``."""
    n = rates.size
    for step in range(first_step, first_step + n_steps):
        # Computed anew even for the first step: the weights may have been changed since.
        _multiply_rows(weights, rates, 0, n, currents)
        _record(samples, step, rates, currents)
        _euler_step(rates, currents, external_input, step_over_tau, use_tanh)
    _multiply_rows(weights, rates, 0, n, currents)


@numba.njit(cache=True, parallel=True, error_model="numpy")
def advance_parallel(
    weights, external_input, step_over_tau, use_tanh, first_step, n_steps, rates, currents, samples
):
    """Do what `advance_serial` does, to the last bit, with several threads."""
    n = rates.size
    n_blocks = (n + _ROWS - 1) // _ROWS
    last_step = first_step + n_steps
    # One round more than there are steps leaves W r of the last rates behind.
    for step in range(first_step, last_step + 1):
        for b in numba.prange(n_blocks):
            _multiply_rows(weights, rates, b * _ROWS, min(n, (b + 1) * _ROWS), currents)
        if step < last_step:
            _record(samples, step, rates, currents)
            _euler_step(rates, currents, external_input, step_over_tau, use_tanh)


# ---- RLS: k = P r, c = 1 / (1 + r.k), P <- P - c k k' ----


@numba.njit(cache=True, fastmath=_SUM, error_model="numpy")
def _finite_dot(rates, k, errors):
    """Return r.k, or NaN if any rate, gain or error is not finite."""
    total = 0.0
    watch = 0.0
    for i in range(rates.size):
        total += rates[i] * k[i]
        # 0 times infinity and 0 times NaN are NaN.
        watch += 0.0 * errors[i]
    return total + watch


@numba.njit(cache=True, error_model="numpy")
def _is_sound(quadratic):
    # r.P r is not negative as long as P is positive definite. A little below 0 is rounding; at -1
    # the step 1 / (1 + r.k) would be infinite.
    return math.isfinite(quadratic) and quadratic > -1.0


@numba.njit(cache=True, fastmath={"contract"}, error_model="numpy")
def _learn_rows(weights, P, k, errors, c, first, last):
    """Update the rows of P and, in the same pass over memory, the weights of these units.

    Unit i's gain, e_i (q_j - P_ji q_i / P_ii) with q = c k and the new P, is a multiple of k
    (``along_gain``) less a multiple of column i of P (``along_P``). P is symmetric, so the column
    is the row, which has just been computed.
    """
    # root k_i times root k_j is the same number for (i, j) and (j, i): P stays symmetric to the
    # last bit although its two triangles are updated independently. c k_i times k_j is not.
    root = math.sqrt(c)
    for i in range(first, last):
        root_k_i = root * k[i]
        P_row = P[i]
        w_row = weights[i]
        # Needed before the pass over the row reaches it.
        P_ii = P_row[i] - root_k_i * root_k_i
        along_gain = errors[i] * c
        along_P = errors[i] * c * k[i] / P_ii
        for j in range(w_row.size):
            P_ij = P_row[j] - root_k_i * (root * k[j])
            P_row[j] = P_ij
            w_row[j] += along_P * P_ij - along_gain * k[j]
        # The gain of a unit onto itself is 0 up to rounding; no unit drives itself.
        w_row[i] = 0.0


@numba.njit(cache=True, error_model="numpy")
def learn_all_serial(weights, P, rates, errors, k):
    """Make one RLS step of all units; return False, with nothing changed but k, if unsound."""
    n = rates.size
    _multiply_rows(P, rates, 0, n, k)
    quadratic = _finite_dot(rates, k, errors)
    if not _is_sound(quadratic):
        return False
    _learn_rows(weights, P, k, errors, 1.0 / (1.0 + quadratic), 0, n)
    return True


@numba.njit(cache=True, parallel=True, error_model="numpy")
def learn_all_parallel(weights, P, rates, errors, k):
    """Do what `learn_all_serial` does, to the last bit, with several threads."""
    n = rates.size
    n_blocks = (n + _ROWS - 1) // _ROWS
    for b in numba.prange(n_blocks):
        _multiply_rows(P, rates, b * _ROWS, min(n, (b + 1) * _ROWS), k)
    quadratic = _finite_dot(rates, k, errors)
    if not _is_sound(quadratic):
        return False
    c = 1.0 / (1.0 + quadratic)
    for b in numba.prange(n_blocks):
        _learn_rows(weights, P, k, errors, c, b * _ROWS, min(n, (b + 1) * _ROWS))
    return True


@numba.njit(cache=True, fastmath={"contract"}, error_model="numpy")
def _downdate_rows(P, k, c):
    root = math.sqrt(c)  # symmetric to the last bit, as in _learn_rows
    for i in range(k.size):
        root_k_i = root * k[i]
        P_row = P[i]
        for j in range(k.size):
            P_row[j] -= root_k_i * (root * k[j])


@numba.njit(cache=True, error_model="numpy")
def learn_readout(weights, P, rates, error, k):
    """Make one RLS step of one readout; return False, with nothing changed but k, if unsound."""
    _multiply_rows(P, rates, 0, rates.size, k)
    quadratic = _finite_dot(rates, k, rates)
    if not (math.isfinite(error) and _is_sound(quadratic)):
        return False
    c = 1.0 / (1.0 + quadratic)
    _downdate_rows(P, k, c)
    for i in range(k.size):
        weights[i] -= c * error * k[i]
    return True
