"""Random weights of the all-to-all spiking network."""

from __future__ import annotations

import numpy as np

from src_part1.common.validation import check_rng, check_type
from src_part2.parameters import LIFNetworkParameters


def random_weights(network_parameters, rng):
    """Draw Gaussian all-to-all weights without autapses.

    Parameters
    ----------
    network_parameters : LIFNetworkParameters
        ``n_neurons`` and ``weight_sd`` are used.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    ndarray of shape (n_neurons, n_neurons)
        Weights [post, pre] (voltage times ms) with zero diagonal.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part2 import LIFNetworkParameters, random_weights
    >>> weights = random_weights(LIFNetworkParameters(n_neurons=400), np.random.default_rng(0))
    >>> weights.shape, round(float(weights.std() * 400**0.5), 1)
    ((400, 400), 3.0)
    """
    check_type("network_parameters", network_parameters, LIFNetworkParameters)
    check_rng("rng", rng)
    n = network_parameters.n_neurons
    weights = rng.standard_normal((n, n)) * network_parameters.weight_sd
    np.fill_diagonal(weights, 0.0)
    return weights
