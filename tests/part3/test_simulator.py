"""The time loop against its slow twin and against closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src_part3.connectivity import draw_plastic, draw_static
from src_part3.drive import make_drive
from src_part3.parameters import BalancedNetworkParameters, TrialParameters
from src_part3.recorder import BalancedRecorder
from src_part3.simulator import advance
from src_part3.state import BalancedNetwork, PlasticWeights, build_network, initial_state
from tests.reference_part3 import simulate_balanced

TRIAL = TrialParameters(duration=40.0, stim_on=10.0, stim_off=20.0, cue_amplitude=0.5)


def small_network(rng, *, precision="float64", plastic=True, n_exc=None, n_inputs=5, **changes):
    """A random small network that spikes, of odd sizes."""
    n_exc = int(rng.integers(6, 40)) if n_exc is None else n_exc
    n_inh = int(rng.integers(3, 40))
    parameters = BalancedNetworkParameters(
        n_exc=n_exc, n_inh=n_inh, out_degree=int(rng.integers(1, n_exc + n_inh)),
        n_plastic_exc=2, n_plastic_inh=3, tau_plastic=15.0,
        mu_exc=float(rng.uniform(0.3, 2)), mu_inh=float(rng.uniform(0.3, 2)), **changes,
    )
    static = draw_static(parameters, rng)
    if not plastic:
        return BalancedNetwork(parameters, static, precision=precision)
    trained = rng.permutation(n_exc)[: int(rng.integers(3, n_exc + 1))]
    connections = draw_plastic(parameters, trained, rng)
    return BalancedNetwork(parameters, static, connections, n_inputs, precision)


def with_lists(network):
    """The same network as a sparse one holds it: lists of receivers, no rows of bits."""
    return replace(network, static=replace(network.static, rows=network.static.rows[:0]))


def random_weights(network, rng):
    """Plastic weights large enough to matter."""
    start = network.initial_weights()
    arrays = start.recurrent_weights, start.feedforward_weights
    return PlasticWeights(*(rng.normal(0, 5, a.shape).astype(network.dtype) for a in arrays))


def random_drive(network, rng, n_steps=400):
    """A cue, Poisson spikes and two silenced neurons."""
    size = network.parameters.n_neurons
    steps = np.sort(rng.integers(0, n_steps, 60))
    return make_drive(
        network, TRIAL, cue=rng.uniform(-1, 1, size), silenced=rng.integers(0, size, 2),
        spikes=(steps, rng.integers(0, network.n_inputs, 60)) if network.n_inputs else None,
    )


def recorded(recorder, dt=0.1):
    """Spikes as a list of (step, neuron)."""
    steps = np.rint(recorder.spike_times / dt).astype(int) - 1
    return list(zip(steps.tolist(), recorder.spike_neurons.tolist(), strict=True))


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("plastic", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_equals_the_slow_twin_spike_for_spike(seed, plastic, precision):
    rng = np.random.default_rng(seed)
    network = small_network(rng, precision=precision, plastic=plastic, n_inputs=5 * plastic)
    if seed % 2:
        network = with_lists(network)
    weights = random_weights(network, rng) if plastic else None
    drive = random_drive(network, rng)
    state = initial_state(network, rng)
    spikes, *expected = simulate_balanced(network, state.v, 400, drive, weights)
    recorder = BalancedRecorder(network, spikes=True)
    advance(network, state, 400, drive=drive, weights=weights, recorder=recorder)
    assert len(spikes) > 20
    assert recorded(recorder) == spikes
    names = ("v", "u_balanced", "u_plastic", "r_plastic", "s_feedforward", "sum_balanced",
             "sum_plastic")
    for name, values in zip(names, expected, strict=True):
        actual = getattr(state, name)
        if actual.size:
            np.testing.assert_array_equal(actual, values[: actual.size], err_msg=name)


def test_equals_the_slow_twin_in_a_network_of_several_hundred_neurons():
    # Who spiked is looked up 128 neurons at a time.
    rng = np.random.default_rng(5)
    network = small_network(rng, n_exc=280)
    weights, drive = random_weights(network, rng), random_drive(network, rng)
    state = initial_state(network, rng)
    spikes = simulate_balanced(network, state.v, 400, drive, weights)[0]
    recorder = BalancedRecorder(network, spikes=True)
    advance(network, state, 400, drive=drive, weights=weights, recorder=recorder)
    assert {neuron // 128 for _, neuron in spikes} == {0, 1, 2}
    assert recorded(recorder) == spikes


@given(seed=st.integers(0, 2**32 - 1), cuts=st.lists(st.integers(0, 400), max_size=6))
@settings(max_examples=25, deadline=None)
def test_advancing_in_pieces_changes_nothing(seed, cuts):
    rng = np.random.default_rng(seed)
    network = small_network(rng)
    weights, drive = random_weights(network, rng), random_drive(network, rng)
    whole = initial_state(network, rng)
    pieces = whole.copy()
    one, many = (BalancedRecorder(network, spikes=True, n_bins=3, bin_width=10.0, probes=[0, 5],
                          n_trace_steps=300, start=50) for _ in range(2))
    advance(network, whole, 400, drive=drive, weights=weights, recorder=one)
    for start, stop in np.lib.stride_tricks.sliding_window_view(sorted([0, *cuts, 400]), 2):
        advance(network, pieces, stop - start, drive=drive, weights=weights, recorder=many)
    assert recorded(one) == recorded(many)
    np.testing.assert_array_equal(one.counts, many.counts)
    np.testing.assert_array_equal(one.traces, many.traces)
    for name in ("v", "u_balanced", "u_plastic", "r_plastic", "s_feedforward", "sum_balanced"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(pieces, name))


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_plastic_input_is_weights_times_filtered_spikes(seed):
    rng = np.random.default_rng(seed)
    network = small_network(rng)
    weights, drive = random_weights(network, rng), random_drive(network, rng)
    state = initial_state(network, rng)
    advance(network, state, 400, drive=drive, weights=weights)
    for i, neuron in enumerate(network.trained):
        recurrent = sum(
            weights.recurrent_weights[i, slot] * state.r_plastic[pre]
            for slot, pre in enumerate(network.plastic.pre_index[i])
        )
        feedforward = sum(weights.feedforward_weights[:, i] * state.s_feedforward)
        expected = pytest.approx(recurrent + feedforward, rel=1e-10, abs=1e-10)
        assert state.u_plastic[neuron] == expected


@pytest.mark.parametrize("form", [lambda network: network, with_lists])
def test_more_spikes_in_a_step_than_a_counter_holds(form):
    parameters = BalancedNetworkParameters(n_exc=300, n_inh=270, out_degree=569)
    network = form(build_network(parameters, np.random.default_rng(0), precision="float64"))
    state = initial_state(network, np.random.default_rng(0))
    state.v[:] = 2.0
    recorder = BalancedRecorder(network, probes=[7, 400], n_trace_steps=2)
    advance(network, state, 2, recorder=recorder)
    jumps = parameters.weights / parameters.tau_syn
    expected_exc = jumps[:, 0] * (300 - np.array([1, 0]))
    expected_inh = jumps[:, 1] * (270 - np.array([0, 1]))
    np.testing.assert_allclose(recorder.traces[1, :, 0], expected_exc)
    np.testing.assert_allclose(recorder.traces[1, :, 1], expected_inh)
    np.testing.assert_allclose(state.u_balanced[[7, 400]], expected_exc + expected_inh)


def test_counts_spikes_and_traces_agree():
    rng = np.random.default_rng(5)
    network = small_network(rng)
    weights, drive = random_weights(network, rng), random_drive(network, rng)
    state = initial_state(network, rng)
    recorder = BalancedRecorder(network, spikes=True, n_bins=4, bin_width=10.0, probes=[0, 2],
                        n_trace_steps=400)
    advance(network, state, 400, drive=drive, weights=weights, recorder=recorder)
    steps = np.rint(recorder.spike_times / 0.1).astype(int) - 1
    counts = np.zeros_like(recorder.counts)
    np.add.at(counts, (steps // 100, recorder.spike_neurons), 1)
    np.testing.assert_array_equal(recorder.counts, counts)
    balanced = recorder.traces[:, :, :2].sum(axis=2)
    np.testing.assert_allclose(balanced.sum(axis=0), state.sum_balanced[[0, 2]], rtol=1e-9)
    np.testing.assert_allclose(recorder.traces[..., 2].sum(axis=0), state.sum_plastic[[0, 2]])
    np.testing.assert_array_equal(recorder.traces[-1, :, 3], state.v[[0, 2]])


def test_an_isolated_neuron_fires_at_the_noise_free_rate():
    parameters = BalancedNetworkParameters(
        n_exc=2, n_inh=2, out_degree=2, j_ee=0, j_ei=0, j_ie=0, j_ii=0, mu_exc=1.5, mu_inh=0.9
    )
    network = build_network(parameters, np.random.default_rng(0), precision="float64")
    state = initial_state(network, np.random.default_rng(0))
    recorder = BalancedRecorder(network, n_bins=1, bin_width=20_000.0)
    advance(network, state, 200_000, recorder=recorder)
    interval = parameters.tau_m * np.log(1.5 / 0.5)
    np.testing.assert_allclose(recorder.counts[0, :2], 20_000 / interval, rtol=0.01)
    assert recorder.counts[0, 2:].sum() == 0


def test_the_spike_record_grows():
    rng = np.random.default_rng(3)
    network = small_network(rng, plastic=False, n_inputs=0)
    recorder = BalancedRecorder(network, spikes=True, n_bins=1, bin_width=2000.0)
    advance(network, initial_state(network, rng), 20_000, recorder=recorder)
    assert recorder.n_spikes > 64 * network.parameters.n_neurons
    assert recorder.n_spikes == recorder.counts.sum()
    assert (np.diff(recorder.spike_times) >= 0).all()


def test_untrained_rates_are_those_of_the_original():
    network = build_network(BalancedNetworkParameters(), np.random.default_rng(0))
    recorder = BalancedRecorder(network, n_bins=1, bin_width=3000.0)
    advance(network, initial_state(network, np.random.default_rng(1)), 30_000, recorder=recorder)
    assert recorder.counts[0, :2500].mean() / 3 == pytest.approx(6.6, rel=0.03)
    assert recorder.counts[0, 2500:].mean() / 3 == pytest.approx(12.0, rel=0.03)


def test_bad_weights_and_divergence_are_named():
    rng = np.random.default_rng(1)
    network = small_network(rng)
    state = initial_state(network, rng)
    with pytest.raises(ValueError, match="weights must be given"):
        advance(network, state, 1)
    weights = network.initial_weights()
    with pytest.raises(ValueError, match=r"weights.recurrent_weights must have shape"):
        short = replace(weights, recurrent_weights=weights.recurrent_weights[1:])
        advance(network, state, 1, weights=short)
    bad = replace(weights, recurrent_weights=np.full_like(weights.recurrent_weights, np.nan))
    with pytest.raises(FloatingPointError, match="diverged before step 400"):
        advance(network, state, 400, weights=bad)
    for argument in ("state", "drive", "recorder"):
        given = {"weights": weights, "state": state, argument: "x"}
        with pytest.raises(TypeError, match=f"{argument} must be of type"):
            advance(network, given.pop("state"), 1, **given)
