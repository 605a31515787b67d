"""Simulator of LIF networks of any size: one neuron, two, or N, through one kernel.

``tau_m dv/dt = -v + mu + u + noise n`` and ``tau_syn du/dt = -u + sum_j w_j spikes_j``, forward
Euler. A spike acts one step after it happened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from src_part1.parameters import n_steps_of
from src_part1.validation import check_array, check_index, check_real, check_rng, check_type
from src_part2.kernels import _advance
from src_part2.parameters import LIFParameters

_SPIKE_BUFFER = 1 << 16
_NO_INDEX = np.empty(0, np.int64)
UNCONNECTED = np.empty((0, 0))


@dataclass
class NetworkState:
    """All that a network's future depends on, apart from its parameters and weights.

    Attributes
    ----------
    v, u, r : ndarray of shape (n_units,)
        Voltage, synaptic input, and spikes filtered with the synapse, in spikes per ms.
        With constant weights, ``u = weights @ r``.
    pending : ndarray of shape (n_units,), int64
        The first ``n_pending`` entries are the neurons whose spikes act in the next step.
    n_pending : int
        Number of pending spikes.
    counts : ndarray of shape (n_units,), int64
        Spikes of each neuron so far.
    step : int
        Steps made so far.
    key : numpy.uint64
        Key of the noise: the same key and step give the same noise.
    """

    v: np.ndarray
    u: np.ndarray
    r: np.ndarray
    pending: np.ndarray
    n_pending: int
    counts: np.ndarray
    step: int
    key: np.uint64

    def copy(self):
        """Return an independent copy, from which a run can be repeated.

        Returns
        -------
        NetworkState
            The copy.
        """
        arrays = {name: getattr(self, name).copy() for name in ("v", "u", "r", "pending", "counts")}
        return replace(self, **arrays)


def start_state(neuron, n_units, rng):
    """Return silent neurons at their reset voltage, with noise keyed by ``rng``.

    Parameters
    ----------
    neuron : LIFParameters
        The neuron.
    n_units : int
        Number of neurons.
    rng : numpy.random.Generator
        Source of the key of the noise (one 64-bit number).

    Returns
    -------
    NetworkState
        State at step 0.
    """
    check_rng("rng", rng)
    key = rng.integers(2**64, dtype=np.uint64)
    return NetworkState(
        np.full(n_units, float(neuron.v_reset)), np.zeros(n_units), np.zeros(n_units),
        np.zeros(n_units, np.int64), 0, np.zeros(n_units, np.int64), 0, np.uint64(key),
    )


class Recorder:
    """Collects the spikes and example traces of one run, and no more than asked for.

    Parameters
    ----------
    n_units : int
        Number of neurons.
    n_steps : int
        Length of the run in steps.
    spikes : bool, optional
        Record every spike.
    traced : ndarray of int64, optional
        Neurons whose voltage and synaptic input are sampled.
    trace_every : int, optional
        Steps between two samples; 0 samples nothing.
    """

    def __init__(self, n_units, n_steps, *, spikes=True, traced=_NO_INDEX, trace_every=0):
        size = max(_SPIKE_BUFFER, n_units) if spikes else 0
        self.spike_steps, self.spike_ids = np.empty(size, np.int64), np.empty(size, np.int32)
        self.chunks = []
        self.traced, self.trace_every = traced, trace_every
        n_samples = (n_steps + trace_every - 1) // trace_every if trace_every else 0
        self.trace_v, self.trace_u = np.empty((2, n_samples, traced.size))

    def keep(self, n_recorded):
        """Move the spikes of the buffer to where they are safe.

        Parameters
        ----------
        n_recorded : int
            Number of spikes in the buffer.
        """
        part = slice(n_recorded)
        self.chunks.append((self.spike_steps[part].copy(), self.spike_ids[part].copy()))

    def spikes(self):
        """Return all spikes in the order of time.

        Returns
        -------
        steps : ndarray of int64
            Step in which each spike happened.
        ids : ndarray of int32
            Neuron of each spike.
        """
        if not self.chunks:
            return np.empty(0, np.int64), np.empty(0, np.int32)
        steps, ids = zip(*self.chunks, strict=True)
        return np.concatenate(steps), np.concatenate(ids)


_NOTHING = Recorder(0, 0, spikes=False)


def advance(state, weights_by_pre, neuron, drive, n_steps, recorder=_NOTHING):
    """Advance a network by some steps; the unchecked building block of this module.

    Parameters
    ----------
    state : NetworkState
        Changed in place.
    weights_by_pre : ndarray of shape (n_units, n_units), float64, C-contiguous
        Weights [pre, post], that is, transposed: a spike then reads one row. With
        `UNCONNECTED` the neurons have no synapses.
    neuron : LIFParameters
        The neuron and its synapse.
    drive : ndarray of shape (n_units,), float64
        Constant input of each neuron meanwhile (mean input and cue).
    n_steps : int
        Number of steps.
    recorder : Recorder, optional
        Where spikes and traces go.
    """
    kicks = np.zeros(state.v.size)
    last = state.step + n_steps
    while state.step < last:
        made, n_recorded, state.n_pending = _advance(
            state.v, state.u, state.r, state.pending, state.n_pending,
            state.step, last - state.step, weights_by_pre, drive,
            neuron.dt / neuron.tau_m, 1.0 - neuron.dt / neuron.tau_syn, 1.0 / neuron.tau_syn,
            float(neuron.v_th), float(neuron.v_reset), float(neuron.noise), state.key, kicks,
            state.counts, recorder.spike_steps, recorder.spike_ids,
            recorder.traced, recorder.trace_every, recorder.trace_v, recorder.trace_u,
        )
        state.step += made
        if n_recorded:
            recorder.keep(n_recorded)


@dataclass(frozen=True)
class SpikingRun:
    """What :func:`simulate` recorded.

    Attributes
    ----------
    n_units : int
        Number of neurons.
    duration : float
        Simulated time (ms).
    mean_input : ndarray of shape (n_units,)
        Constant input mu (voltage, dimensionless).
    counts : ndarray of shape (n_units,), int64
        Number of spikes of each neuron.
    spike_times : ndarray of shape (n_spikes,)
        Time of each spike (ms), increasing; empty if spikes were not recorded.
    spike_ids : ndarray of shape (n_spikes,), int32
        Neuron of each spike.
    traced : ndarray of shape (n_traced,), int64
        Neurons of which there are traces.
    time : ndarray of shape (n_samples,)
        Times of the samples (ms), from 0 on.
    voltage : ndarray of shape (n_traced, n_samples)
        Voltage v.
    synaptic_input : ndarray of shape (n_traced, n_samples)
        Synaptic input u.
    """

    n_units: int
    duration: float
    mean_input: np.ndarray
    counts: np.ndarray
    spike_times: np.ndarray
    spike_ids: np.ndarray
    traced: np.ndarray
    time: np.ndarray
    voltage: np.ndarray
    synaptic_input: np.ndarray

    @property
    def total_input(self):
        """Mean plus synaptic input of the traced neurons, of shape (n_traced, n_samples)."""
        return self.mean_input[self.traced, None] + self.synaptic_input


def simulate(
    neuron, mean_input, duration, rng, *, weights=None, cue=None, stim_on=0.0, stim_off=0.0,
    traced=(), trace_every=None, record_spikes=True,
):
    """Run a network freely from silence, with a cue between ``stim_on`` and ``stim_off``.

    Parameters
    ----------
    neuron : LIFParameters
        The neuron and its synapse.
    mean_input : array_like of shape (n_units,)
        Constant input mu of each neuron; its length sets the number of neurons.
    duration : float
        Simulated time (ms), a whole multiple of ``neuron.dt``.
    rng : numpy.random.Generator
        Source of the key of the noise.
    weights : array_like of shape (n_units, n_units), optional
        Weights [post, pre]; none leaves the neurons unconnected.
    cue : array_like of shape (n_units,), optional
        Additional input while the cue is on.
    stim_on, stim_off : float, optional
        The cue acts in [stim_on, stim_off) (ms).
    traced : sequence of int, optional
        Neurons whose voltage and synaptic input are sampled.
    trace_every : float, optional
        Interval between two samples (ms), a whole multiple of ``neuron.dt``; each step by
        default.
    record_spikes : bool, optional
        Record all spikes; without, they are only counted.

    Returns
    -------
    SpikingRun
        Spikes and traces.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value.
    """
    check_type("neuron", neuron, LIFParameters)
    mean_input = check_array("mean_input", mean_input, ("n_units",))
    n, dt = mean_input.size, neuron.dt
    weights_by_pre = UNCONNECTED
    if weights is not None:
        weights_by_pre = np.ascontiguousarray(check_array("weights", weights, (n, n)).T)
    check_real("duration", duration, unit="ms", above=0)
    check_real("stim_on", stim_on, unit="ms", at_least=0)
    check_real("stim_off", stim_off, unit="ms", at_least=stim_on)
    cue = np.zeros(n) if cue is None else check_array("cue", cue, (n,))
    traced = check_index("traced", traced, n)
    trace_every = check_real("trace_every", dt if trace_every is None else trace_every, above=0)

    n_steps = n_steps_of("duration", duration, dt)
    every = n_steps_of("trace_every", trace_every, dt) if traced.size else 0
    recorder = Recorder(n, n_steps, spikes=record_spikes, traced=traced, trace_every=every)
    cue_on = min(n_steps, n_steps_of("stim_on", stim_on, dt))
    cue_off = min(n_steps, n_steps_of("stim_off", stim_off, dt))
    state = start_state(neuron, n, rng)
    for last, drive in ((cue_on, mean_input), (cue_off, mean_input + cue), (n_steps, mean_input)):
        advance(state, weights_by_pre, neuron, drive, last - state.step, recorder)
    steps, ids = recorder.spikes()
    return SpikingRun(
        n, float(duration), mean_input, state.counts, (steps + 1) * dt, ids, traced,
        np.arange(len(recorder.trace_v)) * every * dt, recorder.trace_v.T, recorder.trace_u.T,
    )
