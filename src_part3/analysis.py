"""What a trained network does beyond its task: modulation, selectivity, shared dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.validation import (
    check_array,
    check_index,
    check_integer,
    check_rng,
    check_type,
)
from src_part3.task import BalancedTask


class Groups(NamedTuple):
    """Indices of three kinds of neurons.

    Attributes
    ----------
    trained_exc, untrained_exc, untrained_inh : ndarray of int
        Neurons of each kind, in increasing order.
    """

    trained_exc: np.ndarray
    untrained_exc: np.ndarray
    untrained_inh: np.ndarray
    # Arrays have no single truth value, so that comparing tuples of them would raise.
    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__


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

    __repr__ = one_line

    components: np.ndarray
    explained: np.ndarray


@dataclass(frozen=True, eq=False)
class SharedVariance:
    """How much of one population's variance lies in the time courses of another.

    Attributes
    ----------
    total : float
        Variance of the population over time, without noise (Hz^2, mean over neurons).
    shared : float
        The part of it that lies in the time courses.
    shifted : ndarray, shape (n_shifts,)
        The same after each neuron's time course was shifted in time.
    """

    __repr__ = one_line

    total: float
    shared: float
    shifted: np.ndarray


def neuron_groups(task):
    """Trained E, untrained E and (never trained) I neurons.

    Parameters
    ----------
    task : BalancedTask
        The task.

    Returns
    -------
    Groups
        Indices of the neurons.

    Raises
    ------
    TypeError
        If ``task`` is no `BalancedTask`.
    """
    p = check_type("task", task, BalancedTask).network.parameters
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


def selectivity(rates, last, *, pair=None):
    """Rate in one condition minus rate in another at the end of the trial.

    Parameters
    ----------
    rates : array_like, shape (n_conditions, n_neurons, n_bins)
        PSTHs (Hz) in at least two conditions.
    last : int
        Number of bins at the end.
    pair : tuple of int, optional
        The two conditions by index: rate in the first minus rate in the second of them. Two
        conditions are taken in their order; of more, the pair must be named.

    Returns
    -------
    ndarray, shape (n_neurons,)
        Difference of mean rates (Hz).

    Raises
    ------
    TypeError, ValueError
        If there is only one condition, no pair is named for more than two, or an argument has a
        wrong type or value.
    """
    rates = check_array("rates", rates, (None, None, None))
    n_conditions = len(rates)
    if n_conditions < 2:
        raise ValueError(
            f"rates must have at least 2 conditions for selectivity to compare, got {n_conditions}."
        )
    last = check_integer("last", last, at_least=1, at_most=rates.shape[2])
    if pair is None and n_conditions > 2:
        raise ValueError(
            f"pair must name two of the {n_conditions} conditions, for example (0, 1), got None."
        )
    pair = check_index("pair", (0, 1) if pair is None else pair, n_conditions)
    if len(pair) != 2 or pair[0] == pair[1]:
        raise ValueError(f"pair must name two different conditions, got {tuple(pair.tolist())}.")
    first, second = rates[pair, :, -last:].mean(axis=2)
    return first - second


def principal_components(rates, neurons, n_components):
    """Principal components of a population, all conditions side by side.

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


def shared_variance(half_rates, neurons, components, rng, *, n_shifts=20):
    """Variance of a population over time, and what of it lies in another's time courses.

    Both come from the product of two halves of the trials, whose noise is independent: noise adds
    nothing on the mean, however weak the activity is. For chance each neuron's whole time course is
    shifted in time, circularly and by an amount of its own, the same in both halves, which keeps
    how slowly it changes; independent shuffling of the bins would make chance look smaller than it
    is for slow signals.

    Parameters
    ----------
    half_rates : array_like, shape (2, n_conditions, n_neurons, n_bins)
        PSTHs of two halves of the trials (Hz), as ``Evaluation.half_rates``.
    neurons : array_like of int
        The population, for example untrained I neurons.
    components : ndarray, shape (n_components, n_conditions * n_bins)
        Orthonormal time courses of another population, for example trained E neurons.
    rng : numpy.random.Generator
        Randomness of the shifts.
    n_shifts : int, optional
        Number of times that all neurons are shifted.

    Returns
    -------
    SharedVariance
        Variances (Hz^2), means over neurons; by chance of noise they may be below 0.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.
    """
    check_rng("rng", rng)
    n_shifts = check_integer("n_shifts", n_shifts, at_least=1)
    half_rates = check_array("half_rates", half_rates, (2, None, None, None))
    halves = [_centred(rates, neurons) for rates in half_rates]
    n_neurons, n_time = halves[0].shape
    components = check_array("components", components, (None, n_time))

    def product(one, two):
        return float((one * two).sum() / (n_neurons * n_time))

    def shared(halves):
        return product(*(values @ components.T for values in halves))

    shifted = np.empty(n_shifts)
    for k in range(n_shifts):
        places = (np.arange(n_time) + rng.integers(n_time, size=(n_neurons, 1))) % n_time
        shifted[k] = shared([np.take_along_axis(values, places, axis=1) for values in halves])
    return SharedVariance(product(*halves), shared(halves), shifted)


def _side_by_side(rates, neurons):
    # Conditions one after the other, [neuron, condition and time].
    rates = check_array("rates", rates, (None, None, None))
    neurons = check_index("neurons", neurons, rates.shape[1])
    return np.concatenate(list(rates[:, neurons]), axis=1)


def _centred(rates, neurons):
    values = _side_by_side(rates, neurons)
    return values - values.mean(axis=1, keepdims=True)
