"""Parameters of Part 2: the LIF neuron, the all-to-all network, and its training.

Times are in ms; voltages and inputs are dimensionless (threshold 1, reset 0). The defaults are
those of the original tutorial.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from src_part1.validation import check_integer, check_real

MAX_DT_FRACTION = 0.2
"""Largest time step as a fraction of the shortest time constant."""


@dataclass(frozen=True)
class LIFParameters:
    """One leaky integrate-and-fire neuron and its synapse.

    ``tau_m dv/dt = -v + mu + u + noise n`` with a fresh standard normal ``n`` at every step;
    ``tau_syn du/dt = -u``, and each presynaptic spike adds ``w / tau_syn`` one step later.

    Raises
    ------
    TypeError, ValueError
        If a value is not a finite number, a time constant is not positive, the reset does not
        lie below the threshold, or ``dt`` exceeds a fifth of the shortest time constant (from
        there on forward Euler is off by more than 10 % in a decay over one time constant).
    """

    tau_m: float = 10.0  # ms, membrane time constant
    tau_syn: float = 3.0  # ms, synaptic time constant
    v_th: float = 1.0  # threshold: a spike where v exceeds it
    v_reset: float = 0.0  # voltage right after a spike
    noise: float = 2.0  # standard deviation of the input noise at each step
    dt: float = 0.1  # ms, time step of forward Euler

    def __post_init__(self):  # noqa: D105
        name = type(self).__name__
        check_real(f"{name}.tau_m", self.tau_m, unit="ms", above=0)
        check_real(f"{name}.tau_syn", self.tau_syn, unit="ms", above=0)
        check_real(f"{name}.v_th", self.v_th)
        check_real(f"{name}.v_reset", self.v_reset, below=self.v_th)
        check_real(f"{name}.noise", self.noise, at_least=0)
        check_real(f"{name}.dt", self.dt, unit="ms", above=0)
        shortest = min(self.tau_m, self.tau_syn)
        if self.dt > MAX_DT_FRACTION * shortest * (1 + 1e-12):
            raise ValueError(
                f"{name}.dt must be at most a fifth of the shortest time constant "
                f"({MAX_DT_FRACTION * shortest:g} ms), got {self.dt!r}."
            )


@dataclass(frozen=True)
class NetworkParameters:
    """An all-to-all network without autapses whose weights are independent Gaussians.

    Raises
    ------
    TypeError, ValueError
        If ``n_units`` is not a positive whole number or another value not a finite number.
    """

    n_units: int = 100  # number of neurons N
    coupling: float = 3.0  # weights have standard deviation coupling / sqrt(N)
    drive: float = 0.072  # mean input is drive * sqrt(N)

    def __post_init__(self):  # noqa: D105
        name = type(self).__name__
        check_integer(f"{name}.n_units", self.n_units, at_least=1)
        check_real(f"{name}.coupling", self.coupling, at_least=0)
        check_real(f"{name}.drive", self.drive)

    @property
    def weight_sd(self):
        """Standard deviation of a weight (voltage times ms)."""
        return self.coupling / np.sqrt(self.n_units)

    @property
    def mean_input(self):
        """Constant input mu of each neuron (voltage, dimensionless)."""
        return self.drive * np.sqrt(self.n_units)


@dataclass(frozen=True)
class TrainingParameters:
    """When the cue comes, when and how often the weights learn, and the strength of the prior.

    The targets' length sets the end of the learning window, which starts with ``stim_off``.

    Raises
    ------
    TypeError, ValueError
        If a value is not a finite number or outside of its range, or if the cue does not end
        after it starts.
    """

    stim_on: float = 800.0  # ms, start of the cue
    stim_off: float = 1000.0  # ms, end of the cue and start of the learning window
    cue_sd: float = 0.5  # standard deviation of the cue over neurons (voltage)
    learn_every: float = 20.0  # ms between two updates of the weights
    n_loops: int = 20  # number of passes through the learning window
    ridge: float = 0.5  # lambda, strength of the prior: P starts as identity / ridge
    max_rate: float = 500.0  # Hz, a run whose population rate exceeds it is stopped

    def __post_init__(self):  # noqa: D105
        name = type(self).__name__
        check_real(f"{name}.stim_on", self.stim_on, unit="ms", at_least=0)
        check_real(f"{name}.stim_off", self.stim_off, unit="ms", above=self.stim_on)
        check_real(f"{name}.cue_sd", self.cue_sd, at_least=0)
        check_real(f"{name}.learn_every", self.learn_every, unit="ms", above=0)
        check_integer(f"{name}.n_loops", self.n_loops, at_least=1)
        check_real(f"{name}.ridge", self.ridge, above=0)
        check_real(f"{name}.max_rate", self.max_rate, unit="Hz", above=0)


def n_steps_of(name, duration, dt):
    """Return how many steps of ``dt`` make up ``duration``.

    Parameters
    ----------
    name : str
        Name of the duration, for messages.
    duration : float
        Time (ms), a whole multiple of ``dt``.
    dt : float
        Time step (ms).

    Returns
    -------
    int
        Number of steps.

    Raises
    ------
    TypeError, ValueError
        If ``duration`` is not a number, negative, or no whole multiple of ``dt``.
    """
    duration = check_real(name, duration, unit="ms", at_least=0)
    steps = round(duration / dt)
    if abs(steps * dt - duration) > 1e-6 * dt * max(steps, 1):
        raise ValueError(f"{name} must be a whole multiple of dt = {dt:g} ms, got {duration!r}.")
    return steps
