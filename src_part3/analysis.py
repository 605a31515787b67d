"""What a trained network does beyond its task: modulation, selectivity, shared dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from src_part1.validation import (
    check_array,
    check_index,
    check_integer,
    check_real,
    check_rng,
    check_type,
)
from src_part3.evaluation import evaluate
from src_part3.state import PlasticWeights
from src_part3.task import CortexTask


class Groups(NamedTuple):
    """Indices of three kinds of neurons."""

    trained_exc: np.ndarray
    untrained_exc: np.ndarray
    untrained_inh: np.ndarray


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """Principal components of a population over time and conditions.

    Attributes
    ----------
    components : ndarray, shape (n_components, n_conditions * n_bins)
        Orthonormal time courses, conditions one after the other.
    explained : ndarray, shape (n_components,)
        Share of the variance that each explains.
    """

    components: np.ndarray
    explained: np.ndarray


class CrossProjection(NamedTuple):
    """How much of one population's variance lies in another's time courses."""

    explained: float
    shuffled: np.ndarray  # (n_shuffles,) the same after shuffling time


def neuron_groups(task):
    """Trained E, untrained E and (never trained) I neurons.

    Parameters
    ----------
    task : CortexTask
        The task.

    Returns
    -------
    Groups
        Indices of the neurons.
    """
    p = task.network.parameters
    trained = np.sort(task.network.trained)
    return Groups(
        trained, np.setdiff1d(np.arange(p.n_exc), trained), np.arange(p.n_exc, p.n_neurons)
    )


def strongest_modulated(rates, neurons, n):
    """Neurons whose rates change most over time and between conditions.

    Parameters
    ----------
    rates : array_like, shape (n_conditions, n_neurons, n_bins)
        PSTHs (Hz), as ``Evaluation.rates``.
    neurons : array_like of int
        Neurons to choose from.
    n : int
        How many.

    Returns
    -------
    ndarray of int, shape (n,) or shorter
        Neurons in order of falling standard deviation.
    """
    n = check_integer("n", n, at_least=1)
    spread = _side_by_side(rates, neurons).std(axis=1)
    return np.asarray(neurons)[np.argsort(-spread, kind="stable")[:n]]


def selectivity(rates, last):
    """Rate in the first minus rate in the second condition at the end of the trial.

    Parameters
    ----------
    rates : array_like, shape (2, n_neurons, n_bins)
        PSTHs (Hz).
    last : int
        Number of bins at the end.

    Returns
    -------
    ndarray, shape (n_neurons,)
        Difference of mean rates (Hz).
    """
    rates = check_array("rates", rates, (2, None, None))
    last = check_integer("last", last, at_least=1, at_most=rates.shape[2])
    mean = rates[:, :, -last:].mean(axis=2)
    return mean[0] - mean[1]


def principal_components(rates, neurons, n_components):
    """Principal components of a population, both conditions side by side.

    Parameters
    ----------
    rates : array_like, shape (n_conditions, n_neurons, n_bins)
        PSTHs (Hz).
    neurons : array_like of int
        The population.
    n_components : int
        How many components.

    Returns
    -------
    PrincipalComponents
        Time courses and explained variance.

    Raises
    ------
    ValueError
        If no neuron changes its rate, or there are fewer neurons or bins than components.
    """
    centred = _centred(rates, neurons)
    n_components = check_integer(
        "n_components", n_components, at_least=1, at_most=min(centred.shape)
    )
    total = (centred**2).sum()
    if not total > 0:
        raise ValueError("principal_components needs neurons whose rates change.")
    values, vectors = np.linalg.eigh(centred.T @ centred)
    order = np.argsort(-values)[:n_components]
    return PrincipalComponents(np.ascontiguousarray(vectors[:, order].T), values[order] / total)


def cross_projection(rates, neurons, components, rng, *, n_shuffles=100):
    """Share of a population's variance that lies in given time courses, against chance.

    For chance each neuron's whole time course is shifted in time, circularly and by an amount
    of its own, which keeps how slowly it changes; independent shuffling of the bins would make
    chance look smaller than it is for slow signals.

    Parameters
    ----------
    rates : array_like, shape (n_conditions, n_neurons, n_bins)
        PSTHs (Hz).
    neurons : array_like of int
        The population, for example untrained I neurons.
    components : ndarray, shape (n_components, n_conditions * n_bins)
        Orthonormal time courses of another population, for example trained E neurons.
    rng : numpy.random.Generator
        Randomness of the shifts.
    n_shuffles : int, optional
        Number of shuffles.

    Returns
    -------
    CrossProjection
        Explained share, and those of shifted activity.
    """
    check_rng("rng", rng)
    centred = _centred(rates, neurons)
    total = (centred**2).sum()
    explained = ((centred @ components.T) ** 2).sum() / total
    n_time = centred.shape[1]
    shuffled = np.empty(check_integer("n_shuffles", n_shuffles, at_least=1))
    for k in range(shuffled.size):
        shift = rng.integers(n_time, size=(len(centred), 1))
        moved = np.take_along_axis(centred, (np.arange(n_time) + shift) % n_time, axis=1)
        shuffled[k] = ((moved @ components.T) ** 2).sum() / total
    return CrossProjection(float(explained), shuffled)


def perturb(task, weights, rng, *, silenced_fraction=0.0, feedforward=True, recurrent=True,
            n_trials=20, n_threads=None):
    """Test a network of which a part is missing.

    Parameters
    ----------
    task : CortexTask
        The task.
    weights : sequence of PlasticWeights
        Weights of each condition.
    rng : numpy.random.Generator
        Chooses the silenced neurons, and randomness of the trials.
    silenced_fraction : float, optional
        Part of the trained neurons that do not spike. They still receive input and are judged.
    feedforward, recurrent : bool, optional
        Whether the Poisson neurons spike, and whether what the recurrent plastic synapses
        learned remains; without it they have their weights from before learning.
    n_trials, n_threads : int, optional
        See `evaluate`.

    Returns
    -------
    Evaluation
        The figures.
    """
    check_type("task", task, CortexTask)
    weights = task.check_weights(weights)
    check_rng("rng", rng)
    trained = task.network.trained
    check_real("silenced_fraction", silenced_fraction, at_least=0, at_most=1)
    n_silenced = round(silenced_fraction * trained.size)
    silenced = rng.choice(trained, n_silenced, replace=False)
    if not recurrent:
        untrained = task.network.initial_weights().recurrent
        weights = [PlasticWeights(untrained, w.feedforward_out) for w in weights]
    return evaluate(
        task, weights, rng, n_trials=n_trials, n_threads=n_threads, silenced=silenced,
        feedforward=feedforward,
    )


def _side_by_side(rates, neurons):
    # Conditions one after the other, [neuron, condition and time].
    rates = check_array("rates", rates, (None, None, None))
    neurons = check_index("neurons", neurons, rates.shape[1])
    return np.concatenate(list(rates[:, neurons]), axis=1)


def _centred(rates, neurons):
    values = _side_by_side(rates, neurons)
    return values - values.mean(axis=1, keepdims=True)
