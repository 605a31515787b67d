"""Patterns have the statistics they promise; tasks put them where they belong."""

import numpy as np
import pytest

import src_part2 as two
from src_part1.common.smoothing import moving_mean
from src_part2.limits import train_and_test
from src_part2.targets import chaotic_targets, ou_targets, recorded_targets
from src_part2.tasks import TIMING, untrained_input

NEURON, SLOW = two.LIFParameters(), two.LIFParameters(tau_syn=100.0)


def recordings(n=12, peak=20.0):
    time = np.arange(-500.0, 1.0, 20.0)
    phase = np.linspace(0, 2 * np.pi, n, endpoint=False)[:, None]
    course = 3.0 + peak * (0.5 + 0.5 * np.sin(2 * np.pi * time / 500.0 + phase))
    rates = np.stack([course, np.random.default_rng(8).permutation(course)])
    return two.recordings_from_arrays(rates, time, ("right", "left"))


@pytest.mark.parametrize(("tau", "smooth"), [(100.0, 0.0), (100.0, 20.0), (30.0, 60.0)])
def test_ou_paths_have_their_size_and_memory(tau, smooth):
    time = np.arange(0.0, 3000.0, 10.0)
    rng = np.random.default_rng(0)
    paths = ou_targets(400, time, rng, amplitude=0.7, tau=tau, smooth=smooth)
    assert paths.shape == (400, 300)
    assert abs(paths.mean()) < 0.05
    assert paths.std() == pytest.approx(0.7, rel=0.05)
    # Two exponentials in a row: covariance proportional to tau e^(-t/tau) - smooth e^(-t/smooth).
    lag = 40.0
    expected = tau * np.exp(-lag / tau) - (smooth * np.exp(-lag / smooth) if smooth else 0)
    expected /= tau - smooth
    measured = np.mean(paths[:, 4:] * paths[:, :-4]) / paths.var()
    assert measured == pytest.approx(expected, abs=0.04)


def test_chaotic_patterns_differ_and_last():
    time = np.arange(0.0, 2000.0, 20.0)
    patterns = chaotic_targets(150, time, np.random.default_rng(2), amplitude=0.3)
    assert patterns.std() == pytest.approx(0.3)
    np.testing.assert_allclose(patterns.mean(axis=1), 0, atol=1e-12)
    assert patterns[:, -20:].std() > 0.15
    between = np.corrcoef(patterns)[np.triu_indices(150, 1)]
    assert np.abs(between).mean() < 0.4


def test_recorded_targets_lead_back_to_the_rates():
    recorded = recordings()
    elapsed = recorded.time - recorded.time[0]
    targets = recorded_targets(recorded, NEURON, elapsed)
    rates = two.siegert_rate(targets, **two.euler_equivalent(0.2))
    np.testing.assert_allclose(rates, recorded.rates, rtol=1e-9)
    outside = recorded_targets(recorded, NEURON, np.array([-50.0, 0.0, elapsed[-1], 900.0]))
    np.testing.assert_array_equal(outside[..., [0, 2]], outside[..., [1, 3]])
    # Silent bins get the least rate.
    silent = two.recordings_from_arrays(np.zeros((1, 3, 9)), 20.0 * np.arange(9), ("a",))
    targets = recorded_targets(silent, NEURON, [0.0, 100.0], min_rate=0.2)
    np.testing.assert_allclose(two.siegert_rate(targets, **two.euler_equivalent(0.2)), 0.2)


def test_patterns_modulate_the_untrained_input():
    records = two.LIFParameters(tau_syn=200.0), two.LIFNetworkParameters(60)
    task, weights = two.make_pattern_task("sines", *records, np.random.default_rng(4),
                                          amplitude=0.2, time_scale=1000.0)
    assert task.targets.shape == (1, 60, 100)
    np.testing.assert_allclose(np.ptp(task.targets, axis=2), 0.4, rtol=0.01)
    np.testing.assert_allclose(task.targets[..., :50], task.targets[..., 50:], atol=1e-12)
    again = untrained_input(*records, weights, np.random.default_rng(9))
    np.testing.assert_allclose(task.targets[0].mean(axis=1), again, atol=0.06)
    assert task.timing == TIMING


@pytest.mark.parametrize("kind", ["ou", "chaos"])
def test_other_patterns_make_tasks_too(kind):
    records = two.LIFParameters(tau_syn=50.0), two.LIFNetworkParameters(40)
    task, _ = two.make_pattern_task(kind, *records, np.random.default_rng(1))
    assert task.targets.shape == (1, 40, 100)
    assert 0.1 < task.targets.std(axis=2).mean() < 0.5


def test_recorded_task_has_its_bins_after_cue_and_settling():
    recorded = recordings()
    made = two.make_task(recorded, SLOW, np.random.default_rng(0))
    times = made.task.timing.update_times
    np.testing.assert_array_equal(made.bin_times, 1100.0 + 20.0 * np.arange(26))
    assert times[-1] == made.bin_times[-1]
    elapsed = recorded.time - recorded.time[0]
    at_bins = recorded_targets(recorded, made.task.neuron_parameters, elapsed)
    np.testing.assert_allclose(made.task.targets[:, :, times >= 1100.0], at_bins, rtol=1e-12)
    np.testing.assert_allclose(made.task.targets[:, :, 0], at_bins[:, :, 0], rtol=1e-12)
    np.testing.assert_allclose(made.task.mean_input, made.task.targets.mean(axis=(0, 2)))


def test_psth_counts_spikes_in_the_right_bins():
    # Without coupling and noise, spike times are known: compare with a plain histogram.
    made = two.make_task(recordings(), SLOW, np.random.default_rng(0))
    zero = np.zeros_like(made.initial_weights)
    psth = two.simulated_psth(made, zero, np.random.default_rng(5), n_trials=1)
    run = two.run_frozen(made.task, zero, np.random.default_rng(5))
    edges = np.arange(1090.0, 1611.0, 20.0)
    for i in range(12):
        expected = np.histogram(run.spike_times[run.spike_ids == i] + 1e-9, edges)[0] * 50.0
        np.testing.assert_array_equal(psth[i], expected)


@pytest.mark.parametrize("bin_width", [10.0, 20.0, 50.0])
def test_a_psth_is_smoothed_as_the_record_was(bin_width):
    time = np.arange(-500.0, 1.0, bin_width)
    rates = 5.0 + np.random.default_rng(1).uniform(0, 20, (1, 6, time.size))

    def psth(smoothing):
        recorded = two.recordings_from_arrays(rates, time, ("go",), smoothing=smoothing)
        made = two.make_task(recorded, SLOW, np.random.default_rng(0))
        return two.simulated_psth(made, np.zeros((6, 6)), np.random.default_rng(5), n_trials=2)

    rough, smooth = psth(0.0), psth(100.0)
    np.testing.assert_allclose(smooth, moving_mean(rough, round(100.0 / bin_width)))
    assert rough.std() > smooth.std()


def test_bins_finer_than_the_updates_are_averaged_before_they_become_inputs():
    neuron, rates = two.LIFParameters(noise=0.03), np.tile([5.0, 15.0], (1, 3, 50))
    fine, steady = (
        recorded_targets(two.recordings_from_arrays(of_bins, 10.0 * np.arange(100), ("go",)),
                         neuron, np.arange(20.0, 960.0, 20.0))
        for of_bins in (rates, np.full_like(rates, 10.0))
    )
    np.testing.assert_allclose(fine, steady, atol=1e-9)


def test_quality_says_how_many_neurons_do_not_count():
    rates = recordings().rates.copy()
    rates[:, 2], rates[0, 5] = 7.3, 1 / 3
    recorded = two.recordings_from_arrays(rates, recordings().time, ("right", "left"))
    made = two.make_task(recorded, SLOW, rng := np.random.default_rng(0))
    quality = two.frozen_quality(made.task, made.initial_weights, rng, n_trials=2)
    assert quality.n_left_out == 2
    assert np.isfinite(quality).all() and quality.r2 > -1e6


def test_recorded_rates_are_learned_in_both_conditions():
    rng = np.random.default_rng(0)
    made = two.make_task(recordings(120, peak=60.0), SLOW, rng)
    options = {"ridge": 0.05, "n_loops": 25, "progress": False}
    weights = two.train(made.task, made.initial_weights, rng, **options).weights
    assert two.frozen_quality(made.task, weights, rng, n_trials=3).correlation > 0.8
    for condition in range(2):
        psth = two.simulated_psth(made, weights, rng, condition, n_trials=10)
        own, other = (np.median(two.correlation(psth, made.recordings.rates[c]))
                      for c in (condition, 1 - condition))
        assert own > max(0.8, other + 0.3)


def test_the_original_network():
    parameters = two.LIFNetworkParameters()
    assert parameters.weight_sd == pytest.approx(0.15 * 2 / np.sqrt(100) * 10)
    assert parameters.mean_input == pytest.approx(0.6 * 0.12 * np.sqrt(100))


def test_larger_networks_learn_better():
    large = two.TrainingSettings(tau_syn=100.0, n_loops=8, n_neurons=150)
    found = two.sweep_setting(large, "n_neurons", [25, 150], seeds=(0, 1), n_trials=2,
                              progress=False)
    assert found.correlation.shape == found.r2.shape == (2, 2)
    assert found.correlation[1].mean() > found.correlation[0].mean() + 0.1
    alone = train_and_test(large, np.random.default_rng(1), n_trials=2)
    assert (alone.correlation, alone.r2) == (found.correlation[1, 1], found.r2[1, 1])
