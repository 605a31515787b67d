"""What limits learning: train and test while one setting changes."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np

from src_part1.metrics import correlation, r2
from src_part1.sweeps import sweep
from src_part1.validation import (
    check_array,
    check_choice,
    check_integer,
    check_real,
    check_rng,
    check_type,
)
from src_part2.parameters import LIFParameters, NetworkParameters
from src_part2.tasks import TIMING, pattern_task
from src_part2.training import run_frozen_outputs, train


@dataclass(frozen=True)
class LearningSettings:
    """A pattern task and its training, in the numbers that a sweep changes.

    Unlike in :class:`NetworkParameters`, the mean input does not depend on the number of
    neurons, so that networks of different size fire at the same rate.

    Raises
    ------
    TypeError, ValueError
        If a value is no finite number or out of its range.
    """

    kind: str = "sines"  # of pattern: "sines", "ou" or "chaos"
    n_units: int = 100  # number of neurons
    tau_syn: float = 200.0  # ms, synaptic time constant
    time_scale: float = 2000.0  # ms, of the pattern: period of the sines, tau of the others
    noise: float = 2.0  # standard deviation of the input noise at each step
    amplitude: float = 0.5  # of the pattern (voltage)
    mean_input: float = 0.72  # mu (voltage)
    coupling: float = 3.0  # untrained weights have standard deviation coupling / sqrt(N)
    learn_every: float = 20.0  # ms between updates
    ridge: float = 0.5  # lambda
    n_loops: int = 15  # passes through the learning window

    def __post_init__(self):  # noqa: D105
        name = type(self).__name__
        check_choice(f"{name}.kind", self.kind, ("sines", "ou", "chaos"))
        check_integer(f"{name}.n_units", self.n_units, at_least=2)
        check_real(f"{name}.time_scale", self.time_scale, unit="ms", above=0)
        check_real(f"{name}.amplitude", self.amplitude, at_least=0)
        check_real(f"{name}.mean_input", self.mean_input)


class Quality(NamedTuple):
    """How well single trials with frozen weights follow their targets, over neurons and trials.

    Attributes
    ----------
    correlation, r2 : float
        Mean correlation and mean R^2 of total input and target.
    """

    correlation: float
    r2: float


def frozen_quality(task, weights, rng, *, n_trials=20):
    """Measure frozen trials against their targets.

    Parameters
    ----------
    task : SpikingTask
        The task.
    weights : array_like of shape (n_units, n_units)
        Recurrent weights [post, pre], frozen.
    rng : numpy.random.Generator
        Source of the noise.
    n_trials : int, optional
        Noise realisations of each condition.

    Returns
    -------
    Quality
        Means over conditions, trials and neurons; neurons with a constant target are left out.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value.
    """
    found = []
    for condition in range(task.n_conditions):
        outputs = run_frozen_outputs(task, weights, rng, condition, n_trials=n_trials)
        targets = np.broadcast_to(task.targets[condition], outputs.shape)
        found.append([correlation(outputs, targets), r2(outputs, targets)])
    return Quality(*(float(np.nanmean(values)) for values in np.swapaxes(found, 0, 1)))


def learn(settings, rng, *, n_trials=20):
    """Make the task, train the network and test it with frozen weights.

    Parameters
    ----------
    settings : LearningSettings
        Task and training.
    rng : numpy.random.Generator
        Source of weights, patterns and noise.
    n_trials : int, optional
        Noise realisations of the test.

    Returns
    -------
    Quality
        Quality of the frozen trials.

    Raises
    ------
    TypeError, ValueError
        If a setting has a wrong type or value.
    TrainingDivergedError
        If the training diverges.
    """
    check_type("settings", settings, LearningSettings)
    check_rng("rng", rng)
    neuron = LIFParameters(tau_syn=settings.tau_syn, noise=settings.noise)
    network = NetworkParameters(
        settings.n_units, settings.coupling, settings.mean_input / np.sqrt(settings.n_units)
    )
    task, weights = pattern_task(
        settings.kind, neuron, network, rng, amplitude=settings.amplitude,
        time_scale=settings.time_scale, timing=replace(TIMING, learn_every=settings.learn_every),
    )
    result = train(
        task, weights, rng, ridge=settings.ridge, n_loops=settings.n_loops, progress=False
    )
    return frozen_quality(task, result.weights, rng, n_trials=n_trials)


class Sweep(NamedTuple):
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


def sweep_setting(settings, setting, values, *, seeds=(0, 1), n_trials=5, progress=True):
    """Train and test at each value of one setting, with everything else kept.

    For several settings at a time, several processes or a cluster take
    :func:`src_part1.sweeps.sweep`, which this function calls.

    Parameters
    ----------
    settings : LearningSettings
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
    Sweep
        The qualities.

    Raises
    ------
    TypeError, ValueError
        If a setting has a wrong name or type.
    SweepError
        If a setting has a wrong value, or a training diverges.
    """
    numbers = [f.name for f in fields(settings) if not isinstance(getattr(settings, f.name), str)]
    check_choice("setting", setting, numbers)
    values = check_array("values", values, ("n_values",))
    kind = type(getattr(settings, setting))

    def learn_at(rng, value):
        return learn(replace(settings, **{setting: kind(value)}), rng, n_trials=n_trials)

    found = sweep(learn_at, {"value": values}, seeds=seeds, n_jobs=1, progress=progress)
    table = found.raise_failures().table.reshape(values.size, -1)
    return Sweep(setting, values, table["correlation"], table["r2"])
