"""The clock: Poisson neurons whose rates wander, so that trained neurons can read the time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from src_part1.common.one_line import one_line
from src_part1.common.smoothing import moving_mean
from src_part1.common.time_grid import n_steps_of

_TOGETHER = 32  # inputs that are filtered at a time, to save memory


@dataclass(frozen=True, eq=False)
class FeedforwardRates:
    """Rates of the clock's Poisson neurons, drawn once and the same in every trial."""

    rates: np.ndarray  # (n_conditions, n_steps, n_inputs): never negative (Hz)
    start: int  # time step of the first rate; the neurons are silent before
    dt: float  # time step (ms)

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
    start = round(trial_parameters.stim_off / dt)
    n_steps = round(trial_parameters.duration / dt) - start
    half = n_steps_of("FeedforwardParameters.smoothing", p.smoothing, dt)
    n_drawn = n_conditions if p.clock == "per_condition" else 1
    rates = np.empty((n_drawn, n_steps, p.n_used), np.float32)
    decay = 1 - dt / p.relaxation
    for condition in rates:
        steps = rng.standard_normal((n_steps, p.n_used))
        steps *= p.noise * np.sqrt(dt)
        for first in range(0, p.n_used, _TOGETHER):
            some = slice(first, first + _TOGETHER)
            path = p.mean_rate + scipy.signal.lfilter([1.0], [1.0, -decay], steps[:, some], axis=0)
            condition[:, some] = np.maximum(moving_mean(path, half, axis=0), 0)
    return FeedforwardRates(np.broadcast_to(rates, (n_conditions, *rates.shape[1:])), start, dt)


def draw_spikes(feedforward_rates, condition, rng):
    """Draw the clock's spikes in one trial: time steps, in increasing order, and neurons.

    Candidates come at the highest rate of all, and each is kept with the probability ``rate /
    highest rate``: a Poisson process at a cost that grows with the number of spikes only.
    """
    rates = feedforward_rates.rates[condition]
    n_steps, n_inputs = rates.shape
    highest = float(rates.max(initial=0.0))
    n_candidates = rng.poisson(highest * 1e-3 * feedforward_rates.dt * n_steps * n_inputs)
    place = np.sort(rng.integers(0, max(rates.size, 1), n_candidates))
    steps, sources = np.divmod(place, max(n_inputs, 1))
    kept = rng.random(n_candidates) * highest < rates[steps, sources]
    return (steps[kept] + feedforward_rates.start).astype(np.int32), sources[kept].astype(np.int32)
