import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src_part1 import correlation, normalised_error, r2
from src_part1.common.metrics import is_constant, summarise
from src_part1.common.smoothing import moving_mean


@settings(max_examples=30)
@given(n=st.integers(3, 50), seed=st.integers(0, 2**32 - 1), axis=st.sampled_from([0, 1, -1]))
def test_metrics_agree_with_numpy(n, seed, axis):
    rng = np.random.default_rng(seed)
    output, target = rng.standard_normal((2, n, n))
    rows = np.moveaxis(output, axis, -1), np.moveaxis(target, axis, -1)
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(*rows, strict=True)]
    np.testing.assert_allclose(correlation(output, target, axis), expected, atol=1e-12)
    mse = np.mean((rows[0] - rows[1]) ** 2, axis=-1)
    np.testing.assert_allclose(r2(output, target, axis), 1 - mse / rows[1].var(axis=-1))
    np.testing.assert_allclose(
        normalised_error(output, target, axis), np.sqrt(mse) / rows[1].std(axis=-1)
    )


# The rounded mean of many equal numbers differs from them: 0.1 in the last place.
@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1 / 3, -0.7, -1e9 / 7])
@pytest.mark.parametrize("n", [3, 7, 10, 101, 300])
def test_a_constant_signal_has_no_correlation_and_a_constant_target_no_quality(value, n):
    plain, rising = np.full(n, value), np.arange(float(n))
    smoothed, summed = moving_mean(plain, 7), value / 3 + 2 * value / 3 + np.zeros(n)
    nearly = np.where(rising % 2, value, value * (1 + 2e-16))
    for constant in (plain, smoothed, summed, nearly):
        assert is_constant(constant)
        assert np.isnan(correlation(rising, constant))
        assert np.isnan(correlation(constant, rising))
        assert np.isnan(r2(rising, constant))
        assert np.isnan(normalised_error(rising, constant))
    rows = np.array([plain, rising])
    np.testing.assert_array_equal(np.isnan(correlation(rows, rows)), [True, False])
    np.testing.assert_array_equal(np.isnan(r2(rows.T, rows.T, axis=0)), [True, False])


def test_a_small_modulation_on_a_large_mean_is_none_of_rounding():
    signal = 1e6 + 1e-3 * np.sin(np.arange(50.0))
    assert not is_constant(signal)
    assert correlation(signal, np.sin(np.arange(50.0))) == pytest.approx(1.0, abs=1e-6)


def test_a_summary_counts_and_names_what_it_leaves_out():
    found = summarise([0.5, np.nan, 0.7, 0.9, np.inf])
    assert (found.mean, found.median, found.n_counted) == (pytest.approx(0.7), 0.7, 3)
    assert found.left_out == (1, 4)
    assert str(found) == "mean 0.700, median 0.700 over 3 of 5 (not defined for 2: 1, 4)"
    nothing = summarise([np.nan] * 12)
    assert np.isnan(nothing.mean) and nothing.n_counted == 0
    assert str(nothing).endswith("over 0 of 12 (not defined for 12: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 "
                                 "and 2 more)")
