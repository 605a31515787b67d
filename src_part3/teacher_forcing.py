"""Training without a clock: a teacher holds the neurons on their targets, then synapses learn."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from src_part1.common.blas import one_blas_thread
from src_part1.common.fields import check_fields, integer, real
from src_part1.common.metrics import correlation
from src_part1.common.time_grid import n_steps_of
from src_part3.course_regression import CourseRegression
from src_part3.looped_training import LoopedTraining
from src_part3.network import PlasticWeights
from src_part3.plastic_targets import smooth_bins
from src_part3.trials import run_trial

# The decay of static synapses and rates after the cue (ms), which all inputs share.
_FAST_DECAY = 40.0
# Width of the moving mean before inputs are compared with targets (ms).
_INPUT_WINDOW = 100.0
# Variance of filtered spikes (1/ms^2) that a neuron has at least for the prior, silent or not:
# about that of one spike in a hundred seconds.
_LEAST_VARIANCE = 1e-8


@dataclass(frozen=True)
class TeacherForcingParameters:
    """Numbers of the training; the defaults were chosen by measurement.

    Attributes
    ----------
    total_loops : int
        Passes through all conditions, in all calls of ``run`` together.
    settling_loops : int
        The first of these loops, in which only the teacher learns. Regressors are averaged over
        the loops that follow.
    trials_per_loop : int
        Trials of each condition in a loop.
    teacher_noise : float
        Standard deviation of noise in the teacher's current (voltage), as slow as the plastic
        synapses. It represents the noise that the plastic input will have.
    prior : float
        How much noise in the weighted regressors counts against the error (see
        `CourseRegression`).
    regressor_courses : int
        Number of common time courses of the regressors that are learned from.
    input_courses : int
        Number of common time courses that the taught input may consist of, beside its mean and two
        decays after the cue.
    strongest_modes : int
        Number of patterns of the targets for which the shrinkage by the prior is made up for.
    max_rate : float
        Mean rate of all neurons in a trial (Hz) above which the training counts as diverged.
    """

    total_loops: int = integer(70, at_least=1)
    settling_loops: int = integer(12, at_least=0)
    trials_per_loop: int = integer(12, at_least=2)
    teacher_noise: float = real(0.06, at_least=0)
    prior: float = real(10.0, above=0)
    regressor_courses: int = integer(40, at_least=1)
    input_courses: int = integer(14, at_least=1)
    strongest_modes: int = integer(6, at_least=0)
    max_rate: float = real(100.0, unit="Hz", above=0)

    def __post_init__(self):
        check_fields(self)


class TeacherForcing(LoopedTraining):
    """A teacher's current stands in for the plastic synapses until they have learned to replace it.

    1. *Teacher forcing.* The plastic synapses keep their weights from before learning. A current
       into the trained neurons holds their mean total input on target, as the plastic synapses
       should do later. The current that this takes depends on the balanced input, which responds
       to it; therefore each loop adds the remaining error (an integral controller). The whole
       network, untrained neurons included, is then in the wanted state, and this state no longer
       changes while it is averaged over trials.
    2. *Regression.* The filtered spikes of these averaged trials are the regressors, the teacher's
       current is the plastic target. The trial-to-trial noise of the regressors is the prior
       (`CourseRegression`), so that weights of noisy inputs stay small. Then the teacher is
       switched off, and with the learned weights the network runs by itself.

    Before the cue the plastic input is built up to the mean over conditions and time, and during
    the cue it goes over to the start of the condition's own time course. Otherwise the network
    would start in a state that it was never taught. Full-FORCE (DePasquale et al. 2018, PLoS
    ONE 13:e0191527) follows the same idea with a second network in place of the controller.

    `LoopedTraining` says how a training can be continued.

    Parameters
    ----------
    task : BalancedTask
        Network, targets, cues and feed-forward rates; its cue begins and ends with a bin.
    training_parameters : TeacherForcingParameters, optional
        How to learn.
    seed : int, optional
        Source of the trials' randomness.

    Attributes
    ----------
    task : BalancedTask
        As given.
    parameters : TeacherForcingParameters
        As given.
    n_done : int
        Loops done so far.
    course : ndarray, shape (n_conditions, n_bins, n_trained)
        What learning should add to the plastic input at the end of each bin after the cue
        (voltage).
    filtered_spikes : ndarray, shape (n_conditions, n_trial_bins, n_sources)
        Averaged regressors in the whole trial (1/ms): all neurons, then the Poisson neurons.
    noise_variance : ndarray, shape (n_sources,)
        Their variance from trial to trial.
    curve : list of ndarray
        For each loop and condition, the median over neurons of the correlation of target and total
        input, averaged over the trials of the loop.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """

    parameters_type = TeacherForcingParameters
    remedy = "Are the targets rates that this network can have?"

    def __init__(self, task, training_parameters=None, *, seed=0):
        super().__init__(task, training_parameters, seed=seed)
        trial, network = task.trial_parameters, task.network
        width = trial.bin_width
        self._cue_on, self._cue_off, self._n_trial_bins = (
            n_steps_of(f"TrialParameters.{name}", getattr(trial, name), width,
                       of="the width of a bin")
            for name in ("stim_on", "stim_off", "duration")
        )
        self._targets = task.targets.swapaxes(1, 2).astype(float)
        with one_blas_thread():
            self._bases = [
                self._input_basis(rates) for rates in task.recorded_rates.astype(float)
            ]
            self._modes = self._target_modes()
        variance = self._targets.var(axis=1).mean(axis=1)
        # Each condition counts in units of its own variance, or the one with the smaller changes
        # would hardly be learned. One in which nothing changes counts like that with the largest.
        variance[variance == 0] = max(variance.max(), 1.0)
        self._condition_weights = variance.mean() / variance
        n_neurons, n_inputs = network.parameters.n_neurons, network.n_inputs
        self._n_sets = max(task.weight_sets) + 1
        n_sources = n_neurons + self._n_sets * n_inputs
        clock = np.broadcast_to(
            np.arange(n_neurons, n_sources), (task.n_trained, n_sources - n_neurons)
        )
        self._index = np.concatenate([network.plastic.pre_index, clock], axis=1)
        self.course = np.zeros((task.n_conditions, task.n_bins, task.n_trained))
        self.filtered_spikes = np.zeros((task.n_conditions, self._n_trial_bins, n_sources))
        self.noise_variance = np.zeros(n_sources)
        self._solved = None  # change of all weights, as long as the averages are the same

    @property
    def weights(self):
        """The weights of each condition that follow from the averages so far.

        A tuple of `PlasticWeights`; those from before learning until ``settling_loops`` are done.
        """
        if self.n_done <= self.parameters.settling_loops:
            return self._trial_weights()
        if self._solved is None:
            with one_blas_thread():
                self._solved = self._solve()
        return self._as_weights(self._solved)

    def _trial_weights(self):
        return self._as_weights(np.zeros(self._index.shape))

    def _as_weights(self, change):
        network = self.task.network
        n_plastic, dtype = network.plastic.pre_index.shape[1], network.dtype
        recurrent = network.initial_weights().recurrent_weights + change[:, :n_plastic]
        feedforward = change[:, n_plastic:].reshape(len(change), self._n_sets, network.n_inputs)
        return tuple(
            PlasticWeights(
                np.ascontiguousarray(recurrent, dtype=dtype),
                np.ascontiguousarray(feedforward[:, weight_set].T, dtype=dtype),
            )
            for weight_set in self.task.weight_sets
        )

    def _trial(self, condition, k, weights):
        """Run the k-th trial of a condition in this loop, from its start."""
        task, rng = self.task, self._rng(condition, k)
        current = np.zeros((self._n_trial_bins, task.network.parameters.n_neurons))
        current[:, task.network.trained] = (
            _bin_means(self._wanted(condition)) + self._teacher_noise(rng)
        )
        trial = run_trial(
            task.network, task.trial_parameters, rng, weights=weights, filtered=True,
            bin_input=current, **task.trial_options(condition),
        )
        return replace(trial, plastic_input=trial.plastic_input + current[:, task.network.trained])

    def _teacher_noise(self, rng):
        """Noise that forgets like the plastic synapses, one value for each bin and neuron."""
        decay = self._decay(1)
        noise = rng.standard_normal((self._n_trial_bins, self.task.n_trained))
        for b in range(1, len(noise)):
            noise[b] = decay * noise[b - 1] + np.sqrt(1 - decay**2) * noise[b]
        return self.parameters.teacher_noise * noise

    def _decay(self, n_bins):
        """What is left of the plastic input after so many bins."""
        network, width = self.task.network.parameters, self.task.trial_parameters.bin_width
        return np.exp(-n_bins * width / network.tau_plastic)

    def _wanted(self, condition):
        """What learning should add to the plastic input, at the end of all bins of a trial."""
        at = np.arange(1, self._cue_off + 1)[:, None]
        rest = self.course.mean(axis=(0, 1))
        before = (1 - self._decay(at)) * rest
        course = self.course[condition]
        # The first value belongs to the end of the first bin, the start half a bin before.
        start = course[0] - (course[min(1, len(course) - 1)] - course[0]) / 2
        in_cue = 1 - self._decay(np.maximum(at - self._cue_on, 0))
        in_cue = in_cue / max(in_cue[-1, 0], np.finfo(float).tiny)
        return np.concatenate([in_cue * start + (1 - in_cue) * before, course])

    def _input_basis(self, rates):
        """Orthonormal time courses that the taught input may consist of, [bin, course]."""
        centred = rates.T - rates.mean(axis=1)
        spread = centred.std(axis=0)
        scored = centred[:, spread > 0] / spread[spread > 0]
        strongest = np.linalg.svd(scored, full_matrices=False)[0]
        strongest = strongest[:, : self.parameters.input_courses]
        time = (np.arange(len(centred)) + 0.5) * self.task.trial_parameters.bin_width
        decays = np.exp(-time[:, None] / [self.task.network.parameters.tau_plastic, _FAST_DECAY])
        basis = np.concatenate([np.ones((len(centred), 1)), strongest, decays], axis=1)
        return np.linalg.qr(basis)[0]

    def _target_modes(self):
        """Strongest patterns of the targets over neurons, [mode, neuron]."""
        pooled = np.concatenate(self._targets)
        patterns = np.linalg.svd(pooled - pooled.mean(axis=0), full_matrices=False)[2]
        return patterns[: self.parameters.strongest_modes]

    def _learn(self, trials):
        """Take in the trials of a loop; return the quality of their mean in each condition."""
        after = slice(self._cue_off, self._cue_off + self.task.n_bins)
        window = round(_INPUT_WINDOW / self.task.trial_parameters.bin_width)
        quality, outputs = [], []
        # The controller's gain falls from 1 as 1 / n, which averages over all settled loops.
        n_settled = self.n_done + 1 - self.parameters.settling_loops
        for condition, of_condition in enumerate(trials):
            total = np.mean([trial.total_input[after] for trial in of_condition], axis=0)
            basis = self._bases[condition]
            error = basis @ (basis.T @ (self._targets[condition] - total))
            self.course[condition] += error / max(n_settled, 1)
            outputs.append(smooth_bins(total, window))
            of_neurons = correlation(outputs[-1], self._targets[condition], axis=0)
            quality.append(np.median(np.nan_to_num(of_neurons)))
        self.last_outputs = np.array(outputs).swapaxes(1, 2)
        if n_settled > 0:
            self._average_regressors(trials, n_settled)
        return quality

    def _average_regressors(self, trials, n_averaged):
        self._solved = None
        variance = np.zeros(self.noise_variance.shape)
        for condition, of_condition in enumerate(trials):
            values = np.array([self._sources(condition, trial) for trial in of_condition])
            average = self.filtered_spikes[condition]
            average += (values.mean(axis=0) - average) / n_averaged
            variance += values.var(axis=0, ddof=1).mean(axis=0) / len(trials)
        self.noise_variance += (variance - self.noise_variance) / n_averaged

    def _sources(self, condition, trial):
        """Filtered spikes of all neurons and, in the columns of its set, of the clock."""
        n_neurons, n_inputs = self.task.network.parameters.n_neurons, self.task.network.n_inputs
        values = np.zeros(self.filtered_spikes.shape[1:], self.task.network.dtype)
        values[:, :n_neurons] = trial.filtered_spikes
        first = n_neurons + self.task.weight_sets[condition] * n_inputs
        values[:, first : first + n_inputs] = trial.filtered_feedforward
        return values

    def _solve(self):
        """Change of all weights that gives the wanted plastic input."""
        p = self.parameters
        regression = CourseRegression(
            self._index, self._rows(self.filtered_spikes),
            np.maximum(self.noise_variance, _LEAST_VARIANCE), prior=p.prior,
            n_courses=p.regressor_courses,
        )
        wanted = self._rows([self._wanted(c) for c in range(self.task.n_conditions)])
        # The prior shrinks what is fitted. In the strongest modes, which the network needs most and
        # knows best, what is missing is asked for a second time.
        fitted = regression.solve(wanted)[1]
        missing = (wanted - fitted) @ self._modes.T @ self._modes
        return regression.solve(wanted + missing)[0]

    def _rows(self, values):
        """Stack what the conditions have in common before the cue, and each condition from there.

        Each row is scaled by the root of the weight that it has in the regression.
        """
        after = slice(self._cue_off + self.task.n_bins)
        before = np.mean([of_condition[: self._cue_on] for of_condition in values], axis=0)
        rows = [np.sqrt(0.5) * before] + [
            np.sqrt(weight) * of_condition[after][self._cue_on :]
            for weight, of_condition in zip(self._condition_weights, values, strict=True)
        ]
        return np.concatenate(rows)

    def _arrays(self):
        return {
            "course": self.course, "filtered_spikes": self.filtered_spikes,
            "noise_variance": self.noise_variance,
        }

    def restore(self, state):
        """Continue from what `state` returned, bit for bit; see `LoopedTraining.restore`.

        Parameters
        ----------
        state : mapping of str to ndarray
            Arrays with the names and shapes that `state` gives.
        """
        super().restore(state)
        self._solved = None


def _bin_means(at_ends):
    """Means over bins of what runs straight between the ends of bins, from 0 at the start."""
    before = np.concatenate([np.zeros_like(at_ends[:1]), at_ends[:-1]])
    return (before + at_ends) / 2
