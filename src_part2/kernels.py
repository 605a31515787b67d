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
_SCALES = _EDGES[:-1] * 2.0**-52
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
            while True:
                counter += _GOLDEN
                beyond = -math.log(_uniform(counter)) / _TAIL
                counter += _GOLDEN
                if -2.0 * math.log(_uniform(counter)) > beyond * beyond:
                    return math.copysign(_TAIL + beyond, x)
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
        layer = np.int64(bits & np.uint64(255))
        position = np.int64(bits) >> 11
        if abs(position) < _SURE[layer]:
            out[i] = position * _SCALES[layer]
        else:
            out[i] = _rare_normal(bits)


@numba.njit(cache=True, error_model="numpy")
def _advance(
    v, u, r, pending, n_pending, first_step, n_steps, weights_by_pre, drive,
    step_over_tau_m, decay_syn, per_tau_syn, v_th, v_reset, noise, key, kicks,
    counts, spike_steps, spike_ids, traced, trace_every, trace_v, trace_u,
):
    """Advance by up to ``n_steps``; return steps made, spikes recorded and spikes pending.

    It stops early, before a step whose spikes might not fit into ``spike_steps``; if that has
    length 0, spikes are counted but not recorded. The spikes of a step are pending: they act
    in the next one.
    """
    n = v.size
    recording = spike_steps.size > 0
    coupled = weights_by_pre.shape[0] == n
    n_recorded = 0
    for step in range(first_step, first_step + n_steps):
        if recording and n_recorded + n > spike_steps.size:
            return step - first_step, n_recorded, n_pending
        if trace_every > 0 and step % trace_every == 0:
            for k in range(traced.size):
                trace_v[step // trace_every, k] = v[traced[k]]
                trace_u[step // trace_every, k] = u[traced[k]]

        for i in range(n):
            u[i] *= decay_syn
            r[i] *= decay_syn
        for k in range(n_pending):
            j = pending[k]
            r[j] += per_tau_syn
            if coupled:
                row = weights_by_pre[j]
                for i in range(n):
                    u[i] += row[i] * per_tau_syn

        if noise > 0.0:
            _normals(key, step * n, kicks)
        for i in range(n):
            v[i] += step_over_tau_m * (drive[i] + u[i] - v[i] + noise * kicks[i])

        n_pending = 0
        for i in range(n):
            if v[i] > v_th:
                v[i] = v_reset
                pending[n_pending] = i
                n_pending += 1
                counts[i] += 1
        if recording:
            for k in range(n_pending):
                spike_steps[n_recorded] = step
                spike_ids[n_recorded] = pending[k]
                n_recorded += 1
    return n_steps, n_recorded, n_pending
