"""A small balanced network and task on which the learning side is tested in seconds."""

import numpy as np

from src_part1.recordings import recordings_from_arrays
from src_part3.parameters import FeedforwardParameters, NetworkParameters, TrialParameters
from src_part3.task import make_task

NETWORK = NetworkParameters(
    n_exc=120, n_inh=120, out_degree=60, mu_exc=0.3, mu_inh=0.2, n_plastic_exc=5, n_plastic_inh=5
)
TRIAL = TrialParameters(duration=500.0, stim_on=40.0, stim_off=100.0)


def small_recordings(n_neurons=40):
    """Rates of two conditions over 400 ms that rise in one and fall in the other."""
    rng = np.random.default_rng(5)
    time = np.arange(-400.0, 1.0, 20.0)
    ramp = np.linspace(0, 1, time.size)
    base = rng.uniform(3.0, 12.0, (n_neurons, 1))
    slope = rng.uniform(-1.0, 1.0, (n_neurons, 1)) * base
    rates = np.maximum([base + slope * ramp, base - slope * ramp], 0.0)
    return recordings_from_arrays(rates, time, ("right", "left"))


def small_task(precision="float64", **changes):
    """A task of 40 trained neurons in a network of 240."""
    options = {
        "seed": 3, "network": NETWORK, "trial": TRIAL, "precision": precision,
        "feedforward": FeedforwardParameters(n_inputs=15, mean_rate=20.0, noise=0.8),
    }
    return make_task(small_recordings(), **(options | changes))
