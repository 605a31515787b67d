"""How well the network reproduces recorded activity: measures over many test trials."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from tqdm.auto import tqdm

from src_part1.common.metrics import correlation, is_constant, r2, summarise
from src_part1.common.one_line import one_line
from src_part1.common.smoothing import moving_mean
from src_part1.common.validation import check_flag, check_integer, check_rng, check_type
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
# Groups of neurons by recorded rate, in which rates are compared.
_RATE_GROUPS = 8


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Measures of quality over test trials with frozen weights.

    All arrays start with the axes (n_conditions, n_trained) unless said otherwise. Where a target
    is constant up to rounding, no measure that compares with it is defined: it is NaN.
    """

    n_trials: int  # test trials of each condition
    times: np.ndarray  # (n_bins,): times of the targets (ms)
    targets: np.ndarray  # (..., n_bins): what the mean input was compared with (voltage)
    recorded_rates: np.ndarray  # (..., n_bins): what the trained neurons' rates were (Hz)
    trained: np.ndarray  # (n_trained,): the trained neurons
    # (..., n_bins): total input in windows of 100 ms around ``times``, mean over trials (voltage)
    mean_input: np.ndarray
    # Variance of ``mean_input`` that is trial noise: the variance over trials, averaged over time,
    # over the number of trials (voltage^2).
    input_noise: np.ndarray
    # (2, n_conditions, n_neurons, n_bins) of float32: PSTH of all neurons of the network (Hz) from
    # even and from odd trials alone, whose noise is independent; in bins around ``times``, smoothed
    # as the recordings were
    half_rates: np.ndarray
    correlation: np.ndarray  # of mean input and target
    # The same, corrected for trial noise: covariance of mean input and target over sqrt(variance of
    # the target * signal power), CC_norm of Schoppe et al. 2016. NaN for a neuron whose mean input
    # is hardly reliable (``reliability`` below 0.1).
    corrected_correlation: np.ndarray
    # Signal power over variance of the mean input: the share that is not trial noise. It is
    # defined for constant targets, too.
    reliability: np.ndarray
    split_half: np.ndarray  # correlation of the mean inputs over even and over odd trials
    # R^2 of mean input and target, wrong means included; and with ``input_noise`` taken off the
    # squared error, what many more trials would give.
    r2: np.ndarray
    r2_corrected: np.ndarray
    # Correlation of one trial's input and target, averaged over trials: the metric of the original,
    # which took one trial.
    single_trial_correlation: np.ndarray
    # Of simulated and recorded PSTH; the correlation is NaN for a neuron without any spike, both
    # are for one whose recorded rate is constant.
    psth_correlation: np.ndarray
    psth_r2: np.ndarray
    # (n_conditions, n_trials): condition to whose targets the end of each single trial is nearest
    # (input of all trained neurons, mean over the last 400 ms)
    decoded: np.ndarray

    __repr__ = one_line

    @property
    def rates(self):
        """PSTH of all neurons (Hz) from all trials, (n_conditions, n_neurons, n_bins)."""
        return _of_all_trials(self.half_rates, self.n_trials)

    @property
    def side_decoded(self):
        """Share of single trials that end nearest to their own condition, shape (n_conditions,)."""
        return (self.decoded == np.arange(len(self.decoded))[:, None]).mean(axis=1)

    @property
    def balanced_accuracy(self):
        """Mean of ``side_decoded``, which is chance for a network that ignores its cue."""
        return float(self.side_decoded.mean())

    @property
    def rate_ratio(self):
        """Simulated over recorded mean rate in eight groups by recorded rate, the slowest first."""
        recorded = self.recorded_rates.mean(axis=(0, 2))
        simulated = self.rates[:, self.trained].mean(axis=(0, 2))
        groups = np.array_split(np.argsort(recorded), min(_RATE_GROUPS, recorded.size))
        return np.array([simulated[g].mean() / recorded[g].mean() for g in groups])

    @property
    def modulation_slope(self):
        """How much of the recorded change of rates the network shows, shape (n_conditions,).

        Slope of the regression of simulated on recorded rates (Hz) over all neurons and times,
        each neuron's own mean taken off: 1 where changes have their full size.
        """
        recorded = self.recorded_rates - self.recorded_rates.mean(axis=2, keepdims=True)
        simulated = self.rates[:, self.trained]
        return (recorded * simulated).sum(axis=(1, 2)) / (recorded**2).sum(axis=(1, 2))

    def mode_gains(self, n_modes=8):
        """How much of the targets' strongest time courses there is, (n_conditions, n_modes).

        For each principal component of the targets the slope of the mean input's projection on
        that of the targets, 1 where a time course has its full size.
        """
        gains = []
        for target, value in zip(self.targets, self.mean_input, strict=True):
            target, value = (x - x.mean(axis=1, keepdims=True) for x in (target, value))
            modes = np.linalg.svd(target, full_matrices=False)[2][:n_modes]
            wanted, found = target @ modes.T, value @ modes.T
            gains.append((wanted * found).sum(axis=0) / (wanted**2).sum(axis=0))
        return np.array(gains)

    def summary(self):
        """A dict of measures for each condition.

        Medians over neurons, except for ``mean_correlation`` and ``single_trial_correlation``,
        which are means, as in the original, and for ``modulation_slope`` and ``side_decoded``.
        Neurons for which a measure is not defined do not count: all measures leave out the
        ``n_constant`` neurons of constant target, the corrected correlation ``n_unreliable``
        neurons in all, that of PSTHs ``n_silent``. NaN where no neuron is left.
        """
        medians = {
            "median_correlation": self.correlation,
            "corrected_correlation": self.corrected_correlation,
            "psth_correlation": self.psth_correlation, "psth_r2": self.psth_r2, "r2": self.r2,
            "r2_corrected": self.r2_corrected, "split_half": self.split_half,
        }
        means = {"mean_correlation": self.correlation,
                 "single_trial_correlation": self.single_trial_correlation}
        return [
            {name: summarise(values[c]).median for name, values in medians.items()}
            | {name: summarise(values[c]).mean for name, values in means.items()}
            | {"n_constant": int(is_constant(self.targets[c]).sum()),
               "n_unreliable": int(np.isnan(self.corrected_correlation[c]).sum()),
               "n_silent": int(np.isnan(self.psth_correlation[c]).sum())}
            | {name: float(getattr(self, name)[c]) for name in ("modulation_slope", "side_decoded")}
            for c in range(len(self.correlation))
        ]


def evaluate(
    task, weights, rng, *, n_trials=100, n_threads=None, silenced=None, with_feedforward=True,
    progress=False,
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
        Trials of each condition, at least 2; the fewer, the more have no corrected correlation.
    n_threads : int, optional
        Trials at a time; all cores by default. It does not change the result.
    silenced : array_like of int, optional
        Neurons that do not spike.
    with_feedforward : bool, optional
        Whether the clock's neurons spike.
    progress : bool, optional
        Show a progress bar.

    Returns
    -------
    Evaluation
        The measures.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import evaluate, load_network
    >>> task, weights = load_network()  # the network that comes with the project
    >>> found = evaluate(task, weights, np.random.default_rng(0), n_trials=2)
    >>> found.r2.shape, found.rates.shape  # conditions, (trained) neurons, bins
    ((2, 500), (2, 5000, 100))
    """
    check_type("task", task, BalancedTask)
    weights = task.check_weights(weights)
    check_rng("rng", rng)
    check_integer("n_trials", n_trials, at_least=2)
    check_flag("with_feedforward", with_feedforward)
    p = task.trial_parameters
    fine = replace(p, bin_width=p.bin_width / _BINS_PER_TARGET)
    conditions = []
    for c in range(task.n_conditions):
        options = task.trial_options(c) | ({} if with_feedforward else {"feedforward_rates": None})
        sums = _Sums(task, c)
        trials = run_trials(
            task.network, fine, n_trials, rng, n_threads=n_threads, weights=weights[c],
            silenced=silenced, **options,
        )
        for i, trial in enumerate(tqdm(trials, task.conditions[c], n_trials, leave=False,
                                       disable=not progress)):
            sums.add(i % 2, trial)
        conditions.append(sums)
    halves = np.array([[half.T for half in sums.halves] for sums in conditions])
    half_n = np.array([n_trials - n_trials // 2, n_trials // 2])
    mean = halves.sum(axis=1) / n_trials
    squares = np.array([sums.squares.T for sums in conditions]) / n_trials
    noise = ((squares - mean**2).mean(axis=2) / (n_trials - 1)).clip(0)
    # Variance over time of what the trials have in common, without bias: Sahani & Linden 2003,
    # equation 1: (n var(mean) - mean of var) / (n - 1).
    within = np.array([sums.variance for sums in conditions]) / n_trials
    power = (n_trials * mean.var(axis=2) - within) / (n_trials - 1)
    half_rates = np.array([sums.half_rates(half_n) for sums in conditions]).swapaxes(0, 1)
    trained_rates = _of_all_trials(half_rates[:, :, task.network.trained], n_trials)
    centred = task.targets - task.targets.mean(axis=2, keepdims=True)
    constant = is_constant(task.targets)
    with np.errstate(invalid="ignore", divide="ignore"):
        reliability = power / mean.var(axis=2)
        corrected = (centred * mean).mean(axis=2) / np.sqrt(centred.var(axis=2) * power)
        noise_share = np.where(constant, np.nan, noise / centred.var(axis=2))
    reliability[is_constant(mean)] = np.nan
    corrected[constant | ~(reliability >= RELIABLE)] = np.nan
    plain = r2(mean, task.targets)
    return Evaluation(
        n_trials=n_trials, times=task.times, targets=task.targets,
        recorded_rates=task.recorded_rates, trained=task.network.trained, mean_input=mean,
        input_noise=noise, half_rates=half_rates,
        correlation=correlation(mean, task.targets), corrected_correlation=corrected,
        reliability=reliability,
        split_half=correlation(halves[:, 0] / half_n[0], halves[:, 1] / half_n[1]),
        r2=plain, r2_corrected=plain + noise_share,
        single_trial_correlation=np.where(
            constant, np.nan, np.array([sums.single for sums in conditions]) / n_trials
        ),
        psth_correlation=correlation(trained_rates, task.recorded_rates),
        psth_r2=r2(trained_rates, task.recorded_rates),
        decoded=np.array([sums.decoded for sums in conditions]),
    )


def _of_all_trials(half_rates, n_trials):
    """Rates from all trials, of which one more may be even than odd."""
    share = np.float32(n_trials // 2 / n_trials)
    return (1 - share) * half_rates[0] + share * half_rates[1]


def input_at_targets(task, total_input, bins_per_target=1):
    """Total input in windows of 100 ms around the times of the targets, (n_bins, n_trained).

    ``total_input`` is that of a whole trial whose bins are 1 / ``bins_per_target`` of the task's.
    """
    window = bins_per_target * round(INPUT_WINDOW / task.trial_parameters.bin_width)
    first = bins_per_target * task.first_bin
    values = total_input[first : first + bins_per_target * task.n_bins]
    return smooth_bins(values, window)[bins_per_target - 1 :: bins_per_target]


def smooth_bins(values, n_bins):
    """Moving mean of (n_time, n) over ``n_bins`` bins around the end of each bin.

    Even widths are centred on the end of a bin, to which targets belong; 0 and 1 change nothing. At
    both ends the mean runs over the bins that exist.
    """
    return moving_mean(values, max(n_bins - 1, 0) // 2, n_bins // 2, axis=0)


def decode(task, inputs):
    """Condition whose targets (mean over the last 400 ms) the inputs (n_bins, n_trained) meet."""
    last = max(round(DECODED_WINDOW / task.trial_parameters.bin_width), 1)
    distance = task.targets[:, :, -last:].mean(axis=2) - inputs[-last:].mean(axis=0)
    return int((distance**2).sum(axis=1).argmin())


class _Sums:
    """Sums over the trials of one condition, of even and of odd ones."""

    def __init__(self, task, condition):
        shape = (task.n_bins, task.n_trained)
        self.task, self.target = task, task.targets[condition].T
        self.halves, self.squares = np.zeros((2, *shape)), np.zeros(shape)
        self.variance, self.single = np.zeros((2, task.n_trained))
        n_fine = _BINS_PER_TARGET * task.n_bins
        self.counts = np.zeros((2, n_fine, task.network.parameters.n_neurons), np.uint32)
        self.decoded = []

    def add(self, half, trial):
        """Take in a trial with fine bins."""
        task, fine = self.task, _BINS_PER_TARGET
        value = input_at_targets(task, trial.total_input, fine)
        self.halves[half] += value
        self.squares += value**2
        self.variance += value.var(axis=0)
        self.single += np.nan_to_num(correlation(value, self.target, axis=0))
        first = fine * task.first_bin
        self.counts[half] += trial.bin_counts[first : first + fine * task.n_bins]
        self.decoded.append(decode(task, value))

    def half_rates(self, half_n):
        """PSTHs of all neurons (Hz) from even and from odd trials, [half, neuron, bin]."""
        fine, width = _BINS_PER_TARGET, self.task.trial_parameters.bin_width
        n_bins, rates = round(self.task.recorded_smoothing / width), []
        for counts, n in zip(self.counts, half_n, strict=True):
            at_targets = smooth_bins(counts, fine)[fine - 1 :: fine]
            rates.append(moving_mean(at_targets.T * (fine * 1000.0 / width / n), n_bins))
        return np.array(rates, np.float32)
