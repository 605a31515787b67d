import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src_part1 import correlation, normalised_error, r2


@settings(max_examples=30, deadline=None)
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


def test_known_values():
    target = np.array([0.0, 1.0, 2.0])
    assert correlation(2 * target + 5, target) == pytest.approx(1.0)
    assert correlation(-target, target) == pytest.approx(-1.0)
    assert r2(target, target) == 1.0
    assert r2(np.ones(3), target) == 0.0
    assert normalised_error(np.ones(3), target) == 1.0


# The rounded mean of many equal numbers differs from them: 0.1 in the last place.
@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1 / 3, -1e9 / 7])
@pytest.mark.parametrize("n", [3, 7, 10, 101])
def test_a_constant_signal_has_no_correlation_and_a_constant_target_no_quality(value, n):
    constant, rising = np.full(n, value), np.arange(float(n))
    assert np.isnan(correlation(constant, rising))
    assert np.isnan(correlation(rising, constant))
    assert np.isnan(r2(rising, constant))
    assert np.isnan(normalised_error(rising, constant))
    rows = np.array([constant, rising])
    np.testing.assert_array_equal(np.isnan(correlation(rows, rows)), [True, False])
    np.testing.assert_array_equal(np.isnan(r2(rows.T, rows.T, axis=0)), [True, False])


@pytest.mark.parametrize("metric", [correlation, r2, normalised_error])
def test_wrong_shapes_and_values_are_refused(metric):
    with pytest.raises(ValueError, match=r"target must have shape \(3\)"):
        metric(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="output must be finite"):
        metric([0.0, np.inf], [0.0, 1.0])
