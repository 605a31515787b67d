"""How well the network reproduces recorded activity: measures over many test trials."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from src_part1.common.metrics import correlation, is_constant, r2, summarise
from src_part1.common.one_line import one_line
from src_part1.common.smoothing import moving_mean
from src_part1.common.validation import (
    check_array,
    check_flag,
    check_integer,
    check_rng,
    check_type,
)
from src_part3.plastic_targets import smooth_bins
from src_part3.task import BalancedTask
from src_part3.trials import run_trials

# Half of the tasks' bins, so that windows can be centred on the time of a target.
_BINS_PER_TARGET = 2
# Share of a mean's variance over time that must be signal for a correction to make sense.
RELIABLE = 0.1
# Width of the window over which inputs are averaged (ms), as in the original.
INPUT_WINDOW = 100.0
# The condition is decoded from the mean input over this time (ms) at the end of a trial.
DECODED_WINDOW = 400.0


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Measures of quality over test trials with frozen weights.

    All arrays start with the axes (n_conditions, n_trained) unless said otherwise. Where a target
    is constant up to rounding, no measure that compares with it is defined: it is NaN.

    Attributes
    ----------
    n_trials : int
        Test trials of each condition.
    times : ndarray, shape (n_bins,)
        Times of the targets (ms).
    targets : ndarray, shape (..., n_bins)
        What the mean input was compared with (voltage).
    mean_input : ndarray, shape (..., n_bins)
        Total input in windows of 100 ms around ``times``, averaged over trials (voltage).
    rates : ndarray of float32, shape (n_conditions, n_neurons, n_bins)
        PSTH of all neurons of the network (Hz) in bins around ``times``, smoothed as the
        recordings were (``BalancedTask.recorded_smoothing``).
    half_rates : ndarray of float32, shape (2, n_conditions, n_neurons, n_bins)
        The same from even and from odd trials alone: their noise is independent.
    correlation : ndarray
        Correlation of mean input and target.
    corrected_correlation : ndarray
        The same, corrected for trial noise: covariance of mean input and target over
        sqrt(variance of the target * signal power), CC_norm of Schoppe et al. 2016. NaN for a
        neuron whose mean input is hardly reliable (``reliability`` below 0.1).
    reliability : ndarray
        Signal power over variance of the mean input: the share that is not trial noise. It is
        defined for constant targets, too.
    split_half : ndarray
        Correlation of the mean inputs over even and over odd trials.
    r2 : ndarray
        R^2 of mean input and target, wrong means included.
    single_trial_correlation : ndarray
        Correlation of one trial's input and target, averaged over trials: the metric of the
        original, which took one trial.
    psth_correlation : ndarray
        Correlation of simulated and recorded PSTH; NaN for a neuron without any spike, and for
        one whose recorded rate is constant.
    decoded : ndarray of int, shape (n_conditions, n_trials)
        Condition to whose targets the end of each single trial is nearest (input of all trained
        neurons, mean over the last 400 ms).
    """

    __repr__ = one_line

    n_trials: int
    times: np.ndarray
    targets: np.ndarray
    mean_input: np.ndarray
    rates: np.ndarray
    half_rates: np.ndarray
    correlation: np.ndarray
    corrected_correlation: np.ndarray
    reliability: np.ndarray
    split_half: np.ndarray
    r2: np.ndarray
    single_trial_correlation: np.ndarray
    psth_correlation: np.ndarray
    decoded: np.ndarray

    @property
    def side_decoded(self):
        """Share of single trials that end nearest to their own condition, shape (n_conditions,).

        By chance it is one over the number of conditions.
        """
        return (self.decoded == np.arange(len(self.decoded))[:, None]).mean(axis=1)

    @property
    def r2_losses(self):
        """1 - R^2 in three parts that add up to it, shape (3, ..., n_trained).

        With the standard deviations s and the correlation r of mean input and target (Murphy 1988,
        Mon Weather Rev 116:2417): another shape 1 - r^2, a wrong gain (r - s_input / s_target)^2,
        and a wrong mean, its square over the variance of the target.
        """
        variance = np.where(is_constant(self.targets), np.nan, self.targets.var(axis=2))
        gain = np.sqrt(self.mean_input.var(axis=2) / variance)
        offset = (self.mean_input - self.targets).mean(axis=2)
        return np.array(
            [1 - self.correlation**2, (self.correlation - gain) ** 2, offset**2 / variance]
        )

    def mode_gains(self, n_modes=8):
        """How much of the targets' strongest common time courses the network shows.

        Parameters
        ----------
        n_modes : int, optional
            Number of principal components of the targets of each condition.

        Returns
        -------
        ndarray, shape (n_conditions, n_modes)
            Regression slope of the mean input's projection on that of the targets: 1 where a
            time course has its full size, 0 where it is missing.
        """
        n_modes = check_integer("n_modes", n_modes, at_least=1, at_most=min(self.targets.shape[1:]))
        gains = []
        for target, value in zip(self.targets, self.mean_input, strict=True):
            target, value = (x - x.mean(axis=1, keepdims=True) for x in (target, value))
            modes = np.linalg.svd(target, full_matrices=False)[0][:, :n_modes]
            wanted, found = modes.T @ target, modes.T @ value
            gains.append((wanted * found).sum(axis=1) / (wanted**2).sum(axis=1))
        return np.array(gains)

    @property
    def n_unreliable(self):
        """Neurons without a corrected correlation, for each condition."""
        return np.isnan(self.corrected_correlation).sum(axis=1)

    @property
    def n_silent(self):
        """Neurons without a correlation of PSTHs, for each condition."""
        return np.isnan(self.psth_correlation).sum(axis=1)

    @property
    def n_constant(self):
        """Neurons whose target is constant up to rounding, for each condition."""
        return is_constant(self.targets).sum(axis=1)

    def summary(self):
        """Measures for each condition.

        Returns
        -------
        list of dict
            Medians over neurons, except for ``mean_correlation`` and
            ``single_trial_correlation``, which are means, as in the original. Neurons for which a
            measure is not defined do not count: all measures leave out the ``n_constant`` neurons
            of constant target, the corrected correlation ``n_unreliable`` neurons in all, that of
            PSTHs ``n_silent``. NaN where no neuron is left.
        """
        def median(values):
            return summarise(values).median

        return [
            {
                "median_correlation": median(self.correlation[c]),
                "mean_correlation": summarise(self.correlation[c]).mean,
                "corrected_correlation": median(self.corrected_correlation[c]),
                "psth_correlation": median(self.psth_correlation[c]),
                "r2": median(self.r2[c]),
                "single_trial_correlation": summarise(self.single_trial_correlation[c]).mean,
                "split_half": median(self.split_half[c]),
                "n_constant": int(self.n_constant[c]),
                "n_unreliable": int(self.n_unreliable[c]),
                "n_silent": int(self.n_silent[c]),
                "r2_lost_by_shape": median(self.r2_losses[0, c]),
                "r2_lost_by_gain": median(self.r2_losses[1, c]),
                "r2_lost_by_mean": median(self.r2_losses[2, c]),
                "side_decoded": float(self.side_decoded[c]),
            }
            for c in range(len(self.correlation))
        ]


def evaluate(
    task, weights, rng, *, n_trials=100, n_threads=None, silenced=None, with_feedforward=True
):
    """Test a network with frozen weights over many trials of each condition.

    Parameters
    ----------
    task : BalancedTask
        The task.
    weights : sequence of PlasticWeights
        Weights of each condition.
    rng : numpy.random.Generator
        Randomness of the trials; each gets a generator of its own.
    n_trials : int, optional
        Trials of each condition, at least 2. The fewer, the more neurons have no corrected
        correlation: of 1824, about 60 at 100 trials and several hundred at 20.
    n_threads : int, optional
        Trials at a time; all cores by default. It does not change the result.
    silenced : array_like of int, optional
        Neurons that do not spike.
    with_feedforward : bool, optional
        Whether the Poisson neurons spike.

    Returns
    -------
    Evaluation
        The measures.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.
    """
    check_type("task", task, BalancedTask)
    weights = task.check_weights(weights)
    check_rng("rng", rng)
    n_trials = check_integer("n_trials", n_trials, at_least=2)
    check_flag("with_feedforward", with_feedforward)
    conditions = [
        _Sums.collect(
            task, c, run_trials(
                task.network, _fine(task), n_trials, rng, n_threads=n_threads,
                weights=weights[c], silenced=silenced,
                **task.trial_options(c) | ({} if with_feedforward else {"feedforward_rates": None}),
            ),
        )
        for c in range(task.n_conditions)
    ]
    mean = np.array([sums.total.T / n_trials for sums in conditions])
    halves = np.array([[half.T for half in sums.halves] for sums in conditions])
    power = np.array([sums.signal_power(n_trials) for sums in conditions])
    half_rates = np.array([sums.half_rates() for sums in conditions]).swapaxes(0, 1)
    shares = np.array([n_trials - n_trials // 2, n_trials // 2]) / n_trials
    rates = np.tensordot(shares, half_rates, 1).astype(np.float32)
    centred = task.targets - task.targets.mean(axis=2, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        reliability = power / mean.var(axis=2)
        corrected = (centred * mean).mean(axis=2) / np.sqrt(centred.var(axis=2) * power)
    reliability[is_constant(mean)] = np.nan
    constant = is_constant(task.targets)
    corrected[constant | ~(reliability >= RELIABLE)] = np.nan
    single = np.array([sums.single for sums in conditions]) / n_trials
    return Evaluation(
        n_trials=n_trials, times=task.times, targets=task.targets, mean_input=mean, rates=rates,
        half_rates=half_rates,
        correlation=correlation(mean, task.targets), corrected_correlation=corrected,
        reliability=reliability, split_half=correlation(halves[:, 0], halves[:, 1]),
        r2=r2(mean, task.targets),
        single_trial_correlation=np.where(constant, np.nan, single),
        psth_correlation=correlation(rates[:, task.network.trained], task.recorded_rates),
        decoded=np.array([sums.decoded for sums in conditions]),
    )


def decode(task, inputs):
    """Decode the condition from the end of a trial.

    Parameters
    ----------
    task : BalancedTask
        The task.
    inputs : array_like, shape (n_bins, n_trained)
        Total input in the task's bins after the cue (voltage).

    Returns
    -------
    int
        The condition whose targets are nearest, in the mean over the last 400 ms.
    """
    inputs = check_array("inputs", inputs, (task.n_bins, task.n_trained))
    last = max(round(DECODED_WINDOW / task.trial_parameters.bin_width), 1)
    distance = task.targets[:, :, -last:].mean(axis=2) - inputs[-last:].mean(axis=0)
    return int((distance**2).sum(axis=1).argmin())


def _fine(task):
    p = task.trial_parameters
    return replace(p, bin_width=p.bin_width / _BINS_PER_TARGET)


class _Sums:
    """Sums over the trials of one condition."""

    def __init__(self, task):
        shape = (task.n_bins, task.n_trained)
        self.total = np.zeros(shape)
        self.halves = np.zeros((2, *shape))
        self.variance = np.zeros(task.n_trained)
        self.single = np.zeros(task.n_trained)
        self.counts = np.zeros((2, task.n_bins, task.network.parameters.n_neurons))
        self.n_of_half = [0, 0]
        self.decoded = []
        self.bin_width = task.trial_parameters.bin_width
        self.smoothing_bins = round(task.recorded_smoothing / self.bin_width)

    @classmethod
    def collect(cls, task, condition, trials):
        """Run through the trials, which are not kept."""
        sums = cls(task)
        target = task.targets[condition].T
        # An even number of fine bins: these are centred on the time of a target.
        window = _BINS_PER_TARGET * round(INPUT_WINDOW / task.trial_parameters.bin_width)
        # Of the fine bins, every other one ends at the time of a target.
        at = slice(_BINS_PER_TARGET - 1, _BINS_PER_TARGET * task.n_bins, _BINS_PER_TARGET)
        after_cue = slice(_BINS_PER_TARGET * task.first_bin, None)
        for i, trial in enumerate(trials):
            value = smooth_bins(trial.total_input[after_cue], window)[at]
            sums.total += value
            sums.decoded.append(decode(task, value))
            sums.halves[i % 2] += value
            sums.variance += value.var(axis=0)
            sums.single += np.nan_to_num(correlation(value, target, axis=0))
            counts = trial.bin_counts[after_cue]
            sums.counts[i % 2] += smooth_bins(counts, _BINS_PER_TARGET)[at]
            sums.n_of_half[i % 2] += 1
        return sums

    def signal_power(self, n):
        """Variance over time of what the trials have in common, without bias.

        Sahani & Linden 2003, equation 1: (n var(mean) - mean of var) / (n - 1).
        """
        return (self.total.var(axis=0) / n - self.variance / n) / (n - 1)

    def half_rates(self):
        """PSTHs of all neurons (Hz) from even and from odd trials, [half, neuron, bin]."""
        scale = _BINS_PER_TARGET * 1000.0 / self.bin_width
        return np.array([
            moving_mean(counts.T * (scale / n), self.smoothing_bins).astype(np.float32)
            for counts, n in zip(self.counts, self.n_of_half, strict=True)
        ])
