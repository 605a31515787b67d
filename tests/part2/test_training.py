"""Training against its textbook twin; resumption, divergence; frozen trials."""


import numpy as np
import pytest

import src_part2 as two
from src_part1.rls import AllToAllRLS
from src_part1.training_loop import TrainingDivergedError
from tests.reference import rls_update
from tests.reference_part2 import lif_network

TIMING = two.TrialTiming(20.0, 30.0, 35.0, 95.0, 10.0)


def small_task(n=8, n_conditions=1):
    rng = np.random.default_rng(0)
    neuron_parameters = two.LIFParameters(tau_syn=40.0, v_th=0.8)
    mean_input = 1.5 + 0.2 * rng.standard_normal(n)
    targets = 1.5 + 0.5 * rng.standard_normal((n_conditions, n, 6))
    cues = rng.standard_normal((n_conditions, n))
    task = two.LIFTask(neuron_parameters, mean_input, TIMING, targets, cues)
    return task, two.random_weights(two.LIFNetworkParameters(n, 30.0), rng)


def with_cue(task):
    external_input = np.tile(task.mean_input, (950, 1))
    external_input[200:300] += task.cues[0]
    return external_input


def textbook_loop(task, weights, rng, ridge):
    """One loop of one condition, with u = W r at every step and a P for each neuron."""
    neuron, n = task.neuron_parameters, task.n_neurons
    external_input, rows = with_cue(task), rng.standard_normal((950, n))
    v, r, last = np.full(n, neuron.v_reset), np.zeros(n), []
    others = [np.delete(np.arange(n), i) for i in range(n)]
    P, used, step = [np.eye(n - 1) / ridge] * n, weights.copy(), 0
    for k, target in enumerate(task.targets[0].T):
        for _ in range(350 if k == 0 else 100):
            r *= 1 - neuron.dt / neuron.tau_syn
            for j in last:
                r[j] += 1 / neuron.tau_syn
            u = used @ r
            v += neuron.dt / neuron.tau_m * (external_input[step] + u - v)
            v += neuron.noise * np.sqrt(neuron.dt / neuron.tau_m) * rows[step]
            last = list(np.flatnonzero(v > neuron.v_th))
            v[last] = neuron.v_reset
            step += 1
        errors = task.mean_input + used @ r - target
        for i, own in enumerate(others):
            used[i, own], P[i] = rls_update(used[i, own], P[i], r[own], errors[i])
    return used


def test_training_equals_textbook():
    task, weights = small_task()
    rng = np.random.default_rng(7)
    result = two.train(task, weights, rng, ridge=0.3, n_loops=1, progress=False)
    expected = textbook_loop(task, weights, np.random.default_rng(7), 0.3)
    assert np.abs(expected - weights).max() > 0.1
    np.testing.assert_allclose(result.weights, expected, rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(result.initial_weights, weights)
    assert not np.diagonal(result.weights).any()


def test_one_neuron_pair_follows_the_slow_network_between_updates():
    task, weights = small_task(n=2)
    run = two.run_frozen(task, weights, np.random.default_rng(3), trace_every=0.1)
    rows = np.random.default_rng(3).standard_normal((950, 2))
    spikes, *_ = lif_network(task.neuron_parameters, weights, with_cue(task), rows)
    assert len(spikes) == run.spike_times.size > 3
    outputs = two.run_frozen_outputs(task, weights, np.random.default_rng(3), n_trials=2)
    np.testing.assert_array_equal(outputs[0], run.total_input[:, 350:950:100])
    assert not np.array_equal(outputs[0], outputs[1])


def test_two_short_trainings_equal_one_long_one():
    task, weights = small_task(n_conditions=2)
    loops = []
    long = two.train(task, weights, np.random.default_rng(1), n_loops=5, progress=False,
                 after_loop=lambda result: loops.append(len(result.train_correlation)))
    assert loops == [1, 2, 3, 4, 5]
    rng = np.random.default_rng(1)
    first = two.train(task, weights, rng, n_loops=2, progress=False)
    second = two.train(task, first.weights, rng, n_loops=3, rls=first.rls, progress=False)
    np.testing.assert_array_equal(second.weights, long.weights)
    np.testing.assert_array_equal(second.rls.P, long.rls.P)
    curve = np.concatenate([first.train_correlation, second.train_correlation])
    np.testing.assert_array_equal(curve, long.train_correlation)
    assert curve.shape == (5, 2)


@pytest.mark.parametrize(("damage", "cause"), [
    (1e4, r"loop 4: the population fires at \d+ Hz, more .* Use a larger"),
    (np.nan, "loop 4: weights or inputs are not finite"),
])
def test_divergence_names_loop_cause_and_remedy_and_loses_nothing(monkeypatch, damage, cause):
    task, weights = small_task()
    expected = two.train(task, weights, np.random.default_rng(1), n_loops=3, progress=False)
    original, calls = AllToAllRLS.update, []

    def runs_away(self, weights, *arguments):
        original(self, weights, *arguments)
        calls.append(1)
        if len(calls) == 3 * TIMING.update_times.size + 2:
            weights += damage

    monkeypatch.setattr(AllToAllRLS, "update", runs_away)
    with pytest.raises(TrainingDivergedError, match=cause) as caught:
        two.train(task, weights, np.random.default_rng(1), n_loops=9, progress=False)
    np.testing.assert_array_equal(caught.value.result.weights, expected.weights)
    np.testing.assert_array_equal(caught.value.result.rls.P, expected.rls.P)
    assert len(caught.value.result.train_correlation) == 3


def test_the_original_task_is_learned():
    neuron, rng = two.LIFParameters(tau_syn=200.0), np.random.default_rng(11)
    task, weights = two.make_pattern_task("sines", neuron, two.LIFNetworkParameters(), rng)
    before = two.frozen_quality(task, weights, rng, n_trials=3)
    result = two.train(task, weights, rng, progress=False)
    quality = two.frozen_quality(task, result.weights, rng, n_trials=5)
    assert before.correlation < 0.2
    assert quality.correlation > 0.97 and quality.r2 > 0.9
    assert result.train_correlation[-1, 0] > result.train_correlation[0, 0]
