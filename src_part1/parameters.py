"""Parameter records of Part 1. Times are in ms; rates and inputs have no unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from src_part1.common.fields import check_fields, choice, integer, real
from src_part1.common.time_grid import check_time_step, n_steps_of
from src_part1.common.validation import check_real


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
        Step of the forward Euler integration (ms), at most tau / 5.

    Examples
    --------
    >>> from src_part1 import RateNetworkParameters
    >>> RateNetworkParameters(n_units=200, transfer="tanh", gain=1.5)
    RateNetworkParameters(n_units=200, tau=5.0, gain=1.5, transfer='tanh', dt=0.1)
    """

    n_units: int = integer(100, at_least=2)
    tau: float = real(5.0, unit="ms", above=0)
    gain: float = real(1.0, at_least=0)
    transfer: str = choice("relu", "relu", "tanh")
    dt: float = real(0.1, unit="ms", above=0)

    def __post_init__(self):
        check_fields(self)
        check_time_step(f"{type(self).__name__}.dt", self.dt, self.tau)


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

    Examples
    --------
    >>> from src_part1 import TrialTiming
    >>> TrialTiming(0.0, 10.0, 20.0, 60.0, learn_every=10.0).update_times
    array([20., 30., 40., 50.])
    """

    stim_on: float = real(100.0, unit="ms", at_least=0)
    stim_off: float = real(110.0, unit="ms", at_least=0)
    learn_on: float = real(110.0, unit="ms", at_least=0)
    learn_off: float = real(610.0, unit="ms", above=0)
    learn_every: float = real(5.0, unit="ms", above=0)

    def __post_init__(self):
        check_fields(self)
        name = type(self).__name__
        check_real(f"{name}.stim_off", self.stim_off, unit="ms", at_least=self.stim_on)
        check_real(f"{name}.learn_on", self.learn_on, unit="ms", at_least=self.stim_off)
        check_real(f"{name}.learn_off", self.learn_off, unit="ms", above=self.learn_on)

    @property
    def update_times(self):
        """Times of the updates (ms from the start), from ``learn_on`` on, before ``learn_off``."""
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
    ridge : float
        Strength of the prior: learning starts from P = identity / ridge.
    learn_every : float
        Time between two updates of the readout (ms).
    dt : float
        Step of the forward Euler integration (ms), at most tau / 5.

    Examples
    --------
    >>> from src_part1 import RateNetworkParameters
    >>> RateNetworkParameters(n_units=200, transfer="tanh", gain=1.5)
    RateNetworkParameters(n_units=200, tau=5.0, gain=1.5, transfer='tanh', dt=0.1)
    """

    n_units: int = integer(1000, at_least=2)
    tau: float = real(10.0, unit="ms", above=0)
    gain: float = real(1.5, at_least=0)
    connection_probability: float = real(0.1, above=0, at_most=1)
    ridge: float = real(1.0, above=0)
    learn_every: float = real(2.0, unit="ms", above=0)
    dt: float = real(1.0, unit="ms", above=0)

    def __post_init__(self):
        check_fields(self)
        name = type(self).__name__
        check_time_step(f"{name}.dt", self.dt, self.tau)
        n_steps_of(f"{name}.learn_every", self.learn_every, self.dt)
