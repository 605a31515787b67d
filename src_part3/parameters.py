"""The numbers of the balanced network, its clock and its trials, each with its unit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from src_part1.common.fields import check_fields, choice, integer, real
from src_part1.common.time_grid import check_time_step
from src_part1.common.validation import check_real

# At this number of plastic synapses of one kind the initial weights have their nominal size.
_NOMINAL_PLASTIC = 20


@dataclass(frozen=True)
class BalancedNetworkParameters:
    """A balanced network of excitatory and inhibitory LIF neurons.

    With ``K`` inputs of each kind every weight is proportional to ``1 / sqrt(K)`` and the
    external input to ``sqrt(K)`` (van Vreeswijk & Sompolinsky 1996, Science 274:1724). Voltages
    are dimensionless: threshold 1, reset 0. A weight is the area under the input that one spike
    causes (voltage times ms).
    """

    n_exc: int = integer(2500, at_least=1)  # excitatory neurons; they come first in every array
    n_inh: int = integer(2500, at_least=1)  # inhibitory neurons
    out_degree: int = integer(1000, at_least=1)  # static synapses that each neuron makes
    weight_scale: float = real(20.0, unit="ms", above=0)  # static weight: j * this / sqrt(K)
    j_ee: float = real(0.15, at_least=0)  # onto E from E
    j_ei: float = real(-0.75, at_most=0)  # onto E from I
    j_ie: float = real(1.0, at_least=0)  # onto I from E
    j_ii: float = real(-1.0, at_most=0)  # onto I from I
    mu_exc: float = real(0.18)  # external input of E neurons over sqrt(K)
    mu_inh: float = real(0.12)  # external input of I neurons over sqrt(K)
    tau_m: float = real(10.0, unit="ms", above=0)  # membrane
    tau_syn: float = real(3.0, unit="ms", above=0)  # static synapses
    v_th: float = real(1.0)  # threshold
    v_reset: float = real(0.0)  # reset
    dt: float = real(0.1, unit="ms", above=0)  # time step of forward Euler
    n_plastic_exc: int = integer(20, at_least=0)  # plastic synapses from trained E neurons
    n_plastic_inh: int = integer(20, at_least=0)  # plastic synapses from I neurons
    tau_plastic: float = real(150.0, unit="ms", above=0)  # plastic and clock's synapses
    j_plastic_exc: float = real(1 / 1.5, at_least=0)  # initial plastic weight from E, of 20
    # The same from I: untrained rates of 6.5 and 12 Hz then cancel.
    j_plastic_inh: float = real(-6.5 / 12.0 / 1.5, at_most=0)

    def __post_init__(self):
        check_fields(self)
        owner = type(self).__name__
        check_time_step(f"{owner}.dt", self.dt, self.tau_m, self.tau_syn, self.tau_plastic)
        check_real(f"{owner}.v_reset", self.v_reset, below=self.v_th)
        if self.out_degree > self.n_neurons - 1:
            raise ValueError(
                f"{owner}.out_degree must be at most the number of other neurons "
                f"({self.n_neurons - 1}), got {self.out_degree}."
            )

    @cached_property
    def n_neurons(self):
        """Number of all neurons."""
        return self.n_exc + self.n_inh

    @cached_property
    def in_degree(self):
        """``K``: mean number of excitatory inputs of a neuron."""
        return self.out_degree * self.n_exc / self.n_neurons

    @cached_property
    def weights(self):
        """Static weights (2, 2) [post, pre], E first (voltage times ms)."""
        j = np.array([[self.j_ee, self.j_ei], [self.j_ie, self.j_ii]])
        return _read_only(j * (self.weight_scale / np.sqrt(self.in_degree)))

    @cached_property
    def external_input(self):
        """Constant external input of each neuron, shape (n_neurons,) (voltage)."""
        mu = np.repeat([self.mu_exc, self.mu_inh], [self.n_exc, self.n_inh])
        return _read_only(mu * np.sqrt(self.in_degree))

    @cached_property
    def balanced_rates(self):
        """Rates of E and I neurons (Hz) at which excitation and inhibition cancel, shape (2,)."""
        degrees = self.out_degree * np.array([self.n_exc, self.n_inh]) / self.n_neurons
        total = degrees * self.weights
        if abs(np.linalg.det(total)) < 1e-12 * np.abs(total).max() ** 2:
            raise ValueError(
                "the weights have no balanced state, because j_ee j_ii equals j_ei j_ie."
            )
        external = np.array([self.mu_exc, self.mu_inh]) * np.sqrt(self.in_degree)
        return _read_only(-1000 * np.linalg.inv(total) @ external)

    @cached_property
    def plastic_weights(self):
        """Initial plastic weights of one trained neuron, shape (n_plastic,) (voltage times ms).

        They shrink with the number of synapses, so that their summed effect does not.
        """
        counts = [self.n_plastic_exc, self.n_plastic_inh]
        scale = self.weight_scale / np.sqrt(self.in_degree) * _NOMINAL_PLASTIC
        each = [
            j * scale / max(count, 1)
            for j, count in zip((self.j_plastic_exc, self.j_plastic_inh), counts, strict=True)
        ]
        return _read_only(np.repeat(each, counts))


def _read_only(array):
    """The same array, which all who ask a record for it share."""
    array.flags.writeable = False
    return array


# Numbers that belong together, for the 1824 recorded neurons. Without a clock a network needs many
# synapses, which average noise away, and slow ones; with a clock for each condition few and faster
# ones will do (those of the original tutorial).
RECURRENT = BalancedNetworkParameters(n_plastic_exc=528, n_plastic_inh=528, tau_plastic=300.0)
CLOCKED = BalancedNetworkParameters(n_plastic_exc=20, n_plastic_inh=20, tau_plastic=150.0)


@dataclass(frozen=True)
class TrialParameters:
    """When things happen in a trial, and how strong the cue is."""

    duration: float = real(3000.0, unit="ms", above=0)
    stim_on: float = real(800.0, unit="ms", at_least=0)  # start of the cue
    # End of the cue, start of learning and of the clock.
    stim_off: float = real(1000.0, unit="ms", at_least=0)
    # The cue is uniform in [-cue_amplitude, cue_amplitude) (voltage).
    cue_amplitude: float = real(0.5, at_least=0)
    bin_width: float = real(20.0, unit="ms", above=0)  # bin of spike counts and mean inputs

    def __post_init__(self):
        check_fields(self)
        owner = type(self).__name__
        check_real(f"{owner}.stim_off", self.stim_off, unit="ms", at_least=self.stim_on)


@dataclass(frozen=True)
class FeedforwardParameters:
    """The clock: Poisson neurons that excite the trained neurons, each with a slowly varying rate.

    Its spikes are the network's feed-forward input. ``clock`` is a dial from an autonomous to a
    driven network. With ``"none"`` there is no clock: what follows the cue comes from the recurrent
    synapses. A ``"common"`` clock has the same rates and weights in all conditions: it tells the
    time but not the condition (as the non-selective ramp of Finkelstein et al. 2021). A clock
    ``"per_condition"`` has its own in each and tells both (the original's option).
    """

    clock: str = choice("none", "none", "common", "per_condition")
    n_inputs: int = integer(300, at_least=1)  # neurons of a clock
    mean_rate: float = real(5.0, unit="Hz", at_least=0)
    # Time constant of the Ornstein-Uhlenbeck rate.
    relaxation: float = real(400.0, unit="ms", above=0)
    noise: float = real(0.2, unit="Hz/sqrt(ms)", at_least=0)  # diffusion of the rate
    # Half width of the moving mean over the rate.
    smoothing: float = real(50.0, unit="ms", at_least=0)

    def __post_init__(self):
        check_fields(self)

    @cached_property
    def n_used(self):
        """Number of the clock's neurons: none without a clock."""
        return 0 if self.clock == "none" else self.n_inputs
