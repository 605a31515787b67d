"""The whole task of Part 3 in one record: network, targets, cues and feed-forward rates."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import (
    check_array,
    check_finite,
    check_integer,
    check_real,
    check_type,
)
from src_part1.recordings import Recordings
from src_part3.clock import FeedforwardRates, draw_rates
from src_part3.input_targets import input_targets, match_by_rate, measure_inputs
from src_part3.network import BalancedNetwork, build_network, draw_plastic
from src_part3.parameters import BalancedNetworkParameters, FeedforwardParameters, TrialParameters
from src_part3.trials import draw_cues, run_trial

# What is drawn from the seed, each from a stream of its own.
_STREAMS = ("static", "measurement", "plastic", "cues", "feedforward")
# The untrained network is measured for so long (ms): rates are then known to about 0.8 Hz.
_MEASURED = 10_000.0
# A task has bins as wide as the record's within these bounds (ms): with finer ones trials have
# many bins and little in each, and wider ones are too coarse for targets.
_OWN_BINS = (10.0, 50.0)
_A_BIN = "the width of a bin"
# With fewer trained neurons and no clock a network hardly keeps the time.
FEW_NEURONS = 100


@dataclass(frozen=True, eq=False)
class BalancedTask:
    """Which network should learn which recorded activity, and what drives it in a trial.

    Attributes
    ----------
    network : BalancedNetwork
        The network with its plastic synapses.
    trial_parameters : TrialParameters
        Times of a trial.
    feedforward_parameters : FeedforwardParameters
        Numbers from which ``feedforward_rates`` were drawn.
    feedforward_rates : FeedforwardRates
        Rates of the Poisson neurons.
    cues : ndarray, shape (n_conditions, n_neurons)
        Input during the cue of each condition (voltage).
    recorded_rates : ndarray of float32, shape (n_conditions, n_trained, n_bins)
        Recorded rates (Hz) at ``times``.
    recorded_smoothing : float
        Half-width of the moving mean by which the recorded rates were smoothed (ms).
    targets : ndarray, shape (n_conditions, n_trained, n_bins)
        Targets of the total input at ``times`` (voltage).
    sigma : float
        White-noise strength with which rates became targets.
    conditions : tuple of str
        Name of each condition.
    seed : int
        Seed from which all random parts were drawn.
    provenance : str
        Where the recorded rates come from.
    """

    __repr__ = one_line

    network: BalancedNetwork
    trial_parameters: TrialParameters
    feedforward_parameters: FeedforwardParameters
    feedforward_rates: FeedforwardRates
    cues: np.ndarray
    recorded_rates: np.ndarray
    recorded_smoothing: float
    targets: np.ndarray
    sigma: float
    conditions: tuple[str, ...]
    seed: int
    provenance: str

    @property
    def n_conditions(self):
        """Number of conditions."""
        return len(self.conditions)

    @property
    def weight_sets(self):
        """Which set of feed-forward weights each condition uses, shape (n_conditions,).

        Only a clock for each condition has weights of its own in each.
        """
        own = self.feedforward_parameters.clock == "per_condition"
        return tuple(range(self.n_conditions)) if own else (0,) * self.n_conditions

    def check_weights(self, weights):
        """Return the weights of all conditions if they fit the network.

        Parameters
        ----------
        weights : sequence of PlasticWeights
            Weights of each condition.

        Returns
        -------
        tuple of PlasticWeights
            The same.

        Raises
        ------
        TypeError, ValueError
            If some are missing, have another shape or are not finite.
        """
        weights = tuple(weights)
        if len(weights) != self.n_conditions:
            raise ValueError(
                f"weights must be given for each of {self.n_conditions} conditions, "
                f"got {len(weights)}."
            )
        for of_condition in weights:
            for array in self.network.check_weights(of_condition):
                check_finite("weights", array)
        return weights

    def trial_options(self, condition):
        """Return the options of `run_trial` for a trial of one condition.

        Parameters
        ----------
        condition : int
            Which condition.

        Returns
        -------
        dict
            Cue and feed-forward rates of the condition.
        """
        return {
            "cue": self.cues[condition], "feedforward_rates": self.feedforward_rates,
            "condition": condition,
        }

    @property
    def n_trained(self):
        """Number of trained neurons."""
        return self.network.trained.size

    @property
    def first_bin(self):
        """Bin of a trial with which the cue ends: ``[first_bin:]`` is what follows the cue."""
        p = self.trial_parameters
        return n_steps_of("TrialParameters.stim_off", p.stim_off, p.bin_width, of=_A_BIN)

    @property
    def n_bins(self):
        """Number of bins after the cue, each with a target at its end."""
        return self.targets.shape[2]

    @property
    def times(self):
        """End of each bin after the cue, shape (n_bins,) (ms from the start of the trial)."""
        p = self.trial_parameters
        return p.stim_off + p.bin_width * np.arange(1, self.n_bins + 1)


def stream(seed, name):
    """Return the generator from which one random part of a task is drawn.

    Parameters
    ----------
    seed : int
        Seed of the task.
    name : {"static", "measurement", "plastic", "cues", "feedforward"}
        The part.

    Returns
    -------
    numpy.random.Generator
        The same one at each call.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STREAMS.index(name),)))


def make_task(
    recordings, *, seed=0, network_parameters=None, trial_parameters=None,
    feedforward_parameters=None, precision="float32", sigma=None,
):
    """Draw a network and give each recorded neuron its place and its target in it.

    Parameters
    ----------
    recordings : Recordings
        Recorded rates. Their first time is the end of the cue.
    seed : int, optional
        Source of all random parts, not negative.
    network_parameters : BalancedNetworkParameters, optional
        Numbers of the network, used as they are. By default ``BalancedNetworkParameters()``, with
        a warning if there are too few recorded neurons for it: each then has fewer plastic
        synapses from the others (``n_plastic_exc``), or, without a clock, the fit will be poor.
    trial_parameters : TrialParameters, optional
        Times of a trial. By default the trial ends with the recordings and has their bins if
        these are 10 to 50 ms wide and fit the time step and the cue, else bins of 20 ms. Rates
        of finer bins are averaged over those of the trial, those of wider ones interpolated.
    feedforward_parameters : FeedforwardParameters, optional
        Whether there is a clock, and numbers of its Poisson neurons.
    precision : {"float32", "float64"}, optional
        Type of all numbers in the simulation.
    sigma : float, optional
        White-noise strength for the targets; measured on the untrained network by default.

    Returns
    -------
    BalancedTask
        The task.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, for example more recorded neurons than E neurons.
    """
    check_type("recordings", recordings, Recordings)
    seed = check_integer("seed", seed, at_least=0)
    if feedforward_parameters is None:
        feedforward_parameters = FeedforwardParameters()
    check_type("feedforward_parameters", feedforward_parameters, FeedforwardParameters)
    if network_parameters is None:
        network_parameters = _network_of(recordings.n_neurons, feedforward_parameters.clock)
    check_type("network_parameters", network_parameters, BalancedNetworkParameters)
    if sigma is not None:
        check_real("sigma", sigma, above=0)
    if recordings.n_neurons > network_parameters.n_exc:
        raise ValueError(
            f"BalancedNetworkParameters.n_exc must be at least {recordings.n_neurons}, "
            f"one E neuron for each recorded one, got {network_parameters.n_exc}."
        )
    if trial_parameters is None:
        trial_parameters = _trial_of(recordings, network_parameters.dt)
    check_type("trial_parameters", trial_parameters, TrialParameters)
    recorded_rates = _rates_in_bins(recordings, trial_parameters, network_parameters.dt)

    untrained = build_network(network_parameters, stream(seed, "static"), precision=precision)
    rng = stream(seed, "measurement")
    width = trial_parameters.bin_width
    duration = max(round(_MEASURED / width), 1) * width
    measured = run_trial(untrained, replace(trial_parameters, duration=duration), rng)
    rates = measured.counts[: network_parameters.n_exc] / (duration / 1000.0)
    if not rates.any():
        raise ValueError(
            "the E neurons of the untrained network are silent; if K is small, raise "
            "BalancedNetworkParameters.mu_exc and mu_inh until mu * sqrt(K) passes the threshold."
        )
    if sigma is None:
        sigma = measure_inputs(untrained, rng).sigma
    trained = match_by_rate(recordings.rates.mean(axis=(0, 2)), rates)
    plastic = draw_plastic(network_parameters, trained, stream(seed, "plastic"))
    return assemble_task(
        replace(untrained, plastic=plastic, n_inputs=feedforward_parameters.n_used),
        trial_parameters, feedforward_parameters, recorded_rates, recordings.smoothing, sigma,
        recordings.conditions, seed, recordings.provenance,
    )


def _network_of(n_trained, clock):
    """Numbers of a network for so many trained neurons; warns where they are few."""
    parameters = BalancedNetworkParameters()
    if n_trained <= parameters.n_plastic_exc:
        warnings.warn(
            f"each of {n_trained} recorded neurons has only {n_trained - 1} others: "
            f"BalancedNetworkParameters.n_plastic_exc is {n_trained - 1} instead of "
            f"{parameters.n_plastic_exc}.", stacklevel=3,
        )
        parameters = replace(parameters, n_plastic_exc=n_trained - 1)
    if n_trained < FEW_NEURONS and clock == "none":
        warnings.warn(
            f"{n_trained} recorded neurons are probably too few to sustain their activity without "
            f"a clock, which takes about {FEW_NEURONS}: expect a poor fit, or use "
            "FeedforwardParameters(clock='per_condition').", stacklevel=3,
        )
    return parameters


def _trial_of(recordings, dt):
    """Times of a trial that ends with the recordings, in their bins if these fit."""
    trial = TrialParameters()
    width = round(recordings.bin_width, 6)  # times that were computed are off in the last digits
    narrowest, widest = _OWN_BINS
    # Tests halve the bins, and a teacher's current changes with them from the cue on.
    whole = (width / (2 * dt), trial.stim_on / width, trial.stim_off / width)
    if narrowest <= width <= widest and all(abs(n - round(n)) < 1e-6 for n in whole):
        trial = replace(trial, bin_width=width)
    n_bins = _n_bins(recordings, trial.bin_width)
    return replace(trial, duration=trial.stim_off + n_bins * trial.bin_width)


def _n_bins(recordings, width):
    duration = float(recordings.time[-1] - recordings.time[0])
    n_bins = int(duration / width + 1e-6)
    if n_bins == 0:
        raise ValueError(
            f"recordings must last at least one bin of {width:g} ms (TrialParameters.bin_width), "
            f"got {duration:g} ms from the first time to the last."
        )
    return n_bins


def _rates_in_bins(recordings, trial_parameters, dt):
    """Recorded rates around the end of each bin after the cue, [condition, neuron, bin]."""
    width = trial_parameters.bin_width
    n_steps_of(
        "TrialParameters.bin_width", width, 2 * dt, of="twice the time step (tests halve the bins)"
    )
    after_cue = trial_parameters.duration - trial_parameters.stim_off
    check_real("TrialParameters.duration after the cue", after_cue, unit="ms", above=0)
    n_bins = min(_n_bins(recordings, width), n_steps_of(
        "TrialParameters.duration after the cue", after_cue, width, of=_A_BIN
    ))
    n_steps_of("TrialParameters.stim_off", trial_parameters.stim_off, width, of=_A_BIN)
    at = recordings.time[0] + width * np.arange(1, n_bins + 1)
    if width > recordings.bin_width * (1 + 1e-6):
        return recordings.rates_at(at, width).astype(np.float32)
    return np.array(
        [[np.interp(at, recordings.time, neuron) for neuron in of_condition]
         for of_condition in recordings.rates], dtype=np.float32,
    )


def assemble_task(
    network, trial_parameters, feedforward_parameters, recorded_rates, recorded_smoothing, sigma,
    conditions, seed, provenance,
):
    """Complete a task whose network is already there: draw cues and rates, compute targets.

    Parameters
    ----------
    network : BalancedNetwork
        The network with its plastic synapses.
    trial_parameters : TrialParameters
        Times of a trial.
    feedforward_parameters : FeedforwardParameters
        Numbers of the Poisson neurons.
    recorded_rates : array_like, shape (n_conditions, n_trained, n_bins)
        Recorded rates (Hz).
    recorded_smoothing : float
        Half-width of the moving mean that they went through (ms).
    sigma : float
        White-noise strength.
    conditions : tuple of str
        Name of each condition.
    seed : int
        Source of cues and rates.
    provenance : str
        Where the rates come from.

    Returns
    -------
    BalancedTask
        The task.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """
    check_type("network", network, BalancedNetwork)
    p, n_conditions = network.parameters, len(conditions)
    shape = (n_conditions, network.trained.size, None)
    recorded_rates = check_array(
        "recorded_rates", recorded_rates, shape, dtype=np.float32, at_least=0.0
    )
    check_real("recorded_smoothing", recorded_smoothing, unit="ms", at_least=0)
    targets = input_targets(
        recorded_rates, sigma, tau_m=p.tau_m, v_th=p.v_th, v_reset=p.v_reset
    )
    return BalancedTask(
        network=network, trial_parameters=trial_parameters,
        feedforward_parameters=feedforward_parameters,
        feedforward_rates=draw_rates(
            feedforward_parameters, trial_parameters, n_conditions, stream(seed, "feedforward"),
            dt=p.dt,
        ),
        cues=draw_cues(network, trial_parameters, n_conditions, stream(seed, "cues")),
        recorded_rates=recorded_rates, recorded_smoothing=float(recorded_smoothing),
        targets=targets, sigma=float(sigma),
        conditions=tuple(conditions), seed=seed, provenance=provenance,
    )
