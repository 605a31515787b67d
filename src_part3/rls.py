"""Exact recursive least squares with a few inputs of one's own and many shared ones."""

from __future__ import annotations

import numpy as np

from src_part1.validation import check_array, check_integer, check_like, check_real
from src_part3.rls_kernels import (
    BLOCK,
    CHUNK,
    add_projection,
    learn_neurons,
    partial_out,
    shared_gains,
)

_TOGETHER = 64  # times that are learned in one step


def recurrent_prior(n_exc, n_inh, *, ridge=0.04, row_sum=8.0):
    """Prior of a neuron's recurrent weights: ridge plus a penalty on two row sums.

    Parameters
    ----------
    n_exc, n_inh : int
        Numbers of excitatory and inhibitory plastic inputs, in this order.
    ridge : float, optional
        Penalty on each weight's squared change.
    row_sum : float, optional
        Penalty on the squared change of the sum of all excitatory weights, and of the sum
        of all inhibitory ones. It keeps the neuron's balance while single weights move.

    Returns
    -------
    ndarray of shape (n_exc + n_inh, n_exc + n_inh)
        ``ridge * I`` plus ``row_sum`` in the two diagonal blocks.

    Raises
    ------
    TypeError, ValueError
        If a number is out of its range.
    """
    n_exc = check_integer("n_exc", n_exc, at_least=0)
    n_inh = check_integer("n_inh", n_inh, at_least=0)
    prior = check_real("ridge", ridge, above=0) * np.eye(n_exc + n_inh)
    row_sum = check_real("row_sum", row_sum, at_least=0)
    prior[:n_exc, :n_exc] += row_sum
    prior[n_exc:, n_exc:] += row_sum
    return prior


class SharedInputRLS:
    """Exact RLS for neurons that have a few recurrent inputs each and many shared inputs.

    Neuron i has its own recurrent inputs r_i (weights w_i, the same in every condition) and
    inputs s that all neurons share (weights of their own in each condition c). Over all
    updates t so far it minimises

        sum_t (w_i . r_i(t) + w_i^c(t) . s(t) - target_i(t))^2
            + (w_i - w_i(0))' prior (w_i - w_i(0)) + ridge_shared sum_c |w_i^c - w_i^c(0)|^2 .

    The textbook keeps one inverse correlation matrix P of all these inputs for each neuron. But
    the shared inputs are the same for all, so they are *partialled out* (Frisch, Waugh & Lovell):
    what the shared inputs of a condition can tell of each rate and of each target is removed, by
    one RLS with one matrix D^-1, the P of the shared inputs alone. What is left of a target, e_i,
    is then regressed on what is left of the neuron's own rates, eps_i: a small ridge problem with
    a matrix S_i (the Schur complement), as large as the neuron has inputs of its own. At time t, in
    the t-th of T updates, with D^-1, G and v of the condition,

        d = D^-1 s,  b = 1 / (1 + s.d),  eps = r - G s,  e = target - v s,
        D^-1 <- D^-1 - b d d',  G <- G + b eps d',  v <- v + b e d',

    and after the last of them, for each neuron,

        S_i <- S_i + sum_t b eps_i eps_i',  w_i <- w_i + S_i^-1 sum_t b (e_i - w_i.eps_i) eps_i.

    The weights of the shared inputs follow from w_i^c = v_i - G_i' w_i (`shared_weights`). With a
    forgetting factor f, 1 becomes f in b, D^-1 (of all conditions) is divided by f at each time,
    S_i is first multiplied by f^T, and time t counts f^(T - t + 1) in the sums. The result is the
    textbook's, not an approximation.

    Parameters
    ----------
    pre_index : array_like of int, shape (n_neurons, n_own)
        Position in the rates of each neuron's own inputs.
    weights : array_like of shape (n_neurons, n_own)
        Recurrent weights at the start; copied.
    prior : array_like of shape (n_own, n_own)
        Prior of the recurrent weights, symmetric and positive definite (`recurrent_prior`).
    n_shared : int
        Number of shared inputs, 0 for none. Their weights start at 0.
    n_conditions : int, optional
        Number of conditions.
    ridge_shared : float, optional
        Prior of the shared inputs' weights.
    forgetting : float, optional
        Factor in (0, 1] by which the past loses weight at each update.
    dtype : numpy dtype, optional
        float64, the reference, or float32.

    Attributes
    ----------
    weights : ndarray of shape (n_neurons, n_own)
        Recurrent weights as they are now.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong shape, type or range.

    References
    ----------
    Haykin, Adaptive Filter Theory, chapter 10; Lovell 1963, J. Am. Stat. Assoc. 58, 993 (partial
    regression); Kim, Finkelstein, Chow, Svoboda & Darshan 2023 (sparse plastic synapses with a
    row-sum penalty).
    """

    def __init__(
        self, pre_index, weights, prior, n_shared, *,
        n_conditions=1, ridge_shared=1.0, forgetting=1.0, dtype=np.float64,
    ):
        pre_index = np.asarray(pre_index)
        if pre_index.ndim != 2 or pre_index.size == 0 or pre_index.dtype.kind not in "iu":
            raise ValueError(
                "pre_index must hold whole numbers in shape (n_neurons, n_own), "
                f"got dtype {pre_index.dtype}, shape {pre_index.shape}."
            )
        if pre_index.min() < 0:
            raise ValueError(f"pre_index must not be negative, got {pre_index.min()}.")
        if np.dtype(dtype) not in (np.float64, np.float32):
            raise ValueError(f"dtype must be float64 or float32, got {np.dtype(dtype)}.")
        self.dtype = np.dtype(dtype)
        n, n_own = self.n_neurons, self.n_own = pre_index.shape
        self.n_shared = check_integer("n_shared", n_shared, at_least=0)
        self.n_conditions = check_integer("n_conditions", n_conditions, at_least=1)
        self.forgetting = check_real("forgetting", forgetting, above=0, at_most=1)
        ridge_shared = check_real("ridge_shared", ridge_shared, above=0)
        # Only rates that are somebody's input need a row of G.
        self._rows, index = np.unique(pre_index, return_inverse=True)
        # Unsigned: the compiler need not look for negative indices. Lanes without a neuron in the
        # last block learn from somebody's inputs, and nobody reads what.
        n_blocks = -(-n // BLOCK)
        self._index = np.zeros((n_blocks, n_own, BLOCK), np.uint32)
        lanes = self._index.swapaxes(1, 2)
        lanes[np.divmod(np.arange(n), BLOCK)] = index.reshape(n, n_own)
        self.weights = check_array("weights", weights, (n, n_own), dtype=self.dtype).copy()
        self._D = np.tile(
            np.eye(self.n_shared, dtype=self.dtype) / self.dtype.type(ridge_shared),
            (self.n_conditions, 1, 1),
        )
        self._G = np.zeros((self.n_conditions, self._rows.size, self.n_shared), self.dtype)
        self._v = np.zeros((self.n_conditions, n, self.n_shared), self.dtype)
        rows, columns = np.tril_indices(n_own)
        self._S = np.empty((n_blocks, rows.size, BLOCK), self.dtype)
        self._S[:] = _checked_prior(prior, n_own)[rows, columns, None]

    def update(self, condition, rates, shared, targets):
        """Learn from one time point, or from several in a row.

        Learning from T time points in one call gives the same weights as T calls, much faster.

        Parameters
        ----------
        condition : int
            Condition of these time points.
        rates : array_like of shape (n_rates,) or (T, n_rates)
            Rates to which ``pre_index`` points.
        shared : array_like of shape (n_shared,) or (T, n_shared)
            Shared inputs.
        targets : array_like of shape (n_neurons,) or (T, n_neurons)
            What the plastic input w.r + w^c.s of each neuron should have been.

        Raises
        ------
        ValueError
            If a shape does not fit or an entry is not finite. Nothing is changed then.
        FloatingPointError
            If the learning diverged: a weight is not finite. What is left is of no use.
        """
        condition = self._check_condition(condition)
        if np.ndim(targets) == 1:
            rates, shared, targets = (np.asarray(x)[None] for x in (rates, shared, targets))
        n_time = np.shape(targets)[0]
        rates = check_array("rates", rates, (n_time, "n_rates"), dtype=self.dtype)
        if rates.shape[1] <= self._rows[-1]:
            raise ValueError(
                f"rates must hold at least {self._rows[-1] + 1} neurons, because pre_index "
                f"points to them; got shape {rates.shape}."
            )
        shared = check_array("shared", shared, (n_time, self.n_shared), dtype=self.dtype)
        targets = check_array("targets", targets, (n_time, self.n_neurons), dtype=self.dtype)
        for first in range(0, n_time, _TOGETHER):
            step = slice(first, first + _TOGETHER)
            self._learn(condition, rates[step], shared[step], targets[step])

    def _learn(self, condition, rates, shared, targets):
        n_time, f = len(rates), self.dtype.type(self.forgetting)
        d = np.empty_like(shared)
        b = np.empty(n_time, self.dtype)
        overlap = np.empty((n_time, CHUNK), self.dtype)
        shared_gains(self._D[condition], shared, f, d, b, overlap, np.empty_like(shared[0]))
        if f != 1:
            others = np.arange(self.n_conditions) != condition
            self._D[others] /= f**n_time
        residuals = []
        for coefficients, values, columns in (
            (self._G, rates, self._rows), (self._v, targets, np.arange(self.n_neurons)),
        ):
            residual = np.empty((n_time, columns.size), self.dtype)
            partial_out(
                coefficients[condition], columns, values, shared, d, b, overlap, residual
            )
            residuals.append(residual)
        scale = np.sqrt(b * f ** np.arange(n_time, 0, -1, dtype=self.dtype))
        learn_neurons(self._S, self._index, *residuals, scale, f**n_time, self.weights)
        bad = ~np.isfinite(self.weights).all(axis=1)
        if bad.any():
            raise FloatingPointError(
                f"RLS diverged: the weights of {bad.sum()} of {bad.size} neurons are not finite, "
                f"the first is neuron {np.argmax(bad)}. Use a stronger prior, less forgetting, or "
                "dtype float64."
            )

    def shared_weights(self, condition):
        """Weights of the shared inputs in one condition.

        Parameters
        ----------
        condition : int
            The condition.

        Returns
        -------
        ndarray of shape (n_neurons, n_shared)
            w_i^c = v_i - G_i' w_i, a new array.
        """
        condition = self._check_condition(condition)
        values = self._v[condition].copy()
        add_projection(
            self._G[condition], self._index, self.weights, self.dtype.type(-1), values
        )
        return values

    def set_shared_weights(self, condition, values):
        """Replace the weights of the shared inputs in one condition.

        Parameters
        ----------
        condition : int
            The condition.
        values : array_like of shape (n_neurons, n_shared)
            The new weights. What was learned about correlations (D, G and S) stays.
        """
        condition = self._check_condition(condition)
        shape = (self.n_neurons, self.n_shared)
        v = self._v[condition]
        v[:] = check_array("values", values, shape, dtype=self.dtype)
        add_projection(self._G[condition], self._index, self.weights, self.dtype.type(1), v)

    def state(self):
        """Everything that learning has changed, as named arrays.

        Returns
        -------
        dict of str to ndarray
            ``weights``, ``S``, ``D``, ``G`` and ``v``; views, not copies. D holds the D^-1. S is
            stored as (n_blocks, n_own (n_own + 1) / 2, BLOCK): the lower triangles, row after row,
            of ``BLOCK`` neurons side by side.
        """
        return {
            "weights": self.weights, "S": self._S, "D": self._D, "G": self._G, "v": self._v,
        }

    def restore(self, state):
        """Continue from what `state` returned, bit for bit.

        Parameters
        ----------
        state : mapping of str to ndarray
            Arrays of the names, shapes and dtype that `state` gives.

        Raises
        ------
        ValueError
            If an array is missing or belongs to other sizes. Nothing is changed then.
        """
        mine = self.state()
        for name, array in mine.items():
            check_like(f"RLS state {name}", state.get(name), array)
        for name, array in mine.items():
            array[...] = state[name]

    def _check_condition(self, condition):
        return check_integer("condition", condition, at_least=0, at_most=self.n_conditions - 1)


def _checked_prior(prior, n_own):
    prior = check_array("prior", prior, (n_own, n_own))
    if not np.array_equal(prior, prior.T):
        raise ValueError("prior must be symmetric.")
    try:
        np.linalg.cholesky(prior)
    except np.linalg.LinAlgError:
        raise ValueError("prior must be positive definite.") from None
    return prior
