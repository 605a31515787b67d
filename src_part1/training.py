"""Training by RLS, trial after trial, and the test with frozen weights."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
from src_part1.rls import AllToAllRLS
from src_part1.simulator import Networks, grew_beyond_bounds, record_phases
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

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import RateNetworkParameters, RateTask, TrialTiming, sine_targets
    >>> rng, timing = np.random.default_rng(0), TrialTiming(learn_off=210.0)
    >>> targets = sine_targets(50, timing.update_times, rng)
    >>> RateTask(RateNetworkParameters(n_units=50), timing, targets[None], rng.random((1, 50)))
    RateTask(network_parameters=<RateNetworkParameters>, timing=<TrialTiming>, \
targets=<float64 1 × 50 × 20>, cues=<float64 1 × 50>, inputs=None)
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
        """Number of conditions, each with its own cue and targets."""
        return self.targets.shape[0]

    def hold_inputs(self, time):
        """Return the task with external inputs that rest from a time on (ms, from learn_on on).

        They keep the value that they have at the last update time that is not later.
        """
        check_real("time", time, unit="ms", at_least=self.timing.learn_on)
        if self.inputs is None:
            raise ValueError("RateTask.inputs must be given to be held, got None.")
        inputs = self.inputs.copy()
        last = np.flatnonzero(self.timing.update_times <= time)[-1]
        inputs[:, :, last:] = inputs[:, :, last, None]
        return replace(self, inputs=inputs)

    def phases(self, conditions):
        """When a trial's external input changes (steps), and what it is until then.

        The input has a column for each of the conditions. The first three phases end with the
        cue's start, its end, and the first update; then one follows each update.
        """
        timing, dt = self.timing, self.network_parameters.dt
        cues = self.cues[conditions].T
        silence = np.zeros_like(cues)
        stops = np.append(timing.update_times[1:], timing.learn_off)
        inputs = [silence] * stops.size
        if self.inputs is not None:
            inputs = self.inputs[conditions].transpose(2, 1, 0)
        before = (timing.stim_on, silence), (timing.stim_off, cues), (timing.learn_on, silence)
        phases = (*before, *zip(stops, inputs, strict=True))
        return [(round(stop / dt), external_input) for stop, external_input in phases]


def _train_trial(task, noise, rng, weights, rls, outputs):
    """Run a trial of all conditions side by side; learn from each in turn at each update time."""
    phases = task.phases(np.arange(task.n_conditions))
    networks = Networks(task.network_parameters, np.zeros_like(phases[0][1]), rls.basis)
    for stop, external_input in phases[:3]:
        networks.advance(stop, weights, external_input)
    for k, (stop, external_input) in enumerate(phases[3:]):
        outputs[:, k] = networks.currents.T
        for c, r in enumerate(networks.rates.T):
            # The first condition's update has changed the weights for the next one.
            current = networks.currents[:, 0] if c == 0 else rls.recurrent_input(weights, r)
            rls.update(weights, r, current - task.targets[c, :, k])
        if k + 1 < outputs.shape[1]:  # what follows the last update teaches nothing
            if noise:
                external_input = external_input + noise * rng.standard_normal(external_input.shape)
            networks.advance(stop, weights, external_input)


def forced_start(task, weights, *, ridge=0.5, rank=100):
    """Fit weights of low rank to rates that are held on the targets, without a closed loop.

    After the cue of each condition the network gets the targets instead of its recurrent input, so
    that its rates are the ones wanted. The leading principal components of these rates at all
    update times are the regressors of one ridge regression for each unit (`AllToAllRLS` with a
    basis). This takes a moment, but the fit does not say what happens when the network drives
    itself. It is a start from which `train` needs fewer loops.

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
    rls : AllToAllRLS
        The learning rule after these samples; pass both to `train`.

    Raises
    ------
    FloatingPointError
        If the response to the cue grows beyond all bounds.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import forced_start, load_recordings, make_task
    >>> recordings = load_recordings("synthetic").select(40, rng=np.random.default_rng(0))
    >>> recorded_task = make_task(recordings, np.random.default_rng(0))
    >>> weights, rls = forced_start(recorded_task.task, recorded_task.initial_weights, rank=10)
    >>> int(np.linalg.matrix_rank(weights, tol=1e-9)), rls.P.shape
    (10, (10, 10))
    """
    check_type("task", task, RateTask)
    n = task.network_parameters.n_units
    weights = check_array("weights", weights, (n, n))
    if np.any(np.diagonal(weights)):
        raise ValueError("weights must have a zero diagonal, because no unit drives itself.")
    rank = check_integer("rank", rank, at_least=1)
    with one_blas_thread():
        rates = _forced_rates(task, weights)
        if not np.isfinite(rates).all():
            raise FloatingPointError(grew_beyond_bounds(task.timing.learn_on))
        basis = np.linalg.svd(rates, full_matrices=False)[2][:rank].T
        rls = AllToAllRLS(n, ridge=ridge, basis=basis)
        fitted = rls.project(weights)
        for r, wanted in zip(rates, task.targets.swapaxes(1, 2).reshape(rates.shape), strict=True):
            rls.update(fitted, r, rls.recurrent_input(fitted, r) - wanted)
        return rls.expand(fitted), rls


def _forced_rates(task, weights):
    """Rates if the targets are the recurrent input; a row for each condition and update time."""
    p, phases = task.network_parameters, task.phases(np.arange(task.n_conditions))
    networks = Networks(p, np.zeros_like(phases[0][1]))
    for stop, external_input in phases[:3]:
        networks.advance(stop, weights, external_input)
    wanted = task.targets.transpose(2, 1, 0)
    rates, found = networks.rates, np.empty_like(wanted)
    for k, (stop, external_input) in enumerate(phases[3:]):
        found[k] = rates
        change = wanted[min(k + 1, len(wanted) - 1)] - wanted[k]
        n_steps = stop - networks.step
        for step in range(n_steps):
            total = wanted[k] + step / n_steps * change + external_input
            phi = np.tanh(total) if p.transfer == "tanh" else np.maximum(total, 0.0)
            rates += p.dt / p.tau * (phi - rates)
        networks.step = stop
    return found.transpose(2, 0, 1).reshape(-1, p.n_units)


def train(
    task, weights, *, ridge=0.5, n_loops=50, rls=None, noise=0.0, rng=None, average_last=1,
    progress=True, after_loop=None,
):
    """Train all recurrent weights by exact RLS.

    In each loop every condition is shown once, all side by side: the networks start silent, the
    cues act, and at each update time the recurrent input x = W r of one condition after the other
    is compared with its target, and all weights move by one RLS step.

    With weights and ``rls`` of `forced_start` the weights keep its rank: all units read the same
    few components of the rates, which makes a network of a thousand units many times quicker.

    To go on with an earlier training, pass its weights and its ``rls``: the two calls
    together then do exactly what one longer call would have done (weights of low rank: up to
    rounding). A keyboard interrupt ends the training with a warning, and what was learned in the
    loops so far is returned.

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
    TrainingDivergedError
        If rates or weights are no longer finite; the error holds the last sound result.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import (
    ...     RateNetworkParameters, RateTask, TrialTiming, random_weights, sine_targets, train)
    >>> rng, timing = np.random.default_rng(0), TrialTiming(learn_off=310.0)
    >>> network_parameters = RateNetworkParameters(n_units=50, dt=0.5)
    >>> targets = sine_targets(50, timing.update_times, rng)
    >>> task = RateTask(network_parameters, timing, targets[None], rng.uniform(0, 4, (1, 50)))
    >>> result = train(task, random_weights(network_parameters, rng), n_loops=10, progress=False)
    >>> bool(result.train_correlation[-1, 0] > 0.99)
    True
    """
    check_type("task", task, RateTask)
    if check_real("noise", noise, at_least=0):
        check_rng("rng", rng)

    def one_loop(weights, rls, outputs):
        _train_trial(task, noise, rng, weights, rls, outputs)

    # Numbers that overflow do not go unnoticed: the next update of the weights stops at them.
    with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
        return train_in_loops(
            one_loop, task.targets, weights, ridge=ridge, n_loops=n_loops, rls=rls,
            progress=progress, average_last=average_last, after_loop=after_loop,
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
    FloatingPointError
        If the rates grow beyond all bounds.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import RateNetworkParameters, RateTask, TrialTiming, run_frozen
    >>> timing = TrialTiming(0.0, 10.0, 10.0, 20.0, learn_every=5.0)
    >>> task = RateTask(RateNetworkParameters(n_units=2), timing, np.zeros((1, 2, 2)), [[1.0, 2.0]])
    >>> run_frozen(task, np.zeros((2, 2))).rates.round(2)
    array([[0.  , 0.64, 0.87, 0.32],
           [0.  , 1.27, 1.73, 0.63]])
    """
    check_type("task", task, RateTask)
    check_integer("condition", condition, at_least=0, at_most=task.n_conditions - 1)
    p = task.network_parameters
    weights = check_array("weights", weights, (p.n_units, p.n_units))
    record_every = task.timing.learn_every if record_every is None else record_every
    check_real("record_every", record_every, unit="ms", above=0)
    every = n_steps_of("record_every", record_every, p.dt)
    return record_phases(p, np.zeros(p.n_units), task.phases([condition]), weights, every)


def run_frozen_outputs(task, weights, condition=0):
    """Run one trial freely and take the recurrent input at the update times.

    Parameters
    ----------
    task, weights, condition : optional
        As in `run_frozen`.

    Returns
    -------
    ndarray of shape (n_units, n_updates)
        Recurrent input, to be compared with ``task.targets[condition]``.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import RateNetworkParameters, RateTask, TrialTiming, run_frozen_outputs
    >>> timing = TrialTiming(0.0, 10.0, 10.0, 20.0, learn_every=5.0)
    >>> task = RateTask(RateNetworkParameters(n_units=2), timing, np.zeros((1, 2, 2)), [[1.0, 2.0]])
    >>> run_frozen_outputs(task, np.array([[0.0, 0.0], [0.5, 0.0]])).round(2)
    array([[0.  , 0.  ],
           [0.43, 0.16]])
    """
    check_type("task", task, RateTask)
    dt = task.network_parameters.dt
    every = np.gcd(round(task.timing.learn_on / dt), round(task.timing.learn_every / dt)) * dt
    run = run_frozen(task, weights, condition, record_every=every)
    at = np.rint(task.timing.update_times / every).astype(int)
    return run.currents[:, at]
