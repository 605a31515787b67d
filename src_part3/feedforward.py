"""Poisson neurons whose rates wander: the time base that trained neurons can read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from src_part1.common.one_line import one_line
from src_part1.common.smoothing import moving_mean
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import check_integer, check_real, check_rng, check_type
from src_part3.parameters import FeedforwardParameters, TrialParameters

_TOGETHER = 32  # inputs that are filtered at a time, to save memory


@dataclass(frozen=True, eq=False)
class FeedforwardRates:
    """Rates of the feed-forward neurons, drawn once and the same in every trial.

    Attributes
    ----------
    rates : ndarray, shape (n_conditions, n_steps, n_inputs)
        Rates (Hz), never negative.
    start : int
        Time step of the first rate; the neurons are silent before.
    dt : float
        Time step (ms).
    """

    rates: np.ndarray
    start: int
    dt: float

    __repr__ = one_line


def draw_rates(feedforward_parameters, trial_parameters, n_conditions, rng, *, dt=0.1):
    r"""Draw rates as smoothed Ornstein-Uhlenbeck paths from the end of the cue on.

    .. math:: x \leftarrow x + (m - x)\, dt / \tau + \sigma \sqrt{dt}\, n, \qquad x(0) = m

    followed by a moving mean over +-``smoothing`` (shorter at both ends) and max(0, x). Before
    the smoothing the rate tends to a standard deviation of :math:`\sigma \sqrt{\tau / 2}`.

    Parameters
    ----------
    feedforward_parameters : FeedforwardParameters
        ``clock``, ``mean_rate`` m, ``relaxation`` tau, ``noise`` sigma and ``smoothing``.
    trial_parameters : TrialParameters
        The rates last from ``stim_off`` to ``duration``.
    n_conditions : int
        Number of sets of rates: independent ones for a clock per condition, else all the same.
    rng : numpy.random.Generator
        Randomness of the rates.
    dt : float, optional
        Time step (ms).

    Returns
    -------
    FeedforwardRates
        The rates, in float32.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """
    p = check_type("feedforward_parameters", feedforward_parameters, FeedforwardParameters)
    check_type("trial_parameters", trial_parameters, TrialParameters)
    rng = check_rng("rng", rng)
    n_conditions = check_integer("n_conditions", n_conditions, at_least=1)
    check_real("dt", dt, unit="ms", above=0)
    start = n_steps_of("TrialParameters.stim_off", trial_parameters.stim_off, dt)
    n_steps = n_steps_of("TrialParameters.duration", trial_parameters.duration, dt) - start
    half = n_steps_of("FeedforwardParameters.smoothing", p.smoothing, dt)
    n_drawn = n_conditions if p.clock == "per_condition" else 1
    rates = np.empty((n_drawn, n_steps, p.n_used), np.float32)
    decay = 1 - dt / p.relaxation
    for condition in rates:
        steps = rng.standard_normal((n_steps, p.n_used))
        steps *= p.noise * np.sqrt(dt)
        for first in range(0, p.n_used, _TOGETHER):
            some = slice(first, first + _TOGETHER)
            path = p.mean_rate + lfilter([1.0], [1.0, -decay], steps[:, some], axis=0)
            condition[:, some] = np.maximum(moving_mean(path, half, axis=0), 0)
    return FeedforwardRates(np.broadcast_to(rates, (n_conditions, *rates.shape[1:])), start, dt)


def draw_spikes(feedforward_rates, condition, rng):
    """Draw the Poisson spikes of one trial.

    Time is thinned: candidates come at the highest rate of all, and each is kept with the
    probability ``rate / highest rate``. This equals a Poisson process with the given rate, at a
    cost that grows with the number of spikes and not with that of time steps.

    Parameters
    ----------
    feedforward_rates : FeedforwardRates
        The rates.
    condition : int
        Which condition.
    rng : numpy.random.Generator
        Randomness of the spikes.

    Returns
    -------
    spike_steps, spike_sources : ndarray of int32, shape (n_spikes,)
        Time step, in increasing order, and neuron of each spike.
    """
    rng = check_rng("rng", rng)
    check_type("feedforward_rates", feedforward_rates, FeedforwardRates)
    n_conditions = len(feedforward_rates.rates)
    condition = check_integer("condition", condition, at_least=0, at_most=n_conditions - 1)
    rates = feedforward_rates.rates[condition]
    n_steps, n_inputs = rates.shape
    highest = float(rates.max(initial=0.0))
    n_candidates = rng.poisson(highest * 1e-3 * feedforward_rates.dt * n_steps * n_inputs)
    place = np.sort(rng.integers(0, max(rates.size, 1), n_candidates))
    steps, sources = np.divmod(place, max(n_inputs, 1))
    kept = rng.random(n_candidates) * highest < rates[steps, sources]
    return (steps[kept] + feedforward_rates.start).astype(np.int32), sources[kept].astype(np.int32)
