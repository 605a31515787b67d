"""Slow, obvious twins of the learning rules of Part 3: one explicit P for each neuron, and ridge.

In all of them a neuron's sources are its own ones, ``index[i]``, followed by those that all share,
which come last in a row.
"""

import numpy as np


def sources_of(index, n_shared, n_sources):
    """Each neuron's own and shared sources, one row for each neuron."""
    shared = np.arange(n_sources - n_shared, n_sources)
    return np.array([np.concatenate([own, shared]) for own in index], dtype=int)


class TextbookRLS:
    """The textbook's RLS, row by row (Haykin, Adaptive Filter Theory, table 10.1)."""

    def __init__(self, sources, prior, weights=None):
        self.sources, self.prior = sources, prior
        self.P = np.tile(np.linalg.inv(prior), (len(sources), 1, 1))
        self.weights = np.zeros(sources.shape) if weights is None else weights.copy()

    def update(self, row, targets):
        """One step of each neuron."""
        for i, own in enumerate(self.sources):
            x = row[own]
            k = self.P[i] @ x / (1 + x @ self.P[i] @ x)
            self.weights[i] -= k * (self.weights[i] @ x - targets[i])
            self.P[i] -= np.outer(k, x @ self.P[i])

    def forget(self, f):
        """All rows so far count f times; the prior, unlike in the textbook, counts as before."""
        for i, P in enumerate(self.P):
            with_prior = np.linalg.inv(P)
            b = (with_prior @ self.weights[i]) * f
            self.P[i] = np.linalg.inv(f * (with_prior - self.prior) + self.prior)
            self.weights[i] = self.P[i] @ b


def ridge_weights(sources, rows, targets, ridge):
    """Minimise the squared error plus ``ridge`` times the squared weights, neuron by neuron."""
    weights = np.empty(sources.shape)
    for i, own in enumerate(sources):
        X = rows[:, own]
        weights[i] = np.linalg.solve(X.T @ X + ridge * np.eye(own.size), X.T @ targets[:, i])
    return weights
