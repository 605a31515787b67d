"""What the balanced network is made of: every number with its unit, none of them hidden."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from src_part1.validation import check_integer, check_real

# At this number of plastic synapses of one kind the initial weights have their nominal size.
_NOMINAL_PLASTIC = 20


@dataclass(frozen=True)
class NetworkParameters:
    """A balanced network of excitatory and inhibitory LIF neurons.

    With ``K`` inputs of each kind every weight is proportional to ``1 / sqrt(K)`` and the
    external input to ``sqrt(K)`` (van Vreeswijk & Sompolinsky 1996, Science 274:1724). Voltages
    are dimensionless: threshold 1, reset 0. A weight is the area under the input that one spike
    causes (voltage times ms).
    """

    n_exc: int = 2500  # excitatory neurons; they come first in every array
    n_inh: int = 2500  # inhibitory neurons
    out_degree: int = 1000  # static synapses that each neuron makes
    weight_scale: float = 20.0  # ms; every static weight is j * weight_scale / sqrt(K)
    j_ee: float = 0.15  # onto E from E
    j_ei: float = -0.75  # onto E from I
    j_ie: float = 1.0  # onto I from E
    j_ii: float = -1.0  # onto I from I
    mu_exc: float = 0.18  # external input of E neurons over sqrt(K)
    mu_inh: float = 0.12  # external input of I neurons over sqrt(K)
    tau_m: float = 10.0  # membrane time constant (ms)
    tau_syn: float = 3.0  # time constant of static synapses (ms)
    v_th: float = 1.0  # threshold
    v_reset: float = 0.0  # reset
    dt: float = 0.1  # time step of forward Euler (ms)
    n_plastic_exc: int = 20  # plastic synapses from trained E neurons onto each trained neuron
    n_plastic_inh: int = 20  # plastic synapses from I neurons onto each trained neuron
    tau_plastic: float = 150.0  # time constant of plastic and feed-forward synapses (ms)
    j_plastic_exc: float = 1 / 1.5  # initial plastic weight from E, at 20 synapses
    j_plastic_inh: float = -6.5 / 12.0 / 1.5  # the same from I; rates of 6.5 and 12 Hz balance

    def __post_init__(self):
        """Check every field."""
        owner = type(self).__name__
        for name in ("n_exc", "n_inh", "out_degree"):
            check_integer(f"{owner}.{name}", getattr(self, name), at_least=1)
        for name in ("n_plastic_exc", "n_plastic_inh"):
            check_integer(f"{owner}.{name}", getattr(self, name), at_least=0)
        for field in fields(self):
            if not (field.type == "int" or field.name.startswith("tau") or field.name == "dt"):
                check_real(f"{owner}.{field.name}", getattr(self, field.name))
        check_real(f"{owner}.weight_scale", self.weight_scale, unit="ms", above=0)
        check_real(f"{owner}.dt", self.dt, unit="ms", above=0)
        for name in ("tau_m", "tau_syn", "tau_plastic"):
            check_real(f"{owner}.{name}", getattr(self, name), unit="ms", above=0)
            if getattr(self, name) <= self.dt:
                raise ValueError(
                    f"{owner}.{name} must be longer than dt ({self.dt} ms), or forward Euler "
                    f"does not decay, got {getattr(self, name)!r}."
                )
        for name in ("j_ee", "j_ie", "j_plastic_exc"):
            check_real(f"{owner}.{name}", getattr(self, name), at_least=0)
        for name in ("j_ei", "j_ii", "j_plastic_inh"):
            check_real(f"{owner}.{name}", getattr(self, name), at_most=0)
        if self.v_reset >= self.v_th:
            raise ValueError(
                f"{owner}.v_reset must lie below v_th ({self.v_th}), got {self.v_reset!r}."
            )
        if self.out_degree > self.n_neurons - 1:
            raise ValueError(
                f"{owner}.out_degree must be at most the number of other neurons "
                f"({self.n_neurons - 1}), got {self.out_degree}."
            )

    @property
    def n_neurons(self):
        """Number of all neurons."""
        return self.n_exc + self.n_inh

    @property
    def in_degree(self):
        """``K``: mean number of excitatory inputs of a neuron."""
        return self.out_degree * self.n_exc / self.n_neurons

    @property
    def weights(self):
        """Static weights (2, 2) [post, pre], E first (voltage times ms)."""
        j = np.array([[self.j_ee, self.j_ei], [self.j_ie, self.j_ii]])
        return j * (self.weight_scale / np.sqrt(self.in_degree))

    @property
    def external_input(self):
        """Constant external input of each neuron, shape (n_neurons,) (voltage)."""
        mu = np.repeat([self.mu_exc, self.mu_inh], [self.n_exc, self.n_inh])
        return mu * np.sqrt(self.in_degree)

    @property
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
        return np.repeat(each, counts)


@dataclass(frozen=True)
class TrialParameters:
    """When things happen in a trial, and how strong the cue is."""

    duration: float = 3000.0  # ms
    stim_on: float = 800.0  # start of the cue (ms)
    stim_off: float = 1000.0  # end of the cue, start of learning and of feed-forward spikes (ms)
    cue_amplitude: float = 0.5  # the cue is uniform in [-cue_amplitude, cue_amplitude) (voltage)
    bin_width: float = 20.0  # bin of spike counts and mean inputs (ms)

    def __post_init__(self):
        """Check every field."""
        owner = type(self).__name__
        check_real(f"{owner}.duration", self.duration, unit="ms", above=0)
        check_real(f"{owner}.stim_on", self.stim_on, unit="ms", at_least=0)
        check_real(f"{owner}.stim_off", self.stim_off, unit="ms", at_least=self.stim_on)
        check_real(f"{owner}.cue_amplitude", self.cue_amplitude, at_least=0)
        check_real(f"{owner}.bin_width", self.bin_width, unit="ms", above=0)


@dataclass(frozen=True)
class FeedforwardParameters:
    """Poisson neurons that excite the trained neurons, each with a slowly varying rate."""

    n_inputs: int = 300  # Poisson neurons; 0 for a network without them
    mean_rate: float = 5.0  # Hz
    relaxation: float = 400.0  # time constant of the Ornstein-Uhlenbeck rate (ms)
    noise: float = 0.2  # diffusion of the rate (Hz per square root of ms)
    smoothing: float = 50.0  # half width of the moving mean over the rate (ms)

    def __post_init__(self):
        """Check every field."""
        owner = type(self).__name__
        check_integer(f"{owner}.n_inputs", self.n_inputs, at_least=0)
        check_real(f"{owner}.mean_rate", self.mean_rate, unit="Hz", at_least=0)
        check_real(f"{owner}.relaxation", self.relaxation, unit="ms", above=0)
        check_real(f"{owner}.noise", self.noise, unit="Hz/sqrt(ms)", at_least=0)
        check_real(f"{owner}.smoothing", self.smoothing, unit="ms", at_least=0)
