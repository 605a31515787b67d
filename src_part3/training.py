"""Training of the balanced network by exact RLS, loop after loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from src_part1.common.fields import check_fields, choice, flag, integer, real
from src_part1.common.metrics import correlation, summarise
from src_part1.common.time_grid import n_steps_of
from src_part3.looped_training import LoopedTraining
from src_part3.network import PlasticWeights
from src_part3.plastic_targets import PlasticTargetAverage
from src_part3.rls import SparseRLS, recurrent_prior

# Time between two updates (ms), as far as the bins allow it.
_LEARN_EVERY = 40.0


@dataclass(frozen=True)
class TrainingParameters:
    """Numbers of the training; the defaults were chosen by measurement.

    Attributes
    ----------
    total_loops : int
        Passes through all conditions, in all calls of ``run`` together.
    trials_per_loop : int
        Trials of each condition in a loop, with frozen weights. RLS learns from their mean, which
        has less noise than one trial and takes one RLS step for all of them.
    learn_every : float, optional
        Time between two updates (ms), a whole number of bins. By default as many bins as come
        nearest to 40 ms, at least one and at most all.
    ridge_recurrent : float
        Prior of each recurrent weight.
    row_sum : float
        Prior of the sum of a neuron's plastic E weights, and of its plastic I weights.
    ridge_feedforward : float
        Prior of each feed-forward weight. Filtered inputs are about 0.005 spikes per ms, so
        that a prior of 1.0 is strong.
    memory : float
        Number of loops after which a loop counts 1/e as much; with infinity nothing is forgotten.
    average_balanced_input : bool
        Whether the balanced input in the plastic target is averaged over all trials so far.
    smoothing : float
        Width of the moving mean over the balanced input in the plastic target (ms); 0 for none.
    common_modes : int
        Number of time courses, common to all neurons, that the averaged input may consist of;
        the rest is taken for noise. 0 for no limit.
    regressor_window : float
        Loops over which the filtered spikes that RLS learns from are averaged at equal times of
        the trial (exponential window); their noise would shrink what is learned. 1 for none.
    correction_rate : float
        Part of each loop's remaining error of the total input that is added to the plastic target.
    correction_from : int
        Loops before this correction starts.
    max_rate : float
        Mean rate of all neurons in a trial (Hz) above which the training counts as diverged.
    rls_precision : {"float64", "float32"}
        Type of all numbers in the RLS.
    """

    total_loops: int = integer(100, at_least=1)
    trials_per_loop: int = integer(4, at_least=1)
    learn_every: float | None = real(None, unit="ms", above=0)
    ridge_recurrent: float = real(0.02, above=0)
    row_sum: float = real(4.0, at_least=0)
    ridge_feedforward: float = real(0.02, above=0)
    memory: float = real(20.0, unit="loops", at_least=1, infinite=True)
    average_balanced_input: bool = flag(True)
    smoothing: float = real(160.0, unit="ms", at_least=0)
    common_modes: int = integer(12, at_least=0)
    regressor_window: float = real(4.0, unit="loops", at_least=1)
    correction_rate: float = real(0.02, at_least=0, at_most=1)
    correction_from: int = integer(15, at_least=0)
    max_rate: float = real(100.0, unit="Hz", above=0)
    rls_precision: str = choice("float64", "float64", "float32")

    def __post_init__(self):
        check_fields(self)


def _bins_between_updates(learn_every, width, n_bins):
    if learn_every is None:
        return min(max(round(_LEARN_EVERY / width), 1), n_bins)
    n_between = n_steps_of(
        "TrainingParameters.learn_every", learn_every, width, of="the width of a bin"
    )
    if n_between > n_bins:
        raise ValueError(
            f"TrainingParameters.learn_every must be at most the {n_bins * width:g} ms of the "
            f"task's {n_bins} bins, got {learn_every:g}."
        )
    return n_between


class Training(LoopedTraining):
    """Exact RLS from the means over the trials of each loop: the rule for a network with a clock.

    RLS (`SparseRLS`) learns from the mean filtered spikes of freely running trials, with plastic
    targets from `PlasticTargetAverage`. `LoopedTraining` says how a training can be continued.

    Parameters
    ----------
    task : BalancedTask
        Network, targets, cues and feed-forward rates.
    training_parameters : TrainingParameters, optional
        How to learn.
    seed : int, optional
        Source of the trials' randomness.

    Attributes
    ----------
    task : BalancedTask
        As given.
    parameters : TrainingParameters
        As given.
    n_done : int
        Loops done so far.
    recurrent_weights : ndarray, shape (n_trained, n_plastic)
        Weights of the recurrent plastic synapses now, in the type of the RLS.
    rls : SparseRLS
        State of the learning rule.
    plastic_targets : PlasticTargetAverage
        Averages of inputs.
    regressors : dict of str to ndarray
        Running averages of filtered spikes at the times of the updates.
    curve : list of ndarray
        For each loop and condition, the median over neurons of the correlation of target and
        total input, averaged over the last loops (each with the weights it had).
    """

    parameters_type = TrainingParameters
    remedy = (
        "Use a stronger prior (ridge_recurrent, row_sum, ridge_feedforward) or a lower "
        "correction_rate."
    )

    def __init__(self, task, training_parameters=None, *, seed=0):
        super().__init__(task, training_parameters, seed=seed)
        network, p, parameters = task.network, task.network.parameters, self.parameters
        width = task.trial_parameters.bin_width
        self._stride = _bins_between_updates(parameters.learn_every, width, task.n_bins)
        n_updates = task.n_bins // self._stride
        dtype = np.dtype(parameters.rls_precision)
        self.recurrent_weights = network.initial_weights().recurrent_weights.astype(dtype)
        self.rls = SparseRLS(
            network.plastic.pre_index,
            recurrent_prior(p.n_plastic_exc, p.n_plastic_inh,
                            ridge=parameters.ridge_recurrent, row_sum=parameters.row_sum),
            network.n_inputs, n_conditions=max(task.weight_sets) + 1,
            ridge_shared=parameters.ridge_feedforward,
            forgetting=float(np.exp(-1 / (parameters.memory * n_updates * task.n_conditions))),
            dtype=dtype,
        )
        self.plastic_targets = PlasticTargetAverage(
            np.ascontiguousarray(task.targets.swapaxes(1, 2)), parameters, width
        )
        self.regressors = {
            "spikes": np.zeros((task.n_conditions, n_updates, p.n_neurons)),
            "feedforward": np.zeros((task.n_conditions, n_updates, network.n_inputs)),
        }

    @property
    def weights(self):
        """The weights of each condition now, a tuple of `PlasticWeights`."""
        dtype = self.task.network.dtype
        recurrent_weights = self.recurrent_weights.astype(dtype)
        return tuple(
            PlasticWeights(
                recurrent_weights,
                np.ascontiguousarray(
                    self.rls.shared_weights(self.recurrent_weights, weight_set).T, dtype=dtype
                ),
            )
            for weight_set in self.task.weight_sets
        )

    def _learn(self, trials):
        """Take in the trials of a loop: averages first, then RLS from the averages."""
        first, n_bins = self.task.first_bin, self.task.n_bins
        # An update comes at the end of every _stride-th bin.
        at = slice(self._stride - 1, n_bins, self._stride)
        # A running mean in the first loops, an exponential window from then on.
        share = 1 / min(self.n_done + 1, self.parameters.regressor_window)
        for condition, of_condition in enumerate(trials):
            def mean(name, of_condition=of_condition):
                values = [getattr(trial, name)[first:] for trial in of_condition]
                return np.mean(values, axis=0, dtype=np.float64)

            self.plastic_targets.update(
                condition, mean("balanced_input")[:n_bins], mean("plastic_input")[:n_bins]
            )
            for name, average in self.regressors.items():
                average[condition] += share * (mean(f"filtered_{name}")[at] - average[condition])
        # The inputs of all conditions are in before the first one is learned: the common time
        # courses of the plastic targets are those of all conditions together.
        quality = []
        for condition, targets in enumerate(self.plastic_targets.plastic_targets()):
            self.rls.update(
                self.recurrent_weights,
                *(average[condition] for average in self.regressors.values()),
                targets[at], condition=self.task.weight_sets[condition],
            )
            of_neurons = correlation(
                self.plastic_targets.total[condition], self.plastic_targets.targets[condition],
                axis=0,
            )
            quality.append(summarise(of_neurons).median)
        self.last_outputs = self.plastic_targets.total.swapaxes(1, 2).copy()
        return quality

    def _arrays(self):
        parts = {
            "plastic_targets": self.plastic_targets.state(), "regressors": self.regressors,
            "rls": self.rls.state(),
        }
        arrays = {f"{part}.{name}": a for part, d in parts.items() for name, a in d.items()}
        return {"recurrent_weights": self.recurrent_weights} | arrays
