import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src_part1 import RateNetworkParameters, TrialTiming, random_weights, simulate
from src_part1.kernels import Samples
from src_part1.simulator import Networks
from tests.reference import simulate_rates


def test_update_times_start_at_learn_on_and_stay_before_learn_off():
    np.testing.assert_allclose(TrialTiming().update_times, np.arange(110.0, 610.0, 5.0))
    np.testing.assert_allclose(TrialTiming(learn_every=300.0).update_times, [110.0, 410.0])


def test_random_weights_have_the_stated_spread_and_no_autapse():
    weights = random_weights(RateNetworkParameters(400, gain=1.3), np.random.default_rng(0))
    assert not np.diagonal(weights).any()
    off = weights[~np.eye(400, dtype=bool)]
    assert off.std() == pytest.approx(1.3 / 20, rel=0.01)
    assert abs(off.mean()) < 1e-3
    assert np.abs(np.linalg.eigvals(weights)).max() == pytest.approx(1.3, rel=0.1)


@settings(max_examples=30)
@given(
    n=st.integers(2, 8), transfer=st.sampled_from(["relu", "tanh"]), every=st.integers(1, 4),
    n_steps=st.integers(1, 30), on=st.integers(0, 20), length=st.integers(0, 15),
    seed=st.integers(0, 2**32 - 1),
)
def test_simulation_equals_the_slow_twin(n, transfer, every, n_steps, on, length, seed):
    rng = np.random.default_rng(seed)
    network_parameters = RateNetworkParameters(n, tau=5.0, gain=1.5, transfer=transfer, dt=0.5)
    weights = random_weights(network_parameters, rng)
    cue, start = rng.uniform(-1, 2, n), rng.random(n)
    run = simulate(
        weights, network_parameters, n_steps * 0.5, cue=cue, stim_on=on * 0.5,
        stim_off=(on + length) * 0.5, initial_rates=start, record_every=every * 0.5,
    )
    rates, currents = simulate_rates(
        weights, 5.0, 0.5, transfer, cue, (on, on + length), n_steps, start
    )
    np.testing.assert_allclose(run.rates, rates[:, ::every], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(run.currents, currents[:, ::every], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(run.time, np.arange(0, n_steps, every) * 0.5)


def test_a_linear_network_settles_where_the_equation_says():
    rng = np.random.default_rng(0)
    network_parameters = RateNetworkParameters(20, tau=5.0, gain=0.3, dt=0.1)
    weights = np.abs(random_weights(network_parameters, rng)) * 0.5
    cue = rng.uniform(1, 2, 20)
    run = simulate(weights, network_parameters, 200.0, cue=cue, stim_on=0.0, stim_off=200.0)
    fixed_point = np.linalg.solve(np.eye(20) - weights, cue)
    np.testing.assert_allclose(run.rates[:, -1], fixed_point, rtol=1e-6)


def test_exploding_rates_are_reported_with_their_time():
    network_parameters = RateNetworkParameters(2, tau=5.0, dt=1.0)
    with pytest.raises(FloatingPointError, match=r"beyond all bounds by \d+ ms"):
        simulate([[0, 1e3], [1e3, 0]], network_parameters, 1000.0, initial_rates=[1.0, 1.0])


@pytest.mark.parametrize("rank", [None, 4])
@pytest.mark.parametrize("pieces", [(0, 1, 40), (7, 33, 40)])
def test_networks_side_by_side_run_as_each_alone_and_in_pieces_as_at_once(rank, pieces):
    rng = np.random.default_rng(5)
    network_parameters = RateNetworkParameters(12, gain=1.5, transfer="tanh", dt=0.5)
    weights, basis = random_weights(network_parameters, rng), None
    dense = weights
    if rank is not None:
        basis = np.linalg.qr(rng.normal(size=(12, rank)))[0]
        weights = rng.normal(size=(12, rank))
        dense = weights @ basis.T
    start, external_input = rng.random((12, 3)), rng.random((12, 3))
    found = []
    for steps in ((40,), pieces):
        networks = Networks(network_parameters, start, basis)
        samples = Samples(3, *np.full((2, 14, 12, 3), np.nan))
        for last in steps:
            networks.advance(last, weights, external_input, samples)
        found.append((networks.rates, networks.currents, samples.rates, samples.currents))
        np.testing.assert_allclose(networks.currents, dense @ networks.rates, atol=1e-12)
    for whole, cut in zip(*found, strict=True):
        np.testing.assert_array_equal(cut, whole)
    for c in range(3):
        rates, currents = simulate_rates(
            dense, 5.0, 0.5, "tanh", external_input[:, c], (0, 40), 40, start[:, c]
        )
        np.testing.assert_allclose(samples.rates[..., c].T, rates[:, ::3], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(samples.currents[..., c].T, currents[:, ::3], rtol=1e-9,
                                   atol=1e-12)
