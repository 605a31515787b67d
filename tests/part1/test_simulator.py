import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src_part1 import RateNetworkParameters, random_weights, simulate
from src_part1.simulator import _advance_parallel, _advance_serial
from tests.reference import simulate_rates


@settings(max_examples=30, deadline=None)
@given(
    n=st.integers(2, 8),
    transfer=st.sampled_from(["relu", "tanh"]),
    every=st.integers(1, 4),
    n_steps=st.integers(1, 30),
    on=st.integers(0, 20),
    length=st.integers(0, 15),
    seed=st.integers(0, 2**32 - 1),
)
def test_simulation_equals_the_slow_twin(n, transfer, every, n_steps, on, length, seed):
    rng = np.random.default_rng(seed)
    parameters = RateNetworkParameters(n, tau=5.0, gain=1.5, transfer=transfer, dt=0.5)
    weights = random_weights(parameters, rng)
    cue, start = rng.uniform(-1, 2, n), rng.random(n)
    run = simulate(
        weights, parameters, n_steps * 0.5, cue=cue, stim_on=on * 0.5,
        stim_off=(on + length) * 0.5, initial_rates=start, record_every=every * 0.5,
    )
    rates, currents = simulate_rates(
        weights, 5.0, 0.5, transfer, cue, (on, on + length), n_steps, start
    )
    np.testing.assert_allclose(run.rates, rates[:, ::every], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(run.currents, currents[:, ::every], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(run.time, np.arange(0, n_steps, every) * 0.5)


def test_a_unit_without_input_decays_exponentially():
    parameters = RateNetworkParameters(2, tau=10.0, dt=0.001)
    run = simulate(np.zeros((2, 2)), parameters, 20.0, initial_rates=[1.0, 3.0], record_every=1.0)
    np.testing.assert_allclose(run.rates[1], 3.0 * np.exp(-run.time / 10.0), rtol=3e-4)


def test_a_linear_network_settles_where_the_equation_says():
    rng = np.random.default_rng(0)
    parameters = RateNetworkParameters(20, tau=5.0, gain=0.3, dt=0.1)
    weights = np.abs(random_weights(parameters, rng)) * 0.5
    cue = rng.uniform(1, 2, 20)
    run = simulate(weights, parameters, 200.0, cue=cue, stim_on=0.0, stim_off=200.0)
    fixed_point = np.linalg.solve(np.eye(20) - weights, cue)
    np.testing.assert_allclose(run.rates[:, -1], fixed_point, rtol=1e-6)


def test_gain_above_one_keeps_a_tanh_network_active_and_below_one_does_not():
    final = {}
    for gain in (0.5, 2.0):
        parameters = RateNetworkParameters(200, tau=10.0, gain=gain, transfer="tanh", dt=1.0)
        rng = np.random.default_rng(1)
        weights = random_weights(parameters, rng)
        start = rng.uniform(-0.5, 0.5, 200)
        final[gain] = simulate(weights, parameters, 500.0, initial_rates=start).rates[:, -1].std()
    assert final[0.5] < 1e-6
    assert final[2.0] > 0.3


def test_parallel_rows_give_the_same_bits_as_serial_rows(thread_counts):
    rng = np.random.default_rng(4)
    parameters = RateNetworkParameters(150, gain=1.5, transfer="tanh")
    weights = random_weights(parameters, rng)
    start, external = rng.random(150), rng.random(150)
    results = []
    for n_threads in (None, *thread_counts):
        rates, currents = start.copy(), np.empty(150)
        out = np.empty((8, 150)), np.empty((8, 150))
        kernel = _advance_serial if n_threads is None else _advance_parallel
        with thread_counts.use(n_threads):
            kernel(weights, external, 40, 0.1, True, rates, currents, 0, 5, *out)
        results.append((rates, currents, *out))
    for other in results[1:]:
        for a, b in zip(other, results[0], strict=True):
            np.testing.assert_array_equal(a, b)


def test_exploding_rates_are_reported_with_their_time():
    parameters = RateNetworkParameters(2, tau=5.0, dt=1.0)
    with pytest.raises(FloatingPointError, match=r"beyond all bounds by \d+ ms"):
        simulate([[0, 1e3], [1e3, 0]], parameters, 1000.0, initial_rates=[1.0, 1.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"duration": -1.0}, "duration must be positive"),
        ({"duration": 0.25}, "whole multiple of the time step dt = 0.1"),
        ({"record_every": 0.0}, "record_every must be positive"),
        ({"cue": [1.0, 2.0]}, r"cue must have shape \(3\)|cue must have shape"),
        ({"cue": [1.0, np.nan, 0.0]}, r"cue must be finite, but the entry at \(1,\) is nan"),
        ({"initial_rates": ["a", "b", "c"]}, "initial_rates must hold real numbers"),
        ({"stim_on": 5.0, "stim_off": 1.0}, "stim_off must be at least 5"),
        ({"weights": np.zeros((3, 2))}, "weights must have shape"),
    ],
)
def test_bad_arguments_are_refused(change, message):
    arguments = {"weights": np.zeros((3, 3)), "duration": 10.0} | change
    parameters = RateNetworkParameters(3)
    with pytest.raises((TypeError, ValueError), match=message):
        simulate(arguments.pop("weights"), parameters, arguments.pop("duration"), **arguments)
