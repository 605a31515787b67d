"""Simulator of LIF networks of any size: one neuron, two, or N, through one kernel.

``tau_m dv/dt = -v + mu + u + noise n`` and ``tau_syn du/dt = -u + sum_j w_j spikes_j``, forward
Euler. A spike acts one step after it happened.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import (
    check_array,
    check_flag,
    check_index,
    check_integer,
    check_kernel_array,
    check_real,
    check_type,
)
from src_part2.kernels import Neuron, State, _advance
from src_part2.parameters import LIFParameters
from src_part2.state import LIFNetworkState, LIFRecorder, start_state

_INTEGER = np.dtype(np.int64)
_UNCONNECTED = np.empty((0, 0))  # tells the kernel that there are no synapses
_NOTHING = LIFRecorder(0, 0, spikes=False)


def advance(
    neuron_parameters, state, n_steps, *, weights_by_pre, external_input, recorder=None
):
    """Advance a network by some steps; twice ``n_steps`` is the same as once twice as many.

    Parameters
    ----------
    neuron_parameters : LIFParameters
        The neuron and its synapse.
    state : LIFNetworkState
        Changed in place.
    n_steps : int
        Number of steps.
    weights_by_pre : ndarray of shape (n_neurons, n_neurons), float64, C-contiguous, or None
        Weights [pre, post], that is, transposed: a spike then reads one row. With ``None`` the
        neurons have no synapses.
    external_input : ndarray of shape (n_neurons,), float64, C-contiguous
        Constant input of each neuron meanwhile (mean input and cue).
    recorder : LIFRecorder, optional
        Where spikes and traces go; nothing is recorded without.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape, dtype or memory order, or the recorder is too
        short; nothing has changed then. Values that are not finite are not looked for.
    """
    check_type("neuron_parameters", neuron_parameters, LIFParameters)
    check_integer("n_steps", n_steps, at_least=0)
    weights_by_pre = _UNCONNECTED if weights_by_pre is None else weights_by_pre
    recorder = _NOTHING if recorder is None else recorder
    _check_arrays(state, weights_by_pre, external_input)
    _check_recorder(recorder, state, n_steps)
    neuron = _constants(neuron_parameters)
    kicks = np.zeros(state.v.size)
    last = state.step + n_steps
    while state.step < last:
        made, n_recorded, state.n_pending = _advance(
            neuron,
            State(state.v, state.u, state.r, state.pending, state.counts, state.n_pending,
                  state.step, state.key, kicks),
            last - state.step, weights_by_pre, external_input, recorder.buffers,
        )
        state.step += made
        if n_recorded:
            recorder.keep(n_recorded)


def _constants(parameters):
    dt, tau_m, tau_syn = float(parameters.dt), float(parameters.tau_m), float(parameters.tau_syn)
    return Neuron(
        step_over_tau_m=dt / tau_m,
        decay_syn=1.0 - dt / tau_syn,
        per_tau_syn=1.0 / tau_syn,
        v_th=float(parameters.v_th),
        v_reset=float(parameters.v_reset),
        noise=float(parameters.noise),
    )




def _check_arrays(state, weights_by_pre, external_input):
    """Refuse what the kernel, which does not look, would misread or write beyond."""
    check_type("state", state, LIFNetworkState)
    shape = (np.size(state.v),)
    check_kernel_array("state.v", state.v, shape, changed=True)
    check_kernel_array("state.u", state.u, shape, changed=True)
    check_kernel_array("state.r", state.r, shape, changed=True)
    check_kernel_array("state.pending", state.pending, shape, dtype=_INTEGER, changed=True)
    check_kernel_array("state.counts", state.counts, shape, dtype=_INTEGER, changed=True)
    if not 0 <= state.n_pending <= shape[0]:
        raise ValueError(f"state.n_pending must be 0 to {shape[0]}, got {state.n_pending}.")
    if state.step < 0:
        raise ValueError(f"state.step must be at least 0, got {state.step}.")
    check_type("state.key", state.key, np.uint64)
    if weights_by_pre is not _UNCONNECTED:
        check_kernel_array("weights_by_pre", weights_by_pre, 2 * shape)
    check_kernel_array("external_input", external_input, shape)


def _check_recorder(recorder, state, n_steps):
    if recorder is _NOTHING:
        return
    check_type("recorder", recorder, LIFRecorder)
    n_neurons, last = state.v.size, state.step + n_steps
    if recorder.n_neurons != n_neurons or recorder.n_steps < last:
        raise ValueError(
            f"recorder must be made for {n_neurons} neurons and at least {last} steps, "
            f"got one for {recorder.n_neurons} and {recorder.n_steps}."
        )


@dataclass(frozen=True, eq=False)
class SpikingRun:
    """What :func:`simulate` recorded.

    Attributes
    ----------
    n_neurons : int
        Number of neurons.
    duration : float
        Simulated time (ms).
    mean_input : ndarray of shape (n_neurons,)
        Constant input mu (voltage, dimensionless).
    counts : ndarray of shape (n_neurons,), int64
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

    n_neurons: int
    duration: float
    mean_input: np.ndarray
    counts: np.ndarray
    spike_times: np.ndarray
    spike_ids: np.ndarray
    traced: np.ndarray
    time: np.ndarray
    voltage: np.ndarray
    synaptic_input: np.ndarray

    __repr__ = one_line

    @property
    def total_input(self):
        """Mean plus synaptic input of the traced neurons, of shape (n_traced, n_samples)."""
        return self.mean_input[self.traced, None] + self.synaptic_input


def simulate(
    neuron_parameters, mean_input, duration, rng, *, weights=None, cue=None, stim_on=0.0,
    stim_off=0.0, traced=(), trace_every=None, record_spikes=True,
):
    """Run a network freely from silence, with a cue between ``stim_on`` and ``stim_off``.

    Parameters
    ----------
    neuron_parameters : LIFParameters
        The neuron and its synapse.
    mean_input : array_like of shape (n_neurons,)
        Constant input mu of each neuron; its length sets the number of neurons.
    duration : float
        Simulated time (ms), a whole multiple of ``neuron_parameters.dt``.
    rng : numpy.random.Generator
        Source of the key of the noise.
    weights : array_like of shape (n_neurons, n_neurons), optional
        Weights [post, pre]; without them the neurons are unconnected.
    cue : array_like of shape (n_neurons,), optional
        Additional input while the cue is on.
    stim_on, stim_off : float, optional
        The cue acts in [stim_on, stim_off) (ms).
    traced : sequence of int, optional
        Neurons whose voltage and synaptic input are sampled.
    trace_every : float, optional
        Interval between two samples (ms), a whole multiple of ``neuron_parameters.dt``; each
        step by default.
    record_spikes : bool, optional
        Record all spikes; if False, they are only counted.

    Returns
    -------
    SpikingRun
        Spikes and traces.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value.
    """
    check_type("neuron_parameters", neuron_parameters, LIFParameters)
    mean_input = check_array("mean_input", mean_input, ("n_neurons",))
    n, dt = mean_input.size, neuron_parameters.dt
    weights_by_pre = None
    if weights is not None:
        weights_by_pre = np.ascontiguousarray(check_array("weights", weights, (n, n)).T)
    check_real("duration", duration, unit="ms", above=0)
    check_real("stim_on", stim_on, unit="ms", at_least=0)
    check_real("stim_off", stim_off, unit="ms", at_least=stim_on)
    cue = np.zeros(n) if cue is None else check_array("cue", cue, (n,))
    traced = check_index("traced", traced, n)
    trace_every = dt if trace_every is None else trace_every
    check_real("trace_every", trace_every, unit="ms", above=0)
    check_flag("record_spikes", record_spikes)

    n_steps = n_steps_of("duration", duration, dt)
    every = n_steps_of("trace_every", trace_every, dt) if traced.size else 0
    cue_on = min(n_steps, n_steps_of("stim_on", stim_on, dt))
    cue_off = min(n_steps, n_steps_of("stim_off", stim_off, dt))
    recorder = LIFRecorder(n, n_steps, spikes=record_spikes, traced=traced, trace_every=every)
    state = start_state(neuron_parameters, n, rng)
    for last, external_input in (
        (cue_on, mean_input), (cue_off, mean_input + cue), (n_steps, mean_input),
    ):
        advance(
            neuron_parameters, state, last - state.step, weights_by_pre=weights_by_pre,
            external_input=external_input, recorder=recorder,
        )
    steps, ids = recorder.spikes()
    trace_v, trace_u = recorder.buffers.trace_v, recorder.buffers.trace_u
    return SpikingRun(
        n_neurons=n,
        duration=float(duration),
        mean_input=mean_input,
        counts=state.counts,
        spike_times=(steps + 1) * dt,
        spike_ids=ids,
        traced=traced,
        time=np.arange(len(trace_v)) * every * dt,
        voltage=trace_v.T,
        synaptic_input=trace_u.T,
    )
