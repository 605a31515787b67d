"""Slow, obvious twins of the kernels of Part 3."""

import numpy as np


def dense_static(targets):
    """0/1 matrix [post, pre] of lists of receivers."""
    connected = np.zeros((len(targets), len(targets)), dtype=int)
    for pre, receivers in enumerate(targets):
        for post in receivers:
            connected[post, pre] += 1
    return connected


def simulate_balanced(network, v, n_steps, drive, weights=None):
    """Advance from voltages ``v`` with one loop over neurons a step, from the equations.

    Returns the spikes as a list of (step, neuron), and the last voltages, static inputs, plastic
    inputs, filtered spikes, filtered Poisson spikes, and the sums of both inputs of E neurons.
    """
    p, number = network.parameters, network.dtype.type
    connected = dense_static(network.static.targets)
    jump = (p.weights / p.tau_syn).astype(network.dtype)
    decay, decay_plastic = number(1 - p.dt / p.tau_syn), number(1 - p.dt / p.tau_plastic)
    a, gain = number(p.dt / p.tau_m), number(1 / p.tau_plastic)
    v_th, v_reset, n, n_exc = number(p.v_th), number(p.v_reset), p.n_neurons, p.n_exc
    v, u = v.copy(), np.zeros(n, network.dtype)
    u_plastic, r, s = u.copy(), u.copy(), np.zeros(network.n_inputs, network.dtype)
    sum_balanced, sum_plastic = np.zeros(n_exc, network.dtype), np.zeros(n_exc, network.dtype)
    spikes, last = [], []
    for t in range(n_steps):
        bias = drive.baseline.copy()
        if len(drive.bin_input):
            bias += drive.bin_input[t // drive.bin_steps]
        if drive.cue_on <= t < drive.cue_off:
            bias += drive.cue
        u_plastic *= decay_plastic
        r *= decay_plastic
        s *= decay_plastic
        for j in last:
            r[j] += gain
        if network.plastic is not None:
            for j in last:
                for i, neuron in enumerate(network.plastic.trained):
                    for slot, pre in enumerate(network.plastic.pre_index[i]):
                        if pre == j:
                            u_plastic[neuron] += weights.recurrent_weights[i, slot] * gain
            for step, k in zip(drive.spike_steps, drive.spike_sources, strict=True):
                if step == t:
                    s[k] += gain
                    for i, neuron in enumerate(network.plastic.trained):
                        u_plastic[neuron] += weights.feedforward_weights[k, i] * gain
        now = []
        for i in range(n):
            row = jump[0 if i < n_exc else 1]
            from_exc = number(sum(connected[i, j] for j in last if j < n_exc))
            from_inh = number(sum(connected[i, j] for j in last if j >= n_exc))
            u[i] = decay * u[i] + (row[0] * from_exc + row[1] * from_inh)
            total = bias[i] + u[i]
            if i < n_exc:
                sum_balanced[i] += u[i]
                sum_plastic[i] += u_plastic[i]
                total = total + u_plastic[i]
            v[i] = v[i] + a * (total - v[i])
            if v[i] > v_th:
                v[i] = v_reset
                if drive.active[i]:
                    now.append(i)
                    spikes.append((t, i))
        last = now
    return spikes, v, u, u_plastic, r, s, sum_balanced, sum_plastic


def draw_receivers(raw):
    """Fisher-Yates with a new pool for each neuron: receivers [pre, k] in order of the draw."""
    (size, degree), receivers = raw.shape, []
    for j in range(size):
        pool = [i for i in range(size) if i != j]
        if j < size - 1:
            pool.insert(j, pool.pop())  # the last neuron stands in for the sender
        for s in range(degree):
            pick = s + int(raw[j, s]) * (size - 1 - s) // 2**32
            pool[s], pool[pick] = pool[pick], pool[s]
        receivers.append(sorted(pool[:degree]))
    return np.array(receivers)
