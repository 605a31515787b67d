"""What a network does beyond its task: modulation, selectivity, shared dimensions, correlations."""

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
    """Indices of three kinds of neurons, each in increasing order."""

    trained_exc: np.ndarray
    untrained_exc: np.ndarray
    untrained_inh: np.ndarray
    # Arrays have no single truth value, so that comparing tuples of them would raise.
    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """Principal components of a population over time and conditions."""

    # (n_components, n_conditions * n_bins): orthonormal time courses, conditions one after another
    components: np.ndarray
    explained: np.ndarray  # (n_components,): share of the variance that each explains

    __repr__ = one_line


@dataclass(frozen=True, eq=False)
class SharedVariance:
    """How much of one population's variance (Hz^2) lies in the time courses of another."""

    total: float  # variance over time, without noise, mean over neurons
    shared: float  # the part of it that lies in the time courses
    shifted: np.ndarray  # (n_shifts,): the same after each neuron's time course was shifted

    __repr__ = one_line


def neuron_groups(task):
    """Trained E, untrained E and (never trained) I neurons of a task.

    Examples
    --------
    >>> from src_part3 import load_network, neuron_groups
    >>> [group.size for group in neuron_groups(load_network()[0])]
    [500, 2000, 2500]
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

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import strongest_modulated
    >>> rates = np.multiply.outer([1.0, 3.0, 2.0], np.arange(5))[None]  # one condition
    >>> strongest_modulated(rates, [0, 1, 2], 2).tolist()
    [1, 2]
    """
    check_integer("n", n, at_least=1)
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
        The first and the second condition by index; of more than two they must be named.

    Returns
    -------
    ndarray, shape (n_neurons,)
        Difference of mean rates (Hz).

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import selectivity
    >>> right, left = np.array([[1.0, 5.0, 7.0]]), np.array([[1.0, 2.0, 2.0]])
    >>> selectivity([right, left], 2).tolist()
    [4.0]
    """
    rates = check_array("rates", rates, (None, None, None))
    n_conditions = len(rates)
    check_integer("last", last, at_least=1, at_most=rates.shape[2])
    if n_conditions < 2:
        raise ValueError(f"rates must have at least 2 conditions to compare, got {n_conditions}.")
    if pair is None and n_conditions > 2:
        raise ValueError(f"pair must name two of the {n_conditions} conditions, got None.")
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

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import principal_components
    >>> rates = np.multiply.outer([1.0, 3.0, 2.0], np.arange(5))[None]  # one common time course
    >>> principal_components(rates, [0, 1, 2], 2).explained.round(6).tolist()
    [1.0, 0.0]
    """
    centred = _centred(rates, neurons)
    check_integer("n_components", n_components, at_least=1, at_most=min(centred.shape))
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
    shifted in time, circularly and by an amount of its own, which keeps how slowly it changes.

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

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import principal_components, shared_variance
    >>> rates = np.random.default_rng(0).normal(10, 2, (1, 4, 50))
    >>> rates[:, 2:] = rates[:, :2]  # the last two do what the first two do
    >>> components = principal_components(rates, [0, 1], 2).components
    >>> found = shared_variance([rates, rates], [2, 3], components, np.random.default_rng(1))
    >>> round(found.shared / found.total, 6), bool(found.shifted.mean() < 0.3 * found.total)
    (1.0, True)
    """
    check_rng("rng", rng)
    check_integer("n_shifts", n_shifts, at_least=1)
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


def weight_gain(task, weights):
    r"""How strongly the learned weights, seen as a random matrix, pass on deviations of rates.

    .. math:: g = \sqrt{\langle \sum_j (\phi'_i \, \Delta w_{ij})^2 \rangle_i}

    Independent deviations of the senders' filtered spikes (1/ms) of size 1 change those of a
    trained neuron by g: near 1 they feed themselves (Sompolinsky, Crisanti & Sommers 1988).
    :math:`\phi'_i` is the slope of the task's transfer function at the mean over conditions and
    time of neuron i's target (per ms and voltage), :math:`\Delta w` what learning added to the
    recurrent weights (voltage times ms); the mean is one over conditions as well.
    """
    weights = check_type("task", task, BalancedTask).check_weights(weights)
    mean_target = task.targets.mean(axis=(0, 2), dtype=float)
    slope = task.transfer.slope(mean_target, task.network.trained) / 1000  # Hz to 1/ms
    before = task.network.initial_weights().recurrent_weights
    squares = [((w.recurrent_weights - before).astype(float) ** 2).sum(axis=1) for w in weights]
    return float(np.sqrt((slope**2 * squares).mean()))


def pairwise_correlations(counts, *, n_neurons=500, at_least=10, rng=None):
    """Return the correlation of spike counts of pairs of neurons.

    Parameters
    ----------
    counts : ndarray, shape (n_bins, n_all)
        Spikes in each bin.
    n_neurons, at_least : int, optional
        At most so many neurons, each with at least so many spikes, are compared, each with each.
    rng : numpy.random.Generator, optional
        Chooses the neurons at random; by default they are taken at even steps.

    Returns
    -------
    ndarray, shape (n_pairs,)
        Pearson correlation of each pair once. Independent neurons have mean 0 and standard
        deviation 1 / sqrt(n_bins).

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import pairwise_correlations
    >>> correlations = pairwise_correlations(np.random.default_rng(0).poisson(2.0, (400, 20)))
    >>> correlations.shape, round(float(correlations.std()) * 20, 1)  # 1 / sqrt(n_bins)
    ((190,), 1.0)
    """
    counts = check_array("counts", counts, ("bins", "neurons"))
    check_integer("at_least", at_least, at_least=1)
    varies = np.flatnonzero((counts.sum(axis=0) >= at_least) & (np.ptp(counts, axis=0) > 0))
    if varies.size < 2:
        raise ValueError(f"counts must hold two neurons with at least {at_least} spikes each.")
    n_neurons = min(check_integer("n_neurons", n_neurons, at_least=2), varies.size)
    if rng is None:
        chosen = varies[np.linspace(0, varies.size - 1, n_neurons).astype(int)]
    else:
        chosen = check_rng("rng", rng).choice(varies, n_neurons, replace=False)
    matrix = np.corrcoef(counts[:, chosen], rowvar=False)
    return matrix[np.triu_indices(n_neurons, 1)]


def _side_by_side(rates, neurons):
    # Conditions one after the other, [neuron, condition and time].
    rates = check_array("rates", rates, (None, None, None))
    neurons = check_index("neurons", neurons, rates.shape[1])
    return np.concatenate(list(rates[:, neurons]), axis=1)


def _centred(rates, neurons):
    values = _side_by_side(rates, neurons)
    return values - values.mean(axis=1, keepdims=True)
