"""What acts on a network from outside during one trial."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import (
    check_array,
    check_index,
    check_integer,
    check_rng,
    check_type,
)
from src_part3.parameters import TrialParameters
from src_part3.state import BalancedNetwork


@dataclass(frozen=True, eq=False)
class Drive:
    """Cue, feed-forward spikes and silenced neurons of one trial.

    Attributes
    ----------
    baseline : ndarray, shape (n_neurons,)
        Constant external input.
    cue : ndarray, shape (n_neurons,)
        Added to the baseline in steps ``cue_on`` to ``cue_off - 1``.
    cue_on, cue_off : int
        The cue's time steps.
    spike_steps : ndarray of int32, shape (n_spikes,)
        Time steps of the feed-forward spikes, in increasing order. A spike of step ``t`` acts
        while the network advances from ``t`` to ``t + 1``.
    spike_sources : ndarray of int32, shape (n_spikes,)
        Which Poisson neuron spiked.
    active : ndarray of bool, shape (n_neurons,)
        False for silenced neurons: they are reset at threshold, but no spike leaves them.
    """

    baseline: np.ndarray
    cue: np.ndarray
    cue_on: int
    cue_off: int
    spike_steps: np.ndarray
    spike_sources: np.ndarray
    active: np.ndarray

    __repr__ = one_line

    def external_input(self, step):
        """Return the external input at a time step.

        Parameters
        ----------
        step : int
            Time step.

        Returns
        -------
        ndarray, shape (n_neurons,)
            The baseline, with the cue while it is on.
        """
        return self.baseline + self.cue if self.cue_on <= step < self.cue_off else self.baseline

    def check(self, network):
        """Refuse a network that this was not made for.

        Parameters
        ----------
        network : BalancedNetwork
            The network.

        Raises
        ------
        ValueError
            If it has another number of neurons, or too few Poisson neurons.
        """
        n_neurons = network.parameters.n_neurons
        for name in ("baseline", "cue", "active"):
            shape = getattr(self, name).shape
            if shape != (n_neurons,):
                raise ValueError(f"drive.{name} must have shape ({n_neurons},), got {shape}.")
        highest = self.spike_sources.max(initial=-1)
        if highest >= network.n_inputs:
            raise ValueError(
                f"drive.spike_sources must be below {network.n_inputs}, got {highest}."
            )


def make_drive(
    network, trial_parameters=None, *, cue=None, spikes=None, silenced=None, extra_input=None
):
    """Put together what acts on a network in one trial.

    Parameters
    ----------
    network : BalancedNetwork
        The network.
    trial_parameters : TrialParameters, optional
        When the cue is on; required with ``cue``.
    cue : array_like, shape (n_neurons,), optional
        Input during the cue (voltage); none by default.
    spikes : tuple of ndarray, optional
        Time steps and sources of the feed-forward spikes, as ``draw_spikes`` returns them.
    silenced : array_like of int, optional
        Neurons that do not spike in this trial.
    extra_input : array_like, shape (n_neurons,), optional
        Added to the constant external input for the whole trial (voltage).

    Returns
    -------
    Drive
        The drive.

    Raises
    ------
    TypeError, ValueError
        If an array does not fit the network, or ``cue`` comes without ``trial_parameters``.
    """
    check_type("network", network, BalancedNetwork)
    p, dtype = network.parameters, network.dtype
    baseline = network.external_input
    if extra_input is not None:
        extra = check_array("extra_input", extra_input, (p.n_neurons,))
        baseline = (p.external_input + extra).astype(dtype)
    on = off = 0
    if cue is None:
        cue = np.zeros(p.n_neurons, dtype)
    elif trial_parameters is None:
        raise ValueError("trial_parameters must say when the cue is on, got None.")
    else:
        cue = check_array("cue", cue, (p.n_neurons,), dtype=dtype)
        check_type("trial_parameters", trial_parameters, TrialParameters)
        on = n_steps_of("TrialParameters.stim_on", trial_parameters.stim_on, p.dt)
        off = n_steps_of("TrialParameters.stim_off", trial_parameters.stim_off, p.dt)
    steps, sources = (np.zeros(0, np.int32),) * 2 if spikes is None else spikes
    steps, sources = (np.ascontiguousarray(a, dtype=np.int32) for a in (steps, sources))
    if steps.shape != sources.shape or steps.ndim != 1 or (np.diff(steps) < 0).any():
        raise ValueError("spikes must be two lists of equal length, the first in increasing order.")
    if sources.size and not 0 <= sources.min() <= sources.max() < network.n_inputs:
        raise ValueError(
            f"spikes must come from sources 0 to {network.n_inputs - 1}, "
            f"got {sources.min()} to {sources.max()}."
        )
    active = np.ones(p.n_neurons, np.bool_)
    if silenced is not None:
        active[check_index("silenced", silenced, p.n_neurons)] = False
    return Drive(baseline, cue, on, off, steps, sources, active)


def draw_cues(network, trial_parameters, n_conditions, rng):
    """Draw one cue for each condition, uniform in [-cue_amplitude, cue_amplitude).

    Parameters
    ----------
    network : BalancedNetwork
        The network.
    trial_parameters : TrialParameters
        The amplitude.
    n_conditions : int
        Number of cues.
    rng : numpy.random.Generator
        Randomness of the cues.

    Returns
    -------
    ndarray, shape (n_conditions, n_neurons)
        Inputs during the cue (voltage).

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """
    check_type("network", network, BalancedNetwork)
    check_type("trial_parameters", trial_parameters, TrialParameters)
    rng = check_rng("rng", rng)
    n_conditions = check_integer("n_conditions", n_conditions, at_least=1)
    size = (n_conditions, network.parameters.n_neurons)
    return trial_parameters.cue_amplitude * rng.uniform(-1, 1, size)
