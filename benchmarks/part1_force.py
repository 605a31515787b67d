"""Original FORCE: a chaotic network of 1000 units learns a sum of sines and goes on alone.

The normalised error is the root mean squared error over the target's standard deviation,
of the free-running readout over five periods.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measurement import machine, table
from src_part1 import (
    ForceParameters,
    force_network,
    normalised_error,
    run_force,
    sum_of_sines,
    train_force,
)

PERIOD = 1200.0  # ms


def add_arguments(parser):
    """Declare the options of this benchmark."""
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--periods", type=int, default=20, help="periods of training")
    parser.add_argument("--seeds", type=int, default=5, help="number of random networks")


def run(arguments):
    """Measure; see the module's docstring."""
    force_parameters = ForceParameters(n_units=arguments.units)
    dt = force_parameters.dt
    n_training = round(arguments.periods * PERIOD / dt)
    n_test = round(5 * PERIOD / dt)
    target = sum_of_sines(np.arange(1, n_training + n_test + 1) * dt, period=PERIOD)
    errors, seconds = [], []
    for seed in range(arguments.seeds):
        network = force_network(force_parameters, np.random.default_rng(seed))
        start = time.perf_counter()
        trained = train_force(network, target[:n_training], progress=False)
        seconds.append(time.perf_counter() - start)
        test = run_force(trained.network, n_test * dt)
        errors.append(float(normalised_error(test.output, target[n_training:])))
    return {
        "normalised_error": float(np.median(errors)),
        "normalised_error_by_seed": errors,
        "seconds": float(np.median(seconds)),
        "machine": machine(),
    }


def report(result):
    """Return the table for people."""
    rows = list(enumerate(result["normalised_error_by_seed"]))
    return (
        f"{table(('seed', 'normalised error'), rows)}\n"
        f"median {result['normalised_error']:.4f}; training {result['seconds']:.1f} s "
        f"({result['machine']})"
    )
