"""Training by RLS, trial after trial, and the test with frozen weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import (
    check_array,
    check_flag,
    check_integer,
    check_real,
    check_rng,
    check_type,
)
from src_part1.kernels import (
    advance_together_parallel,
    advance_together_serial,
    in_parallel,
)
from src_part1.parameters import RateNetworkParameters, TrialTiming
from src_part1.rls import AllToAllRLS
from src_part1.simulator import advance, initial_state, record_phases
from src_part1.training_loop import train_in_loops


@dataclass(frozen=True, eq=False)
class RateTask:
    """Which recurrent inputs the network should produce after which cue.

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
    inputs : ndarray of shape (n_conditions, n_units, n_updates), optional
        External input from each update time to the next; none by default.

    Raises
    ------
    TypeError, ValueError
        If a field has a wrong type or shape, or a time is not a whole number of time steps.
    """

    network_parameters: RateNetworkParameters
    timing: TrialTiming
    targets: np.ndarray
    cues: np.ndarray
    inputs: np.ndarray | None = None

    __repr__ = one_line

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
        if self.inputs is not None:
            inputs = check_array("RateTask.inputs", self.inputs, targets.shape)
            object.__setattr__(self, "inputs", inputs)

    @property
    def n_conditions(self):
        """Number of conditions, each with its own cue and targets.

        Returns
        -------
        int
            Length of the first axis of ``targets``.
        """
        return self.targets.shape[0]

    def hold_inputs(self, time):
        """Hold the external inputs constant from some time on.

        Parameters
        ----------
        time : float
            From when (ms from the start of the trial), at least ``timing.learn_on``. The inputs
            keep the value that they have at the last update time that is not later.

        Returns
        -------
        RateTask
            The same task, targets unchanged, with these inputs.

        Raises
        ------
        TypeError, ValueError
            If the time is not a number or too early, or the task has no inputs.
        """
        check_real("time", time, unit="ms", at_least=self.timing.learn_on)
        if self.inputs is None:
            raise ValueError("RateTask.inputs must be given to be held, got None.")
        inputs = self.inputs.copy()
        last = np.flatnonzero(self.timing.update_times <= time)[-1]
        inputs[:, :, last:] = inputs[:, :, last, None]
        return replace(self, inputs=inputs)


def _phases(task, condition):
    """When a trial's external input changes, in steps, and what it is until then."""
    timing, dt = task.timing, task.network_parameters.dt
    silence = np.zeros(task.network_parameters.n_units)
    ends = np.append(timing.update_times[1:], timing.learn_off)
    if task.inputs is None:
        inputs = [silence] * ends.size
    else:
        inputs = np.ascontiguousarray(task.inputs[condition].T)
    before = (timing.stim_on, silence), (timing.stim_off, task.cues[condition])
    phases = (*before, (timing.learn_on, silence), *zip(ends, inputs, strict=True))
    return [(round(end / dt), external_input) for end, external_input in phases]


def _train_trial(task, noise, rng, condition, weights, rls, outputs):
    """Run one trial, update the weights in place and write W r before each update."""
    state = initial_state(task.network_parameters)
    targets = np.ascontiguousarray(task.targets[condition].T)
    # The last stretch, which follows the last update, teaches nothing.
    phases = _phases(task, condition)[:-1]
    first_update = len(phases) - len(targets)
    for phase, (stop, external_input) in enumerate(phases):
        if noise and phase > first_update:
            external_input = external_input + noise * rng.standard_normal(external_input.size)
        advance(
            task.network_parameters, state, stop - state.step,
            weights=weights, external_input=external_input,
        )
        k = phase - first_update
        if k >= 0:
            outputs[k] = state.currents
            rls.update(weights, state.rates, state.currents - targets[k])


def _train_together(task, noise, rng, conditions, weights, rls, outputs):
    """Do what `_train_trial` does for all conditions side by side, and learn from all at once."""
    p, dtype = task.network_parameters, rls.dtype
    parallel = in_parallel(p.n_units, steps=True)
    kernel = advance_together_parallel if parallel else advance_together_serial
    stretches = [_phases(task, c)[:-1] for c in range(task.n_conditions)[conditions]]
    targets = np.ascontiguousarray(task.targets[conditions].transpose(2, 0, 1), dtype=dtype)
    rates, currents = np.zeros((2, *targets.shape[1:]), dtype)
    first_update = len(stretches[0]) - len(targets)
    step = 0
    for phase, at_once in enumerate(zip(*stretches, strict=True)):
        stop = at_once[0][0]
        inputs = np.array([external_input for _, external_input in at_once])
        if noise and phase > first_update:
            inputs = inputs + noise * rng.standard_normal(inputs.shape)
        kernel(
            weights, inputs.astype(dtype), dtype.type(p.dt / p.tau), p.transfer == "tanh",
            stop - step, rates, currents,
        )
        step = stop
        k = phase - first_update
        if k >= 0:
            outputs[:, k] = currents
            rls.update(weights, rates, currents - targets[k])


def forced_start(task, weights, *, ridge=0.5, precision="float64"):
    """Fit the weights once to rates that are held on the targets, without a closed loop.

    After the cue of each condition the network gets the targets instead of its recurrent input, so
    that its rates are the ones wanted. The rates at all update times are then the regressors of one
    ridge regression for each unit. This takes a moment, but the fit does not say what
    happens when the network drives itself. It is a start from which `train` needs fewer loops.

    Parameters
    ----------
    task : RateTask
        Network, timing, targets and cues.
    weights : array_like of shape (n_units, n_units)
        Weights to start from, with a zero diagonal. The prior keeps the fit near them, and they
        determine the response to the cue.
    ridge : float, optional
        Strength of the prior that keeps the weights near their start, lambda.
    precision : {"float64", "float32"}, optional
        Of the result.

    Returns
    -------
    weights : ndarray of shape (n_units, n_units)
        The fitted weights.
    rls : AllToAllRLS
        The learning rule after these samples; pass both to `train`.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value.
    FloatingPointError
        If the response to the cue grows beyond all bounds.
    """
    check_type("task", task, RateTask)
    p = task.network_parameters
    weights = check_array("weights", weights, (p.n_units, p.n_units))
    if np.any(np.diagonal(weights)):
        raise ValueError("weights must have a zero diagonal, because no unit drives itself.")
    rls = AllToAllRLS(p.n_units, ridge=ridge, precision=precision)
    regressors = np.concatenate([_forced_rates(task, weights, c) for c in range(task.n_conditions)])
    wanted = task.targets.swapaxes(1, 2).reshape(regressors.shape)
    fitted = weights.astype(rls.dtype)
    rls.update(fitted, regressors, regressors @ weights.T - wanted)
    return fitted, rls


def _forced_rates(task, weights, condition):
    """Rates (n_updates, n_units) at the update times if the targets are the recurrent input."""
    p, phases = task.network_parameters, _phases(task, condition)
    state = initial_state(p)
    for stop, external_input in phases[:3]:
        advance(p, state, stop - state.step, weights=weights, external_input=external_input)
    wanted = task.targets[condition].T
    rates = np.empty_like(wanted)
    phi = np.tanh if p.transfer == "tanh" else partial(np.maximum, 0.0)
    for k, (stop, external_input) in enumerate(phases[3:]):
        rates[k] = state.rates
        following = wanted[min(k + 1, len(wanted) - 1)]
        n_steps = stop - state.step
        for step in range(n_steps):
            recurrent = wanted[k] + step / n_steps * (following - wanted[k])
            state.rates += p.dt / p.tau * (phi(recurrent + external_input) - state.rates)
        state.step = stop
    return rates


def train(
    task, weights, *, ridge=0.5, n_loops=50, rls=None, noise=0.0, rng=None, together=False,
    progress=True, after_loop=None,
):
    """Train all recurrent weights by exact RLS.

    In each loop every condition is shown once, in the order of its index: the network
    starts silent, the cue acts, and at each update time the recurrent input x = W r is
    compared with the target and all weights move by one RLS step.

    To go on with an earlier training, pass its weights and its ``rls``: the two calls
    together then do exactly what one longer call would have done. A keyboard interrupt ends a
    training that shows its progress, and what was learned so far is returned. Without a progress
    bar the interrupt is raised, because the training is then a step of something larger.

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
    noise : float, optional
        Standard deviation of a Gaussian input that is drawn anew for each unit after each update.
        The network then learns activity that is stable against such noise.
    rng : numpy.random.Generator, optional
        Source of the noise; needed only if there is any.
    together : bool, optional
        Run all conditions side by side and learn from all of them at each update time. The
        weights are then read once for all conditions; in a large network reading them takes most
        of the time.
    progress : bool, optional
        Show a progress bar with the current correlation.
    after_loop : callable, optional
        Called with the `TrainingResult` so far after each loop, for example to plot it. Its weights
        and ``rls`` go on learning.

    Returns
    -------
    TrainingResult
        Weights, state of the learning rule and the learning curve.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value.
    TrainingDivergedError
        If rates or weights are no longer finite; the error holds the last sound result.
    """
    check_type("task", task, RateTask)
    if check_real("noise", noise, at_least=0):
        check_rng("rng", rng)
    together = check_flag("together", together)
    if rls is not None and check_type("rls", rls, AllToAllRLS).dtype != np.float64 and not together:
        raise ValueError("rls must have precision float64 unless together is True.")
    train_trial = partial(_train_together if together else _train_trial, task, noise, rng)
    return train_in_loops(
        train_trial, task.targets, weights,
        ridge=ridge, n_loops=n_loops, rls=rls, progress=progress, together=together,
        after_loop=after_loop,
    )


def run_frozen(task, weights, condition=0, *, record_every=None):
    """Run one trial of a condition freely: only cue and inputs, no target, no learning.

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
    p = task.network_parameters
    weights = check_array("weights", weights, (p.n_units, p.n_units))
    record_every = task.timing.learn_every if record_every is None else record_every
    check_real("record_every", record_every, unit="ms", above=0)
    every = n_steps_of("record_every", record_every, p.dt)
    return record_phases(p, initial_state(p), _phases(task, condition), weights, every)


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
