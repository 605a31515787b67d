"""How well an output follows its target: correlation, R^2 and normalised error."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from src_part1.common.validation import check_array


def _checked_pair(output, target):
    output = np.asarray(output)
    output = check_array("output", output, (None,) * max(output.ndim, 1))
    target = check_array("target", target, output.shape)
    return output, target


# A moving mean over n equal values differs from them by about n roundings (2e-16 each).
_ROUNDING = 1e-12


def is_constant(signal, axis=-1):
    """Tell whether a signal is constant up to rounding.

    Neither the variance nor the range alone tells: the rounded mean of equal values may differ
    from them, and equal rates may differ in their last digits after smoothing or averaging.
    """
    highest, lowest = signal.max(axis=axis), signal.min(axis=axis)
    return highest - lowest <= _ROUNDING * np.maximum(np.abs(highest), np.abs(lowest))


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
        Correlation for each of the other axes' entries; NaN where a signal is constant
        up to rounding, because it is not defined there.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import correlation
    >>> correlation([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]], [[2.0, 4.0, 6.0], [1.0, 1.0, 1.0]]).round(3)
    array([ 1., nan])
    """
    output, target = _checked_pair(output, target)
    constant = is_constant(output, axis) | is_constant(target, axis)
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
        R^2 for each of the other axes' entries; NaN where the target is constant up
        to rounding.

    Examples
    --------
    >>> from src_part1 import r2
    >>> float(r2([1.0, 2.0, 4.0], [1.0, 2.0, 3.0]))
    0.5
    """
    output, target = _checked_pair(output, target)
    squared_error = ((output - target) ** 2).sum(axis)
    variance = ((target - target.mean(axis, keepdims=True)) ** 2).sum(axis)
    with np.errstate(invalid="ignore", divide="ignore"):
        quality = 1.0 - squared_error / variance
    return np.where(is_constant(target, axis) | (variance == 0), np.nan, quality)[()]


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
        target is constant up to rounding.

    Examples
    --------
    >>> from src_part1 import normalised_error
    >>> float(normalised_error([2.0, 2.0, 2.0], [1.0, 2.0, 3.0]))
    1.0
    """
    return np.sqrt(1.0 - r2(output, target, axis))


class Summary(NamedTuple):
    """A measure over neurons, and what does not count in it."""

    mean: float
    median: float
    n_counted: int
    left_out: tuple  # indices of the neurons for which the measure is not defined

    def __str__(self):
        """Return mean, median, and number and names of what is left out, as a sentence's part."""
        n = self.n_counted + len(self.left_out)
        text = f"mean {self.mean:.3f}, median {self.median:.3f} over {self.n_counted} of {n}"
        if self.left_out:
            first = ", ".join(map(str, self.left_out[:10]))
            more = f" and {len(self.left_out) - 10} more" if len(self.left_out) > 10 else ""
            text += f" (not defined for {len(self.left_out)}: {first}{more})"
        return text


def summarise(values):
    """Average a measure over the neurons for which it is defined, and name the others."""
    values = np.asarray(values)
    if values.dtype.kind not in "fiu":
        raise TypeError(f"summarise.values must hold real numbers, got dtype {values.dtype}.")
    if values.ndim != 1:
        raise ValueError(f"summarise.values must have shape (n_neurons), got {values.shape}.")
    defined = np.isfinite(values)
    counted = values[defined]
    mean, median = (counted.mean(), np.median(counted)) if counted.size else (np.nan, np.nan)
    left_out = tuple(int(i) for i in np.flatnonzero(~defined))
    return Summary(float(mean), float(median), int(counted.size), left_out)
