"""The untrained spiking network against Brian2's C++ standalone mode, both on one thread.

Same weights, same mean input, independent white noise of the same strength, spikes
recorded. Brian2's seconds of a run are those that its program reports for the network alone,
without the start of the process; ours are the whole call. The runs alternate, and medians are
reported. Needs the extra ``bench`` (Brian2) and a C++ compiler.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

import numpy as np

from benchmarks.measurement import machine, table
from src_part2 import LIFNetworkParameters, LIFParameters, firing_rates, random_weights, simulate

OURS, PEER = "src_part2", "brian2_cpp_standalone"
NEURON = LIFParameters()

_COLD_START = """
import time
import numpy as np
from src_part2 import LIFParameters, simulate
start = time.perf_counter()
simulate(LIFParameters(), np.ones(3), 10.0, np.random.default_rng(0), weights=np.zeros((3, 3)))
print(time.perf_counter() - start)
"""


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--duration", type=float, default=10_000.0, help="simulated ms")
    parser.add_argument("--repeats", type=int, default=5)


def _brian2():
    try:
        import brian2
    except ImportError as error:
        raise SystemExit(
            "part2-simulation compares with Brian2, which is not installed here: "
            "pip install '.[bench]' (Brian2 2.9 needs numpy below 2.4)."
        ) from error
    return brian2


def _build_brian2(brian2, weights, mean_input, duration, directory):
    """Set the network up and compile it; return the seconds of both and its spike monitor."""
    n, ms = len(weights), brian2.ms
    start = time.perf_counter()
    brian2.device.reinit()
    brian2.device.activate(directory=directory, build_on_run=False)
    brian2.prefs.devices.cpp_standalone.openmp_threads = 0
    brian2.defaultclock.dt = NEURON.dt * ms
    group = brian2.NeuronGroup(
        n,
        """dv/dt = (mu + u - v) / tau_m + noise / sqrt(tau_m) * xi : 1
        du/dt = -u / tau_syn : 1""",
        threshold="v > v_th", reset="v = v_reset", method="euler",
        namespace={
            "mu": mean_input, "noise": NEURON.noise,
            "tau_m": NEURON.tau_m * ms, "tau_syn": NEURON.tau_syn * ms,
            "v_th": NEURON.v_th, "v_reset": NEURON.v_reset,
        },
    )
    synapses = brian2.Synapses(group, group, "w : 1", on_pre="u_post += w", delay=0 * ms)
    pre, post = np.nonzero(~np.eye(n, dtype=bool))
    synapses.connect(i=pre, j=post)
    synapses.w = weights[post, pre] / NEURON.tau_syn
    monitor = brian2.SpikeMonitor(group)
    network = brian2.Network(group, synapses, monitor)
    network.run(duration * ms)
    built = time.perf_counter()
    brian2.device.build(directory=directory, run=False, compile=True)
    return built - start, time.perf_counter() - built, (network, monitor)


def _compare(brian2, n, duration, repeats, directory):
    network_parameters = LIFNetworkParameters(n)
    start = time.perf_counter()
    weights = random_weights(network_parameters, np.random.default_rng(1))
    mean_input = np.full(n, network_parameters.mean_input)
    our_build = time.perf_counter() - start
    simulate(NEURON, mean_input, 10.0, np.random.default_rng(0), weights=weights)
    build, compiling, (_, monitor) = _build_brian2(
        brian2, weights, float(network_parameters.mean_input), duration, directory
    )
    seconds, rates = {OURS: [], PEER: []}, {OURS: [], PEER: []}
    for repeat in range(repeats):
        start = time.perf_counter()
        run = simulate(NEURON, mean_input, duration, np.random.default_rng(repeat), weights=weights)
        seconds[OURS].append(time.perf_counter() - start)
        rates[OURS].append(firing_rates(run).mean())
        brian2.device.run(directory)
        seconds[PEER].append(brian2.device._last_run_time)
        rates[PEER].append(1000.0 * monitor.num_spikes / (n * duration))
    return {
        "build_s": {OURS: our_build, PEER: build},
        "compile_s": {PEER: compiling},
        "run_s": {tool: float(np.median(values)) for tool, values in seconds.items()},
        "run_s_range": {tool: [min(values), max(values)] for tool, values in seconds.items()},
        "rates_hz": {tool: float(np.mean(values)) for tool, values in rates.items()},
    }


def _cold_compile_seconds():
    """Seconds until our kernel is ready on a machine that never ran it."""
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(
            [sys.executable, "-c", _COLD_START], capture_output=True, text=True, check=True,
            env={**os.environ, "NUMBA_CACHE_DIR": cache},
        )
    return float(done.stdout)


def run(arguments):
    """Measure; see the module's docstring."""
    brian2 = _brian2()
    brian2.set_device("cpp_standalone", build_on_run=False)
    cold = _cold_compile_seconds()
    keys = ("build_s", "compile_s", "run_s", "run_s_range", "rates_hz")
    result = {key: {OURS: {}, PEER: {}} for key in keys} | {"ratio": {}, "rates_differ_by": {}}
    for n in arguments.sizes:
        with tempfile.TemporaryDirectory() as directory:
            found = _compare(brian2, n, arguments.duration, arguments.repeats, directory)
        found["compile_s"][OURS] = cold
        for key in keys:
            for tool in (OURS, PEER):
                result[key][tool][str(n)] = found[key][tool]
        result["ratio"][str(n)] = found["run_s"][PEER] / found["run_s"][OURS]
        result["rates_differ_by"][str(n)] = abs(
            found["rates_hz"][PEER] / found["rates_hz"][OURS] - 1
        )
    return result | {
        "duration_ms": arguments.duration, "repeats": arguments.repeats,
        "brian2": brian2.__version__, "machine": machine(),
    }


def report(result):
    """Return the table for people."""
    header = ("N", "tool", "build s", "compile s", "run s", "rate Hz", "peer / ours")
    rows = [
        (
            n, tool, result["build_s"][tool][n], result["compile_s"][tool][n],
            result["run_s"][tool][n], result["rates_hz"][tool][n],
            result["ratio"][n] if tool == PEER else 1.0,
        )
        for n in result["ratio"] for tool in (OURS, PEER)
    ]
    return (
        f"{table(header, rows)}\n({result['machine']}; one thread; "
        f"{result['duration_ms']:g} ms, median of {result['repeats']}; Brian2 {result['brian2']})"
    )
