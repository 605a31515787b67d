"""Whole trials, one after the other or on all cores."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from src_part1.parameters import n_steps_of
from src_part1.validation import check_finite, check_integer, check_rng, check_type
from src_part3.drive import make_drive
from src_part3.feedforward import draw_spikes
from src_part3.parameters import TrialParameters
from src_part3.recorder import Recorder
from src_part3.simulator import advance
from src_part3.state import Network, initial_state


@dataclass(frozen=True, eq=False)
class Trial:
    """What one trial left behind; Part 2's statistics take it like a run of theirs.

    Attributes
    ----------
    time : ndarray, shape (n_bins,)
        Start of each bin (ms from the start of the trial).
    bin_width : float
        Width of a bin (ms).
    bin_counts : ndarray of uint16, shape (n_bins, n_neurons)
        Spikes in each bin.
    balanced_input : ndarray, shape (n_bins, n_trained)
        Mean external and static input of the trained neurons in each bin, without the cue.
    plastic_input : ndarray, shape (n_bins, n_trained)
        Mean plastic and feed-forward input.
    recorder : Recorder
        Spikes and traces, if they were asked for.
    """

    time: np.ndarray
    bin_width: float
    bin_counts: np.ndarray
    balanced_input: np.ndarray
    plastic_input: np.ndarray
    recorder: Recorder

    @property
    def total_input(self):
        """Mean total input of the trained neurons in each bin, shape (n_bins, n_trained)."""
        return self.balanced_input + self.plastic_input

    @property
    def duration(self):
        """Duration (ms)."""
        return self.bin_width * len(self.time)

    @property
    def n_units(self):
        """Number of neurons."""
        return self.bin_counts.shape[1]

    @property
    def counts(self):
        """Spikes of each neuron in the whole trial, shape (n_neurons,)."""
        return self.bin_counts.sum(axis=0, dtype=np.int64)

    @property
    def spike_times(self):
        """Times of the spikes (ms), in increasing order; empty if they were not recorded."""
        return self.recorder.spike_times

    @property
    def spike_ids(self):
        """Neuron of each spike."""
        return self.recorder.spike_neurons


def run_trial(network, trial, rng, *, weights=None, cue=None, feedforward=None, condition=0,
              silenced=None, extra_input=None, spikes=False, probes=()):
    """Run one trial from random voltages.

    Parameters
    ----------
    network : Network
        The network.
    trial : TrialParameters
        Times of the trial; its duration must be a whole number of bins.
    rng : numpy.random.Generator
        Randomness of the first voltages and of the feed-forward spikes.
    weights : PlasticWeights, optional
        Weights of the plastic synapses.
    cue : array_like, shape (n_neurons,), optional
        Input during the cue; none by default.
    feedforward : FeedforwardRates, optional
        Rates of the feed-forward neurons; they are silent by default.
    condition : int, optional
        Which set of these rates.
    silenced : array_like of int, optional
        Neurons that do not spike.
    extra_input : array_like, shape (n_neurons,), optional
        Added to the external input.
    spikes : bool, optional
        Whether to keep all spikes.
    probes : array_like of int, optional
        Neurons whose inputs and voltage are kept at every step.

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
    check_type("network", network, Network)
    check_type("trial", trial, TrialParameters)
    rng = check_rng("rng", rng)
    for array in network.check_weights(weights):
        check_finite("weights", array)
    p = network.parameters
    n_steps = n_steps_of("trial.duration", trial.duration, p.dt)
    bin_steps = n_steps_of("trial.bin_width", trial.bin_width, p.dt)
    n_bins = n_steps_of("trial.duration", trial.duration, trial.bin_width)
    state = initial_state(network, rng)
    drawn = None if feedforward is None else draw_spikes(feedforward, condition, rng)
    drive = make_drive(network, trial, cue=cue, spikes=drawn, silenced=silenced,
                       extra_input=extra_input)
    recorder = Recorder(network, spikes=spikes, n_bins=n_bins, bin_width=trial.bin_width,
                        probes=probes, n_trace_steps=n_steps if len(probes) else 0)
    trained = network.trained
    inputs = np.zeros((2, n_bins, trained.size), network.dtype)
    for b in range(n_bins):
        state.sum_balanced[:] = 0
        state.sum_plastic[:] = 0
        advance(network, state, bin_steps, drive=drive, weights=weights, recorder=recorder)
        if trained.size:
            inputs[0, b] = state.sum_balanced[trained] / bin_steps + drive.baseline[trained]
            inputs[1, b] = state.sum_plastic[trained] / bin_steps
    time = trial.bin_width * np.arange(n_bins)
    return Trial(time, trial.bin_width, recorder.counts, inputs[0], inputs[1], recorder)


def run_trials(network, trial, n_trials, rng, *, n_threads=None, **options):
    """Run independent trials on several cores and yield them in order.

    Parameters
    ----------
    network : Network
        The network.
    trial : TrialParameters
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
    return _yield_trials(network, trial, generators, n_threads, options)


def _yield_trials(network, trial, generators, n_threads, options):
    running = deque()
    with ThreadPoolExecutor(n_threads) as pool:
        while generators or running:
            while generators and len(running) < 2 * n_threads:
                own = generators.popleft()
                running.append(pool.submit(run_trial, network, trial, own, **options))
            yield running.popleft().result()
