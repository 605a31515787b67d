"""Means over windows: the moving mean, and windows that do not fit the bins."""

from __future__ import annotations

import numpy as np

from src_part1.common.validation import check_integer


def moving_mean(values, before, after=None, *, axis=-1):
    """Smooth along one axis; at both ends the mean runs over the entries that exist.

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


def window_mean(values, centres, width):
    """Average over windows of a signal that is constant within each of its bins.

    Notes
    -----
    The integral from the first bin on is piecewise linear, so a mean is a difference of two
    interpolated values of it. It never falls if no value is negative, and neither does a mean.
    """
    n_bins = values.shape[-1]
    start = np.clip(centres - width / 2.0, 0.0, n_bins)
    end = np.clip(centres + width / 2.0, 0.0, n_bins)
    outside = ~(end > start)
    if outside.any():
        raise ValueError(
            f"a window must overlap the {n_bins} bins, but window {int(np.argmax(outside))} lies "
            "outside."
        )
    zero = np.zeros((*values.shape[:-1], 1))
    integral = np.concatenate([zero, np.cumsum(values, axis=-1)], axis=-1)

    def up_to(place):
        bins = np.minimum(place.astype(int), n_bins - 1)
        return integral[..., bins] + (place - bins) * values[..., bins]

    return (up_to(end) - up_to(start)) / (end - start)
