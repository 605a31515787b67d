"""How independent the neurons of a network are."""

from __future__ import annotations

import numpy as np

from src_part1.validation import check_array, check_integer, check_rng


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
