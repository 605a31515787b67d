"""What each trained network owes to its parts: the dial from no clock to the original's, by lesion.

Networks: no clock, a common clock, a clock for each condition, and the original's rule with a clock
for each condition. Each is tested whole and with one thing taken away; ``untrained`` has no learned
weight at all and is what the decoder of the side gives by chance. Mean and standard error over
networks; the number of trials is the same everywhere.
"""

from __future__ import annotations

import numpy as np

from benchmarks.measurement import cell, machine, over_networks, table
from experiments import networks
from experiments.networks import DIAL, by_condition, train_network, untrained_weights
from experiments.study import run_study
from src_part1.recordings import load_recordings
from src_part3.evaluation import evaluate
from src_part3.perturbations import study_lesions

MEASURES = ("corrected_correlation", "median_correlation", "r2_corrected", "side_decoded")
# Trained for fewer loops, one network each, without the original's rule.
BRIEF = (
    "--networks", "none", "common", "per_condition", "--loops", "12", "4", "--trials", "20",
    "--seeds", "0",
)


def add_arguments(parser):
    """Declare the options of this benchmark."""
    networks.add_arguments(parser, seeds=(0, 1, 2), trials=50)
    parser.add_argument("--networks", nargs="*", choices=DIAL, default=list(DIAL))


def run(arguments):
    """Measure; see the module's docstring."""
    recordings = load_recordings(arguments.source)
    found = run_study(sample, recordings, arguments, network=arguments.networks)
    result = dict(zip(arguments.networks, map(over_networks, found), strict=True))
    return result | {"networks": arguments.networks, "machine": machine()} | networks.about(
        arguments, recordings
    )


def sample(recordings, seed, arguments, network):
    """The lesion profile of one network."""
    trained = train_network(network, recordings, seed, arguments)
    return lesion_profile(trained, seed, arguments.trials)


def lesion_profile(trained, seed, n_trials):
    """Measures under each lesion: ``{lesion: {measure: {condition: value}}}``."""
    task, rng = trained.task, np.random.default_rng(seed + 2)
    tests = study_lesions(task, trained.weights, rng, n_trials=n_trials).evaluations
    tests = tests | {"untrained": evaluate(task, untrained_weights(task), rng, n_trials=n_trials)}
    return {
        lesion: by_condition(test, task.conditions, MEASURES)
        | {"balanced_accuracy": test.balanced_accuracy} for lesion, test in tests.items()
    }


def report(result):
    """Return the table for people."""
    names = result["conditions"]
    header = ("network", "lesion", *(f"{m} {c}" for m in MEASURES for c in names),
              "balanced accuracy")
    rows = [
        (network, lesion, *(cell(values[m][c]) for m in MEASURES for c in names),
         cell(values["balanced_accuracy"]))
        for network in result["networks"] for lesion, values in result[network].items()
    ]
    return f"{table(header, rows)}\n{networks.footnote(result)}"
