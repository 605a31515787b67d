"""The networks of Part 3 that experiments and benchmarks train, keep in a folder and test."""

from __future__ import annotations

import json
import time
import warnings
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.measurement import peak_rss_mb
from benchmarks.original import train_original
from benchmarks.ramps import with_ramp
from experiments import study
from src_part1.recordings import recordings_from_arrays
from src_part3.evaluation import evaluate
from src_part3.network import PlasticWeights
from src_part3.parameters import BalancedNetworkParameters, FeedforwardParameters
from src_part3.storage import load_network, save_network
from src_part3.task import BalancedTask, make_task, network_for
from src_part3.training import TrainingParameters, train

DIAL = ("none", "common", "per_condition", "original")
EQUAL = 0.03  # networks whose corrected correlations differ by no more are compared
_CLOCKS = {"ramp": "common", "original": "per_condition"}


class Trained(NamedTuple):
    """A trained network and how it came about."""

    task: BalancedTask
    weights: tuple[PlasticWeights, ...]
    record: dict  # seconds, peak_rss_mb, n_rls_updates, recipe


def add_arguments(parser, *, seeds=(0,), trials=100):
    """Declare the options that all measurements of trained networks have."""
    pair = {"type": int, "nargs": 2, "metavar": ("HELD", "FREE")}
    parser.add_argument("--source", default="auto", help="recordings: a word or a folder")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(seeds), help="of the networks")
    parser.add_argument("--loops", **pair, help="with the teacher and in the closed loop")
    parser.add_argument("--loop-trials", **pair, help="of each condition in a loop of each stage")
    parser.add_argument("--trials", type=int, default=trials, help="test trials of each condition")
    study.add_arguments(parser)


def training_parameters(arguments, **changes):
    """The library's defaults but for loops and trials that are given, and other changes."""
    names = ("held", "free")
    for what, values in (("loops", arguments.loops), ("trials", arguments.loop_trials)):
        given = {f"{n}_{what}": v for n, v in zip(names, values or (), strict=False)}
        changes = given | changes
    p = replace(TrainingParameters(), **changes)
    return replace(p, settling_loops=min(p.settling_loops, p.held_loops // 3))


def train_network(name, recordings, seed, arguments, *, label=None, network_parameters=None,
                  **changes):
    """Draw and train a network, or take it from the folder where an earlier run left it.

    Parameters
    ----------
    name : {"none", "common", "ramp", "per_condition", "original"}
        The clock: a ramp is a common one. The original's rule has one for each condition.
    recordings : Recordings
        Recorded rates.
    seed : int
        Source of all that is drawn.
    arguments : argparse.Namespace
        Options of `add_arguments`.
    label : str, optional
        Name in the folder, ``name`` by default.
    network_parameters : BalancedNetworkParameters, optional
        Numbers of the network, by default those of the library for this clock.
    **changes
        Other `TrainingParameters`.

    Returns
    -------
    Trained
        The network.
    """
    clock = _CLOCKS.get(name, name)
    if network_parameters is None:
        network_parameters = network_for(recordings.n_neurons, clock)
    p = training_parameters(arguments, **changes)
    recipe = {
        "clock": name, "network": asdict(network_parameters), "training": asdict(p),
        "provenance": recordings.provenance,
    }
    file = None if arguments.folder is None else (
        Path(arguments.folder) / f"{label or name}-seed{seed}.npz"
    )
    if file is not None and file.exists():
        return _stored(file, recipe)
    load_kernels()
    start = time.perf_counter()
    drawn = make_task(
        recordings, seed=seed, network_parameters=network_parameters, original=name == "original",
        feedforward_parameters=FeedforwardParameters(clock=clock),
    )
    task = with_ramp(drawn) if name == "ramp" else drawn
    weights, n_updates = _learn(name, task, p, seed + 1, arguments)
    record = {
        "seconds": time.perf_counter() - start, "peak_rss_mb": peak_rss_mb(),
        "n_rls_updates": n_updates, "recipe": recipe,
    }
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
        save_network(file, drawn, weights)  # a ramp is no part of the file
    return Trained(task, weights, record)


def _stored(file, recipe):
    record = json.loads(file.with_suffix(".json").read_text())
    if record["recipe"] != recipe:
        raise SystemExit(f"{file} was made by another recipe; name another folder.")
    task, weights = load_network(file)
    return Trained(with_ramp(task) if recipe["clock"] == "ramp" else task, weights, record)


def _learn(name, task, parameters, seed, arguments):
    """The learned weights, and in how many loops they changed."""
    if name == "original":
        n_loops = 50 if arguments.loops is None else parameters.total_loops
        found = train_original(task, np.random.default_rng(seed), n_loops=n_loops,
                               measure_every=n_loops)
        return found.weights, n_loops
    sizes = [0.0]

    def after_loop(training):
        sizes.append(_change(training.task, training.weights))

    training = train(task, parameters, seed=seed, after_loop=after_loop)
    if training.n_done < parameters.total_loops:
        raise SystemExit("interrupted: this network is not kept.")
    return training.weights, int(np.count_nonzero(np.diff(sizes)))


def _change(task, weights):
    before = untrained_weights(task)
    return float(sum(np.square(a - b, dtype=float).sum() for old, new in zip(
        before, weights, strict=True
    ) for a, b in ((new.recurrent_weights, old.recurrent_weights),
                   (new.feedforward_weights, old.feedforward_weights))))


@cache
def load_kernels():
    """Compile or load all kernels, so that no clock counts it."""
    time_ms = 20.0 * np.arange(6)
    rates = 8 + 4 * np.sin(time_ms / 30 + np.arange(24).reshape(2, 12, 1))
    network_parameters = BalancedNetworkParameters(
        n_exc=120, n_inh=120, out_degree=48, n_plastic_exc=5, n_plastic_inh=5, mu_exc=0.3,
        mu_inh=0.22,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        task = make_task(recordings_from_arrays(rates, time_ms, ("right", "left")),
                         network_parameters=network_parameters)
        p = TrainingParameters(held_loops=1, settling_loops=0, held_trials=2, max_rate=1e9)
        train(task, p, total_loops=1, progress=False)


def untrained_weights(task):
    """The weights of each condition from before learning."""
    return (task.network.initial_weights(),) * task.n_conditions


def tested(trained, seed, arguments):
    """Test frozen weights in as many trials as the options say."""
    rng = np.random.default_rng(seed + 2)
    return evaluate(trained.task, trained.weights, rng, n_trials=arguments.trials)


def by_condition(test, conditions, measures):
    """Measures of `Evaluation.summary` as ``{measure: {condition: value}}``."""
    summaries = dict(zip(conditions, test.summary(), strict=True))
    return {m: {name: summary[m] for name, summary in summaries.items()} for m in measures}


def about(arguments, recordings):
    """What the numbers of a table rest on."""
    p = training_parameters(arguments)
    return {
        "seeds": arguments.seeds, "loops": [p.held_loops, p.free_loops],
        "n_trials": arguments.trials, "n_neurons": recordings.n_neurons,
        "conditions": list(recordings.conditions), "source": recordings.source,
    }


def footnote(result):
    """The same for people."""
    held, free = result["loops"]
    return (
        f"({len(result['seeds'])} networks, {result['n_neurons']} neurons ({result['source']}), "
        f"{held} + {free} loops, {result['n_trials']} test trials of each condition; "
        f"{result['machine']})"
    )


def within_equal(values):
    """Indices of the most values that lie within `EQUAL` of one another; NaN counts as -1."""
    values = np.nan_to_num(values, nan=-1.0)
    below = values[:, None] - values  # how far the second lies below the first
    groups = (below >= 0) & (below <= EQUAL)
    best = max(range(len(values)), key=lambda i: (groups[i].sum(), values[i]))
    return np.flatnonzero(groups[best]).tolist()
