"""Clocks that grow steadily, or stand still from some time on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import check_real


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
