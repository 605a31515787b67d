r"""The time loop of the spiking network, and the noise that it draws.

The noise has to cost less than the neurons: NumPy's normal numbers alone would take three times
as long as all the rest of a step. It also has to be the same for any number of threads and any
way of cutting a run into pieces, so it is counter-based: number ``m`` of a run is a function of
the run's key and ``m``. SplitMix64 (Steele, Lea & Flood 2014, OOPSLA) turns the counter into 64
random bits, and the ziggurat (Marsaglia & Tsang 2000, J. Stat. Softw. 5(8)), with its layer and
its position taken from different bits, turns these into a normal number.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_LAYERS = 256
_TAIL = 3.6541528853610088  # where the lowest layer's tail begins
_AREA = 0.00492867323399  # of each layer


def _ziggurat_edges():
    """Right edges of the layers, from the widest (with the tail's area) to 0 at the top."""
    edges = np.zeros(_LAYERS + 1)
    edges[0] = _AREA / math.exp(-0.5 * _TAIL**2)
    edges[1] = _TAIL
    for i in range(2, _LAYERS):
        below = edges[i - 1]
        edges[i] = math.sqrt(-2.0 * math.log(_AREA / below + math.exp(-0.5 * below**2)))
    return edges


_EDGES = _ziggurat_edges()
# A position has 53 bits with its sign, so that _SCALES takes its largest to the layer's edge.
_SCALES = _EDGES[:-1] * 2.0**-52
# Up to here the layer lies under the curve at its full height: no density has to be computed.
_SURE = (_EDGES[1:] / _EDGES[:-1] * 2.0**52).astype(np.int64)


@numba.njit(cache=True, inline="always")
def _mix(counter):
    bits = (counter ^ (counter >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@numba.njit(cache=True, inline="always")
def _uniform(counter):
    return (np.float64(_mix(counter) >> np.uint64(11)) + 0.5) * 2.0**-53


@numba.njit(cache=True)
def _rare_normal(bits):
    """Finish the 1 % of numbers that do not lie surely under the curve.

    The further random bits come from a stream of their own, which starts at the first ones.
    """
    counter = bits
    while True:
        layer = np.int64(bits & np.uint64(255))
        position = np.int64(bits) >> 11
        x = position * _SCALES[layer]
        if abs(position) < _SURE[layer]:
            return x
        if layer == 0:
            # Beyond the lowest layer's edge: Marsaglia's (1964) exponential proposals.
            while True:
                counter += _GOLDEN
                beyond = -math.log(_uniform(counter)) / _TAIL
                counter += _GOLDEN
                if -2.0 * math.log(_uniform(counter)) > beyond * beyond:
                    return math.copysign(_TAIL + beyond, x)
        # In the corner of a layer: a point at a random height counts if it is under the curve.
        low = math.exp(-0.5 * _EDGES[layer] ** 2)
        high = math.exp(-0.5 * _EDGES[layer + 1] ** 2)
        counter += _GOLDEN
        if low + _uniform(counter) * (high - low) < math.exp(-0.5 * x * x):
            return x
        counter += _GOLDEN
        bits = _mix(counter)


@numba.njit(cache=True)
def _normals(key, first, out):
    """Write normal numbers ``first``, ``first + 1``, ... of the stream ``key``."""
    counter = key + np.uint64(first) * _GOLDEN
    for i in range(out.size):
        bits = _mix(counter)
        counter += _GOLDEN
        # The layer takes the lowest 8 bits and the position the highest 53: none is used twice.
        layer = np.int64(bits & np.uint64(255))
        position = np.int64(bits) >> 11
        if abs(position) < _SURE[layer]:
            out[i] = position * _SCALES[layer]
        else:
            out[i] = _rare_normal(bits)


class Neuron(NamedTuple):
    """The numbers of a neuron and its synapse, as the time loop needs them."""

    step_over_tau_m: float
    decay_syn: float  # of u and r in one step
    per_tau_syn: float  # 1 / tau_syn, what a spike adds to r (1/ms)
    v_th: float
    v_reset: float
    noise: float  # standard deviation at each step


class State(NamedTuple):
    """The arrays and numbers of `LIFNetworkState`; the arrays are changed in place."""

    v: np.ndarray
    u: np.ndarray
    r: np.ndarray
    pending: np.ndarray
    counts: np.ndarray
    n_pending: int
    step: int
    key: np.uint64  # of the noise
    kicks: np.ndarray  # room for the noise of one step


class Recording(NamedTuple):
    """Where spikes and samples go; without room for spikes they are only counted."""

    spike_steps: np.ndarray
    spike_ids: np.ndarray
    traced: np.ndarray
    trace_every: int  # steps; 0 for no samples
    trace_v: np.ndarray
    trace_u: np.ndarray


@numba.njit(cache=True, inline="always")
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


@numba.njit(cache=True, inline="always")
def _integrate(v, u, external_input, kicks, neuron):
    """Take one Euler step of the voltages."""
    step_over_tau_m, noise = neuron.step_over_tau_m, neuron.noise
    for i in range(v.size):
        v[i] += step_over_tau_m * (external_input[i] + u[i] - v[i] + noise * kicks[i])


@numba.njit(cache=True, inline="always")
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


@numba.njit(cache=True, error_model="numpy")
def _advance(neuron, state, n_steps, weights_by_pre, external_input, recording):
    """Advance by up to ``n_steps``; return steps made, spikes recorded and spikes pending.

    It stops early, before a step whose spikes might not fit into ``recording.spike_steps``. The
    spikes of a step are pending: they act in the next one.
    """
    # Taken apart here: an array that is taken out of a tuple costs time, step after step.
    v, u, r, pending, counts, n_pending, first_step, key, kicks = state
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
        # A kick is a function of step and neuron alone, so that a run can be cut anywhere.
        if neuron.noise > 0.0:
            _normals(key, step * n, kicks)
        _integrate(v, u, external_input, kicks, neuron)
        n_pending = _fire(v, pending, counts, neuron)
        if record_spikes:
            for k in range(n_pending):
                spike_steps[n_recorded] = step
                spike_ids[n_recorded] = pending[k]
                n_recorded += 1
    return n_steps, n_recorded, n_pending
