"""Siegert's formula against quadrature, closed forms, and its own inverse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import erfcx

from src_part2.siegert import siegert_mean_input, siegert_rate


def rate_by_quadrature(mu, sigma, tau_m, v_th, v_reset, t_ref):
    """Adaptive quadrature of the formula, cut where the integrand changes its character."""
    a, b = (v_reset - mu) / sigma, (v_th - mu) / sigma
    cuts = [a, *(x for x in (-1000.0, -100.0, -10.0, -1.0, 0.0, 3.0) if a < x < b), b]
    area = sum(
        quad(lambda x: erfcx(-x), low, high, epsabs=0, epsrel=1e-13, limit=500)[0]
        for low, high in zip(cuts[:-1], cuts[1:], strict=True)
    )
    return 1000.0 / (t_ref + tau_m * np.sqrt(np.pi) * area)


@settings(max_examples=300, deadline=None)
@given(
    distance=st.floats(-25, 25), log_sigma=st.floats(-3.5, 1.5), tau_m=st.floats(1, 50),
    v_reset=st.floats(-2, 0.9), t_ref=st.sampled_from([0.0, 2.0]),
)
def test_rate_equals_quadrature(distance, log_sigma, tau_m, v_reset, t_ref):
    sigma = 10.0**log_sigma
    mu = 1.0 + distance * sigma
    expected = rate_by_quadrature(mu, sigma, tau_m, 1.0, v_reset, t_ref)
    rate = siegert_rate(mu, sigma, tau_m=tau_m, v_reset=v_reset, t_ref=t_ref)
    assert rate == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("mu", [1.001, 1.2, 2.0, 50.0])
def test_without_noise_the_interval_is_logarithmic(mu):
    closed = 1000.0 / (10.0 * np.log(mu / (mu - 1.0)))
    assert siegert_rate(mu, 0.0) == pytest.approx(closed, rel=1e-12)
    assert siegert_rate(mu, 1e-6) == pytest.approx(closed, rel=1e-5)


@pytest.mark.parametrize(("mu", "sigma"), [(1.0, 0.0), (0.5, 0.0), (-50.0, 0.3), (-500.0, 0.3)])
def test_far_below_threshold_the_rate_is_zero_without_a_warning(mu, sigma):
    with np.errstate(all="raise", under="ignore"):
        assert siegert_rate(mu, sigma) == 0.0


def test_shapes_broadcast_and_scalars_stay_scalars():
    mu, sigma = np.linspace(0, 2, 5)[:, None], np.array([0.0, 0.1, 1.0])
    rate, one = siegert_rate(mu, sigma), siegert_rate(1.5, 0.1)
    assert rate.shape == (5, 3) and rate[3, 1] == one
    assert isinstance(one, float) and isinstance(siegert_mean_input(5.0, 0.1), float)
    assert siegert_mean_input(np.full((4, 1), 5.0), sigma[1:]).shape == (4, 2)


OTHER = {"tau_m": 20.0, "v_th": -50.0, "v_reset": -65.0, "t_ref": 2.0}


@pytest.mark.parametrize(("sigma", "lowest", "highest", "neuron"), [
    *((sigma, 1e-2, 300.0, {}) for sigma in (1e-3, 0.05, 0.2, 0.3093, 1.0, 10.0)),
    (5.0, 1e-12, 499.0, OTHER),
])
def test_the_mean_input_of_a_rate_gives_this_rate(sigma, lowest, highest, neuron):
    rate = np.geomspace(lowest, highest, 500)
    mu = siegert_mean_input(rate, sigma, **neuron)
    assert np.all(np.diff(mu) > 0)
    np.testing.assert_allclose(siegert_rate(mu, sigma, **neuron), rate, rtol=2e-11)


def test_a_long_array_is_solved_entry_by_entry():
    rate, at = np.logspace(-2, 2, 20_001), [0, 8191, 8192, 20_000]
    assert siegert_mean_input(rate, 0.3)[at].tolist() == [
        siegert_mean_input(rate[i], 0.3) for i in at]
