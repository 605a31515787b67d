import numpy as np
import pytest

from src_part1 import lorenz, noisy_sine, sine_targets, square_wave, sum_of_sines


def test_sines_have_the_stated_period_amplitude_and_mean():
    time = np.arange(0.0, 200.0, 1.0)
    targets = sine_targets(50, time, np.random.default_rng(0), amplitude=2.0, period=100.0)
    np.testing.assert_allclose(targets[:, :100], targets[:, 100:], atol=1e-12)
    np.testing.assert_allclose(targets[:, :100].mean(axis=1), 1.0, atol=1e-12)
    np.testing.assert_allclose(targets.std(axis=1), 2.0 / np.sqrt(2), rtol=1e-12)
    assert np.unique(targets[:, 0]).size == 50


def test_sum_of_sines_has_four_harmonics():
    spectrum = np.abs(np.fft.rfft(sum_of_sines(np.arange(1200.0), amplitude=1.0))) / 600
    np.testing.assert_allclose(spectrum[1:6], [1, 1 / 2, 1 / 6, 1 / 3, 0], atol=1e-12)


def test_lorenz_obeys_its_equations():
    time = np.arange(0.0, 100.0, 0.01)
    x = 10 * lorenz(time, time_unit=100.0, initial_state=(1.0, 2.0, 20.0))
    assert x[0] == pytest.approx(1.0)
    slope = np.gradient(x, time / 100.0)
    assert slope[0] == pytest.approx(10.0 * (2.0 - 1.0), rel=1e-2)
    long = lorenz(np.arange(0.0, 5000.0))
    assert 1.5 < np.abs(long).max() < 2.1
    assert (long > 0.5).any() and (long < -0.5).any()


def test_square_wave_and_noisy_sine():
    wave = square_wave([0.0, 599.0, 600.0, 1199.0, 1200.0])
    np.testing.assert_array_equal(wave, [1, 1, -1, -1, 1])
    time = np.arange(0.0, 120_000.0)
    noise = noisy_sine(time, np.random.default_rng(0), noise=0.3) - np.sin(2 * np.pi * time / 1200)
    assert noise.std() == pytest.approx(0.3, rel=0.02)


@pytest.mark.parametrize("chosen", [slice(1), slice(1, 2), slice(70, 71), slice(100, None)])
def test_lorenz_starts_at_time_0_whatever_times_are_asked_for(chosen):
    time = np.arange(0.0, 300.0)
    np.testing.assert_allclose(lorenz(time[chosen]), lorenz(time)[chosen], atol=1e-4)
