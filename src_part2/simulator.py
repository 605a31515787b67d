"""Simulator of LIF networks of any size: one neuron, two, or N, through one kernel.

``tau_m dv/dt = -v + mu + u + noise sqrt(tau_m) xi(t)`` and ``tau_syn du/dt = -u + sum_j w_j
spikes_j``, forward Euler. A spike acts one step after it happened.
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
    check_real,
    check_rng,
    check_type,
)
from src_part2.kernels import Neuron, Recording, State, advance_network
from src_part2.parameters import LIFParameters

_SPIKE_BUFFER = 1 << 16
_UNCONNECTED = np.empty((0, 0))  # tells the kernel that there are no synapses


class LIFNetwork:
    """A network on its way from silence, and what is recorded of it.

    ``v`` are the voltages, ``u`` the synaptic inputs, ``r`` the spikes filtered with the synapse
    (1/ms), of shape (n_neurons,) each: with constant weights ``u = weights @ r``. The noise comes
    from ``rng``. ``spikes`` has them recorded, not only counted; samples of the ``traced`` neurons
    are taken every so many of ``n_steps`` steps.
    """

    def __init__(self, neuron_parameters, n_neurons, rng, *, spikes=False, traced=(),
                 trace_every=0, n_steps=0):
        p, n = neuron_parameters, n_neurons
        self.v, self.u, self.r = np.full(n, float(p.v_reset)), np.zeros(n), np.zeros(n)
        self.counts, self.step, self._rng = np.zeros(n, np.int64), 0, rng
        self._pending, self._n_pending = np.zeros(n, np.int64), 0  # they act in the next step
        self._neuron = Neuron(
            step_over_tau_m=p.dt / p.tau_m, decay_syn=1.0 - p.dt / p.tau_syn,
            per_tau_syn=1.0 / p.tau_syn, v_th=float(p.v_th), v_reset=float(p.v_reset),
            kick=p.noise * np.sqrt(p.dt / p.tau_m),
        )
        # One step's spikes have to fit: in each, the kernel returns when they might not.
        size = max(_SPIKE_BUFFER, n) if spikes else 0
        traced = np.asarray(traced, np.int64)
        n_samples = -(-n_steps // trace_every) if trace_every else 0
        trace_v, trace_u = np.empty((2, n_samples, traced.size))
        self.recording = Recording(
            np.empty(size, np.int64), np.empty(size, np.int32), traced, trace_every,
            trace_v, trace_u,
        )
        self._spikes = [(np.empty(0, np.int64), np.empty(0, np.int32))]

    def advance(self, last_step, weights_by_pre, external_input):
        """Go on to a step with constant input; in pieces it gives the same bits as at once.

        Weights are [pre, post], that is, transposed: a spike then reads one row. With None the
        neurons have no synapses.
        """
        weights_by_pre = _UNCONNECTED if weights_by_pre is None else weights_by_pre
        while self.step < last_step:
            made, n_recorded, self._n_pending = advance_network(
                self._neuron,
                State(self.v, self.u, self.r, self._pending, self.counts, self._n_pending,
                      self.step),
                self._rng, last_step - self.step, weights_by_pre, external_input, self.recording,
            )
            self.step += made
            part = slice(n_recorded)
            self._spikes.append(
                (self.recording.spike_steps[part].copy(), self.recording.spike_ids[part].copy())
            )

    def spikes(self):
        """Step and neuron of each recorded spike, in the order of time."""
        return tuple(np.concatenate(parts) for parts in zip(*self._spikes, strict=True))


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
        Source of the noise.
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

    Examples
    --------
    A neuron without noise, whose mean input lies above the threshold, fires regularly:

    >>> import numpy as np
    >>> from src_part2 import LIFParameters, simulate
    >>> run = simulate(LIFParameters(noise=0.0), [1.5], 50.0, np.random.default_rng(0))
    >>> run.spike_times.round(1)
    array([11., 22., 33., 44.])
    """
    check_type("neuron_parameters", neuron_parameters, LIFParameters)
    check_rng("rng", rng)
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
    network = LIFNetwork(
        neuron_parameters, n, rng, spikes=record_spikes, traced=traced, trace_every=every,
        n_steps=n_steps,
    )
    for last, external_input in (
        (cue_on, mean_input), (cue_off, mean_input + cue), (n_steps, mean_input),
    ):
        network.advance(last, weights_by_pre, external_input)
    steps, ids = network.spikes()
    trace_v, trace_u = network.recording.trace_v, network.recording.trace_u
    return SpikingRun(
        n_neurons=n,
        duration=float(duration),
        mean_input=mean_input,
        counts=network.counts,
        spike_times=(steps + 1) * dt,
        spike_ids=ids,
        traced=traced,
        time=np.arange(len(trace_v)) * every * dt,
        voltage=trace_v.T,
        synaptic_input=trace_u.T,
    )
