"""One training trial: frozen weights, sampled at the times of the targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from src_part1.parameters import n_steps_of
from src_part3.drive import make_drive
from src_part3.feedforward import draw_spikes
from src_part3.recorder import Recorder
from src_part3.simulator import advance
from src_part3.state import initial_state


@dataclass(frozen=True, eq=False)
class TrialSamples:
    """What learning needs from one trial, at the end of (or as the mean over) each bin.

    Attributes
    ----------
    rates : ndarray, shape (n_bins, n_neurons)
        Spikes of all neurons, filtered by the plastic synapses (1/ms).
    shared : ndarray, shape (n_bins, n_inputs)
        The same of the Poisson neurons.
    balanced, plastic : ndarray, shape (n_bins, n_trained)
        Mean external and static input, and mean plastic and feed-forward input (voltage).
    mean_rate : float
        Mean rate of all neurons after the cue (Hz).
    """

    rates: np.ndarray
    shared: np.ndarray
    balanced: np.ndarray
    plastic: np.ndarray
    mean_rate: float


def sample_trial(task, condition, weights, rng):
    """Run one trial with frozen weights and sample it at the times of the targets.

    Parameters
    ----------
    task : CortexTask
        The task.
    condition : int
        Which condition.
    weights : PlasticWeights
        The weights of this condition.
    rng : numpy.random.Generator
        Randomness of the first voltages and of the feed-forward spikes.

    Returns
    -------
    TrialSamples
        float32 arrays or float64 ones, as the network.

    Raises
    ------
    FloatingPointError
        If an input or a voltage is not finite.
    """
    network, trial = task.network, task.trial
    dt, trained = network.parameters.dt, network.trained
    state, recorder = initial_state(network, rng), Recorder(network)
    spikes = draw_spikes(task.feedforward, condition, rng)
    drive = make_drive(network, trial, cue=task.cues[condition], spikes=spikes)
    advance(network, state, n_steps_of("stim_off", trial.stim_off, dt), drive=drive,
            weights=weights, recorder=recorder)
    bin_steps = n_steps_of("bin_width", trial.bin_width, dt)
    rates = np.empty((task.n_bins, network.parameters.n_neurons), network.dtype)
    shared = np.empty((task.n_bins, network.n_inputs), network.dtype)
    balanced, plastic = np.empty((2, task.n_bins, network.parameters.n_exc), network.dtype)
    for b in range(task.n_bins):
        state.sum_balanced[:] = 0
        state.sum_plastic[:] = 0
        advance(network, state, bin_steps, drive=drive, weights=weights, recorder=recorder)
        rates[b], shared[b] = state.r_plastic, state.s_feedforward
        balanced[b], plastic[b] = state.sum_balanced, state.sum_plastic
    return TrialSamples(
        rates, shared, balanced[:, trained] / bin_steps + drive.baseline[trained],
        plastic[:, trained] / bin_steps, 1000.0 * float(rates.mean()),
    )
