"""Complete training tasks: network, cue, window and targets put together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from src_part1.parameters import TrialTiming
from src_part1.psth import moving_mean
from src_part1.recordings import Recordings
from src_part1.targets import sine_targets
from src_part1.validation import check_choice, check_integer, check_real, check_rng
from src_part2.connectivity import random_weights
from src_part2.parameters import LIFParameters, NetworkParameters
from src_part2.simulator import simulate
from src_part2.targets import chaotic_targets, ou_targets, recorded_targets
from src_part2.training import SpikingTask, run_frozen, train

TIMING = TrialTiming(800.0, 1000.0, 1000.0, 3000.0, 20.0)
"""Cue from 800 to 1000 ms, learning from 1000 to 3000 ms, every 20 ms."""


def untrained_input(neuron, network, weights, rng, *, duration=3000.0, settle=1000.0):
    """Measure the mean total input mu + u of each neuron of the untrained network.

    Parameters
    ----------
    neuron : LIFParameters
        The neuron.
    network : NetworkParameters
        The network.
    weights : array_like of shape (n_units, n_units)
        Its weights.
    rng : numpy.random.Generator
        Source of the noise.
    duration, settle : float, optional
        Simulated time, and how much of its beginning is left out (ms).

    Returns
    -------
    ndarray of shape (n_units,)
        Mean total input (voltage, dimensionless).
    """
    run = simulate(
        neuron, np.full(network.n_units, network.mean_input), duration, rng, weights=weights,
        traced=np.arange(network.n_units), trace_every=1.0, record_spikes=False,
    )
    return run.total_input[:, run.time >= settle].mean(axis=1)


def pattern_task(
    kind, neuron, network, rng, *, amplitude=None, time_scale=None, timing=TIMING, cue_sd=0.5
):
    """Make a task of one condition: every neuron gets a pattern of its own.

    The patterns modulate the mean input that each neuron has in the untrained network.

    Parameters
    ----------
    kind : {"sines", "ou", "chaos"}
        Sines with random phases, smoothed Ornstein-Uhlenbeck paths, or the rates of a chaotic
        rate network.
    neuron : LIFParameters
        The neuron; its ``tau_syn`` has to be slow for learning to work well.
    network : NetworkParameters
        Size, coupling and mean input.
    rng : numpy.random.Generator
        Source of weights, noise, patterns and cue.
    amplitude : float, optional
        Amplitude of the sines, or standard deviation of the other patterns (voltage).
    time_scale : float, optional
        Period of the sines, tau of the paths, or tau of the rate network (ms).
    timing : TrialTiming, optional
        Cue and learning window.
    cue_sd : float, optional
        Standard deviation of the cue over neurons (voltage).

    Returns
    -------
    task : SpikingTask
        The task.
    weights : ndarray of shape (n_units, n_units)
        Untrained weights [post, pre].

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """
    check_choice("kind", kind, ("sines", "ou", "chaos"))
    check_rng("rng", rng)
    check_real("cue_sd", cue_sd, at_least=0)
    n, time = network.n_units, timing.update_times - timing.learn_on
    weights = random_weights(network, rng)
    mean = untrained_input(neuron, network, weights, rng)
    chosen = {} if amplitude is None else {"amplitude": amplitude}
    if kind == "sines":
        chosen = {"amplitude": 0.5, "period": time_scale or 2000.0, "offset": 0.0, **chosen}
        modulation = sine_targets(n, time, rng, **chosen)
    elif kind == "ou":
        modulation = ou_targets(n, time, rng, tau=time_scale or 400.0, **chosen)
    else:
        modulation = chaotic_targets(n, time, rng, tau=time_scale or 40.0, **chosen)
    cue = cue_sd * rng.standard_normal((1, n))
    mean_input = np.full(n, network.mean_input)
    return SpikingTask(neuron, mean_input, timing, (mean[:, None] + modulation)[None], cue), weights


@dataclass(frozen=True, eq=False)
class RecordedTask:
    """A training task made from recordings, and the recordings to compare with.

    Attributes
    ----------
    task : SpikingTask
        Targets of the total input, one cue for each condition.
    recordings : Recordings
        The rates that the neurons shall reproduce, neuron by neuron.
    weights : ndarray of shape (n_neurons, n_neurons)
        Untrained weights [post, pre].
    first_bin : float
        Time in the trial of the first recorded time point (ms).
    """

    task: SpikingTask
    recordings: Recordings
    weights: np.ndarray
    first_bin: float


def recorded_task(
    recordings, neuron, rng, *, coupling=1.0, settle=100.0, learn_every=20.0, cue_sd=0.5
):
    """Make a task in which each neuron follows one recorded neuron in every condition.

    A trial begins with 800 ms of rest and 200 ms of the condition's cue. For the time
    ``settle`` the target stays at the first recorded bin, then it follows the recording. Each
    neuron's mean input is the mean of its targets, so that the synapses have to deliver the
    modulation alone.

    Parameters
    ----------
    recordings : Recordings
        Rates in Hz.
    neuron : LIFParameters
        The neuron.
    rng : numpy.random.Generator
        Source of weights and cues.
    coupling : float, optional
        The untrained weights have standard deviation ``coupling / sqrt(n_neurons)``.
    settle : float, optional
        Time between the end of the cue and the first recorded bin (ms).
    learn_every : float, optional
        Time between two updates (ms).
    cue_sd : float, optional
        Standard deviation of the cues over neurons (voltage).

    Returns
    -------
    RecordedTask
        Task, recordings and untrained weights.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """
    check_rng("rng", rng)
    check_real("settle", settle, unit="ms", at_least=0)
    check_real("learn_every", learn_every, unit="ms", above=0)
    check_real("cue_sd", cue_sd, at_least=0)
    n = recordings.n_neurons
    span = settle + float(recordings.time[-1] - recordings.time[0])
    n_updates = int(span / learn_every + 1e-9) + 1
    timing = replace(
        TIMING, learn_off=TIMING.learn_on + n_updates * learn_every, learn_every=learn_every
    )
    since_first_bin = timing.update_times - timing.learn_on - settle
    targets = recorded_targets(recordings, neuron, since_first_bin)
    weights = random_weights(NetworkParameters(n, coupling), rng)
    cues = cue_sd * rng.standard_normal((recordings.n_conditions, n))
    task = SpikingTask(neuron, targets.mean(axis=(0, 2)), timing, targets, cues)
    return RecordedTask(task, recordings, weights, timing.learn_on + settle)


def simulated_psth(recorded, weights, rng, condition=0, *, n_trials=50, smoothing_bins=7):
    """Run frozen trials and turn their spikes into rates as the experimenters did.

    Parameters
    ----------
    recorded : RecordedTask
        The task.
    weights : array_like of shape (n_neurons, n_neurons)
        Recurrent weights [post, pre], frozen.
    rng : numpy.random.Generator
        Source of the noise.
    condition : int, optional
        Which cue is given.
    n_trials : int, optional
        Number of trials to average over.
    smoothing_bins : int, optional
        Half-width of the moving mean in bins of the recording.

    Returns
    -------
    ndarray of shape (n_neurons, n_time)
        Rate (Hz) in bins around the recorded time points, smoothed, to be compared with
        ``recordings.rates[condition]``.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """
    check_integer("n_trials", n_trials, at_least=1)
    n, n_time = recorded.task.n_units, recorded.recordings.n_time
    width = recorded.recordings.bin_width
    counts = np.zeros(n * n_time)
    for _ in range(n_trials):
        run = run_frozen(recorded.task, weights, rng, condition, traced=())
        index = np.floor((run.spike_times - recorded.first_bin) / width + 0.5).astype(int)
        inside = (index >= 0) & (index < n_time)
        cell = run.spike_ids[inside].astype(np.int64) * n_time + index[inside]
        counts += np.bincount(cell, minlength=n * n_time)
    rates = 1000.0 * counts.reshape(n, n_time) / (n_trials * width)
    return moving_mean(rates, smoothing_bins)


def warm_kernels():
    """Compile the kernels of this part by training a tiny network once."""
    rng = np.random.default_rng(0)
    timing = TrialTiming(10.0, 20.0, 20.0, 60.0, 20.0)
    neuron, network = LIFParameters(tau_syn=200.0), NetworkParameters(n_units=4)
    task, weights = pattern_task("sines", neuron, network, rng, timing=timing)
    train(task, weights, rng, n_loops=1, progress=False)
