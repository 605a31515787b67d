"""What limits learning: train and test while one setting changes."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np

from src_part1.common.fields import check_fields, choice, integer, real
from src_part1.common.metrics import correlation, is_constant, r2, summarise
from src_part1.common.one_line import one_line
from src_part1.common.time_grid import check_time_step
from src_part1.common.validation import check_array, check_choice, check_rng, check_type
from src_part1.sweeps import sweep
from src_part2.parameters import LIFNetworkParameters, LIFParameters
from src_part2.tasks import KINDS, TIMING, make_pattern_task
from src_part2.training import LIFTask, run_frozen_outputs, train


@dataclass(frozen=True)
class TrainingSettings:
    """A pattern task and its training, in the numbers that a sweep changes.

    Unlike in :class:`LIFNetworkParameters`, the mean input does not depend on the number of
    neurons, so that networks of different size fire at the same rate.

    Attributes
    ----------
    kind : {"sines", "ou", "chaos"}
        Kind of the patterns.
    n_neurons : int
        Number of neurons.
    tau_syn : float
        Synaptic time constant (ms).
    time_scale : float
        Period of the sines, or tau of the other patterns (ms).
    noise : float
        Strength of the white noise (voltage), as in :class:`LIFParameters`.
    amplitude : float
        Amplitude of the sines, or standard deviation of the other patterns (voltage).
    mean_input : float
        Constant input mu (voltage).
    coupling : float
        The untrained weights have standard deviation ``coupling / sqrt(N)``.
    learn_every : float
        Time between two updates (ms).
    ridge : float
        Strength of the prior, lambda.
    n_loops : int
        Passes through the learning window.
    dt : float
        Time step (ms), at most a fifth of the shortest time constant.

    Examples
    --------
    >>> from src_part2 import TrainingSettings
    >>> TrainingSettings(tau_syn=50.0).mean_input
    0.72
    """

    kind: str = choice("sines", *KINDS)
    n_neurons: int = integer(100, at_least=2)
    tau_syn: float = real(200.0, unit="ms", above=0)
    time_scale: float = real(2000.0, unit="ms", above=0)
    noise: float = real(0.2, at_least=0)
    amplitude: float = real(0.5, at_least=0)
    mean_input: float = real(0.72)
    coupling: float = real(3.0, at_least=0)
    learn_every: float = real(20.0, unit="ms", above=0)
    ridge: float = real(0.5, above=0)
    n_loops: int = integer(15, at_least=1)
    dt: float = real(LIFParameters.dt, unit="ms", above=0)

    def __post_init__(self):
        check_fields(self)
        check_time_step("TrainingSettings.dt", self.dt, LIFParameters.tau_m, self.tau_syn)


class Quality(NamedTuple):
    """How well single trials with frozen weights follow their targets, over neurons and trials.

    Attributes
    ----------
    correlation, r2 : float
        Mean correlation and mean R^2 of total input and target.
    n_left_out : int
        Neurons that do not count in some condition, because their target is constant.
    """

    correlation: float
    r2: float
    n_left_out: int


def frozen_quality(task, weights, rng, *, n_trials=20):
    """Measure frozen trials against their targets.

    Parameters
    ----------
    task : LIFTask
        The task.
    weights : array_like of shape (n_neurons, n_neurons)
        Recurrent weights [post, pre], frozen.
    rng : numpy.random.Generator
        Source of the noise.
    n_trials : int, optional
        Noise realisations of each condition.

    Returns
    -------
    Quality
        Means over conditions, trials and neurons; neurons with a constant target are left out.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part2 import (
    ...     LIFNetworkParameters, LIFParameters, TrialTiming, make_pattern_task, frozen_quality)
    >>> rng, timing = np.random.default_rng(0), TrialTiming(100.0, 200.0, 200.0, 700.0, 20.0)
    >>> task, weights = make_pattern_task(
    ...     "sines", LIFParameters(tau_syn=100.0), LIFNetworkParameters(n_neurons=30), rng,
    ...     timing=timing)
    >>> quality = frozen_quality(task, weights, rng, n_trials=2)
    >>> bool(-1 <= quality.correlation <= 1), quality.n_left_out
    (True, 0)
    """
    check_type("task", task, LIFTask)
    found = []
    for condition in range(task.n_conditions):
        outputs = run_frozen_outputs(task, weights, rng, condition, n_trials=n_trials)
        targets = np.broadcast_to(task.targets[condition], outputs.shape)
        found.append([correlation(outputs, targets), r2(outputs, targets)])
    means = [summarise(np.ravel(values)).mean for values in np.swapaxes(found, 0, 1)]
    return Quality(*means, int(is_constant(task.targets).any(axis=0).sum()))


def train_and_test(settings, rng, *, n_trials=20):
    """Make the task, train the network and test it with frozen weights.

    Raises
    ------
    TrainingDivergedError
        If the training diverges.
    """
    check_type("settings", settings, TrainingSettings)
    check_rng("rng", rng)
    neuron_parameters = LIFParameters(
        tau_syn=settings.tau_syn, noise=settings.noise, dt=settings.dt
    )
    network_parameters = LIFNetworkParameters(
        settings.n_neurons, settings.coupling, settings.mean_input / np.sqrt(settings.n_neurons)
    )
    task, weights = make_pattern_task(
        settings.kind, neuron_parameters, network_parameters, rng, amplitude=settings.amplitude,
        time_scale=settings.time_scale, timing=replace(TIMING, learn_every=settings.learn_every),
    )
    result = train(
        task, weights, rng, ridge=settings.ridge, n_loops=settings.n_loops, progress=False
    )
    if len(result.train_correlation) < settings.n_loops:
        raise KeyboardInterrupt  # which ended this training, a step of something larger
    return frozen_quality(task, result.weights, rng, n_trials=n_trials)


@dataclass(frozen=True, eq=False)
class QualitySweep:
    """Quality against one setting.

    Attributes
    ----------
    setting : str
        Name of the setting.
    values : ndarray of shape (n_values,)
        Its values.
    correlation, r2 : ndarray of shape (n_values, n_seeds)
        Quality at each value, for each random network and task.
    """

    setting: str
    values: np.ndarray
    correlation: np.ndarray
    r2: np.ndarray

    __repr__ = one_line


def sweep_setting(settings, setting, values, *, seeds=(0, 1), n_trials=5, progress=True):
    """Train and test at each value of one setting, with everything else kept.

    To change several settings at a time, or to use several processes or a cluster, call
    :func:`src_part1.sweeps.sweep`, on which this function is built.

    Parameters
    ----------
    settings : TrainingSettings
        The other settings.
    setting : str
        Name of the number to change, for example ``"tau_syn"``.
    values : array_like of shape (n_values,)
        Its values.
    seeds : sequence of int, optional
        One random network and task for each.
    n_trials : int, optional
        Noise realisations of each test.
    progress : bool, optional
        Show a progress bar.

    Returns
    -------
    QualitySweep
        The qualities.

    Raises
    ------
    SweepError
        If a setting has a wrong value, or a training diverges.

    Examples
    --------
    >>> from src_part2 import TrainingSettings, sweep_setting
    >>> settings = TrainingSettings(n_neurons=10, n_loops=1)
    >>> sweep_setting(settings, "noise", [0.1, 0.2], seeds=[0], n_trials=1, progress=False).r2.shape
    (2, 1)
    """
    check_type("settings", settings, TrainingSettings)
    numbers = [f.name for f in fields(settings) if f.name != "kind"]
    check_choice("setting", setting, numbers)
    values = check_array("values", values, ("n_values",))
    whole = isinstance(getattr(settings, setting), (int, np.integer))
    if whole and np.any(values != np.rint(values)):
        raise ValueError(f"values of {setting} must be whole numbers, got {values}.")

    def train_at(rng, value):
        changed = {setting: int(value) if whole else float(value)}
        return train_and_test(replace(settings, **changed), rng, n_trials=n_trials)

    found = sweep(train_at, {"value": values}, seeds=seeds, n_jobs=1, progress=progress)
    table = found.raise_failures().table.reshape(values.size, -1)
    return QualitySweep(setting, values, table["correlation"], table["r2"])
