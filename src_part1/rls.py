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

from src_part1.common.validation import (
    FLOAT,
    check_array,
    check_integer,
    check_kernel_array,
    check_like,
    check_real,
    check_type,
)
from src_part1.kernels import (
    in_parallel,
    learn_all_parallel,
    learn_all_serial,
    learn_readout,
)

_NOT_FINITE = (
    "RLS stopped: rates, errors or P hold a value that is not finite, or P is not positive "
    "definite any longer; the weights are those before this update."
)


class _OneP:
    """What learned about correlations is one matrix P, of ``size`` rows."""

    def __init__(self, size, ridge):
        self.ridge = check_real("ridge", ridge, above=0)
        self._P = np.eye(size) / self.ridge
        self._k = np.empty(size)

    @property
    def P(self):
        """The matrix itself, not a copy."""
        return self._P

    def state(self):
        """Return all that was learned about correlations.

        Returns
        -------
        dict of str to ndarray
            Views and not copies.
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
        for name, array in self.state().items():
            check_like(f"RLS state {name}", state.get(name), array)
        for name, array in self.state().items():
            array[:] = state[name]


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

    def __init__(self, n_units, *, ridge=1.0):
        self.n_units = check_integer("n_units", n_units, at_least=2)
        super().__init__(self.n_units, ridge)

    def update(self, weights, rates, errors):
        """Move all weights by one RLS step.

        Parameters
        ----------
        weights : ndarray of shape (n_units, n_units), float64, C-contiguous
            Recurrent weights [post, pre], changed in place; the diagonal stays 0.
        rates : array_like of shape (n_units,)
            Rates r of all units.
        errors : array_like of shape (n_units,)
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
        check_kernel_array("weights", weights, (n, n), changed=True)
        rates = _vector("rates", rates, n)
        errors = _vector("errors", errors, n)
        kernel = learn_all_parallel if in_parallel(n) else learn_all_serial
        if not kernel(weights, self._P, rates, errors, self._k):
            raise FloatingPointError(_NOT_FINITE)


class LowRankRLS(_OneP):
    """Exact RLS for every unit of a network without autapses that reads a few components of rates.

    The recurrent weights are W = D V': a unit's input is x_i = d_i . z with the components z = V' r
    of the rates r along the columns of V, which stay as they are. Unit i minimises, over all
    samples t so far and all d_i for which its weight onto itself, d_i . v_i, is 0,

        sum_t (d_i . z(t) - target_i(t))^2 + ridge * norm(d_i - d_i(0))^2 .

    This is `AllToAllRLS` with the weights held in the space of V, where its P is V P V' with a
    small P. For samples in the rows of Z,

        K = Z P,  L L' = 1 + K Z',  B = L^-1 K,  P <- P - B' B,  G = L'^-1 B = Z P (new P) ,

    and unit i's gains are the rows of G - (G v_i) (P v_i)' / (v_i . P v_i).

    One update of all N units costs O(N k) for k components instead of O(N^2).

    Parameters
    ----------
    basis : array_like of shape (n_units, n_components)
        V; its columns are orthonormal, for example principal components of the rates.
    ridge : float, optional
        Strength of the prior (the lambda of the texts); P starts as identity / ridge.

    Attributes
    ----------
    basis : ndarray of shape (n_units, n_components)
        V.
    n_units : int
        Number of units N.
    P : ndarray of shape (n_components, n_components)
        Inverse of the correlation matrix of the components plus the prior; exactly symmetric.

    Raises
    ------
    TypeError, ValueError
        If a parameter has a wrong type or value, or the columns are not orthonormal.
    """

    def __init__(self, basis, *, ridge=1.0):
        self.basis = check_array("basis", basis, ("n_units", "n_components")).copy()
        self.n_units, n_components = self.basis.shape
        if not np.allclose(self.basis.T @ self.basis, np.eye(n_components), rtol=0, atol=1e-8):
            raise ValueError("basis must have orthonormal columns, got others.")
        super().__init__(n_components, ridge)
        self._VP = self.basis / self.ridge

    def state(self):
        """Return all that was learned about correlations.

        Returns
        -------
        dict of str to ndarray
            ``P`` and ``VP``, which is V P; views and not copies.
        """
        return {"P": self.P, "VP": self._VP}

    def project(self, weights):
        """Return the D for which D V' is as close as possible to weights, without autapses.

        Parameters
        ----------
        weights : array_like of shape (n_units, n_units)
            Recurrent weights [post, pre].

        Returns
        -------
        ndarray of shape (n_units, n_components)
            D, which `update` takes.

        Raises
        ------
        TypeError, ValueError
            If the weights have a wrong type or shape.
        """
        n, V = self.n_units, self.basis
        D = check_array("weights", weights, (n, n)) @ V
        return D - _ratio(_row_products(D, V), _row_products(V, V))[:, None] * V

    def expand(self, weights):
        """Return the weights between units, W = D V'.

        Parameters
        ----------
        weights : array_like of shape (n_units, n_components)
            D.

        Returns
        -------
        ndarray of shape (n_units, n_units)
            W [post, pre]; its diagonal is 0.

        Raises
        ------
        TypeError, ValueError
            If the weights have a wrong type or shape.
        """
        W = check_array("weights", weights, self.basis.shape) @ self.basis.T
        np.fill_diagonal(W, 0.0)  # which it was up to rounding
        return W

    def update(self, weights, components, errors):
        """Move all weights by one RLS step, from one sample or from several.

        Several samples in one call give what as many calls give, if each call's errors come from
        the weights that the one before left behind.

        Parameters
        ----------
        weights : ndarray of shape (n_units, n_components), float64, C-contiguous
            D, changed in place.
        components : array_like of shape (n_samples, n_components)
            Components of the rates, z = V' r.
        errors : array_like of shape (n_samples, n_units)
            Output minus target of each unit, with the weights before this update.

        Raises
        ------
        TypeError, ValueError
            If a type, shape or dtype is wrong, or ``weights`` cannot be changed in place. Nothing
            is changed then.
        FloatingPointError
            If components, errors or P are not finite, or P is not positive definite any more.
            ``weights`` are unchanged then.
        """
        V, P, VP = self.basis, self._P, self._VP
        check_kernel_array("weights", weights, V.shape, changed=True)
        Z = _samples("components", components, V.shape[1])
        errors = _samples("errors", errors, self.n_units)
        if len(errors) != len(Z):
            raise ValueError(f"errors must hold {len(Z)} samples, got {len(errors)}.")
        with np.errstate(over="ignore", invalid="ignore"):
            K = Z @ P
            inner = np.eye(len(Z)) + K @ Z.T
        if not (np.isfinite(inner).all() and np.isfinite(errors).all()):
            raise FloatingPointError(_NOT_FINITE)
        try:
            inverse_L = np.linalg.inv(np.linalg.cholesky(inner))
        except np.linalg.LinAlgError as error:
            raise FloatingPointError(_NOT_FINITE) from error
        B = inverse_L @ K
        VB = V @ B.T
        P -= B.T @ B
        VP -= VB @ B
        weights -= (errors.T @ inverse_L.T) @ B
        own_gains = VB @ inverse_L  # G v_i for all units i
        along_P = _ratio(_row_products(errors.T, own_gains), _row_products(VP, V))
        weights += along_P[:, None] * VP


def _row_products(a, b):
    return np.einsum("ij,ij->i", a, b)


def _ratio(above, below):
    # A unit that is always silent has v_i = 0: it cannot drive itself, and nothing is taken off.
    return above / np.maximum(below, np.finfo(float).tiny)


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


def _samples(name, values, n):
    values = np.asarray(values)
    if values.dtype.kind not in "fiu":
        raise TypeError(f"{name} must hold real numbers, got dtype {values.dtype}.")
    if values.ndim != 2 or values.shape[1] != n or len(values) == 0:
        raise ValueError(f"{name} must have shape (n_samples, {n}), got {values.shape}.")
    return values.astype(np.float64, copy=False)
