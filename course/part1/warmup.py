"""Compile every kernel of this part on a tiny problem, for machines where waiting hurts."""

from __future__ import annotations

import numpy as np

from src_part1.connectivity import random_weights
from src_part1.force import force_network, run_force, train_force
from src_part1.kernels import PARALLEL_STEPS_FROM
from src_part1.parameters import ForceParameters, RateNetworkParameters, TrialTiming
from src_part1.training import RateTask, run_frozen_outputs, train


def warm_kernels():
    """Call each kernel once, the serial and the parallel ones; numba keeps them on disk."""
    rng = np.random.default_rng(0)
    timing = TrialTiming(0.0, 1.0, 1.0, 3.0, 1.0)
    for n_units in (10, PARALLEL_STEPS_FROM):  # the kernels for large networks are parallel
        network_parameters = RateNetworkParameters(n_units, dt=0.5)
        task = RateTask(
            network_parameters, timing, rng.random((1, n_units, 2)), rng.random((1, n_units))
        )
        trained = train(task, random_weights(network_parameters, rng), n_loops=1, progress=False)
        run_frozen_outputs(task, trained.weights)
    network = force_network(ForceParameters(n_units=20), rng)
    run_force(train_force(network, np.ones(4), progress=False).network, 4.0)
