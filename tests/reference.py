"""Slow and obvious twins of Part 1's kernels: textbook formulas, plain loops, no numba."""

from __future__ import annotations

import math

import numpy as np


def rls_update(w, P, r, error):
    """Haykin's RLS step for one unit; returns the new w and P."""
    k = P @ r
    c = 1.0 / (1.0 + r @ k)
    return w - c * error * k, P - c * np.outer(k, k)


def ridge_solution(w0, rates, targets, ridge):
    """Minimise sum_t (w.r_t - y_t)^2 + ridge |w - w0|^2 in one go."""
    prior = ridge * np.eye(len(w0))
    return np.linalg.solve(rates.T @ rates + prior, rates.T @ targets + prior @ w0)


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
            total = x[i] + (cue[i] if cue_steps[0] <= step < cue_steps[1] else 0.0)
            phi = math.tanh(total) if transfer == "tanh" else max(0.0, total)
            r[i] = r[i] + dt / tau * (phi - r[i])
    return np.array(rates).T, np.array(currents).T


def simulate_force(network, targets, n_steps):
    """FORCE of Sussillo & Abbott, dense matrices; targets None runs with frozen weights."""
    p = network.parameters
    J = network.recurrent_weights.toarray()
    x, w = network.state.copy(), network.readout_weights.copy()
    P = np.eye(len(x)) / p.ridge
    every = round(p.learn_every / p.dt)
    outputs = []
    for step in range(n_steps):
        r = np.tanh(x)
        x = x + p.dt / p.tau * (-x + J @ r + network.feedback_weights * (w @ r))
        r = np.tanh(x)
        outputs.append(w @ r)
        if targets is not None and (step + 1) % every == 0:
            w, P = rls_update(w, P, r, w @ r - targets[step])
    return np.array(outputs), w
