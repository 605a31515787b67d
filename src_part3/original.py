"""Training as the original did it, for comparison only.

It differs from `Training` in four ways. One P serves both conditions, although the feed-forward
weights are separate, so that what one condition learns disturbs the other. The plastic target
holds the balanced input of the moment with all its fluctuation. Weights change every 20 ms within a
trial. And the prior of the feed-forward weights is 1.0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from src_part1.common.one_line import one_line
from src_part1.common.validation import check_integer, check_rng, check_type
from src_part3.evaluation import evaluate
from src_part3.network import PlasticWeights
from src_part3.rls import SparseRLS, recurrent_prior
from src_part3.task import BalancedTask
from src_part3.trials import run_trial

_RIDGE_RECURRENT, _ROW_SUM, _RIDGE_FEEDFORWARD = 0.04, 8.0, 1.0


@dataclass(frozen=True, eq=False)
class OriginalResult:
    """What the original's rule learned.

    Attributes
    ----------
    weights : tuple of PlasticWeights
        Weights of each condition.
    correlation : dict of int to float
        The original's metric in the first condition, by loop.
    """

    weights: tuple[PlasticWeights, ...]
    correlation: dict[int, float]

    __repr__ = one_line


def train_original(task, rng, *, n_loops=50, measure_every=10, n_trials=4, progress=True):
    """Train with the original's rule and measure with the original's metric.

    Parameters
    ----------
    task : BalancedTask
        The task; updates come at its bins, which the original has every 20 ms.
    rng : numpy.random.Generator
        Randomness of all trials.
    n_loops : int, optional
        Passes through all conditions.
    measure_every : int, optional
        Loops between two measurements.
    n_trials : int, optional
        Test trials over which the metric is averaged, at least 2 (the original takes one).
    progress : bool, optional
        Show a bar.

    Returns
    -------
    OriginalResult
        Weights, and the mean over neurons of the correlation of a single trial's total input
        in the first condition with its target.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """
    check_type("task", task, BalancedTask)
    check_rng("rng", rng)
    check_integer("n_loops", n_loops, at_least=1)
    check_integer("measure_every", measure_every, at_least=1)
    check_integer("n_trials", n_trials, at_least=2)
    network, p = task.network, task.network.parameters
    prior = recurrent_prior(
        p.n_plastic_exc, p.n_plastic_inh, ridge=_RIDGE_RECURRENT, row_sum=_ROW_SUM
    )
    recurrent_weights = network.initial_weights().recurrent_weights.astype(np.float64)
    rls = SparseRLS(
        network.plastic.pre_index, prior, network.n_inputs, ridge_shared=_RIDGE_FEEDFORWARD,
        time_by_time=True,
    )
    feedforward_weights = [rls.shared_weights(recurrent_weights) for _ in set(task.weight_sets)]

    def weights_of(condition):
        weight_set = task.weight_sets[condition]
        return _weights(network, recurrent_weights, feedforward_weights[weight_set])

    curve = {}
    bar = tqdm(range(1, n_loops + 1), desc="original", unit="loop", disable=not progress)
    for loop in bar:
        for condition in range(task.n_conditions):
            # One P, but feed-forward weights of each condition: they are put in and taken out.
            weight_set = task.weight_sets[condition]
            rls.set_shared_weights(recurrent_weights, feedforward_weights[weight_set])
            _train_trial(task, condition, rls, recurrent_weights, weights_of(condition), rng)
            feedforward_weights[weight_set] = rls.shared_weights(recurrent_weights)
        if loop % measure_every == 0:
            weights = [weights_of(c) for c in range(task.n_conditions)]
            test = evaluate(task, weights, rng, n_trials=n_trials)
            curve[loop] = float(test.single_trial_correlation[0].mean())
            bar.set_postfix(correlation=f"{curve[loop]:.3f}")
    return OriginalResult(tuple(weights_of(c) for c in range(task.n_conditions)), curve)


def _train_trial(task, condition, rls, recurrent_weights, weights, rng):
    """Run one trial in which RLS learns at the end of each bin."""
    network, trained = task.network, task.network.trained

    def learn(b, state):
        b -= task.first_bin
        if not 0 <= b < task.n_bins:
            return None
        target = task.targets[condition, :, b] - network.external_input[trained]
        rls.update(
            recurrent_weights, state.r_plastic, state.s_feedforward,
            target - state.u_balanced[trained],
        )
        # The input that has come in already stays what it was: only new spikes see new weights.
        return _weights(network, recurrent_weights, rls.shared_weights(recurrent_weights))

    run_trial(
        network, task.trial_parameters, rng, weights=weights, after_bin=learn,
        **task.trial_options(condition),
    )


def _weights(network, recurrent_weights, feedforward_weights):
    return PlasticWeights(
        recurrent_weights.astype(network.dtype),
        np.ascontiguousarray(feedforward_weights.T, dtype=network.dtype),
    )
