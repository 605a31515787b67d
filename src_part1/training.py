"""Training by RLS, trial after trial, and the test with frozen weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from src_part1.learning_loop import learn_in_loops
from src_part1.parameters import RateNetworkParameters, TrialTiming, n_steps_of
from src_part1.simulator import advance, simulate
from src_part1.validation import check_array, check_integer, check_type


@dataclass(frozen=True)
class TrainingTask:
    """Which recurrent inputs the network shall produce after which cue.

    Attributes
    ----------
    parameters : RateNetworkParameters
        The network.
    timing : TrialTiming
        Cue and learning window of a trial.
    targets : ndarray of shape (n_conditions, n_units, n_updates)
        Target of the recurrent input W r at each of ``timing.update_times``.
    cues : ndarray of shape (n_conditions, n_units)
        External input while the cue is on, one for each condition.
    """

    parameters: RateNetworkParameters
    timing: TrialTiming
    targets: np.ndarray
    cues: np.ndarray

    def __post_init__(self):
        check_type("TrainingTask.parameters", self.parameters, RateNetworkParameters)
        check_type("TrainingTask.timing", self.timing, TrialTiming)
        n, dt = self.parameters.n_units, self.parameters.dt
        for field in ("learn_every", "stim_on", "stim_off", "learn_on", "learn_off"):
            n_steps_of(f"TrialTiming.{field}", getattr(self.timing, field), dt)
        n_updates = self.timing.update_times.size
        targets = check_array("TrainingTask.targets", self.targets, (None, n, n_updates))
        cues = check_array("TrainingTask.cues", self.cues, (targets.shape[0], n))
        object.__setattr__(self, "targets", targets)
        object.__setattr__(self, "cues", cues)

    @property
    def n_conditions(self):
        """Number of conditions, each with its own cue and targets.

        Returns
        -------
        int
            Length of the first axis of ``targets``.
        """
        return self.targets.shape[0]


def _train_trial(task, condition, weights, rls, outputs):
    """Run one trial, update the weights in place and write W r before each update."""
    parameters, timing = task.parameters, task.timing
    n, dt = parameters.n_units, parameters.dt
    rates, currents, silence = np.zeros(n), np.zeros(n), np.zeros(n)
    before, cue, after = (
        round(duration / dt)
        for duration in (
            timing.stim_on, timing.stim_off - timing.stim_on, timing.learn_on - timing.stim_off,
        )
    )
    advance(weights, parameters, silence, before, rates, currents)
    advance(weights, parameters, task.cues[condition], cue, rates, currents)
    advance(weights, parameters, silence, after, rates, currents)
    between = round(timing.learn_every / dt)
    target_rows = np.ascontiguousarray(task.targets[condition].T)
    for k, target in enumerate(target_rows):
        outputs[k] = currents
        rls.update(weights, rates, currents - target)
        if k + 1 < len(target_rows):
            advance(weights, parameters, silence, between, rates, currents)


def train(task, weights, *, ridge=0.5, n_loops=50, rls=None, progress=True):
    """Train all recurrent weights by exact RLS.

    In each loop every condition is shown once, in the order of its index: the network
    starts silent, the cue acts, and at each update time the recurrent input x = W r is
    compared with the target and all weights move by one RLS step.

    To go on with an earlier training, hand over its weights and its ``rls``: the two calls
    together then do exactly what one longer call would have done. An interrupt from the
    keyboard ends the training early and returns what was learned so far.

    Parameters
    ----------
    task : TrainingTask
        Network, timing, targets and cues.
    weights : array_like of shape (n_units, n_units)
        Weights to start from; they are copied and must have a zero diagonal.
    ridge : float, optional
        Strength of the prior that keeps the weights near their start, lambda.
    n_loops : int, optional
        Number of passes through all conditions.
    rls : SharedRLS, optional
        State of an earlier training to go on from; ``ridge`` is not used then. It is
        updated in place.
    progress : bool, optional
        Show a progress bar with the current correlation.

    Returns
    -------
    TrainingResult
        Weights, state of the learning rule and the learning curve.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value.
    TrainingDivergedError
        If rates or weights leave the finite numbers; it carries the last sound result.
    """
    check_type("task", task, TrainingTask)
    return learn_in_loops(
        partial(_train_trial, task), task.targets, weights,
        ridge=ridge, n_loops=n_loops, rls=rls, progress=progress,
    )


def run_frozen(task, weights, condition=0, *, record_every=None):
    """Run one trial of a condition freely: only the cue, no target, no learning.

    Parameters
    ----------
    task : TrainingTask
        Network, timing and cues.
    weights : array_like of shape (n_units, n_units)
        Recurrent weights [post, pre].
    condition : int, optional
        Which cue is given.
    record_every : float, optional
        Interval between samples (ms); ``task.timing.learn_every`` by default.

    Returns
    -------
    RateTrajectory
        Time from the start of the trial, rates and recurrent inputs.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value.
    FloatingPointError
        If the rates grow beyond all bounds.
    """
    check_type("task", task, TrainingTask)
    check_integer("condition", condition, at_least=0, at_most=task.n_conditions - 1)
    timing = task.timing
    return simulate(
        weights, task.parameters, timing.learn_off,
        cue=task.cues[condition], stim_on=timing.stim_on, stim_off=timing.stim_off,
        record_every=timing.learn_every if record_every is None else record_every,
    )


def run_frozen_outputs(task, weights, condition=0):
    """Run one trial freely and take the recurrent input at the update times.

    Parameters
    ----------
    task : TrainingTask
        Network, timing and cues.
    weights : array_like of shape (n_units, n_units)
        Recurrent weights [post, pre].
    condition : int, optional
        Which cue is given.

    Returns
    -------
    ndarray of shape (n_units, n_updates)
        Recurrent input, to be compared with ``task.targets[condition]``.

    Raises
    ------
    TypeError, ValueError, FloatingPointError
        As :func:`run_frozen`.
    """
    dt = task.parameters.dt
    every = np.gcd(round(task.timing.learn_on / dt), round(task.timing.learn_every / dt)) * dt
    run = run_frozen(task, weights, condition, record_every=every)
    at = np.rint(task.timing.update_times / every).astype(int)
    return run.currents[:, at]
