"""The original's rule: one P for both conditions, targets of the moment, updates in the trial."""

import numpy as np
import pytest

from benchmarks.original import OriginalRLS, train_original
from src_part3.clock import draw_spikes
from src_part3.network import PlasticWeights
from src_part3.trials import advance, initial_state, make_drive
from tests.part3.small import small_task
from tests.reference_part3_rls import TextbookRLS, sources_of


def textbook(network):
    """One P of 5 E, 6 I and 15 shared inputs, with the original's prior."""
    prior = np.eye(26)
    for kind in (slice(5), slice(5, 11)):
        prior[kind, kind] = 8.0 + 0.04 * prior[kind, kind]
    start = np.concatenate([
        network.initial_weights().recurrent_weights, np.zeros((network.trained.size, 15))
    ], axis=1)
    sources = sources_of(network.plastic.pre_index, 15, network.parameters.n_neurons + 15)
    return TextbookRLS(sources, prior, start)


@pytest.fixture(scope="module")
def task():
    return small_task(precision="float64")


@pytest.mark.parametrize("seed", range(3))
def test_partialled_out_rls_equals_one_textbook_p_of_own_and_shared_inputs(task, seed):
    rng, ours, twin = np.random.default_rng(seed), OriginalRLS(task.network), textbook(task.network)
    for _ in range(30):
        rates, shared = rng.random(240) / 10, rng.random(15) * rng.integers(0, 2)
        targets = rng.normal(size=24)
        ours.update(rates, shared, targets)
        twin.update(np.concatenate([rates, shared]), targets)
        for mine, theirs in ((ours.w, twin.weights[:, :11]),
                             (ours.feedforward(), twin.weights[:, 11:])):
            np.testing.assert_allclose(mine, theirs, atol=1e-9 * np.abs(theirs).max())


def test_a_training_equals_the_textbook_with_weights_swapped_between_conditions(task):
    result = train_original(task, np.random.default_rng(2), n_loops=2, measure_every=5,
                            progress=False)
    network, rng, rls = task.network, np.random.default_rng(2), textbook(task.network)
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
                    rls.update(np.concatenate([state.r_plastic, state.s_feedforward]), target)
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
