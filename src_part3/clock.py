"""The clock: Poisson neurons whose rates wander, so that trained neurons can read the time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import lfilter

from src_part1.common.one_line import one_line
from src_part1.common.smoothing import moving_mean
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import check_integer, check_real

_TOGETHER = 32  # inputs that are filtered at a time, to save memory


@dataclass(frozen=True, eq=False)
class FeedforwardRates:
    """Rates of the Poisson neurons, drawn once and the same in every trial.

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
    r"""Draw `FeedforwardRates` as smoothed Ornstein-Uhlenbeck paths, from ``stim_off`` on.

    .. math:: x \leftarrow x + (m - x)\, dt / \tau + \sigma \sqrt{dt}\, n, \qquad x(0) = m

    with the parameters' ``mean_rate`` m, ``relaxation`` tau and ``noise`` sigma, followed by a
    moving mean over +-``smoothing`` (shorter at both ends) and max(0, x). Before the smoothing
    the rate tends to a standard deviation of :math:`\sigma \sqrt{\tau / 2}`. Conditions have rates
    of their own if the clock is one per condition; else they share them.
    """
    p = feedforward_parameters
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
    """Draw the Poisson spikes of one trial: time steps, in increasing order, and neurons.

    Time is thinned: candidates come at the highest rate of all, and each is kept with the
    probability ``rate / highest rate``. This equals a Poisson process with the given rate, at a
    cost that grows with the number of spikes and not with that of time steps.
    """
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


def with_ramp(task):
    """The same task with a common clock that grows steadily instead of wandering.

    All rates grow linearly from 0 at the end of the cue to twice ``mean_rate`` at the end of the
    trial.
    """
    parameters = task.feedforward_parameters
    if parameters.clock != "common":
        raise ValueError(
            f"task.feedforward_parameters.clock must be 'common', got {parameters.clock!r}."
        )
    shape = task.feedforward_rates.rates.shape
    growth = np.linspace(0, 2 * parameters.mean_rate, shape[1], dtype=np.float32)
    rates = np.broadcast_to(growth[:, None], shape)
    return replace(task, feedforward_rates=replace(task.feedforward_rates, rates=rates))


def with_held_clock(task, time):
    """The same task with a clock that keeps its rates from ``time`` (ms, in the trial) on."""
    feedforward = task.feedforward_rates
    step = n_steps_of("time", check_real("time", time, unit="ms", at_least=0), feedforward.dt)
    step -= feedforward.start
    n_steps = feedforward.rates.shape[1]
    if not 0 <= step < n_steps:
        raise ValueError(
            f"time must be at least {feedforward.start * feedforward.dt:g} and below "
            f"{(feedforward.start + n_steps) * feedforward.dt:g} ms, got {time:g}."
        )
    rates = feedforward.rates.copy()
    rates[:, step:] = rates[:, step : step + 1]
    return replace(task, feedforward_rates=replace(feedforward, rates=rates))
