"""Exact recursive least squares (RLS): for one readout, and for all units of a network.

``rls.update(weights, rates, errors)`` moves ``weights`` by one step. They belong to the caller and
are changed in place, so they must be writeable, C-contiguous and float64; all other arguments are
only read. Bad arguments raise TypeError or ValueError and change nothing. After a
FloatingPointError ``weights`` are as they were before the update. ``rls.state()`` returns all that
was learned about correlations as named arrays, views and not copies, and ``rls.restore(state)``
goes on from it bit for bit. The step itself is `src_part1.kernels.learn_all`.
"""

from __future__ import annotations

import math
import warnings
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
from src_part1.kernels import learn_all, learn_readout

# The step from P to P - c k k' cancels all but 1 / (1 + r.k) of P along r.
_MOST_CANCELLED = 1e9


class _OneP:
    """What learned about correlations is one matrix P."""

    def __init__(self, size, ridge):
        self.ridge = check_real("ridge", ridge, above=0)
        self._P = np.eye(size) / self.ridge
        self._k = np.empty(size)
        self._has_warned = False

    @property
    def P(self):
        """The matrix itself, not a copy."""
        return self._P

    def state(self):
        """Return all that was learned about correlations, as views by name."""
        return {"P": self.P}

    def restore(self, state):
        """Continue from what `state` returned, bit for bit; it is checked before any change."""
        check_type("state", state, Mapping)
        for name, array in self.state().items():
            check_like(f"RLS state {name}", state.get(name), array)
        for name, array in self.state().items():
            array[:] = state[name]

    def _judge(self, rk):
        """Raise if the kernel found numbers that are not sound, and warn of lost digits."""
        if not math.isfinite(rk):
            raise FloatingPointError(
                "RLS stopped: rates, errors or P hold a value that is not finite, or P is not "
                "positive definite any longer; the weights are those before this update."
            )
        if rk > _MOST_CANCELLED and not self._has_warned:
            self._has_warned = True
            warnings.warn(
                f"ridge = {self.ridge:g} is tiny against the squared length of the rates, about "
                f"{rk * self.ridge:.2g}: RLS loses digits, and its weights may be wrong where "
                "rates depend on each other. Use a ridge of at least "
                f"{rk * self.ridge / _MOST_CANCELLED:.1g}.", stacklevel=3,
            )


class ReadoutRLS(_OneP):
    """Textbook RLS of one linear readout z = w . r.

    With k = P r and c = 1 / (1 + r.k):  P <- P - c k k',  w <- w - c e k, e = z - target
    (Sussillo & Abbott 2009, equations 4 and 5).

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

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1.rls import ReadoutRLS
    >>> rng = np.random.default_rng(0)
    >>> rls, w = ReadoutRLS(3, ridge=1e-3), np.zeros(3)
    >>> for r in rng.normal(size=(50, 3)):
    ...     rls.update(w, r, w @ r - (2 * r[0] - r[2]))
    >>> w.round(3)
    array([ 2.,  0., -1.])
    """

    def __init__(self, n_inputs, *, ridge=1.0):
        self.n_inputs = check_integer("n_inputs", n_inputs, at_least=1)
        super().__init__(self.n_inputs, ridge)

    def update(self, weights, rates, error):
        """Move the weights (n_inputs,) by one step, from rates (n_inputs,) and error z - target."""
        check_kernel_array("weights", weights, (self.n_inputs,), changed=True)
        rates = _vector("rates", rates, self.n_inputs)
        error = _vector("error", [error], 1)
        self._judge(learn_readout(weights, self._P, rates, error, self._k))


class AllToAllRLS(_OneP):
    """Exact RLS for every unit of an all-to-all network without autapses, with one P.

    Unit i minimises, over all updates t so far and its own weights w_i (all but w_ii),

        sum_t (w_i . r(t) - target_i(t))^2 + ridge * norm(w_i - w_i(0))^2 .

    Each unit sees all rates but its own, so textbook RLS (Haykin, Adaptive Filter Theory, chapter
    10) keeps one inverse correlation matrix for each unit. All of them are inverses of
    sub-matrices of one and the same matrix. With the N x N matrix P of all rates,

        k = P r,  c = 1 / (1 + r.k),  P <- P - c k k',  q = P r = c k ,

    the inverse without row and column i follows from P by the block-inverse identity, and
    unit i's gain for the inputs j != i is

        gain_ij = q_j - P_ji q_i / P_ii ,      w_ij <- w_ij - e_i gain_ij .

    One update costs O(N^2) for all units together instead of O(N^3), and the memory is
    N^2 numbers instead of N^3. The result is exact, not an approximation.

    With a ``basis`` V of K orthonormal columns, for example principal components of the rates, the
    weights are W = D V': all units read the same few components z = V' r, and D is learned among
    all D for which no unit drives itself, d_i . v_i = 0. P is then that of the components, K x K,
    with V P V' in the place of the matrix above, and an update costs O(N K).

    Parameters
    ----------
    n_units : int
        Number of units N, at least 2.
    ridge : float, optional
        Strength of the prior (the lambda of the texts); P starts as identity / ridge.
    basis : array_like of shape (n_units, n_components), optional
        V.

    Attributes
    ----------
    P : ndarray of shape (n_units, n_units) or (n_components, n_components)
        Inverse of the correlation matrix of what is read plus the prior; exactly symmetric.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import AllToAllRLS
    >>> rng = np.random.default_rng(0)
    >>> true = rng.normal(size=(4, 4))
    >>> np.fill_diagonal(true, 0.0)
    >>> rls, weights = AllToAllRLS(4, ridge=1e-4), np.zeros((4, 4))
    >>> for r in rng.normal(size=(60, 4)):
    ...     rls.update(weights, r, weights @ r - true @ r)
    >>> bool(np.abs(weights - true).max() < 1e-4)
    True
    """

    def __init__(self, n_units, *, ridge=1.0, basis=None):
        self.n_units = check_integer("n_units", n_units, at_least=2)
        self.basis, size = None, self.n_units
        if basis is not None:
            self.basis = check_array("basis", basis, (self.n_units, "n_components")).copy()
            size = self.basis.shape[1]
            if not np.allclose(self.basis.T @ self.basis, np.eye(size), rtol=0, atol=1e-8):
                raise ValueError("basis must have orthonormal columns, got others.")
        super().__init__(size, ridge)
        self._VP = self._P if basis is None else self.basis / self.ridge
        self._shape = self.n_units, size

    def state(self):
        """Return all that was learned about correlations, as views by name."""
        return {"P": self.P} if self.basis is None else {"P": self.P, "VP": self._VP}

    def project(self, weights):
        """Return a copy of W, or the D for which D V' is closest to it, without autapses."""
        V, weights = self.basis, np.array(weights, dtype=float)
        if V is None:
            return weights
        D = weights @ V
        own, size = (D * V).sum(axis=1), (V**2).sum(axis=1)
        return D - (own / np.maximum(size, np.finfo(float).tiny))[:, None] * V

    def expand(self, weights):
        """Return the weights between units: W itself, or D V'."""
        if self.basis is None:
            return weights
        weights = weights @ self.basis.T
        np.fill_diagonal(weights, 0.0)  # which it was up to rounding
        return weights

    def recurrent_input(self, weights, rates):
        """Return W r of one network, or D V' r."""
        return weights @ (rates if self.basis is None else self.basis.T @ rates)

    def update(self, weights, rates, errors):
        """Move all weights by one RLS step.

        Parameters
        ----------
        weights : ndarray of shape (n_units, n_units) or (n_units, n_components)
            W [post, pre], whose diagonal stays 0, or D; float64, C-contiguous, changed in place.
        rates : array_like of shape (n_units,)
            Rates r of all units.
        errors : array_like of shape (n_units,)
            Output minus target of each unit, with the weights before this update.
        """
        check_kernel_array("weights", weights, self._shape, changed=True)
        rates = _vector("rates", rates, self.n_units)
        errors = _vector("errors", errors, self.n_units)
        if self.basis is not None:
            with np.errstate(invalid="ignore"):  # the kernel looks
                rates = self.basis.T @ rates
        self._judge(learn_all(weights, self._P, self.basis, self._VP, rates, errors, self._k))


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
