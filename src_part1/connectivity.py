"""Random recurrent weights of the rate networks."""

from __future__ import annotations

import numpy as np
import scipy

from src_part1.common.validation import check_rng, check_type
from src_part1.parameters import ForceParameters, RateNetworkParameters


def random_weights(network_parameters, rng):
    """Draw Gaussian all-to-all weights without autapses, W_ij ~ N(0, g^2 / N).

    Parameters
    ----------
    network_parameters : RateNetworkParameters
        ``n_units`` and ``gain`` are used.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    ndarray of shape (n_units, n_units)
        Weights [post, pre] with zero diagonal.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import RateNetworkParameters, random_weights
    >>> weights = random_weights(RateNetworkParameters(n_units=400), np.random.default_rng(0))
    >>> weights.shape, round(float(weights.std() * 400**0.5), 2)
    ((400, 400), 1.0)
    """
    check_type("network_parameters", network_parameters, RateNetworkParameters)
    check_rng("rng", rng)
    n = network_parameters.n_units
    weights = rng.standard_normal((n, n)) * (network_parameters.gain / np.sqrt(n))
    np.fill_diagonal(weights, 0.0)
    return weights


def sparse_weights(force_parameters, rng):
    """Draw sparse Gaussian weights [post, pre] (CSR), each with probability p, sd g / sqrt(p N)."""
    check_type("force_parameters", force_parameters, ForceParameters)
    check_rng("rng", rng)
    n, p = force_parameters.n_units, force_parameters.connection_probability
    scale = force_parameters.gain / np.sqrt(p * n)
    weights = scipy.sparse.random_array(
        (n, n), density=p, format="csr", rng=rng, data_sampler=rng.standard_normal
    )
    weights.data *= scale
    return weights
