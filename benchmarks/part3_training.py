"""The job with a clock for each condition: all recorded neurons, with the library's defaults.

Seconds are those of the whole training with its compiled kernels loaded, from recordings to
weights: drawing the network, its measurement and all loops. Then frozen weights are tested over
many trials of each condition.

``seconds_to_0.95`` is the time after which the corrected correlation of all conditions was at least
0.95: every ``--test-every`` loops the weights are tested as in the end, outside of the clock, until
a test passes (``tests`` holds all). It is None if none does.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measurement import machine, peak_rss_mb, table
from experiments import networks
from experiments.networks import by_condition
from src_part1.recordings import load_recordings
from src_part3.analysis import weight_gain
from src_part3.evaluation import evaluate
from src_part3.parameters import FeedforwardParameters
from src_part3.task import make_task
from src_part3.training import train

MEASURES = (
    "corrected_correlation", "r2", "r2_corrected", "psth_r2", "modulation_slope",
    "median_correlation", "mean_correlation", "psth_correlation", "single_trial_correlation",
    "split_half", "side_decoded", "n_unreliable",
)
ENOUGH = 0.95  # corrected correlation
_CLOCK = FeedforwardParameters(clock="per_condition")
BRIEF = ("--trials", "50")


def add_arguments(parser):
    """Declare the options of this benchmark."""
    networks.add_arguments(parser)
    parser.add_argument("--test-every", type=int, default=4, help="loops between two tests")


def run(arguments):
    """Measure; see the module's docstring."""
    recordings = load_recordings(arguments.source)
    networks.load_kernels()
    seed, tests = arguments.seeds[0], []
    begin, testing = time.perf_counter(), [0.0]
    task = make_task(recordings, seed=seed, feedforward_parameters=_CLOCK,
                     network_parameters=networks.network_for(recordings.n_neurons, _CLOCK.clock))

    def test(weights):
        started = time.perf_counter()
        found = evaluate(task, weights, np.random.default_rng(seed + 2), n_trials=arguments.trials)
        spent = time.perf_counter() - started
        return by_condition(found, task.conditions, MEASURES) | {
            "rate_ratio": found.rate_ratio.tolist(), "balanced_accuracy": found.balanced_accuracy,
        }, spent

    def after_loop(training):
        if training.n_done % arguments.test_every or (tests and _passes(tests[-1])):
            return
        seconds = time.perf_counter() - begin - testing[0]
        measures, spent = test(training.weights)
        testing[0] += spent
        tests.append({"seconds": seconds, "loops": training.n_done} | measures)

    training = train(task, networks.training_parameters(arguments), seed=seed + 1,
                     after_loop=after_loop)
    seconds = time.perf_counter() - begin - testing[0]
    measures, spent = test(training.weights)
    tests.append({"seconds": seconds, "loops": training.n_done} | measures)
    passed = [t["seconds"] for t in tests if _passes(t)]
    return measures | networks.about(arguments, recordings) | {
        "seconds": seconds, "test_seconds": spent, "tests": tests,
        f"seconds_to_{ENOUGH:g}": passed[0] if passed else None,
        "weight_gain": weight_gain(task, training.weights), "peak_rss_mb": peak_rss_mb(),
        "machine": machine(),
    }


def _passes(test):
    return min(test["corrected_correlation"].values()) >= ENOUGH


def report(result):
    """Return the tables for people."""
    names = result["conditions"]
    rows = [(measure, *(result[measure][name] for name in names)) for measure in MEASURES]
    shown = ("corrected_correlation", "r2_corrected")
    header = ("seconds", "loops", *(f"{m} {name}" for m in shown for name in names))
    tests = [
        (test["seconds"], test["loops"], *(test[m][name] for m in shown for name in names))
        for test in result["tests"]
    ]
    reached = result[f"seconds_to_{ENOUGH:g}"]
    verdict = "not reached" if reached is None else f"reached after {reached:.1f} s"
    ratios = " ".join(f"{ratio:.2f}" for ratio in result["rate_ratio"])
    return (
        f"{table(('', *names), rows)}\n"
        f"simulated over recorded rate, slow to fast neurons: {ratios}\n"
        f"balanced accuracy {result['balanced_accuracy']:.2f}, gain of the learned weights "
        f"{result['weight_gain']:.2f}; {result['seconds']:.0f} s, peak memory "
        f"{result['peak_rss_mb']:.0f} MB\n\n{table(header, tests)}\n"
        f"({ENOUGH:g} in all conditions: {verdict}; each test takes {result['test_seconds']:.0f} s "
        f"besides)\n{networks.footnote(result)}"
    )
