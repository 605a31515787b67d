"""What the plastic input of a trained neuron should have been: the label of its learning.

The total input of a neuron is balanced + plastic. RLS learns the plastic part, so its label is
target - balanced input. But the balanced input fluctuates an order more strongly than the target
is modulated, and nothing that the plastic synapses see predicts this fluctuation: only its mean
over trials can be compensated.
"""

from __future__ import annotations

import numpy as np


def smooth_bins(values, n_bins):
    """Moving mean over ``n_bins`` bins around the end of each bin.

    Parameters
    ----------
    values : ndarray, shape (n_time, n_neurons)
        Means over consecutive bins.
    n_bins : int
        Width of the moving mean; even widths are centred on the end of a bin, to which
        targets belong. 0 and 1 change nothing.

    Returns
    -------
    ndarray, shape (n_time, n_neurons)
        float64; at both ends the mean runs over the bins that exist.
    """
    values = np.asarray(values, dtype=np.float64)
    if n_bins <= 1:
        return values
    total = np.concatenate([np.zeros_like(values[:1]), np.cumsum(values, axis=0)])
    at = np.arange(len(values))
    first = np.maximum(at - (n_bins - 1) // 2, 0)
    end = np.minimum(at + n_bins // 2 + 1, len(values))
    return (total[end] - total[first]) / (end - first)[:, None]


class LabelAverage:
    """Average of the balanced input over trials, and correction of what error remains.

    Parameters
    ----------
    targets : ndarray, shape (n_conditions, n_time, n_neurons)
        Targets of the total input (voltage).
    average : bool
        Average over all loops so far; otherwise each loop's own balanced input counts.
    n_smooth : int
        Width of the moving mean over time (bins).
    correction_rate : float
        Part of the error of each loop's total input that is added to the label.
    correction_from : int
        Number of loops before that starts.

    Attributes
    ----------
    balanced, total, correction : ndarray, shape (n_conditions, n_time, n_neurons)
        Average of the balanced input; running average of the total input over about the last
        ``WINDOW`` loops, to see how well the network does; and the correction.
    n_loops : ndarray of int, shape (n_conditions,)
        Loops that went into them.
    """

    WINDOW = 20

    def __init__(self, targets, *, average, n_smooth, correction_rate, correction_from):
        self.targets = targets
        self.average = average
        self.n_smooth = n_smooth
        self.correction_rate = correction_rate
        self.correction_from = correction_from
        self.balanced = np.zeros(targets.shape)
        self.total = np.zeros(targets.shape)
        self.correction = np.zeros(targets.shape)
        self.n_loops = np.zeros(len(targets), dtype=np.int64)

    def update(self, condition, balanced, plastic):
        """Take in one loop and return the label for RLS.

        Parameters
        ----------
        condition : int
            Condition of the trials.
        balanced, plastic : ndarray, shape (n_time, n_neurons)
            Mean inputs in each bin, averaged over the trials of the loop (voltage).

        Returns
        -------
        ndarray, shape (n_time, n_neurons)
            What the plastic input should have been at the end of each bin.
        """
        self.n_loops[condition] += 1
        n = self.n_loops[condition]
        smooth = smooth_bins(balanced, self.n_smooth)
        total = smooth + smooth_bins(plastic, self.n_smooth)
        weight = 1 / n if self.average else 1.0
        self.balanced[condition] += weight * (smooth - self.balanced[condition])
        self.total[condition] += (total - self.total[condition]) / min(n, self.WINDOW)
        if n > self.correction_from:
            self.correction[condition] += self.correction_rate * (self.targets[condition] - total)
        return self.targets[condition] - self.balanced[condition] + self.correction[condition]

    def state(self):
        """Everything that learning has changed, as named arrays.

        Returns
        -------
        dict of str to ndarray
            Views, not copies.
        """
        return {
            "balanced": self.balanced, "total": self.total, "correction": self.correction,
            "n_loops": self.n_loops,
        }
