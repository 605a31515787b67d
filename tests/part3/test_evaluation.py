"""Measures of quality, on hand-made trials with known answers."""

from dataclasses import replace

import numpy as np
import pytest

from src_part1.common.smoothing import moving_mean
from src_part3 import evaluation
from src_part3.evaluation import decode, evaluate
from src_part3.task import make_task
from src_part3.trials import Trial
from tests.part3.small import NETWORK, small_recordings, small_task

pytestmark = pytest.mark.filterwarnings("ignore:.* recorded neurons are too few:UserWarning")


@pytest.fixture(scope="module")
def task():
    return small_task()


def evaluated(task, n_trials, seed=0):
    weights = (task.network.initial_weights(),) * task.n_conditions
    return evaluate(task, weights, np.random.default_rng(seed), n_trials=n_trials)


@pytest.fixture
def faked(monkeypatch):
    """Evaluate trials whose total input is gain * target + noise, without simulation."""
    def evaluation_of(task, gain, noise, n_trials, seed=0):
        def run(network, p, n_trials, rng, *, condition, **_):
            time = np.arange(0, p.duration, p.bin_width)
            course = np.array([
                np.interp(time + p.bin_width, [0, *task.times], [target[0], *target])
                for target in task.targets[condition]
            ]).T
            for _ in range(n_trials):
                total = gain * course + noise * rng.standard_normal(course.shape)
                counts = np.ones((time.size, network.parameters.n_neurons), np.uint16)
                # What comes before the end of the cue does not count.
                total[time < p.stim_off], counts[time < p.stim_off] = 1e3, 77
                yield Trial(time, p.bin_width, counts, total, 0 * total, None, None, None)

        monkeypatch.setattr(evaluation, "run_trials", run)
        monkeypatch.setattr(evaluation, "INPUT_WINDOW", 0.0)
        return evaluated(task, n_trials, seed)

    return evaluation_of


@pytest.mark.parametrize("gain", [1.0, 0.6])
def test_trials_without_noise_lack_only_size_and_mean(gain, task, faked):
    result = faked(task, gain, 0.0, 4)
    np.testing.assert_allclose(result.mean_input, gain * task.targets, atol=1e-12)
    for measure in ("correlation", "corrected_correlation", "single_trial_correlation",
                   "split_half", "reliability"):
        np.testing.assert_allclose(getattr(result, measure), 1.0, atol=5e-5)
    np.testing.assert_allclose(result.rates, 100.0, rtol=1e-6)
    assert [c["n_unreliable"] for c in result.summary()] == [0, 0]
    np.testing.assert_allclose(result.mode_gains(3), gain, rtol=1e-6)
    # Without noise nothing is taken off: 1 minus the squares of what lacks in gain and mean.
    lacks = (1 - gain) ** 2 * (1 + task.targets.mean(axis=2) ** 2 / task.targets.var(axis=2))
    np.testing.assert_allclose(result.r2, 1 - lacks, rtol=1e-6)
    np.testing.assert_allclose(result.r2_corrected, result.r2, atol=1e-9)


def test_correction_removes_what_noise_takes(faked):
    # Many bins: from ten of them signal power is too uncertain to divide by.
    task = small_task(n_time=151, trial_parameters=None)
    noise = 1.2 * task.targets.std(axis=2).mean()
    result = faked(task, 1.0, noise, 6)
    assert np.median(result.correlation) < 0.98
    assert np.median(result.single_trial_correlation) < np.median(result.correlation)
    assert np.nanmedian(result.corrected_correlation) == pytest.approx(1.0, abs=0.02)
    # Spearman-Brown: reliability of the mean of six from the correlation of two halves.
    halves = np.median(result.split_half)
    assert np.median(result.reliability) == pytest.approx(2 * halves / (1 + halves), abs=0.06)


def test_pure_noise_is_called_unreliable_and_not_corrected(task, faked):
    result = faked(task, 0.0, 1.0, 10)
    assert np.median(result.reliability) < 0.3
    unreliable = ~(result.reliability >= evaluation.RELIABLE)
    assert unreliable.any() and np.isnan(result.corrected_correlation[unreliable]).all()
    assert np.abs(np.median(result.correlation)) < 0.2


@pytest.mark.parametrize(("bin_width", "smoothing", "half_width"), [
    (50.0, 0.0, 0), (10.0, 0.0, 0), (50.0, 100.0, 2), (20.0, 140.0, 7),
])
def test_a_perfect_network_has_perfect_psths_at_any_bin_width(
    bin_width, smoothing, half_width, monkeypatch
):
    recordings = small_recordings(n_time=round(800 / bin_width) + 1, bin_width=bin_width)
    rates = 8 + 4 * np.sin(2 * np.pi * recordings.time / 300 + np.arange(24)[:, None])
    recordings = replace(recordings, rates=np.array([rates, rates[::-1]]), smoothing=smoothing)
    task = make_task(recordings, seed=3, network_parameters=NETWORK)
    assert task.trial_parameters.bin_width == bin_width and task.recorded_smoothing == smoothing

    def follow(network, p, n_trials, rng, *, condition, **_):
        # Each fine bin has the rate of the nearest target, counted in thousands of trials.
        time = np.arange(0, p.duration, p.bin_width) + p.bin_width / 2
        nearest = np.maximum(np.round((time - p.stim_off) / bin_width).astype(int) - 1, 0)
        counts = np.zeros((time.size, network.parameters.n_neurons), np.uint16)
        rates = task.recorded_rates[condition][:, nearest].T
        counts[:, network.trained] = np.rint(80 * bin_width * rates)
        for _ in range(n_trials):
            total = np.zeros((time.size, task.n_trained))
            yield Trial(time, p.bin_width, counts, total, total, None, None, None)

    monkeypatch.setattr(evaluation, "run_trials", follow)
    result = evaluated(task, 2)
    expected = moving_mean(task.recorded_rates, half_width)
    found = result.rates[:, task.network.trained]
    np.testing.assert_allclose(found / expected, (found / expected).mean(), rtol=1e-3)
    if not smoothing:
        np.testing.assert_allclose(result.psth_correlation, 1.0, atol=1e-5)


def test_constant_targets_have_no_measures_and_are_counted():
    recordings = small_recordings()
    rates = recordings.rates.copy()
    rates[:, 0], rates[0, 5] = 7.3, 0.1 + 0.2  # no round numbers: their rounded means differ
    task = make_task(replace(recordings, rates=rates), seed=3, network_parameters=NETWORK)
    result = evaluated(task, 4, seed=1)
    constant = np.zeros((2, 24), bool)
    constant[:, 0] = constant[0, 5] = True
    for name in ("correlation", "r2", "r2_corrected", "single_trial_correlation", "psth_r2"):
        np.testing.assert_array_equal(np.isnan(getattr(result, name)), constant, err_msg=name)
    assert np.isnan(result.corrected_correlation[constant]).all()
    assert np.isnan(result.psth_correlation[constant]).all()
    assert np.nanmax(np.abs(result.corrected_correlation)) < 5
    for c, summary in enumerate(result.summary()):
        n_constant, *others = (summary.pop(f"n_{k}") for k in ("constant", "unreliable", "silent"))
        assert n_constant == constant[c].sum() <= min(others)
        assert np.isfinite(list(summary.values())).all(), summary
        assert summary["r2"] == np.median(result.r2[c, ~constant[c]])
        assert summary["mean_correlation"] == result.correlation[c, ~constant[c]].mean()


@pytest.mark.parametrize("gain", [1.0, 0.7])
def test_corrected_r2_is_that_of_infinitely_many_trials(task, faked, gain):
    noise = 2 * task.targets.std(axis=2).mean()
    exact = faked(task, gain, 0.0, 2)
    few = [faked(task, gain, noise, 4, seed=k) for k in range(30)]
    plain, corrected = (np.mean([getattr(e, name) for e in few], axis=0)
                        for name in ("r2", "r2_corrected"))
    np.testing.assert_allclose(np.mean([e.input_noise for e in few]), noise**2 / 4, rtol=0.03)
    assert (exact.r2 - plain).mean() > 0.7
    assert abs((exact.r2 - corrected).mean()) < 0.06 + 0.03 * (1 - exact.r2).mean()


def shown(task, recorded, simulated):
    """An evaluation of hand-made rates of trained neurons."""
    rates = np.zeros((2, 240, 10))
    rates[:, task.network.trained] = simulated
    rates = np.array([rates, rates])
    return replace(evaluated(task, 2), recorded_rates=recorded, half_rates=rates)


def test_rates_are_compared_in_groups_by_recorded_rate(task):
    means = np.random.default_rng(0).permutation(np.arange(1.0, 25.0))[:, None]
    recorded = np.broadcast_to(means, (2, 24, 10))
    # The slowest three fire twice as fast, the fastest three half as fast, on average over sides.
    factor = np.where(means <= 3, 2.0, np.where(means > 21, 0.5, 1.0))
    simulated = recorded * factor * np.array([0.9, 1.1])[:, None, None]
    result = shown(task, recorded, simulated)
    np.testing.assert_allclose(result.rate_ratio, [2, 1, 1, 1, 1, 1, 1, 0.5])
    few = replace(result, recorded_rates=recorded[:, :3], trained=result.trained[:3])
    assert few.rate_ratio.shape == (3,)


def test_the_slope_of_the_modulation_ignores_means_and_sees_each_condition(task):
    rng = np.random.default_rng(0)
    recorded = 10 + rng.normal(size=(2, 24, 10))
    change = recorded - recorded.mean(axis=2, keepdims=True)
    simulated = 3.0 + np.array([0.6, -1.5])[:, None, None] * change + rng.random((2, 24, 1))
    result = shown(task, recorded, simulated)
    np.testing.assert_allclose(result.modulation_slope, [0.6, -1.5])
    assert [m["modulation_slope"] for m in result.summary()] == pytest.approx([0.6, -1.5])


def test_psth_r2_counts_a_wrong_mean_and_a_wrong_size(task, faked):
    rates = np.random.default_rng(0).normal(100, 1, (2, 24, 10))
    found = faked(replace(task, recorded_rates=rates), 1.0, 0.0, 2).psth_r2
    # One spike in each 10 ms: a constant 100 Hz.
    expected = 1 - ((rates - 100) ** 2).mean(axis=2) / rates.var(axis=2)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert (found < 0).any()


@pytest.mark.parametrize(("decoded", "shares", "accuracy"), [
    ([[0, 0, 0, 0], [1, 1, 1, 1]], [1.0, 1.0], 1.0),
    ([[0, 0, 0, 0], [0, 0, 0, 0]], [1.0, 0.0], 0.5),  # one side is always named
    ([[0, 1, 1, 1], [1, 1, 0, 0]], [0.25, 0.5], 0.375),
    ([[0, 2], [1, 1], [0, 1]], [0.5, 1.0, 0.0], 0.5),
])
def test_a_side_that_is_always_named_is_no_accuracy(task, decoded, shares, accuracy):
    result = replace(evaluated(task, 2), decoded=np.array(decoded))
    assert result.side_decoded.tolist() == shares
    assert result.balanced_accuracy == pytest.approx(accuracy)


def test_the_condition_is_decoded_from_the_end_of_a_trial(task, faked, monkeypatch):
    monkeypatch.setattr(evaluation, "INPUT_WINDOW", 0.0)
    monkeypatch.setattr(evaluation, "DECODED_WINDOW", 60.0)
    for c in range(2):
        # Only the last three bins count.
        assert decode(task, np.concatenate([task.targets[1 - c].T[:7], task.targets[c].T[7:]])) == c
    result = faked(task, 1.0, 0.0, 3)
    assert result.decoded.tolist() == [[0, 0, 0], [1, 1, 1]]
    assert result.side_decoded.tolist() == [1.0, 1.0]
    # An input far from both targets tells nothing: the nearer one is the same in all trials.
    result = faked(task, 0.0, 0.0, 3)
    assert result.balanced_accuracy == 0.5
    summary = result.summary()[0]  # without a warning
    assert np.isnan(summary["corrected_correlation"]) and np.isnan(summary["psth_correlation"])
    assert summary["n_unreliable"] == summary["n_silent"] == 24
