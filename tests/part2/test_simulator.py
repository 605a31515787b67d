"""The kernel against its slow twin, closed forms, and the promises about randomness and memory."""

import os
import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from src_part2.connectivity import random_weights
from src_part2.kernels import _EDGES, _normals
from src_part2.parameters import LIFNetworkParameters, LIFParameters
from src_part2.simulator import advance, simulate
from src_part2.state import LIFRecorder, start_state
from tests.reference_part2 import lif_network, split_mix, ziggurat_edges


def normals(key, first, count):
    out = np.empty(count)
    _normals(np.uint64(key), first, out)
    return out


def noise_rows(rng, n_steps, n):
    """The noise that a run started with this generator will draw."""
    key = np.random.default_rng(rng).integers(2**64, dtype=np.uint64)
    return normals(key, 0, n_steps * n).reshape(n_steps, n)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    n=st.integers(1, 12),
    n_steps=st.integers(1, 400),
    tau_m=st.floats(1, 30),
    tau_syn=st.floats(0.5, 300),
    coupling=st.floats(0, 40),
    mu=st.floats(-1, 6),
    noise=st.one_of(st.just(0.0), st.floats(0, 10)),
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
    spikes, v, u, r = lif_network(
        weights, external_input, noise, n_steps, tau_m=tau_m, tau_syn=tau_syn, v_th=1.3,
        v_reset=-0.2, dt=0.1, noise_rows=noise_rows(seed, n_steps, n),
    )
    run = simulate(
        parameters, mean_input, n_steps * 0.1, np.random.default_rng(seed), weights=weights,
        cue=cue, stim_on=on * 0.1, stim_off=off * 0.1, traced=np.arange(n),
    )
    assert [(round(t / 0.1) - 1, i) for t, i in zip(run.spike_times, run.spike_ids, strict=True)] \
        == spikes
    assert run.counts.tolist() == [sum(i == j for _, i in spikes) for j in range(n)]

    state = start_state(parameters, n, np.random.default_rng(seed))
    by_pre = np.ascontiguousarray(weights.T)
    for duration, constant in (
        (on, mean_input), (off - on, mean_input + cue), (n_steps - off, mean_input),
    ):
        advance(parameters, state, duration, weights_by_pre=by_pre, external_input=constant)
    np.testing.assert_array_equal(state.v, v)
    np.testing.assert_allclose(state.u, u, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(state.r, r)
    np.testing.assert_allclose(state.u, weights @ state.r, rtol=1e-9, atol=1e-9)


def test_noise_free_interval_is_logarithmic():
    neuron = LIFParameters(noise=0.0, dt=0.01)
    mu = np.array([1.05, 1.5, 3.0])
    run = simulate(neuron, mu, 500.0, np.random.default_rng(0))
    for i, mean in enumerate(mu):
        intervals = np.diff(run.spike_times[run.spike_ids == i])
        assert np.ptp(intervals) < 1e-6
        assert intervals[0] == pytest.approx(10.0 * np.log(mean / (mean - 1)), abs=0.03)


def test_below_threshold_the_voltage_settles_at_the_input():
    run = simulate(LIFParameters(noise=0.0), [0.8], 200.0, np.random.default_rng(0), traced=[0])
    assert run.voltage[0, -1] == pytest.approx(0.8, abs=1e-6)
    assert run.counts[0] == 0


def test_a_spike_acts_one_step_later_and_decays():
    # Neuron 0 fires by itself; neuron 1 only listens.
    neuron = LIFParameters(noise=0.0, tau_syn=20.0)
    weights = np.array([[0.0, 0.0], [5.0, 0.0]])
    run = simulate(
        neuron, [1.05, 0.0], 40.0, np.random.default_rng(0), weights=weights, traced=[0, 1]
    )
    first = round(run.spike_times[0] / neuron.dt)  # the spike happened in step first - 1
    u = run.synaptic_input[1]
    assert u[first] == 0.0
    assert u[first + 1] == pytest.approx(5.0 / 20.0)
    later = first + 1 + np.arange(50)
    np.testing.assert_allclose(u[later], 0.25 * (1 - 0.1 / 20.0) ** np.arange(50), rtol=1e-12)
    assert not run.synaptic_input[0].any()


def test_voltage_is_white_noise_through_the_membrane():
    neuron = LIFParameters(v_th=100.0)
    run = simulate(
        neuron, np.zeros(50), 3000.0, np.random.default_rng(4), traced=np.arange(50),
        trace_every=1.0,
    )
    kick, decay = 2.0 * 0.1 / 10.0, 1 - 0.1 / 10.0
    assert run.voltage[:, 200:].var() == pytest.approx(kick**2 / (1 - decay**2), rel=0.03)


def small_network(n=40):
    """A network in the middle of a run, and what it is advanced with."""
    weights = random_weights(LIFNetworkParameters(n), np.random.default_rng(1))
    state = start_state(LIFParameters(), n, np.random.default_rng(2))
    given = {
        "weights_by_pre": np.ascontiguousarray(weights.T), "external_input": np.full(n, 1.2),
    }
    advance(LIFParameters(), state, 500, **given)
    return state, given


def assert_same_state(one, other):
    for field in fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


@pytest.mark.parametrize("pieces", [(500, 500), (1, 332, 0, 667)])
def test_a_run_can_be_cut_anywhere(pieces):
    whole, given = small_network()
    cut = whole.copy()
    recorders = [
        LIFRecorder(40, 1500, traced=np.array([3, 17]), trace_every=7) for _ in range(2)
    ]
    advance(LIFParameters(), whole, 1000, **given, recorder=recorders[0])
    for n_steps in pieces:
        cut = cut.copy()
        advance(LIFParameters(), cut, n_steps, **given, recorder=recorders[1])
    assert_same_state(cut, whole)
    for one, other in zip(recorders[0].spikes(), recorders[1].spikes(), strict=True):
        assert one.size == whole.counts.sum() - small_network()[0].counts.sum() > 100
        np.testing.assert_array_equal(one, other)
    first = (500 + 6) // 7  # samples before step 500 are nobody's
    for name in ("trace_v", "trace_u"):
        one, other = (getattr(recorder.buffers, name)[first:] for recorder in recorders)
        assert len(one) == 1500 // 7 + 1 - first
        np.testing.assert_array_equal(one, other)


def test_a_recorder_does_not_change_the_run():
    plain, given = small_network()
    recorded = plain.copy()
    advance(LIFParameters(), plain, 300, **given)
    advance(
        LIFParameters(), recorded, 300, **given,
        recorder=LIFRecorder(40, 800, traced=[0], trace_every=1),
    )
    assert_same_state(plain, recorded)


def with_state(name, value):
    def change(state, given):
        setattr(state, name, value)
        return {}

    return change


def with_argument(name, value):
    return lambda state, given: {name: value}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (with_argument("n_steps", 1.0), TypeError, "n_steps must be a whole number"),
        (with_argument("n_steps", -1), ValueError, "n_steps must be at least 0"),
        (with_argument("neuron_parameters", {}), TypeError, "neuron_parameters must be of type"),
        (with_argument("state", np.zeros(40)), TypeError, "state must be of type"),
        (with_state("v", [0.0] * 40), TypeError, "state.v must be a writeable .* got list"),
        (with_state("v", np.zeros((40, 1))), ValueError, r"state.v .* shape \(40,\)"),
        (with_state("u", np.zeros(39)), ValueError, r"state.u .* shape \(40,\),.* got .* \(39,\)"),
        (with_state("r", np.zeros(40, np.float32)), TypeError, "state.r .*float64.*float32"),
        (with_state("pending", np.zeros(40, np.int32)), TypeError, "state.pending .*int64.*int32"),
        (with_state("counts", np.zeros(80, np.int64)[::2]), ValueError, "state.counts must"),
        (with_state("u", np.broadcast_to(np.zeros(1), 40)), ValueError, "state.u must be a write"),
        (with_state("n_pending", 41), ValueError, "state.n_pending must be 0 to 40, got 41"),
        (with_state("step", -1), ValueError, "state.step must be at least 0"),
        (with_state("key", 3), TypeError, "state.key must be of type numpy.uint64, got int"),
        (with_argument("weights_by_pre", np.zeros((40, 39))), ValueError, "weights_by_pre .*40"),
        (with_argument("weights_by_pre", np.zeros((0, 0))), ValueError, "weights_by_pre .*40"),
        (
            with_argument("weights_by_pre", np.zeros((40, 40), order="F")), ValueError,
            "weights_by_pre must be a C-contiguous",
        ),
        (
            with_argument("weights_by_pre", np.zeros((40, 40), int)), TypeError,
            "weights_by_pre .*float64.*int64",
        ),
        (with_argument("external_input", 1.2), TypeError, "external_input .* got float"),
        (with_argument("external_input", np.zeros(1)), ValueError, r"external_input .* \(40,\)"),
        (with_argument("recorder", []), TypeError, "recorder must be of type"),
        (
            with_argument("recorder", LIFRecorder(39, 600)), ValueError,
            "recorder must be made for 40 neurons and at least 510 steps, got one for 39 and 600",
        ),
        (with_argument("recorder", LIFRecorder(40, 509)), ValueError, "at least 510 steps"),
    ],
)
def test_advance_refuses_what_the_kernel_would_misread(change, error, message):
    state, given = small_network()
    arguments = {"neuron_parameters": LIFParameters(), "state": state, "n_steps": 10, **given}
    arguments |= change(state, given)
    before = state.copy()
    with pytest.raises(error, match=message):
        advance(**arguments)
    assert_same_state(state, before)


def test_advance_takes_read_only_input():
    state, given = small_network()
    expected = state.copy()
    advance(LIFParameters(), expected, 50, **given)
    for array in given.values():
        array.setflags(write=False)
    advance(LIFParameters(), state, 50, **given)
    assert_same_state(state, expected)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((0.5, 10), {}, TypeError, "n_neurons must be a whole number"),
        ((5, -1), {}, ValueError, "n_steps must be at least 0"),
        ((5, 10), {"traced": [5]}, ValueError, "traced must name neurons 0 to 4, got 5"),
        ((5, 10), {"trace_every": -1}, ValueError, "trace_every must be at least 0"),
        ((5, 10), {"spikes": 1}, TypeError, "spikes must be True or False"),
    ],
)
def test_recorders_that_cannot_be(arguments, options, error, message):
    with pytest.raises(error, match=message):
        LIFRecorder(*arguments, **options)


def test_states_and_runs_are_compared_by_identity():
    state, _ = small_network()
    assert state == state
    assert state != state.copy()
    runs = [simulate(LIFParameters(), [0.5], 5.0, np.random.default_rng(0)) for _ in range(2)]
    assert runs[0] != runs[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({}, 3, np.random.default_rng(0)), "neuron_parameters must be of type"),
        ((LIFParameters(), 3.0, np.random.default_rng(0)), "n_neurons must be a whole number"),
        ((LIFParameters(), 3, 0), "rng must be a numpy.random.Generator"),
    ],
)
def test_a_start_of_wrong_types_is_refused(arguments, message):
    with pytest.raises(TypeError, match=message):
        start_state(*arguments)


def test_more_spikes_than_the_buffer_holds(monkeypatch):
    def run():
        return simulate(
            LIFParameters(), np.full(30, 3.0), 100.0, np.random.default_rng(3), traced=[7]
        )

    whole = run()
    monkeypatch.setattr("src_part2.state._SPIKE_BUFFER", 64)
    pieces = run()
    assert whole.spike_times.size == whole.counts.sum() > 600
    np.testing.assert_array_equal(pieces.spike_times, whole.spike_times)
    np.testing.assert_array_equal(pieces.spike_ids, whole.spike_ids)
    np.testing.assert_array_equal(pieces.voltage, whole.voltage)


def test_nothing_is_recorded_that_was_not_asked_for():
    run = simulate(
        LIFParameters(), np.full(5, 2.0), 100.0, np.random.default_rng(3), record_spikes=False
    )
    assert run.counts.sum() > 10
    assert run.spike_times.size == run.voltage.size == run.synaptic_input.size == 0
    assert LIFRecorder(10**6, 10**6, spikes=False).buffers.spike_steps.size == 0


def test_traces_are_samples_of_the_full_trace():
    def run(**request):
        return simulate(LIFParameters(), np.full(5, 1.5), 30.0, np.random.default_rng(3), **request)

    full, some = run(traced=np.arange(5)), run(traced=[3, 1], trace_every=0.7)
    assert full.voltage.shape == (5, 300)
    assert full.time[1] == pytest.approx(0.1)
    np.testing.assert_allclose(some.time, np.arange(43) * 0.7)
    np.testing.assert_array_equal(some.voltage, full.voltage[[3, 1], ::7])
    np.testing.assert_array_equal(some.total_input, some.synaptic_input + 1.5)


SCRIPT = """
import numpy as np
from src_part2 import *
rng = np.random.default_rng(5)
weights = random_weights(LIFNetworkParameters(450), rng)
timing = TrialTiming(20.0, 50.0, 50.0, 150.0, 20.0)
targets = rng.standard_normal((1, 450, 5)) * 0.3 + 1.5
task = LIFTask(LIFParameters(tau_syn=50.0), np.full(450, 1.5), timing, targets, np.zeros((1, 450)))
weights = train(task, weights, rng, n_loops=2, progress=False).weights
run = run_frozen(task, weights, rng)
print(run.spike_times.size, hash(run.spike_times.tobytes()), hash(run.spike_ids.tobytes()))
"""


def test_same_seed_same_spikes_with_any_number_of_threads():
    # 450 neurons: large enough for the learning rule to share its work between threads.
    printed = set()
    for threads in ("1", "2"):
        environment = {**os.environ, "NUMBA_NUM_THREADS": threads, "OMP_NUM_THREADS": threads,
                       "PYTHONHASHSEED": "0"}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True,
            check=True,
        )
        printed.add(done.stdout)
    assert len(printed) == 1
    assert int(printed.pop().split()[0]) > 1000


def test_another_seed_gives_other_spikes():
    runs = [
        simulate(LIFParameters(), np.full(5, 1.5), 200.0, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(runs[0].spike_times, runs[1].spike_times)
    assert not np.array_equal(runs[0].spike_times, runs[2].spike_times)


def test_noise_is_a_function_of_key_and_number():
    whole = normals(77, 0, 1000)
    np.testing.assert_array_equal(normals(77, 400, 600), whole[400:])
    assert not np.isin(normals(78, 0, 1000), whole).any()


def test_most_normal_numbers_are_a_layer_and_a_position():
    key, edges = 987654321987654321, ziggurat_edges()
    np.testing.assert_allclose(_EDGES, edges, rtol=1e-9)
    values, sure = normals(key, 0, 20_000), 0
    for m, value in enumerate(values):
        bits = split_mix((key + m * 0x9E3779B97F4A7C15) % 2**64)
        layer, signed = bits & 255, bits - 2**64 if bits >= 2**63 else bits
        x = (signed >> 11) * 2.0**-52 * edges[layer]
        if abs(x) < edges[layer + 1] * (1 - 1e-8):
            assert value == pytest.approx(x, rel=1e-8)
            sure += 1
    assert sure > 19_600


def test_noise_is_normal_into_the_tails():
    values = normals(123456789, 0, 4_000_000)
    assert stats.kstest(values[:200_000], "norm").pvalue > 1e-3
    assert abs(values.mean()) < 4 / 2000
    assert abs(values.var() - 1) < 4 * np.sqrt(2 / values.size)
    assert abs((values**4).mean() - 3) < 4 * np.sqrt(96 / values.size)
    for bound in (0.1, 1.0, 2.0, 3.0, 3.6541528853610088, 4.0, 4.5):
        expected = values.size * stats.norm.sf(bound)
        for count in ((values > bound).sum(), (values < -bound).sum()):
            assert abs(count - expected) < 4.5 * np.sqrt(expected)
    lagged = np.mean(values[:-1] * values[1:])
    assert abs(lagged) < 4 / 2000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mean_input": [0.5, np.nan]}, r"mean_input must be finite, .* \(1,\) is nan"),
        ({"mean_input": 0.5}, "mean_input must have shape"),
        ({"weights": np.zeros((3, 2))}, r"weights must have shape \(2, 2\), got \(3, 2\)"),
        ({"duration": 0.0}, "duration must be positive"),
        ({"duration": 0.25}, "duration must be a whole multiple of the time step"),
        ({"cue": np.zeros(3)}, r"cue must have shape \(2\)"),
        ({"stim_on": 5.0}, "stim_off must be at least 5"),
        ({"traced": [2]}, "traced must name neurons 0 to 1, got 2"),
        ({"traced": [0], "trace_every": 0.0}, "trace_every must be positive"),
        ({"traced": [0], "trace_every": 1e-9}, "trace_every must be a whole multiple"),
        ({"duration": 1e-9}, "duration must be a whole multiple"),
    ],
)
def test_bad_input_is_refused(changes, message):
    arguments = {
        "neuron_parameters": LIFParameters(), "mean_input": np.zeros(2), "duration": 10.0,
        "rng": np.random.default_rng(0),
    }
    with pytest.raises(ValueError, match=message):
        simulate(**{**arguments, **changes})


def test_wrong_types_are_refused():
    with pytest.raises(TypeError, match="rng must be a numpy.random.Generator, got int"):
        simulate(LIFParameters(), [0.5], 10.0, 3)
    with pytest.raises(TypeError, match="traced must hold whole numbers"):
        simulate(LIFParameters(), [0.5], 10.0, np.random.default_rng(0), traced=[0.5])
    with pytest.raises(TypeError, match="neuron_parameters must be of type .*LIFParameters, got"):
        simulate(LIFNetworkParameters(), [0.5], 10.0, np.random.default_rng(0))
    with pytest.raises(TypeError, match="record_spikes must be True or False"):
        simulate(LIFParameters(), [0.5], 10.0, np.random.default_rng(0), record_spikes="no")


def test_without_synapses_neurons_are_alone():
    parameters = replace(LIFParameters(), noise=0.0)
    state = start_state(parameters, 3, np.random.default_rng(0))
    advance(parameters, state, 500, weights_by_pre=None, external_input=np.full(3, 2.0))
    assert (state.counts > 5).all()
    assert not state.u.any()


def test_weights_have_their_spread_and_no_autapse():
    weights = random_weights(LIFNetworkParameters(300), np.random.default_rng(0))
    assert not np.diagonal(weights).any()
    off_diagonal = weights[~np.eye(300, dtype=bool)]
    assert off_diagonal.std() == pytest.approx(3.0 / np.sqrt(300), rel=0.02)
