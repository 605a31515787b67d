"""Training by RLS, trial after trial, and the test with frozen weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

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
from src_part1.parameters import RateNetworkParameters, TrialTiming
from src_part1.rls import LowRankRLS
from src_part1.simulator import advance, grew_beyond_bounds, initial_state, record_phases
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


def _transfer(network_parameters):
    return np.tanh if network_parameters.transfer == "tanh" else partial(np.maximum, 0.0)


def _train_side_by_side(task, noise, rng, conditions, weights, rls, outputs):
    """Do what `_train_trial` does for all conditions at once, with weights D of W = D V'."""
    p, V = task.network_parameters, rls.basis
    phi, step_over_tau = _transfer(p), p.dt / p.tau
    stretches = [_phases(task, c)[:-1] for c in range(task.n_conditions)[conditions]]
    targets = task.targets[conditions].transpose(2, 1, 0)
    rates = np.zeros(targets.shape[1:])  # a column for each condition
    first_update = len(stretches[0]) - len(targets)
    step = 0
    for phase, at_once in enumerate(zip(*stretches, strict=True)):
        stop = at_once[0][0]
        inputs = np.array([external_input for _, external_input in at_once]).T
        if noise and phase > first_update:
            inputs = inputs + noise * rng.standard_normal(inputs.shape)
        for _ in range(stop - step):
            rates += step_over_tau * (phi(weights @ (V.T @ rates) + inputs) - rates)
        step = stop
        k = phase - first_update
        if k >= 0:
            components = V.T @ rates
            currents = weights @ components
            outputs[:, k] = currents.T
            rls.update(weights, components.T, (currents - targets[k]).T)


def forced_start(task, weights, *, ridge=0.5, rank=100):
    """Fit weights of low rank to rates that are held on the targets, without a closed loop.

    After the cue of each condition the network gets the targets instead of its recurrent input, so
    that its rates are the ones wanted. The leading principal components of these rates at all
    update times are the regressors of one ridge regression for each unit (`LowRankRLS`). This takes
    a moment, but the fit does not say what happens when the network drives itself. It is a start
    from which `train` needs fewer loops.

    Parameters
    ----------
    task : RateTask
        Network, timing, targets and cues.
    weights : array_like of shape (n_units, n_units)
        Weights to start from, with a zero diagonal. They determine the response to the cue, and the
        prior keeps the fit near their projection on the components.
    ridge : float, optional
        Strength of the prior that keeps the weights near their start, lambda.
    rank : int, optional
        Number of components, not about the mean but about 0; at most that of the units and
        of the samples.

    Returns
    -------
    weights : ndarray of shape (n_units, n_units)
        The fitted weights, of this rank.
    rls : LowRankRLS
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
    rank = check_integer("rank", rank, at_least=1)
    with one_blas_thread():
        rates = np.concatenate([_forced_rates(task, weights, c) for c in range(task.n_conditions)])
        if not np.isfinite(rates).all():
            raise FloatingPointError(grew_beyond_bounds(task.timing.learn_on))
        basis = np.linalg.svd(rates, full_matrices=False)[2][:rank].T
        rls = LowRankRLS(basis, ridge=ridge)
        fitted = rls.project(weights)
        components = rates @ basis
        wanted = task.targets.swapaxes(1, 2).reshape(rates.shape)
        rls.update(fitted, components, components @ fitted.T - wanted)
        return rls.expand(fitted), rls


def _forced_rates(task, weights, condition):
    """Rates (n_updates, n_units) at the update times if the targets are the recurrent input."""
    p, phases = task.network_parameters, _phases(task, condition)
    state = initial_state(p)
    for stop, external_input in phases[:3]:
        advance(p, state, stop - state.step, weights=weights, external_input=external_input)
    wanted = task.targets[condition].T
    rates = np.empty_like(wanted)
    phi = _transfer(p)
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
    task, weights, *, ridge=0.5, n_loops=50, rls=None, noise=0.0, rng=None, average_last=1,
    progress=True, after_loop=None,
):
    """Train all recurrent weights by exact RLS.

    In each loop every condition is shown once, in the order of its index: the network
    starts silent, the cue acts, and at each update time the recurrent input x = W r is
    compared with the target and all weights move by one RLS step.

    With weights and ``rls`` of `forced_start` the weights keep its rank: all units read the same
    few components of the rates, which makes a network of a thousand units many times quicker. All
    conditions then run side by side, and learn from all at each update time at once.

    To go on with an earlier training, pass its weights and its ``rls``: the two calls
    together then do exactly what one longer call would have done (weights of low rank: up to
    rounding). A keyboard interrupt ends a training that shows its progress, and what was learned so
    far is returned. Without a progress bar the interrupt is raised, because the training is then a
    step of something larger.

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
    rls : AllToAllRLS or LowRankRLS, optional
        State of an earlier training, or of `forced_start`, to go on from; ``ridge`` is not used
        then. It is updated in place.
    noise : float, optional
        Standard deviation of a Gaussian input that is drawn anew for each unit after each update.
        The network then learns activity that is stable against such noise.
    rng : numpy.random.Generator, optional
        Source of the noise; needed only if there is any.
    average_last : int, optional
        The weights of the result are the mean over so many loops at the end. Each loop moves the
        weights a little to and fro, and their mean is steadier than any of them. To go on as one
        longer call would, leave it at 1.
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
    low_rank = isinstance(rls, LowRankRLS)
    train_trial = partial(_train_side_by_side if low_rank else _train_trial, task, noise, rng)
    # Numbers that overflow do not go unnoticed: the next update of the weights stops at them.
    with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
        return train_in_loops(
            train_trial, task.targets, weights,
            ridge=ridge, n_loops=n_loops, rls=rls, progress=progress, average_last=average_last,
            low_rank=low_rank, after_loop=after_loop,
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
