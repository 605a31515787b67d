"""Parameter records of Part 1. Times are in ms; rates and inputs have no unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from src_part1.validation import check_choice, check_integer, check_real

MOST_STEPS = 2**31 - 1  # time steps are counted in 32 bits


def n_steps_of(name, duration, dt):
    """Return how many time steps a duration has, and refuse one that is no whole number.

    Parameters
    ----------
    name : str
        Name of the duration for the message.
    duration, dt : float
        Duration and time step in the same unit.

    Returns
    -------
    int
        ``duration / dt``.

    Raises
    ------
    ValueError
        If the duration is not a whole multiple of the time step, or far too long.
    """
    n_steps = round(duration / dt)
    if n_steps > MOST_STEPS:
        raise ValueError(
            f"{name} must be at most {MOST_STEPS} time steps of dt = {dt:g} ms, got {duration:g}."
        )
    if abs(n_steps * dt - duration) > 1e-6 * dt:
        raise ValueError(
            f"{name} must be a whole multiple of the time step dt = {dt:g} ms, got {duration:g}."
        )
    return n_steps


@dataclass(frozen=True)
class RateNetworkParameters:
    """A rate network: tau dr/dt = -r + phi(W r + I_ext).

    Attributes
    ----------
    n_units : int
        Number of units N.
    tau : float
        Time constant of the rates (ms).
    gain : float
        g: the random weights have standard deviation g / sqrt(N).
    transfer : {"relu", "tanh"}
        phi: max(0, x), or the hyperbolic tangent.
    dt : float
        Step of the forward Euler integration (ms), at most tau / 2.
    """

    n_units: int = 100
    tau: float = 5.0  # ms
    gain: float = 1.0
    transfer: str = "relu"
    dt: float = 0.1  # ms

    def __post_init__(self):
        name = type(self).__name__
        check_integer(f"{name}.n_units", self.n_units, at_least=2)
        check_real(f"{name}.tau", self.tau, unit="ms", above=0)
        check_real(f"{name}.gain", self.gain, at_least=0)
        check_choice(f"{name}.transfer", self.transfer, ("relu", "tanh"))
        check_real(f"{name}.dt", self.dt, unit="ms", above=0)
        if self.dt > self.tau / 2:
            raise ValueError(
                f"{name}.dt must be at most tau / 2 = {self.tau / 2:g} ms, or forward Euler "
                f"overshoots; got {self.dt!r}."
            )


@dataclass(frozen=True)
class TrialTiming:
    """When the cue acts and when the network learns, in one trial that starts at 0 ms.

    Attributes
    ----------
    stim_on, stim_off : float
        The cue, a constant external input, acts in [stim_on, stim_off) (ms).
    learn_on, learn_off : float
        The targets are defined, and learning happens, in [learn_on, learn_off) (ms). The
        trial ends at ``learn_off``.
    learn_every : float
        Time between two updates of the weights (ms).
    """

    stim_on: float = 100.0  # ms
    stim_off: float = 110.0  # ms
    learn_on: float = 110.0  # ms
    learn_off: float = 610.0  # ms
    learn_every: float = 5.0  # ms

    def __post_init__(self):
        name = type(self).__name__
        check_real(f"{name}.stim_on", self.stim_on, unit="ms", at_least=0)
        check_real(f"{name}.stim_off", self.stim_off, unit="ms", at_least=self.stim_on)
        check_real(f"{name}.learn_on", self.learn_on, unit="ms", at_least=self.stim_off)
        check_real(f"{name}.learn_off", self.learn_off, unit="ms", above=self.learn_on)
        check_real(f"{name}.learn_every", self.learn_every, unit="ms", above=0)

    @property
    def update_times(self):
        """Times of the updates (ms), from ``learn_on`` on, before ``learn_off``.

        Returns
        -------
        ndarray of shape (n_updates,)
            Times from the start of the trial.
        """
        duration = self.learn_off - self.learn_on
        n_updates = max(1, int(np.ceil(duration / self.learn_every - 1e-9)))
        return self.learn_on + self.learn_every * np.arange(n_updates)


@dataclass(frozen=True)
class ForceParameters:
    """The chaotic network of original FORCE: tau dx/dt = -x + J tanh(x) + w_fb z.

    Attributes
    ----------
    n_units : int
        Number of units N.
    tau : float
        Time constant (ms).
    gain : float
        g of the recurrent weights; above 1 the untrained network is chaotic.
    connection_probability : float
        Share p of the connections that exist; their weights have standard deviation
        g / sqrt(p N).
    alpha : float
        The learning starts from P = identity / alpha.
    learn_every : float
        Time between two updates of the readout (ms).
    dt : float
        Step of the forward Euler integration (ms), at most tau / 2.
    """

    n_units: int = 1000
    tau: float = 10.0  # ms
    gain: float = 1.5
    connection_probability: float = 0.1
    alpha: float = 1.0
    learn_every: float = 2.0  # ms
    dt: float = 1.0  # ms

    def __post_init__(self):
        name = type(self).__name__
        check_integer(f"{name}.n_units", self.n_units, at_least=2)
        check_real(f"{name}.tau", self.tau, unit="ms", above=0)
        check_real(f"{name}.gain", self.gain, at_least=0)
        check_real(
            f"{name}.connection_probability", self.connection_probability, above=0, at_most=1
        )
        check_real(f"{name}.alpha", self.alpha, above=0)
        check_real(f"{name}.learn_every", self.learn_every, unit="ms", above=0)
        check_real(f"{name}.dt", self.dt, unit="ms", above=0, at_most=self.tau / 2)
        n_steps_of(f"{name}.learn_every", self.learn_every, self.dt)
