"""The full job with a clock for each condition: 1824 recorded neurons, trained by exact RLS.

Seconds are those of the whole training with its compiled kernels loaded, from recordings to
weights: drawing the network, its measurement and all loops. Then frozen weights are tested over
many trials of each condition. Memory is the peak of the whole process.

``seconds_to_0.95`` is the time of a quick training, from recordings to weights, after which the
corrected correlation of both conditions is at least 0.95. The quick training does less while its
labels are still rough: time steps of 0.2 ms, a cue after 300 ms, RLS in float32, and few trials in
the first loops, whose averages are dropped afterwards; and it never corrects the mean error that
remains. Snapshots of it are tested as the full job is: frozen weights, free-running whole trials
with steps of 0.1 ms, and as many of them. The tests are not part of that time: ``quick_tests`` says
what each found and took. It is None if the last snapshot does not pass.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measurement import machine, peak_rss_mb, table
from benchmarks.networks import coarse_task
from src_part1.recordings import load_recordings
from src_part3.evaluation import evaluate
from src_part3.parameters import FeedforwardParameters
from src_part3.task import make_task
from src_part3.training import Training, TrainingParameters

MEASURES = (
    "median_correlation", "mean_correlation", "psth_correlation", "corrected_correlation", "r2",
    "single_trial_correlation", "split_half", "n_unreliable",
)
ENOUGH = 0.95  # corrected correlation
QUICK = {"correction_rate": 0.0, "rls_precision": "float32"}
# Stages of the quick training: loops, trials of each condition in a loop, whether the averages of
# inputs begin anew (the networks of earlier loops knew less), and whether a snapshot follows.
SCHEDULE = (
    (8, 2, False, False), (8, 4, True, False), (14, 6, True, True), (6, 6, False, True),
    (6, 6, False, True), (8, 6, False, True), (10, 6, False, True), (20, 6, False, True),
)
_LOOPS_SEEN = "plastic_targets.loops_seen"


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--source", default="auto", help="recordings: a word or a folder")
    parser.add_argument("--loops", type=int, default=TrainingParameters().total_loops)
    parser.add_argument("--trials", type=int, default=100, help="test trials of each condition")
    parser.add_argument("--stages", type=int, default=len(SCHEDULE),
                        help="of the quick training, at most")
    parser.add_argument("--seed", type=int, default=0)


def _task(recordings, seed):
    clock = FeedforwardParameters(clock="per_condition")
    return make_task(recordings, seed=seed, feedforward_parameters=clock)


def _test(task, weights, arguments):
    """Measures by condition, and the seconds that the test took."""
    begin = time.perf_counter()
    rng = np.random.default_rng(arguments.seed + 2)
    summaries = evaluate(task, weights, rng, n_trials=arguments.trials).summary()
    return {
        measure: dict(zip(task.conditions, (s[measure] for s in summaries), strict=True))
        for measure in MEASURES
    } | {"test_seconds": time.perf_counter() - begin}


def _quick(recordings, arguments):
    """Train by `SCHEDULE` until a snapshot passes its test; return what each test found."""
    tests, state, trials, seconds = [], None, 0, 0.0
    begin = time.perf_counter()
    task = _task(recordings, arguments.seed)
    coarse = coarse_task(task)
    for loops, trials_per_loop, anew, snapshot in SCHEDULE[: arguments.stages]:
        p = TrainingParameters(trials_per_loop=trials_per_loop, **QUICK)
        training = Training(coarse, p, seed=arguments.seed + 1)
        if state is not None:
            training.restore(state | ({_LOOPS_SEEN: 0 * state[_LOOPS_SEEN]} if anew else {}))
        training.run(training.n_done + loops, progress=False)
        state, weights = training.state(), training.weights
        trials += loops * trials_per_loop
        seconds += time.perf_counter() - begin
        if snapshot:
            done = {"seconds": seconds, "loops": training.n_done, "trials": trials}
            tests.append(done | _test(task, weights, arguments))
            if _passes(tests[-1]):
                break
        begin = time.perf_counter()
    return tests


def _passes(test):
    return min(test["corrected_correlation"].values()) >= ENOUGH


def run(arguments):
    """Measure; see the module's docstring."""
    recordings = load_recordings(arguments.source)
    # What both trainings use is compiled or loaded here, so that no clock counts it.
    task = _task(recordings, arguments.seed)
    Training(coarse_task(task), TrainingParameters(**QUICK)).run(1, progress=False)
    tests = _quick(recordings, arguments)
    begin = time.perf_counter()
    task = _task(recordings, arguments.seed)
    training = Training(task, seed=arguments.seed + 1)
    training.run(arguments.loops)
    seconds = time.perf_counter() - begin
    passed = bool(tests) and _passes(tests[-1])
    return {
        "seconds": seconds, "loops": training.n_done,
        f"seconds_to_{ENOUGH:g}": tests[-1]["seconds"] if passed else None,
    } | _test(task, training.weights, arguments) | {
        "quick_tests": tests, "peak_rss_mb": peak_rss_mb(), "n_trials": arguments.trials,
        "n_neurons": task.n_trained, "source": recordings.source, "machine": machine(),
    }


def report(result):
    """Return the tables for people."""
    names = list(result[MEASURES[0]])
    rows = [(measure, *(result[measure][name] for name in names)) for measure in MEASURES]
    header = ("seconds", "loops", "trials", *names, *(f"R^2 {name}" for name in names))
    snapshots = [
        (*(test[key] for key in header[:3]),
         *(test[measure][name] for measure in ("corrected_correlation", "r2") for name in names))
        for test in result["quick_tests"]
    ]
    reached = result[f"seconds_to_{ENOUGH:g}"]
    verdict = "not reached" if reached is None else f"reached after {reached:.1f} s"
    return (
        f"{table(('', *names), rows)}\n"
        f"({result['loops']} loops in {result['seconds']:.0f} s, peak memory "
        f"{result['peak_rss_mb']:.0f} MB, {result['n_neurons']} neurons ({result['source']}), "
        f"{result['n_trials']} test trials; {result['machine']})\n\n"
        f"snapshots of the quick training, corrected correlation and R^2 in the same test:\n"
        f"{table(header, snapshots)}\n"
        f"({ENOUGH:g} in both conditions: {verdict}; each test takes "
        f"{result['test_seconds']:.0f} s besides)"
    )
