"""The original's rule: one P for both conditions, targets of the moment, updates in the trial."""

import numpy as np
import pytest

from src_part3.clock import draw_spikes
from src_part3.network import PlasticWeights
from src_part3.original import train_original
from src_part3.rls import recurrent_prior
from src_part3.trials import advance, initial_state, make_drive
from tests.part3.small import small_task
from tests.reference_part3_rls import TextbookRLS


def test_equals_one_textbook_p_with_weights_swapped_between_conditions():
    task = small_task(precision="float64")
    result = train_original(
        task, np.random.default_rng(2), n_loops=2, measure_every=5, progress=False
    )

    network, rng = task.network, np.random.default_rng(2)
    start = network.initial_weights().recurrent_weights
    rls = TextbookRLS(
        network.plastic.pre_index, start, recurrent_prior(5, 6, ridge=0.04, row_sum=8.0), 15, 1, 1.0
    )
    feedforward = np.zeros((2, 24, 15))
    for _ in range(2):
        for c in (0, 1):
            rls.weights[:, 11:] = feedforward[c]
            state = initial_state(network, rng)
            drive = make_drive(
                network, task.trial_parameters, cue=task.cues[c],
                spikes=draw_spikes(task.feedforward_rates, c, rng),
            )
            n_steps = 1000
            for k in range(11):
                weights = PlasticWeights(rls.weights[:, :11].copy(), rls.weights[:, 11:].T.copy())
                advance(network, state, n_steps, drive=drive, weights=weights)
                n_steps = 200
                if k > 0:
                    trained = network.trained
                    bias = network.parameters.external_input[trained]
                    target = task.targets[c, :, k - 1] - bias - state.u_balanced[trained]
                    rls.update(0, state.r_plastic, state.s_feedforward, target)
            feedforward[c] = rls.weights[:, 11:]
    for c in (0, 1):
        learned = result.weights[c]
        np.testing.assert_allclose(learned.recurrent_weights, rls.weights[:, :11], atol=1e-8)
        np.testing.assert_allclose(learned.feedforward_weights, feedforward[c].T, atol=1e-8)
    assert result.correlation == {}


def test_the_curve_holds_the_metric_at_the_loops_asked_for():
    result = train_original(
        small_task(), np.random.default_rng(2), n_loops=4, measure_every=2, n_trials=2,
        progress=False,
    )
    assert sorted(result.correlation) == [2, 4]
    assert all(-1 <= value <= 1 for value in result.correlation.values())
    with pytest.raises(ValueError, match="n_loops must be at least 1"):
        train_original(small_task(), np.random.default_rng(0), n_loops=0)
