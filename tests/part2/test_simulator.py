"""The kernel against its slow twin, closed forms, and the promises about randomness and memory."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from src_part2.connectivity import random_weights
from src_part2.kernels import _EDGES, _normals
from src_part2.parameters import LIFParameters, NetworkParameters
from src_part2.simulator import UNCONNECTED, Recorder, advance, simulate, start_state
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
    neuron = LIFParameters(tau_m=tau_m, tau_syn=tau_syn, v_th=1.3, v_reset=-0.2, noise=noise)
    weights = rng.standard_normal((n, n)) * coupling
    mean_input, cue = mu + rng.standard_normal(n), rng.standard_normal(n)
    on, off = sorted(rng.integers(0, n_steps + 1, 2))
    drive = np.tile(mean_input, (n_steps, 1))
    drive[on:off] += cue
    spikes, v, u, r = lif_network(
        weights, drive, noise, n_steps, tau_m=tau_m, tau_syn=tau_syn, v_th=1.3, v_reset=-0.2,
        dt=0.1, noise_rows=noise_rows(seed, n_steps, n),
    )
    run = simulate(
        neuron, mean_input, n_steps * 0.1, np.random.default_rng(seed), weights=weights,
        cue=cue, stim_on=on * 0.1, stim_off=off * 0.1, traced=np.arange(n),
    )
    assert [(round(t / 0.1) - 1, i) for t, i in zip(run.spike_times, run.spike_ids, strict=True)] \
        == spikes
    assert run.counts.tolist() == [sum(i == j for _, i in spikes) for j in range(n)]

    state = start_state(neuron, n, np.random.default_rng(seed))
    by_pre = np.ascontiguousarray(weights.T)
    advance(state, by_pre, neuron, mean_input, on)
    advance(state, by_pre, neuron, mean_input + cue, off - on)
    advance(state, by_pre, neuron, mean_input, n_steps - off)
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


def test_a_run_can_be_cut_anywhere():
    neuron, network = LIFParameters(), NetworkParameters(40)
    by_pre = np.ascontiguousarray(random_weights(network, np.random.default_rng(1)).T)
    drive = np.full(40, 1.2)
    whole, cut = (start_state(neuron, 40, np.random.default_rng(2)) for _ in range(2))
    advance(whole, by_pre, neuron, drive, 1000)
    for n_steps in (1, 332, 0, 667):
        cut = cut.copy()
        advance(cut, by_pre, neuron, drive, n_steps)
    np.testing.assert_array_equal(cut.v, whole.v)
    np.testing.assert_array_equal(cut.counts, whole.counts)


def test_more_spikes_than_the_buffer_holds(monkeypatch):
    def run():
        return simulate(
            LIFParameters(), np.full(30, 3.0), 100.0, np.random.default_rng(3), traced=[7]
        )

    whole = run()
    monkeypatch.setattr("src_part2.simulator._SPIKE_BUFFER", 64)
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
    assert Recorder(10**6, 10**6, spikes=False).spike_steps.size == 0


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
neuron, network = LIFParameters(tau_syn=50.0), NetworkParameters(450)
rng = np.random.default_rng(5)
weights = random_weights(network, rng)
timing = TrialTiming(20.0, 50.0, 50.0, 150.0, 20.0)
targets = rng.standard_normal((1, 450, 5)) * 0.3 + 1.5
task = SpikingTask(neuron, np.full(450, 1.5), timing, targets, np.zeros((1, 450)))
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
    ],
)
def test_bad_input_is_refused(changes, message):
    arguments = {
        "neuron": LIFParameters(), "mean_input": np.zeros(2), "duration": 10.0,
        "rng": np.random.default_rng(0),
    }
    with pytest.raises(ValueError, match=message):
        simulate(**{**arguments, **changes})


def test_wrong_types_are_refused():
    with pytest.raises(TypeError, match="rng must be a numpy.random.Generator, got int"):
        simulate(LIFParameters(), [0.5], 10.0, 3)
    with pytest.raises(TypeError, match="traced must hold whole numbers"):
        simulate(LIFParameters(), [0.5], 10.0, np.random.default_rng(0), traced=[0.5])


def test_without_synapses_neurons_are_alone():
    neuron = replace(LIFParameters(), noise=0.0)
    state = start_state(neuron, 3, np.random.default_rng(0))
    advance(state, UNCONNECTED, neuron, np.full(3, 2.0), 500)
    assert (state.counts > 5).all()
    assert not state.u.any()


def test_weights_have_their_spread_and_no_autapse():
    weights = random_weights(NetworkParameters(300), np.random.default_rng(0))
    assert not np.diagonal(weights).any()
    off_diagonal = weights[~np.eye(300, dtype=bool)]
    assert off_diagonal.std() == pytest.approx(3.0 / np.sqrt(300), rel=0.02)
