"""What gates a distractor in the rate network: a ramp, the time that has passed, or nothing.

Rate networks learn a population with a cue for each condition (Part 1), with noise. Then the other
condition's cue comes once more, for 50 ms, somewhere in the delay. Ends of trials are measured on
the axis between the conditions' undisturbed ends: 0 is the own end, 1 the other's, and beyond a
half a trial has switched; ``off_axis`` says how far from that axis it ended. Five networks:

- without_ramp: nothing tells the time;
- with_ramp: an input grows through the delay, the same in both conditions;
- ramp_clamped: the same network, while the ramp rests from an early time on (the axis, too);
- held_with_ramp, held_ramp_clamped: the same two for a network that also learned trials in which
  the ramp, and the population with it, stopped. Only there does the ramp, and not the time that
  has passed, say where the population shall be.

Finkelstein et al. (2021) report that late distractors switch few trials, and that with the ramp
clamped they work like early ones. ``twice`` holds the same with a distractor of twice the strength:
a network with two attractors would answer to it in steps, a graded memory gives twice the error.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measurement import machine, mean_and_error, table
from experiments import study
from src_part1 import (
    correlation,
    load_recordings,
    make_task,
    run_distractors,
    run_population,
    train,
    with_held_ramps,
    with_ramp,
)

KINDS = ("without_ramp", "with_ramp", "ramp_clamped", "held_with_ramp", "held_ramp_clamped")
MEASURES = ("end_error", "switched_share", "off_axis")
# Fewer networks.
BRIEF = ("--seeds", "3")


def add_arguments(parser):
    """Declare the options of this benchmark."""
    study.add_arguments(parser)
    parser.add_argument("--source", default="auto",
                        help="folder of the ALM files, or a source")
    parser.add_argument("--neurons", type=int, default=300)
    parser.add_argument("--loops", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=5, help="number of networks of each kind")
    parser.add_argument("--trials", type=int, default=10, help="for each condition and time")
    parser.add_argument("--strength", type=float, default=1.0, help="in units of the cue")
    parser.add_argument("--noise", type=float, default=0.1, help="while learning and in the test")
    parser.add_argument("--clamp", type=float, default=0.4,
                        help="where the ramp is clamped, as a share of the delay")


def sample(recordings, seed, arguments):
    """Measure networks of all kinds, drawn with one seed."""
    rng = np.random.default_rng(seed)
    if arguments.neurons < recordings.n_neurons:
        recordings = recordings.select(arguments.neurons, rng=rng)
    plain = make_task(recordings, rng)
    ramp = with_ramp(plain, rng)
    first, delay = plain.bin_times[0], np.ptp(plain.bin_times)
    held = with_held_ramps(ramp, first + np.array([0.2, 0.4, 0.6, 0.8]) * delay)
    clamped = ramp.task.hold_inputs(first + arguments.clamp * delay)
    times = np.round(first + np.linspace(0.1, 0.9, 6) * delay, -1)
    result = {"times": times - plain.bin_times[-1]}
    for learned, recorded_task, tested in (
        (plain.task, plain, {"without_ramp": plain.task}),
        (ramp.task, ramp, {"with_ramp": ramp.task, "ramp_clamped": clamped}),
        (held, ramp, {"held_with_ramp": ramp.task, "held_ramp_clamped": clamped}),
    ):
        weights = train(
            learned, plain.initial_weights, ridge=10.0, n_loops=arguments.loops,
            noise=arguments.noise, rng=rng, progress=False,
        ).weights
        by_neuron = correlation(run_population(recorded_task, weights), recordings.rates)
        for kind, task in tested.items():
            measured = {"median_test_correlation": np.nanmedian(by_neuron, axis=1).mean()}
            for name, strength in (("once", 1.0), ("twice", 2.0)):
                run = run_distractors(
                    task, weights, times, rng, strength=strength * arguments.strength,
                    noise=arguments.noise, n_trials=arguments.trials,
                )
                measured[name] = {
                    "end_error": run.end_error, "switched_share": run.switched_share,
                    "off_axis": run.off_axis.mean(axis=(0, 2)),
                }
            measured["undisturbed_switched_share"] = (run.undisturbed > 0.5).mean()
            measured["distance"] = run.distance
            result[kind] = measured
    return result


def run(arguments):
    """Measure; see the module's docstring."""
    start = time.perf_counter()
    if arguments.seeds < 2:
        raise SystemExit(f"--seeds must be at least 2 for a standard error, got {arguments.seeds}.")
    recordings = load_recordings(arguments.source)
    arguments.seeds = list(range(arguments.seeds))
    (networks,) = study.run_study(sample, recordings, arguments)
    result = {}
    for kind in KINDS:
        of_kind = [network[kind] for network in networks]
        by_strength = {
            name: {m: mean_and_error([one[name][m] for one in of_kind]) for m in MEASURES}
            for name in ("once", "twice")
        }
        result[kind] = {"times": networks[0]["times"], **by_strength["once"]}
        result[kind]["twice"] = by_strength["twice"]
        for name in ("undisturbed_switched_share", "distance", "median_test_correlation"):
            result[kind][name] = mean_and_error([one[name] for one in of_kind])
    return result | {
        "source": recordings.source, "neurons": min(arguments.neurons, recordings.n_neurons),
        "loops": arguments.loops, "seeds": arguments.seeds,
        "trials": arguments.trials, "strength": arguments.strength, "noise": arguments.noise,
        "clamp": arguments.clamp, "seconds": time.perf_counter() - start, "machine": machine(),
    }


def report(result):
    """Return the table for people."""
    times = result["without_ramp"]["times"]
    rows = []
    for kind in KINDS:
        for name, values in (("", result[kind]), (" x 2", result[kind]["twice"])):
            for measure in MEASURES:
                pairs = zip(*(values[measure][k] for k in ("mean", "standard_error")), strict=True)
                cells = [f"{mean:.2f} ± {error:.2f}" for mean, error in pairs]
                rows.append((kind + name, measure.replace("_", " "), *cells))
    header = ("network", "", *(f"{t:.0f} ms" for t in times))
    others = "; ".join(
        f"{kind} {result[kind]['distance']['mean']:.2f} apart, correlation "
        f"{result[kind]['median_test_correlation']['mean']:.3f}" for kind in KINDS
    )
    return (
        f"{table(header, rows)}\n{others}.\nTimes to the go cue; mean and standard error over "
        f"{len(result['seeds'])} networks of {result['neurons']} neurons ({result['source']}), "
        f"{result['seconds']:.0f} s ({result['machine']})"
    )
