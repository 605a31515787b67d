"""Trials: what acts on the network, what is written down, and the time steps between.

All times and bins count from the start of the trial. `src_part3.kernels` has the equations and the
loop. ``u_p = w r`` holds at every step although only spikes touch it, because all plastic synapses
share one time constant. Only `run_trial` and `run_trials` check what they are given.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.time_grid import MOST_STEPS, n_steps_of
from src_part1.common.validation import (
    check_array,
    check_flag,
    check_index,
    check_integer,
    check_rng,
    check_type,
)
from src_part3 import kernels
from src_part3.clock import draw_spikes
from src_part3.network import BalancedNetwork
from src_part3.parameters import TrialParameters


@dataclass(frozen=True, eq=False)
class Drive:
    """What acts on a network from outside in one trial; `make_drive` makes it."""

    baseline: np.ndarray  # (n_neurons,): constant external input (voltage)
    cue: np.ndarray  # (n_neurons,): added in steps cue_on to cue_off - 1
    cue_on: int
    cue_off: int
    bin_input: np.ndarray  # (n_bins, n_neurons) or no rows: added in each bin, from step 0 on
    bin_steps: int  # steps of such a bin
    spike_steps: np.ndarray  # time steps of the clock's spikes, in increasing order: one of step t
    spike_sources: np.ndarray  # acts from t to t + 1; and the clock's neurons that spiked
    active: np.ndarray  # False for silenced neurons: reset at threshold, but no spike leaves them

    __repr__ = one_line


def make_drive(
    network, trial_parameters=None, *, cue=None, spikes=None, silenced=None, extra_input=None,
    bin_input=None,
):
    """Put together the `Drive` of one trial; arguments as in `run_trial`.

    ``spikes`` are time steps and sources, as ``draw_spikes`` returns them. A cue and ``bin_input``
    need ``trial_parameters``, which say when they act.
    """
    p, times, dtype = network.parameters, trial_parameters, network.dtype
    baseline = network.external_input
    if extra_input is not None:
        baseline = (p.external_input + extra_input).astype(dtype)
    on, off = (0, 0) if cue is None else (round(t / p.dt) for t in (times.stim_on, times.stim_off))
    cue = np.zeros(p.n_neurons, dtype) if cue is None else np.ascontiguousarray(cue, dtype)
    if bin_input is None:
        bin_input, bin_steps = np.zeros((0, p.n_neurons), dtype), MOST_STEPS  # no bin ever begins
    else:
        bin_input = np.ascontiguousarray(bin_input, dtype)
        bin_steps = round(times.bin_width / p.dt)
    steps, sources = (np.ascontiguousarray(a, np.int32) for a in (spikes or ((), ())))
    active = np.ones(p.n_neurons, np.bool_)
    active[[] if silenced is None else silenced] = False
    return Drive(baseline, cue, on, off, bin_input, bin_steps, steps, sources, active)


class BalancedRecorder:
    """Collects spikes, what belongs to bins, and the inputs of chosen neurons, from step 0 on.

    ``spikes`` (time and neuron of each) and ``filtered`` spikes at the end of each bin are kept if
    they are asked for. Attributes, all but the last by bins of ``bin_width`` (ms):

    - ``counts`` (n_bins, n_neurons): spikes;
    - ``balanced``, ``plastic`` (n_bins, n_trained): sums over the ``bin_steps`` steps of the
      static, and of the plastic and the clock's input of the trained neurons (voltage);
    - ``filtered_spikes`` (n_bins, n_neurons), ``filtered_feedforward`` (n_bins, n_inputs): spikes
      of the network and of the clock, filtered by the plastic synapses (1/ms);
    - ``traces`` (n_trace_steps, n_probes, 4): excitatory, inhibitory and plastic input, and
      voltage, of the ``probes``; row ``t`` belongs to the time ``(t + 1) dt``.
    """

    def __init__(self, network, *, spikes=False, n_bins=0, bin_width=20.0, probes=(),
                 n_trace_steps=0, filtered=False):
        n_neurons, dtype = network.parameters.n_neurons, network.dtype
        n_filtered = n_bins if filtered else 0
        self.probes = np.array(probes, np.int32)
        self.dt = network.parameters.dt
        self.bin_steps = round(bin_width / self.dt)
        self.counts = np.zeros((n_bins, n_neurons), np.uint16)
        self.balanced, self.plastic = np.zeros((2, n_bins, network.trained.size), dtype)
        self.filtered_spikes = np.zeros((n_filtered, n_neurons), dtype)
        self.filtered_feedforward = np.zeros((n_filtered, network.n_inputs), dtype)
        self.traces = np.zeros((n_trace_steps, self.probes.size, 4), dtype)
        self.n_spikes = 0
        self.buffer_steps = np.zeros(64 * n_neurons if spikes else 0, np.int32)
        self.buffer_neurons = np.zeros_like(self.buffer_steps)
        # What is not complete yet: sums over the present bin, and the E input of the probes.
        self.sums = np.zeros((2, network.n_exc), dtype)
        self.probe_exc = np.zeros(self.probes.size, dtype)

    @property
    def spike_times(self):
        """Times of the spikes (ms), in increasing order."""
        return (self.buffer_steps[: self.n_spikes] + 1) * self.dt

    @property
    def spike_neurons(self):
        """Neuron of each spike."""
        return self.buffer_neurons[: self.n_spikes]

    def grow(self):
        """Double the room for spikes."""
        for name in ("buffer_steps", "buffer_neurons"):
            old = getattr(self, name)
            setattr(self, name, np.concatenate([old, np.zeros_like(old)]))


@dataclass(eq=False)
class BalancedNetworkState:
    """Everything that changes during a simulation; advanced in place."""

    step: int  # time steps since the start of the trial
    v: np.ndarray  # (n_neurons,): voltage
    u_balanced: np.ndarray  # (n_neurons,): input through static synapses
    # Its first n_pending entries are the neurons that spiked in the last step; the spikes act in
    # the next one, on u_balanced, u_plastic and r_plastic alike.
    pending: np.ndarray
    n_pending: int
    u_plastic: np.ndarray  # (n_exc,) or (0,): plastic and clock's input, 0 for untrained ones
    r_plastic: np.ndarray  # (n_neurons,) or (0,): spikes filtered by plastic synapses (1/ms)
    s_feedforward: np.ndarray  # (n_inputs,): the same for the clock's neurons (1/ms)

    __repr__ = one_line

    def copy(self):
        """Return an independent copy."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        arrays = {k: value.copy() for k, value in values.items() if isinstance(value, np.ndarray)}
        return replace(self, **arrays)


def initial_state(network, rng):
    """The state at the start of a trial: voltages uniform between reset and threshold, else 0."""
    p, dtype, has_plastic = network.parameters, network.dtype, network.plastic is not None
    v = np.empty(p.n_neurons, dtype)
    v[:] = p.v_reset + (p.v_th - p.v_reset) * rng.random(p.n_neurons)
    return BalancedNetworkState(
        step=0, v=v, u_balanced=np.zeros(p.n_neurons, dtype),
        pending=np.zeros(p.n_neurons, np.int32), n_pending=0,
        u_plastic=np.zeros(network.n_exc * has_plastic, dtype),
        r_plastic=np.zeros(p.n_neurons * has_plastic, dtype),
        s_feedforward=np.zeros(network.n_inputs, dtype),
    )


def advance(network, state, n_steps, *, weights=None, drive=None, recorder=None):
    """Advance a network by some time steps, changing ``state`` and ``recorder`` in place.

    Twice by n steps gives the same as once by 2 n. ``weights`` are required if the network has
    plastic synapses. A FloatingPointError says that an input or a voltage is not finite. State,
    drive and recorder must have been made for this very network: nothing is checked here.
    """
    p, plastic, dtype = network.parameters, network.plastic, network.dtype
    drive = make_drive(network) if drive is None else drive
    recorder = BalancedRecorder(network) if recorder is None else recorder
    constants = kernels.Constants(*np.array((
        *(p.weights / p.tau_syn).ravel(), 1 - p.dt / p.tau_syn, 1 - p.dt / p.tau_plastic,
        p.dt / p.tau_m, p.v_th, p.v_reset, 1 / p.tau_plastic, 1,
    ), dtype))
    static = kernels.Static(network.static.rows, network.static.targets, network.n_exc)
    if plastic is None:
        synapses = kernels.Plastic(
            np.zeros(0, dtype), np.zeros(p.n_neurons + 1, np.int32), np.zeros(0, np.int32),
            np.zeros((0, 0), dtype), network.trained,
        )
    else:
        # Weights of one sender side by side: a spike reads them in one go.
        recurrent = np.asarray(weights.recurrent_weights, dtype).reshape(-1)[plastic.out_slot]
        feedforward = np.ascontiguousarray(weights.feedforward_weights, dtype)
        synapses = kernels.Plastic(recurrent, plastic.out_start, plastic.out_post, feedforward,
                                   network.trained)
    arrays = kernels.Arrays(state.v, state.u_balanced, state.pending, state.u_plastic,
                            state.r_plastic, state.s_feedforward)
    n_words = network.static.rows.shape[1]
    shapes = (8, n_words), (8, n_words), 16 * -(-p.n_neurons // 128)
    words = [np.zeros(shape, np.uint64) for shape in shapes]
    counters = [(w, w.view(np.uint8).reshape(-1)[: p.n_neurons]) for w in words]
    scratch = kernels.Scratch(*sum(counters, ()), np.zeros(p.n_neurons, dtype))
    last = state.step + n_steps
    for stop in (drive.cue_on, drive.cue_off, last):
        stop = min(stop, last)
        while state.step < stop:
            is_cued = drive.cue_on <= state.step < drive.cue_off
            first = np.searchsorted(drive.spike_steps, state.step)
            outside = kernels.Outside(
                drive.baseline, drive.cue if is_cued else np.zeros_like(drive.cue),
                drive.bin_input, drive.bin_steps, drive.active, drive.spike_steps[first:],
                drive.spike_sources[first:],
            )
            recording = kernels.Recording(
                recorder.buffer_steps, recorder.buffer_neurons, recorder.bin_steps,
                recorder.counts, *recorder.sums, recorder.balanced, recorder.plastic,
                recorder.filtered_spikes, recorder.filtered_feedforward, recorder.probes,
                recorder.probe_exc, recorder.traces,
            )
            done, state.n_pending, recorder.n_spikes = kernels.advance_steps(
                state.step, stop - state.step, state.n_pending, recorder.n_spikes, constants,
                static, synapses, outside, arrays, scratch, recording,
            )
            state.step += done
            if state.step < stop:
                recorder.grow()
    if not (np.isfinite(state.v).all() and np.isfinite(state.u_plastic).all()):
        raise FloatingPointError(
            f"the network diverged before step {state.step}: an input or a voltage is not finite; "
            "look for weights that are not finite or far too large."
        )


@dataclass(frozen=True, eq=False)
class Trial:
    """The activity of one trial; the statistics of Part 2 accept it like one of their own runs.

    All times count from the start of the trial, where the bins begin. Inputs are means over a bin
    and filtered spikes those at its end; filtered spikes, spikes and traces are there if they were
    asked for.
    """

    time: np.ndarray  # (n_bins,): start of each bin (ms)
    bin_width: float  # (ms)
    bin_counts: np.ndarray  # (n_bins, n_neurons): spikes in each bin
    # (n_bins, n_trained): external and static input, without cue and bin_input (voltage)
    balanced_input: np.ndarray
    plastic_input: np.ndarray  # (n_bins, n_trained): plastic and clock's input (voltage)
    filtered_spikes: np.ndarray  # (n_bins, n_neurons): by the plastic synapses (1/ms)
    filtered_feedforward: np.ndarray  # (n_bins, n_inputs): the same of the clock's neurons
    recorder: BalancedRecorder  # spikes and traces

    __repr__ = one_line

    @property
    def total_input(self):
        """Mean total input of the trained neurons in each bin, shape (n_bins, n_trained)."""
        return self.balanced_input + self.plastic_input

    @property
    def duration(self):
        """Duration of the trial (ms)."""
        return self.bin_width * len(self.time)

    @property
    def n_neurons(self):
        """Number of neurons."""
        return self.bin_counts.shape[1]

    @property
    def counts(self):
        """Spikes of each neuron in the trial, shape (n_neurons,)."""
        return self.bin_counts.sum(axis=0, dtype=np.int64)

    @property
    def spike_times(self):
        """Times of the spikes (ms), in increasing order; empty if they were not recorded."""
        return self.recorder.spike_times

    @property
    def spike_ids(self):
        """Neuron of each spike."""
        return self.recorder.spike_neurons


def run_trial(
    network, trial_parameters, rng, *, weights=None, cue=None, feedforward_rates=None,
    condition=0, silenced=None, extra_input=None, bin_input=None, spikes=False, probes=(),
    filtered=False,
):
    """Run one trial from random voltages.

    Parameters
    ----------
    network : BalancedNetwork
        The network.
    trial_parameters : TrialParameters
        Times of the trial, which lasts a whole number of bins.
    rng : numpy.random.Generator
        Randomness of the first voltages and of the clock's spikes.
    weights : PlasticWeights, optional
        Weights of the plastic synapses.
    cue : array_like, shape (n_neurons,), optional
        Input during the cue (voltage); none by default.
    feedforward_rates : FeedforwardRates, optional
        Rates of the clock's neurons; they are silent by default.
    condition : int, optional
        Which set of these rates.
    silenced : array_like of int, optional
        Neurons that do not spike.
    extra_input : array_like, shape (n_neurons,), optional
        Added to the external input (voltage).
    bin_input : array_like, shape (n_bins, n_neurons), optional
        Added to the external input in each bin (voltage), for example a distractor.
    spikes, filtered : bool, optional
        Whether to keep all spikes, and filtered spikes at the ends of bins.
    probes : array_like of int, optional
        Neurons whose inputs and voltage are kept at every step.

    Returns
    -------
    Trial
        Counts and mean inputs by bin.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import BalancedNetworkParameters, TrialParameters, build_network
    >>> from src_part3 import firing_rates, run_trial
    >>> parameters = BalancedNetworkParameters(n_exc=200, n_inh=200, out_degree=80, mu_exc=0.4)
    >>> network = build_network(parameters, np.random.default_rng(0))
    >>> times = TrialParameters(duration=500.0, stim_on=100.0, stim_off=200.0)
    >>> cue = np.where(np.arange(400) < 200, 0.5, 0.0)  # to all E neurons
    >>> trial = run_trial(network, times, np.random.default_rng(1), cue=cue, spikes=True)
    >>> trial.bin_counts.shape, float(trial.time[-1])
    ((25, 400), 480.0)
    >>> bool(trial.bin_counts[5:10, :200].mean() > trial.bin_counts[:5, :200].mean())
    True
    >>> firing_rates(trial, start=200.0).shape  # after the cue
    (400,)
    """
    check_rng("rng", rng)
    options = {
        "weights": weights, "cue": cue, "feedforward_rates": feedforward_rates,
        "condition": condition, "silenced": silenced, "extra_input": extra_input,
        "bin_input": bin_input, "spikes": spikes, "probes": probes, "filtered": filtered,
    }
    _check_trial(network, trial_parameters, **options)
    return simulate_trial(network, trial_parameters, rng, **options)


def _check_trial(network, trial_parameters, *, weights=None, condition=0, feedforward_rates=None,
                 silenced=None, probes=(), filtered=False, **others):
    """Check what `run_trial` is given."""
    check_type("network", network, BalancedNetwork)
    times = check_type("trial_parameters", trial_parameters, TrialParameters)
    network.check_weights(weights)
    n_neurons, dt = network.parameters.n_neurons, network.parameters.dt
    for name in ("duration", "bin_width", "stim_on", "stim_off"):
        n_steps_of(f"TrialParameters.{name}", getattr(times, name), dt)
    n_bins = n_steps_of("TrialParameters.duration", times.duration, times.bin_width,
                        of="the width of a bin")
    shapes = {"cue": (n_neurons,), "extra_input": (n_neurons,), "bin_input": (n_bins, n_neurons)}
    for name, shape in shapes.items():
        if others.get(name) is not None:
            check_array(name, others[name], shape)
    if feedforward_rates is not None:
        check_integer("condition", condition, at_least=0, at_most=len(feedforward_rates.rates) - 1)
    check_index("silenced", () if silenced is None else silenced, n_neurons)
    check_index("probes", probes, n_neurons)
    if check_flag("filtered", filtered) and network.plastic is None:
        raise ValueError("filtered must be False: without plastic synapses none filter spikes.")


def simulate_trial(
    network, trial_parameters, rng, *, weights=None, cue=None, feedforward_rates=None,
    condition=0, silenced=None, extra_input=None, bin_input=None, spikes=False, probes=(),
    filtered=False, after_bin=None,
):
    """Run one trial as `run_trial` does, which checks what it is given.

    ``after_bin(b, state)`` is called at the end of bin b; `PlasticWeights` that it returns are the
    weights from then on.
    """
    dt, width = network.parameters.dt, trial_parameters.bin_width
    n_steps, bin_steps = round(trial_parameters.duration / dt), round(width / dt)
    n_bins = n_steps // bin_steps
    drive = make_drive(network, trial_parameters, cue=cue, silenced=silenced,
                       extra_input=extra_input, bin_input=bin_input)
    recorder = BalancedRecorder(
        network, spikes=spikes, n_bins=n_bins, bin_width=width, probes=probes,
        n_trace_steps=n_steps if len(probes) else 0, filtered=filtered,
    )
    state = initial_state(network, rng)
    if feedforward_rates is not None:
        steps, sources = draw_spikes(feedforward_rates, condition, rng)
        drive = replace(drive, spike_steps=steps, spike_sources=sources)
    if after_bin is None:
        if not filtered:  # nobody would see them, and they take a tenth of the time
            state.r_plastic = state.r_plastic[:0]
        advance(network, state, n_steps, weights=weights, drive=drive, recorder=recorder)
    else:
        for b in range(n_bins):
            advance(network, state, bin_steps, weights=weights, drive=drive, recorder=recorder)
            weights = after_bin(b, state) or weights
    return Trial(
        width * np.arange(n_bins), width, recorder.counts,
        recorder.balanced / bin_steps + drive.baseline[network.trained],
        recorder.plastic / bin_steps, recorder.filtered_spikes, recorder.filtered_feedforward,
        recorder,
    )


def run_trials(network, trial_parameters, n_trials, rng, *, n_threads=None, **options):
    """Run independent trials on several cores and yield them in order, a few at a time.

    ``options`` are those of `run_trial`. Each trial gets a generator of its own, spawned from
    ``rng``, so that neither order nor number of threads (all cores by default) matters.
    """
    check_integer("n_trials", n_trials, at_least=0)
    n_threads = os.cpu_count() if n_threads is None else n_threads
    check_integer("n_threads", n_threads, at_least=1)
    check_rng("rng", rng)
    _check_trial(network, trial_parameters, **options)
    return _yield_trials(network, trial_parameters, rng.spawn(n_trials), n_threads, options)


def _yield_trials(network, trial_parameters, generators, n_threads, options):
    running = deque()
    with ThreadPoolExecutor(n_threads) as pool:
        for own in generators:
            running.append(pool.submit(simulate_trial, network, trial_parameters, own, **options))
            if len(running) == 2 * n_threads:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
