"""One small run of each part, its numbers and its bits.

    python -m tests.trust.golden --write     writes the numbers to golden_<part>.json
    python -m tests.trust.golden --digest    prints a checksum of every bit of the results

The numbers are compared on every version of Python and every machine, where compilers may sum in
another order. In Parts 2 and 3 the last bit may also decide whether a neuron spikes a step earlier,
hence their wider tolerance.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np

import src_part1 as one
import src_part2 as two
import src_part3 as three
from tests.part3.small import TRAINING, small_task

FOLDER = Path(__file__).parent
# Largest difference to the golden numbers, relative to the largest of an array.
TOLERANCE = {"part1": 1e-9, "part2": 1e-3, "part3": 1e-3}


def part1():
    """A rate network of 420 units, and FORCE."""
    rng = np.random.default_rng(11)
    parameters = one.RateNetworkParameters(n_units=420, dt=1.0, tau=10.0)
    timing = one.TrialTiming(10.0, 20.0, learn_on=20.0, learn_off=220.0, learn_every=5.0)
    targets = one.sine_targets(420, timing.update_times, rng)[None]
    task = one.RateTask(parameters, timing, targets, rng.normal(size=(1, 420)))
    start = rng.normal(size=(420, 420)) / np.sqrt(420)
    np.fill_diagonal(start, 0)
    result = one.train(task, start, n_loops=4, progress=False)
    network = one.force_network(one.ForceParameters(n_units=200), rng)
    target = one.sum_of_sines(np.arange(0.0, 400.0), period=200.0)
    run = one.train_force(network, target, progress=False)
    return {
        "curve": result.train_correlation,
        "weights": result.weights[:3, :7],
        "frozen": one.run_frozen_outputs(task, result.weights)[:3, ::8],
        "FORCE output": run.output[::40],
    }, (result.weights, result.rls.P, run.output, run.network.readout_weights)


def part2():
    """A LIF network of 420 neurons that learns sines."""
    rng = np.random.default_rng(12)
    timing = one.TrialTiming(50.0, 100.0, learn_on=100.0, learn_off=700.0, learn_every=10.0)
    task, start = two.make_pattern_task(
        "sines", two.LIFParameters(tau_syn=100.0, noise=0.1),
        two.LIFNetworkParameters(n_neurons=420), rng, time_scale=600.0, timing=timing,
    )
    untrained = two.run_frozen(task, start, np.random.default_rng(1))
    result = two.train(task, start, rng, n_loops=4, progress=False)
    frozen = two.run_frozen(task, result.weights, np.random.default_rng(2))
    rng = np.random.default_rng(3)
    outputs = two.run_frozen_outputs(task, result.weights, rng, n_trials=2).mean(axis=0)
    return {
        "untrained rate": np.array(untrained.counts.mean()),
        "curve": result.train_correlation,
        "frozen": outputs.mean(axis=0)[::10],
        "rate": np.array(frozen.counts.mean()),
    }, (untrained.spike_times, result.weights, result.rls.P, frozen.spike_times, outputs)


def part3():
    """A balanced network of 240 neurons, of which 24 learn: held by a teacher, then free."""
    task = small_task(precision="float64")
    task = dataclasses.replace(task, recorded_smoothing=140.0, targets=task.targets.astype(float))
    training = three.Training(task, TRAINING, seed=13).run(progress=False)
    found = three.evaluate(task, training.weights, np.random.default_rng(14), n_trials=8)
    state = training.state()
    # BLAS takes several threads for matrices of the full size only.
    rng = np.random.default_rng(15)
    of_full_size = three.SparseRLS(rng.integers(0, 1200, (20, 264)), 1500, 2.0, n_shared=300)
    of_full_size.update(rng.normal(size=(202, 1500)), rng.normal(size=(202, 20)))
    return {
        "transfer": task.transfer.rates(np.linspace(0.2, 1.2, 6), 5),
        "targets": task.targets[:, ::8, ::3],
        "held curve": np.array(training.held_curve[: TRAINING.held_loops]),
        "curve": np.array(training.curve),
        "wanted": training.wanted[:, ::3, ::8],
        "weights": training.weights[0].recurrent_weights[::6],
        "correlation": np.array(np.nanmedian(found.correlation)),
        "rates": found.rates.mean(axis=(0, 2)).reshape(2, 120).mean(axis=1),  # E and I
    }, (*(state[name] for name in sorted(state)), task.transfer.coefficients, task.targets,
        found.rates, found.mean_input, of_full_size.S, *of_full_size.solve())


PARTS = {"part1": part1, "part2": part2, "part3": part3}


def path_of(part):
    """File of a part's golden numbers."""
    return FOLDER / f"golden_{part}.json"


def difference(numbers, golden):
    """Largest difference relative to the largest number."""
    golden = np.asarray(golden)
    return float(np.abs(numbers - golden).max() / np.abs(golden).max())


def main():
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--digest", action="store_true")
    options = parser.parse_args()
    for name, run in PARTS.items():
        numbers, arrays = run()
        if options.write:
            text = json.dumps({k: np.asarray(v).tolist() for k, v in numbers.items()}, indent=1)
            path_of(name).write_text(text + "\n", encoding="utf-8")
        if options.digest:
            bits = b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)
            print(name, hashlib.sha256(bits).hexdigest())


if __name__ == "__main__":
    main()
