"""Compile every kernel of this part on a tiny problem, for machines where waiting hurts."""

from __future__ import annotations

import numpy as np

from src_part1.connectivity import random_weights
from src_part1.force import force_network, run_force, train_force
from src_part1.parameters import ForceParameters, RateNetworkParameters, TrialTiming
from src_part1.training import RateTask, forced_start, run_frozen_outputs, train


def warm_kernels():
    """Call each kernel once; numba keeps them on disk."""
    rng = np.random.default_rng(0)
    network_parameters = RateNetworkParameters(10, dt=0.5)
    timing = TrialTiming(0.0, 1.0, 1.0, 3.0, 1.0)
    task = RateTask(network_parameters, timing, rng.random((1, 10, 2)), rng.random((1, 10)))
    weights = random_weights(network_parameters, rng)
    trained = train(task, weights, n_loops=1, progress=False)
    run_frozen_outputs(task, trained.weights)
    start, rls = forced_start(task, weights, rank=2)
    train(task, start, rls=rls, n_loops=1, progress=False)
    network = force_network(ForceParameters(n_units=20), rng)
    run_force(train_force(network, np.ones(4), progress=False).network, 4.0)
