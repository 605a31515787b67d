"""The time loop of the spiking network.

``tau_m dv/dt = -v + mu + u + noise sqrt(tau_m) xi(t)``, ``tau_syn du/dt = -u + W spikes``, by
forward Euler: white noise adds ``noise * sqrt(dt / tau_m)`` times a normal number in each step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from src_part1.common.compiled import kernel


class Neuron(NamedTuple):
    """The numbers of a neuron and its synapse, as the time loop needs them."""

    step_over_tau_m: float
    decay_syn: float  # of u and r in one step
    per_tau_syn: float  # 1 / tau_syn, what a spike adds to r (1/ms)
    v_th: float
    v_reset: float
    kick: float  # standard deviation of the noise in one step (voltage)


class State(NamedTuple):
    """The arrays and numbers of `LIFNetworkState`; arrays and generator are changed in place."""

    v: np.ndarray
    u: np.ndarray
    r: np.ndarray
    pending: np.ndarray
    counts: np.ndarray
    n_pending: int
    step: int


class Recording(NamedTuple):
    """Where spikes and samples go; without room for spikes they are only counted."""

    spike_steps: np.ndarray
    spike_ids: np.ndarray
    traced: np.ndarray
    trace_every: int  # steps; 0 for no samples
    trace_v: np.ndarray
    trace_u: np.ndarray


@kernel(inline="always")
def _deliver(u, r, pending, n_pending, weights_by_pre, neuron):
    """Let u and r decay, and add the spikes of the step before."""
    decay_syn, per_tau_syn = neuron.decay_syn, neuron.per_tau_syn
    coupled = weights_by_pre.shape[0] == u.size  # neurons alone come with an empty matrix
    # The same decay and the same spikes for both keep u = W r true to rounding.
    for i in range(u.size):
        u[i] *= decay_syn
        r[i] *= decay_syn
    # Few neurons spike in a step: adding their rows costs far less than the product W r.
    for k in range(n_pending):
        j = pending[k]
        r[j] += per_tau_syn
        if coupled:
            row = weights_by_pre[j]
            for i in range(u.size):
                u[i] += row[i] * per_tau_syn


@kernel(inline="always")
def _integrate(v, u, external_input, neuron, rng):
    """Take one Euler step of the voltages."""
    step_over_tau_m, kick = neuron.step_over_tau_m, neuron.kick
    for i in range(v.size):
        v[i] += step_over_tau_m * (external_input[i] + u[i] - v[i])
    if kick > 0.0:
        for i in range(v.size):
            v[i] += kick * rng.standard_normal()


@kernel(inline="always")
def _fire(v, pending, counts, neuron):
    """Reset who crossed the threshold and make their spikes pending; return how many."""
    v_th, v_reset = neuron.v_th, neuron.v_reset
    n_pending = 0
    for i in range(v.size):
        if v[i] > v_th:
            v[i] = v_reset
            pending[n_pending] = i
            n_pending += 1
            counts[i] += 1
    return n_pending


@kernel(error_model="numpy")
def advance_network(neuron, state, rng, n_steps, weights_by_pre, external_input, recording):
    """Advance by up to ``n_steps``; return steps made, spikes recorded and spikes pending.

    It stops early, before a step whose spikes might not fit into ``recording.spike_steps``. The
    spikes of a step are pending: they act in the next one.
    """
    # Taken apart here: an array that is taken out of a tuple costs time, step after step.
    v, u, r, pending, counts, n_pending, first_step = state
    spike_steps, spike_ids, traced, trace_every, trace_v, trace_u = recording
    n, n_recorded, record_spikes = v.size, 0, spike_steps.size > 0
    for step in range(first_step, first_step + n_steps):
        # All neurons may spike in one step, and a buffer cannot grow in compiled code.
        if record_spikes and n_recorded + n > spike_steps.size:
            return step - first_step, n_recorded, n_pending
        # A sample is the state at the beginning of its step: the first shows the start.
        if trace_every > 0 and step % trace_every == 0:
            for k in range(traced.size):
                trace_v[step // trace_every, k] = v[traced[k]]
                trace_u[step // trace_every, k] = u[traced[k]]
        _deliver(u, r, pending, n_pending, weights_by_pre, neuron)
        _integrate(v, u, external_input, neuron, rng)
        n_pending = _fire(v, pending, counts, neuron)
        if record_spikes:
            for k in range(n_pending):
                spike_steps[n_recorded] = step
                spike_ids[n_recorded] = pending[k]
                n_recorded += 1
    return n_steps, n_recorded, n_pending
