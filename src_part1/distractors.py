"""Distractors: the other condition's cue, briefly, while the network remembers its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import (
    check_array,
    check_integer,
    check_real,
    check_rng,
    check_type,
)
from src_part1.simulator import grew_beyond_bounds
from src_part1.training import RateTask


@dataclass(frozen=True, eq=False)
class DistractorResult:
    """Where trials ended after a distractor, on the axis between the two conditions.

    A position of 0 is the end of an undisturbed trial without noise of the trial's own condition,
    1 that of the other condition; the axis is the line through both.

    Attributes
    ----------
    times : ndarray of shape (n_times,)
        When the distractor began (ms from the start of the trial).
    positions : ndarray of shape (n_conditions, n_times, n_trials)
        Ends of the trials with a distractor.
    off_axis : ndarray of shape (n_conditions, n_times, n_trials)
        How far from the axis these trials ended, in units of the distance between the two ends. The
        position says little about a trial that ended far from the axis.
    undisturbed : ndarray of shape (n_conditions, n_trials)
        Positions of the ends of as many trials without a distractor.
    distance : float
        Distance between the two undisturbed ends, root mean square over units.
    """

    times: np.ndarray
    positions: np.ndarray
    off_axis: np.ndarray
    undisturbed: np.ndarray
    distance: float

    __repr__ = one_line

    @property
    def end_error(self):
        """Mean position over conditions and trials, a number for each time.

        Returns
        -------
        ndarray of shape (n_times,)
            0 if the distractor left nothing behind, negative if it pushed away from the other
            condition's end.
        """
        return self.positions.mean(axis=(0, 2))

    @property
    def switched_share(self):
        """Share of trials that ended closer to the other condition's end than to their own.

        Returns
        -------
        ndarray of shape (n_times,)
            A number in [0, 1] for each time.
        """
        return (self.positions > 0.5).mean(axis=(0, 2))


def run_distractors(
    task, weights, times, rng, *, strength=1.0, duration=50.0, noise=0.1, n_trials=20
):
    """Give the other condition's cue during a trial and look where the trial ends.

    Parameters
    ----------
    task : RateTask
        Two conditions. With inputs that rest from some time on (`RateTask.hold_inputs`) all
        trials run with these, the undisturbed ones, which define the axis, included.
    weights : array_like of shape (n_units, n_units)
        Recurrent weights [post, pre], frozen.
    times : array_like of shape (n_times,)
        When the distractor begins (ms from the start of the trial), whole time steps, not before
        ``task.timing.learn_on``. It must end before the trial does.
    rng : numpy.random.Generator
        Source of the noise.
    strength : float, optional
        Factor by which the other condition's cue is multiplied to make the distractor.
    duration : float, optional
        How long it acts (ms), whole time steps.
    noise : float, optional
        Standard deviation of a Gaussian input that is drawn anew for each unit and trial at each
        update time of the task, as in `train`.
    n_trials : int, optional
        Trials for each condition and time.

    Returns
    -------
    DistractorResult
        Positions of the ends.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value, or there are not two conditions.
    FloatingPointError
        If the rates grow beyond all bounds.
    """
    check_type("task", task, RateTask)
    check_rng("rng", rng)
    n, dt, timing = task.network_parameters.n_units, task.network_parameters.dt, task.timing
    if task.n_conditions != 2:
        raise ValueError(
            "task must have 2 conditions, each of which is the other's distractor, got "
            f"{task.n_conditions}."
        )
    weights = check_array("weights", weights, (n, n))
    times = check_array("times", times, ("n_times",), at_least=timing.learn_on)
    check_real("strength", strength)
    check_real("duration", duration, unit="ms", above=0)
    check_real("noise", noise, at_least=0)
    check_integer("n_trials", n_trials, at_least=1)
    n_on = n_steps_of("duration", duration, dt)
    starts = np.array([n_steps_of("times", time, dt) for time in times])
    if times.max() + duration > timing.learn_off:
        raise ValueError(
            f"times must leave {duration:g} ms for the distractor before the trial ends at "
            f"{timing.learn_off:g} ms, got {times.max():g}."
        )

    conditions = np.arange(2)
    never = np.full(2, -n_on)
    ends = _end_rates(task, weights, conditions, never, n_on, strength, 0.0, rng)
    axis = ends[:, 1] - ends[:, 0]
    # One column for each trial: by condition, then by time (the first without a distractor).
    starts = np.concatenate([never[:1], starts])
    shape = 2, starts.size, n_trials
    of_trial = np.broadcast_to(conditions[:, None, None], shape).ravel()
    at = np.broadcast_to(starts[:, None], shape).ravel()
    rates = _end_rates(task, weights, of_trial, at, n_on, strength, noise, rng)
    rates -= ends[:, :1]
    positions = (axis @ rates) / (axis @ axis)
    rates -= positions * axis[:, None]
    off_axis = np.sqrt((rates**2).sum(axis=0) / (axis @ axis)).reshape(shape)
    positions = positions.reshape(shape)
    positions[1] = 1.0 - positions[1]
    return DistractorResult(
        times, positions[:, 1:], off_axis[:, 1:], positions[:, 0],
        float(np.sqrt(np.mean(axis**2))),
    )


def _end_rates(task, weights, conditions, starts, n_on, strength, noise, rng):
    """Rates (n_units, n_trials) at the end of many trials, which run side by side."""
    p, timing = task.network_parameters, task.timing
    stim_on, stim_off, learn_on, learn_every, last = (
        round(time / p.dt) for time in (
            timing.stim_on, timing.stim_off, timing.learn_on, timing.learn_every,
            timing.learn_off,
        )
    )
    cues = task.cues.T[:, conditions]
    distractors = strength * task.cues.T[:, 1 - conditions]
    rates = np.zeros_like(cues)
    since_update = np.zeros_like(cues)
    for step in range(last):
        with np.errstate(over="ignore", invalid="ignore"):  # looked for at the end
            inputs = weights @ rates
        if stim_on <= step < stim_off:
            inputs += cues
        k, rest = divmod(step - learn_on, learn_every)
        if k >= 0:
            if rest == 0:
                since_update = np.zeros_like(cues)
                if noise:
                    since_update += noise * rng.standard_normal(cues.shape)
                if task.inputs is not None:
                    since_update += task.inputs[conditions, :, k].T
            inputs += since_update
        on = (starts <= step) & (step < starts + n_on)
        inputs[:, on] += distractors[:, on]
        wanted = np.tanh(inputs) if p.transfer == "tanh" else np.maximum(inputs, 0.0)
        rates += p.dt / p.tau * (wanted - rates)
    if not np.isfinite(rates).all():
        raise FloatingPointError(grew_beyond_bounds(timing.learn_off))
    return rates
