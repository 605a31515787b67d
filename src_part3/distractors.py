"""Distractors: a brief cue of the other condition while the network remembers its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
from src_part3.evaluation import DECODED_WINDOW
from src_part3.task import BalancedTask
from src_part3.trials import run_trials


@dataclass(frozen=True, eq=False)
class DistractorResult:
    """Where trials ended after a distractor, on the axis between two conditions.

    A position of 0 is the mean end of undisturbed trials of the trial's own condition, 1 that of
    the next condition, whose cue the distractor is. An end is the total input of the trained
    neurons in the last 400 ms.

    Attributes
    ----------
    times : ndarray, shape (n_times,)
        When the distractor began (ms from the start of the trial).
    positions : ndarray, shape (n_conditions, n_times, n_trials)
        Ends of trials with a distractor.
    undisturbed : ndarray, shape (n_conditions, n_trials)
        Ends of as many trials without one.
    """

    times: np.ndarray
    positions: np.ndarray
    undisturbed: np.ndarray

    __repr__ = one_line

    @property
    def end_error(self):
        """Mean position over conditions and trials, shape (n_times,)."""
        return self.positions.mean(axis=(0, 2))

    @property
    def switched_share(self):
        """Share of trials that ended nearer to the other condition's end, shape (n_times,)."""
        return (self.positions > 0.5).mean(axis=(0, 2))


def run_distractors(
    task, weights, times, rng, *, strength=1.0, duration=100.0, n_trials=20, n_threads=None
):
    """Give the next condition's cue during a trial and look where the trial ends.

    Parameters
    ----------
    task : BalancedTask
        A task of at least two conditions.
    weights : sequence of PlasticWeights
        Weights of each condition.
    times : array_like, shape (n_times,)
        When the distractor begins (ms from the start of the trial), at the beginning of a bin
        after the cue.
    rng : numpy.random.Generator
        Randomness of the trials. Trials with and without distractor get the same random numbers.
    strength : float, optional
        Factor of the cue.
    duration : float, optional
        How long it lasts (ms), a whole number of bins.
    n_trials : int, optional
        Trials of each condition and time, at least 2.
    n_threads : int, optional
        Trials at a time; all cores by default. It does not change the result.

    Returns
    -------
    DistractorResult
        Where the trials ended.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.
    """
    check_type("task", task, BalancedTask)
    weights = task.check_weights(weights)
    check_rng("rng", rng)
    if task.n_conditions < 2:
        raise ValueError(
            f"task must have at least 2 conditions for a distractor, got {task.n_conditions}."
        )
    times = check_array("times", times, (None,))
    check_real("strength", strength)
    n_trials = check_integer("n_trials", n_trials, at_least=2)
    trial, width = task.trial_parameters, task.trial_parameters.bin_width
    bins = {"of": "the width of a bin"}
    n_bins = n_steps_of("TrialParameters.duration", trial.duration - trial.stim_off, width, **bins)
    length = n_steps_of("duration", duration, width, **bins)
    first = []
    for time in times:
        if not trial.stim_off <= time <= trial.duration - duration:
            raise ValueError(
                f"times must leave room for {duration:g} ms between the end of the cue "
                f"({trial.stim_off:g} ms) and that of the trial ({trial.duration:g} ms), "
                f"got {time:g}."
            )
        first.append(n_steps_of("times after the cue", time - trial.stim_off, width, **bins))
    seed = rng.integers(2**63)
    last = max(round(DECODED_WINDOW / width), 1)

    def ends(condition, begins):
        distractor = np.zeros((n_bins, task.network.parameters.n_neurons))
        if begins is not None:
            other = task.cues[(condition + 1) % task.n_conditions]
            distractor[begins : begins + length] = strength * other
        trials = run_trials(
            task.network, trial, n_trials, np.random.default_rng([condition, seed]),
            n_threads=n_threads, weights=weights[condition], bin_input=distractor,
            **task.trial_options(condition),
        )
        return np.array([of_trial.total_input[-last:].mean(axis=0) for of_trial in trials])

    undisturbed = [ends(c, None) for c in range(task.n_conditions)]
    centres = np.array([of_condition.mean(axis=0) for of_condition in undisturbed])
    axes = np.roll(centres, -1, axis=0) - centres

    def position(condition, values):
        axis = axes[condition]
        return (values - centres[condition]) @ axis / (axis @ axis)

    return DistractorResult(
        times,
        np.array([[position(c, ends(c, begins)) for begins in first]
                  for c in range(task.n_conditions)]),
        np.array([position(c, undisturbed[c]) for c in range(task.n_conditions)]),
    )


def with_ramp(task):
    """Let the Poisson neurons of a common clock grow steadily instead of wandering.

    Parameters
    ----------
    task : BalancedTask
        A task with a common clock.

    Returns
    -------
    BalancedTask
        The same with rates that grow linearly from 0 at the end of the cue to twice
        ``mean_rate`` at the end of the trial, the same in all of them.

    Raises
    ------
    ValueError
        If the clock is another.
    """
    parameters = check_type("task", task, BalancedTask).feedforward_parameters
    if parameters.clock != "common":
        raise ValueError(
            f"task.feedforward_parameters.clock must be 'common', got {parameters.clock!r}."
        )
    shape = task.feedforward_rates.rates.shape
    growth = np.linspace(0, 2 * parameters.mean_rate, shape[1], dtype=np.float32)
    rates = np.broadcast_to(growth[:, None], shape)
    return replace(task, feedforward_rates=replace(task.feedforward_rates, rates=rates))


def with_held_clock(task, time):
    """Let the Poisson neurons keep the rates that they have at some time.

    Parameters
    ----------
    task : BalancedTask
        The task.
    time : float
        From when on the rates stay (ms from the start of the trial).

    Returns
    -------
    BalancedTask
        The same with held rates.

    Raises
    ------
    ValueError
        If the clock does not run at this time.
    """
    feedforward = check_type("task", task, BalancedTask).feedforward_rates
    step = n_steps_of("time", check_real("time", time, unit="ms", at_least=0), feedforward.dt)
    step -= feedforward.start
    n_steps = feedforward.rates.shape[1]
    if not 0 <= step < n_steps:
        raise ValueError(
            f"time must be at least {feedforward.start * feedforward.dt:g} and below "
            f"{(feedforward.start + n_steps) * feedforward.dt:g} ms, got {time:g}."
        )
    rates = feedforward.rates.copy()
    rates[:, step:] = rates[:, step : step + 1]
    return replace(task, feedforward_rates=replace(feedforward, rates=rates))
