"""Slow and obvious twins of Part 1's kernels: textbook formulas, plain loops, no numba."""

from __future__ import annotations

import math

import numpy as np


def rls_update(w, P, r, error, forgetting=1.0):
    """Haykin's RLS step for one neuron; returns the new w and P."""
    k = P @ r
    c = 1.0 / (forgetting + r @ k)
    return w - c * error * k, (P - c * np.outer(k, k)) / forgetting


def rls_one_matrix_each(weights, rates, targets, ridge, forgetting=1.0):
    """Train an all-to-all network without autapses, one P for each neuron."""
    n = len(weights)
    weights = weights.copy()
    P = [np.eye(n - 1) / ridge for _ in range(n)]
    for r, target in zip(rates, targets, strict=True):
        for i in range(n):
            others = np.delete(np.arange(n), i)
            error = weights[i, others] @ r[others] - target[i]
            weights[i, others], P[i] = rls_update(
                weights[i, others], P[i], r[others], error, forgetting
            )
    return weights


def ridge_solution(w0, rates, targets, ridge, forgetting=1.0):
    """Minimise sum_t f^(T-t) (w.r_t - y_t)^2 + f^T ridge |w - w0|^2 in one go."""
    n_samples = len(rates)
    importance = forgetting ** np.arange(n_samples - 1, -1, -1)
    prior = ridge * forgetting**n_samples * np.eye(len(w0))
    correlation = (rates * importance[:, None]).T @ rates + prior
    return np.linalg.solve(correlation, (rates * importance[:, None]).T @ targets + prior @ w0)


def simulate_rates(weights, tau, dt, transfer, cue, cue_steps, n_steps, initial):
    """Forward Euler of tau dr/dt = -r + phi(W r + I), one unit at a time.

    Returns the rates and the recurrent input at the beginning of each step.
    """
    n = len(weights)
    r = list(initial)
    rates, currents = [], []
    for step in range(n_steps):
        x = [sum(weights[i][j] * r[j] for j in range(n)) for i in range(n)]
        rates.append(list(r))
        currents.append(x)
        for i in range(n):
            drive = x[i] + (cue[i] if cue_steps[0] <= step < cue_steps[1] else 0.0)
            phi = math.tanh(drive) if transfer == "tanh" else max(0.0, drive)
            r[i] = r[i] + dt / tau * (phi - r[i])
    return np.array(rates).T, np.array(currents).T


def simulate_force(network, targets, n_steps):
    """FORCE of Sussillo & Abbott, dense matrices; targets None runs with frozen weights."""
    p = network.parameters
    J = network.recurrent.toarray()
    x, w = network.state.copy(), network.readout.copy()
    P = np.eye(len(x)) / p.alpha
    every = round(p.learn_every / p.dt)
    outputs = []
    for step in range(n_steps):
        r = np.tanh(x)
        x = x + p.dt / p.tau * (-x + J @ r + network.feedback * (w @ r))
        r = np.tanh(x)
        outputs.append(w @ r)
        if targets is not None and (step + 1) % every == 0:
            w, P = rls_update(w, P, r, w @ r - targets[step])
    return np.array(outputs), w
