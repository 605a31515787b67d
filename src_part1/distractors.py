"""Distractors: the other condition's cue, briefly, while the network remembers its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from src_part1.common.blas import one_blas_thread
from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import (
    check_array,
    check_integer,
    check_real,
    check_rng,
    check_type,
)
from src_part1.simulator import Networks, grew_beyond_bounds
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

        It is 0 if the distractor left nothing behind, and negative if it pushed away from the
        other condition's end.
        """
        return self.positions.mean(axis=(0, 2))

    @property
    def switched_share(self):
        """Share of trials that ended closer to the other condition's end, for each time."""
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
    FloatingPointError
        If the rates grow beyond all bounds.

    Examples
    --------
    Without recurrent weights nothing is remembered, and nothing of the distractor:

    >>> import numpy as np
    >>> from src_part1 import RateNetworkParameters, RateTask, TrialTiming, run_distractors
    >>> timing = TrialTiming(0.0, 10.0, 10.0, 110.0, learn_every=50.0)
    >>> task = RateTask(RateNetworkParameters(n_units=2), timing, np.zeros((2, 2, 2)), np.eye(2))
    >>> run = run_distractors(task, np.zeros((2, 2)), [30.0], np.random.default_rng(0),
    ...                       duration=10.0, noise=0.0, n_trials=1)
    >>> run.positions.shape, bool(run.distance < 1e-6)
    ((2, 1, 1), True)
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
    phases = task.phases(conditions)
    distractors = strength * task.cues.T[:, 1 - conditions]
    networks = Networks(task.network_parameters, np.zeros_like(distractors))
    switches = np.unique([starts, starts + n_on])
    with one_blas_thread():
        for phase, (stop, external_input) in enumerate(phases):
            if noise and phase >= 3:
                external_input = external_input + noise * rng.standard_normal(distractors.shape)
            within = switches[(switches > networks.step) & (switches < stop)]
            for end in (*within, stop):
                on = (starts <= networks.step) & (networks.step < starts + n_on)
                networks.advance(end, weights, external_input + on * distractors)
    if not np.isfinite(networks.rates).all():
        raise FloatingPointError(grew_beyond_bounds(task.timing.learn_off))
    return networks.rates
