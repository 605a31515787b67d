"""Parameters of Part 2: the LIF neuron and the all-to-all network.

Times are in ms; voltages and inputs are dimensionless (threshold 1, reset 0). The defaults are
those of the original tutorial.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from src_part1.common.fields import check_fields, integer, real
from src_part1.common.time_grid import check_time_step
from src_part1.common.validation import check_real


@dataclass(frozen=True)
class LIFParameters:
    """One leaky integrate-and-fire neuron and its synapse.

    ``tau_m dv/dt = -v + mu + u + noise sqrt(tau_m) xi(t)`` with white noise ``xi``;
    ``tau_syn du/dt = -u``, and each presynaptic spike adds ``w / tau_syn`` one step later.

    Attributes
    ----------
    tau_m : float
        Membrane time constant (ms).
    tau_syn : float
        Synaptic time constant (ms).
    v_th : float
        Threshold: the neuron spikes when v exceeds it.
    v_reset : float
        Voltage right after a spike, below the threshold.
    noise : float
        Strength of the white noise (voltage, dimensionless), the sigma of `siegert_rate`. It does
        not depend on ``dt``: without a threshold the voltage has the variance noise^2 / 2.
    dt : float
        Step of the forward Euler integration (ms), at most a fifth of the shortest time
        constant (from there on it is off by more than 10 % in a decay over one time constant).

    Examples
    --------
    >>> from src_part2 import LIFParameters
    >>> LIFParameters(tau_syn=200.0)
    LIFParameters(tau_m=10.0, tau_syn=200.0, v_th=1.0, v_reset=0.0, noise=0.2, dt=0.1)
    """

    tau_m: float = real(10.0, unit="ms", above=0)
    tau_syn: float = real(3.0, unit="ms", above=0)
    v_th: float = real(1.0)
    v_reset: float = real(0.0)
    noise: float = real(0.2, at_least=0)
    dt: float = real(0.1, unit="ms", above=0)

    def __post_init__(self):
        check_fields(self)
        name = type(self).__name__
        check_real(f"{name}.v_reset", self.v_reset, below=self.v_th)
        check_time_step(f"{name}.dt", self.dt, self.tau_m, self.tau_syn)


@dataclass(frozen=True)
class LIFNetworkParameters:
    """An all-to-all network without autapses whose weights are independent Gaussians.

    Attributes
    ----------
    n_neurons : int
        Number of neurons N.
    coupling : float
        The weights have standard deviation ``coupling / sqrt(N)``.
    input_scale : float
        The mean input is ``input_scale * sqrt(N)``.

    Examples
    --------
    >>> from src_part2 import LIFNetworkParameters
    >>> network_parameters = LIFNetworkParameters(n_neurons=100)
    >>> float(network_parameters.weight_sd), round(float(network_parameters.mean_input), 3)
    (0.3, 0.72)
    """

    n_neurons: int = integer(100, at_least=1)
    coupling: float = real(3.0, at_least=0)
    input_scale: float = real(0.072)

    def __post_init__(self):
        check_fields(self)

    @property
    def weight_sd(self):
        """Standard deviation of a weight (voltage times ms)."""
        return self.coupling / np.sqrt(self.n_neurons)

    @property
    def mean_input(self):
        """Constant input mu of each neuron (voltage, dimensionless)."""
        return self.input_scale * np.sqrt(self.n_neurons)
