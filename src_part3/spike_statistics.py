"""How irregularly neurons fire, and how independently of each other."""

from __future__ import annotations

import numpy as np

from src_part1.common.validation import check_array, check_integer, check_rng


def pairwise_correlations(counts, *, n_neurons=500, at_least=10, rng=None):
    """Return the correlation of spike counts of pairs of neurons.

    Parameters
    ----------
    counts : ndarray, shape (n_bins, n_all)
        Spikes in each bin.
    n_neurons : int, optional
        At most this many neurons are compared, each with each.
    at_least : int, optional
        Neurons with fewer spikes are left out: with a few spikes a correlation is far from
        normally distributed even if neurons are independent.
    rng : numpy.random.Generator, optional
        Chooses the neurons at random; by default they are taken at even steps.

    Returns
    -------
    ndarray, shape (n_pairs,)
        Pearson correlation of each pair once. Independent neurons have mean 0 and standard
        deviation 1 / sqrt(n_bins).

    Raises
    ------
    ValueError
        If fewer than two neurons spike often enough.
    """
    counts = check_array("counts", counts, ("bins", "neurons"))
    at_least = check_integer("at_least", at_least, at_least=1)
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
