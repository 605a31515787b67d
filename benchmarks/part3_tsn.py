"""TrainSpikingNet.jl's own job with our rule: spiking neurons learn sinusoids, 100 rows a trial.

Arthur, Kim, Chen, Preibisch & Darshan (2023) time their program on it (parameter folder
sinusoid-N50000-K512-L45): K = 512 static inputs of each kind, 45 + 45 plastic ones, a trial of 1 s
in which RLS learns every 10 ms, one time after the other, P in float32; they report 3.9, about 8
and 22 s a loop for 10, 20 and 50 thousand neurons on CPU, cores not stated. Theirs is not run here.

Ours takes the rows of a trial together and solves for the weights at its end. It keeps one matrix
of all pairs of neurons that send, (2 x 10,000)^2 numbers of 4 bytes, 1.6 GB. Beside a P for each
neuron with hundreds of inputs that is small; with 90 it is not, and 50,000 neurons would need
40 GB. So the default is their smallest size.

There all neurons learn, in our networks only the excitatory ones. So that as many learn, ours is
twice as large: as many inhibitory neurons again are simulated that do not learn. Each learning
neuron's total input shall follow a sinusoid of one second around the mean that it has before
learning, with an amplitude of 0.5 and a phase of its own.

``seconds_per_loop`` is the median of the loops after the first, simulation and learning (of which
``rls_seconds_per_loop``); ``cpu_seconds_per_loop`` adds up the threads. ``correlation`` is measured
with frozen weights: total input of a single trial in bins of 10 ms with its target, mean over
neurons.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measurement import machine, peak_rss_mb, table
from src_part1 import correlation
from src_part3.network import BalancedNetwork, PlasticWeights, draw_plastic, draw_static
from src_part3.parameters import BalancedNetworkParameters, TrialParameters
from src_part3.rls import SparseRLS
from src_part3.trials import BalancedRecorder, advance, initial_state, make_drive

PUBLISHED = {10_000: 3.9, 20_000: 8.0, 50_000: 22.0}  # neurons: seconds a loop
BIN, N_BINS = 10.0, 100  # ms between rows; rows in a trial
AMPLITUDE, RIDGE = 0.5, 0.03


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--learning", type=int, default=10_000, help="neurons that learn")
    parser.add_argument("--in-degree", type=int, default=512, help="static inputs of each kind")
    parser.add_argument("--plastic", type=int, default=45, help="plastic inputs of each kind")
    parser.add_argument("--loops", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)


def _network(arguments, rng):
    parameters = BalancedNetworkParameters(
        n_exc=arguments.learning, n_inh=arguments.learning, out_degree=2 * arguments.in_degree,
        n_plastic_exc=arguments.plastic, n_plastic_inh=arguments.plastic,
    )
    plastic = draw_plastic(parameters, np.arange(arguments.learning), rng)
    return BalancedNetwork(parameters, draw_static(parameters, rng), plastic)


def _trial(network, trial, weights, rng, cue, after_bin=None):
    """Run one trial; return the mean total input (n_learning, N_BINS) after the cue."""
    n = network.n_exc
    state, drive = initial_state(network, rng), make_drive(network, trial, cue=cue)
    before = round(trial.stim_off / BIN)
    recorder = BalancedRecorder(network, n_bins=before + N_BINS, bin_width=BIN)
    steps = {"drive": drive, "recorder": recorder}
    dt, bin_steps = network.parameters.dt, recorder.bin_steps
    advance(network, state, round(trial.stim_off / dt), weights=weights, **steps)
    total = np.empty((n, N_BINS), np.float32)
    for b in range(N_BINS):
        advance(network, state, round(BIN / dt), weights=weights, **steps)
        total[:, b] = (recorder.balanced[before + b] + recorder.plastic[before + b]) / bin_steps
        if after_bin is not None:
            after_bin(b, state)
    if not np.isfinite(total).all():
        raise FloatingPointError("the inputs grew beyond all bounds")
    return total + network.external_input[:n, None]


def run(arguments):
    """Measure; see the module's docstring."""
    rng = np.random.default_rng(arguments.seed)
    start = time.perf_counter()
    network = _network(arguments, rng)
    n, trained = arguments.learning, network.trained
    weights = network.initial_weights()
    trial = TrialParameters(duration=200.0 + BIN * N_BINS, stim_on=100.0, stim_off=200.0)
    cue = rng.uniform(-trial.cue_amplitude, trial.cue_amplitude, 2 * n)
    mean = _trial(network, trial, weights, rng, cue).mean(axis=1, keepdims=True)
    phases = rng.uniform(0.0, 2 * np.pi, (n, 1))
    # The input at the end of a bin is corrected, the mean of a bin is what is measured.
    ends = BIN * np.arange(1, N_BINS + 1)
    targets, measured = (
        (mean + AMPLITUDE * np.sin(2e-3 * np.pi * at + phases)).astype(np.float32)
        for at in (ends, ends - BIN / 2)
    )
    senders, index = np.unique(network.plastic.pre_index, return_inverse=True)
    index = index.reshape(network.plastic.pre_index.shape)
    rls = SparseRLS(index, senders.size, RIDGE)
    initial, external = weights.recurrent_weights, network.external_input[:n]
    rls_seconds, rows, wanted = [], np.empty((N_BINS, senders.size), np.float32), targets.T.copy()

    def learn(b, state):
        rows[b] = state.r_plastic[senders]
        wanted[b] = targets[:, b] - external - state.u_balanced[trained]

    def solve():
        """Learn how the weights should differ from those from before learning."""
        begin = time.perf_counter()
        before = np.array([(row[index] * initial).sum(axis=1) for row in rows])
        rls.update(rows, wanted - before)
        learned = PlasticWeights(initial + rls.solve()[0], weights.feedforward_weights)
        rls_seconds.append(time.perf_counter() - begin)
        return learned

    built = time.perf_counter() - start
    seconds, cpu_seconds, curve = [], [], []
    for _ in range(arguments.loops):
        begin, cpu_begin = time.perf_counter(), time.process_time()
        total = _trial(network, trial, weights, rng, cue, learn)
        weights = solve()
        seconds.append(time.perf_counter() - begin)
        cpu_seconds.append(time.process_time() - cpu_begin)
        curve.append(float(np.nanmean(correlation(total, measured))))
    # What was learned, without learning.
    test = _trial(network, trial, weights, rng, cue)
    after_first = slice(1, None) if arguments.loops > 1 else slice(None)
    return {
        "learning": n, "simulated": 2 * n, "in_degree": arguments.in_degree,
        "plastic_inputs": 2 * arguments.plastic, "loops": arguments.loops,
        "seconds_per_loop": float(np.median(seconds[after_first])),
        "rls_seconds_per_loop": float(np.median(rls_seconds[after_first])),
        "cpu_seconds_per_loop": float(np.median(cpu_seconds[after_first])),
        "seconds_to_build": built, "peak_rss_mb": peak_rss_mb(),
        "rls_mb": (rls.S.nbytes + rls.b.nbytes) / 1e6,
        "correlation": float(np.nanmean(correlation(test, measured))),
        "correlation_while_learning": curve,
        "published_seconds_per_loop": PUBLISHED.get(n), "machine": machine(),
    }


def report(result):
    """Return the table for people."""
    published = result["published_seconds_per_loop"]
    rows = [
        ("ours", result["learning"], result["simulated"], result["seconds_per_loop"],
         result["rls_seconds_per_loop"], result["peak_rss_mb"], result["correlation"]),
    ]
    if published is not None:
        rows.append(("TSN, published", result["learning"], result["learning"], published,
                     "-", "-", "-"))
    header = ("", "learning", "simulated", "s a loop", "of it RLS", "peak MB", "correlation")
    return (
        f"{table(header, rows)}\n(K = {result['in_degree']}, {result['plastic_inputs']} plastic "
        f"inputs, {result['loops']} loops; {result['machine']})"
    )
