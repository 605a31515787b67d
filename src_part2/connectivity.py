"""Random weights of the all-to-all spiking network."""

from __future__ import annotations

import numpy as np

from src_part1.validation import check_rng, check_type
from src_part2.parameters import NetworkParameters


def random_weights(network, rng):
    """Draw Gaussian all-to-all weights without autapses.

    Parameters
    ----------
    network : NetworkParameters
        ``n_units`` and ``weight_sd`` are used.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    ndarray of shape (n_units, n_units)
        Weights [post, pre] (voltage times ms) with zero diagonal.
    """
    check_type("network", network, NetworkParameters)
    check_rng("rng", rng)
    weights = rng.standard_normal((network.n_units, network.n_units)) * network.weight_sd
    np.fill_diagonal(weights, 0.0)
    return weights
