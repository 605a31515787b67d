"""A task that is small enough for tests: 24 trained neurons of 240, 200 ms, two conditions."""

import functools

import numpy as np

from src_part1.recordings import recordings_from_arrays
from src_part3.parameters import BalancedNetworkParameters, FeedforwardParameters, TrialParameters
from src_part3.task import make_task
from src_part3.training import TrainingParameters

NETWORK = BalancedNetworkParameters(
    n_exc=120, n_inh=120, out_degree=48, n_plastic_exc=5, n_plastic_inh=6, tau_plastic=50.0,
    mu_exc=0.3, mu_inh=0.22, j_plastic_exc=0.1, j_plastic_inh=-0.1,
)
TRIAL = TrialParameters(duration=300.0, stim_on=60.0, stim_off=100.0)
# Both stages, in as few trials as can be, with a prior that does not follow the library's defaults.
TRAINING = TrainingParameters(
    held_loops=3, settling_loops=1, held_trials=2, watch_every=1, watched_trials=1, free_loops=2,
    free_trials=3, noise_weight=0.03, ridge=3.0,
)


def small_recordings(n_neurons=24, n_time=11, *, bin_width=20.0, names=("right", "left")):
    rng = np.random.default_rng(4)
    time = bin_width * np.arange(n_time)
    phase = rng.uniform(0, 2 * np.pi, (len(names), n_neurons, 1))
    rates = 8 + 4 * np.sin(2 * np.pi * time / time[-1] + phase)
    return recordings_from_arrays(rates, time - time[-1], names)


@functools.cache
def small_task(n_time=11, names=("right", "left"), clock="per_condition", n_inputs=15, **options):
    options = {
        "seed": 3, "network_parameters": NETWORK, "trial_parameters": TRIAL,
        "feedforward_parameters": FeedforwardParameters(clock, n_inputs=n_inputs, mean_rate=20.0),
    } | options
    return make_task(small_recordings(n_time=n_time, names=names), **options)
