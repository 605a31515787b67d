"""Textbook RLS with one explicit P for each neuron, for the tests and benchmarks of Part 3."""

from __future__ import annotations

import numpy as np


class TextbookRLS:
    """One P of size (n_own + n_conditions * n_shared) for each neuron, in plain NumPy."""

    def __init__(
        self, pre_index, weights, prior, n_shared, n_conditions, ridge_shared, forgetting=1.0
    ):
        self.pre_index = np.asarray(pre_index)
        n, n_own = self.pre_index.shape
        self.n_own, self.n_shared, self.forgetting = n_own, n_shared, forgetting
        n_all = n_own + n_conditions * n_shared
        full_prior = ridge_shared * np.eye(n_all)
        full_prior[:n_own, :n_own] = prior
        self.prior = full_prior
        self.P = np.tile(np.linalg.inv(full_prior), (n, 1, 1))
        self.weights = np.zeros((n, n_all))
        self.weights[:, :n_own] = weights

    def regressors(self, neuron, condition, rates, shared):
        """[own rates, 0 .. shared inputs of this condition .. 0]."""
        x = np.zeros(self.weights.shape[1])
        x[: self.n_own] = rates[self.pre_index[neuron]]
        start = self.n_own + condition * self.n_shared
        x[start : start + self.n_shared] = shared
        return x

    def update(self, condition, rates, shared, targets):
        """One textbook step for each neuron; returns the errors before it."""
        errors = np.empty(len(self.P))
        for i, P in enumerate(self.P):
            x = self.regressors(i, condition, rates, shared)
            errors[i] = self.weights[i] @ x - targets[i]
            k = P @ x
            c = 1.0 / (self.forgetting + x @ k)
            self.weights[i] -= c * errors[i] * k
            self.P[i] = (P - c * np.outer(k, k)) / self.forgetting
        return errors

    def shared_weights(self, condition):
        """Weights of the shared inputs in one condition."""
        start = self.n_own + condition * self.n_shared
        return self.weights[:, start : start + self.n_shared]
