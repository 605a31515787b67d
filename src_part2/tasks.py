"""Complete training tasks: network, cue, window and targets put together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.smoothing import moving_mean
from src_part1.common.validation import (
    check_choice,
    check_integer,
    check_real,
    check_rng,
    check_type,
)
from src_part1.parameters import TrialTiming
from src_part1.recordings import Recordings
from src_part1.targets import sine_targets
from src_part2.connectivity import random_weights
from src_part2.parameters import LIFNetworkParameters, LIFParameters
from src_part2.simulator import simulate
from src_part2.targets import chaotic_targets, ou_targets, recorded_targets
from src_part2.training import LIFTask, run_frozen

TIMING = TrialTiming(800.0, 1000.0, 1000.0, 3000.0, 20.0)
"""Cue from 800 to 1000 ms, learning from 1000 to 3000 ms, every 20 ms."""

KINDS = ("sines", "ou", "chaos")
"""The kinds of patterns that :func:`make_pattern_task` knows."""


def untrained_input(
    neuron_parameters, network_parameters, weights, rng, *, duration=3000.0, settle=1000.0
):
    """Measure the mean total input mu + u of each neuron of the untrained network."""
    check_type("network_parameters", network_parameters, LIFNetworkParameters)
    check_real("duration", duration, unit="ms", at_least=1)
    check_real("settle", settle, unit="ms", at_least=0, at_most=duration - 1)
    n = network_parameters.n_neurons
    run = simulate(
        neuron_parameters, np.full(n, network_parameters.mean_input), duration, rng,
        weights=weights, traced=np.arange(n), trace_every=1.0, record_spikes=False,
    )
    return run.total_input[:, run.time >= settle].mean(axis=1)


def make_pattern_task(
    kind, neuron_parameters, network_parameters, rng, *, amplitude=None, time_scale=None,
    timing=TIMING, cue_sd=0.5,
):
    """Make a task of one condition: every neuron gets a pattern of its own.

    The patterns modulate the mean input that each neuron has in the untrained network.

    Parameters
    ----------
    kind : {"sines", "ou", "chaos"}
        Sines with random phases, smoothed Ornstein-Uhlenbeck paths, or the rates of a chaotic
        rate network.
    neuron_parameters : LIFParameters
        The neuron; learning works well only if its ``tau_syn`` is slow.
    network_parameters : LIFNetworkParameters
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
    task : LIFTask
        The task.
    weights : ndarray of shape (n_neurons, n_neurons)
        Untrained weights [post, pre].

    Examples
    --------
    >>> import numpy as np
    >>> from src_part2 import (
    ...     LIFNetworkParameters, LIFParameters, TrialTiming, make_pattern_task)
    >>> rng, timing = np.random.default_rng(0), TrialTiming(100.0, 200.0, 200.0, 700.0, 20.0)
    >>> task, weights = make_pattern_task(
    ...     "sines", LIFParameters(tau_syn=100.0), LIFNetworkParameters(n_neurons=30), rng,
    ...     timing=timing)
    >>> task.targets.shape, weights.shape
    ((1, 30, 25), (30, 30))
    """
    check_choice("kind", kind, KINDS)
    check_type("neuron_parameters", neuron_parameters, LIFParameters)
    check_type("network_parameters", network_parameters, LIFNetworkParameters)
    check_type("timing", timing, TrialTiming)
    check_rng("rng", rng)
    check_real("cue_sd", cue_sd, at_least=0)
    chosen = {}
    if amplitude is not None:
        chosen["amplitude"] = check_real("amplitude", amplitude, at_least=0)
    if time_scale is not None:
        name = "period" if kind == "sines" else "tau"
        chosen[name] = check_real("time_scale", time_scale, unit="ms", above=0)
    n, time = network_parameters.n_neurons, timing.update_times - timing.learn_on
    weights = random_weights(network_parameters, rng)
    mean = untrained_input(neuron_parameters, network_parameters, weights, rng)
    if kind == "sines":
        usual = {"amplitude": 0.5, "period": 2000.0, "offset": 0.0}
        modulation = sine_targets(n, time, rng, **usual | chosen)
    elif kind == "ou":
        modulation = ou_targets(n, time, rng, **chosen)
    else:
        modulation = chaotic_targets(n, time, rng, **chosen)
    cue = cue_sd * rng.standard_normal((1, n))
    mean_input = np.full(n, network_parameters.mean_input)
    targets = (mean[:, None] + modulation)[None]
    return LIFTask(neuron_parameters, mean_input, timing, targets, cue), weights


@dataclass(frozen=True, eq=False)
class RecordedLIFTask:
    """A training task made from recordings, and the recordings to compare with.

    Attributes
    ----------
    task : LIFTask
        Targets of the total input, one cue for each condition.
    recordings : Recordings
        The rates that the neurons should reproduce, neuron by neuron.
    initial_weights : ndarray of shape (n_neurons, n_neurons)
        Untrained weights [post, pre].
    bin_times : ndarray of shape (n_time,)
        Where the recording's time points lie in a trial (ms from its start).
    """

    task: LIFTask
    recordings: Recordings
    initial_weights: np.ndarray
    bin_times: np.ndarray

    __repr__ = one_line


def make_task(
    recordings, neuron_parameters, rng, *, coupling=1.0, settle=100.0, learn_every=20.0,
    cue_sd=0.5,
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
    neuron_parameters : LIFParameters
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
    RecordedLIFTask
        Task, recordings and untrained weights.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part2 import LIFParameters, load_recordings, make_task
    >>> rng = np.random.default_rng(0)
    >>> recordings = load_recordings("synthetic").select(20, rng=rng)
    >>> recorded_task = make_task(recordings, LIFParameters(tau_syn=100.0), rng)
    >>> recorded_task.task.targets.shape[:2], recorded_task.initial_weights.shape
    ((2, 20), (20, 20))
    """
    check_type("recordings", recordings, Recordings)
    check_type("neuron_parameters", neuron_parameters, LIFParameters)
    check_rng("rng", rng)
    check_real("settle", settle, unit="ms", at_least=0)
    check_real("learn_every", learn_every, unit="ms", above=0)
    check_real("cue_sd", cue_sd, at_least=0)
    n, elapsed = recordings.n_neurons, recordings.time - recordings.time[0]
    n_updates = int((settle + float(elapsed[-1])) / learn_every + 1e-9) + 1
    timing = replace(
        TIMING, learn_off=TIMING.learn_on + n_updates * learn_every, learn_every=learn_every
    )
    since_first_bin = timing.update_times - timing.learn_on - settle
    targets = recorded_targets(recordings, neuron_parameters, since_first_bin)
    weights = random_weights(LIFNetworkParameters(n, coupling), rng)
    cues = cue_sd * rng.standard_normal((recordings.n_conditions, n))
    task = LIFTask(neuron_parameters, targets.mean(axis=(0, 2)), timing, targets, cues)
    return RecordedLIFTask(task, recordings, weights, timing.learn_on + settle + elapsed)


def simulated_psth(recorded_task, weights, rng, condition=0, *, n_trials=50):
    """Run frozen trials and turn their spikes into rates as the experimenters did.

    The bins and the moving mean over them are those that the record states.

    Parameters
    ----------
    recorded_task : RecordedLIFTask
        The task.
    weights : array_like of shape (n_neurons, n_neurons)
        Recurrent weights [post, pre], frozen.
    rng : numpy.random.Generator
        Source of the noise.
    condition : int, optional
        Which cue is given.
    n_trials : int, optional
        Number of trials to average over.

    Returns
    -------
    ndarray of shape (n_neurons, n_time)
        Rate (Hz) in bins around the recorded time points, smoothed, to be compared with
        ``recordings.rates[condition]``.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part2 import LIFParameters, load_recordings, make_task, simulated_psth
    >>> rng = np.random.default_rng(0)
    >>> recordings = load_recordings("synthetic").select(20, rng=rng)
    >>> recorded_task = make_task(recordings, LIFParameters(tau_syn=100.0), rng)
    >>> rates = simulated_psth(recorded_task, recorded_task.initial_weights, rng, n_trials=2)
    >>> rates.shape == recordings.rates[0].shape
    True
    """
    check_type("recorded_task", recorded_task, RecordedLIFTask)
    check_integer("n_trials", n_trials, at_least=1)
    task, recordings = recorded_task.task, recorded_task.recordings
    n, n_time, width = task.n_neurons, recordings.n_time, recordings.bin_width
    counts = np.zeros(n * n_time)
    for _ in range(n_trials):
        run = run_frozen(task, weights, rng, condition, traced=())
        since_first_bin = run.spike_times - recorded_task.bin_times[0]
        index = np.floor(since_first_bin / width + 0.5).astype(int)
        inside = (index >= 0) & (index < n_time)
        cell = run.spike_ids[inside].astype(np.int64) * n_time + index[inside]
        counts += np.bincount(cell, minlength=n * n_time)
    rates = 1000.0 * counts.reshape(n, n_time) / (n_trials * width)
    return moving_mean(rates, recordings.smoothing_bins)
