"""What each trained network owes to its parts: the dial from no clock to the original's, by lesion.

Networks: no clock, a common clock, a clock for each condition (trained by RLS), and the original's
rule with a clock for each condition. Each is tested whole and with one thing taken away.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measurement import machine, table
from benchmarks.networks import NETWORKS, train_network
from benchmarks.part3_recurrent import by_condition
from src_part1.recordings import load_recordings
from src_part3.perturbations import study_lesions

MEASURES = ("corrected_correlation", "median_correlation", "r2", "n_unreliable", "side_decoded")
# Trained for fewer loops, and without the original's rule, which part3-original measures.
BRIEF = (
    "--networks", "none", "common", "per_condition", "--loops", "24", "--trials", "20",
)


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--source", default="auto", help="recordings: a word or a folder")
    parser.add_argument("--networks", nargs="*", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--loops", type=int, help="our defaults if not given")
    parser.add_argument("--trials", type=int, default=50, help="test trials of each condition")
    parser.add_argument("--seed", type=int, default=0)


def run(arguments):
    """Measure; see the module's docstring."""
    recordings = load_recordings(arguments.source)
    result, seconds = {}, {}
    for name in arguments.networks:
        start = time.perf_counter()
        task, weights = train_network(name, recordings, arguments.seed, loops=arguments.loops)
        seconds[name] = time.perf_counter() - start
        study = study_lesions(
            task, weights, np.random.default_rng(arguments.seed + 2), n_trials=arguments.trials
        )
        result[name] = {
            lesion: by_condition(task, test, MEASURES) for lesion, test in study.evaluations.items()
        }
    return result | {
        "networks": arguments.networks, "conditions": list(task.conditions), "seconds": seconds,
        "n_trials": arguments.trials, "n_neurons": task.n_trained, "source": recordings.source,
        "machine": machine(),
    }


def report(result):
    """Return the table for people."""
    conditions = result["conditions"]
    header = ["network", "lesion"] + [f"{m} {c}" for m in MEASURES for c in conditions]
    rows = [
        [network, lesion, *(values[m][c] for m in MEASURES for c in conditions)]
        for network in result["networks"] for lesion, values in result[network].items()
    ]
    return (
        f"{table(header, rows)}\n({result['n_neurons']} neurons ({result['source']}), "
        f"{result['n_trials']} test trials; {result['machine']})"
    )
