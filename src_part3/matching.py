"""Which model neuron plays which recorded neuron."""

from __future__ import annotations

import numpy as np

from src_part1.validation import check_array


def match_by_rate(recorded, model):
    """Give each recorded neuron the free model neuron with the nearest rate.

    Recorded neurons choose in order of falling rate, so that the few fast ones, whose matches are
    rare, come first. Of two equally near model neurons the first is taken.

    Parameters
    ----------
    recorded : array_like, shape (n_recorded,)
        Mean rates of the recorded neurons (Hz), over time and conditions.
    model : array_like, shape (n_exc,)
        Mean rates of the E neurons of the untrained network (Hz).

    Returns
    -------
    ndarray of int32, shape (n_recorded,)
        Model neuron of each recorded neuron, each used once.

    Raises
    ------
    ValueError
        If there are more recorded than model neurons, or a rate is negative or not finite.
    """
    recorded = check_array("recorded", recorded, (None,), at_least=0.0)
    model = check_array("model", model, (None,), at_least=0.0)
    if recorded.size > model.size:
        raise ValueError(
            f"{recorded.size} recorded neurons need as many model neurons, got {model.size}; "
            "take a larger network or fewer neurons (Recordings.select)."
        )
    matched = np.empty(recorded.size, np.int32)
    free = model.copy()
    for neuron in np.argsort(-recorded, kind="stable"):
        matched[neuron] = np.argmin(np.abs(recorded[neuron] - free))
        free[matched[neuron]] = np.inf
    return matched
