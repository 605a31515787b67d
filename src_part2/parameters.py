"""Parameters of Part 2: the LIF neuron and the all-to-all network.

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
