"""From recorded firing rates to the synaptic input that a trained neuron shall receive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from src_part1.parameters import n_steps_of
from src_part1.validation import check_real, check_rng
from src_part2.siegert import siegert_mean_input
from src_part3.simulator import advance
from src_part3.state import initial_state

# The smallest rate that is inverted (Hz): a silent bin has no finite mean input.
LOWEST_RATE = 0.1


@dataclass(frozen=True, eq=False)
class InputStatistics:
    """Mean and fluctuation of the static input of each neuron of a network.

    Attributes
    ----------
    mean : ndarray, shape (n_neurons,)
        Mean over time of external and static input (voltage).
    sd : ndarray, shape (n_neurons,)
        Standard deviation over time (voltage).
    sigma : float
        White-noise strength that stands for the fluctuation of E neurons in Siegert's formula.
    """

    mean: np.ndarray
    sd: np.ndarray
    sigma: float


def measure_inputs(network, rng, *, duration=3000.0, settle=500.0, every=1.0):
    r"""Measure the static input of a network without cue.

    Parameters
    ----------
    network : Network
        The untrained network.
    rng : numpy.random.Generator
        Randomness of the first voltages.
    duration, settle : float, optional
        Time that is measured, and time that is left out before it (ms).
    every : float, optional
        Time between two samples (ms).

    Returns
    -------
    InputStatistics
        ``sigma`` is the mean ``sd`` of E neurons over :math:`\sqrt{1.3\, \tau_{syn}}`, a rule of
        the original tutorial for tau_m = 10 ms (tau_syn in ms): it lies below the white-noise
        limit ``sd * sqrt(2 tau_syn / tau_m)``, since the membrane does not follow coloured noise
        at once.
    """
    rng = check_rng("rng", rng)
    p = network.parameters
    gap = n_steps_of("every", every, p.dt)
    n_samples = n_steps_of("duration", duration, every)
    state = initial_state(network, rng)
    advance(network, state, n_steps_of("settle", settle, p.dt))
    total = np.zeros(p.n_neurons)
    squares = np.zeros(p.n_neurons)
    for _ in range(n_samples):
        advance(network, state, gap)
        total += state.u_balanced
        squares += np.square(state.u_balanced, dtype=np.float64)
    mean = total / n_samples
    sd = np.sqrt(np.maximum(squares / n_samples - mean**2, 0))
    sigma = sd[: p.n_exc].mean() / np.sqrt(1.3 * p.tau_syn)
    return InputStatistics(mean + p.external_input, sd, float(sigma))


def input_targets(rates, sigma, *, tau_m=10.0, v_th=1.0, v_reset=0.0, lowest=LOWEST_RATE):
    """Return the mean input at which an LIF neuron with noise fires at the given rates.

    Each rate is inverted by itself (Siegert's formula, :func:`src_part2.siegert.siegert_rate`).

    Parameters
    ----------
    rates : array_like, any shape
        Recorded rates (Hz), for example ``Recordings.rates``.
    sigma : float
        White-noise strength, from :func:`measure_inputs`.
    tau_m : float, optional
        Membrane time constant (ms).
    v_th, v_reset : float, optional
        Threshold and reset (voltage).
    lowest : float, optional
        Lower rates are raised to this one (Hz), since no finite input silences a noisy neuron.

    Returns
    -------
    ndarray, shape of ``rates``
        Target for external, static and plastic input together (voltage).

    Raises
    ------
    TypeError, ValueError
        If a rate is negative or not finite, or a parameter is out of its bounds.
    """
    lowest = check_real("lowest", lowest, unit="Hz", above=0)
    rates = np.asarray(rates, dtype=np.float64)
    bad = rates[~(np.isfinite(rates) & (rates >= 0))]
    if bad.size:
        raise ValueError(f"rates must be finite and not negative (Hz), got {bad[0]}.")
    rates = np.maximum(rates, lowest)
    return siegert_mean_input(rates, sigma, tau_m=tau_m, v_th=v_th, v_reset=v_reset)
