"""Simulator of the rate network tau dr/dt = -r + phi(W r + I_ext), forward Euler."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from src_part1.common.blas import one_blas_thread
from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import check_array, check_real, check_type
from src_part1.kernels import Samples, advance
from src_part1.parameters import RateNetworkParameters

_NOTHING = Samples(0, np.empty((0, 0, 0)), np.empty((0, 0, 0)))


@dataclass(frozen=True, eq=False)
class RateTrajectory:
    """What :func:`simulate` recorded.

    Attributes
    ----------
    time : ndarray of shape (n_samples,)
        Time from the start of the simulation (ms).
    rates : ndarray of shape (n_units, n_samples)
        Rates r.
    currents : ndarray of shape (n_units, n_samples)
        Recurrent input W r at the same times.
    """

    time: np.ndarray
    rates: np.ndarray
    currents: np.ndarray

    __repr__ = one_line


class Networks:
    """Networks with the same weights that run side by side; a column of each array for each.

    ``rates`` and ``currents`` (W r of these rates, with the weights of the last `advance`) have
    the shape (n_units, n_networks). ``basis`` is V if the weights are the D of W = D V'.
    """

    def __init__(self, network_parameters, rates, basis=None):
        self.parameters, self.basis, self.step = network_parameters, basis, 0
        self.rates = np.array(rates, dtype=float, order="C")
        self.currents = np.zeros(self.rates.shape)

    def advance(self, last_step, weights, external_input, samples=_NOTHING):
        """Go on to a step with constant input; in pieces it gives the same bits as at once."""
        p = self.parameters
        advance(
            weights, self.basis, np.ascontiguousarray(external_input), p.dt / p.tau,
            p.transfer == "tanh", self.rates, self.currents, self.step, last_step, samples,
        )
        self.step = last_step


def simulate(
    weights, network_parameters, duration, *, cue=None, stim_on=0.0, stim_off=0.0,
    initial_rates=None, record_every=None,
):
    """Run the network freely, with a cue between ``stim_on`` and ``stim_off``.

    Parameters
    ----------
    weights : array_like of shape (n_units, n_units)
        Recurrent weights [post, pre].
    network_parameters : RateNetworkParameters
        Time constant, time step and transfer function.
    duration : float
        Simulated time (ms), a whole multiple of ``network_parameters.dt``.
    cue : array_like of shape (n_units,), optional
        External input while the cue is on.
    stim_on, stim_off : float, optional
        The cue acts in [stim_on, stim_off) (ms).
    initial_rates : array_like of shape (n_units,), optional
        Rates at time 0; zero by default.
    record_every : float, optional
        Interval between samples (ms), a whole multiple of ``network_parameters.dt``; each step by
        default.

    Returns
    -------
    RateTrajectory
        Time, rates and recurrent inputs, sampled from time 0 on.

    Raises
    ------
    FloatingPointError
        If the rates grow beyond all bounds.

    Examples
    --------
    Without recurrent input a rate decays with tau:

    >>> import numpy as np
    >>> from src_part1 import RateNetworkParameters, simulate
    >>> network_parameters = RateNetworkParameters(n_units=2, tau=5.0)
    >>> run = simulate(np.zeros((2, 2)), network_parameters, 10.0, initial_rates=[1.0, 2.0],
    ...                record_every=5.0)
    >>> run.rates.round(2)
    array([[1.  , 0.36],
           [2.  , 0.73]])
    """
    check_type("network_parameters", network_parameters, RateNetworkParameters)
    n, dt = network_parameters.n_units, network_parameters.dt
    weights = check_array("weights", weights, (n, n))
    check_real("duration", duration, unit="ms", above=0)
    check_real("stim_on", stim_on, unit="ms", at_least=0)
    check_real("stim_off", stim_off, unit="ms", at_least=stim_on)
    record_every = dt if record_every is None else record_every
    check_real("record_every", record_every, unit="ms", above=0)
    silence = np.zeros(n)
    cue = silence if cue is None else check_array("cue", cue, (n,))
    rates = silence if initial_rates is None else check_array("initial_rates", initial_rates, (n,))

    n_steps = n_steps_of("duration", duration, dt)
    every = n_steps_of("record_every", record_every, dt)
    cue_on = min(n_steps, n_steps_of("stim_on", stim_on, dt))
    cue_off = min(n_steps, n_steps_of("stim_off", stim_off, dt))
    phases = [(cue_on, silence), (cue_off, cue), (n_steps, silence)]
    return record_phases(
        network_parameters, rates, [(stop, x[:, None]) for stop, x in phases], weights, every
    )


def record_phases(network_parameters, rates, phases, weights, every):
    """Run one network through stretches (last step, external input) and record every few steps."""
    n_samples = -(-phases[-1][0] // every)
    samples = Samples(every, *np.empty((2, n_samples, rates.size, 1)))
    network = Networks(network_parameters, rates[:, None])
    with one_blas_thread():
        for stop, external_input in phases:
            network.advance(stop, weights, external_input, samples)
    time = np.arange(n_samples) * every * network_parameters.dt
    finite = np.isfinite(samples.rates).all(axis=(1, 2))
    finite &= np.isfinite(samples.currents).all(axis=(1, 2))
    if not finite.all():
        raise FloatingPointError(grew_beyond_bounds(time[~finite][0]))
    return RateTrajectory(time, samples.rates[..., 0].T, samples.currents[..., 0].T)


def grew_beyond_bounds(time):
    """Say that rates grew beyond all bounds by a time (ms), and what helps."""
    return (
        f"the rates grew beyond all bounds by {time:g} ms: the recurrent excitation is too strong "
        "for the transfer function to limit; lower the gain, or train longer before the weights "
        "are frozen."
    )
