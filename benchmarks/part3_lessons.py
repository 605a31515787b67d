"""What limits RLS in Part 3: one thing changed at a time, with a clock for each condition.

Each row trains the same task from the same seeds for the same number of loops and is tested with
frozen weights. The label as it comes is the one without any average, as in the original.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from benchmarks.measurement import machine, table
from src_part1.recordings import load_recordings
from src_part1.training_loop import TrainingDivergedError
from src_part3.evaluation import evaluate
from src_part3.parameters import BalancedNetworkParameters, FeedforwardParameters
from src_part3.task import make_task
from src_part3.training import Training, TrainingParameters

_CLOCK = FeedforwardParameters(clock="per_condition")
# Name: (changed training parameters, changed options of make_task).
LESSONS = {
    "defaults": ({}, {}),
    "plastic target as it comes": (
        {"average_balanced_input": False, "smoothing": 0.0, "common_modes": 0,
         "correction_rate": 0.0, "regressor_window": 1.0}, {},
    ),
    "plastic target averaged over time only": (
        {"average_balanced_input": False, "common_modes": 0, "correction_rate": 0.0,
         "regressor_window": 1.0}, {},
    ),
    "plastic target averaged over loops too": (
        {"common_modes": 0, "correction_rate": 0.0, "regressor_window": 1.0}, {},
    ),
    "regressors not averaged": ({"regressor_window": 1.0}, {}),
    "regressors averaged over 20 loops": ({"regressor_window": 20.0}, {}),
    "one trial per loop": ({"trials_per_loop": 1}, {}),
    "nothing forgotten": ({"memory": float("inf")}, {}),
    "forgotten after 5 loops": ({"memory": 5.0}, {}),
    "no common modes": ({"common_modes": 0}, {}),
    "no correction": ({"correction_rate": 0.0}, {}),
    "learning every 20 ms": ({"learn_every": 20.0}, {}),
    "prior 50 times as strong": ({"ridge_recurrent": 1.0, "ridge_feedforward": 1.0}, {}),
    "132 + 132 plastic synapses": (
        {}, {"network_parameters": BalancedNetworkParameters(n_plastic_exc=132, n_plastic_inh=132)},
    ),
    "no clock": ({}, {"feedforward_parameters": FeedforwardParameters(clock="none")}),
    "132 + 132, no clock": (
        {}, {"network_parameters": BalancedNetworkParameters(n_plastic_exc=132, n_plastic_inh=132),
             "feedforward_parameters": FeedforwardParameters(clock="none")},
    ),
    "clock at 20 Hz": (
        {}, {"feedforward_parameters": FeedforwardParameters(
            clock="per_condition", mean_rate=20.0, noise=0.8
        )},
    ),
}
MEASURES = ("corrected_correlation", "median_correlation", "split_half", "single_trial_correlation")
# The rows that differ by more than the noise of the comparison.
BRIEF = (
    "--lessons", "defaults", "plastic target as it comes", "one trial per loop",
    "prior 50 times as strong", "no clock",
)


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--source", default="auto", help="recordings: a word or a folder")
    parser.add_argument("--loops", type=int, default=60)
    parser.add_argument("--trials", type=int, default=50, help="test trials of each condition")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--lessons", nargs="*", choices=list(LESSONS), default=list(LESSONS), metavar="NAME",
        help="rows of the table, all by default",
    )


def run(arguments):
    """Measure; see the module's docstring."""
    recordings = load_recordings(arguments.source)
    rows = {}
    for name in arguments.lessons:
        changed, options = LESSONS[name]
        task = make_task(
            recordings, seed=arguments.seed, **{"feedforward_parameters": _CLOCK} | options
        )
        training_parameters = replace(TrainingParameters(), **changed)
        training = Training(task, training_parameters, seed=arguments.seed + 1)
        start = time.perf_counter()
        try:
            training.run(arguments.loops)
        except TrainingDivergedError as error:
            rows[name] = {"diverged": str(error)}
            continue
        seconds = time.perf_counter() - start
        test = evaluate(
            task, training.weights, np.random.default_rng(arguments.seed + 2),
            n_trials=arguments.trials,
        )
        rows[name] = {"seconds": seconds} | {
            measure: {
                condition: summary[measure]
                for condition, summary in zip(task.conditions, test.summary(), strict=True)
            }
            for measure in MEASURES
        }
    return {
        "lessons": rows, "conditions": list(task.conditions), "loops": arguments.loops,
        "n_trials": arguments.trials, "n_neurons": task.n_trained, "source": recordings.source,
        "machine": machine(),
    }


def report(result):
    """Return the table for people."""
    header = ["one thing changed"] + [
        f"{measure.removesuffix('_correlation')} {condition}"
        for measure in MEASURES for condition in result["conditions"]
    ]
    rows = [
        [name, *("diverged" if "diverged" in row else row[measure][condition]
                 for measure in MEASURES for condition in result["conditions"])]
        for name, row in result["lessons"].items()
    ]
    return (
        f"{table(header, rows)}\n({result['loops']} loops, {result['n_neurons']} neurons "
        f"({result['source']}), {result['n_trials']} test trials; {result['machine']})"
    )
