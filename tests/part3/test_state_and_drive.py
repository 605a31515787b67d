"""The records around the time loop: they check what they are given and copy what they hold."""

from dataclasses import replace

import numpy as np
import pytest

import src_part3
from src_part3 import course
from src_part3.connectivity import draw_plastic, draw_static
from src_part3.drive import draw_cues, make_drive
from src_part3.parameters import BalancedNetworkParameters, FeedforwardParameters, TrialParameters
from src_part3.recorder import BalancedRecorder
from src_part3.simulator import advance
from src_part3.state import BalancedNetwork, build_network, initial_state

PARAMETERS = BalancedNetworkParameters(
    n_exc=30, n_inh=20, out_degree=10, n_plastic_exc=3, n_plastic_inh=4
)


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(0)
    plastic = draw_plastic(PARAMETERS, rng.permutation(30)[:12], rng)
    static = draw_static(PARAMETERS, rng)
    return BalancedNetwork(PARAMETERS, static, plastic, n_inputs=6, precision="float64")


def test_a_copied_state_is_independent_and_complete(network):
    state = initial_state(network, np.random.default_rng(0))
    twin = state.copy()
    advance(network, state, 50, weights=network.initial_weights())
    assert twin.step == 0 and state.step == 50
    assert (state.v != twin.v).any()
    advance(network, twin, 50, weights=network.initial_weights())
    for name in vars(state):
        np.testing.assert_array_equal(getattr(state, name), getattr(twin, name))


def test_first_voltages_lie_between_reset_and_threshold():
    parameters = replace(PARAMETERS, v_reset=-2.0, v_th=3.0)
    network = build_network(parameters, np.random.default_rng(0), precision="float32")
    v = initial_state(network, np.random.default_rng(0)).v
    assert v.dtype == np.float32
    assert -2 <= v.min() < -1.5 and 2.5 < v.max() < 3


def test_initial_weights_are_those_of_the_parameters(network):
    weights = network.initial_weights()
    assert weights.recurrent_weights.shape == (12, 7)
    assert weights.feedforward_weights.shape == (6, 12)
    np.testing.assert_array_equal(weights.recurrent_weights[3], PARAMETERS.plastic_weights)
    assert (weights.feedforward_weights == 0).all()
    weights.recurrent_weights[0, 0] = 99.0
    assert network.initial_weights().recurrent_weights[0, 0] != 99.0


def test_parts_that_do_not_fit_are_refused(network):
    with pytest.raises(ValueError, match=r"BalancedNetwork.static must hold 10 targets of 51"):
        replace(network, parameters=replace(PARAMETERS, n_exc=31))
    with pytest.raises(ValueError, match="needs trained neurons"):
        replace(network, plastic=None)
    with pytest.raises(ValueError, match="precision must be one of"):
        replace(network, precision="float16")
    untrained = replace(network, plastic=None, n_inputs=0)
    with pytest.raises(ValueError, match="no plastic synapses"):
        untrained.check_weights(network.initial_weights())


def test_cue_is_on_in_its_window_only(network):
    trial = TrialParameters(duration=100.0, stim_on=10.0, stim_off=20.0, cue_amplitude=0.3)
    cue = draw_cues(network, trial, 2, np.random.default_rng(0))[1]
    assert cue.shape == (50,) and -0.3 <= cue.min() < -0.2 and 0.2 < cue.max() < 0.3
    drive = make_drive(network, trial, cue=cue, extra_input=np.full(50, 0.1))
    base = PARAMETERS.external_input + 0.1
    for step, expected in ((99, base), (100, base + cue), (199, base + cue), (200, base)):
        np.testing.assert_allclose(drive.external_input(step), expected)
    with pytest.raises(ValueError, match="trial_parameters must say"):
        make_drive(network, cue=cue)


@pytest.mark.parametrize(
    ("spikes", "message"),
    [
        (([3, 2], [0, 0]), "increasing order"),
        (([1, 2], [0]), "equal length"),
        (([1, 2], [0, 6]), "sources 0 to 5"),
        (([1, 2], [0, -1]), "sources 0 to 5"),
    ],
)
def test_bad_feedforward_spikes_are_refused(network, spikes, message):
    with pytest.raises(ValueError, match=message):
        make_drive(network, spikes=spikes)


def test_bad_recordings_are_refused(network):
    with pytest.raises(ValueError, match="neurons 0 to 49"):
        BalancedRecorder(network, probes=[50])
    with pytest.raises(ValueError, match="bin_width must be a whole multiple"):
        BalancedRecorder(network, bin_width=0.25)


@pytest.mark.parametrize(
    ("record", "changes", "message"),
    [
        (TrialParameters, {"stim_off": 700.0}, "stim_off must be at least 800"),
        (TrialParameters, {"duration": 0.0}, "duration must be positive"),
        (FeedforwardParameters, {"n_inputs": -1}, "n_inputs must be at least 1"),
        (FeedforwardParameters, {"relaxation": 0.0}, "relaxation must be positive"),
    ],
)
def test_bad_numbers_are_refused(record, changes, message):
    with pytest.raises(ValueError, match=message):
        record(**changes)


def test_the_package_offers_what_it_names():
    for name in src_part3.__all__:
        assert hasattr(src_part3, name)
    course.warm_kernels()
