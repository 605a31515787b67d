"""Exact recursive least squares: for one readout, and for all neurons of a network."""

from __future__ import annotations

import math

import numba
import numpy as np

from src_part1.validation import check_integer, check_real

# "reassoc" lets the compiler vectorise a sum. The flags for NaN and infinity stay off, so
# that a diverging run can be detected.
_SUM = {"reassoc", "contract", "nsz"}

# Below this size the work of one update is too short to be shared between threads.
_PARALLEL_FROM = 400

_NOT_FINITE = (
    "RLS stopped: rates, errors or P hold a value that is not finite, or P is not positive "
    "definite any more; weights and P are as they were before this update."
)


def _check_in_place(weights, shape):
    if (
        not isinstance(weights, np.ndarray)
        or weights.shape != shape
        or weights.dtype != np.float64
        or not weights.flags.c_contiguous
        or not weights.flags.writeable
    ):
        got = getattr(weights, "shape", type(weights).__name__)
        dtype = getattr(weights, "dtype", "none")
        raise ValueError(
            f"weights must be a writeable C-contiguous float64 array of shape {shape}, "
            f"because it is changed in place; got shape {got}, dtype {dtype}."
        )


@numba.njit(cache=True, fastmath=_SUM, error_model="numpy")
def _gain_rows(P, rates, first, last, k):
    for i in range(first, last):
        total = 0.0
        row = P[i]
        for j in range(row.size):
            total += row[j] * rates[j]
        k[i] = total


@numba.njit(cache=True, fastmath=_SUM, error_model="numpy")
def _finite_dot(rates, k, errors):
    # rates . k, or NaN if any rate, gain or error is not finite.
    total = 0.0
    watch = 0.0
    for i in range(rates.size):
        total += rates[i] * k[i]
        watch += 0.0 * errors[i]
    return total + watch


@numba.njit(cache=True, fastmath={"contract"}, error_model="numpy")
def _update_rows(weights, P, k, errors, scale, forgetting, first, last):
    # root * k_i * root * k_j is the same number for (i, j) and (j, i), so P stays symmetric
    # to the last bit although its two triangles are updated independently.
    root = math.sqrt(scale)
    inverse = 1.0 / forgetting
    for i in range(first, last):
        root_k_i = root * k[i]
        P_row = P[i]
        w_row = weights[i]
        P_ii = (P_row[i] - root_k_i * root_k_i) * inverse
        along_gain = errors[i] * scale
        along_P = errors[i] * scale * k[i] / P_ii
        if forgetting == 1.0:
            for j in range(w_row.size):
                P_ij = P_row[j] - root_k_i * (root * k[j])
                P_row[j] = P_ij
                w_row[j] += along_P * P_ij - along_gain * k[j]
        else:
            for j in range(w_row.size):
                P_ij = (P_row[j] - root_k_i * (root * k[j])) * inverse
                P_row[j] = P_ij
                w_row[j] += along_P * P_ij - along_gain * k[j]
        w_row[i] = 0.0


@numba.njit(cache=True, error_model="numpy")
def _update_serial(weights, P, rates, errors, forgetting, k):
    n = rates.size
    _gain_rows(P, rates, 0, n, k)
    quadratic = _finite_dot(rates, k, errors)
    if not (math.isfinite(quadratic) and quadratic > -forgetting):
        return False
    _update_rows(weights, P, k, errors, 1.0 / (forgetting + quadratic), forgetting, 0, n)
    return True


@numba.njit(cache=True, parallel=True, error_model="numpy")
def _update_parallel(weights, P, rates, errors, forgetting, k):
    # Whole rows go to a thread, so that the result does not depend on their number.
    n = rates.size
    block = 32
    n_blocks = (n + block - 1) // block
    for b in numba.prange(n_blocks):
        _gain_rows(P, rates, b * block, min(n, (b + 1) * block), k)
    quadratic = _finite_dot(rates, k, errors)
    if not (math.isfinite(quadratic) and quadratic > -forgetting):
        return False
    scale = 1.0 / (forgetting + quadratic)
    for b in numba.prange(n_blocks):
        _update_rows(
            weights, P, k, errors, scale, forgetting, b * block, min(n, (b + 1) * block)
        )
    return True


@numba.njit(cache=True, fastmath={"contract"}, error_model="numpy")
def _downdate_rows(P, k, scale):
    root = math.sqrt(scale)
    for i in range(k.size):
        root_k_i = root * k[i]
        P_row = P[i]
        for j in range(k.size):
            P_row[j] -= root_k_i * (root * k[j])


@numba.njit(cache=True, error_model="numpy")
def _update_readout(weights, P, rates, error, k):
    _gain_rows(P, rates, 0, rates.size, k)
    quadratic = _finite_dot(rates, k, rates)
    if not (math.isfinite(quadratic * error) and quadratic > -1.0):
        return False
    scale = 1.0 / (1.0 + quadratic)
    _downdate_rows(P, k, scale)
    for i in range(k.size):
        weights[i] -= scale * error * k[i]
    return True


class ReadoutRLS:
    """Textbook RLS of one linear readout z = w . r.

    With k = P r and c = 1 / (1 + r.k):  P <- P - c k k',  w <- w - c e k, e = z - target.

    Parameters
    ----------
    n_inputs : int
        Number of inputs N.
    ridge : float, optional
        Strength of the prior; P starts as identity / ridge.

    Attributes
    ----------
    P : ndarray of shape (n_inputs, n_inputs)
        Inverse of the correlation matrix of the inputs plus the prior.

    References
    ----------
    Sussillo & Abbott 2009, equations 4 and 5.
    """

    def __init__(self, n_inputs, *, ridge=1.0):
        self.n_inputs = check_integer("n_inputs", n_inputs, at_least=1)
        self.ridge = check_real("ridge", ridge, above=0)
        self.P = np.eye(self.n_inputs) / self.ridge
        self._k = np.empty(self.n_inputs)

    def update(self, weights, rates, error):
        """Move the readout weights by one RLS step.

        Parameters
        ----------
        weights : ndarray of shape (n_inputs,), float64
            Readout weights, changed in place.
        rates : ndarray of shape (n_inputs,)
            Inputs r.
        error : float
            Output minus target, with the weights before this update.

        Raises
        ------
        ValueError
            If a shape is wrong or ``weights`` cannot be changed in place.
        FloatingPointError
            If inputs, error or P are not finite, or P is not positive definite any more. Nothing is
            changed then.
        """
        n = self.n_inputs
        _check_in_place(weights, (n,))
        rates = np.ascontiguousarray(rates, dtype=np.float64)
        if rates.shape != (n,):
            raise ValueError(f"rates must have shape ({n},), got {rates.shape}.")
        if not _update_readout(weights, self.P, rates, float(error), self._k):
            raise FloatingPointError(_NOT_FINITE)


class SharedRLS:
    """Exact RLS for every neuron of an all-to-all network without autapses, with one P.

    Neuron i minimises, over all updates t so far and its own weights w_i (all but w_ii),

        sum_t (w_i . r(t) - target_i(t))^2 + ridge * norm(w_i - w_i(0))^2 .

    Each neuron sees all rates but its own, so the textbook keeps one inverse correlation
    matrix for each neuron. They are all sub-matrices' inverses of one and the same matrix:
    with the N x N matrix P of all rates,

        k = P r,  c = 1 / (1 + r.k),  P <- P - c k k',  g = P r = c k ,

    the inverse without row and column i follows from P by the block-inverse identity, and
    neuron i's gain for the inputs j != i is

        gain_ij = g_j - P_ji g_i / P_ii ,      w_ij <- w_ij - e_i gain_ij .

    One update costs O(N^2) for all neurons together instead of O(N^3), and the memory is
    N^2 numbers instead of N^3. The result is the same, not an approximation.

    Parameters
    ----------
    n_units : int
        Number of neurons N, at least 2.
    ridge : float, optional
        Strength of the prior (the lambda of the texts); P starts as identity / ridge.
    forgetting : float, optional
        Factor in (0, 1] by which the past loses weight at each update; 1 forgets nothing.

    Attributes
    ----------
    P : ndarray of shape (n_units, n_units)
        Inverse of the (weighted) correlation matrix of all rates plus the prior; exactly
        symmetric.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a number or out of its range.

    References
    ----------
    Haykin, Adaptive Filter Theory, chapter 10 (textbook RLS); Sussillo & Abbott 2009,
    equations 4 and 5 (RLS in a recurrent network).
    """

    def __init__(self, n_units, *, ridge=1.0, forgetting=1.0):
        self.n_units = check_integer("n_units", n_units, at_least=2)
        self.ridge = check_real("ridge", ridge, above=0)
        self.forgetting = check_real("forgetting", forgetting, above=0, at_most=1)
        self.P = np.eye(self.n_units) / self.ridge
        self._k = np.empty(self.n_units)

    def update(self, weights, rates, errors):
        """Move all weights by one RLS step.

        Parameters
        ----------
        weights : ndarray of shape (n_units, n_units), float64, C-contiguous
            Recurrent weights [post, pre], changed in place; the diagonal stays 0.
        rates : ndarray of shape (n_units,)
            Activity r of all neurons.
        errors : ndarray of shape (n_units,)
            Output minus target of each neuron, with the weights before this update.

        Raises
        ------
        ValueError
            If a shape is wrong or ``weights`` cannot be changed in place.
        FloatingPointError
            If rates, errors or P are not finite, or P is not positive definite any more (for
            example because much was forgotten where no input came). Nothing is changed then.
        """
        n = self.n_units
        _check_in_place(weights, (n, n))
        rates = np.ascontiguousarray(rates, dtype=np.float64)
        errors = np.ascontiguousarray(errors, dtype=np.float64)
        if rates.shape != (n,) or errors.shape != (n,):
            raise ValueError(
                f"rates and errors must have shape ({n},), got {rates.shape} and {errors.shape}."
            )
        kernel = _update_parallel if n >= _PARALLEL_FROM else _update_serial
        if not kernel(weights, self.P, rates, errors, self.forgetting, self._k):
            raise FloatingPointError(_NOT_FINITE)
