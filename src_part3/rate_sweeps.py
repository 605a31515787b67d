"""Change one number of the untrained network and see what its rates do."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from src_part1.common.validation import check_array, check_rng, check_type
from src_part2.statistics import firing_rates
from src_part3.balance import leading_order_rates, mean_field
from src_part3.parameters import BalancedNetworkParameters, TrialParameters
from src_part3.state import build_network
from src_part3.trials import run_trials

_MEASURED = TrialParameters(duration=2000.0, stim_on=0.0, stim_off=0.0)


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
