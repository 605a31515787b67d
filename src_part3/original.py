"""Training as the original did it, for comparison only.

It differs from `Training` in four ways. One P serves both conditions, although the feed-forward
weights are separate, so that what one condition learns disturbs the other. The label holds the
balanced input of the moment with all its fluctuation. Weights change every 20 ms within a trial.
And the prior of the feed-forward weights is 1.0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from src_part1.parameters import n_steps_of
from src_part1.validation import check_integer, check_rng, check_type
from src_part3.drive import make_drive
from src_part3.evaluation import evaluate
from src_part3.feedforward import draw_spikes
from src_part3.rls import SharedInputRLS, recurrent_prior
from src_part3.simulator import advance
from src_part3.state import PlasticWeights, initial_state
from src_part3.task import CortexTask

_RIDGE_RECURRENT, _ROW_SUM, _RIDGE_FEEDFORWARD = 0.04, 8.0, 1.0


class OriginalResult(NamedTuple):
    """Weights of each condition, and the learning curve."""

    weights: tuple[PlasticWeights, ...]
    correlation: dict[int, float]  # by loop: the original's metric, first condition


def train_original(task, rng, *, n_loops=50, measure_every=10, n_trials=4, progress=True):
    """Train with the original's rule and measure with the original's metric.

    Parameters
    ----------
    task : CortexTask
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
    """
    check_type("task", task, CortexTask)
    check_rng("rng", rng)
    check_integer("n_loops", n_loops, at_least=1)
    check_integer("measure_every", measure_every, at_least=1)
    network, p = task.network, task.network.parameters
    prior = recurrent_prior(
        p.n_plastic_exc, p.n_plastic_inh, ridge=_RIDGE_RECURRENT, row_sum=_ROW_SUM
    )
    rls = SharedInputRLS(
        network.plastic.pre_index, network.initial_weights().recurrent, prior, network.n_inputs,
        ridge_shared=_RIDGE_FEEDFORWARD,
    )
    feedforward = [rls.shared_weights(0) for _ in task.conditions]
    curve = {}
    bar = tqdm(range(1, n_loops + 1), desc="original", unit="loop", disable=not progress)
    for loop in bar:
        for condition in range(task.n_conditions):
            # One P, but weights of each condition: they are put in and taken out.
            rls.set_shared_weights(0, feedforward[condition])
            _trial(task, condition, rls, rng)
            feedforward[condition] = rls.shared_weights(0)
        if loop % measure_every == 0:
            weights = tuple(_weights(network, rls.weights, own) for own in feedforward)
            test = evaluate(task, weights, rng, n_trials=n_trials)
            curve[loop] = float(test.single_trial_correlation[0].mean())
            bar.set_postfix(correlation=f"{curve[loop]:.3f}")
    return OriginalResult(
        tuple(_weights(network, rls.weights, own) for own in feedforward), curve
    )


def _trial(task, condition, rls, rng):
    network, trial, dt = task.network, task.trial, task.network.parameters.dt
    state = initial_state(network, rng)
    drive = make_drive(
        network, trial, cue=task.cues[condition],
        spikes=draw_spikes(task.feedforward, condition, rng),
    )
    weights = _weights(network, rls.weights, rls.shared_weights(0))
    advance(network, state, n_steps_of("stim_off", trial.stim_off, dt), drive=drive,
            weights=weights)
    trained = network.trained
    for target in task.targets[condition].T:
        advance(network, state, n_steps_of("bin_width", trial.bin_width, dt), drive=drive,
                weights=weights)
        label = target - drive.baseline[trained] - state.u_balanced[trained]
        rls.update(0, state.r_plastic, state.s_feedforward, label)
        # The input that has come in already stays what it was: only new spikes see new weights.
        weights = _weights(network, rls.weights, rls.shared_weights(0))


def _weights(network, recurrent, feedforward):
    return PlasticWeights(
        recurrent.astype(network.dtype),
        np.ascontiguousarray(feedforward.T, dtype=network.dtype),
    )
