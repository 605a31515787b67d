"""Targets against Siegert's formula, the authors' own files and the network; matching."""

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from src_part1.recordings import alm_files, load_recordings
from src_part2.siegert import siegert_rate
from src_part3.input_targets import input_targets, match_by_rate, measure_inputs
from src_part3.network import build_network
from src_part3.parameters import BalancedNetworkParameters


def test_targets_give_back_the_rates():
    rates = load_recordings("synthetic").rates[:, :20]
    targets = input_targets(rates, 0.3)
    assert targets.shape == rates.shape
    np.testing.assert_allclose(siegert_rate(targets, 0.3), np.maximum(rates, 0.1), rtol=1e-8)


def test_silent_bins_become_the_lowest_rate():
    np.testing.assert_allclose(
        siegert_rate(input_targets([0.0, 0.05, 7.0], 0.3), 0.3), [0.1, 0.1, 7.0], rtol=1e-8
    )
    with pytest.raises(ValueError, match="not negative"):
        input_targets([-1.0, 2.0], 0.3)


def test_targets_are_those_of_the_authors(alm_folder):
    rates = load_recordings(alm_folder, mend_last_bins=False).rates
    theirs = []
    for name in alm_files.TARGET_FILES:
        with h5py.File(alm_folder / name, "r") as file:
            theirs.append(file["utarg"][()].T)
    difference = input_targets(rates, 0.3093) - theirs
    assert difference.std() <= 0.003
    assert abs(difference.mean()) <= 0.0005


def test_sigma_of_the_untrained_network_is_the_original_one():
    network = build_network(BalancedNetworkParameters(), np.random.default_rng(0))
    inputs = measure_inputs(network, np.random.default_rng(1), duration=2000.0)
    assert inputs.sigma == pytest.approx(0.3093, rel=0.01)
    assert inputs.mean[:2500].mean() == pytest.approx(0.457, abs=0.02)


def test_measured_inputs_of_unconnected_neurons_are_external():
    parameters = BalancedNetworkParameters(
        n_exc=5, n_inh=4, out_degree=3, j_ee=0, j_ei=0, j_ie=0, j_ii=0
    )
    network = build_network(parameters, np.random.default_rng(0), precision="float64")
    inputs = measure_inputs(network, np.random.default_rng(0), duration=20.0, settle=5.0)
    np.testing.assert_allclose(inputs.mean, parameters.external_input)
    np.testing.assert_allclose(inputs.sd, 0, atol=1e-12)


def test_matching_by_hand():
    recorded = [1.0, 9.0, 5.0, 5.2]
    model = [4.9, 1.2, 30.0, 5.1, 6.0]
    # 9 takes 6; then 5.2 takes 5.1, 5 takes 4.9 and 1 takes 1.2.
    np.testing.assert_array_equal(match_by_rate(recorded, model), [1, 4, 0, 3])


@given(
    recorded=arrays(float, st.integers(1, 30), elements=st.floats(0, 60)),
    more=arrays(float, st.integers(0, 10), elements=st.floats(0, 60)),
)
def test_each_recorded_neuron_takes_the_nearest_free_one(recorded, more):
    model = np.concatenate([recorded[::-1] + 0.25, more])
    matched = match_by_rate(recorded, model)
    assert len(set(matched.tolist())) == recorded.size
    taken = set()
    for neuron in np.argsort(-recorded, kind="stable"):
        free = [j for j in range(model.size) if j not in taken]
        nearest = min(abs(recorded[neuron] - model[j]) for j in free)
        assert abs(recorded[neuron] - model[matched[neuron]]) == nearest
        taken.add(int(matched[neuron]))


def test_more_recorded_than_model_neurons():
    with pytest.raises(ValueError, match="take a larger network"):
        match_by_rate([1.0, 2.0], [1.0])
