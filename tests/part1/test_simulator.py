import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src_part1 import RateNetworkParameters, random_weights, simulate
from src_part1.kernels import PARALLEL_STEPS_FROM, Samples, advance_parallel, advance_serial
from src_part1.simulator import RateNetworkState, RateRecorder, advance, initial_state
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


def test_a_unit_without_input_decays_exponentially():
    network_parameters = RateNetworkParameters(2, tau=10.0, dt=0.001)
    run = simulate(
        np.zeros((2, 2)), network_parameters, 20.0, initial_rates=[1.0, 3.0], record_every=1.0
    )
    np.testing.assert_allclose(run.rates[1], 3.0 * np.exp(-run.time / 10.0), rtol=3e-4)


def test_a_linear_network_settles_where_the_equation_says():
    rng = np.random.default_rng(0)
    network_parameters = RateNetworkParameters(20, tau=5.0, gain=0.3, dt=0.1)
    weights = np.abs(random_weights(network_parameters, rng)) * 0.5
    cue = rng.uniform(1, 2, 20)
    run = simulate(weights, network_parameters, 200.0, cue=cue, stim_on=0.0, stim_off=200.0)
    fixed_point = np.linalg.solve(np.eye(20) - weights, cue)
    np.testing.assert_allclose(run.rates[:, -1], fixed_point, rtol=1e-6)


def test_gain_above_one_keeps_a_tanh_network_active_and_below_one_does_not():
    final = {}
    for gain in (0.5, 2.0):
        network_parameters = RateNetworkParameters(
            200, tau=10.0, gain=gain, transfer="tanh", dt=1.0
        )
        rng = np.random.default_rng(1)
        weights = random_weights(network_parameters, rng)
        start = rng.uniform(-0.5, 0.5, 200)
        run = simulate(weights, network_parameters, 500.0, initial_rates=start)
        final[gain] = run.rates[:, -1].std()
    assert final[0.5] < 1e-6
    assert final[2.0] > 0.3


def test_parallel_rows_give_the_same_bits_as_serial_rows(thread_counts):
    rng = np.random.default_rng(4)
    network_parameters = RateNetworkParameters(150, gain=1.5, transfer="tanh")
    weights = random_weights(network_parameters, rng)
    start, external = rng.random(150), rng.random(150)
    results = []
    for n_threads in (None, *thread_counts):
        rates, currents = start.copy(), np.empty(150)
        out = np.empty((8, 150)), np.empty((8, 150))
        kernel = advance_serial if n_threads is None else advance_parallel
        with thread_counts.use(n_threads):
            kernel(weights, external, 0.1, True, 0, 40, rates, currents, Samples(5, *out))
        results.append((rates, currents, *out))
    for other in results[1:]:
        for a, b in zip(other, results[0], strict=True):
            np.testing.assert_array_equal(a, b)


def test_exploding_rates_are_reported_with_their_time():
    network_parameters = RateNetworkParameters(2, tau=5.0, dt=1.0)
    with pytest.raises(FloatingPointError, match=r"beyond all bounds by \d+ ms"):
        simulate([[0, 1e3], [1e3, 0]], network_parameters, 1000.0, initial_rates=[1.0, 1.0])


def _running(n=12, transfer="tanh"):
    rng = np.random.default_rng(5)
    network_parameters = RateNetworkParameters(n, tau=5.0, gain=1.5, transfer=transfer, dt=0.5)
    given = {
        "weights": random_weights(network_parameters, rng), "external_input": rng.random(n),
    }
    return network_parameters, initial_state(network_parameters, rng.random(n)), given


@pytest.mark.parametrize("n", [12, PARALLEL_STEPS_FROM])  # serial and parallel
@pytest.mark.parametrize("pieces", [(20, 20), (0, 1, 39), (7, 26, 7)])
def test_advancing_in_pieces_gives_the_same_bits(n, pieces):
    results = []
    for steps in ((40,), pieces):
        network_parameters, state, given = _running(n)
        recorder = RateRecorder(n, 40, every=3)
        for n_steps in steps:
            advance(network_parameters, state, n_steps, **given, recorder=recorder)
        results.append((state.rates, state.currents, recorder.rates, recorder.currents))
        assert state.step == 40
        np.testing.assert_allclose(state.currents, given["weights"] @ state.rates, atol=1e-12)
    for whole, cut in zip(*results, strict=True):
        np.testing.assert_array_equal(cut, whole)
        assert np.isfinite(cut).all()


def test_no_steps_only_compute_the_recurrent_input():
    network_parameters, state, given = _running()
    before = state.rates.copy()
    advance(network_parameters, state, 0, **given)
    assert state.step == 0
    np.testing.assert_array_equal(state.rates, before)
    np.testing.assert_allclose(state.currents, given["weights"] @ before, atol=1e-12)


def test_a_recorder_that_came_late_has_no_numbers_for_what_it_missed():
    network_parameters, state, given = _running()
    advance(network_parameters, state, 4, **given)
    recorder = RateRecorder(12, 10, every=2)
    advance(network_parameters, state, 6, **given, recorder=recorder)
    assert np.isnan(recorder.rates[:2]).all()
    assert np.isfinite(recorder.rates[2:]).all()


def _read_only(array):
    array.setflags(write=False)
    return array


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (lambda a: a[..., :-1].copy(), ValueError, "of shape .*got float64 of shape"),
        (lambda a: a.ravel()[:1], ValueError, "of shape"),
        (lambda a: np.repeat(a, 2, axis=-1)[..., ::2], ValueError, "not contiguous"),
        (lambda a: a.astype(np.float32), TypeError, "got float32"),
        (lambda a: a.astype(int), TypeError, "got int64"),
        (lambda a: a + 0j, TypeError, "got complex128"),
        (lambda a: a.tolist(), TypeError, "got list"),
        (lambda a: None, TypeError, "got NoneType"),
    ],
)
@pytest.mark.parametrize("name", ["weights", "external_input", "state.rates", "state.currents"])
def test_advance_refuses_arrays_that_its_kernel_would_misread(name, change, kind, message):
    network_parameters, state, given = _running()
    if name in given:
        given[name] = change(given[name])
    else:
        field = name.removeprefix("state.")
        setattr(state, field, change(getattr(state, field)))
    with pytest.raises(kind, match=f"{name} must be a .*{message}"):
        advance(network_parameters, state, 3, **given)
    assert state.step == 0


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"network_parameters": {}}, TypeError, "network_parameters must be of type"),
        ({"state": np.zeros(12)}, TypeError, "state must be of type"),
        ({"n_steps": -1}, ValueError, "n_steps must be at least 0"),
        ({"n_steps": 1.0}, TypeError, "n_steps must be a whole number"),
        ({"recorder": np.zeros(12)}, TypeError, "recorder must be of type"),
        ({"recorder": RateRecorder(11, 5)}, ValueError, "recorder must be made for 12 units"),
        ({"recorder": RateRecorder(12, 4)}, ValueError, "room for 5 steps, got room for 4"),
        ({"recorder": RateRecorder(12, 0)}, ValueError, "room for 5 steps, got room for 0"),
        ({"state": RateNetworkState(_read_only(np.zeros(12)), np.zeros(12))}, ValueError,
         "state.rates must be a writeable .*read-only"),
    ],
)
def test_advance_refuses_other_records(change, kind, message):
    network_parameters, state, given = _running()
    given |= {"network_parameters": network_parameters, "state": state, "n_steps": 5} | change
    with pytest.raises(kind, match=message):
        advance(**given)
    assert state.step == 0


def test_states_and_recorders_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="RateNetworkState.step must be at least 0"):
        RateNetworkState(np.zeros(2), np.zeros(2), -1)
    with pytest.raises(ValueError, match="every must be at least 1"):
        RateRecorder(2, 5, every=0)
    with pytest.raises(ValueError, match="rates must have shape"):
        initial_state(RateNetworkParameters(3), [1.0])
    with pytest.raises(TypeError, match="network_parameters must be of type"):
        initial_state(3)


def test_simulate_refuses_other_parameters():
    with pytest.raises(TypeError, match="network_parameters must be of type"):
        simulate(np.zeros((3, 3)), {"n_units": 3}, 10.0)


def test_records_of_arrays_can_be_compared():
    run = simulate(np.zeros((3, 3)), RateNetworkParameters(3), 1.0)
    _, state, _ = _running()
    for record in (run, state):
        assert record == record and record != None  # noqa: E711


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"duration": -1.0}, "duration must be positive"),
        ({"duration": 0.25}, "whole multiple of the time step dt = 0.1"),
        ({"record_every": 0.0}, "record_every must be positive"),
        ({"record_every": 1e-9}, "record_every must be a whole multiple"),
        ({"record_every": 0.15}, "record_every must be a whole multiple"),
        ({"duration": 1e-9}, "duration must be a whole multiple"),
        ({"cue": [1.0, 2.0]}, r"cue must have shape \(3\)|cue must have shape"),
        ({"cue": [1.0, np.nan, 0.0]}, r"cue must be finite, but the entry at \(1,\) is nan"),
        ({"initial_rates": ["a", "b", "c"]}, "initial_rates must hold real numbers"),
        ({"stim_on": 5.0, "stim_off": 1.0}, "stim_off must be at least 5"),
        ({"weights": np.zeros((3, 2))}, "weights must have shape"),
    ],
)
def test_bad_arguments_are_refused(change, message):
    arguments = {"weights": np.zeros((3, 3)), "duration": 10.0} | change
    network_parameters = RateNetworkParameters(3)
    with pytest.raises((TypeError, ValueError), match=message):
        simulate(network_parameters=network_parameters, **arguments)
