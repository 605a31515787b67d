"""How irregular and how independent spikes are."""

from __future__ import annotations

import numpy as np

from src_part1.validation import check_array, check_integer, check_rng


def interval_cv(spike_times, spike_neurons, n_neurons, *, at_least=10):
    """Return the coefficient of variation of each neuron's intervals.

    Parameters
    ----------
    spike_times : ndarray, shape (n_spikes,)
        Times of the spikes (ms), in increasing order.
    spike_neurons : ndarray of int, shape (n_spikes,)
        Neuron of each spike.
    n_neurons : int
        Number of neurons.
    at_least : int, optional
        Neurons with fewer intervals get NaN.

    Returns
    -------
    ndarray, shape (n_neurons,)
        Standard deviation over mean: 0 for a clock, 1 for a Poisson process. In a window that is
        short against the intervals it comes out too small.
    """
    at_least = check_integer("at_least", at_least, at_least=2)
    spike_neurons = np.asarray(spike_neurons)
    order = np.argsort(spike_neurons, kind="stable")
    neurons = spike_neurons[order]
    within = neurons[1:] == neurons[:-1]
    intervals, owner = np.diff(np.asarray(spike_times)[order])[within], neurons[1:][within]
    count = np.bincount(owner, minlength=n_neurons)
    divisor = np.where(count >= at_least, count, np.nan)
    mean = np.bincount(owner, intervals, minlength=n_neurons) / divisor
    squares = np.bincount(owner, (intervals - mean[owner]) ** 2, minlength=n_neurons)
    return np.sqrt(squares / divisor) / mean


def pairwise_correlations(counts, *, n_neurons=500, rng=None):
    """Return the correlation of spike counts of pairs of neurons.

    Parameters
    ----------
    counts : ndarray, shape (n_bins, n_all)
        Spikes in each bin. Silent neurons are left out.
    n_neurons : int, optional
        At most this many neurons are compared, each with each.
    rng : numpy.random.Generator, optional
        Chooses them at random; by default they are taken evenly.

    Returns
    -------
    ndarray, shape (n_pairs,)
        Pearson correlation of each pair once. Independent neurons have mean 0 and standard
        deviation 1 / sqrt(n_bins).
    """
    counts = check_array("counts", counts, ("bins", "neurons"))
    varies = np.flatnonzero(counts.std(axis=0) > 0)
    n_neurons = min(check_integer("n_neurons", n_neurons, at_least=2), varies.size)
    if rng is None:
        chosen = varies[np.linspace(0, varies.size - 1, n_neurons).astype(int)]
    else:
        chosen = check_rng("rng", rng).choice(varies, n_neurons, replace=False)
    matrix = np.corrcoef(counts[:, chosen], rowvar=False)
    return matrix[np.triu_indices(n_neurons, 1)]
