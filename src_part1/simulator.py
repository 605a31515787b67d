"""Simulator of the rate network tau dr/dt = -r + phi(W r + I_ext), forward Euler."""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

from src_part1.parameters import RateNetworkParameters, n_steps_of
from src_part1.validation import check_array, check_real, check_type

# The flags for NaN and infinity stay off, so that a diverging run can be detected.
_SUM = {"reassoc", "contract", "nsz"}

# Below this size one step is too short to be shared between threads.
_PARALLEL_FROM = 400


class RateTrajectory(NamedTuple):
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


@numba.njit(cache=True, fastmath=_SUM, error_model="numpy")
def _recurrent_rows(weights, rates, first, last, currents):
    for i in range(first, last):
        total = 0.0
        row = weights[i]
        for j in range(row.size):
            total += row[j] * rates[j]
        currents[i] = total


@numba.njit(cache=True, error_model="numpy")
def _euler_step(rates, currents, external, step_over_tau, use_tanh):
    for i in range(rates.size):
        drive = currents[i] + external[i]
        if use_tanh:
            drive = math.tanh(drive)
        elif drive < 0.0:
            drive = 0.0
        rates[i] += step_over_tau * (drive - rates[i])


@numba.njit(cache=True, error_model="numpy")
def _advance_serial(
    weights, external, n_steps, step_over_tau, use_tanh, rates, currents,
    first_step, record_every, out_rates, out_currents,
):
    n = rates.size
    for step in range(n_steps):
        _recurrent_rows(weights, rates, 0, n, currents)
        if record_every > 0 and (first_step + step) % record_every == 0:
            out_rates[(first_step + step) // record_every] = rates
            out_currents[(first_step + step) // record_every] = currents
        _euler_step(rates, currents, external, step_over_tau, use_tanh)
    _recurrent_rows(weights, rates, 0, n, currents)


@numba.njit(cache=True, parallel=True, error_model="numpy")
def _advance_parallel(
    weights, external, n_steps, step_over_tau, use_tanh, rates, currents,
    first_step, record_every, out_rates, out_currents,
):
    # Whole rows go to a thread, so that the result does not depend on their number.
    n = rates.size
    block = 32
    n_blocks = (n + block - 1) // block
    for step in range(n_steps + 1):
        for b in numba.prange(n_blocks):
            _recurrent_rows(weights, rates, b * block, min(n, (b + 1) * block), currents)
        if step < n_steps:
            if record_every > 0 and (first_step + step) % record_every == 0:
                out_rates[(first_step + step) // record_every] = rates
                out_currents[(first_step + step) // record_every] = currents
            _euler_step(rates, currents, external, step_over_tau, use_tanh)


_NO_RECORD = np.empty((0, 0))


def advance(
    weights, parameters, external, n_steps, rates, currents,
    first_step=0, record_every=0, out_rates=_NO_RECORD, out_currents=_NO_RECORD,
):
    """Advance the network by some time steps; the unchecked building block of this module.

    Parameters
    ----------
    weights : ndarray of shape (n_units, n_units), float64
        Recurrent weights [post, pre].
    parameters : RateNetworkParameters
        Time constant, step and transfer function.
    external : ndarray of shape (n_units,), float64
        External input, constant meanwhile.
    n_steps : int
        Number of Euler steps.
    rates, currents : ndarray of shape (n_units,), float64
        Rates r, changed in place, and the recurrent input W r that belongs to the new rates.
    first_step, record_every : int, optional
        Number of steps already made, and the interval in steps at which samples are written
        (0 writes none).
    out_rates, out_currents : ndarray of shape (n_samples, n_units), float64, optional
        Where the samples are written, at row ``step // record_every``.
    """
    kernel = _advance_parallel if rates.size >= _PARALLEL_FROM else _advance_serial
    kernel(
        weights, external, n_steps, parameters.dt / parameters.tau,
        parameters.transfer == "tanh", rates, currents,
        first_step, record_every, out_rates, out_currents,
    )


def simulate(
    weights, parameters, duration, *, cue=None, stim_on=0.0, stim_off=0.0,
    initial_rates=None, record_every=None,
):
    """Run the network freely, with a cue between ``stim_on`` and ``stim_off``.

    Parameters
    ----------
    weights : array_like of shape (n_units, n_units)
        Recurrent weights [post, pre].
    parameters : RateNetworkParameters
        Time constant, step and transfer function.
    duration : float
        Simulated time (ms), a whole multiple of ``parameters.dt``.
    cue : array_like of shape (n_units,), optional
        External input while the cue is on.
    stim_on, stim_off : float, optional
        The cue acts in [stim_on, stim_off) (ms).
    initial_rates : array_like of shape (n_units,), optional
        Rates at time 0; zero by default.
    record_every : float, optional
        Interval between samples (ms), a whole multiple of ``parameters.dt``; each step by
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
    check_type("parameters", parameters, RateNetworkParameters)
    n, dt = parameters.n_units, parameters.dt
    weights = check_array("weights", weights, (n, n))
    check_real("duration", duration, unit="ms", above=0)
    check_real("stim_on", stim_on, unit="ms", at_least=0)
    check_real("stim_off", stim_off, unit="ms", at_least=stim_on)
    record_every = dt if record_every is None else record_every
    check_real("record_every", record_every, unit="ms", above=0)
    cue = np.zeros(n) if cue is None else check_array("cue", cue, (n,))
    rates = np.zeros(n)
    if initial_rates is not None:
        rates[:] = check_array("initial_rates", initial_rates, (n,))

    n_steps = n_steps_of("duration", duration, dt)
    every = n_steps_of("record_every", record_every, dt)
    cue_on = min(n_steps, n_steps_of("stim_on", stim_on, dt))
    cue_off = min(n_steps, n_steps_of("stim_off", stim_off, dt))
    n_samples = (n_steps + every - 1) // every
    out_rates, out_currents = np.empty((n_samples, n)), np.empty((n_samples, n))
    currents, silence = np.empty(n), np.zeros(n)
    for first, last, external in (
        (0, cue_on, silence), (cue_on, cue_off, cue), (cue_off, n_steps, silence),
    ):
        advance(
            weights, parameters, external, last - first, rates, currents,
            first, every, out_rates, out_currents,
        )
    time = np.arange(n_samples) * every * dt
    finite = np.isfinite(out_rates).all(axis=1) & np.isfinite(out_currents).all(axis=1)
    if not finite.all():
        raise FloatingPointError(
            f"the rates grew beyond all bounds by {time[~finite][0]:g} ms: the recurrent "
            "weights excite more than the transfer function limits; lower the gain, or "
            "train longer before the weights are frozen."
        )
    return RateTrajectory(time, out_rates.T, out_currents.T)
