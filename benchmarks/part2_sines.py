"""Spiking neurons learn sines, Ornstein-Uhlenbeck paths, chaotic rates and recordings.

The first task is the original's Part 2 (N = 100, tau_syn = 200 ms, 20 loops, lambda = 0.5), for
which it gives no measure of quality. All tests are frozen-weight trials with noise of their own;
correlation and R^2 of total input and target are means over neurons and trials. For the recorded
neurons the simulated PSTH is compared with the recorded rates as well.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from benchmarks.measurement import machine, table
from course.part2 import warm_kernels
from src_part2 import (
    LIFNetworkParameters,
    LIFParameters,
    correlation,
    frozen_quality,
    load_recordings,
    make_pattern_task,
    make_task,
    simulated_psth,
    train,
)
from src_part2.tasks import TIMING

# kind: number of neurons, tau_syn (ms), learn_every (ms), time scale (ms)
PATTERNS = {
    "sines": (100, 200.0, 20.0, 2000.0),
    "ou": (200, 100.0, 10.0, 400.0),
    "chaos": (200, 100.0, 10.0, 40.0),
}
RECORDED = {"tau_syn": 300.0, "ridge": 0.02}


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--loops", type=int, default=20)
    parser.add_argument("--trials", type=int, default=20, help="noise realisations of each test")
    parser.add_argument("--seeds", type=int, default=5, help="networks and tasks for each pattern")
    parser.add_argument("--neurons", type=int, default=300, help="recorded neurons")
    parser.add_argument(
        "--source", default="auto", metavar="DIR",
        help="recordings: auto, alm, synthetic, or a folder with the ALM files",
    )


def _train_and_test(task, weights, rng, arguments, **rule):
    start = time.perf_counter()
    result = train(task, weights, rng, n_loops=arguments.loops, progress=False, **rule)
    seconds = (time.perf_counter() - start) / arguments.loops
    quality = frozen_quality(task, result.weights, rng, n_trials=arguments.trials)
    measures = {
        "train_correlation": float(result.train_correlation[-1].mean()),
        "test_correlation": quality.correlation,
        "test_r2": quality.r2,
        "seconds_per_loop": seconds,
    }
    return result.weights, measures


def _pattern(kind, arguments):
    n_neurons, tau_syn, learn_every, time_scale = PATTERNS[kind]
    neuron_parameters = LIFParameters(tau_syn=tau_syn)
    network_parameters = LIFNetworkParameters(n_neurons)
    seeds = []
    for seed in range(arguments.seeds):
        rng = np.random.default_rng(seed)
        task, weights = make_pattern_task(
            kind, neuron_parameters, network_parameters, rng, time_scale=time_scale,
            timing=replace(TIMING, learn_every=learn_every),
        )
        seeds.append(_train_and_test(task, weights, rng, arguments)[1])
    result = {key: float(np.mean([s[key] for s in seeds])) for key in seeds[0]}
    result["worst_test_correlation"] = min(s["test_correlation"] for s in seeds)
    return result | {"n_neurons": n_neurons, "tau_syn": tau_syn, "by_seed": seeds}


def _recorded(arguments):
    recordings = load_recordings(arguments.source)
    chosen = recordings.select(min(arguments.neurons, recordings.n_neurons))
    rng = np.random.default_rng(0)
    made = make_task(chosen, LIFParameters(tau_syn=RECORDED["tau_syn"]), rng)
    weights, result = _train_and_test(
        made.task, made.initial_weights, rng, arguments, ridge=RECORDED["ridge"]
    )
    n_trials = 5 * arguments.trials
    psth = [
        simulated_psth(made, weights, rng, condition, n_trials=n_trials)
        for condition in range(chosen.n_conditions)
    ]
    by_neuron = correlation(psth, chosen.rates)
    return result | {
        "psth_correlation_mean": float(np.nanmean(by_neuron)),
        "psth_correlation_median": float(np.nanmedian(by_neuron)),
        "psth_trials": n_trials,
        "n_neurons": chosen.n_neurons,
        "tau_syn": RECORDED["tau_syn"],
        "source": chosen.source,
        "provenance": chosen.provenance,
    }


def run(arguments):
    """Measure; see the module's docstring."""
    warm_kernels()
    patterns = {kind: _pattern(kind, arguments) for kind in PATTERNS}
    result = {key: patterns["sines"][key] for key in (
        "test_correlation", "test_r2", "train_correlation", "seconds_per_loop",
    )}
    return result | {
        **patterns, "recorded": _recorded(arguments), "trials": arguments.trials,
        "loops": arguments.loops, "machine": machine(),
    }


def report(result):
    """Return the table for people."""
    header = ("pattern", "N", "tau_syn", "train", "test", "test R2", "s/loop")
    keys = (
        "n_neurons", "tau_syn", "train_correlation", "test_correlation", "test_r2",
        "seconds_per_loop",
    )
    kinds = (*PATTERNS, "recorded")
    rows = [(kind, *(result[kind][key] for key in keys)) for kind in kinds]
    recorded = result["recorded"]
    return (
        f"{table(header, rows)}\n"
        f"recorded: PSTH of {recorded['psth_trials']} trials against the recording: median "
        f"correlation {recorded['psth_correlation_median']:.3f}. {recorded['provenance']}\n"
        f"({result['machine']}; {result['loops']} loops, {result['trials']} test trials)"
    )
