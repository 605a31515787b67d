r"""Theory of the balanced state, and simulated networks beside it as one or two numbers change.

Leading order (van Vreeswijk & Sompolinsky 1996): inputs are of order :math:`\sqrt K`, thresholds
of order 1, so excitation and inhibition must cancel whatever the neuron looks like,

.. math:: \sum_b K_b J_{ab} \nu_b + \mu_a = 0,

and rates are a linear function of the external input. :func:`mean_field` adds what is left at
finite K: the mean input that does not cancel, its fluctuation in time, and its differences
between neurons.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

import numpy as np
import scipy
from tqdm.auto import tqdm

from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import check_array, check_real, check_rng, check_type
from src_part2.siegert import siegert_rate
from src_part2.statistics import firing_rates, interval_cv
from src_part3.network import build_network
from src_part3.parameters import BalancedNetworkParameters, TrialParameters
from src_part3.trials import run_trial, run_trials

_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(24)
_NODE_WEIGHTS = _NODE_WEIGHTS / _NODE_WEIGHTS.sum()
_MEASURED = TrialParameters(duration=2000.0, stim_on=0.0, stim_off=0.0)
# Neurons that fire together do so within a few milliseconds.
_FINE = replace(_MEASURED, duration=1200.0, bin_width=5.0)
# What the plane calls regular and synchronous.
REGULAR_BELOW, SYNCHRONOUS_ABOVE = 0.5, 10.0


@dataclass(frozen=True, eq=False)
class MeanField:
    """Self-consistent state of a balanced network; each array is (2,), E first."""

    rates: np.ndarray  # mean firing rates (Hz)
    mean_input: np.ndarray  # mean total input (voltage)
    input_sd: np.ndarray  # standard deviation of a neuron's input over time (voltage)

    __repr__ = one_line


def in_degrees(network_parameters):
    """Mean numbers ``K_E`` and ``K_I`` of E and of I inputs of a neuron, shape (2,)."""
    p = network_parameters
    return p.out_degree * np.array([p.n_exc, p.n_inh]) / p.n_neurons


def leading_order_rates(network_parameters):
    """Return the rates at which excitation and inhibition cancel.

    Parameters
    ----------
    network_parameters : BalancedNetworkParameters
        The network.

    Returns
    -------
    ndarray, shape (2,)
        Rates of E and I neurons (Hz) in the limit of many inputs. If one is negative, the network
        has no balanced state: one population falls silent.

    Examples
    --------
    >>> from src_part3 import BalancedNetworkParameters, leading_order_rates
    >>> leading_order_rates(BalancedNetworkParameters()).round(6).tolist()
    [7.5, 13.5]
    """
    check_type("network_parameters", network_parameters, BalancedNetworkParameters)
    return network_parameters.balanced_rates


def excitation_wins(network_parameters, fastest=250.0):
    """Whether inhibition is too weak to hold the rates, or the balance asks for too fast ones."""
    p = network_parameters
    if abs(p.j_ei * p.j_ie) <= abs(p.j_ee * p.j_ii) + 1e-12:
        return True
    return bool(p.balanced_rates.max() > fastest)


def mean_field(network_parameters):
    r"""Solve for the state of the network at its number of inputs.

    A neuron of population a gets a mean input :math:`\mu_a + \Delta_a z` with a Gaussian z of its
    own, since it has its own in-degrees and senders of their own rates, and a fluctuation
    :math:`s_a`:

    .. math::
       \mu_a &= \mu_a^{ext} + \sum_b K_b J_{ab} \langle\nu_b\rangle, \qquad
       \Delta_a^2 = \sum_b K_b J_{ab}^2 (\langle\nu_b^2\rangle - c \langle\nu_b\rangle^2), \\
       s_a^2 &= \sum_b K_b J_{ab}^2 \langle\nu_b\rangle / (2 \tau_{syn}),

    with c the connection probability (Roxin et al. 2011, J. Neurosci. 31:16217). The rate is
    Siegert's, with threshold and reset raised by
    :math:`\alpha \sigma \sqrt{\tau_{syn} / \tau_m} / 2`, :math:`\alpha = \sqrt 2 |\zeta(1/2)|`
    and :math:`\sigma = s \sqrt{2 \tau_{syn} / \tau_m}`, because the noise has the colour of the
    synapses (Brunel & Sergi 1998, J. Theor. Biol. 195:87).

    Parameters
    ----------
    network_parameters : BalancedNetworkParameters
        The network.

    Returns
    -------
    MeanField
        The state.

    Examples
    --------
    >>> from src_part3 import BalancedNetworkParameters, mean_field
    >>> mean_field(BalancedNetworkParameters()).rates.round(1).tolist()  # E and I, Hz
    [6.6, 12.1]
    """
    leading = check_type(
        "network_parameters", network_parameters, BalancedNetworkParameters
    ).balanced_rates / 1000
    if (leading <= 0).any():
        raise ValueError(
            "the network has no balanced state: to leading order its rates would be "
            f"{1000 * leading[0]:.3g} Hz (E) and {1000 * leading[1]:.3g} Hz (I)."
        )

    def excess(logs):
        state = _state(network_parameters, *np.exp(logs).reshape(2, 2))
        rates = _rates(network_parameters, *state)
        moments = np.stack([rates @ _NODE_WEIGHTS, rates**2 @ _NODE_WEIGHTS])
        return np.log(moments + 1e-30).ravel() - logs

    solution = scipy.optimize.root(excess, np.log([leading, 2 * leading**2]).ravel())
    if not solution.success:
        raise ValueError(f"the mean-field equations were not solved: {solution.message}")
    first, second = np.exp(solution.x).reshape(2, 2)
    mean, _, fluctuation = _state(network_parameters, first, second)
    return MeanField(1000 * first, mean, fluctuation)


def _state(network_parameters, first, second):
    """Mean input, its spread across neurons, and fluctuation, from moments of rates (1/ms)."""
    degrees = in_degrees(network_parameters)
    weights = network_parameters.weights
    probability = network_parameters.out_degree / (network_parameters.n_neurons - 1)
    p = network_parameters
    external = np.array([p.mu_exc, p.mu_inh]) * np.sqrt(p.in_degree)
    mean = external + weights @ (degrees * first)
    spread = weights**2 @ (degrees * np.maximum(second - probability * first**2, 0))
    fluctuation = weights**2 @ (degrees * first) / (2 * network_parameters.tau_syn)
    return mean, np.sqrt(spread), np.sqrt(fluctuation)


def _rates(network_parameters, mean, spread, fluctuation):
    """Rates (1/ms) at the Gaussian nodes of both populations."""
    p = network_parameters
    sigma = fluctuation * np.sqrt(2 * p.tau_syn / p.tau_m)
    shift = np.sqrt(p.tau_syn / p.tau_m) / np.sqrt(2) * abs(scipy.special.zeta(0.5)) * sigma
    mu = mean[:, None] + spread[:, None] * _NODES - shift[:, None]
    return siegert_rate(mu, sigma[:, None], tau_m=p.tau_m, v_th=p.v_th, v_reset=p.v_reset) / 1000


@dataclass(frozen=True, eq=False)
class RateSweep:
    """Rates of E and I neurons [value, population] (Hz) along a sweep."""

    values: np.ndarray  # (n_values,): what was changed
    simulated: np.ndarray  # (n_values, 2): mean rates of the simulated network
    leading_order: np.ndarray  # and those of `leading_order_rates`
    mean_field: np.ndarray  # and of `mean_field`

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
        Its duration is simulated and counted, in ``n_trials`` trials for each value.

    Returns
    -------
    RateSweep
        ``values`` is K, the mean number of E inputs.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import BalancedNetworkParameters, TrialParameters, sweep_in_degree
    >>> sweep = sweep_in_degree(
    ...     BalancedNetworkParameters(n_exc=500, n_inh=500, out_degree=100), [50, 400],
    ...     np.random.default_rng(0), trial_parameters=TrialParameters(duration=500.0))
    >>> gaps = (sweep.leading_order - sweep.simulated)[:, 0]  # of E neurons
    >>> sweep.values.tolist(), bool(gaps[1] < gaps[0])
    ([25.0, 200.0], True)
    """
    check_type("network_parameters", network_parameters, BalancedNetworkParameters)
    check_rng("rng", rng)
    changed = [replace(network_parameters, out_degree=int(n)) for n in out_degrees]
    networks = (build_network(p, rng) for p in changed)
    return _sweep(networks, [p.in_degree for p in changed], rng, trial_parameters, n_trials)


def sweep_external_input(
    network_parameters, extra, rng, *, trial_parameters=_MEASURED, n_trials=2
):
    """Measure how rates follow the external input of E neurons.

    Parameters
    ----------
    extra : sequence of float
        Input that is added to the E neurons' external input (voltage).
    network_parameters, rng, trial_parameters, n_trials
        As in `sweep_in_degree`.

    Returns
    -------
    RateSweep
        ``values`` is ``extra``.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import BalancedNetworkParameters, TrialParameters, sweep_external_input
    >>> sweep = sweep_external_input(
    ...     BalancedNetworkParameters(n_exc=500, n_inh=500, out_degree=200), [0.0, 1.0],
    ...     np.random.default_rng(0), trial_parameters=TrialParameters(duration=500.0))
    >>> (np.diff(sweep.simulated, axis=0) > 0).tolist()  # more input, more spikes of E and of I
    [[True, True]]
    """
    extra = check_array("extra", extra, (None,))
    p = check_type("network_parameters", network_parameters, BalancedNetworkParameters)
    network = build_network(p, check_rng("rng", rng))
    networks = (replace(network, parameters=replace(p, mu_exc=p.mu_exc + x / np.sqrt(p.in_degree)))
                for x in extra)
    return _sweep(networks, extra, rng, trial_parameters, n_trials)


def _sweep(networks, values, rng, trial_parameters, n_trials):
    simulated, leading, theory = np.empty((3, len(values), 2))
    for row, network in enumerate(networks):
        p = network.parameters
        trials = run_trials(network, trial_parameters, n_trials, rng)
        rates = np.mean([firing_rates(t) for t in trials], axis=0)
        simulated[row] = rates[: p.n_exc].mean(), rates[p.n_exc :].mean()
        leading[row], theory[row] = p.balanced_rates, mean_field(p).rates
    return RateSweep(np.asarray(values, dtype=float), simulated, leading, theory)


@dataclass(frozen=True, eq=False)
class StatePlane:
    """How E neurons fire for each inhibition [row] and each external drive [column].

    NaN where inhibition is too weak to hold the rates (`excitation_wins`) and nothing was run.
    """

    j_ei: np.ndarray  # (n_strengths,): strength of I to E synapses
    drive: np.ndarray  # (n_drives,): external input of E neurons over v_th - v_reset
    rates: np.ndarray  # (n_strengths, n_drives, 2): simulated mean rates of E and I neurons (Hz)
    # The same of `mean_field`, which assumes asynchronous neurons; NaN where it has no solution.
    mean_field: np.ndarray
    # (n_strengths, n_drives): median CV of the E neurons' intervals, 0 for regular spikes, 1 for a
    # Poisson process; NaN as well where no neuron fires often enough.
    cv: np.ndarray
    # (n_strengths, n_drives): variance over time of the summed spike counts of E neurons over the
    # sum of their variances, about 1 for independent neurons, their number if all fire as one.
    synchrony: np.ndarray

    __repr__ = one_line


def measure_state_plane(
    network_parameters, j_ei, drives, rng, *, trial_parameters=_FINE, settle=200.0, progress=False
):
    """Measure Brunel's plane: how a network fires as inhibition and external drive change.

    Brunel (2000, J. Comput. Neurosci. 8:183) drew the states of such networks over the relative
    strength of inhibition and the rate of the external input, divided by the rate that just reaches
    the threshold. Here the external input is constant, and neurons differ in their numbers of
    inputs, so that borders lie elsewhere.

    Parameters
    ----------
    network_parameters : BalancedNetworkParameters
        The network; its ``j_ei``, ``mu_exc`` and ``mu_inh`` are changed.
    j_ei : sequence of float
        Strengths of I to E synapses, none positive.
    drives : sequence of float
        External input of E neurons over their distance from reset to threshold; that of I
        neurons keeps its ratio to it.
    rng, trial_parameters
        As in `sweep_in_degree`; synchrony is measured in the trial's bins.
    settle : float, optional
        Time before anything is counted (ms), a whole number of bins.
    progress : bool, optional
        Show a progress bar.

    Returns
    -------
    StatePlane
        Rates, irregularity and synchrony.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import BalancedNetworkParameters, measure_state_plane
    >>> parameters = BalancedNetworkParameters(n_exc=200, n_inh=200, out_degree=80)
    >>> plane = measure_state_plane(parameters, [-0.1, -0.75], [4.0], np.random.default_rng(0))
    >>> np.isnan(plane.rates[:, 0, 0]).tolist()  # the weak inhibition does not hold the rates
    [True, False]
    """
    base = check_type("network_parameters", network_parameters, BalancedNetworkParameters)
    j_ei = check_array("j_ei", j_ei, ("n_strengths",))
    drives = check_array("drives", drives, ("n_drives",))
    check_rng("rng", rng)
    check_real("settle", settle, unit="ms", at_least=0, below=trial_parameters.duration)
    check_real("network_parameters.mu_exc", base.mu_exc, above=0)
    settled = n_steps_of("settle", settle, trial_parameters.bin_width, of="the width of a bin")
    nominal = base.mu_exc * np.sqrt(base.in_degree) / (base.v_th - base.v_reset)
    rates, theory = np.full((2, j_ei.size, drives.size, 2), np.nan)
    cv, synchrony = np.full((2, j_ei.size, drives.size), np.nan)
    changed = {
        at: replace(base, j_ei=float(j_ei[at[0]]), mu_exc=base.mu_exc * drives[at[1]] / nominal,
                    mu_inh=base.mu_inh * drives[at[1]] / nominal) for at in np.ndindex(cv.shape)
    }
    network = build_network(base, rng)  # the same connections everywhere
    for at, p in tqdm(changed.items(), leave=False, disable=not progress):
        if excitation_wins(p):
            continue
        with contextlib.suppress(ValueError):  # no balanced state: E neurons fall silent
            theory[at] = mean_field(p).rates
        trial = run_trial(replace(network, parameters=p), trial_parameters, rng, spikes=True)
        counts = trial.bin_counts[settled:].astype(float)
        each = 1000 * counts.sum(axis=0) / (trial.duration - settle)
        rates[at] = each[: p.n_exc].mean(), each[p.n_exc :].mean()
        irregularity = interval_cv(trial, start=settle, min_intervals=5)[: p.n_exc]
        if np.isfinite(irregularity).any():
            cv[at] = np.nanmedian(irregularity)
        of_exc = counts[:, : p.n_exc]
        if of_exc.any():
            synchrony[at] = of_exc.sum(axis=1).var() / of_exc.var(axis=0).sum()
    return StatePlane(j_ei, drives, rates, theory, cv, synchrony)
