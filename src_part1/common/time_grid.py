"""Durations as whole numbers of time steps, of bins or of other intervals."""

from __future__ import annotations

MOST_STEPS = 2**31 - 1  # time steps are counted in 32 bits
# Forward Euler is off by more than a tenth in a decay over one time constant from here on.
LARGEST_STEP = 0.2


def n_steps_of(name, duration, step, *, of="the time step dt"):
    """Return how many steps a duration has, and refuse one that is not a whole number of them."""
    if duration / step > MOST_STEPS:
        raise ValueError(
            f"{name} must be at most {MOST_STEPS} times {of} = {step:g} ms, got {duration:g}."
        )
    n_steps = round(duration / step)
    if abs(n_steps * step - duration) > 1e-6 * step or (n_steps == 0 and duration > 0):
        raise ValueError(
            f"{name} must be a whole multiple of {of} = {step:g} ms, got {duration:g}."
        )
    return n_steps


def check_time_step(name, dt, *time_constants):
    """Refuse a time step that is too long for forward Euler."""
    longest = LARGEST_STEP * min(time_constants)
    if dt > longest * (1 + 1e-12):
        raise ValueError(
            f"{name} must be at most a fifth of the shortest time constant ({longest:g} ms), "
            f"got {dt!r}."
        )
