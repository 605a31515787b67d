"""What few plastic synapses cost: quality, gain of the learned weights and seconds by in-degree.

Networks without a clock learn the same rates with 20 to 528 plastic synapses of each kind (fewer
from E neurons where not so many others are trained). The same readout from more synapses has
smaller weights: their gain as a random matrix falls with the root of their number.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.measurement import machine, table
from experiments import networks
from experiments.networks import by_condition, tested, train_network
from experiments.study import run_study
from src_part1.recordings import load_recordings
from src_part1.training_loop import TrainingDivergedError
from src_part3.analysis import weight_gain

MEASURES = ("corrected_correlation", "r2_corrected", "modulation_slope")
SCALARS = ("balanced_accuracy", "weight_gain", "seconds")
BRIEF = ("--in-degrees", "20", "132", "264", "--loops", "12", "4", "--trials", "30")


def add_arguments(parser):
    """Declare the options of this benchmark."""
    networks.add_arguments(parser)
    parser.add_argument("--in-degrees", type=int, nargs="+", default=[20, 66, 132, 264, 528],
                        help="plastic synapses of each kind")


def run(arguments):
    """Measure; see the module's docstring."""
    recordings = load_recordings(arguments.source)
    found = run_study(sample, recordings, arguments, in_degree=arguments.in_degrees)
    rows = [row for of_degree in found for row in of_degree]
    return {"rows": rows} | networks.about(arguments, recordings) | {"machine": machine()}


def sample(recordings, seed, arguments, in_degree):
    """One row of the table."""
    network_parameters = replace(
        networks.network_for(recordings.n_neurons, "none"),
        n_plastic_exc=min(in_degree, recordings.n_neurons - 1), n_plastic_inh=in_degree,
    )
    row = {"in_degree": in_degree, "seed": seed,
           "n_plastic_exc": network_parameters.n_plastic_exc,
           "n_plastic_inh": network_parameters.n_plastic_inh}
    try:
        trained = train_network("none", recordings, seed, arguments, label=f"none-{in_degree}",
                                network_parameters=network_parameters)
    except TrainingDivergedError as error:
        return row | {"diverged": str(error)}
    test = tested(trained, seed, arguments)
    return row | by_condition(test, trained.task.conditions, MEASURES) | {
        "balanced_accuracy": test.balanced_accuracy,
        "weight_gain": weight_gain(trained.task, trained.weights),
        "seconds": trained.record["seconds"],
    }


def report(result):
    """Return the table for people."""
    names = result["conditions"]
    header = ("synapses E + I", "seed", *(f"{m} {c}" for m in MEASURES for c in names), *SCALARS)
    rows = [
        (f"{row['n_plastic_exc']} + {row['n_plastic_inh']}", row["seed"], *(
            ["diverged"] if "diverged" in row else
            [row[m][c] for m in MEASURES for c in names] + [row[m] for m in SCALARS]
        )) for row in result["rows"]
    ]
    rows = [(*row, *[""] * (len(header) - len(row))) for row in rows]
    return f"{table(header, rows)}\n{networks.footnote(result)}"
