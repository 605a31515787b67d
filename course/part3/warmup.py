"""Compile every kernel of Part 3 on a tiny problem, for machines where waiting hurts."""

from __future__ import annotations

import numpy as np

from src_part1.recordings import recordings_from_arrays
from src_part3.evaluation import evaluate
from src_part3.parameters import BalancedNetworkParameters, FeedforwardParameters, TrialParameters
from src_part3.task import make_task
from src_part3.training import TrainingParameters, train

_NETWORK = BalancedNetworkParameters(
    n_exc=24, n_inh=24, out_degree=12, n_plastic_exc=2, n_plastic_inh=2, mu_exc=1.0, mu_inh=0.7
)
_TRIAL = TrialParameters(duration=200.0, stim_on=0.0, stim_off=20.0)
_TRAINING = TrainingParameters(
    held_loops=1, settling_loops=0, held_trials=2, watched_trials=1, free_loops=1, free_trials=2,
    ridge=1e3, max_rate=1e4,
)


def warm_kernels():
    """Train and test tiny networks with and without a clock, in both precisions.

    Numba keeps the code on disk.
    """
    time = np.arange(0.0, 200.0, 20.0)
    rates = 5.0 + np.random.default_rng(0).random((2, 4, time.size))
    recordings, rng = recordings_from_arrays(rates, time), np.random.default_rng(0)
    for precision in ("float64", "float32"):
        for clock in ("none", "per_condition"):
            task = make_task(
                recordings, network_parameters=_NETWORK, trial_parameters=_TRIAL,
                feedforward_parameters=FeedforwardParameters(clock=clock, n_inputs=3),
                precision=precision, original=True,
            )
            evaluate(task, train(task, _TRAINING, progress=False).weights, rng, n_trials=2)
