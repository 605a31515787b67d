"""Distractors in the balanced network: do they switch its side, does a common ramp protect it.

The distractor is the other condition's cue, briefly, at some times of the delay. Networks without a
clock (``without_ramp``) and with Poisson neurons whose common rates grow through the trial
(``with_ramp``) learn the same rates; in ``ramp_clamped`` the ramp of the same trained network stays
at its value from ``--clamped-after`` ms after the cue on (Finkelstein et al. 2021, Nat Neurosci
24:843).
By time of the distractor, over several networks, each the mean of its conditions: the share of
trials that end at the other side, and the mean end on the axis from their own (0) to the other
condition's (1) undisturbed end.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measurement import machine, mean_and_error, table
from benchmarks.networks import few_neurons, recurrent_task, train_briefly
from src_part1.recordings import load_recordings
from src_part3.clock import with_held_clock, with_ramp
from src_part3.evaluation import evaluate
from src_part3.perturbations import run_distractors

MEASURES = ("switched_share", "end_error")
# All recorded neurons, fewer networks, loops and times.
BRIEF = (
    "--n-recorded", "1824", "--loops", "12", "--trials", "8", "--after", "100", "1200",
    "--seeds", "0", "1", "2",
)


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--source", default="auto", help="recordings: a word or a folder")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--after", type=float, nargs="+", default=[100.0, 400.0, 800.0, 1200.0],
                        help="times of the distractor after the cue (ms)")
    parser.add_argument("--strength", type=float, default=1.0, help="in units of the cue")
    parser.add_argument("--duration", type=float, default=100.0, help="of the distractor (ms)")
    parser.add_argument("--clamped-after", type=float, default=800.0, help="after the cue (ms)")
    parser.add_argument("--loops", type=int, default=24)
    parser.add_argument("--trials", type=int, default=20, help="of each condition and time")
    parser.add_argument("--n-recorded", type=int, default=500)


def run(arguments):
    """Measure; see the module's docstring."""
    recordings = load_recordings(arguments.source)
    start = time.perf_counter()
    samples = [_sample(recordings, seed, arguments) for seed in arguments.seeds]
    return {
        name: {"times": arguments.after} | {
            measure: mean_and_error([s[name][measure] for s in samples])
            for measure in (*MEASURES, "undisturbed_switched", "corrected_correlation")
        }
        for name in samples[0]
    } | {
        "seeds": arguments.seeds, "strength": arguments.strength, "duration": arguments.duration,
        "loops": arguments.loops, "n_trials": arguments.trials,
        "n_trained": min(arguments.n_recorded, recordings.n_neurons),
        "seconds": time.perf_counter() - start, "source": recordings.source, "machine": machine(),
    }


def _sample(recordings, seed, arguments):
    recordings = few_neurons(recordings, arguments.n_recorded, seed)
    without = recurrent_task(recordings, seed)
    ramp = with_ramp(recurrent_task(recordings, seed, clock="common"))
    at_cue = without.trial_parameters.stim_off
    learned = {
        name: train_briefly(task, seed + 1, arguments.loops)
        for name, task in (("without_ramp", without), ("with_ramp", ramp))
    }
    networks = {
        "without_ramp": (without, learned["without_ramp"]),
        "with_ramp": (ramp, learned["with_ramp"]),
        "ramp_clamped": (with_held_clock(ramp, at_cue + arguments.clamped_after),
                         learned["with_ramp"]),
    }
    sample = {}
    for name, (task, weights) in networks.items():
        rng = np.random.default_rng(seed + 2)
        result = run_distractors(
            task, weights, at_cue + np.array(arguments.after), rng, strength=arguments.strength,
            duration=arguments.duration, n_trials=arguments.trials,
        )
        test = evaluate(task, weights, rng, n_trials=max(arguments.trials, 2))
        sample[name] = {
            "switched_share": result.switched_share.mean(axis=0),
            "end_error": result.end_error.mean(axis=0),
            "undisturbed_switched": (result.undisturbed > 0.5).mean(),
            "corrected_correlation": np.mean(
                [summary["corrected_correlation"] for summary in test.summary()]
            ),
        }
    return sample


def report(result):
    """Return the table for people."""
    names = ("without_ramp", "with_ramp", "ramp_clamped")
    rows = [
        (f"{measure} {name}", *(
            f"{mean:.2f} +- {error:.2f}" for mean, error in
            zip(values["mean"], values["standard_error"], strict=True)
        ))
        for measure in MEASURES for name in names for values in (result[name][measure],)
    ]
    header = ("", *(f"{after:g} ms" for after in result["without_ramp"]["times"]))
    return (
        f"{table(header, rows)}\n(distractor of {result['duration']:g} ms, {result['strength']:g} "
        f"times the cue; {len(result['seeds'])} networks, {result['n_trained']} trained neurons "
        f"({result['source']}), {result['n_trials']} trials; {result['seconds']:.0f} s; "
        f"{result['machine']})"
    )
