"""The kernel against its slow twin, closed forms, and the promises about randomness and memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src_part2.connectivity import random_weights
from src_part2.parameters import LIFNetworkParameters, LIFParameters
from src_part2.siegert import euler_equivalent, siegert_rate
from src_part2.simulator import LIFNetwork, simulate
from src_part2.statistics import firing_rates
from tests.reference_part2 import lif_network


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32), n=st.integers(1, 12), n_steps=st.integers(1, 400),
    tau_m=st.floats(1, 30), tau_syn=st.floats(0.5, 300), coupling=st.floats(0, 40),
    mu=st.floats(-1, 6), noise=st.one_of(st.just(0.0), st.floats(0, 1)),
)
def test_kernel_equals_slow_twin_spike_for_spike(
    seed, n, n_steps, tau_m, tau_syn, coupling, mu, noise
):
    rng = np.random.default_rng(seed)
    parameters = LIFParameters(tau_m=tau_m, tau_syn=tau_syn, v_th=1.3, v_reset=-0.2, noise=noise)
    weights = rng.standard_normal((n, n)) * coupling
    mean_input, cue = mu + rng.standard_normal(n), rng.standard_normal(n)
    on, off = sorted(rng.integers(0, n_steps + 1, 2))
    external_input = np.tile(mean_input, (n_steps, 1))
    external_input[on:off] += cue
    noise_rows = np.random.default_rng(seed).standard_normal((n_steps, n))
    spikes, v, u, r = lif_network(parameters, weights, external_input, noise_rows)
    run = simulate(
        parameters, mean_input, n_steps * 0.1, np.random.default_rng(seed), weights=weights,
        cue=cue, stim_on=on * 0.1, stim_off=off * 0.1, traced=np.arange(n),
    )
    steps = np.rint(run.spike_times / 0.1).astype(int) - 1
    assert list(zip(steps, run.spike_ids, strict=True)) == spikes
    assert run.counts.tolist() == [sum(i == j for _, i in spikes) for j in range(n)]
    network = LIFNetwork(parameters, n, np.random.default_rng(seed))
    by_pre = np.ascontiguousarray(weights.T)
    for last, constant in ((on, mean_input), (off, mean_input + cue), (n_steps, mean_input)):
        network.advance(last, by_pre, constant)
    np.testing.assert_allclose(network.v, v, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(network.u, u, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(network.r, r)
    np.testing.assert_allclose(network.u, weights @ network.r, rtol=1e-9, atol=1e-9)


def test_noise_free_interval_is_logarithmic():
    mu = np.array([1.05, 1.5, 3.0])
    run = simulate(LIFParameters(noise=0.0, dt=0.01), mu, 500.0, np.random.default_rng(0))
    for i, mean in enumerate(mu):
        intervals = np.diff(run.spike_times[run.spike_ids == i])
        assert np.ptp(intervals) < 1e-6
        assert intervals[0] == pytest.approx(10.0 * np.log(mean / (mean - 1)), abs=0.03)


@pytest.mark.parametrize(("mu", "dt", "tolerance"), [
    (0.7, 0.05, 0.015), (0.7, 0.1, 0.015), (1.2, 0.1, 0.015), (0.7, 0.2, 0.04), (0.7, 0.4, 0.04),
])
def test_the_same_noise_is_the_same_physics_at_every_time_step(mu, dt, tolerance):
    neuron = LIFParameters(dt=dt)
    run = simulate(neuron, np.full(3000, mu), 2000.0, np.random.default_rng(1))
    rate = firing_rates(run, start=200.0).mean()
    equivalent = euler_equivalent(neuron.noise, dt=dt)
    assert rate == pytest.approx(siegert_rate(mu, **equivalent), rel=tolerance)
    # What is left is the discretisation: crossings between two steps go unseen.
    assert 0.5 < rate / siegert_rate(mu, neuron.noise) < 0.98


def test_a_run_can_be_cut_anywhere_also_where_its_spikes_fill_the_buffer(monkeypatch):
    weights = random_weights(LIFNetworkParameters(40), np.random.default_rng(1)).T.copy()

    def results(*steps):
        network = LIFNetwork(
            LIFParameters(), 40, np.random.default_rng(2), spikes=True, traced=[3, 17],
            trace_every=7, n_steps=1500,
        )
        for last in steps:
            network.advance(last, weights, np.full(40, 1.2))
        return (network.counts, *network.spikes(), network.v, network.u, network.r,
                network.recording.trace_v, network.recording.trace_u)

    whole = results(1500)
    assert whole[1].size == whole[0].sum() > 200
    for pieces in ((500, 1500), (501, 833, 833, 1500), (1500,)):
        for one, other in zip(results(*pieces), whole, strict=True):
            np.testing.assert_array_equal(one, other)
        monkeypatch.setattr("src_part2.simulator._SPIKE_BUFFER", 64)


def test_traces_are_samples_of_the_full_trace_and_only_those_that_were_asked_for():
    def run(**request):
        return simulate(LIFParameters(), np.full(5, 1.5), 30.0, np.random.default_rng(3), **request)

    full, some = run(traced=np.arange(5)), run(traced=[3, 1], trace_every=0.7)
    none = run(record_spikes=False)
    np.testing.assert_array_equal(none.counts, full.counts)
    assert none.spike_times.size == none.voltage.size == none.synaptic_input.size == 0
    assert full.voltage.shape == (5, 300)
    assert full.time[1] == pytest.approx(0.1)
    np.testing.assert_allclose(some.time, np.arange(43) * 0.7)
    np.testing.assert_array_equal(some.voltage, full.voltage[[3, 1], ::7])
    np.testing.assert_array_equal(some.total_input, some.synaptic_input + 1.5)
