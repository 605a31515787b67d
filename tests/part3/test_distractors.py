"""Distractors reach the network, positions are what they say, and clocks are held."""

from dataclasses import replace

import numpy as np
import pytest

from src_part3 import distractors
from src_part3.distractors import run_distractors, with_held_clock, with_ramp
from src_part3.parameters import FeedforwardParameters
from src_part3.trials import Trial
from tests.part3.small import small_task


def task_with(clock):
    return small_task(
        feedforward_parameters=FeedforwardParameters(clock=clock, n_inputs=6, mean_rate=20.0)
    )


@pytest.fixture(scope="module")
def task():
    return task_with("common")


def weights_of(task):
    return (task.network.initial_weights(),) * task.n_conditions


def test_positions_lie_on_the_axis_between_the_undisturbed_ends(task, monkeypatch):
    ends = np.random.default_rng(0).standard_normal((2, 24))
    pushed = {4: 0.25, 8: 0.75}  # by the first bin of the distractor: how far towards the other end

    def fake(network, p, n_trials, rng, *, condition, bin_input, **_):
        moved = 0.0
        if bin_input.any():
            first = int(np.flatnonzero(bin_input.any(axis=1))[0])
            np.testing.assert_array_equal(bin_input[first], 2.0 * task.cues[1 - condition])
            assert (bin_input.any(axis=1).sum(), bin_input.shape) == (1, (10, 240))
            moved = pushed[first]
        end = ends[condition] + moved * (ends[1 - condition] - ends[condition])
        # What is orthogonal to the axis does not count.
        aside = np.random.default_rng(1).standard_normal(24)
        axis = ends[1] - ends[0]
        aside -= aside @ axis / (axis @ axis) * axis
        for k in range(n_trials):
            total = np.tile(end + (k - (n_trials - 1) / 2) * aside, (10, 1))
            yield Trial(None, 20.0, None, total, 0 * total, None, None, None)

    monkeypatch.setattr(distractors, "run_trials", fake)
    result = run_distractors(
        task, weights_of(task), [180.0, 260.0], np.random.default_rng(0), strength=2.0,
        duration=20.0, n_trials=4,
    )
    np.testing.assert_allclose(result.undisturbed, 0, atol=1e-12)
    np.testing.assert_allclose(result.positions[:, 0], 0.25)
    np.testing.assert_allclose(result.positions[:, 1], 0.75)
    np.testing.assert_allclose(result.end_error, [0.25, 0.75])
    np.testing.assert_array_equal(result.switched_share, [0.0, 1.0])


def test_a_distractor_of_strength_0_changes_nothing(task):
    result = run_distractors(
        task, weights_of(task), [160.0], np.random.default_rng(0), strength=0.0, duration=40.0,
        n_trials=3,
    )
    np.testing.assert_array_equal(result.positions[:, 0], result.undisturbed)
    np.testing.assert_allclose(result.undisturbed.mean(axis=1), 0, atol=1e-6)
    strong = run_distractors(
        task, weights_of(task), [160.0], np.random.default_rng(0), strength=3.0, duration=40.0,
        n_trials=3,
    )
    assert (strong.positions[:, 0] != strong.undisturbed).all()
    np.testing.assert_array_equal(strong.undisturbed, result.undisturbed)


def test_a_ramp_grows_and_is_held(task):
    ramp = with_ramp(task)
    rates = ramp.feedforward_rates.rates
    assert rates.shape == task.feedforward_rates.rates.shape
    assert rates[:, 0].max() == 0 and (np.diff(rates[0, :, 0]) > 0).all()
    np.testing.assert_allclose(rates.mean(), 20.0, rtol=1e-3)
    held = with_held_clock(ramp, 200.0).feedforward_rates.rates  # 100 ms after the cue
    np.testing.assert_array_equal(held[:, :1000], rates[:, :1000])
    assert (held[:, 1000:] == rates[:, 1000:1001]).all()
    assert rates[:, -1].min() > 1.9 * held[:, -1].max()


def test_bad_input_is_refused(task):
    def run(times, **options):
        return run_distractors(
            task, weights_of(task), times, np.random.default_rng(0), **options
        )

    for times in ([80.0], [260.0]):
        with pytest.raises(ValueError, match="times must leave room for 100 ms .* got"):
            run(times)
    with pytest.raises(ValueError, match="times after the cue must be a whole multiple"):
        run([130.0])
    with pytest.raises(ValueError, match="duration must be a whole multiple"):
        run([120.0], duration=30.0)
    one = replace(task, conditions=("a",))
    with pytest.raises(ValueError, match="at least 2 conditions for a distractor, got 1"):
        run_distractors(one, weights_of(one), [120.0], np.random.default_rng(0))
    with pytest.raises(ValueError, match="clock must be 'common', got 'none'"):
        with_ramp(task_with("none"))
    with pytest.raises(ValueError, match="time must be at least 100 and below 300 ms, got 50"):
        with_held_clock(task, 50.0)
