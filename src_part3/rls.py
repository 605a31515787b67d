"""Exact recursive least squares with a few inputs of one's own and many shared ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.sparse import csr_array

from src_part1.common.blas import one_blas_thread
from src_part1.common.forking import without_threads
from src_part1.common.validation import (
    check_array,
    check_finite,
    check_flag,
    check_integer,
    check_kernel_array,
    check_like,
    check_real,
    check_type,
)
from src_part3.rls_kernels import (
    learn_neurons,
    learn_neurons_once,
    learn_neurons_once_serial,
    partial_out,
    partial_out_once,
    partial_out_once_serial,
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


class SparseRLS:
    """Exact RLS for neurons that have a few recurrent inputs each and many shared inputs.

    Neuron i has its own recurrent inputs r_i (weights w_i, the same in every condition) and
    inputs s that all neurons share (weights of their own in each condition c). Over all
    updates t so far it minimises

        sum_t (w_i . r_i(t) + w_i^c(t) . s(t) - target_i(t))^2
            + (w_i - w_i(0))' prior (w_i - w_i(0)) + ridge_shared sum_c norm(w_i^c - w_i^c(0))^2 .

    The textbook keeps one inverse correlation matrix P of all these inputs for each neuron. But
    the shared inputs are the same for all, so they are *partialled out* (Frisch, Waugh & Lovell):
    what the shared inputs of a condition can tell of each rate and of each target is removed, by
    one RLS with one matrix D^-1, the P of the shared inputs alone. What is left of a target is
    then regressed on what is left of the neuron's own rates: a small ridge problem with a matrix
    S_i (the Schur complement), as large as the neuron has inputs of its own.

    An update learns from T times in a row. Their shared inputs are the rows of X, all rates the
    rows of R, all targets the rows of Y. With D^-1, G and v of the condition, these steps follow
    one another:

        K = X D^-1,  L L' = 1 + K X',  A = L^-1 K                            (1)
        E = L^-1 (R - X G'),  e = L^-1 (Y - X v')                            (2)
        G <- G + E' A,  v <- v + e' A,  D^-1 <- D^-1 - A' A                  (3)
        S_i <- S_i + E_i' E_i,  w_i <- w_i + S_i^-1 E_i' (e_i - E_i w_i)     (4)

    where E_i are the columns of E at the neuron's own inputs and e_i is its column of e. (2) comes
    before (3) because it needs the G and v that did not know these times yet; L is lower
    triangular, so that its row t removes what the shared inputs tell of time t given all times
    before (for T = 1, L^2 = 1 + s.D^-1 s, and all is the textbook's RLS). In (4) S_i is
    new before w_i is. The weights of the shared inputs follow from w_i^c = v_i - G_i' w_i
    (`shared_weights`). A forgetting factor f multiplies S_i by f^T and divides D^-1, of all
    conditions, by f^T before the first step, and row t of X, R and Y by f^((T - t) / 2). The result
    is the textbook's, not an approximation.

    With ``time_by_time`` the neurons keep Q_i = S_i^-1 instead of S_i, and (4) becomes

        Q_i <- Q_i / f,  k = Q_i E_i,  c = 1 / (1 + E_i.k),  w_i <- w_i + c (e_i - w_i.E_i) k,
        Q_i <- Q_i - c k k'

    for one time after the other, as in the textbook: the quicker form for a rule that learns within
    a trial, and the slower one for a rule that learns from many times at once.

    Who owns the weights and what holds after a failure is said in `src_part1.rls`, the same for all
    rules. `src_part3.rls_kernels` does the steps.

    Parameters
    ----------
    pre_index : array_like of int, shape (n_neurons, n_own)
        Position in the rates of each neuron's own inputs.
    prior : array_like of shape (n_own, n_own)
        Prior of the recurrent weights, symmetric and positive definite (`recurrent_prior`).
    n_shared : int
        Number of shared inputs, 0 for none: then (1) to (3) are left out. Their weights start
        at 0.
    n_conditions : int, optional
        Number of conditions.
    ridge_shared : float, optional
        Prior of the shared inputs' weights.
    forgetting : float, optional
        Factor in (0, 1] by which the past loses weight at each time.
    time_by_time : bool, optional
        Keep Q_i instead of S_i.
    dtype : numpy dtype, optional
        float64, the reference, or float32.

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
        self, pre_index, prior, n_shared, *,
        n_conditions=1, ridge_shared=1.0, forgetting=1.0, time_by_time=False, dtype=np.float64,
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
        self.n_neurons, self.n_own = pre_index.shape
        self.n_shared = check_integer("n_shared", n_shared, at_least=0)
        self.n_conditions = check_integer("n_conditions", n_conditions, at_least=1)
        self.forgetting = check_real("forgetting", forgetting, above=0, at_most=1)
        ridge_shared = check_real("ridge_shared", ridge_shared, above=0)
        self.time_by_time = check_flag("time_by_time", time_by_time)
        # Only rates that are somebody's input need a row of G.
        self._rows, index = np.unique(pre_index, return_inverse=True)
        self._index = index.reshape(pre_index.shape)
        self._D_inverse = np.tile(
            np.eye(self.n_shared, dtype=self.dtype) / self.dtype.type(ridge_shared),
            (self.n_conditions, 1, 1),
        )
        # Rates and targets are treated alike until (4): G and v are parts of one array.
        n_rates = self._rows.size
        self._G_and_v = np.zeros(
            (self.n_conditions, n_rates + self.n_neurons, self.n_shared), self.dtype
        )
        self._G, self._v = self._G_and_v[:, :n_rates], self._G_and_v[:, n_rates:]
        prior = _checked_prior(prior, self.n_own)
        start = np.linalg.inv(prior) if self.time_by_time else prior
        triangle = start[np.tril_indices(self.n_own)].astype(self.dtype)
        self._S_or_Q = np.tile(triangle, (self.n_neurons, 1))

    def update(self, weights, rates, shared, targets, *, condition=0):
        """Learn from one time point, or from several in a row.

        Learning from T time points in one call gives the same weights as T calls, much faster.

        Parameters
        ----------
        weights : ndarray of shape (n_neurons, n_own)
            Recurrent weights, of this object's dtype; changed in place.
        rates : array_like of shape (n_rates,) or (T, n_rates)
            Rates to which ``pre_index`` points.
        shared : array_like of shape (n_shared,) or (T, n_shared)
            Shared inputs.
        targets : array_like of shape (n_neurons,) or (T, n_neurons)
            What the plastic input w.r + w^c.s of each neuron should have been.
        condition : int, optional
            Condition of these time points.

        Raises
        ------
        TypeError, ValueError
            If an argument has the wrong type or shape, an entry is not finite, or ``weights``
            cannot be changed in place. Nothing is changed then.
        FloatingPointError
            If the learning diverged: a weight or D^-1 is not finite. ``weights`` are as they were,
            but this object is of no use until `restore`.
        """
        condition = self._check_condition(condition)
        shape = (self.n_neurons, self.n_own)
        check_kernel_array("weights", weights, shape, dtype=self.dtype, changed=True)
        check_finite("weights", weights)
        if np.ndim(targets) == 1:
            rates, shared, targets = (np.asarray(x)[None] for x in (rates, shared, targets))
        targets = check_array("targets", targets, ("T", self.n_neurons), dtype=self.dtype)
        n_time = len(targets)
        rates = check_array("rates", rates, (n_time, "n_rates"), dtype=self.dtype)
        if rates.shape[1] <= self._rows[-1]:
            raise ValueError(
                f"rates must hold at least {self._rows[-1] + 1} neurons, because pre_index "
                f"points to them; got shape {rates.shape}."
            )
        shared = check_array("shared", shared, (n_time, self.n_shared), dtype=self.dtype)
        new = weights.copy()
        if self.time_by_time:
            for sample in zip(rates, shared, targets, strict=True):
                self._learn_once(new, *sample, condition)
        else:
            # The last bits of BLAS depend on its threads, and a training must not depend on the
            # machine.
            with one_blas_thread():
                for first in range(0, n_time, _TOGETHER):
                    step = slice(first, first + _TOGETHER)
                    self._learn(new, rates[step], shared[step], targets[step], condition)
        self._check_learned(new, condition)
        weights[:] = new

    def _check_learned(self, weights, condition):
        if np.isfinite(weights).all() and np.isfinite(self._D_inverse[condition]).all():
            return
        bad = ~np.isfinite(weights).all(axis=1)
        if bad.any():
            what = (
                f"the weights of {bad.sum()} of {bad.size} neurons are not finite, the first is "
                f"neuron {np.argmax(bad)}"
            )
        else:
            what = "D^-1 of the shared inputs is not finite"
        raise FloatingPointError(
            f"RLS diverged: {what}. Use a stronger prior, less forgetting, or dtype float64. The "
            "weights are as they were before this update."
        )

    def _learn(self, weights, rates, shared, targets, condition):
        n_time, f = len(targets), self.forgetting
        decay = self.dtype.type(f**n_time)
        # A row holds all times of one rate or target: what a neuron gathers lies together.
        rows = np.concatenate([rates.T[self._rows], targets.T])
        if f != 1:
            root = (f ** (np.arange(n_time - 1, -1, -1) / 2)).astype(self.dtype)
            rows *= root
            shared = root[:, None] * shared
            self._D_inverse /= decay
        if self.n_shared:
            partial_out(rows, shared, self._D_inverse[condition], self._G_and_v[condition])
        E, e = rows[: self._rows.size], rows[self._rows.size :]
        learn_neurons(weights, self._S_or_Q, self._index, E, e, decay)

    def _learn_once(self, weights, rates, shared, targets, condition):
        f = self.dtype.type(self.forgetting)
        rows = np.concatenate([rates[self._rows], targets])
        if f != 1:
            self._D_inverse /= f
        partial, learn = partial_out_once, learn_neurons_once
        if without_threads():
            partial, learn = partial_out_once_serial, learn_neurons_once_serial
        if self.n_shared:
            partial(rows, shared, self._D_inverse[condition], self._G_and_v[condition])
        E, e = rows[: self._rows.size], rows[self._rows.size :]
        learn(weights, self._S_or_Q, self._index, E, e, f)

    def shared_weights(self, weights, condition=0):
        """Weights of the shared inputs in one condition.

        Parameters
        ----------
        weights : ndarray of shape (n_neurons, n_own)
            Recurrent weights as `update` left them.
        condition : int, optional
            The condition.

        Returns
        -------
        ndarray of shape (n_neurons, n_shared)
            w_i^c = v_i - G_i' w_i, a new array; not finite where ``weights`` are not.

        Raises
        ------
        TypeError, ValueError
            If an argument has the wrong type, shape or range.
        """
        condition = self._check_condition(condition)
        return self._v[condition] - self._of_own(weights, condition)

    def set_shared_weights(self, weights, values, condition=0):
        """Replace the weights of the shared inputs in one condition.

        Parameters
        ----------
        weights : ndarray of shape (n_neurons, n_own)
            Recurrent weights as `update` left them.
        values : array_like of shape (n_neurons, n_shared)
            The new weights. What was learned about correlations (D, G and S) stays.
        condition : int, optional
            The condition.

        Raises
        ------
        TypeError, ValueError
            If an argument has the wrong type, shape or range. Nothing is changed then.
        """
        condition = self._check_condition(condition)
        shape = (self.n_neurons, self.n_shared)
        values = check_array("values", values, shape, dtype=self.dtype)
        of_own = self._of_own(weights, condition)
        check_finite("weights", weights)
        self._v[condition] = values + of_own

    def state(self):
        """Everything that was learned about correlations, as named arrays.

        Returns
        -------
        dict of str to ndarray
            ``S`` (or ``Q``, time by time), ``D_inverse`` (the D^-1 of each condition), ``G`` and
            ``v``; views, not copies. S and Q have the shape (n_neurons, n_own (n_own + 1) / 2): the
            lower triangles, row after row. The weights belong to the caller.
        """
        name = "Q" if self.time_by_time else "S"
        return {name: self._S_or_Q, "D_inverse": self._D_inverse, "G": self._G, "v": self._v}

    def restore(self, state):
        """Continue from what `state` returned, bit for bit.

        Parameters
        ----------
        state : mapping of str to ndarray
            Arrays of the names, shapes and dtype that `state` gives.

        Raises
        ------
        TypeError, ValueError
            If it is no mapping, or an array is missing or belongs to other sizes. Nothing is
            changed then.
        """
        check_type("state", state, Mapping)
        mine = self.state()
        for name, array in mine.items():
            check_like(f"RLS state {name}", state.get(name), array)
        for name, array in mine.items():
            array[...] = state[name]

    def _of_own(self, weights, condition):
        # G_i' w_i of all neurons, the weights as one sparse matrix.
        shape = (self.n_neurons, self.n_own)
        check_kernel_array("weights", weights, shape, dtype=self.dtype)
        first = np.arange(0, weights.size + 1, self.n_own)
        sparse = csr_array(
            (weights.ravel(), self._index.ravel(), first), (self.n_neurons, self._rows.size)
        )
        return sparse @ self._G[condition]

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
