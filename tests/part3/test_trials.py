"""Time steps and trials against their slow twin, closed forms, each other and one clock."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src_part2.statistics import firing_rates, interval_cv
from src_part3 import network as networks
from src_part3.network import PlasticWeights, build_network
from src_part3.parameters import BalancedNetworkParameters, TrialParameters
from src_part3.trials import BalancedRecorder, advance, initial_state, make_drive, run_trial
from tests.part3.small import small_task
from tests.reference_part3 import simulate_balanced

STEPS = TrialParameters(duration=40.0, stim_on=10.0, stim_off=20.0, cue_amplitude=0.5,
                        bin_width=10.0)
STATE = "v", "u_balanced", "u_plastic", "r_plastic", "s_feedforward"


def small_network(rng, *, precision="float64", plastic=True, n_exc=None, n_inputs=5, **changes):
    """A random small network that spikes, of odd sizes."""
    n_exc = int(rng.integers(6, 40)) if n_exc is None else n_exc
    n_inh = int(rng.integers(3, 40))
    parameters = BalancedNetworkParameters(
        n_exc=n_exc, n_inh=n_inh, out_degree=int(rng.integers(1, n_exc + n_inh)),
        n_plastic_exc=2, n_plastic_inh=3, tau_plastic=15.0,
        mu_exc=float(rng.uniform(0.3, 2)), mu_inh=float(rng.uniform(0.3, 2)), **changes,
    )
    static = networks.draw_static(parameters, rng)
    if not plastic:
        return networks.BalancedNetwork(parameters, static, precision=precision)
    trained = rng.permutation(n_exc)[: int(rng.integers(3, n_exc + 1))]
    connections = networks.draw_plastic(parameters, trained, rng)
    return networks.BalancedNetwork(parameters, static, connections, n_inputs, precision)


def with_lists(network):
    """The same network as a sparse one holds it: lists of receivers, no rows of bits."""
    return replace(network, static=replace(network.static, rows=network.static.rows[:0]))


def random_weights(network, rng):
    """Plastic weights large enough to matter."""
    start = network.initial_weights()
    arrays = start.recurrent_weights, start.feedforward_weights
    return PlasticWeights(*(rng.normal(0, 5, a.shape).astype(network.dtype) for a in arrays))


def random_drive(network, rng, n_steps=400, *, by_bins=True):
    """A cue, input by bins, Poisson spikes and two silenced neurons."""
    size = network.parameters.n_neurons
    steps = np.sort(rng.integers(0, n_steps, 60))
    return make_drive(
        network, STEPS, cue=rng.uniform(-1, 1, size), silenced=rng.integers(0, size, 2),
        bin_input=rng.normal(0, 0.3, (4, size)) if by_bins else None,
        spikes=(steps, rng.integers(0, network.n_inputs, 60)) if network.n_inputs else None,
    )


def random_problem(rng):
    """A small network with plastic synapses, its weights, a drive and a state."""
    network = small_network(rng)
    weights, drive = random_weights(network, rng), random_drive(network, rng)
    return network, weights, drive, initial_state(network, rng)


def recorded(recorder):
    """Spikes as a list of (step, neuron)."""
    steps = np.rint(recorder.spike_times / 0.1).astype(int) - 1
    return list(zip(steps.tolist(), recorder.spike_neurons.tolist(), strict=True))


@pytest.mark.parametrize(("seed", "plastic", "precision", "n_exc"), [
    *itertools.product(range(4), (True, False), ("float64", "float32"), (None,)),
    (4, True, "float64", 280),  # who spiked is looked up 128 neurons at a time
])
def test_equals_the_slow_twin_spike_for_spike(seed, plastic, precision, n_exc):
    rng = np.random.default_rng(seed)
    options = {"precision": precision, "plastic": plastic, "n_inputs": 5 * plastic}
    network = small_network(rng, n_exc=n_exc, **options)
    if seed % 2:
        network = with_lists(network)
    weights = random_weights(network, rng) if plastic else None
    drive = random_drive(network, rng, by_bins=seed > 1)
    state = initial_state(network, rng)
    spikes, *expected = simulate_balanced(network, state.v, 400, drive, weights)
    recorder = BalancedRecorder(network, spikes=True, n_bins=1, bin_width=40.0)
    advance(network, state, 400, drive=drive, weights=weights, recorder=recorder)
    assert len(spikes) > 20
    assert {neuron // 128 for _, neuron in spikes} == ({0} if n_exc is None else {0, 1, 2})
    assert recorded(recorder) == spikes
    *expected, sum_balanced, sum_plastic = expected
    np.testing.assert_array_equal(recorder.balanced[0], sum_balanced[network.trained])
    np.testing.assert_array_equal(recorder.plastic[0], sum_plastic[network.trained])
    for name, values in zip(STATE, expected, strict=True):
        actual = getattr(state, name)
        if actual.size:
            np.testing.assert_array_equal(actual, values[: actual.size], err_msg=name)


@given(seed=st.integers(0, 2**32 - 1), cuts=st.lists(st.integers(0, 400), max_size=6))
@settings(max_examples=25, deadline=None)
def test_advancing_in_pieces_changes_nothing(seed, cuts):
    network, weights, drive, whole = random_problem(np.random.default_rng(seed))
    pieces = whole.copy()
    one, many = (BalancedRecorder(network, spikes=True, n_bins=3, bin_width=10.0, probes=[0, 5],
                                  n_trace_steps=300, filtered=True) for _ in range(2))
    advance(network, whole, 400, drive=drive, weights=weights, recorder=one)
    for start, stop in np.lib.stride_tricks.sliding_window_view(sorted([0, *cuts, 400]), 2):
        advance(network, pieces, stop - start, drive=drive, weights=weights, recorder=many)
    assert recorded(one) == recorded(many)
    for name in ("counts", "balanced", "plastic", "filtered_spikes", "filtered_feedforward",
                 "traces"):
        np.testing.assert_array_equal(getattr(one, name), getattr(many, name), err_msg=name)
    for name in STATE:
        np.testing.assert_array_equal(getattr(whole, name), getattr(pieces, name))


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
    network, weights, drive, state = random_problem(np.random.default_rng(5))
    probes = network.trained[:2]
    recorder = BalancedRecorder(network, spikes=True, n_bins=4, bin_width=10.0, probes=probes,
                                n_trace_steps=400, filtered=True)
    advance(network, state, 400, drive=drive, weights=weights, recorder=recorder)
    counts = np.zeros_like(recorder.counts)
    for step, neuron in recorded(recorder):
        counts[step // 100, neuron] += 1
    np.testing.assert_array_equal(recorder.counts, counts)
    of_bins = recorder.traces.reshape(4, 100, 2, 4).sum(axis=1)
    balanced = of_bins[..., :2].sum(axis=2)
    np.testing.assert_allclose(balanced, recorder.balanced[:, :2], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(of_bins[..., 2], recorder.plastic[:, :2], rtol=1e-9)
    np.testing.assert_array_equal(recorder.traces[-1, :, 3], state.v[probes])
    np.testing.assert_array_equal(recorder.filtered_spikes[-1], state.r_plastic)
    np.testing.assert_array_equal(recorder.filtered_feedforward[-1], state.s_feedforward)


def test_an_isolated_neuron_fires_at_the_noise_free_rate():
    parameters = BalancedNetworkParameters(n_exc=2, n_inh=2, out_degree=2, j_ee=0, j_ei=0, j_ie=0,
                                           j_ii=0, mu_exc=1.5, mu_inh=0.9)
    network = build_network(parameters, np.random.default_rng(0), precision="float64")
    trial = TrialParameters(duration=20_000.0, bin_width=20_000.0)
    (counts,) = run_trial(network, trial, np.random.default_rng(0)).bin_counts
    interval = parameters.tau_m * np.log(1.5 / 0.5)
    np.testing.assert_allclose(counts[:2], 20_000 / interval, rtol=0.01)
    assert counts[2:].sum() == 0


def test_the_spike_record_grows():
    rng = np.random.default_rng(3)
    network = small_network(rng, plastic=False, n_inputs=0, v_reset=-2.0)
    state = initial_state(network, rng)
    assert -2 <= state.v.min() < -1 and 0 < state.v.max() < 1  # between reset and threshold
    recorder = BalancedRecorder(network, spikes=True, n_bins=1, bin_width=4000.0)
    advance(network, state, 40_000, recorder=recorder)
    assert recorder.n_spikes > 64 * network.parameters.n_neurons
    assert recorder.n_spikes == recorder.counts.sum()
    assert (np.diff(recorder.spike_times) >= 0).all()


def test_divergence_is_named():
    network, weights, drive, state = random_problem(np.random.default_rng(1))
    weights.recurrent_weights[:] = np.nan
    with pytest.raises(FloatingPointError, match="diverged before step 400"):
        advance(network, state, 400, drive=drive, weights=weights)


def test_feedforward_spikes_and_cue_act_when_they_should():
    task, clock = small_task(), np.random.default_rng(0).normal(0, 3, (15, 24))
    weights = replace(task.network.initial_weights(), feedforward_weights=clock)
    options = task.trial_options(1) | {"weights": weights}

    def counts(**changes):
        rng = np.random.default_rng(0)
        return run_trial(task.network, task.trial_parameters, rng, **options | changes).bin_counts

    full, no_cue, silent = counts(), counts(cue=None), counts(feedforward_rates=None)
    # Bins of 20 ms: the cue begins with the fourth, the clock with the sixth.
    np.testing.assert_array_equal(full[:3], no_cue[:3])
    assert (full[3:5] != no_cue[3:5]).any()
    np.testing.assert_array_equal(full[:5], silent[:5])
    assert (full[5:] != silent[5:]).any()
    assert full[:, [3, 150]].sum() > 0 == counts(silenced=[3, 150])[:, [3, 150]].sum()


def test_a_tasks_trial_has_one_clock():
    # Its bins once began at the end of the cue, its spikes at the start: rates were twice too high.
    task = small_task()
    trial = run_trial(
        task.network, task.trial_parameters, np.random.default_rng(0), spikes=True,
        weights=task.network.initial_weights(), probes=[3], **task.trial_options(0),
    )
    assert trial.duration == 300.0 and trial.time[0] == 0.0
    for start in (0.0, 100.0, 200.0, 260.0):
        late = trial.spike_ids[trial.spike_times > start + 1e-6]
        expected = np.bincount(late, minlength=240) / (0.3 - start / 1000)
        np.testing.assert_allclose(firing_rates(trial, start=start), expected)
        by_bins = trial.bin_counts[round(start / 20) :].sum(axis=0) / (0.3 - start / 1000)
        np.testing.assert_allclose(by_bins, expected)
    assert interval_cv(trial, start=200.0, min_intervals=2).shape == (240,)
    assert trial.recorder.traces.shape == (3000, 1, 4)
    after_cue = slice(task.first_bin, task.first_bin + task.n_bins)
    np.testing.assert_allclose(trial.time[after_cue] + 20, task.times)
