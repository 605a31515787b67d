"""Target signals: sines, the sum of sines of original FORCE, and the Lorenz system."""

from __future__ import annotations

import numpy as np
import scipy

from src_part1.common.validation import check_array, check_integer, check_real, check_rng

_FARTHEST = 1000.0  # of the Lorenz system's first state


def sine_targets(n_units, time, rng, *, amplitude=1.0, period=100.0, offset=1.0):
    """Sines of one period, each unit with a phase of its own.

    f_i(t) = A sin(2 pi (t - t_i) / T) + offset, t_i uniform in [0, T).

    Parameters
    ----------
    n_units : int
        Number of units.
    time : array_like of shape (n_time,)
        Times (ms).
    rng : numpy.random.Generator
        Source of the phases.
    amplitude, offset : float, optional
        A and the mean.
    period : float, optional
        T (ms).

    Returns
    -------
    ndarray of shape (n_units, n_time)
        Targets.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import sine_targets
    >>> targets = sine_targets(3, np.arange(0.0, 100.0, 5.0), np.random.default_rng(0))
    >>> targets.shape, targets.mean(axis=1).round(6)
    ((3, 20), array([1., 1., 1.]))
    """
    check_integer("n_units", n_units, at_least=1)
    time = check_array("time", time, (None,))
    check_rng("rng", rng)
    check_real("amplitude", amplitude)
    check_real("offset", offset)
    check_real("period", period, unit="ms", above=0)
    shift = rng.uniform(0.0, period, n_units)
    phase = 2 * np.pi * (time - shift[:, None]) / period
    return amplitude * np.sin(phase) + offset


def sum_of_sines(time, *, period=1200.0, amplitude=0.87):
    """Sum of four harmonics, the classic first target of FORCE learning.

    Parameters
    ----------
    time : array_like of shape (n_time,)
        Times (ms).
    period : float, optional
        Period of the slowest sine (ms).
    amplitude : float, optional
        Amplitude of the slowest sine; the harmonics 2, 3 and 4 have 1/2, 1/6 and 1/3 of it.

    Returns
    -------
    ndarray of shape (n_time,)
        Target.

    Examples
    --------
    >>> from src_part1 import sum_of_sines
    >>> sum_of_sines([0.0, 300.0]).round(3)
    array([0.   , 0.725])
    """
    time = check_array("time", time, (None,))
    check_real("period", period, unit="ms", above=0)
    check_real("amplitude", amplitude)
    phase = 2 * np.pi * time / period
    shares = (1.0, 1 / 2, 1 / 6, 1 / 3)
    return amplitude * sum(
        share * np.sin(harmonic * phase) for harmonic, share in enumerate(shares, start=1)
    )


def noisy_sine(time, rng, *, period=1200.0, amplitude=1.0, noise=0.3):
    """A sine plus independent Gaussian noise: FORCE learns the sine, not the noise.

    Parameters
    ----------
    time : array_like of shape (n_time,)
        Times (ms).
    rng : numpy.random.Generator
        Source of the noise.
    period : float, optional
        Period (ms).
    amplitude, noise : float, optional
        Amplitude of the sine and standard deviation of the noise.

    Returns
    -------
    ndarray of shape (n_time,)
        Target.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import noisy_sine
    >>> noisy_sine([0.0, 300.0], np.random.default_rng(0), noise=0.0)
    array([0., 1.])
    """
    time = check_array("time", time, (None,))
    check_rng("rng", rng)
    check_real("period", period, unit="ms", above=0)
    check_real("amplitude", amplitude)
    check_real("noise", noise, at_least=0)
    return amplitude * np.sin(2 * np.pi * time / period) + noise * rng.standard_normal(time.size)


def square_wave(time, *, period=1200.0, amplitude=1.0):
    """A square wave, whose jumps a smooth network can only approach.

    Parameters
    ----------
    time : array_like of shape (n_time,)
        Times (ms).
    period : float, optional
        Period (ms).
    amplitude : float, optional
        Half of the jump.

    Returns
    -------
    ndarray of shape (n_time,)
        Target.

    Examples
    --------
    >>> from src_part1 import square_wave
    >>> square_wave([0.0, 500.0, 700.0])
    array([ 1.,  1., -1.])
    """
    time = check_array("time", time, (None,))
    check_real("period", period, unit="ms", above=0)
    check_real("amplitude", amplitude)
    return np.where(np.mod(time, period) < period / 2, amplitude, -amplitude)


def lorenz(time, *, time_unit=100.0, initial_state=(1.0, 1.0, 20.0)):
    """First coordinate of the Lorenz system, scaled to about [-2, 2].

    dx/ds = 10 (y - x), dy/ds = x (28 - z) - y, dz/ds = x y - 8/3 z, output x / 10
    (Lorenz 1963). The system is chaotic: no free-running copy stays on this path, but a
    good one stays on the attractor.

    Parameters
    ----------
    time : array_like of shape (n_time,)
        Times (ms), increasing and not negative; the system starts at time 0.
    time_unit : float, optional
        How long the system's unit of time lasts (ms).
    initial_state : sequence of 3 floats, optional
        (x, y, z) at time 0, each between -1000 and 1000; the attractor lies within 50.

    Returns
    -------
    ndarray of shape (n_time,)
        Target.

    Examples
    --------
    >>> from src_part1 import lorenz
    >>> lorenz([0.0, 50.0, 100.0]).round(2)
    array([ 0.1 ,  1.56, -0.44])
    """
    time = check_array("time", time, (None,), at_least=0)
    if not (np.diff(time) > 0).all():
        first = int(np.argmin(np.diff(time) > 0)) + 1
        raise ValueError(
            f"time must increase from entry to entry, but the one at {first} is {time[first]:g} "
            f"after {time[first - 1]:g}."
        )
    check_real("time_unit", time_unit, unit="ms", above=0)
    initial_state = check_array("initial_state", initial_state, (3,))
    if np.abs(initial_state).max() > _FARTHEST:
        raise ValueError(
            f"initial_state must lie within {_FARTHEST:g} of 0, got {initial_state}: from farther "
            "away the solver needs ever smaller steps."
        )

    def flow(_, state):
        x, y, z = state
        return 10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z

    end = time[-1] / time_unit
    if end == 0:
        return initial_state[:1] / 10.0  # nothing to integrate, which solve_ivp cannot do
    solution = scipy.integrate.solve_ivp(
        flow, (0.0, end), initial_state, t_eval=time / time_unit,
        method="RK45", rtol=1e-8, atol=1e-10,
    )
    return solution.y[0] / 10.0
