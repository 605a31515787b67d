"""From recorded rates to targets: which model neuron, and which input it should receive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import check_array, check_real, check_rng, check_type
from src_part2.siegert import siegert_mean_input
from src_part3.network import BalancedNetwork
from src_part3.trials import advance, initial_state

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

    __repr__ = one_line


def measure_inputs(network, rng, *, duration=3000.0, settle=500.0, every=1.0):
    r"""Measure the static input of a network without cue.

    Parameters
    ----------
    network : BalancedNetwork
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

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """
    p = check_type("network", network, BalancedNetwork).parameters
    rng = check_rng("rng", rng)
    check_real("settle", settle, unit="ms", at_least=0)
    check_real("every", every, unit="ms", above=0)
    check_real("duration", duration, unit="ms", above=0)
    gap = n_steps_of("every", every, p.dt)
    n_samples = n_steps_of("duration", duration, every, of="the sampling interval")
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


def match_by_rate(recorded, model):
    """Give each recorded neuron the free model neuron with the nearest rate.

    Recorded neurons choose in order of falling rate, so that the few fast ones, whose matches are
    rare, come first. Of two equally near model neurons the first is taken.

    Parameters
    ----------
    recorded : array_like, shape (n_recorded,)
        Mean rates of the recorded neurons (Hz), over time and conditions.
    model : array_like, shape (n_exc,)
        Mean rates of the E neurons of the untrained network (Hz).

    Returns
    -------
    ndarray of int32, shape (n_recorded,)
        Model neuron of each recorded neuron, each used once.

    Raises
    ------
    ValueError
        If there are more recorded than model neurons, or a rate is negative or not finite.
    """
    recorded = check_array("recorded", recorded, (None,), at_least=0.0)
    model = check_array("model", model, (None,), at_least=0.0)
    if recorded.size > model.size:
        raise ValueError(
            f"{recorded.size} recorded neurons need as many model neurons, got {model.size}; "
            "take a larger network or fewer neurons (Recordings.select)."
        )
    matched = np.empty(recorded.size, np.int32)
    free = model.copy()
    for neuron in np.argsort(-recorded, kind="stable"):
        matched[neuron] = np.argmin(np.abs(recorded[neuron] - free))
        free[matched[neuron]] = np.inf
    return matched
