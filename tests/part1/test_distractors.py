"""Distractors: slow twin, closed form of a perfect and of a leaky memory, ramps that rest."""

import dataclasses

import numpy as np
import pytest

import src_part1 as one
from src_part1.simulator import Networks
from tests.part3.small import small_recordings

TIMING = one.TrialTiming(4.0, 20.0, learn_on=20.0, learn_off=200.0, learn_every=10.0)


def memory_task(cues=((2.0, 1.0), (1.0, 2.0)), inputs=None, transfer="relu"):
    """Two conditions of a few units; targets do not matter here."""
    parameters = one.RateNetworkParameters(len(cues[0]), tau=10.0, dt=1.0, transfer=transfer)
    targets = np.zeros((2, len(cues[0]), TIMING.update_times.size))
    return one.RateTask(parameters, TIMING, targets, np.array(cues), inputs)


@pytest.mark.parametrize("feedback", [1.0, 0.95])
def test_a_linear_memory_keeps_of_a_distractor_what_the_equation_says(feedback):
    # dr/dt = (feedback - 1) r / tau + input / tau in each unit: a step's push of size 1 has shrunk
    # to (1 - (1 - feedback) dt / tau) to the power of the steps that follow.
    factor = 1.0 - (1.0 - feedback) * 1.0 / 10.0
    times, strength, duration = np.array([20.0, 90.0, 180.0]), 0.7, 20.0
    result = one.run_distractors(
        memory_task(), feedback * np.eye(2), times, np.random.default_rng(0),
        strength=strength, duration=duration, noise=0.0, n_trials=2,
    )

    def left_of_a_push(start, stop):
        return sum(factor ** (199 - step) for step in range(int(start), int(stop)))

    # Along the axis from (2, 1) to (1, 2) the other cue is half as long as the axis, and across
    # it three halves.
    from_cue = left_of_a_push(4, 20)
    expected = [0.5 * strength * left_of_a_push(t, t + duration) / from_cue for t in times]
    for condition in range(2):
        for trial in range(2):
            np.testing.assert_allclose(result.positions[condition, :, trial], expected, rtol=1e-12)
        np.testing.assert_allclose(result.off_axis[condition, :, 0], 3 * np.array(expected))
    np.testing.assert_allclose(result.end_error, expected, rtol=1e-12)
    np.testing.assert_allclose(result.undisturbed, 0.0, atol=1e-12)
    assert result.distance == pytest.approx(from_cue / 10.0)
    if feedback == 1.0:
        np.testing.assert_allclose(expected, 0.5 * strength * duration / 16.0)
        for strength, share in ((0.79, 0.0), (0.81, 1.0)):  # 0.8 moves it to the middle
            result = one.run_distractors(
                memory_task(), np.eye(2), [50.0], np.random.default_rng(0),
                strength=strength, duration=duration, noise=0.0, n_trials=1,
            )
            assert result.switched_share == [share]


def by_hand(task, weights, condition, more=lambda step: 0.0):
    """Rates [step, unit] before each step and at the end, of one network with cue and inputs."""
    network = Networks(task.network_parameters, np.zeros((len(weights), 1)))
    rates = [network.rates[:, 0].copy()]
    for step in range(200):
        external = more(step) + np.zeros(len(weights))
        if 4 <= step < 20:
            external += task.cues[condition]
        if step >= 20:
            external += task.inputs[condition, :, (step - 20) // 10]
        network.advance(step + 1, weights, external[:, None])
        rates.append(network.rates[:, 0].copy())
    return np.array(rates)


@pytest.mark.parametrize("transfer", ["relu", "tanh"])
def test_trials_side_by_side_are_those_of_the_simulator_one_by_one(transfer):
    rng = np.random.default_rng(1)
    n, n_trials, strength, duration, noise = 7, 2, 1.3, 15.0, 0.4
    times = np.array([20.0, 33.0, 101.0])
    inputs = rng.standard_normal((2, n, TIMING.update_times.size))
    task = memory_task(rng.uniform(0.0, 2.0, (2, n)), inputs, transfer)
    weights = one.random_weights(task.network_parameters, rng)
    result = one.run_distractors(
        task, weights, times, np.random.default_rng(5),
        strength=strength, duration=duration, noise=noise, n_trials=n_trials,
    )
    of_trials = np.random.default_rng(5).standard_normal
    draws = np.array([of_trials((n, 2 * 4 * n_trials)) for _ in range(inputs.shape[2])])
    draws = draws.reshape(-1, n, 2, 4, n_trials)

    def end(condition, start, noise_of_trial):
        def more(step):
            on = start <= step < start + duration
            noisy = noise_of_trial[(step - 20) // 10] * (step >= 20)
            return noisy + on * strength * task.cues[1 - condition]

        return by_hand(task, weights, condition, more)[-1]

    silence = np.zeros(draws.shape[:2])
    ends = [end(condition, np.inf, silence) for condition in range(2)]
    size = np.linalg.norm(ends[1] - ends[0])
    positions = np.concatenate([result.undisturbed[:, None], result.positions], axis=1)
    for condition, column, trial in np.ndindex(positions.shape):
        own, axis = ends[condition], ends[1 - condition] - ends[condition]
        start = np.inf if column == 0 else times[column - 1]
        moved = end(condition, start, noise * draws[:, :, condition, column, trial]) - own
        position = moved @ axis / size**2
        assert positions[condition, column, trial] == pytest.approx(position, rel=1e-9, abs=1e-12)
        if column:
            beside = np.linalg.norm(moved - position * axis) / size
            assert result.off_axis[condition, column - 1, trial] == pytest.approx(beside)
    assert result.distance == pytest.approx(size / np.sqrt(n))


def test_rates_without_bounds_are_an_error():
    with pytest.raises(FloatingPointError, match="grew beyond all bounds"):
        one.run_distractors(memory_task(), 1e9 * np.eye(2), [50.0], np.random.default_rng(0))


def test_inputs_that_are_held_rest_from_the_last_update_on():
    inputs = np.random.default_rng(2).standard_normal((2, 2, TIMING.update_times.size))
    task = memory_task(inputs=inputs)
    held = task.hold_inputs(47.0).inputs
    np.testing.assert_array_equal(held[:, :, :3], inputs[:, :, :3])
    assert (held[:, :, 3:] == inputs[:, :, 2:3]).all()
    np.testing.assert_array_equal(task.inputs, inputs)
    np.testing.assert_array_equal(task.hold_inputs(20.0).inputs[:, :, 5], inputs[:, :, 0])


def test_with_a_ramp_recurrent_and_external_input_add_up_to_the_targets():
    recorded_task = one.make_task(small_recordings(60, 51), np.random.default_rng(3))
    ramped = one.with_ramp(recorded_task, np.random.default_rng(4), strength=3.0)
    task, weights = ramped.task, np.random.default_rng(4).uniform(0.0, 3.0, 60)
    whole = task.targets + task.inputs
    np.testing.assert_allclose(whole, recorded_task.task.targets, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(task.inputs[0], task.inputs[1])
    time = task.timing.update_times
    before, last = time <= ramped.bin_times[0], time >= ramped.bin_times[-1]
    assert before.any() and last.any()
    assert not task.inputs[:, :, before].any()
    np.testing.assert_allclose(task.inputs[0][:, last], weights[:, None] * np.ones(last.sum()))
    middle = np.argmin(np.abs(time - ramped.bin_times.mean()))
    share = (time[middle] - ramped.bin_times[0]) / np.ptp(ramped.bin_times)
    np.testing.assert_allclose(task.inputs[0][:, middle], share * weights)


def test_where_the_ramp_is_held_the_population_is_held():
    rng = np.random.default_rng(3)
    recorded_task = one.with_ramp(one.make_task(small_recordings(60, 51), rng), rng)
    first, original = recorded_task.bin_times[0], recorded_task.task
    task = one.with_held_ramps(recorded_task, first + np.array([300.0, 615.0]))
    assert task.n_conditions == 6
    np.testing.assert_array_equal(task.targets[:2], original.targets)
    np.testing.assert_array_equal(task.inputs[:2], original.inputs)
    np.testing.assert_array_equal(task.cues, np.tile(original.cues, (3, 1)))
    time = original.timing.update_times
    rates = recorded_task.recordings.rates / recorded_task.hz_per_rate[:, None]
    for held_at, trials in ((300.0, slice(2, 4)), (600.0, slice(4, 6))):
        after, k = time >= first + held_at, round(held_at / 20.0)
        targets = task.targets[trials]
        np.testing.assert_array_equal(targets[..., ~after], original.targets[..., ~after])
        whole = (targets + task.inputs[trials])[..., after]  # at rest it equals the rate
        np.testing.assert_allclose(whole, rates[:, :, [k] * after.sum()], atol=1e-9)


def test_the_free_run_gets_the_inputs_it_was_trained_with():
    rng = np.random.default_rng(6)
    inputs = rng.standard_normal((2, 5, TIMING.update_times.size))
    task = memory_task(rng.uniform(0.0, 2.0, (2, 5)), inputs)
    weights = one.random_weights(task.network_parameters, rng)
    run = one.run_frozen(task, weights, 1, record_every=1.0)
    np.testing.assert_array_equal(run.rates.T, by_hand(task, weights, 1)[:-1])


def test_a_network_learns_with_its_ramp_and_with_noise():
    rng = np.random.default_rng(7)
    recordings = one.load_recordings("synthetic").select(60)
    recorded_task = one.with_ramp(one.make_task(recordings, rng), rng)
    task, rates = recorded_task.task, recorded_task.recordings.rates
    arguments = {"weights": recorded_task.initial_weights, "n_loops": 24, "ridge": 10.0}
    learned = one.train(task, **arguments, noise=0.05, rng=rng, progress=False).weights
    error = np.abs(one.run_population(recorded_task, learned) - rates).mean()
    assert error < 0.2 * rates.std()
    # Without its ramp the same network goes elsewhere.
    silent = dataclasses.replace(recorded_task, task=dataclasses.replace(task, inputs=None))
    assert np.abs(one.run_population(silent, learned) - rates).mean() > 3 * error
    assert not np.array_equal(one.train(task, **arguments, progress=False).weights, learned)
