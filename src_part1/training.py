"""Training by RLS, trial after trial, and the test with frozen weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import check_array, check_integer, check_type
from src_part1.parameters import RateNetworkParameters, TrialTiming
from src_part1.simulator import advance, initial_state, simulate
from src_part1.training_loop import train_in_loops


@dataclass(frozen=True, eq=False)
class RateTask:
    """Which recurrent inputs the network shall produce after which cue.

    Attributes
    ----------
    network_parameters : RateNetworkParameters
        The network.
    timing : TrialTiming
        Cue and learning window of a trial.
    targets : ndarray of shape (n_conditions, n_units, n_updates)
        Target of the recurrent input W r at each of ``timing.update_times``.
    cues : ndarray of shape (n_conditions, n_units)
        External input while the cue is on, one for each condition.

    Raises
    ------
    TypeError, ValueError
        If a field has a wrong type or shape, or a time is no whole number of time steps.
    """

    network_parameters: RateNetworkParameters
    timing: TrialTiming
    targets: np.ndarray
    cues: np.ndarray

    def __post_init__(self):
        name = "RateTask.network_parameters"
        check_type(name, self.network_parameters, RateNetworkParameters)
        check_type("RateTask.timing", self.timing, TrialTiming)
        n, dt = self.network_parameters.n_units, self.network_parameters.dt
        for field in ("learn_every", "stim_on", "stim_off", "learn_on", "learn_off"):
            n_steps_of(f"TrialTiming.{field}", getattr(self.timing, field), dt)
        n_updates = self.timing.update_times.size
        targets = check_array("RateTask.targets", self.targets, (None, n, n_updates))
        cues = check_array("RateTask.cues", self.cues, (targets.shape[0], n))
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
    timing, dt = task.timing, task.network_parameters.dt
    state = initial_state(task.network_parameters)
    silence = np.zeros_like(state.rates)

    def run(duration, external_input):
        n_steps = round(duration / dt)
        advance(
            task.network_parameters, state, n_steps,
            weights=weights, external_input=external_input,
        )

    run(timing.stim_on, silence)
    run(timing.stim_off - timing.stim_on, task.cues[condition])
    run(timing.learn_on - timing.stim_off, silence)
    for k, target in enumerate(np.ascontiguousarray(task.targets[condition].T)):
        if k > 0:
            run(timing.learn_every, silence)
        outputs[k] = state.currents
        rls.update(weights, state.rates, state.currents - target)


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
    task : RateTask
        Network, timing, targets and cues.
    weights : array_like of shape (n_units, n_units)
        Weights to start from; they are copied and must have a zero diagonal.
    ridge : float, optional
        Strength of the prior that keeps the weights near their start, lambda.
    n_loops : int, optional
        Number of passes through all conditions.
    rls : AllToAllRLS, optional
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
    check_type("task", task, RateTask)
    return train_in_loops(
        partial(_train_trial, task), task.targets, weights,
        ridge=ridge, n_loops=n_loops, rls=rls, progress=progress,
    )


def run_frozen(task, weights, condition=0, *, record_every=None):
    """Run one trial of a condition freely: only the cue, no target, no learning.

    Parameters
    ----------
    task : RateTask
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
    check_type("task", task, RateTask)
    check_integer("condition", condition, at_least=0, at_most=task.n_conditions - 1)
    timing = task.timing
    return simulate(
        weights, task.network_parameters, timing.learn_off,
        cue=task.cues[condition], stim_on=timing.stim_on, stim_off=timing.stim_off,
        record_every=timing.learn_every if record_every is None else record_every,
    )


def run_frozen_outputs(task, weights, condition=0):
    """Run one trial freely and take the recurrent input at the update times.

    Parameters
    ----------
    task : RateTask
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
    check_type("task", task, RateTask)
    dt = task.network_parameters.dt
    every = np.gcd(round(task.timing.learn_on / dt), round(task.timing.learn_every / dt)) * dt
    run = run_frozen(task, weights, condition, record_every=every)
    at = np.rint(task.timing.update_times / every).astype(int)
    return run.currents[:, at]
