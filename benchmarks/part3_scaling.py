"""How seconds and memory of Part 3 grow with its sizes, and how far the kernels are from bounds.

Each point trains a task of its own in a process of its own, on synthetic recordings, and measures
a loop (twelve trials, then RLS) after a first one. Memory is the largest that the process ever
used, less what it used once Python and all kernels were loaded (about 550 MB). One size is changed
at a time. RLS keeps one matrix of all pairs of neurons that send plastic synapses, so that its
memory grows with their square: 20,000 trained neurons of 50,000, which send with 25,000 inhibitory
ones, would need 8 GB. An exponent is the slope of log seconds (or megabytes) over log size; 1 is
linear. Then the profile of one trial and one RLS step on one thread: each kernel runs alone on the
spikes of that trial, beside a bound of this machine that is measured in the same process:

- state update: bytes read and written, at the bandwidth of a triad of the same memory footprint;
- spike delivery by bits: the same, three bytes for each neuron and spike; by lists: increments of
  as many counters as there are neurons by one list that stays in the first cache, or the bytes of
  all lists at the triad's bandwidth, whichever takes longer;
- RLS: its additions and multiplications at the speed of a large matrix product of BLAS, or its
  bytes at the triad's bandwidth, whichever takes longer.
"""

from __future__ import annotations

import gc
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numba
import numpy as np
from numba import njit

from benchmarks.bounds import counts_per_second, rls_bound, triad_bandwidth
from benchmarks.measurement import machine, peak_rss_mb, table
from data.make_standin import TIME, make_rates
from src_part1.recordings import recordings_from_arrays
from src_part3.clock import draw_spikes
from src_part3.kernels import count_list, count_row
from src_part3.network import pack_rows
from src_part3.parameters import BalancedNetworkParameters, FeedforwardParameters
from src_part3.task import make_task
from src_part3.training import Training, TrainingParameters
from src_part3.trials import BalancedRecorder, advance, initial_state, make_drive, run_trial

REFERENCE = {
    "n_neurons": 5000, "n_trained": 1824, "n_plastic": 40, "n_inputs": 300, "n_threads": 2,
    "out_degree": 1000,
}
# The sizes of each curve; what is not named is as in REFERENCE.
CURVES = {
    "neurons": [{"n_neurons": n, "n_trained": 1000} for n in (2500, 5000, 10000, 20000)],
    "trained": [{"n_neurons": 20000, "n_trained": n} for n in (1000, 2000, 4000)],
    "plastic": [{"n_plastic": n} for n in (40, 132, 264, 528)],
    "inputs": [{"n_inputs": n} for n in (75, 150, 300, 600, 1200)],
    "threads": [{"n_threads": n} for n in (1, 2)],
}
_SIZE = {
    "neurons": "n_neurons", "trained": "n_trained", "plastic": "n_plastic", "inputs": "n_inputs",
    "threads": "n_threads",
}
# Trials of each condition in a loop, and rows of RLS in one: common courses, and deviations of 25
# times of each trial.
_TRAINING = TrainingParameters(held_trials=4, watched_trials=2, watch_every=1, max_rate=1e9)
_ROWS = 240
_MEASURES = ("loop_s", "trials_s", "rls_s", "memory_mb")


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--curves", nargs="+", choices=CURVES, default=list(CURVES))
    parser.add_argument("--repeats", type=int, default=3, help="loops to measure")
    parser.add_argument("--scale", type=float, default=1.0,
                        help="factor on neurons and trained neurons, to try it out")


def _task(point):
    n_exc, n_plastic = point["n_neurons"] // 2, point["n_plastic"] // 2
    rates = make_rates(point["n_trained"])
    return make_task(
        recordings_from_arrays(rates, TIME, ("right", "left")),
        network_parameters=BalancedNetworkParameters(
            n_exc=n_exc, n_inh=n_exc, out_degree=point["out_degree"], n_plastic_exc=n_plastic,
            n_plastic_inh=n_plastic,
        ),
        feedforward_parameters=FeedforwardParameters(
            clock="per_condition", n_inputs=point["n_inputs"]
        ),
    )


@njit(cache=True)
def _deliver_bits(senders, rows, words):
    for q in range(senders.size):
        count_row(rows[senders[q]], words)


@njit(cache=True)
def _deliver_lists(senders, targets, counts):
    for q in range(senders.size):
        count_list(targets[senders[q]], counts)


@njit(cache=True)
def _deliver_plastic(senders, jump, weights, out_start, out_post, out_slot, u_plastic):
    for q in range(senders.size):
        for m in range(out_start[senders[q]], out_start[senders[q] + 1]):
            u_plastic[out_post[m]] += weights[out_slot[m]] * jump


def _advance_without_spikes(network, state, n_steps, weights, pieces=15):
    """The kernel with nothing to deliver; inputs are put back before they vanish."""
    quiet = make_drive(network, extra_input=0.3 - network.parameters.external_input)
    for _ in range(pieces):
        state.n_pending = 0
        state.v[:], state.u_balanced[:], state.u_plastic[:], state.r_plastic[:] = 0.3, 0.1, 0.1, 0.1
        advance(network, state, n_steps // pieces, drive=quiet, weights=weights)


def _seconds(function, *arguments, repeats=5):
    function(*arguments)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        function(*arguments)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


def _profile(task, training):
    """Seconds of each kernel in one trial on one thread, and their bounds."""
    network, p, dtype = task.network, task.network.parameters, task.network.dtype
    weights = training.weights[0]
    trial_s = _seconds(
        lambda: run_trial(
            network, task.trial_parameters, np.random.default_rng(0), weights=weights,
            filtered=True, **task.trial_options(0),
        ), repeats=3
    )
    rng, n_steps = np.random.default_rng(0), round(task.trial_parameters.duration / p.dt)
    state, recorder = initial_state(network, rng), BalancedRecorder(network, spikes=True)
    drive = make_drive(network, task.trial_parameters, cue=task.cues[0],
                       spikes=draw_spikes(task.feedforward_rates, 0, rng))
    advance(network, state, n_steps, drive=drive, weights=weights, recorder=recorder)
    senders = recorder.spike_neurons

    n, n_exc, s = p.n_neurons, p.n_exc, dtype.itemsize
    update_s = _seconds(_advance_without_spikes, network, state, n_steps, weights, repeats=3)
    moved = n * (5 * s + 3) + n_exc * 7 * s + n * 2 * s
    footprint = n * (4 * s + 3) + n_exc * 3 * s
    result = {"state update": [update_s, n_steps * moved / triad_bandwidth(footprint)]}

    static = network.static
    rows = static.rows if len(static.rows) else pack_rows(static.targets, static.rows.shape[1])
    bits = [
        _seconds(_deliver_bits, senders, rows, np.zeros((8, rows.shape[1]), np.uint64)),
        senders.size * 3 * n / triad_bandwidth(3 * n),
    ]
    by_counting = senders.size * p.out_degree / counts_per_second(n, p.out_degree)
    n_bytes = senders.size * static.targets[0].nbytes
    lists = [
        _seconds(_deliver_lists, senders, static.targets, np.zeros(n, np.uint8)),
        max(by_counting, n_bytes / triad_bandwidth(static.targets.nbytes)),
    ]
    result["spike delivery, bits"], result["spike delivery, lists"] = bits, lists
    used = bits if len(static.rows) else lists
    plastic_s = _seconds(
        _deliver_plastic, senders, dtype.type(1 / p.tau_plastic),
        weights.recurrent_weights.ravel(), network.plastic.out_start, network.plastic.out_post,
        network.plastic.out_slot, state.u_plastic,
    )
    result["plastic delivery"] = [plastic_s, None]
    result["rest of the trial"] = [trial_s - update_s - used[0] - plastic_s, None]
    result["trial"] = [trial_s, result["state update"][1] + used[1]]
    result["RLS step"] = _rls(training)
    return result


def _rls(training):
    """Seconds of RLS for the rows of a loop, on one thread, and their bound."""
    rls, n_rows, rng = training.rls, _ROWS, np.random.default_rng(0)
    rows = rng.standard_normal((n_rows, len(rls.S)), np.float32)
    targets = rng.standard_normal((n_rows, rls.b.shape[1]), np.float32)

    def learn():
        rls.update(rows, targets, forgetting=0.0)
        rls.solve()

    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        seconds = _seconds(learn, repeats=3)
    finally:
        numba.set_num_threads(threads)
    return [seconds, rls_bound(rls, n_rows)]


def _measure(point, repeats):
    """Measure one point; runs in a process of its own, so that the peak memory is its own."""
    numba.set_num_threads(point["n_threads"])
    small = REFERENCE | {
        "n_neurons": 240, "n_trained": 40, "out_degree": 48, "n_plastic": 10, "n_inputs": 10,
    }
    # Loads the kernels; that so few synapses leave the network unbalanced does not matter.
    Training(_task(small), _TRAINING).run(1, progress=False)
    before_mb = peak_rss_mb()
    start = time.perf_counter()
    task = _task(point)
    task_s = time.perf_counter() - start
    training = Training(task, _TRAINING)
    learn_s, learn = [], training._learn

    def timed_learn(*seen):
        begin = time.perf_counter()
        learn(*seen)
        learn_s.append(time.perf_counter() - begin)

    training._learn = timed_learn
    seconds = []
    for loop in range(1 + repeats):
        start = time.perf_counter()
        training.run(loop + 1, progress=False, n_threads=point["n_threads"])
        seconds.append(time.perf_counter() - start)
    loop_s, rls_s = float(np.median(seconds[1:])), float(np.median(learn_s[1:]))
    result = point | {
        "task_s": task_s, "loop_s": loop_s, "trials_s": loop_s - rls_s, "rls_s": rls_s,
        "memory_mb": peak_rss_mb() - before_mb, "correlation": float(np.mean(training.curve[-1])),
    }
    gc.collect()
    result["profile"] = _profile(task, training)
    return result


def _exponents(sizes, points):
    # A task that is as small as the one that loaded the kernels adds no memory, and no slope.
    return {
        measure: float(np.polyfit(np.log(sizes), np.log([p[measure] for p in points]), 1)[0])
        for measure in _MEASURES if all(p[measure] > 0 for p in points)
    }


def run(arguments):
    """Measure; see the module's docstring."""
    curves, exponents = {}, {}
    for name in arguments.curves:
        curves[name] = []
        for changes in CURVES[name]:
            point = REFERENCE | changes
            for size in ("n_neurons", "n_trained", "out_degree"):
                point[size] = round(point[size] * arguments.scale)
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                measured = process.submit(_measure, point, arguments.repeats)
                curves[name].append(measured.result())
        if len(curves[name]) > 2:
            sizes = [point[_SIZE[name]] for point in curves[name]]
            exponents[name] = _exponents(sizes, curves[name])
    return {
        "curves": curves, "exponents": exponents, "repeats": arguments.repeats,
        "machine": machine(),
    }


def report(result):
    """Return the tables for people."""
    parts = []
    for name, points in result["curves"].items():
        header = ("neurons", "trained", "plastic", "inputs", "threads", "loop s", "trials s",
                  "RLS s", "MB")
        keys = ("n_neurons", "n_trained", "n_plastic", "n_inputs", "n_threads", *_MEASURES)
        lines = table(header, [[point[key] for key in keys] for point in points])
        if name in result["exponents"]:
            slopes = result["exponents"][name]
            lines += "\nexponents: " + ", ".join(f"{k} {v:.2f}" for k, v in slopes.items())
        parts.append(f"{name}\n{lines}")
        last = points[-1]
        rows = [
            (part, seconds, "" if bound is None else bound,
             "" if bound is None else seconds / bound)
            for part, (seconds, bound) in last["profile"].items()
        ]
        parts.append(
            f"one trial and one RLS step of the last line, one thread\n"
            f"{table(('part', 's', 'bound s', 'ratio'), rows)}"
        )
    parts.append(f"({result['machine']}; median of {result['repeats']} loops)")
    return "\n\n".join(parts)
