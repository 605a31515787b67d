"""Training of the spiking network by RLS on its filtered spikes, and the test with frozen weights.

The same rule, learning window and result as in Part 1: only the rates are replaced by the
filtered spikes r of the neurons, in spikes per ms, for which u = W r.
"""

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
from src_part1.parameters import TrialTiming
from src_part1.training_loop import train_in_loops
from src_part2.parameters import LIFParameters
from src_part2.simulator import LIFNetwork, simulate


@dataclass(frozen=True, eq=False)
class LIFTask:
    """Which total inputs mu + u the spiking neurons should receive after which cue.

    Attributes
    ----------
    neuron_parameters : LIFParameters
        The neuron; its ``tau_syn`` is also the filter of the spikes that RLS learns from.
    mean_input : ndarray of shape (n_neurons,)
        Constant input mu of each neuron (voltage, dimensionless).
    timing : TrialTiming
        Cue and learning window of a trial.
    targets : ndarray of shape (n_conditions, n_neurons, n_updates)
        Target of the total input mu + u at each of ``timing.update_times``.
    cues : ndarray of shape (n_conditions, n_neurons)
        Additional input while the cue is on, one for each condition.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part2 import LIFParameters, LIFTask, TrialTiming
    >>> timing = TrialTiming(100.0, 200.0, 200.0, 700.0, 20.0)
    >>> task = LIFTask(LIFParameters(), np.full(4, 0.7), timing, np.full((1, 4, 25), 0.7),
    ...                np.zeros((1, 4)))
    >>> task.n_conditions, task.n_neurons
    (1, 4)
    """

    neuron_parameters: LIFParameters
    mean_input: np.ndarray
    timing: TrialTiming
    targets: np.ndarray
    cues: np.ndarray

    __repr__ = one_line

    def __post_init__(self):
        check_type("LIFTask.neuron_parameters", self.neuron_parameters, LIFParameters)
        check_type("LIFTask.timing", self.timing, TrialTiming)
        dt = self.neuron_parameters.dt
        for field in ("stim_on", "stim_off", "learn_on", "learn_off", "learn_every"):
            n_steps_of(f"TrialTiming.{field}", getattr(self.timing, field), dt)
        mean_input = check_array("LIFTask.mean_input", self.mean_input, ("n_neurons",))
        n, n_updates = mean_input.size, self.timing.update_times.size
        length = np.shape(self.targets)[-1:]
        if length and length[0] != n_updates:
            raise ValueError(
                f"LIFTask.targets must have {n_updates} points in time, one for each update "
                f"in the learning window, got {length[0]}; sample them at timing.update_times, "
                "or make the window longer."
            )
        targets = check_array("LIFTask.targets", self.targets, (None, n, n_updates))
        cues = check_array("LIFTask.cues", self.cues, (targets.shape[0], n))
        object.__setattr__(self, "mean_input", mean_input)
        object.__setattr__(self, "targets", targets)
        object.__setattr__(self, "cues", cues)

    @property
    def n_neurons(self):
        """Number of neurons."""
        return self.mean_input.size

    @property
    def n_conditions(self):
        """Number of conditions, each with its own cue and targets."""
        return self.targets.shape[0]


def train(
    task, weights, rng, *, ridge=0.5, n_loops=20, rls=None, max_rate=500.0, progress=True,
    after_loop=None,
):
    """Train all recurrent weights by exact RLS on the filtered spikes.

    In each loop every condition is shown once: the network starts silent, the cue acts, and
    at each update time the total input mu + u is compared with the target and all weights
    move by one RLS step, after which u = W r with the new weights.

    To go on with an earlier training, hand over its weights, its ``rls`` and the same
    ``rng``: the two calls together do exactly what one longer call would have done. A keyboard
    interrupt ends the training with a warning, and what was learned in the loops so far is
    returned.

    Parameters
    ----------
    task : LIFTask
        Neurons, timing, targets and cues.
    weights : array_like of shape (n_neurons, n_neurons)
        Weights to start from; they are copied and must have a zero diagonal.
    rng : numpy.random.Generator
        Source of the noise, a new realisation for each trial.
    ridge : float, optional
        Strength of the prior that keeps the weights near their start, lambda.
    n_loops : int, optional
        Number of passes through all conditions.
    rls : AllToAllRLS, optional
        State of an earlier training to go on from; ``ridge`` is not used then. It is
        updated in place.
    max_rate : float, optional
        Mean rate of the population between two updates (Hz) above which the training counts
        as diverged.
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
        If the rates pass ``max_rate``, or inputs or weights leave the finite numbers. Its
        ``result`` holds the weights and the RLS state after the last sound loop.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part2 import (
    ...     LIFNetworkParameters, LIFParameters, TrialTiming, make_pattern_task, train)
    >>> rng, timing = np.random.default_rng(0), TrialTiming(100.0, 200.0, 200.0, 700.0, 20.0)
    >>> task, weights = make_pattern_task(
    ...     "sines", LIFParameters(tau_syn=100.0), LIFNetworkParameters(n_neurons=30), rng,
    ...     timing=timing)
    >>> result = train(task, weights, rng, n_loops=3, progress=False)
    >>> result.weights.shape, result.train_correlation.shape
    ((30, 30), (3, 1))
    """
    check_type("task", task, LIFTask)
    check_rng("rng", rng)
    check_real("max_rate", max_rate, unit="Hz", above=0)

    def one_loop(weights, rls, outputs):
        for condition in range(task.n_conditions):
            _train_trial(task, rng, max_rate, condition, weights, rls, outputs[condition])

    return train_in_loops(
        one_loop, task.targets, weights, ridge=ridge, n_loops=n_loops, rls=rls,
        progress=progress, after_loop=after_loop,
    )


def _train_trial(task, rng, max_rate, condition, weights, rls, outputs):
    """Run one trial, update the weights in place and write mu + u before each update."""
    neuron, timing, n = task.neuron_parameters, task.timing, task.n_neurons
    cue_on, cue_off, learn_on, between = (
        round(time / neuron.dt)
        for time in (timing.stim_on, timing.stim_off, timing.learn_on, timing.learn_every)
    )
    weights_by_pre = np.ascontiguousarray(weights.T)
    network = LIFNetwork(neuron, n, rng)
    network.advance(cue_on, weights_by_pre, task.mean_input)
    network.advance(cue_off, weights_by_pre, task.mean_input + task.cues[condition])
    network.advance(learn_on, weights_by_pre, task.mean_input)
    n_spikes = network.counts.sum()
    for k, target in enumerate(task.targets[condition].T):
        outputs[k] = task.mean_input + network.u
        rls.update(weights, network.r, outputs[k] - target)
        # The next error has to belong to the new weights, and u still holds the old ones.
        network.u[:] = weights @ network.r
        if not np.isfinite(network.u).all():
            raise FloatingPointError("weights or inputs are not finite any longer")
        if k + 1 < len(outputs):
            weights_by_pre[:] = weights.T
            network.advance(network.step + between, weights_by_pre, task.mean_input)
            n_before, n_spikes = n_spikes, network.counts.sum()
            rate = 1000.0 * (n_spikes - n_before) / (n * timing.learn_every)
            if rate > max_rate:
                raise FloatingPointError(
                    f"the population fires at {rate:.0f} Hz, more than max_rate = {max_rate:g} Hz"
                )


def run_frozen(task, weights, rng, condition=0, *, traced=None, trace_every=None):
    """Run one trial of a condition freely: only the cue and the noise, no learning.

    Parameters
    ----------
    task : LIFTask
        Neurons, timing and cues.
    weights : array_like of shape (n_neurons, n_neurons)
        Recurrent weights [post, pre].
    rng : numpy.random.Generator
        Source of the noise.
    condition : int, optional
        Which cue is given.
    traced : sequence of int, optional
        Neurons of which traces are kept; all by default.
    trace_every : float, optional
        Interval between samples (ms); 1 ms by default.

    Returns
    -------
    SpikingRun
        Spikes, and traces from the start of the trial.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part2 import (
    ...     LIFNetworkParameters, LIFParameters, TrialTiming, make_pattern_task, run_frozen)
    >>> rng, timing = np.random.default_rng(0), TrialTiming(100.0, 200.0, 200.0, 700.0, 20.0)
    >>> task, weights = make_pattern_task(
    ...     "sines", LIFParameters(tau_syn=100.0), LIFNetworkParameters(n_neurons=30), rng,
    ...     timing=timing)
    >>> run = run_frozen(task, weights, rng)
    >>> run.duration, run.voltage.shape
    (700.0, (30, 700))
    """
    check_type("task", task, LIFTask)
    check_integer("condition", condition, at_least=0, at_most=task.n_conditions - 1)
    timing = task.timing
    return simulate(
        task.neuron_parameters, task.mean_input, timing.learn_off, rng, weights=weights,
        cue=task.cues[condition], stim_on=timing.stim_on, stim_off=timing.stim_off,
        traced=np.arange(task.n_neurons) if traced is None else traced,
        trace_every=1.0 if trace_every is None else trace_every,
    )


def run_frozen_outputs(task, weights, rng, condition=0, *, n_trials=20):
    """Run trials with frozen weights, each with its own noise, and sample the total input.

    Parameters
    ----------
    task : LIFTask
        Neurons, timing and cues.
    weights : array_like of shape (n_neurons, n_neurons)
        Recurrent weights [post, pre].
    rng : numpy.random.Generator
        Source of the noise.
    condition : int, optional
        Which cue is given.
    n_trials : int, optional
        Number of noise realisations.

    Returns
    -------
    ndarray of shape (n_trials, n_neurons, n_updates)
        Total input mu + u at the update times, to be compared with
        ``task.targets[condition]``.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part2 import (
    ...     LIFNetworkParameters, LIFParameters, TrialTiming, make_pattern_task, run_frozen_outputs)
    >>> rng, timing = np.random.default_rng(0), TrialTiming(100.0, 200.0, 200.0, 700.0, 20.0)
    >>> task, weights = make_pattern_task(
    ...     "sines", LIFParameters(tau_syn=100.0), LIFNetworkParameters(n_neurons=30), rng,
    ...     timing=timing)
    >>> run_frozen_outputs(task, weights, rng, n_trials=2).shape
    (2, 30, 25)
    """
    check_type("task", task, LIFTask)
    check_integer("n_trials", n_trials, at_least=1)
    timing, dt = task.timing, task.neuron_parameters.dt
    every = np.gcd(round(timing.learn_on / dt), round(timing.learn_every / dt)) * dt
    at = np.rint(timing.update_times / every).astype(int)
    outputs = np.empty((n_trials, task.n_neurons, at.size))
    for trial in range(n_trials):
        run = run_frozen(task, weights, rng, condition, trace_every=every)
        outputs[trial] = run.total_input[:, at]
    return outputs
