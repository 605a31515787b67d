"""The measured curve from mean input to rate, against a simulation of the same network."""

from dataclasses import replace

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from src_part1.recordings import load_recordings
from src_part1.recordings.importers import alm_files
from src_part2.siegert import siegert_rate
from src_part3 import transfer
from src_part3.network import build_network
from src_part3.parameters import BalancedNetworkParameters, TrialParameters
from src_part3.trials import run_trial

SMALL = BalancedNetworkParameters(n_exc=500, n_inh=500, out_degree=200)
NOISE, SECONDS = 0.065, 16


def measured(noise=NOISE, **changes):
    network = build_network(replace(SMALL, **changes), np.random.default_rng(0))
    return network, transfer.measure_transfer(network, np.random.default_rng(1), noise=noise)


@pytest.fixture(scope="module")
def default():
    return measured()


def counted(network, seed):
    """Rates of E neurons (Hz) with the noise of the plastic synapses."""
    times = TrialParameters(duration=1000.0 * SECONDS + 500.0, stim_on=0.0, stim_off=0.0)
    decay, rng = np.exp(-20.0 / network.parameters.tau_plastic), np.random.default_rng(seed)
    current, state = np.zeros((SECONDS * 50 + 25, 1000)), rng.standard_normal(500)
    for of_bin in current:
        of_bin[:500] = NOISE * state
        state = decay * state + np.sqrt(1 - decay**2) * rng.standard_normal(500)
    trial = run_trial(network, times, rng, bin_input=current)
    return trial.bin_counts[25:].sum(axis=0)[:500] / SECONDS


@pytest.mark.parametrize("changes", [{}, {"tau_m": 20.0}, {"tau_syn": 5.0}, {"dt": 0.2}], ids=str)
def test_the_curve_predicts_the_rates_of_slow_and_fast_neurons(changes, default):
    network, curve = measured(**changes) if changes else default
    predicted = curve.rates(curve.mean_input, np.arange(500))
    groups = np.array_split(np.argsort(predicted), 8)
    rates = counted(network, seed=5)
    expected, found = ([values[g].mean() for g in groups] for values in (predicted, rates))
    assert expected[0] < 0.5 and expected[-1] > 14
    np.testing.assert_allclose(found, expected, rtol=0.08, atol=0.06)


def test_the_fit_recovers_a_known_curve_from_added_inputs_and_fluctuations():
    # All neurons have the same mean input: only what is added tells its effect.
    rng = np.random.default_rng(0)
    sd, added = rng.normal(0.6, 0.05, 400), rng.normal(0, 0.2, (40, 400))

    def true(x, sd):
        return np.exp(1.5 + 4 * (x - 0.6) - 3 * (x - 0.6) ** 2 + 5 * (sd - 0.6))

    curve = transfer._fit(np.full(400, 0.6), sd, added, rng.poisson(true(0.6 + added, sd)))
    for x in (0.3, 0.6, 0.9):
        np.testing.assert_allclose(curve.rates(x, np.arange(400)), true(x, sd), rtol=0.1)


def test_the_fluctuation_follows_from_the_rates_of_the_senders(default):
    network, curve = default
    sampled = transfer.sampled_sd(network, np.random.default_rng(3))[:500]
    assert curve.input_sd.mean() == pytest.approx(sampled.mean(), rel=0.06)
    assert np.corrcoef(curve.input_sd, sampled)[0, 1] > 0.85


def test_inputs_rise_with_the_rate_also_beyond_the_measured_range(default):
    (_, curve), lowest = default, transfer.LOWEST_RATE
    rates = np.geomspace(lowest, 500, 300)[None, None]
    inputs = np.concatenate([curve.inputs(rates, [n])[0] for n in range(0, 500, 20)])
    assert (np.diff(inputs, axis=1) > -1e-12).all()
    assert (np.diff(inputs[:, 100:], axis=1) > 0).all()
    silent = curve.inputs(np.array([[[0.0, 0.05, lowest, 7.0]]]), [9])[0, 0]
    assert silent[0] == silent[1] == silent[2] < silent[3]
    # Beyond it is an exponential: equal ratios of rates are equal steps of the input.
    assert (inputs[:, -1] > curve.limits[1] + 0.1).all()
    np.testing.assert_allclose(np.diff(inputs[:, -40:], n=2, axis=1), 0, atol=1e-9)


@pytest.mark.parametrize("rate", [0.05, 0.4, 3.0])
def test_slow_noise_has_variance_1_and_forgets_at_its_rate(rate):
    noise = transfer.slow_noise((40, 20_000), rate, np.random.default_rng(0))
    np.testing.assert_allclose((noise**2).mean(axis=1), 1, atol=0.05)
    for lag in (1, 3):
        assert (noise[lag:] * noise[:-lag]).mean() == pytest.approx(np.exp(-lag * rate), abs=0.01)


@given(
    recorded=arrays(float, st.integers(1, 30), elements=st.floats(0, 60)),
    more=arrays(float, st.integers(0, 10), elements=st.floats(0, 60)),
)
def test_each_recorded_neuron_takes_the_nearest_free_one(recorded, more):
    model = np.concatenate([recorded[::-1] + 0.25, more])
    free, expected = list(range(model.size)), np.empty(recorded.size, int)
    for neuron in sorted(range(recorded.size), key=lambda i: -recorded[i]):
        expected[neuron] = min(free, key=lambda j: (abs(recorded[neuron] - model[j]), j))
        free.remove(expected[neuron])
    np.testing.assert_array_equal(transfer.match_by_rate(recorded, model), expected)


def test_original_inputs_are_siegerts_at_the_originals_noise():
    network = build_network(BalancedNetworkParameters(), np.random.default_rng(0))
    sd = transfer.sampled_sd(network, np.random.default_rng(1), duration=1500.0)
    sigma = sd[:2500].mean() / np.sqrt(1.3 * 3.0)
    assert sigma == pytest.approx(0.3093, rel=0.01)
    inputs = transfer.original_inputs(np.array([0.0, 0.05, 2.0, 30.0]), sd, network.parameters)
    np.testing.assert_allclose(siegert_rate(inputs, sigma), [0.1, 0.1, 2.0, 30.0], rtol=1e-8)


def test_original_inputs_are_those_of_the_authors(alm_folder):
    rates = load_recordings(alm_folder, mend_last_bins=False).rates
    theirs = [h5py.File(alm_folder / name)["utarg"][()].T for name in alm_files.TARGET_FILES]
    sd = np.full(5000, 0.3093 * np.sqrt(1.3 * 3.0))
    difference = transfer.original_inputs(rates, sd, BalancedNetworkParameters()) - theirs
    assert difference.std() <= 0.003 and abs(difference.mean()) <= 0.0005


def test_a_silent_network_has_no_curve():
    with pytest.raises(ValueError, match="silent; if K is small, raise .*mu_exc and mu_inh"):
        measured(noise=0.0, mu_exc=0.02, mu_inh=0.02)
