"""Rates and spikes of the clock against an Ornstein-Uhlenbeck and a Poisson process; ramps."""

import numpy as np
import pytest

from benchmarks.ramps import with_held_clock, with_ramp
from src_part3.clock import FeedforwardRates, draw_rates, draw_spikes
from src_part3.parameters import FeedforwardParameters, TrialParameters
from tests.part3.small import small_task


def drawn(clock, duration, n_conditions=1, **options):
    parameters, trial = FeedforwardParameters(clock=clock, **options), TrialParameters(duration)
    return draw_rates(parameters, trial, n_conditions, np.random.default_rng(0), dt=0.5).rates


def test_rates_are_an_ornstein_uhlenbeck_path():
    (rates,) = drawn("common", 6000.0, n_inputs=400, mean_rate=100.0, smoothing=0.0)
    assert rates.shape == (10_000, 400)
    variance = 0.2**2 * 400 / 2
    for time in (100.0, 400.0, 4000.0):
        expected = variance * (1 - np.exp(-2 * time / 400))
        assert rates[int(time / 0.5)].var() == pytest.approx(expected, rel=0.25)
    late = rates[4000:] - 100
    lagged = (late[:-800] * late[800:]).mean() / (late**2).mean()
    assert lagged == pytest.approx(np.exp(-1), abs=0.05)


def test_smoothing_is_a_centred_moving_mean():
    rough, smooth = (
        drawn("common", 1020.0, n_inputs=2, mean_rate=50.0, smoothing=width)[0]
        for width in (0.0, 3.0)
    )
    for t in range(40):
        window = rough[max(t - 6, 0) : t + 7]
        np.testing.assert_allclose(smooth[t], window.mean(axis=0), rtol=1e-6)


@pytest.mark.parametrize(("clock", "same"), [("per_condition", False), ("common", True)])
def test_rates_are_never_negative_and_a_common_clock_is_the_same(clock, same):
    rates = drawn(clock, 3000.0, 3, n_inputs=50, mean_rate=1.0)
    assert rates.shape == (3, 4000, 50) and rates.min() == 0 < rates[0].std()
    assert np.array_equal(rates[0], rates[1]) == np.array_equal(rates[0], rates[2]) == same


def test_spikes_are_poisson_with_the_given_rates():
    given, counts = np.zeros((2, 2000, 3), np.float32), np.zeros((2000, 2, 3))
    given[1, :1000, 0] = 40.0
    given[1, 1000:, 1] = 5.0
    rates, rng = FeedforwardRates(given, start=100, dt=0.5), np.random.default_rng(0)
    for trial in range(2000):
        steps, sources = draw_spikes(rates, 1, rng)
        assert (np.diff(steps) >= 0).all()
        np.add.at(counts[trial], ((steps - 100) // 1000, sources), 1)
    expected = np.array([[20.0, 0, 0], [0, 2.5, 0]])
    np.testing.assert_allclose(counts.mean(axis=0), expected, atol=0.35)
    np.testing.assert_allclose(counts.var(axis=0), expected, rtol=0.12)
    assert draw_spikes(rates, 0, rng)[0].size == 0


def test_a_ramp_grows_and_is_held():
    common, none = (small_task(clock=clock, n_inputs=6) for clock in ("common", "none"))
    ramp = with_ramp(common)
    rates = ramp.feedforward_rates.rates
    assert rates.shape == common.feedforward_rates.rates.shape
    assert rates[:, 0].max() == 0 and (np.diff(rates[0, :, 0]) > 0).all()
    np.testing.assert_allclose(rates.mean(), 20.0, rtol=1e-3)
    held = with_held_clock(ramp, 200.0).feedforward_rates.rates  # 100 ms after the cue
    np.testing.assert_array_equal(held[:, :1000], rates[:, :1000])
    assert (held[:, 1000:] == rates[:, 1000:1001]).all()
    assert rates[:, -1].min() > 1.9 * held[:, -1].max()
    with pytest.raises(ValueError, match="clock must be 'common', got 'none'"):
        with_ramp(none)
    with pytest.raises(ValueError, match="time must be at least 100 and below 300 ms, got 50"):
        with_held_clock(common, 50.0)
