"""Theory of the balanced state: closed forms, and simulated networks beside it."""

from dataclasses import replace

import numpy as np
import pytest

from src_part2.statistics import firing_rates, interval_cv
from src_part3 import balance
from src_part3.analysis import pairwise_correlations
from src_part3.network import build_network
from src_part3.parameters import BalancedNetworkParameters, TrialParameters
from src_part3.trials import run_trial

DEFAULT = BalancedNetworkParameters()
MEDIUM = BalancedNetworkParameters(n_exc=1000, n_inh=1000, out_degree=400)
SECOND = TrialParameters(duration=1000.0, stim_on=0.0, stim_off=0.0)


def test_leading_order_cancels_excitation_and_inhibition():
    # 3 nu_E - 15 nu_I + 0.18 = 0 and 20 nu_E - 20 nu_I + 0.12 = 0, in spikes per ms.
    np.testing.assert_allclose(balance.leading_order_rates(DEFAULT), [7.5, 13.5])
    uneven = BalancedNetworkParameters(n_exc=800, n_inh=200, out_degree=100, j_ei=-2.0, j_ii=-3.0)
    rates = balance.leading_order_rates(uneven) / 1000
    inputs = uneven.weights * balance.in_degrees(uneven) @ rates
    np.testing.assert_allclose(inputs, -uneven.external_input[[0, -1]])


def test_mean_field_approaches_the_leading_order_with_many_inputs():
    gaps = []
    for k in (10**4, 10**6, 10**8):
        p = BalancedNetworkParameters(n_exc=50 * k, n_inh=50 * k, out_degree=2 * k)
        gaps.append(balance.leading_order_rates(p) - balance.mean_field(p).rates)
    gaps = np.abs(gaps)
    np.testing.assert_allclose(gaps[1:] / gaps[:-1], 0.1, rtol=0.25)  # as 1 / sqrt(K)
    assert (gaps[-1] < 0.01).all()


def simulated(p, duration, **options):
    network = build_network(p, np.random.default_rng(0), precision="float32")
    trial_parameters = TrialParameters(duration=duration)
    return run_trial(network, trial_parameters, np.random.default_rng(1), **options)


@pytest.mark.parametrize("out_degree", [200, 1000])
def test_mean_field_predicts_the_simulated_rates(out_degree):
    p = replace(DEFAULT, out_degree=out_degree)
    rates = firing_rates(simulated(p, 3000.0)).reshape(2, 2500).mean(axis=1)
    off = np.abs(balance.mean_field(p).rates / rates - 1)
    assert (off < np.minimum(0.05, np.abs([7.5, 13.5] / rates - 1))).all()
    with pytest.raises(ValueError, match="no balanced state: .* would be"):
        balance.mean_field(replace(p, mu_inh=1.0))


def test_spikes_are_irregular_and_nearly_independent():
    trial = simulated(DEFAULT, 6000.0, spikes=True)
    cv = interval_cv(trial, min_intervals=30)
    assert 0.8 < np.nanmean(cv) < 1.1
    correlations = pairwise_correlations(trial.bin_counts[10:])
    assert abs(correlations.mean()) < 0.01
    assert correlations.std() == pytest.approx(1 / np.sqrt(290), rel=0.15)


@pytest.mark.parametrize(("changes", "fastest", "wins"), [
    # |j_ei j_ie| against |j_ee j_ii| = 0.15; near it the balance asks for very high rates.
    ({"j_ei": -0.149}, 1e6, True), ({"j_ei": -0.15}, 1e6, True), ({"j_ei": -0.151}, 1e6, False),
    ({}, 13.6, False), ({}, 13.4, True),  # the balance asks for 7.5 and 13.5 Hz
    ({"mu_exc": 0.01}, 250.0, False),  # E neurons fall silent
])
def test_excitation_wins_up_to_the_border_and_beyond_the_fastest(changes, fastest, wins):
    assert balance.excitation_wins(replace(DEFAULT, **changes), fastest) is wins


def test_rates_approach_the_balance_equations_with_more_inputs():
    sweep = balance.sweep_in_degree(MEDIUM, [50, 200, 800], np.random.default_rng(0),
                                    trial_parameters=SECOND)
    np.testing.assert_allclose(sweep.values, [25, 100, 400])
    gaps = sweep.leading_order - sweep.simulated
    assert (gaps > 0).all() and (np.diff(gaps, axis=0) < 0).all()
    np.testing.assert_allclose(sweep.mean_field[1:], sweep.simulated[1:], rtol=0.1)


def test_rates_rise_linearly_with_the_external_input():
    sweep = balance.sweep_external_input(MEDIUM, [-0.5, 0.0, 0.5, 1.0], np.random.default_rng(0),
                                         trial_parameters=SECOND)
    np.testing.assert_allclose(sweep.leading_order[1], balance.leading_order_rates(MEDIUM))
    steps = np.diff(sweep.simulated, axis=0)
    np.testing.assert_allclose(steps, np.diff(sweep.leading_order, axis=0), rtol=0.3)


def test_the_plane_has_the_states_where_theory_says():
    plane = balance.measure_state_plane(MEDIUM, [-0.15, -0.21, -0.75], [1.02, 4.0],
                                        np.random.default_rng(0))
    too_weak, weak, strong = range(3)
    assert np.isnan(plane.rates[too_weak]).all() and np.isnan(plane.mean_field[too_weak]).all()
    # Barely driven over threshold all E neurons charge alike and fire as one; mean-field theory,
    # which takes them to be asynchronous, is then far off.
    assert (plane.synchrony[[weak, strong], 0] > 100).all()
    assert (plane.rates[[weak, strong], 0] > 2 * plane.mean_field[[weak, strong], 0]).all()
    # Driven well over it the network is asynchronous, and the theory has no free parameter.
    assert (plane.synchrony[[weak, strong], 1] < 3).all()
    np.testing.assert_allclose(plane.rates[[weak, strong], 1], plane.mean_field[[weak, strong], 1],
                               rtol=0.08)
    # Weak inhibition lets the mean input pass the threshold, and the spikes become regular.
    assert plane.cv[weak, 1] < 0.5 < 0.6 < plane.cv[strong, 1]
    # The nominal network, whose external input is mu sqrt(K), lies at that drive.
    nominal = MEDIUM.mu_exc * np.sqrt(MEDIUM.in_degree)
    same = balance.measure_state_plane(MEDIUM, [MEDIUM.j_ei], [nominal], np.random.default_rng(0),
                                       trial_parameters=SECOND)
    network = build_network(MEDIUM, rng := np.random.default_rng(0), precision="float32")
    expected = firing_rates(run_trial(network, SECOND, rng, spikes=True), start=200.0)
    assert same.rates[0, 0, 0] == pytest.approx(expected[: MEDIUM.n_exc].mean(), rel=1e-12)
