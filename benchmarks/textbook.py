"""Textbook RLS, one P for each neuron, compiled as well as we can: the peer to beat."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
def textbook_update(weights, P, rates, errors, inputs, k):
    """One RLS update of all neurons of an all-to-all network without autapses.

    Parameters
    ----------
    weights : ndarray of shape (n, n), float64
        Weights [post, pre], changed in place.
    P : ndarray of shape (n, n - 1, n - 1), float64
        Inverse correlation matrix of each neuron's inputs, changed in place.
    rates, errors : ndarray of shape (n,), float64
        Rates of all neurons; output minus target of each.
    inputs, k : ndarray of shape (n - 1,), float64
        Room for a neuron's inputs and their gain.
    """
    n = rates.size
    for i in range(n):
        inputs[:i] = rates[:i]
        inputs[i:] = rates[i + 1 :]
        P_i = P[i]
        quadratic = 0.0
        for a in range(n - 1):
            row = P_i[a]
            total = 0.0
            for b in range(n - 1):
                total += row[b] * inputs[b]
            k[a] = total
            quadratic += total * inputs[a]
        scale = 1.0 / (1.0 + quadratic)
        for a in range(n - 1):
            row = P_i[a]
            gain = scale * k[a]
            for b in range(n - 1):
                row[b] -= gain * k[b]
            weights[i, a if a < i else a + 1] -= errors[i] * gain


class TextbookRLS:
    """The state of :func:`textbook_update` with the interface of ``AllToAllRLS``.

    Parameters
    ----------
    n_units : int
        Number of neurons.
    ridge : float
        Strength of the prior.
    """

    def __init__(self, n_units, *, ridge):
        one = np.eye(n_units - 1) / ridge
        self.P = np.repeat(one[None], n_units, axis=0)
        self._inputs, self._k = np.empty(n_units - 1), np.empty(n_units - 1)

    def update(self, weights, rates, errors):
        """Move all weights by one RLS step.

        Parameters
        ----------
        weights : ndarray of shape (n_units, n_units)
            Weights [post, pre], changed in place.
        rates, errors : ndarray of shape (n_units,)
            Rates, and output minus target.
        """
        textbook_update(weights, self.P, rates, errors, self._inputs, self._k)
