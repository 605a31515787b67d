"""Distractors in the balanced network: do they switch its side, does a common ramp protect it.

The distractor is the other condition's cue, briefly, at some times of the delay. Networks without a
clock (``without_ramp``) and with Poisson neurons whose common rates grow through the trial
(``with_ramp``) learn the same rates; in ``ramp_clamped`` the ramp of the same trained network stays
at its value from ``--clamped-after`` ms after the cue on (Finkelstein et al. 2021, Nat Neurosci
24:843).
For each condition by itself and by time of the distractor: where each trial ended (``positions``:
0 is the mean end of its own condition's undisturbed trials, 1 that of the other's), and over
networks the share beyond 0.5 and the mean. Undisturbed trials stand beside them: a memory that
falls to the other side without any distractor is not switched by one.
"""

from __future__ import annotations

import numpy as np

from benchmarks.measurement import cell, machine, over_networks, table
from benchmarks.ramps import with_held_clock
from experiments import networks
from experiments.networks import by_condition, tested, train_network
from experiments.study import run_study
from src_part1.recordings import load_recordings
from src_part3.perturbations import run_distractors

MEASURES = ("switched_share", "end_error")
QUALITY = ("corrected_correlation", "r2_corrected")
VARIANTS = ("without_ramp", "with_ramp", "ramp_clamped")
# Fewer networks, loops and times.
BRIEF = (
    "--loops", "12", "4", "--trials", "8", "--after", "100", "1200", "--seeds", "0", "1", "2",
)


def add_arguments(parser):
    """Declare the options of this benchmark."""
    networks.add_arguments(parser, seeds=(0, 1, 2, 3, 4), trials=20)
    parser.add_argument("--after", type=float, nargs="+", default=[100.0, 400.0, 800.0, 1200.0],
                        help="times of the distractor after the cue (ms)")
    parser.add_argument("--strength", type=float, default=1.0, help="in units of the cue")
    parser.add_argument("--duration", type=float, default=100.0, help="of the distractor (ms)")
    parser.add_argument("--clamped-after", type=float, default=800.0, help="after the cue (ms)")
    parser.add_argument("--without-ramp-only", action="store_true", help="no clock, no ramps")


def run(arguments):
    """Measure; see the module's docstring."""
    recordings = load_recordings(arguments.source)
    (samples,) = run_study(sample, recordings, arguments)
    result = {}
    for name in samples[0]:
        measured, positions = zip(*(one[name] for one in samples), strict=True)
        result[name] = {"times": arguments.after} | over_networks(measured) | {
            key: {c: [p[key][c] for p in positions] for c in recordings.conditions}
            for key in positions[0]
        }
    return result | networks.about(arguments, recordings) | {
        "strength": arguments.strength, "duration": arguments.duration, "machine": machine(),
    }


def sample(recordings, seed, arguments):
    """For each variant its measures, and its positions trial by trial."""
    trained = {"without_ramp": train_network("none", recordings, seed, arguments)}
    if not arguments.without_ramp_only:
        ramp = trained["with_ramp"] = train_network("ramp", recordings, seed, arguments)
        at = ramp.task.trial_parameters.stim_off + arguments.clamped_after
        trained["ramp_clamped"] = ramp._replace(task=with_held_clock(ramp.task, at))
    return {name: _one(network, seed, arguments) for name, network in trained.items()}


def _one(network, seed, arguments):
    task = network.task
    found = run_distractors(
        task, network.weights, task.trial_parameters.stim_off + np.array(arguments.after),
        np.random.default_rng(seed + 2), strength=arguments.strength,
        duration=arguments.duration, n_trials=arguments.trials,
    )
    test = tested(network, seed, arguments)

    def named(values):
        return dict(zip(task.conditions, np.asarray(values).tolist(), strict=True))

    measured = {
        "switched_share": named(found.switched_share), "end_error": named(found.end_error),
        "undisturbed_switched": named((found.undisturbed > 0.5).mean(axis=1)),
        "balanced_accuracy": test.balanced_accuracy,
    } | by_condition(test, task.conditions, QUALITY)
    return measured, {"positions": named(found.positions),
                      "undisturbed_positions": named(found.undisturbed)}


def report(result):
    """Return the table for people."""
    rows = []
    for name in (v for v in VARIANTS if v in result):
        values = result[name]
        for condition in result["conditions"]:
            for measure in MEASURES:
                means, errors = values[measure][condition].values()
                undisturbed = cell(values["undisturbed_switched"][condition])
                rows.append((
                    name, condition, measure,
                    *(f"{m:.2f} +- {e:.2f}" for m, e in zip(means, errors, strict=True)),
                    undisturbed if measure == "switched_share" else "0",
                    cell(values["corrected_correlation"][condition]),
                ))
    times = (f"{after:g} ms" for after in result["without_ramp"]["times"])
    header = ("", "condition", "", *times, "undisturbed", "corrected correlation")
    return (
        f"{table(header, rows)}\n(distractor of {result['duration']:g} ms, {result['strength']:g} "
        f"times the cue)\n{networks.footnote(result)}"
    )
