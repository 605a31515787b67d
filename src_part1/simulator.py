"""Simulator of the rate network tau dr/dt = -r + phi(W r + I_ext), forward Euler."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import (
    check_array,
    check_integer,
    check_kernel_array,
    check_real,
    check_type,
)
from src_part1.kernels import Samples, advance_parallel, advance_serial, in_parallel
from src_part1.parameters import RateNetworkParameters

_NOTHING = Samples(0, np.empty((0, 0)), np.empty((0, 0)))


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


@dataclass(eq=False)
class RateNetworkState:
    """Where a rate network is; :func:`advance` changes it in place.

    Attributes
    ----------
    rates : ndarray of shape (n_units,), float64
        Rates r.
    currents : ndarray of shape (n_units,), float64
        Recurrent input W r of these rates, with the weights of the last :func:`advance`; without
        meaning before the first.
    step : int
        Steps made so far.

    Raises
    ------
    TypeError, ValueError
        If ``step`` is not a whole number or negative; :func:`advance` checks the arrays.
    """

    rates: np.ndarray
    currents: np.ndarray
    step: int = 0

    __repr__ = one_line

    def __post_init__(self):
        check_integer("RateNetworkState.step", self.step, at_least=0)


def initial_state(network_parameters, rates=None):
    """Return a network at step 0.

    Parameters
    ----------
    network_parameters : RateNetworkParameters
        ``n_units`` is used.
    rates : array_like of shape (n_units,), optional
        Rates to start from, copied; zero by default.

    Returns
    -------
    RateNetworkState
        New arrays.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value.
    """
    check_type("network_parameters", network_parameters, RateNetworkParameters)
    n = network_parameters.n_units
    rates = np.zeros(n) if rates is None else check_array("rates", rates, (n,)).copy()
    return RateNetworkState(rates, np.zeros(n))


class RateRecorder:
    """Keeps rates and recurrent inputs while a network advances from step 0 on.

    Parameters
    ----------
    n_units : int
        Number of units.
    n_steps : int
        Number of steps for which there should be room.
    every : int, optional
        A sample is taken before each step whose number is a multiple of this.

    Attributes
    ----------
    rates, currents : ndarray of shape (n_samples, n_units), float64
        Sample k belongs to step ``k * every``; NaN where none was taken yet.

    Raises
    ------
    TypeError, ValueError
        If a number is not a whole number or out of its range.
    """

    def __init__(self, n_units, n_steps, every=1):
        n_units = check_integer("n_units", n_units, at_least=1)
        n_steps = check_integer("n_steps", n_steps, at_least=0)
        every = check_integer("every", every, at_least=1)
        shape = (-(-n_steps // every), n_units)
        self._samples = Samples(every, np.full(shape, np.nan), np.full(shape, np.nan))

    @property
    def rates(self):
        """Rates, a row for each sample."""
        return self._samples.rates

    @property
    def currents(self):
        """Recurrent inputs, a row for each sample."""
        return self._samples.currents

    def samples_for(self, n_units, last_step):
        """Return where the kernel writes, if it fits.

        Parameters
        ----------
        n_units : int
            Number of units of the network.
        last_step : int
            How many steps it will have made in all.

        Returns
        -------
        Samples
            The arrays themselves.

        Raises
        ------
        ValueError
            If there are other units, or too little room.
        """
        n_samples, n_recorded = self._samples.rates.shape
        if n_recorded != n_units:
            raise ValueError(f"recorder must be made for {n_units} units, got {n_recorded}.")
        if last_step > n_samples * self._samples.every:
            raise ValueError(
                f"recorder must have room for {last_step} steps, got room for "
                f"{n_samples * self._samples.every}."
            )
        return self._samples


def advance(network_parameters, state, n_steps, *, weights, external_input, recorder=None):
    """Advance a network by some time steps, changing ``state`` in place.

    Twice by n steps gives the same bits as once by 2 n. Arrays are taken as they are, nothing is
    converted, and nobody looks for numbers that are not finite (:func:`simulate` does).

    Parameters
    ----------
    network_parameters : RateNetworkParameters
        Time constant, time step and transfer function.
    state : RateNetworkState
        Where the network is.
    n_steps : int
        Number of Euler steps; 0 only computes the recurrent input of the present rates.
    weights : ndarray of shape (n_units, n_units), float64, C-contiguous
        Recurrent weights [post, pre].
    external_input : ndarray of shape (n_units,), float64, C-contiguous
        External input, constant meanwhile.
    recorder : RateRecorder, optional
        Takes samples.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, or an array another shape, dtype or memory order. Nothing
        is changed then.
    """
    check_type("network_parameters", network_parameters, RateNetworkParameters)
    check_type("state", state, RateNetworkState)
    n_steps = check_integer("n_steps", n_steps, at_least=0)
    n, last_step = network_parameters.n_units, state.step + n_steps
    check_kernel_array("weights", weights, (n, n))
    check_kernel_array("external_input", external_input, (n,))
    check_kernel_array("state.rates", state.rates, (n,), changed=True)
    check_kernel_array("state.currents", state.currents, (n,), changed=True)
    samples = _NOTHING
    if recorder is not None:
        samples = check_type("recorder", recorder, RateRecorder).samples_for(n, last_step)
    kernel = advance_parallel if in_parallel(n, steps=True) else advance_serial
    kernel(
        weights, external_input, network_parameters.dt / network_parameters.tau,
        network_parameters.transfer == "tanh", state.step, n_steps,
        state.rates, state.currents, samples,
    )
    state.step = last_step


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
    TypeError, ValueError
        If an argument has a wrong type, shape or value.
    FloatingPointError
        If the rates grow beyond all bounds.
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
    if initial_rates is not None:
        initial_rates = check_array("initial_rates", initial_rates, (n,))

    n_steps = n_steps_of("duration", duration, dt)
    every = n_steps_of("record_every", record_every, dt)
    cue_on = min(n_steps, n_steps_of("stim_on", stim_on, dt))
    cue_off = min(n_steps, n_steps_of("stim_off", stim_off, dt))
    phases = ((cue_on, silence), (cue_off, cue), (n_steps, silence))
    state = initial_state(network_parameters, initial_rates)
    return record_phases(network_parameters, state, phases, weights, every)


def record_phases(network_parameters, state, phases, weights, every):
    """Run a network through stretches of constant external input and record it.

    Parameters
    ----------
    network_parameters : RateNetworkParameters
        Time constant, time step and transfer function.
    state : RateNetworkState
        A network at step 0; changed in place.
    phases : sequence of (int, ndarray of shape (n_units,))
        At which step a stretch ends, and its external input; steps do not decrease.
    weights : ndarray of shape (n_units, n_units), float64, C-contiguous
        Recurrent weights [post, pre].
    every : int
        Steps between samples.

    Returns
    -------
    RateTrajectory
        Time, rates and recurrent inputs, sampled from time 0 on.

    Raises
    ------
    TypeError, ValueError
        As :func:`advance`.
    FloatingPointError
        If the rates grow beyond all bounds.
    """
    recorder = RateRecorder(network_parameters.n_units, phases[-1][0], every)
    for stop, external_input in phases:
        advance(
            network_parameters, state, stop - state.step,
            weights=weights, external_input=external_input, recorder=recorder,
        )
    time = np.arange(len(recorder.rates)) * every * network_parameters.dt
    finite = np.isfinite(recorder.rates).all(axis=1) & np.isfinite(recorder.currents).all(axis=1)
    if not finite.all():
        raise FloatingPointError(grew_beyond_bounds(time[~finite][0]))
    return RateTrajectory(time, recorder.rates.T, recorder.currents.T)


def grew_beyond_bounds(time):
    """Say that rates grew beyond all bounds, and what helps.

    Parameters
    ----------
    time : float
        By when (ms).

    Returns
    -------
    str
        The message of the FloatingPointError.
    """
    return (
        f"the rates grew beyond all bounds by {time:g} ms: the recurrent excitation is too strong "
        "for the transfer function to limit; lower the gain, or train longer before the weights "
        "are frozen."
    )
