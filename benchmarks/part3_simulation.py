"""The untrained balanced network against Brian2 (C++ standalone), brainevent and NEST, one thread.

The same connection lists and first voltages for all, dt = 0.1 ms, a spike acts one step later.
Brian2 runs in its fastest form, four blocks with constant weights, in float64 and float32; its
seconds are those that its program reports for the network alone. brainevent runs on JAX and the CPU
as one compiled scan over all steps, in both types; of four ways to hold the synapses, a matrix with
a fixed number of receivers for each neuron and a weight for each synapse was its fastest. NEST
integrates exactly and has a shortest delay of one step. Nobody records more than the number of
spikes of each population.
The runs alternate, medians are reported. Needs the extra ``bench`` and a C++ compiler.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.measurement import cold_start_seconds, machine, table
from src_part3.network import build_network
from src_part3.parameters import BalancedNetworkParameters
from src_part3.trials import BalancedRecorder, advance, initial_state

PRECISIONS = ("float64", "float32")
PARAMETERS = BalancedNetworkParameters()
NEST = "nest"

_COLD_START = """
import time
import numpy as np
from src_part3.parameters import BalancedNetworkParameters
from src_part3.trials import advance
from src_part3.network import build_network
from src_part3.trials import initial_state
start = time.perf_counter()
network = build_network(BalancedNetworkParameters(n_exc=50, n_inh=50, out_degree=20),
                        np.random.default_rng(0), precision="{precision}")
advance(network, initial_state(network, np.random.default_rng(0)), 1)
print(time.perf_counter() - start)
"""


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--duration", type=float, default=3000.0, help="simulated ms")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)


def _peers():
    # Read by JAX and NEST when they are imported: no threads, no search for a GPU, no banner.
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["PYNEST_QUIET"] = "1"
    try:
        import brainevent
        import brian2
        import jax
        import nest
    except ImportError as error:
        raise SystemExit(
            "part3-simulation compares with Brian2, brainevent and NEST, which are not all "
            f"installed here ({error}): pip install '.[bench]' (Brian2 2.9 needs numpy below 2.4)."
        ) from error
    nest.verbosity = nest.VerbosityLevel.ERROR
    brian2.set_device("cpp_standalone", build_on_run=False)
    jax.config.update("jax_enable_x64", True)
    return brian2, brainevent, nest


class _Ours:
    def __init__(self, precision, seed, duration):
        small = BalancedNetworkParameters(n_exc=50, n_inh=50, out_degree=20)
        build_network(small, np.random.default_rng(0), precision=precision)  # compile
        start = time.perf_counter()
        self.network = build_network(PARAMETERS, np.random.default_rng(seed), precision=precision)
        self.build_s = time.perf_counter() - start
        self.compile_s = cold_start_seconds(_COLD_START.format(precision=precision))
        self.duration = duration
        self.start = initial_state(self.network, np.random.default_rng(seed + 1))
        advance(self.network, self.start.copy(), 1)

    def run(self):
        """Seconds of the run, and the spikes of E and of I neurons."""
        state = self.start.copy()
        recorder = BalancedRecorder(self.network, n_bins=1, bin_width=self.duration)
        start = time.perf_counter()
        advance(self.network, state, round(self.duration / PARAMETERS.dt), recorder=recorder)
        seconds = time.perf_counter() - start
        parts = np.split(recorder.counts[0], [PARAMETERS.n_exc])
        return seconds, [int(part.sum()) for part in parts]


class _Brian2:
    def __init__(self, brian2, precision, ours, directory):
        p, ms = PARAMETERS, brian2.ms
        start = time.perf_counter()
        brian2.device.reinit()
        brian2.device.activate(directory=directory, build_on_run=False)
        brian2.prefs.core.default_float_dtype = np.dtype(precision).type
        brian2.prefs.devices.cpp_standalone.openmp_threads = 0
        brian2.defaultclock.dt = p.dt * ms
        neurons = brian2.NeuronGroup(
            p.n_neurons,
            """dv/dt = (mu + u - v) / tau_m : 1
            du/dt = -u / tau_syn : 1
            mu : 1 (constant)""",
            threshold="v > v_th", reset="v = v_reset", method="euler",
            namespace={"tau_m": p.tau_m * ms, "tau_syn": p.tau_syn * ms, "v_th": p.v_th,
                       "v_reset": p.v_reset},
        )
        neurons.v, neurons.mu = ours.start.v, p.external_input
        targets = ours.network.static.targets.astype(np.int32)
        pre, post = np.repeat(np.arange(p.n_neurons), p.out_degree), targets.ravel()
        from_inh, onto_inh = (pre >= p.n_exc).astype(int), (post >= p.n_exc).astype(int)
        parts, offset = (neurons[: p.n_exc], neurons[p.n_exc :]), (0, p.n_exc)
        synapses = []
        for b in (0, 1):
            for a in (0, 1):
                jump = float(p.weights[a, b] / p.tau_syn)
                block = brian2.Synapses(parts[b], parts[a], on_pre=f"u_post += {jump!r}")
                chosen = (from_inh == b) & (onto_inh == a)
                block.connect(i=pre[chosen] - offset[b], j=post[chosen] - offset[a])
                synapses.append(block)
        monitors = [brian2.SpikeMonitor(part, record=False) for part in parts]
        network = brian2.Network(neurons, *synapses, *monitors)
        network.run(ours.duration * ms)
        built = time.perf_counter()
        brian2.device.build(directory=directory, run=False, compile=True)
        self.build_s, self.compile_s = built - start, time.perf_counter() - built
        # Brian2 knows one program at a time, so this one is started and read by hand.
        self.directory = Path(directory)
        self.count_files = [
            self.directory / "results" / brian2.device.get_array_filename(m.variables["count"])
            for m in monitors
        ]

    def run(self):
        """Seconds of the run, and the spikes of E and of I neurons."""
        subprocess.run(["./main"], cwd=self.directory, check=True, stdout=subprocess.DEVNULL)
        seconds = (self.directory / "results" / "last_run_info.txt").read_text().split()[0]
        return float(seconds), [int(np.fromfile(f, np.int32).sum()) for f in self.count_files]


class _BrainEvent:
    def __init__(self, brainevent, precision, ours):
        import jax
        from jax import numpy as jnp

        p, dtype = PARAMETERS, np.dtype(precision)
        start = time.perf_counter()
        targets = ours.network.static.targets.astype(np.int32)
        from_inh = (np.arange(p.n_neurons) >= p.n_exc).astype(int)[:, None]
        jumps = (p.weights / p.tau_syn)[(targets >= p.n_exc).astype(int), from_inh]
        synapses = brainevent.FixedNumPerPre(
            (jnp.asarray(jumps.astype(dtype)), jnp.asarray(targets)), shape=(p.n_neurons,) * 2
        )
        external = jnp.asarray(p.external_input.astype(dtype))
        decay, rate = dtype.type(1 - p.dt / p.tau_syn), dtype.type(p.dt / p.tau_m)

        def step(state, _):
            v, u, spikes, counts = state
            u = decay * u + brainevent.BinaryArray(spikes) @ synapses
            v = v + rate * (external + u - v)
            spikes = v > p.v_th
            return (jnp.where(spikes, p.v_reset, v), u, spikes, counts + spikes), None

        def all_steps(state):
            return jax.lax.scan(step, state, None, round(ours.duration / p.dt))[0]

        n = p.n_neurons
        self.start = (
            jnp.asarray(ours.start.v.astype(dtype)), jnp.zeros(n, dtype), jnp.zeros(n, bool),
            jnp.zeros(n, np.int32),
        )
        built = time.perf_counter()
        self.all_steps = jax.jit(all_steps).lower(self.start).compile()
        self.build_s, self.compile_s = built - start, time.perf_counter() - built

    def run(self):
        """Seconds of the run, and the spikes of E and of I neurons."""
        start = time.perf_counter()
        counts = np.asarray(self.all_steps(self.start)[3])  # waits for the end
        seconds = time.perf_counter() - start
        return seconds, [int(part.sum()) for part in np.split(counts, [PARAMETERS.n_exc])]


class _Nest:
    compile_s = 0.0

    def __init__(self, nest, ours):
        self.nest, self.ours, self.build_s = nest, ours, np.nan

    def run(self):
        """Seconds of the run, and the spikes of E and of I neurons."""
        p, nest = PARAMETERS, self.nest
        start = time.perf_counter()
        nest.ResetKernel()
        nest.resolution, nest.local_num_threads = p.dt, 1
        neurons = nest.Create("iaf_psc_exp", p.n_neurons, {
            "C_m": p.tau_m, "tau_m": p.tau_m, "E_L": 0.0, "V_th": p.v_th, "V_reset": p.v_reset,
            "t_ref": 0.0, "tau_syn_ex": p.tau_syn, "tau_syn_in": p.tau_syn,
            "I_e": p.external_input, "V_m": self.ours.start.v.astype(float),
        })
        targets = self.ours.network.static.targets.astype(np.int64)
        pre, post = np.repeat(np.arange(p.n_neurons), p.out_degree), targets.ravel()
        jumps = p.weights / p.tau_syn
        nest.Connect(pre + 1, post + 1, "one_to_one", {
            "weight": jumps[(post >= p.n_exc).astype(int), (pre >= p.n_exc).astype(int)],
            "delay": np.full(pre.size, p.dt),
        })
        recorders = nest.Create("spike_recorder", 2)
        for part, recorder in zip((neurons[: p.n_exc], neurons[p.n_exc :]), recorders, strict=True):
            nest.Connect(part, recorder)
        nest.Simulate(p.dt)
        built = time.perf_counter()
        self.build_s = built - start
        nest.Simulate(self.ours.duration - p.dt)
        return time.perf_counter() - built, [int(n) for n in recorders.n_events]


def run(arguments):
    """Measure; see the module's docstring."""
    brian2, brainevent, nest = _peers()
    ours = {p: _Ours(p, arguments.seed, arguments.duration) for p in PRECISIONS}
    tools = {f"src_part3 {p}": ours[p] for p in PRECISIONS}
    with tempfile.TemporaryDirectory() as directory:
        for p in PRECISIONS:
            name = f"brian2_cpp_standalone {p}"
            tools[name] = _Brian2(brian2, p, ours[p], f"{directory}/{p}")
        for p in PRECISIONS:
            tools[f"brainevent {p}"] = _BrainEvent(brainevent, p, ours[p])
        tools[NEST] = _Nest(nest, ours["float64"])
        seconds = {name: [] for name in tools}
        counts = {}
        for _ in range(arguments.repeats):
            for name, tool in tools.items():
                spent, counts[name] = tool.run()
                seconds[name].append(spent)
    run_s = {name: float(np.median(values)) for name, values in seconds.items()}
    neuron_seconds = np.array([PARAMETERS.n_exc, PARAMETERS.n_inh]) * arguments.duration / 1000
    best_peer = min((name for name in tools if "src_part3" not in name), key=run_s.get)
    return {
        "build_s": {name: tool.build_s for name, tool in tools.items()},
        "compile_s": {name: tool.compile_s for name, tool in tools.items()},
        "run_s": run_s,
        "run_s_range": {name: [min(v), max(v)] for name, v in seconds.items()},
        "rates_hz": {name: list(np.array(n) / neuron_seconds) for name, n in counts.items()},
        "best_peer": best_peer,
        "ratio": run_s[best_peer] / min(run_s[f"src_part3 {p}"] for p in PRECISIONS),
        "ratio_float64": run_s[best_peer] / run_s["src_part3 float64"],
        "duration_ms": arguments.duration, "repeats": arguments.repeats,
        "brian2": brian2.__version__, "brainevent": brainevent.__version__,
        "jax": version("jax"), "nest": nest.__version__, "machine": machine(),
    }


def report(result):
    """Return the table for people."""
    header = ("tool", "build s", "compile s", "run s", "E Hz", "I Hz")
    rows = [
        (name, result["build_s"][name], result["compile_s"][name], seconds,
         *result["rates_hz"][name])
        for name, seconds in result["run_s"].items()
    ]
    return (
        f"{table(header, rows)}\nbest peer / ours: {result['ratio']:.1f} "
        f"(ours in float64: {result['ratio_float64']:.1f})\n({result['machine']}; one thread; "
        f"{result['duration_ms']:g} ms, median of {result['repeats']}; Brian2 {result['brian2']}, "
        f"brainevent {result['brainevent']} on JAX {result['jax']}, NEST {result['nest']})"
    )
