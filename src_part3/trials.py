"""Whole trials, one after the other or on all cores."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import (
    check_array,
    check_finite,
    check_flag,
    check_integer,
    check_real,
    check_rng,
    check_type,
)
from src_part3.drive import make_drive
from src_part3.feedforward import draw_spikes
from src_part3.parameters import TrialParameters
from src_part3.recorder import BalancedRecorder
from src_part3.simulator import advance
from src_part3.state import BalancedNetwork, initial_state


@dataclass(frozen=True, eq=False)
class Trial:
    """The activity of one trial; the statistics of Part 2 accept it like one of their own runs.

    Attributes
    ----------
    time : ndarray, shape (n_bins,)
        Start of each bin (ms from the start of the trial).
    bin_width : float
        Width of a bin (ms).
    bin_counts : ndarray of uint16, shape (n_bins, n_neurons)
        Spikes in each bin.
    balanced_input : ndarray, shape (n_bins, n_trained)
        Mean external and static input of the trained neurons in each bin, without cue and
        ``bin_input``.
    plastic_input : ndarray, shape (n_bins, n_trained)
        Mean plastic and feed-forward input.
    filtered_spikes : ndarray, shape (n_bins, n_neurons) or (0, n_neurons)
        Spikes of all neurons, filtered by the plastic synapses, at the end of each bin (1/ms), if
        they were asked for.
    filtered_feedforward : ndarray, shape (n_bins, n_inputs) or (0, n_inputs)
        The same of the Poisson neurons.
    recorder : BalancedRecorder
        Spikes and traces, if they were asked for.
    """

    time: np.ndarray
    bin_width: float
    bin_counts: np.ndarray
    balanced_input: np.ndarray
    plastic_input: np.ndarray
    filtered_spikes: np.ndarray
    filtered_feedforward: np.ndarray
    recorder: BalancedRecorder

    __repr__ = one_line

    @property
    def total_input(self):
        """Mean total input of the trained neurons in each bin, shape (n_bins, n_trained)."""
        return self.balanced_input + self.plastic_input

    @property
    def duration(self):
        """Duration of all bins together (ms)."""
        return self.bin_width * len(self.time)

    @property
    def n_neurons(self):
        """Number of neurons."""
        return self.bin_counts.shape[1]

    @property
    def counts(self):
        """Spikes of each neuron in all bins, shape (n_neurons,)."""
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
    bins_from=0.0, filtered=False, after_bin=None,
):
    """Run one trial from random voltages.

    Parameters
    ----------
    network : BalancedNetwork
        The network.
    trial_parameters : TrialParameters
        Times of the trial.
    rng : numpy.random.Generator
        Randomness of the first voltages and of the feed-forward spikes.
    weights : PlasticWeights, optional
        Weights of the plastic synapses.
    cue : array_like, shape (n_neurons,), optional
        Input during the cue; none by default.
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
    bins_from : float, optional
        Time at which the bins begin (ms); from there to the end the trial must be a whole number
        of them.
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
    TypeError, ValueError
        If an argument has a wrong type or value, or does not fit the network.
    FloatingPointError
        If the input or the voltage of a neuron is not finite at the end of a bin.
    """
    check_type("network", network, BalancedNetwork)
    check_type("trial_parameters", trial_parameters, TrialParameters)
    rng = check_rng("rng", rng)
    check_flag("filtered", filtered)
    for array in network.check_weights(weights):
        check_finite("weights", array)
    dt, duration, width = (
        network.parameters.dt, trial_parameters.duration, trial_parameters.bin_width
    )
    n_steps = n_steps_of("TrialParameters.duration", duration, dt)
    bin_steps = n_steps_of("TrialParameters.bin_width", width, dt)
    check_real("bins_from", bins_from, unit="ms", at_least=0, below=duration)
    first_step = n_steps_of("bins_from", bins_from, dt)
    n_bins = n_steps_of(
        f"TrialParameters.duration after {bins_from:g} ms", duration - bins_from, width,
        of="the width of a bin",
    )
    state = initial_state(network, rng)
    drawn = None if feedforward_rates is None else draw_spikes(feedforward_rates, condition, rng)
    drive = make_drive(network, trial_parameters, cue=cue, spikes=drawn, silenced=silenced,
                       extra_input=extra_input)
    if bin_input is not None:
        bin_input = check_array(
            "bin_input", bin_input, (n_bins, network.parameters.n_neurons), dtype=network.dtype
        )
    recorder = BalancedRecorder(
        network, spikes=spikes, n_bins=n_bins, bin_width=width, probes=probes,
        n_trace_steps=n_steps - first_step if len(probes) else 0, start=first_step,
    )
    trained = network.trained
    inputs = np.zeros((2, n_bins, trained.size), network.dtype)
    n_kept = n_bins if filtered else 0
    filtered_spikes = np.empty((n_kept, network.parameters.n_neurons), network.dtype)
    filtered_feedforward = np.empty((n_kept, network.n_inputs), network.dtype)
    advance(network, state, first_step, weights=weights, drive=drive, recorder=recorder)
    for b in range(n_bins):
        state.sum_balanced[:] = 0
        state.sum_plastic[:] = 0
        now = drive
        if bin_input is not None:
            now = replace(drive, baseline=drive.baseline + bin_input[b])
        advance(network, state, bin_steps, weights=weights, drive=now, recorder=recorder)
        if trained.size:
            inputs[0, b] = state.sum_balanced[trained] / bin_steps + drive.baseline[trained]
            inputs[1, b] = state.sum_plastic[trained] / bin_steps
        if filtered:
            filtered_spikes[b] = state.r_plastic
            filtered_feedforward[b] = state.s_feedforward
        if after_bin is not None:
            weights = after_bin(b, state) or weights
    time = bins_from + width * np.arange(n_bins)
    return Trial(
        time, width, recorder.counts, *inputs, filtered_spikes, filtered_feedforward, recorder
    )


def run_trials(network, trial_parameters, n_trials, rng, *, n_threads=None, **options):
    """Run independent trials on several cores and yield them in order.

    Parameters
    ----------
    network : BalancedNetwork
        The network.
    trial_parameters : TrialParameters
        Times of the trials.
    n_trials : int
        Number of trials.
    rng : numpy.random.Generator
        Each trial gets a generator of its own, spawned from this one, so that neither order nor
        number of threads matters.
    n_threads : int, optional
        Number of threads; all cores by default.
    **options
        Passed to :func:`run_trial`.

    Raises
    ------
    TypeError, ValueError
        At once if a number is wrong, with the first trial if an option is.

    Yields
    ------
    Trial
        One trial after the other; only a few are held at a time.
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
