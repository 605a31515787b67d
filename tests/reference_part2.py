"""Slow, obvious twins of Part 2: textbook NumPy, no numba, no shortcuts."""

import numpy as np


def lif_network(
    weights, external_input, noise, n_steps, *, tau_m, tau_syn, v_th, v_reset, dt, noise_rows,
    v=None,
):
    """Forward Euler of an LIF network, neuron by neuron and spike by spike.

    ``external_input`` is (n_steps, n), ``noise_rows`` (n_steps, n) standard normal. Returns the
    spikes as (step, neuron) pairs and the final v, u and r.
    """
    n = len(weights)
    v = np.full(n, v_reset) if v is None else v.copy()
    u, r = np.zeros(n), np.zeros(n)
    spikes, last_spikes = [], []
    for step in range(n_steps):
        for i in range(n):
            u[i] = u[i] * (1 - dt / tau_syn)
            r[i] = r[i] * (1 - dt / tau_syn)
        for j in last_spikes:
            r[j] += 1 / tau_syn
            for i in range(n):
                u[i] += weights[i, j] * (1 / tau_syn)
        last_spikes = []
        for i in range(n):
            v[i] += dt / tau_m * (external_input[step, i] + u[i] - v[i])
            if noise > 0:
                v[i] += noise * np.sqrt(dt / tau_m) * noise_rows[step, i]
            if v[i] > v_th:
                v[i] = v_reset
                spikes.append((step, i))
                last_spikes.append(i)
    return spikes, v, u, r


def rls_with_one_P_each(weights, mean_input, targets_and_rates, ridge):
    """Textbook RLS, a P for each neuron over all neurons but itself."""
    n = len(weights)
    weights = weights.copy()
    others = [np.delete(np.arange(n), i) for i in range(n)]
    P = [np.eye(n - 1) / ridge for _ in range(n)]
    for target, rates in targets_and_rates:
        for i in range(n):
            r = rates[others[i]]
            k = P[i] @ r
            c = 1 / (1 + r @ k)
            error = weights[i, others[i]] @ r + mean_input[i] - target[i]
            P[i] -= c * np.outer(k, k)
            weights[i, others[i]] -= error * c * k
    return weights
