"""How well an output follows its target: correlation, R^2 and normalised error."""

from __future__ import annotations

import numpy as np

from src_part1.common.validation import check_array


def _checked_pair(output, target):
    output = np.asarray(output)
    output = check_array("output", output, (None,) * max(output.ndim, 1))
    target = check_array("target", target, output.shape)
    return output, target


def _is_constant(signal, axis):
    # The variance does not tell: the rounded mean of equal values may differ from them.
    return np.ptp(signal, axis=axis) == 0


def correlation(output, target, axis=-1):
    """Pearson correlation of output and target along one axis.

    Parameters
    ----------
    output, target : array_like of equal shape
        Signals in the same unit.
    axis : int, optional
        Axis along which time runs.

    Returns
    -------
    ndarray or float
        Correlation for each of the other axes' entries; NaN where a signal is constant,
        because it is not defined there.

    Raises
    ------
    TypeError, ValueError
        If shapes differ or an entry is not a finite number.
    """
    output, target = _checked_pair(output, target)
    constant = _is_constant(output, axis) | _is_constant(target, axis)
    output = output - output.mean(axis, keepdims=True)
    target = target - target.mean(axis, keepdims=True)
    norm = np.sqrt((output**2).sum(axis) * (target**2).sum(axis))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(constant, np.nan, (output * target).sum(axis) / norm)[()]


def r2(output, target, axis=-1):
    """Coefficient of determination: 1 - squared error / variance of the target.

    Unlike the correlation it is lowered by a wrong mean or a wrong amplitude, and it is
    negative for an output that is worse than the target's own mean.

    Parameters
    ----------
    output, target : array_like of equal shape
        Signals in the same unit.
    axis : int, optional
        Axis along which time runs.

    Returns
    -------
    ndarray or float
        R^2 for each of the other axes' entries; NaN where the target is constant.

    Raises
    ------
    TypeError, ValueError
        If shapes differ or an entry is not a finite number.
    """
    output, target = _checked_pair(output, target)
    squared_error = ((output - target) ** 2).sum(axis)
    variance = ((target - target.mean(axis, keepdims=True)) ** 2).sum(axis)
    with np.errstate(invalid="ignore", divide="ignore"):
        quality = 1.0 - squared_error / variance
    return np.where(_is_constant(target, axis) | (variance == 0), np.nan, quality)[()]


def normalised_error(output, target, axis=-1):
    """Root mean squared error over the standard deviation of the target.

    Parameters
    ----------
    output, target : array_like of equal shape
        Signals in the same unit.
    axis : int, optional
        Axis along which time runs.

    Returns
    -------
    ndarray or float
        0 for a perfect output, 1 for one no better than the target's mean; NaN where the
        target is constant.

    Raises
    ------
    TypeError, ValueError
        If shapes differ or an entry is not a finite number.
    """
    return np.sqrt(1.0 - r2(output, target, axis))
