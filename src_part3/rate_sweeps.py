"""Change one or two numbers of the untrained network and measure what its neurons do."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.validation import check_array, check_real, check_rng, check_type
from src_part2.statistics import firing_rates, interval_cv
from src_part3.balance import excitation_wins, leading_order_rates, mean_field
from src_part3.parameters import BalancedNetworkParameters, TrialParameters
from src_part3.state import build_network
from src_part3.trials import run_trial, run_trials

_MEASURED = TrialParameters(duration=2000.0, stim_on=0.0, stim_off=0.0)
# Neurons that fire together do so within a few milliseconds.
_FINE = replace(_MEASURED, duration=1200.0, bin_width=5.0)
# What the plane calls regular and synchronous.
REGULAR_BELOW, SYNCHRONOUS_ABOVE = 0.5, 10.0


@dataclass(frozen=True, eq=False)
class RateSweep:
    """Rates of E and I neurons [value, population] (Hz) along a sweep.

    Attributes
    ----------
    values : ndarray, shape (n_values,)
        What was changed.
    simulated : ndarray, shape (n_values, 2)
        Mean rates of the simulated network.
    leading_order : ndarray, shape (n_values, 2)
        Rates at which large inputs cancel (:func:`src_part3.balance.leading_order_rates`).
    mean_field : ndarray, shape (n_values, 2)
        Rates of :func:`src_part3.balance.mean_field`.
    """

    values: np.ndarray
    simulated: np.ndarray
    leading_order: np.ndarray
    mean_field: np.ndarray

    __repr__ = one_line


def sweep_in_degree(
    network_parameters, out_degrees, rng, *, trial_parameters=_MEASURED, n_trials=2
):
    """Measure how rates approach those of the balance equations with the number of inputs.

    Parameters
    ----------
    network_parameters : BalancedNetworkParameters
        The network; weights and external input scale with the number of inputs by themselves.
    out_degrees : sequence of int
        Numbers of synapses that each neuron makes.
    rng : numpy.random.Generator
        Randomness of connections and first voltages.
    trial_parameters : TrialParameters, optional
        Its duration is simulated and counted.
    n_trials : int, optional
        Trials for each value.

    Returns
    -------
    RateSweep
        ``values`` is K, the mean number of E inputs.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """
    check_type("network_parameters", network_parameters, BalancedNetworkParameters)
    changed = [replace(network_parameters, out_degree=int(n)) for n in out_degrees]
    return _sweep(changed, [p.in_degree for p in changed], rng, trial_parameters, n_trials)


def sweep_external_input(
    network_parameters, extra, rng, *, trial_parameters=_MEASURED, n_trials=2
):
    """Measure how rates follow the external input of E neurons.

    Parameters
    ----------
    network_parameters : BalancedNetworkParameters
        The network.
    extra : sequence of float
        Input that is added to the E neurons' external input (voltage).
    rng : numpy.random.Generator
        Randomness of connections and first voltages.
    trial_parameters : TrialParameters, optional
        Its duration is simulated and counted.
    n_trials : int, optional
        Trials for each value.

    Returns
    -------
    RateSweep
        ``values`` is ``extra``.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """
    extra = check_array("extra", extra, (None,))
    p = check_type("network_parameters", network_parameters, BalancedNetworkParameters)
    changed = [replace(p, mu_exc=p.mu_exc + x / np.sqrt(p.in_degree)) for x in extra]
    return _sweep(changed, extra, rng, trial_parameters, n_trials)


def _sweep(changed, values, rng, trial_parameters, n_trials):
    check_rng("rng", rng)
    simulated = np.empty((len(changed), 2))
    for row, p in zip(simulated, changed, strict=True):
        network = build_network(p, rng, precision="float32")
        trials = run_trials(network, trial_parameters, n_trials, rng)
        rates = np.mean([firing_rates(t) for t in trials], axis=0)
        row[:] = rates[: p.n_exc].mean(), rates[p.n_exc :].mean()
    leading = np.array([leading_order_rates(p) for p in changed])
    theory = np.array([mean_field(p).rates for p in changed])
    return RateSweep(np.asarray(values, dtype=float), simulated, leading, theory)


@dataclass(frozen=True, eq=False)
class StatePlane:
    """How E neurons fire for each inhibition [row] and each external drive [column].

    NaN where inhibition is too weak to hold the rates and nothing was run
    (:func:`src_part3.balance.excitation_wins`).

    Attributes
    ----------
    j_ei : ndarray, shape (n_strengths,)
        Strength of I to E synapses.
    drive : ndarray, shape (n_drives,)
        External input of E neurons over their distance from reset to threshold.
    rates : ndarray, shape (n_strengths, n_drives, 2)
        Simulated mean rates of E and I neurons (Hz).
    mean_field : ndarray, shape (n_strengths, n_drives, 2)
        Rates of :func:`src_part3.balance.mean_field`, which assumes asynchronous neurons; NaN as
        well where it has no solution.
    cv : ndarray, shape (n_strengths, n_drives)
        Median CV of the E neurons' intervals: 0 for regular spikes, 1 for a Poisson process. It is
        NaN as well where no neuron fires often enough.
    synchrony : ndarray, shape (n_strengths, n_drives)
        Variance over time of the summed spike counts of E neurons over the sum of their variances:
        about 1 for independent neurons, and their number if all fire as one.
    """

    j_ei: np.ndarray
    drive: np.ndarray
    rates: np.ndarray
    mean_field: np.ndarray
    cv: np.ndarray
    synchrony: np.ndarray

    __repr__ = one_line


def measure_state_plane(
    network_parameters, j_ei, drives, rng, *, trial_parameters=_FINE, settle=200.0
):
    """Measure Brunel's plane: how a network fires as inhibition and external drive change.

    Brunel (2000, J. Comput. Neurosci. 8:183) drew the states of a network of excitatory and
    inhibitory neurons on a plane. Its axes are the relative strength of inhibition and the rate of
    the external input, divided by the rate that just reaches the threshold. Here the external
    input is constant, and neurons differ in their numbers of inputs, so that borders lie elsewhere.

    Parameters
    ----------
    network_parameters : BalancedNetworkParameters
        The network; its ``j_ei``, ``mu_exc`` and ``mu_inh`` are changed.
    j_ei : sequence of float
        Strengths of I to E synapses, none positive.
    drives : sequence of float
        External input of E neurons over their distance from reset to threshold; that of I
        neurons keeps its ratio to it.
    rng : numpy.random.Generator
        Randomness of connections and first voltages.
    trial_parameters : TrialParameters, optional
        Its duration is simulated; synchrony is measured in its bins.
    settle : float, optional
        Time before anything is counted (ms).

    Returns
    -------
    StatePlane
        Rates, irregularity and synchrony.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """
    base = check_type("network_parameters", network_parameters, BalancedNetworkParameters)
    j_ei = check_array("j_ei", j_ei, ("n_strengths",))
    drives = check_array("drives", drives, ("n_drives",))
    check_rng("rng", rng)
    check_real("settle", settle, unit="ms", at_least=0)
    check_real("network_parameters.mu_exc", base.mu_exc, above=0)
    nominal = base.mu_exc * np.sqrt(base.in_degree) / (base.v_th - base.v_reset)
    rates, theory = np.full((2, j_ei.size, drives.size, 2), np.nan)
    cv, synchrony = np.full((2, j_ei.size, drives.size), np.nan)
    for at in np.ndindex(cv.shape):
        factor = drives[at[1]] / nominal
        p = replace(base, j_ei=float(j_ei[at[0]]), mu_exc=base.mu_exc * factor,
                    mu_inh=base.mu_inh * factor)
        if excitation_wins(p):
            continue
        with contextlib.suppress(ValueError):  # no balanced state: E neurons fall silent
            theory[at] = mean_field(p).rates
        trial = run_trial(
            build_network(p, rng, precision="float32"), trial_parameters, rng, spikes=True,
            bins_from=settle,
        )
        each = firing_rates(trial)
        rates[at] = each[: p.n_exc].mean(), each[p.n_exc :].mean()
        irregularity = interval_cv(trial, start=settle, min_intervals=5)[: p.n_exc]
        if np.isfinite(irregularity).any():
            cv[at] = np.nanmedian(irregularity)
        counts = trial.bin_counts[:, : p.n_exc].astype(float)
        if counts.any():
            synchrony[at] = counts.sum(axis=1).var() / counts.var(axis=0).sum()
    return StatePlane(j_ei, drives, rates, theory, cv, synchrony)
