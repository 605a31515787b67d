"""Exact recursive least squares for many neurons that each read a few of the same sources."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy

from src_part1.common.blas import one_blas_thread
from src_part1.common.compiled import kernel


class SparseRLS:
    r"""Exact RLS for all neurons at once, from sums that they share.

    Neuron i reads a few sources of its own, ``x_i = x[index[i]]``, and those that all neurons read
    (a clock). Over all rows t so far its weights minimise

    .. math:: \sum_t f^{T-t} (w_i \cdot x_i(t) - y_i(t))^2 + \lambda |w_i|^2 .

    The textbook keeps for each neuron the inverse :math:`P_i = (\lambda + \sum x_i x_i')^{-1}`
    (Haykin, Adaptive Filter Theory, chapter 10). But all neurons read the same sources, so every
    entry of :math:`P_i^{-1}` stands in one matrix S for all of them:

    .. math::
       S \leftarrow f S + X' X, \qquad b \leftarrow f b + X' Y, \qquad
       w_i = (S_{ii} + \lambda)^{-1} b_i ,

    with the rows and columns of S, and the rows of b, that are the neuron's own. The result is the
    textbook's, however the rows are grouped. What all neurons read (indices s) is *partialled out*
    (Frisch, Waugh & Lovell): with :math:`K = S_{os} (S_{ss} + \lambda)^{-1}`, S becomes
    :math:`S_{oo} - K S_{so}` and b becomes :math:`b_o - K b_s`. Unlike in the textbook the prior
    :math:`\lambda` is not forgotten.

    Parameters
    ----------
    index : array_like of int, shape (n_neurons, n_own)
        The sources that each neuron reads.
    n_sources : int
        Number of all sources; the last ``n_shared`` are read by all neurons.
    ridge : float
        :math:`\lambda`.
    n_shared : int, optional
        Number of sources that all neurons read.
    dtype : numpy dtype, optional
        float32, or float64 for twice the memory and time.

    Attributes
    ----------
    S, b : ndarray, shape (n_sources, n_sources) and (n_sources, n_neurons)
        Sums of products of sources with each other and with targets.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import SparseRLS
    >>> rng = np.random.default_rng(0)
    >>> x, true = rng.normal(size=(200, 6)), np.array([[1.0, -2.0], [0.5, 3.0]])
    >>> index = np.array([[0, 4], [2, 3]])
    >>> rls = SparseRLS(index, 6, ridge=1e-6, dtype=np.float64)
    >>> rls.update(x, np.stack([x[:, own] @ w for own, w in zip(index, true)], axis=1))
    >>> rls.solve()[0].round(3)
    array([[ 1. , -2. ],
           [ 0.5,  3. ]])
    """

    def __init__(self, index, n_sources, ridge, *, n_shared=0, dtype=np.float32):
        self.index, n_own_sources = np.asarray(index, np.int32), n_sources - n_shared
        if self.index.ndim != 2 or self.index.min() < 0 or self.index.max() >= n_own_sources:
            raise ValueError(
                "index must have shape (n_neurons, n_own) and name sources 0 to "
                f"{n_own_sources - 1}, got shape {self.index.shape} with numbers from "
                f"{self.index.min()} to {self.index.max()}."
            )
        if not ridge > 0:
            raise ValueError(f"ridge must be positive, got {ridge}.")
        self.ridge, self.n_shared = ridge, n_shared
        self.S = np.zeros((n_sources, n_sources), dtype)
        self.b = np.zeros((n_sources, len(index)), dtype)

    def update(self, rows, targets=None, *, forgetting=1.0):
        """Take in ``rows`` X (n_rows, n_sources) and ``targets`` Y (n_rows, n_neurons), 0 if none.

        All earlier rows together count f = ``forgetting`` times from now on.
        """
        rows = np.asarray(rows, self.S.dtype)
        targets = None if targets is None else np.asarray(targets, self.b.dtype)
        if rows.ndim != 2 or rows.shape[1] != len(self.S):
            raise ValueError(f"rows must have shape (n_rows, {len(self.S)}), got {rows.shape}.")
        if targets is not None and targets.shape != (len(rows), self.b.shape[1]):
            raise ValueError(
                f"targets must have shape {(len(rows), self.b.shape[1])}, got {targets.shape}."
            )
        for name, values in (("rows", rows), ("targets", 0.0 if targets is None else targets)):
            if not np.isfinite(values).all():
                raise ValueError(f"{name} must be finite, got {np.abs(values).max()}.")
        if not 0 <= forgetting <= 1:
            raise ValueError(f"forgetting must be at least 0 and at most 1, got {forgetting}.")
        with one_blas_thread():  # the last bits of BLAS depend on its threads
            # In place, where S + rows.T @ rows would need S once more. S.T has Fortran's order.
            gemm = scipy.linalg.get_blas_funcs("gemm", (self.S,))
            gemm(1, rows.T, rows.T, forgetting, self.S.T, trans_b=True, overwrite_c=True)
            self.b *= forgetting
            if targets is not None:
                self.b += rows.T @ targets

    def solve(self):
        """Weights from all rows so far: of own (n_neurons, n_own) and of shared sources."""
        n, n_neurons, dtype = len(self.S) - self.n_shared, len(self.index), self.S.dtype
        S, b = self.S[:n, :n], self.b[:n]
        weights, K = np.empty(self.index.shape, dtype), np.empty((0, n), dtype)
        shared_weights, ridge = np.empty((n_neurons, 0), dtype), dtype.type(self.ridge)
        with one_blas_thread(), ThreadPoolExecutor(os.cpu_count()) as pool:
            try:
                if self.n_shared:
                    S_ss = self.S[n:, n:].copy()
                    S_ss.flat[:: self.n_shared + 1] += ridge
                    K = np.linalg.solve(S_ss, self.S[n:, :n])
                    shared_weights = np.linalg.solve(S_ss, self.b[n:]).T.copy()
                    taken_out = self.S[:n, n:] @ K
                    S = np.subtract(S, taken_out, out=taken_out)  # one matrix of this size, not two
                    b = b - self.S[:n, n:] @ shared_weights.T
                # Threads of Python's: neurons are independent, and a forked process may have them.
                parts = np.array_split(np.arange(n_neurons), os.cpu_count())
                list(pool.map(
                    lambda some: learn_neurons(S, b, self.index, ridge, weights, some), parts
                ))
            except np.linalg.LinAlgError:
                weights[:] = np.nan  # which is said below
            # What the own sources do already is not left to the shared ones.
            for i, own in enumerate(self.index if self.n_shared else ()):
                shared_weights[i] -= weights[i] @ K[:, own].T
        # An infinite S makes a weight 0.
        if not all(np.isfinite(array).all() for array in (self.S, weights, shared_weights)):
            raise FloatingPointError(
                "RLS diverged: a sum or a weight is not finite. Use a stronger ridge."
            )
        return weights, shared_weights


@kernel(nogil=True)
def learn_neurons(S, b, index, ridge, weights, neurons):
    """Solve for the weights of some neurons: ``(S_ii + ridge) w_i = b_i``."""
    n_own = index.shape[1]
    for i in neurons:
        own, w = index[i], weights[i]
        S_i = np.zeros((n_own, n_own), S.dtype)
        for r in range(n_own):
            for c in range(r + 1):  # the factor needs no more
                S_i[r, c] = S[own[r], own[c]]
            S_i[r, r] += ridge
        L = _cholesky(S_i)  # S_i = L L': first L x = b_i, then L' w = x
        for r in range(n_own):
            w[r] = b[own[r], i]
            for c in range(r):
                w[r] -= L[r, c] * w[c]
            w[r] /= L[r, r]
        for r in range(n_own - 1, -1, -1):
            w[r] /= L[r, r]
            for c in range(r):
                w[c] -= L[r, c] * w[r]


@kernel()
def _cholesky(A):
    """Factor A; NaN where it has no factor, which `SparseRLS.solve` reports in a sentence."""
    try:
        return np.linalg.cholesky(A)
    except Exception:
        return np.full_like(A, np.nan)
