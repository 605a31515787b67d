"""The plastic target of a trained neuron: what its plastic input should have been.

The total input of a neuron is balanced + plastic. RLS learns the plastic part, so what it should
produce is target - balanced input. But the balanced input fluctuates an order more strongly than
the target is modulated, and nothing that the plastic synapses see predicts this fluctuation: only
its mean over trials can be compensated.
"""

from __future__ import annotations

import numpy as np

from src_part1.common.blas import one_blas_thread
from src_part1.common.smoothing import moving_mean


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
    return moving_mean(values, max(n_bins - 1, 0) // 2, n_bins // 2, axis=0)


def strongest_modes(values, n_modes):
    """Keep the strongest common time courses of all neurons and drop the rest as noise.

    Parameters
    ----------
    values : ndarray, shape (n_time, n_neurons)
        Time courses.
    n_modes : int
        Number of principal components to keep; 0 keeps all.

    Returns
    -------
    ndarray, shape (n_time, n_neurons)
        Each neuron's mean over time, and the part of its time course that lies in the span of
        the first ``n_modes`` principal components.
    """
    if not n_modes:
        return values
    mean = values.mean(axis=0)
    centred = values - mean
    # The last bits of BLAS depend on its threads, and a training must not depend on the machine.
    with one_blas_thread():
        modes = np.linalg.eigh(centred @ centred.T)[1][:, -n_modes:]
        return mean + modes @ (modes.T @ centred)


class PlasticTargetAverage:
    """Averages of inputs over trials, and the plastic targets that follow from them.

    The plastic target is target - average balanced input + correction. Prior and noise let RLS
    follow it only in part; the correction adds up what error remains in the total input, like the
    integral part of a controller.

    Parameters
    ----------
    targets : ndarray, shape (n_conditions, n_time, n_neurons)
        Targets of the total input (voltage).
    training_parameters : TrainingParameters
        ``average_balanced_input``, ``smoothing``, ``common_modes``, ``correction_rate`` and
        ``correction_from``.
    bin_width : float
        Width of a bin (ms).

    Attributes
    ----------
    balanced, total, correction : ndarray, shape (n_conditions, n_time, n_neurons)
        Average of the balanced input, in which loop n has a weight proportional to n; running
        average of the total input over about the last ``WINDOW`` loops, to see how well the
        network does; and the correction.
    loops_seen : ndarray of int, shape (n_conditions,)
        Loops that went into them.
    """

    WINDOW = 20

    def __init__(self, targets, training_parameters, bin_width):
        self.targets = targets
        self.parameters = training_parameters
        self.n_smooth = round(training_parameters.smoothing / bin_width)
        self.balanced = np.zeros(targets.shape)
        self.total = np.zeros(targets.shape)
        self.correction = np.zeros(targets.shape)
        self.loops_seen = np.zeros(len(targets), dtype=np.int64)

    def update(self, condition, balanced, plastic):
        """Take in the trials of one loop.

        Parameters
        ----------
        condition : int
            Condition of the trials.
        balanced, plastic : ndarray, shape (n_time, n_neurons)
            Mean inputs in each bin, averaged over the trials of the loop (voltage).
        """
        p = self.parameters
        self.loops_seen[condition] += 1
        n = self.loops_seen[condition]
        smooth = smooth_bins(balanced, self.n_smooth)
        total = smooth + smooth_bins(plastic, self.n_smooth)
        # Early loops, when the other neurons were still untrained, lose weight.
        weight = 2 / (n + 1) if p.average_balanced_input else 1.0
        self.balanced[condition] += weight * (smooth - self.balanced[condition])
        self.total[condition] += (total - self.total[condition]) / min(n, self.WINDOW)
        if n > p.correction_from:
            self.correction[condition] += p.correction_rate * (self.targets[condition] - total)

    def plastic_targets(self):
        """What the plastic inputs should have been at the end of each bin.

        Returns
        -------
        ndarray, shape (n_conditions, n_time, n_neurons)
            Targets for RLS (voltage).
        """
        change = np.concatenate(list(self.correction - self.balanced))
        change = strongest_modes(change, self.parameters.common_modes)
        return self.targets + change.reshape(self.targets.shape)

    def state(self):
        """Everything that learning has changed, as named arrays.

        Returns
        -------
        dict of str to ndarray
            Views, not copies.
        """
        return {
            "balanced": self.balanced, "total": self.total, "correction": self.correction,
            "loops_seen": self.loops_seen,
        }
