"""A recorded population as a task: each unit follows one recorded neuron, in every condition."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy

from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import check_array, check_real, check_rng, check_type
from src_part1.connectivity import random_weights
from src_part1.parameters import RateNetworkParameters, TrialTiming
from src_part1.recordings import Recordings
from src_part1.training import RateTask, run_frozen


@dataclass(frozen=True, eq=False)
class RecordedRateTask:
    """A training task made from recordings, weights to start from, and the way back to Hz.

    Attributes
    ----------
    task : RateTask
        Targets of the recurrent input, one cue for each condition.
    recordings : Recordings
        The recorded rates that the units should reproduce; unit i follows neuron i.
    initial_weights : ndarray of shape (n_units, n_units)
        Random recurrent weights [post, pre] to start the training from.
    bin_times : ndarray of shape (n_time,)
        Where the recording's time points lie in a trial (ms from its start).
    hz_per_rate : ndarray of shape (n_units,)
        The rate of neuron i (Hz) that corresponds to r_i = 1.
    """

    task: RateTask
    recordings: Recordings
    initial_weights: np.ndarray
    bin_times: np.ndarray
    hz_per_rate: np.ndarray

    __repr__ = one_line


def make_task(
    recordings, rng, *, tau=20.0, gain=1.0, dt=2.0, cue_duration=50.0, cue_strength=2.0,
    settle=60.0, learn_every=20.0,
):
    """Turn recorded rates into targets of a rate network.

    For the rate of unit i to follow a recorded rate s_i(t), tau dr/dt = -r + max(0, W r) requires
    the recurrent input f_i = s_i + tau ds_i/dt (with splines between the recorded bins; bins finer
    than ``learn_every`` are averaged over that time). Each neuron's rate is measured in units of
    its own standard deviation over time, so that weakly and strongly modulated neurons count
    equally. A trial begins with the cue of its condition. For the time ``settle`` the target then
    stays at the first recorded rate, and from there on it follows the recording.

    Parameters
    ----------
    recordings : Recordings
        Rates in Hz, at least 4 time points and 2 neurons.
    rng : numpy.random.Generator
        Source of the cues and then of the initial weights.
    tau : float, optional
        Time constant of the units (ms).
    gain : float, optional
        g of the initial weights.
    dt : float, optional
        Time step (ms); the other times must be whole multiples of it.
    cue_duration : float, optional
        Duration of the cue, which begins with the trial (ms).
    cue_strength : float, optional
        Each condition's cue is drawn for each unit from [0, cue_strength).
    settle : float, optional
        Time between the end of the cue and the first recorded bin (ms).
    learn_every : float, optional
        Time between two updates of the weights (ms).

    Returns
    -------
    RecordedRateTask
        The task, weights to start from and the scales that turn rates back into Hz.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import load_recordings, make_task
    >>> recordings = load_recordings("synthetic").select(20, rng=np.random.default_rng(0))
    >>> recorded_task = make_task(recordings, np.random.default_rng(0))
    >>> recorded_task.task.targets.shape[:2], recorded_task.initial_weights.shape
    ((2, 20), (20, 20))
    """
    check_type("recordings", recordings, Recordings)
    check_rng("rng", rng)
    check_real("cue_duration", cue_duration, unit="ms", above=0)
    check_real("cue_strength", cue_strength, above=0)
    check_real("settle", settle, unit="ms", at_least=0)
    check_real("learn_every", learn_every, unit="ms", above=0)
    if recordings.n_time < 4:
        raise ValueError(
            f"recordings must have at least 4 time points, got {recordings.n_time}: "
            "their course between the bins is interpolated by cubic splines."
        )
    network_parameters = RateNetworkParameters(recordings.n_neurons, tau, gain, "relu", dt)
    n_steps_of("cue_duration", cue_duration, dt)
    n_steps_of("learn_every", learn_every, dt)
    elapsed = recordings.time - recordings.time[0]
    n_updates = int((settle + elapsed[-1]) / learn_every + 1e-9) + 1
    timing = TrialTiming(
        stim_on=0.0, stim_off=cue_duration, learn_on=cue_duration,
        learn_off=cue_duration + n_updates * learn_every, learn_every=learn_every,
    )

    rates = recordings.averaged_rates(learn_every)
    hz_per_rate = _scale(rates)
    course = _course(recordings, rates, hz_per_rate)
    targets = _targets(course, tau, timing.update_times - timing.learn_on - settle)
    cues = rng.uniform(0.0, cue_strength, (recordings.n_conditions, recordings.n_neurons))
    return RecordedRateTask(
        RateTask(network_parameters, timing, targets, cues),
        recordings,
        initial_weights=random_weights(network_parameters, rng),
        bin_times=cue_duration + settle + elapsed,
        hz_per_rate=hz_per_rate,
    )


def _course(recordings, rates, hz_per_rate):
    """Rates in units of each neuron's scale, as a function of the time after the first bin."""
    elapsed = recordings.time - recordings.time[0]
    return scipy.interpolate.CubicSpline(elapsed, rates / hz_per_rate[:, None], axis=-1)


def _targets(course, tau, at, held_at=np.inf):
    """Recurrent input f + tau df/dt of a course f at some times; f rests from held_at on."""
    moving = (at >= 0) & (at < held_at)
    at = np.clip(at, 0.0, held_at)
    return course(at) + tau * course(at, 1) * moving


def _scale(rates):
    # A neuron that hardly changes must not be blown up: at least a twentieth of its mean.
    spread = rates.std(axis=-1).mean(axis=0)
    mean = rates.mean(axis=(0, -1))
    scale = np.maximum(spread, 0.05 * mean)
    return np.where(scale > 0, scale, 1.0)


def with_ramp(recorded_task, rng, *, strength=2.0):
    """Give the network a ramp: an input that grows through the trial, the same in all conditions.

    The input of unit i is a_i kappa(t). The ramp kappa is 0 up to the first recorded bin and grows
    linearly to 1 at the last one; it carries the time but not the condition. What the ramp
    contributes to a unit need not come from the other units, so it is subtracted from the targets
    of the recurrent input.

    Parameters
    ----------
    recorded_task : RecordedRateTask
        The task without a ramp; it is not changed.
    rng : numpy.random.Generator
        Source of the ramp's weights a.
    strength : float, optional
        a is drawn for each unit from [0, strength), as the cues are.

    Returns
    -------
    RecordedRateTask
        The same task with the ramp in ``task.inputs`` and subtracted from ``task.targets``.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import load_recordings, make_task, with_ramp
    >>> rng, recordings = np.random.default_rng(0), load_recordings("synthetic")
    >>> recorded_task = make_task(recordings.select(20, rng=rng), rng)
    >>> ramp = with_ramp(recorded_task, rng).task.inputs[0, 0]
    >>> float(ramp[0]), bool(np.all(np.diff(ramp) >= 0))
    (0.0, True)
    """
    check_type("recorded_task", recorded_task, RecordedRateTask)
    check_rng("rng", rng)
    check_real("strength", strength, above=0)
    task, bin_times = recorded_task.task, recorded_task.bin_times
    if task.inputs is not None:
        raise ValueError("recorded_task must be without inputs, got one that has a ramp already.")
    ramp = np.clip((task.timing.update_times - bin_times[0]) / np.ptp(bin_times), 0.0, 1.0)
    weights = rng.uniform(0.0, strength, task.network_parameters.n_units)
    inputs = np.tile(weights[:, None] * ramp, (task.n_conditions, 1, 1))
    task = replace(task, targets=task.targets - inputs, inputs=inputs)
    return replace(recorded_task, task=task)


def with_held_ramps(recorded_task, held_at):
    """Add trials in which the ramp stops, and the population with it.

    A network that has only met the full ramp may ignore it and keep the time by itself. In these
    trials the ramp stays constant from some time on, and the targets stay at the rates of that
    time: they follow the ramp and not the time that has passed.

    Parameters
    ----------
    recorded_task : RecordedRateTask
        A task with a ramp (`with_ramp`).
    held_at : array_like of shape (n_held,)
        When the ramp stops (ms from the start of the trial), from the first recorded bin on;
        it keeps the value of the last update time that is not later.

    Returns
    -------
    RateTask
        First the trials of ``recorded_task.task``, then, for each time, one more for each of its
        conditions, with the same cue.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import load_recordings, make_task, with_held_ramps, with_ramp
    >>> rng, recordings = np.random.default_rng(0), load_recordings("synthetic")
    >>> recorded_task = with_ramp(make_task(recordings.select(20, rng=rng), rng), rng)
    >>> with_held_ramps(recorded_task, [500.0, 1000.0]).n_conditions
    6
    """
    check_type("recorded_task", recorded_task, RecordedRateTask)
    task, first_bin = recorded_task.task, recorded_task.bin_times[0]
    if task.inputs is None:
        raise ValueError("recorded_task must have a ramp (with_ramp), got one without inputs.")
    held_at = check_array("held_at", held_at, ("n_held",), at_least=first_bin)
    targets, inputs = [task.targets], [task.inputs]
    update_times, recordings = task.timing.update_times, recorded_task.recordings
    rates = recordings.averaged_rates(task.timing.learn_every)
    course = _course(recordings, rates, recorded_task.hz_per_rate)
    for time in held_at:
        inputs.append(task.hold_inputs(time).inputs)
        time = update_times[update_times <= time][-1]
        wanted = _targets(
            course, task.network_parameters.tau, update_times - first_bin, time - first_bin
        )
        targets.append(wanted - inputs[-1])
    cues = np.tile(task.cues, (len(targets), 1))
    return replace(
        task, targets=np.concatenate(targets), cues=cues, inputs=np.concatenate(inputs)
    )


def run_population(recorded_task, weights):
    """Let the network run freely after each cue and read its rates at the recorded bins.

    Parameters
    ----------
    recorded_task : RecordedRateTask
        The task that the weights were trained on.
    weights : array_like of shape (n_units, n_units)
        Recurrent weights [post, pre], frozen.

    Returns
    -------
    ndarray of shape (n_conditions, n_units, n_time)
        Rates (Hz), to be compared with ``recorded_task.recordings.rates``.

    Raises
    ------
    FloatingPointError
        If the rates grow beyond all bounds.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import load_recordings, make_task, run_population
    >>> rng, recordings = np.random.default_rng(0), load_recordings("synthetic")
    >>> recorded_task = make_task(recordings.select(20, rng=rng), rng)
    >>> rates = run_population(recorded_task, recorded_task.initial_weights)
    >>> rates.shape == recorded_task.recordings.rates.shape
    True
    """
    check_type("recorded_task", recorded_task, RecordedRateTask)
    task, bin_times = recorded_task.task, recorded_task.bin_times
    rates = np.empty_like(recorded_task.recordings.rates)
    for condition in range(task.n_conditions):
        run = run_frozen(task, weights, condition, record_every=task.network_parameters.dt)
        before = np.searchsorted(run.time, bin_times, side="right") - 1
        before = np.clip(before, 0, run.time.size - 2)
        share = (bin_times - run.time[before]) / (run.time[1] - run.time[0])
        rates[condition] = run.rates[:, before] * (1 - share) + run.rates[:, before + 1] * share
    return rates * recorded_task.hz_per_rate[:, None]
