"""Theory of the balanced state: closed forms, and the simulated network."""

from dataclasses import replace

import numpy as np
import pytest

from src_part2.statistics import firing_rates, interval_cv
from src_part3.balance import (
    in_degrees,
    leading_order_rates,
    linear_response,
    mean_field,
)
from src_part3.parameters import BalancedNetworkParameters, TrialParameters
from src_part3.spike_statistics import pairwise_correlations
from src_part3.state import build_network
from src_part3.trials import run_trial

DEFAULT = BalancedNetworkParameters()


@pytest.fixture(scope="module")
def untrained():
    network = build_network(DEFAULT, np.random.default_rng(0), precision="float32")
    rng = np.random.default_rng(1)
    return network, run_trial(network, TrialParameters(duration=6000.0), rng, spikes=True)


def test_leading_order_cancels_excitation_and_inhibition():
    # 3 nu_E - 15 nu_I + 0.18 = 0 and 20 nu_E - 20 nu_I + 0.12 = 0, in spikes per ms.
    np.testing.assert_allclose(leading_order_rates(DEFAULT), [7.5, 13.5])
    uneven = BalancedNetworkParameters(n_exc=800, n_inh=200, out_degree=100, j_ei=-2.0, j_ii=-3.0)
    inputs = uneven.weights * in_degrees(uneven) @ (leading_order_rates(uneven) / 1000)
    np.testing.assert_allclose(inputs, -uneven.external_input[[0, -1]])


def test_leading_order_does_not_depend_on_the_number_of_inputs():
    for out_degree in (50, 4000):
        rates = leading_order_rates(replace(DEFAULT, out_degree=out_degree))
        np.testing.assert_allclose(rates, [7.5, 13.5])


def test_linear_response_is_the_slope_of_the_leading_order():
    more = replace(DEFAULT, mu_exc=0.2)
    step = (more.external_input - DEFAULT.external_input)[0]
    slope = (leading_order_rates(more) - leading_order_rates(DEFAULT)) / step
    np.testing.assert_allclose(linear_response(DEFAULT)[:, 0], slope)


def test_mean_field_approaches_the_leading_order_with_many_inputs():
    sizes = (10**4, 10**6, 10**8)
    gaps = []
    for k in sizes:
        p = BalancedNetworkParameters(n_exc=50 * k, n_inh=50 * k, out_degree=2 * k)
        gaps.append(leading_order_rates(p) - mean_field(p).rates)
    gaps = np.abs(gaps)
    np.testing.assert_allclose(gaps[1:] / gaps[:-1], 0.1, rtol=0.25)  # as 1 / sqrt(K)
    assert (gaps[-1] < 0.01).all()


@pytest.mark.parametrize("out_degree", [200, 1000])
def test_mean_field_predicts_the_simulated_rates(out_degree):
    p = replace(DEFAULT, out_degree=out_degree)
    network = build_network(p, np.random.default_rng(0), precision="float32")
    trial = run_trial(network, TrialParameters(duration=3000.0), np.random.default_rng(1))
    rates = firing_rates(trial).reshape(2, 2500).mean(axis=1)
    np.testing.assert_allclose(mean_field(p).rates, rates, rtol=0.05)
    assert (np.abs(mean_field(p).rates / rates - 1) < np.abs([7.5, 13.5] / rates - 1)).all()


def test_rates_follow_the_external_input_linearly(untrained):
    network, base = untrained
    extra = np.where(np.arange(5000) < 2500, 0.8, 0.0)
    trial = run_trial(network, TrialParameters(duration=6000.0), np.random.default_rng(1),
                      extra_input=extra)
    change = (firing_rates(trial) - firing_rates(base)).reshape(2, 2500).mean(axis=1)
    np.testing.assert_allclose(change, linear_response(DEFAULT)[:, 0] * 0.8, rtol=0.15)


def test_spikes_are_irregular_and_nearly_independent(untrained):
    _, trial = untrained
    cv = interval_cv(trial, min_intervals=30)
    assert 0.8 < np.nanmean(cv) < 1.1
    correlations = pairwise_correlations(trial.bin_counts[10:])
    assert abs(correlations.mean()) < 0.01
    assert correlations.std() == pytest.approx(1 / np.sqrt(290), rel=0.15)


def test_networks_without_a_balanced_state_are_named():
    with pytest.raises(ValueError, match="no balanced state"):
        leading_order_rates(replace(DEFAULT, j_ee=0.75))
    with pytest.raises(ValueError, match="would be"):
        mean_field(replace(DEFAULT, mu_inh=1.0))


def test_pairwise_correlations_of_known_pairs():
    rng = np.random.default_rng(0)
    shared, own = rng.poisson(2.0, (5000, 1)), rng.poisson(6.0, (5000, 6))
    silent = np.zeros((5000, 3))
    correlations = pairwise_correlations(np.hstack([shared + own, silent]))
    assert correlations.shape == (15,)
    np.testing.assert_allclose(correlations, 0.25, atol=0.05)
