"""Compile every kernel of Part 3 on a tiny problem, for machines where waiting hurts."""

from __future__ import annotations

import numpy as np

from src_part1.recordings import recordings_from_arrays
from src_part3.evaluation import evaluate
from src_part3.parameters import BalancedNetworkParameters, FeedforwardParameters, TrialParameters
from src_part3.task import make_task
from src_part3.training import Training, TrainingParameters


def warm_kernels():
    """Simulate, train and test a tiny network in both precisions; numba keeps the code on disk."""
    network_parameters = BalancedNetworkParameters(
        n_exc=24, n_inh=24, out_degree=12, n_plastic_exc=2, n_plastic_inh=2, mu_exc=1.0, mu_inh=0.7
    )
    trial_parameters = TrialParameters(duration=200.0, stim_on=0.0, stim_off=20.0)
    feedforward_parameters = FeedforwardParameters(n_inputs=3)
    time = np.arange(0.0, 200.0, 20.0)
    rates = 5.0 + np.random.default_rng(0).random((2, 4, time.size))
    recordings = recordings_from_arrays(rates, time)
    for precision in ("float64", "float32"):
        task = make_task(
            recordings, network_parameters=network_parameters,
            trial_parameters=trial_parameters, feedforward_parameters=feedforward_parameters,
            precision=precision,
        )
        few = TrainingParameters(held_loops=1, held_trials=2, free_loops=0)
        training = Training(task, few).run(progress=False)
        evaluate(task, training.weights, np.random.default_rng(0), n_trials=2)
