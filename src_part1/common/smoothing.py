"""The moving mean."""

from __future__ import annotations

import numpy as np

from src_part1.common.validation import check_integer


def moving_mean(values, before, after=None, *, axis=-1):
    """Smooth along one axis; at both ends the mean runs over the entries that exist.

    Parameters
    ----------
    values : array_like
        Values of any shape.
    before : int
        Number of earlier entries in each mean.
    after : int, optional
        Number of later ones; as many as ``before`` by default.
    axis : int, optional
        The axis.

    Returns
    -------
    ndarray
        ``mean(values[max(t - before, 0) : t + after + 1])`` for each t, in float64.

    Raises
    ------
    TypeError, ValueError
        If a number of entries is no whole number or negative, or there is no such axis.

    Notes
    -----
    The means are differences of cumulative sums. If no value is negative, these sums never fall,
    rounded or not: no mean is negative then, and one over zeros only is exactly 0.
    """
    before = check_integer("before", before, at_least=0)
    after = before if after is None else check_integer("after", after, at_least=0)
    values = np.moveaxis(np.asarray(values, dtype=np.float64), axis, 0)
    if before == after == 0:
        return np.moveaxis(values, 0, axis).copy()
    total = np.concatenate([np.zeros_like(values[:1]), np.cumsum(values, axis=0)])
    n = len(values)
    first = np.maximum(np.arange(n) - min(before, n), 0)
    end = np.minimum(np.arange(n) + min(after, n) + 1, n)
    n_entries = (end - first).reshape(-1, *[1] * (values.ndim - 1))
    return np.moveaxis((total[end] - total[first]) / n_entries, 0, axis)
