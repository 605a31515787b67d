"""What the plastic input of a trained neuron should have been: the label of its learning.

The total input of a neuron is balanced + plastic. RLS learns the plastic part, so its label is
target - balanced input. But the balanced input fluctuates an order more strongly than the target
is modulated, and nothing that the plastic synapses see predicts this fluctuation: only its mean
over trials can be compensated.
"""

from __future__ import annotations

import numpy as np
from threadpoolctl import ThreadpoolController

_BLAS = ThreadpoolController()


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
    # The last bits of BLAS depend on its threads, and a training shall not depend on the machine.
    with _BLAS.limit(limits=1, user_api="blas"):
        modes = np.linalg.eigh(centred @ centred.T)[1][:, -n_modes:]
        return mean + modes @ (modes.T @ centred)


class LabelAverage:
    """Averages of inputs over trials, and the labels that follow from them.

    The label of the plastic input is target - average balanced input + correction. Prior and
    noise let RLS follow its label only in part; the correction adds up what error remains in
    the total input, like the integral part of a controller.

    Parameters
    ----------
    targets : ndarray, shape (n_conditions, n_time, n_neurons)
        Targets of the total input (voltage).
    parameters : TrainingParameters
        ``average_labels``, ``smoothing``, ``label_modes``, ``correction_rate`` and
        ``correction_from``.
    bin_width : float
        Width of a bin (ms).

    Attributes
    ----------
    balanced, total, correction : ndarray, shape (n_conditions, n_time, n_neurons)
        Average of the balanced input, in which loop n has a weight proportional to n; running
        average of the total input over about the last ``WINDOW`` loops, to see how well the
        network does; and the correction.
    n_loops : ndarray of int, shape (n_conditions,)
        Loops that went into them.
    """

    WINDOW = 20

    def __init__(self, targets, parameters, bin_width):
        self.targets = targets
        self.parameters = parameters
        self.n_smooth = round(parameters.smoothing / bin_width)
        self.balanced = np.zeros(targets.shape)
        self.total = np.zeros(targets.shape)
        self.correction = np.zeros(targets.shape)
        self.n_loops = np.zeros(len(targets), dtype=np.int64)

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
        self.n_loops[condition] += 1
        n = self.n_loops[condition]
        smooth = smooth_bins(balanced, self.n_smooth)
        total = smooth + smooth_bins(plastic, self.n_smooth)
        # Early loops, when the other neurons were still untrained, lose weight.
        weight = 2 / (n + 1) if p.average_labels else 1.0
        self.balanced[condition] += weight * (smooth - self.balanced[condition])
        self.total[condition] += (total - self.total[condition]) / min(n, self.WINDOW)
        if n > p.correction_from:
            self.correction[condition] += p.correction_rate * (self.targets[condition] - total)

    def labels(self):
        """What the plastic inputs should have been at the end of each bin.

        Returns
        -------
        ndarray, shape (n_conditions, n_time, n_neurons)
            Labels for RLS (voltage).
        """
        change = np.concatenate(list(self.correction - self.balanced))
        change = strongest_modes(change, self.parameters.label_modes)
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
            "n_loops": self.n_loops,
        }
