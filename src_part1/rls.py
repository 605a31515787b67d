"""Exact recursive least squares (RLS): for one readout, and for all units of a network.

One contract holds for every RLS of this project. ``rls.update(weights, regressors, errors)`` (or
targets in place of errors) moves ``weights`` by one step. They belong to the caller and are changed
in place, so they must be writeable, C-contiguous and of the dtype of the RLS; the matrices of the
RLS are changed with them. All other arguments are only read, and none is kept. Bad arguments raise
TypeError or ValueError and change nothing. After a FloatingPointError ``weights`` are as they were
before the update, and the RLS itself is of no use until `restore`. ``rls.state()`` returns all that
was learned about correlations as named arrays, which are views and not copies, and
``rls.restore(state)`` goes on from it bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.linalg import solve_triangular

from src_part1.common.forking import without_threads
from src_part1.common.validation import (
    FLOAT,
    check_choice,
    check_integer,
    check_kernel_array,
    check_like,
    check_real,
    check_type,
)
from src_part1.kernels import (
    in_parallel,
    learn_all_of_many,
    learn_all_of_many_serial,
    learn_all_parallel,
    learn_all_serial,
    learn_readout,
    multiply_all,
    multiply_all_serial,
)

_NOT_FINITE = (
    "RLS stopped: rates, errors or P hold a value that is not finite, or P is not positive "
    "definite any longer; the weights are those before this update."
)


class _OneP:
    """What learned about correlations is one matrix P, of ``size`` rows."""

    def __init__(self, size, ridge, dtype=np.float64):
        self.ridge = check_real("ridge", ridge, above=0)
        self._P = np.eye(size, dtype=dtype) / dtype(self.ridge)
        self._k = np.empty(size, dtype)

    @property
    def P(self):
        """The matrix itself, not a copy."""
        return self._P

    def state(self):
        """Return all that was learned about correlations.

        Returns
        -------
        dict of str to ndarray
            ``P``, a view and not a copy.
        """
        return {"P": self.P}

    def restore(self, state):
        """Continue from what `state` returned, bit for bit.

        Parameters
        ----------
        state : mapping of str to ndarray
            Arrays of the names, shapes and dtype that `state` gives; copied.

        Raises
        ------
        TypeError, ValueError
            If it is not a mapping, or an array is missing or belongs to another size. Nothing is
            changed then.
        """
        check_type("state", state, Mapping)
        check_like("RLS state P", state.get("P"), self.P)
        self.P[:] = state["P"]


class ReadoutRLS(_OneP):
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

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a number or out of its range.

    References
    ----------
    Sussillo & Abbott 2009, equations 4 and 5.
    """

    def __init__(self, n_inputs, *, ridge=1.0):
        self.n_inputs = check_integer("n_inputs", n_inputs, at_least=1)
        super().__init__(self.n_inputs, ridge)

    def update(self, weights, rates, error):
        """Move the readout weights by one RLS step.

        Parameters
        ----------
        weights : ndarray of shape (n_inputs,), float64, C-contiguous
            Readout weights, changed in place.
        rates : array_like of shape (n_inputs,)
            Inputs r.
        error : float
            Output minus target, with the weights before this update.

        Raises
        ------
        TypeError, ValueError
            If a type, shape or dtype is wrong, or ``weights`` cannot be changed in place. Nothing
            is changed then.
        FloatingPointError
            If inputs, error or P are not finite, or P is not positive definite any more.
            ``weights`` are unchanged then.
        """
        n = self.n_inputs
        check_kernel_array("weights", weights, (n,), changed=True)
        rates = _vector("rates", rates, n)
        error = float(_vector("error", [error], 1)[0])
        if not learn_readout(weights, self._P, rates, error, self._k):
            raise FloatingPointError(_NOT_FINITE)


class AllToAllRLS(_OneP):
    """Exact RLS for every unit of an all-to-all network without autapses, with one P.

    Unit i minimises, over all updates t so far and its own weights w_i (all but w_ii),

        sum_t (w_i . r(t) - target_i(t))^2 + ridge * norm(w_i - w_i(0))^2 .

    Each unit sees all rates but its own, so textbook RLS keeps one inverse correlation matrix
    for each unit. All of them are inverses of sub-matrices of one and the same matrix. With
    the N x N matrix P of all rates,

        k = P r,  c = 1 / (1 + r.k),  P <- P - c k k',  q = P r = c k ,

    the inverse without row and column i follows from P by the block-inverse identity, and
    unit i's gain for the inputs j != i is

        gain_ij = q_j - P_ji q_i / P_ii ,      w_ij <- w_ij - e_i gain_ij .

    One update costs O(N^2) for all units together instead of O(N^3), and the memory is
    N^2 numbers instead of N^3. The result is exact, not an approximation.

    Parameters
    ----------
    n_units : int
        Number of units N, at least 2.
    ridge : float, optional
        Strength of the prior (the lambda of the texts); P starts as identity / ridge.
    precision : {"float64", "float32"}, optional
        Of P and of the weights. float32 halves the memory that is moved, and moving it takes nearly
        all of the time in a network of more than a thousand units.

    Attributes
    ----------
    P : ndarray of shape (n_units, n_units)
        Inverse of the correlation matrix of all rates plus the prior; exactly symmetric.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a number or out of its range.

    References
    ----------
    Haykin, Adaptive Filter Theory, chapter 10 (textbook RLS); Sussillo & Abbott 2009,
    equations 4 and 5 (RLS in a recurrent network).
    """

    def __init__(self, n_units, *, ridge=1.0, precision="float64"):
        self.n_units = check_integer("n_units", n_units, at_least=2)
        precision = check_choice("precision", precision, ("float64", "float32"))
        self.dtype = np.dtype(precision)
        super().__init__(self.n_units, ridge, self.dtype.type)

    def update(self, weights, rates, errors):
        """Move all weights by one RLS step, from one sample or from several.

        Several samples in one call have the same effect as one call for each sample, with errors
        that come from the weights after the call before. The update is the same with matrices: for
        samples in the rows of R, K = R P, L L' = 1 + K R', B = L^-1 K, P <- P - B' B, and the
        vectors q of all samples are the rows of Q = L'^-1 B = R P with the new P.

        Parameters
        ----------
        weights : ndarray of shape (n_units, n_units), of this precision, C-contiguous
            Recurrent weights [post, pre], changed in place; the diagonal stays 0.
        rates : array_like of shape (n_units,) or (n_samples, n_units)
            Rates r of all units.
        errors : array_like of shape (n_units,) or (n_samples, n_units)
            Output minus target of each unit, with the weights before this update.

        Raises
        ------
        TypeError, ValueError
            If a type, shape or dtype is wrong, or ``weights`` cannot be changed in place. Nothing
            is changed then.
        FloatingPointError
            If rates, errors or P are not finite, or P is not positive definite any more.
            ``weights`` are unchanged then.
        """
        n = self.n_units
        check_kernel_array("weights", weights, (n, n), dtype=self.dtype, changed=True)
        if np.ndim(rates) == np.ndim(errors) == 2:
            self._update_from_many(weights, rates, errors)
            return
        rates = _vector("rates", rates, n)
        errors = _vector("errors", errors, n)
        if self.dtype != FLOAT:
            self._update_from_many(weights, rates[None], errors[None])
            return
        kernel = learn_all_parallel if in_parallel(n) else learn_all_serial
        if not kernel(weights, self._P, rates, errors, self._k):
            raise FloatingPointError(_NOT_FINITE)

    def _update_from_many(self, weights, rates, errors):
        n = self.n_units
        rates = _samples("rates", rates, n, self.dtype)
        errors = _samples("errors", errors, n, self.dtype)
        if len(errors) != len(rates):
            raise ValueError(f"errors must hold {len(rates)} samples, got {len(errors)}.")
        K = np.empty_like(rates)
        multiply, learn = multiply_all, learn_all_of_many
        if without_threads():
            multiply, learn = multiply_all_serial, learn_all_of_many_serial
        multiply(self._P, rates, K)
        # Small, and in float64 because what is divided by it may be close to singular.
        K64 = K.astype(np.float64)
        inner = np.eye(len(rates)) + K64 @ rates.T
        if not (np.isfinite(inner).all() and np.isfinite(errors).all()):
            raise FloatingPointError(_NOT_FINITE)
        try:
            L = np.linalg.cholesky((inner + inner.T) / 2)
        except np.linalg.LinAlgError as error:
            raise FloatingPointError(_NOT_FINITE) from error
        B = solve_triangular(L, K64, lower=True)
        G = solve_triangular(L, B, lower=True, trans="T")
        # LAPACK leaves columns behind, and the kernel runs along rows.
        B, G = (np.ascontiguousarray(array, dtype=self.dtype) for array in (B, G))
        learn(weights, self._P, B, G, errors)


def _vector(name, values, n):
    # Not check_array: an entry that is not finite is the kernel's business.
    if type(values) is np.ndarray and values.dtype == FLOAT and values.shape == (n,):
        if values.flags.c_contiguous:
            return values
    values = np.asarray(values)
    if values.dtype.kind not in "fiu":
        raise TypeError(f"{name} must hold real numbers, got dtype {values.dtype}.")
    if values.shape != (n,):
        raise ValueError(f"{name} must have shape ({n},), got {values.shape}.")
    return np.ascontiguousarray(values, dtype=np.float64)


def _samples(name, values, n, dtype):
    values = np.asarray(values)
    if values.dtype.kind not in "fiu":
        raise TypeError(f"{name} must hold real numbers, got dtype {values.dtype}.")
    if values.ndim != 2 or values.shape[1] != n or len(values) == 0:
        raise ValueError(f"{name} must have shape (n_samples, {n}), got {values.shape}.")
    return np.ascontiguousarray(values, dtype=dtype)
