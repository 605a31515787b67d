"""Trials: what acts on the network, what is written down, and the time steps between.

All times and bins count from the start of the trial. `src_part3.kernels` has the equations and the
loop. Because all plastic synapses share one time constant, ``u_p = w r`` holds at every step
although only spikes touch it (after a change of the weights the input that has already come in
stays what it was).
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
    check_finite,
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
    spike_steps: np.ndarray  # time steps of the Poisson spikes, in increasing order: one of step t
    spike_sources: np.ndarray  # acts from t to t + 1; and the neurons that spiked
    active: np.ndarray  # False for silenced neurons: reset at threshold, but no spike leaves them

    __repr__ = one_line

    def cue_at(self, step):
        """Input from the cue at a time step, shape (n_neurons,): 0 while it is off."""
        return self.cue if self.cue_on <= step < self.cue_off else np.zeros_like(self.cue)

    def check(self, network):
        """Refuse a network of another size: the kernel would write beyond its arrays."""
        n_neurons = network.parameters.n_neurons
        for name in ("baseline", "cue", "active", "bin_input"):
            shape = getattr(self, name).shape[-1:]
            if shape != (n_neurons,):
                raise ValueError(f"drive.{name} must have shape ({n_neurons},), got {shape}.")
        highest = self.spike_sources.max(initial=-1)
        if highest >= network.n_inputs:
            raise ValueError(
                f"drive.spike_sources must be below {network.n_inputs}, got {highest}."
            )


def make_drive(
    network, trial_parameters=None, *, cue=None, spikes=None, silenced=None, extra_input=None,
    bin_input=None,
):
    """Put together the `Drive` of one trial; arguments as in `run_trial`.

    ``spikes`` are time steps and sources, as ``draw_spikes`` returns them. A cue and ``bin_input``
    need ``trial_parameters``, which say when they act.
    """
    p, dtype = network.parameters, network.dtype
    baseline = network.external_input
    if extra_input is not None:
        extra = check_array("extra_input", extra_input, (p.n_neurons,))
        baseline = (p.external_input + extra).astype(dtype)
    if trial_parameters is None and not (cue is None and bin_input is None):
        raise ValueError("trial_parameters must say when cue and bin_input act, got None.")
    on = off = 0
    if cue is None:
        cue = np.zeros(p.n_neurons, dtype)
    else:
        cue = check_array("cue", cue, (p.n_neurons,), dtype=dtype)
        on = n_steps_of("TrialParameters.stim_on", trial_parameters.stim_on, p.dt)
        off = n_steps_of("TrialParameters.stim_off", trial_parameters.stim_off, p.dt)
    bin_steps = MOST_STEPS  # no bin ever begins
    if bin_input is None:
        bin_input = np.zeros((0, p.n_neurons), dtype)
    else:
        shape = n_bins_of(trial_parameters), p.n_neurons
        bin_input = check_array("bin_input", bin_input, shape, dtype=dtype)
        bin_steps = n_steps_of("TrialParameters.bin_width", trial_parameters.bin_width, p.dt)
    steps, sources = (np.zeros(0, np.int32),) * 2 if spikes is None else spikes
    steps, sources = (np.ascontiguousarray(a, dtype=np.int32) for a in (steps, sources))
    if steps.shape != sources.shape or steps.ndim != 1 or (np.diff(steps) < 0).any():
        raise ValueError("spikes must be two lists of equal length, the first in increasing order.")
    if sources.size and not 0 <= sources.min() <= sources.max() < network.n_inputs:
        raise ValueError(
            f"spikes must come from sources 0 to {network.n_inputs - 1}, "
            f"got {sources.min()} to {sources.max()}."
        )
    active = np.ones(p.n_neurons, np.bool_)
    if silenced is not None:
        active[check_index("silenced", silenced, p.n_neurons)] = False
    return Drive(baseline, cue, on, off, bin_input, bin_steps, steps, sources, active)


def n_bins_of(trial_parameters):
    """Number of bins of a trial, which must be a whole one."""
    return n_steps_of("TrialParameters.duration", trial_parameters.duration,
                      trial_parameters.bin_width, of="the width of a bin")


def draw_cues(network, trial_parameters, n_conditions, rng):
    """Draw a cue (voltage) for each condition, uniform in [-cue_amplitude, cue_amplitude)."""
    size = (n_conditions, network.parameters.n_neurons)
    return trial_parameters.cue_amplitude * rng.uniform(-1, 1, size)


class BalancedRecorder:
    """Collects spikes, what belongs to bins, and the inputs of chosen neurons, from step 0 on.

    ``spikes`` (time and neuron of each) and ``filtered`` spikes at the end of each bin are kept if
    they are asked for. Attributes, all but the last by bins of ``bin_width`` (ms):

    - ``counts`` (n_bins, n_neurons): spikes;
    - ``balanced``, ``plastic`` (n_bins, n_trained): sums over the ``bin_steps`` steps of the
      static, and of the plastic and feed-forward input of the trained neurons (voltage);
    - ``filtered_spikes`` (n_bins, n_neurons), ``filtered_feedforward`` (n_bins, n_inputs): spikes
      and Poisson spikes filtered by the plastic synapses (1/ms);
    - ``traces`` (n_trace_steps, n_probes, 4): excitatory, inhibitory and plastic input, and
      voltage, of the ``probes``; row ``t`` belongs to the time ``(t + 1) dt``.
    """

    def __init__(self, network, *, spikes=False, n_bins=0, bin_width=20.0, probes=(),
                 n_trace_steps=0, filtered=False):
        n_neurons, dtype = network.parameters.n_neurons, network.dtype
        n_bins = check_integer("n_bins", n_bins, at_least=0)
        n_trace_steps = check_integer("n_trace_steps", n_trace_steps, at_least=0)
        if filtered and network.plastic is None:
            raise ValueError("filtered must be False: without plastic synapses none filter spikes.")
        n_filtered = n_bins if filtered else 0
        self.probes = check_index("probes", probes, n_neurons).astype(np.int32)
        self.dt = network.parameters.dt
        self.bin_steps = n_steps_of("bin_width", bin_width, self.dt)
        self.counts = np.zeros((n_bins, n_neurons), np.uint16)
        self.balanced, self.plastic = np.zeros((2, n_bins, network.trained.size), dtype)
        self.filtered_spikes = np.zeros((n_filtered, n_neurons), dtype)
        self.filtered_feedforward = np.zeros((n_filtered, network.n_inputs), dtype)
        self.traces = np.zeros((n_trace_steps, self.probes.size, 4), dtype)
        self.n_spikes = 0
        self.buffer_steps = np.zeros(64 * n_neurons if spikes else 0, np.int32)
        self.buffer_neurons = np.zeros_like(self.buffer_steps)
        # What is not complete yet: sums over the present bin, and the E input of the probes.
        self._sums = np.zeros((2, network.n_exc), dtype)
        self._probe_exc = np.zeros(self.probes.size, dtype)

    @property
    def spike_times(self):
        """Times of the spikes (ms), in increasing order."""
        return (self.buffer_steps[: self.n_spikes] + 1) * self.dt

    @property
    def spike_neurons(self):
        """Neuron of each spike."""
        return self.buffer_neurons[: self.n_spikes]

    def check(self, network):
        """Refuse a network of another size or type: the kernel would write beyond its arrays."""
        sizes = network.parameters.n_neurons, network.n_exc, network.trained.size, network.n_inputs
        mine = (self.counts.shape[1], self._sums.shape[1], self.balanced.shape[1],
                self.filtered_feedforward.shape[1])
        if mine != sizes or self.traces.dtype != network.dtype:
            text = "{} neurons ({} E, {} trained) and {} inputs in {}".format
            raise ValueError(f"recorder must be made for {text(*sizes, network.dtype)}, "
                             f"got one for {text(*mine, self.traces.dtype)}.")

    def grow(self):
        """Double the room for spikes."""
        for name in ("buffer_steps", "buffer_neurons"):
            old = getattr(self, name)
            setattr(self, name, np.concatenate([old, np.zeros_like(old)]))

    def arrays(self):
        """What the kernel writes to."""
        return kernels.Recording(
            self.buffer_steps, self.buffer_neurons, self.bin_steps, self.counts, *self._sums,
            self.balanced, self.plastic, self.filtered_spikes, self.filtered_feedforward,
            self.probes, self._probe_exc, self.traces,
        )


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
    u_plastic: np.ndarray  # (n_exc,) or (0,): plastic and feed-forward input, 0 for untrained ones
    r_plastic: np.ndarray  # (n_neurons,) or (0,): spikes filtered by plastic synapses (1/ms)
    s_feedforward: np.ndarray  # (n_inputs,): the same for the Poisson neurons (1/ms)

    __repr__ = one_line

    def copy(self):
        """Return an independent copy."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        arrays = {k: value.copy() for k, value in values.items() if isinstance(value, np.ndarray)}
        return replace(self, **arrays)

    def check(self, network):
        """Refuse a network that this is not a state of."""
        for name, (size, dtype) in _state_arrays(network).items():
            array = getattr(self, name)
            if array.shape != (size,) or array.dtype != dtype:
                raise ValueError(
                    f"state.{name} must hold {size} numbers of type {dtype} for this network, "
                    f"got shape {array.shape} and type {array.dtype}."
                )


def _state_arrays(network):
    """Length and type of each array of a state."""
    n, dtype, has_plastic = network.parameters.n_neurons, network.dtype, network.plastic is not None
    sizes = {
        "v": n, "u_balanced": n, "u_plastic": network.n_exc * has_plastic,
        "r_plastic": n * has_plastic, "s_feedforward": network.n_inputs,
    }
    return {k: (size, dtype) for k, size in sizes.items()} | {"pending": (n, np.dtype(np.int32))}


def initial_state(network, rng):
    """The state at the start of a trial: voltages uniform between reset and threshold, else 0."""
    p = network.parameters
    arrays = {name: np.zeros(size, dtype) for name, (size, dtype) in _state_arrays(network).items()}
    arrays["v"][:] = p.v_reset + (p.v_th - p.v_reset) * rng.random(p.n_neurons)
    return BalancedNetworkState(step=0, n_pending=0, **arrays)


def advance(network, state, n_steps, *, weights=None, drive=None, recorder=None):
    """Advance a network by some time steps, changing ``state`` and ``recorder`` in place.

    Twice by n steps gives the same as once by 2 n. ``weights`` are required if the network has
    plastic synapses. A FloatingPointError says that an input or a voltage is not finite.
    """
    check_type("network", network, BalancedNetwork)
    n_steps = check_integer("n_steps", n_steps, at_least=0)
    check_type("state", state, BalancedNetworkState).check(network)
    drive = make_drive(network) if drive is None else check_type("drive", drive, Drive)
    drive.check(network)
    recorder = BalancedRecorder(network) if recorder is None else recorder
    check_type("recorder", recorder, BalancedRecorder).check(network)
    plastic = _plastic(network, *network.check_weights(weights))
    constants, scratch = _constants(network), _scratch(network)
    static = kernels.Static(network.static.rows, network.static.targets, network.n_exc)
    arrays = kernels.Arrays(state.v, state.u_balanced, state.pending, state.u_plastic,
                            state.r_plastic, state.s_feedforward)
    last = state.step + n_steps
    for stop in (drive.cue_on, drive.cue_off, last):
        stop = min(stop, last)
        while state.step < stop:
            done, state.n_pending, recorder.n_spikes = kernels.advance_steps(
                state.step, stop - state.step, state.n_pending, recorder.n_spikes, constants,
                static, plastic, _outside(drive, state.step), arrays, scratch, recorder.arrays(),
            )
            state.step += done
            if state.step < stop:
                recorder.grow()
    if not (np.isfinite(state.v).all() and np.isfinite(state.u_plastic).all()):
        raise FloatingPointError(
            f"the network diverged before step {state.step}: an input or a voltage is not finite; "
            "look for weights that are not finite or far too large."
        )


def _constants(network):
    p = network.parameters
    values = (
        *(p.weights / p.tau_syn).ravel(), 1 - p.dt / p.tau_syn, 1 - p.dt / p.tau_plastic,
        p.dt / p.tau_m, p.v_th, p.v_reset, 1 / p.tau_plastic, 1,
    )
    return kernels.Constants(*np.array(values, dtype=network.dtype))


def _plastic(network, recurrent_weights, feedforward_weights):
    plastic = network.plastic
    if plastic is None:
        lists = (np.zeros(0, network.dtype), np.zeros(network.parameters.n_neurons + 1, np.int32),
                 np.zeros(0, np.int32))
    else:
        # Weights of one sender side by side: a spike reads them in one go.
        by_sender = recurrent_weights.reshape(-1)[plastic.out_slot]
        lists = by_sender, plastic.out_start, plastic.out_post
    return kernels.Plastic(*lists, feedforward_weights, network.trained)


def _outside(drive, step):
    first = np.searchsorted(drive.spike_steps, step)
    return kernels.Outside(drive.baseline, drive.cue_at(step), drive.bin_input, drive.bin_steps,
                           drive.active, drive.spike_steps[first:], drive.spike_sources[first:])


def _scratch(network):
    n_neurons, n_words = network.parameters.n_neurons, network.static.rows.shape[1]
    shapes = (8, n_words), (8, n_words), 16 * -(-n_neurons // 128)
    words = [np.zeros(shape, np.uint64) for shape in shapes]
    parts = [(w, w.view(np.uint8).reshape(-1)[:n_neurons]) for w in words]
    return kernels.Scratch(*sum(parts, ()), np.zeros(n_neurons, network.dtype))


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
    plastic_input: np.ndarray  # (n_bins, n_trained): plastic and feed-forward input (voltage)
    filtered_spikes: np.ndarray  # (n_bins, n_neurons): by the plastic synapses (1/ms)
    filtered_feedforward: np.ndarray  # (n_bins, n_inputs): the same of the Poisson neurons
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
    filtered=False, after_bin=None,
):
    """Run one trial from random voltages.

    Parameters
    ----------
    network : BalancedNetwork
        The network.
    trial_parameters : TrialParameters
        Times of the trial, which lasts a whole number of bins.
    rng : numpy.random.Generator
        Randomness of the first voltages and of the feed-forward spikes.
    weights : PlasticWeights, optional
        Weights of the plastic synapses.
    cue : array_like, shape (n_neurons,), optional
        Input during the cue (voltage); none by default.
    feedforward_rates : FeedforwardRates, optional
        Rates of the Poisson neurons; they are silent by default.
    condition : int, optional
        Which set of these rates.
    silenced : array_like of int, optional
        Neurons that do not spike.
    extra_input : array_like, shape (n_neurons,), optional
        Added to the external input (voltage).
    bin_input : array_like, shape (n_bins, n_neurons), optional
        Added to the external input in each bin (voltage), for example a distractor.
    spikes : bool, optional
        Whether to keep all spikes.
    probes : array_like of int, optional
        Neurons whose inputs and voltage are kept at every step.
    filtered : bool, optional
        Whether to keep filtered spikes.
    after_bin : callable, optional
        Called as ``after_bin(b, state)`` at the end of bin b; `PlasticWeights` that it returns
        are the weights from then on.

    Returns
    -------
    Trial
        Counts and mean inputs by bin.

    Raises
    ------
    FloatingPointError
        If the input or the voltage of a neuron is not finite.

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
    check_type("network", network, BalancedNetwork)
    check_type("trial_parameters", trial_parameters, TrialParameters)
    rng = check_rng("rng", rng)
    check_flag("filtered", filtered)
    for array in network.check_weights(weights):
        check_finite("weights", array)
    dt, width = network.parameters.dt, trial_parameters.bin_width
    n_steps = n_steps_of("TrialParameters.duration", trial_parameters.duration, dt)
    bin_steps = n_steps_of("TrialParameters.bin_width", width, dt)
    n_bins = n_bins_of(trial_parameters)
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
    """Run independent trials on several cores and yield them in order.

    Parameters
    ----------
    network, trial_parameters
        As in :func:`run_trial`.
    n_trials : int
        Number of trials.
    rng : numpy.random.Generator
        Each trial gets a generator of its own, spawned from this one, so that neither order nor
        number of threads matters.
    n_threads : int, optional
        Number of threads; all cores by default.
    **options
        Passed to :func:`run_trial`, which checks them with the first trial.

    Yields
    ------
    Trial
        One trial after the other; only a few are held at a time.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import BalancedNetworkParameters, TrialParameters, build_network, run_trials
    >>> parameters = BalancedNetworkParameters(n_exc=200, n_inh=200, out_degree=80, mu_exc=0.4)
    >>> network = build_network(parameters, np.random.default_rng(0))
    >>> times = TrialParameters(duration=200.0, stim_on=0.0, stim_off=0.0)
    >>> trials = run_trials(network, times, 3, np.random.default_rng(1))
    >>> [trial.bin_counts.shape for trial in trials]
    [(10, 400), (10, 400), (10, 400)]
    """
    n_trials = check_integer("n_trials", n_trials, at_least=0)
    n_threads = os.cpu_count() if n_threads is None else n_threads
    n_threads = check_integer("n_threads", n_threads, at_least=1)
    generators = deque(check_rng("rng", rng).spawn(n_trials))
    return _yield_trials(network, trial_parameters, generators, n_threads, options)


def _yield_trials(network, trial_parameters, generators, n_threads, options):
    running = deque()
    with ThreadPoolExecutor(n_threads) as pool:
        while generators or running:
            while generators and len(running) < 2 * n_threads:
                own = generators.popleft()
                running.append(pool.submit(run_trial, network, trial_parameters, own, **options))
            yield running.popleft().result()
