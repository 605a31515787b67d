r"""What theory says about the balanced state.

Leading order (van Vreeswijk & Sompolinsky 1996): inputs are of order :math:`\sqrt K`, thresholds
of order 1, so excitation and inhibition must cancel whatever the neuron looks like,

.. math:: \sum_b K_b J_{ab} \nu_b + \mu_a = 0,

and rates are a linear function of the external input. :func:`mean_field` adds what is left at
finite K: the mean input that does not cancel, its fluctuation in time, and its differences
between neurons.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import root
from scipy.special import zeta

from src_part1.common.one_line import one_line
from src_part1.common.validation import check_real, check_type
from src_part2.siegert import siegert_rate
from src_part3.parameters import BalancedNetworkParameters

_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(24)
_NODE_WEIGHTS = _NODE_WEIGHTS / _NODE_WEIGHTS.sum()


@dataclass(frozen=True, eq=False)
class MeanField:
    """Self-consistent state of a balanced network; each array is (2,), E first.

    Attributes
    ----------
    rates : ndarray
        Mean firing rates (Hz).
    rate_sd : ndarray
        Standard deviation of the rate across neurons (Hz).
    mean_input : ndarray
        Mean total input (voltage).
    mean_input_sd : ndarray
        Standard deviation across neurons of the mean input (voltage).
    input_sd : ndarray
        Standard deviation of a neuron's input over time (voltage).
    """

    rates: np.ndarray
    rate_sd: np.ndarray
    mean_input: np.ndarray
    mean_input_sd: np.ndarray
    input_sd: np.ndarray

    __repr__ = one_line


def in_degrees(network_parameters):
    """Return the mean numbers of E and of I inputs of a neuron.

    Parameters
    ----------
    network_parameters : BalancedNetworkParameters
        The network.

    Returns
    -------
    ndarray, shape (2,)
        ``K_E`` and ``K_I``.
    """
    check_type("network_parameters", network_parameters, BalancedNetworkParameters)
    sizes = np.array([network_parameters.n_exc, network_parameters.n_inh])
    return network_parameters.out_degree * sizes / network_parameters.n_neurons


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
    """
    return linear_response(network_parameters) @ _external(network_parameters)


def linear_response(network_parameters):
    """Return how rates change with the external input in the limit of many inputs.

    Parameters
    ----------
    network_parameters : BalancedNetworkParameters
        The network.

    Returns
    -------
    ndarray, shape (2, 2)
        Change of the rate of a population [row] (Hz) for a unit of external input to all neurons
        of a population [column] (voltage): minus the inverse of the weights times the in-degrees.

    Raises
    ------
    TypeError
        If ``network_parameters`` are of another type.
    ValueError
        If excitation and inhibition act alike on both populations, so that no rate cancels them.
    """
    degrees = in_degrees(network_parameters)  # which checks the type
    total = network_parameters.weights * degrees
    if abs(np.linalg.det(total)) < 1e-12 * np.abs(total).max() ** 2:
        raise ValueError("the weights have no balanced state, because j_ee j_ii equals j_ei j_ie.")
    return -1000 * np.linalg.inv(total)


def excitation_wins(network_parameters, fastest=250.0):
    """Whether inhibition is too weak to hold the rates.

    Parameters
    ----------
    network_parameters : BalancedNetworkParameters
        The network.
    fastest : float, optional
        Rate to leading order (Hz) above which a population counts as not held.

    Returns
    -------
    bool
        True if ``j_ee j_ii`` is at least ``j_ei j_ie``, so that no inhibition catches up with the
        excitation, or if the balance asks for more than ``fastest``. A network whose E neurons fall
        silent is held.
    """
    p = check_type("network_parameters", network_parameters, BalancedNetworkParameters)
    check_real("fastest", fastest, unit="Hz", above=0)
    if p.j_ee * p.j_ii - p.j_ei * p.j_ie <= 1e-12:
        return True
    return bool(leading_order_rates(p).max() > fastest)


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

    Raises
    ------
    ValueError
        If there is no balanced state to start from, or the equations were not solved.
    """
    leading = leading_order_rates(network_parameters) / 1000
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

    solution = root(excess, np.log([leading, 2 * leading**2]).ravel())
    if not solution.success:
        raise ValueError(f"the mean-field equations were not solved: {solution.message}")
    first, second = np.exp(solution.x).reshape(2, 2)
    state = _state(network_parameters, first, second)
    return MeanField(1000 * first, 1000 * np.sqrt(second - first**2), *state)


def _external(network_parameters):
    p = network_parameters
    return np.array([p.mu_exc, p.mu_inh]) * np.sqrt(p.in_degree)


def _state(network_parameters, first, second):
    """Mean input, its spread across neurons, and fluctuation, from moments of rates (1/ms)."""
    degrees = in_degrees(network_parameters)
    weights = network_parameters.weights
    probability = network_parameters.out_degree / (network_parameters.n_neurons - 1)
    mean = _external(network_parameters) + weights @ (degrees * first)
    spread = weights**2 @ (degrees * np.maximum(second - probability * first**2, 0))
    fluctuation = weights**2 @ (degrees * first) / (2 * network_parameters.tau_syn)
    return mean, np.sqrt(spread), np.sqrt(fluctuation)


def _rates(network_parameters, mean, spread, fluctuation):
    """Rates (1/ms) at the Gaussian nodes of both populations."""
    p = network_parameters
    sigma = fluctuation * np.sqrt(2 * p.tau_syn / p.tau_m)
    shift = np.sqrt(p.tau_syn / p.tau_m) / np.sqrt(2) * abs(zeta(0.5)) * sigma
    mu = mean[:, None] + spread[:, None] * _NODES - shift[:, None]
    return siegert_rate(mu, sigma[:, None], tau_m=p.tau_m, v_th=p.v_th, v_reset=p.v_reset) / 1000
