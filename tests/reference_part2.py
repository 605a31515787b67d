"""Slow, obvious twins of Part 2: textbook NumPy, no numba, no shortcuts."""

import numpy as np


def lif_network(p, weights, external_input, noise_rows):
    """Forward Euler of an LIF network, neuron by neuron and spike by spike.

    ``external_input`` and the standard normal ``noise_rows`` are (n_steps, n). Returns the spikes
    as (step, neuron) pairs and the final v, u and r.
    """
    n_steps, n = external_input.shape
    v, u, r = np.full(n, p.v_reset), np.zeros(n), np.zeros(n)
    spikes, last_spikes = [], []
    for step in range(n_steps):
        for i in range(n):
            u[i] = u[i] * (1 - p.dt / p.tau_syn)
            r[i] = r[i] * (1 - p.dt / p.tau_syn)
        for j in last_spikes:
            r[j] += 1 / p.tau_syn
            for i in range(n):
                u[i] += weights[i, j] * (1 / p.tau_syn)
        last_spikes = []
        for i in range(n):
            v[i] += p.dt / p.tau_m * (external_input[step, i] + u[i] - v[i])
            if p.noise > 0:
                v[i] += p.noise * np.sqrt(p.dt / p.tau_m) * noise_rows[step, i]
            if v[i] > p.v_th:
                v[i] = p.v_reset
                spikes.append((step, i))
                last_spikes.append(i)
    return spikes, v, u, r
