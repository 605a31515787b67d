"""What RLS in Part 3 owes to each choice: one thing changed at a time.

Each row trains the same network without a clock from the same seeds and is tested with frozen
weights.
"""

from __future__ import annotations

from benchmarks.measurement import machine, table
from experiments import networks
from experiments.networks import by_condition, tested, train_network
from experiments.study import run_study
from src_part1.recordings import load_recordings
from src_part1.training_loop import TrainingDivergedError
from src_part3.analysis import weight_gain

# Name: changed training parameters.
LESSONS = {
    "defaults": {},
    "teacher's stage only": {"free_loops": 0},
    "noise counts for nothing": {"noise_weight": 0.0},
    "noise counts four times as much": {"noise_weight": 0.16},
    "closed loop remembers one loop": {"memory": 1.0},
    "closed loop forgets nothing": {"memory": 1e6},
    "one pattern of the error": {"error_patterns": 1},
    "all patterns of the error": {"error_patterns": 10_000},
}
MEASURES = ("corrected_correlation", "median_correlation", "r2_corrected", "modulation_slope")
SCALARS = ("balanced_accuracy", "weight_gain", "seconds")
BRIEF = (
    "--lessons", "defaults", "teacher's stage only", "noise counts for nothing", "--loops", "12",
    "4", "--trials", "30",
)


def add_arguments(parser):
    """Declare the options of this benchmark."""
    networks.add_arguments(parser, trials=50)
    parser.add_argument(
        "--lessons", nargs="*", choices=list(LESSONS), default=list(LESSONS), metavar="NAME",
        help="rows of the table, all by default",
    )


def run(arguments):
    """Measure; see the module's docstring."""
    recordings = load_recordings(arguments.source)
    arguments.seeds = arguments.seeds[:1]
    found = run_study(sample, recordings, arguments, lesson=arguments.lessons)
    rows = {name: row for name, (row,) in zip(arguments.lessons, found, strict=True)}
    return {"lessons": rows} | networks.about(arguments, recordings) | {"machine": machine()}


def sample(recordings, seed, arguments, lesson):
    """One row of the table."""
    try:
        trained = train_network("none", recordings, seed, arguments, label=f"lesson {lesson}",
                                **LESSONS[lesson])
    except TrainingDivergedError as error:
        return {"diverged": str(error)}
    test = tested(trained, seed, arguments)
    return by_condition(test, trained.task.conditions, MEASURES) | {
        "balanced_accuracy": test.balanced_accuracy,
        "weight_gain": weight_gain(trained.task, trained.weights),
        "seconds": trained.record["seconds"],
    }


def report(result):
    """Return the table for people."""
    names = result["conditions"]
    header = ["one thing changed", *(f"{m} {c}" for m in MEASURES for c in names), *SCALARS]
    rows = [
        [name, *(["diverged"] * (len(header) - 1) if "diverged" in row else
                 [row[m][c] for m in MEASURES for c in names] + [row[m] for m in SCALARS])]
        for name, row in result["lessons"].items()
    ]
    return f"{table(header, rows)}\n{networks.footnote(result)}"
