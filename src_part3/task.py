"""The whole task of Part 3 in one record: network, targets, cues and feed-forward rates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from src_part1.parameters import n_steps_of
from src_part1.recordings import Recordings
from src_part1.validation import check_array, check_finite, check_integer, check_real, check_type
from src_part3.connectivity import draw_plastic
from src_part3.drive import draw_cues
from src_part3.feedforward import FeedforwardRates, draw_rates
from src_part3.input_targets import input_targets, measure_inputs
from src_part3.matching import match_by_rate
from src_part3.parameters import FeedforwardParameters, NetworkParameters, TrialParameters
from src_part3.state import Network, build_network
from src_part3.trials import run_trial

# What is drawn from the seed, each from a stream of its own.
_STREAMS = ("static", "measurement", "plastic", "cues", "feedforward")
# The untrained network is measured for so long (ms): rates are then known to about 0.8 Hz.
_MEASURED = 10_000.0


@dataclass(frozen=True, eq=False)
class CortexTask:
    """Which network shall carry which recorded activity, and what drives it in a trial.

    Attributes
    ----------
    network : Network
        The network with its plastic synapses.
    trial : TrialParameters
        Times of a trial.
    feedforward_parameters : FeedforwardParameters
        From which ``feedforward`` was drawn.
    feedforward : FeedforwardRates
        Rates of the Poisson neurons.
    cues : ndarray, shape (n_conditions, n_neurons)
        Input during the cue of each condition (voltage).
    recorded : ndarray of float32, shape (n_conditions, n_trained, n_bins)
        Recorded rates (Hz) at ``times``.
    targets : ndarray, shape (n_conditions, n_trained, n_bins)
        Targets of the total input at ``times`` (voltage).
    sigma : float
        White-noise strength with which rates became targets.
    conditions : tuple of str
        Name of each condition.
    seed : int
        From which all random parts were drawn.
    provenance : str
        Where the recorded rates come from.
    """

    network: Network
    trial: TrialParameters
    feedforward_parameters: FeedforwardParameters
    feedforward: FeedforwardRates
    cues: np.ndarray
    recorded: np.ndarray
    targets: np.ndarray
    sigma: float
    conditions: tuple[str, ...]
    seed: int
    provenance: str

    @property
    def n_conditions(self):
        """Number of conditions."""
        return len(self.conditions)

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

    @property
    def n_trained(self):
        """Number of trained neurons."""
        return self.network.trained.size

    @property
    def n_bins(self):
        """Number of bins after the cue, each with a target at its end."""
        return self.targets.shape[2]

    @property
    def times(self):
        """End of each bin after the cue, shape (n_bins,) (ms from the start of the trial)."""
        return self.trial.stim_off + self.trial.bin_width * np.arange(1, self.n_bins + 1)


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
    recordings, *, seed=0, network=None, trial=None, feedforward=None, precision="float32",
    sigma=None,
):
    """Draw a network and give each recorded neuron its place and its target in it.

    Parameters
    ----------
    recordings : Recordings
        Recorded rates. Their first time is the end of the cue.
    seed : int, optional
        Source of all random parts, not negative.
    network : NetworkParameters, optional
        Numbers of the network; the defaults are those of the original.
    trial : TrialParameters, optional
        Times of a trial; by default the trial ends with the recordings.
    feedforward : FeedforwardParameters, optional
        Numbers of the Poisson neurons.
    precision : {"float32", "float64"}, optional
        Type of all numbers in the simulation.
    sigma : float, optional
        White-noise strength for the targets; measured on the untrained network by default.

    Returns
    -------
    CortexTask
        The task.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, for example more recorded neurons than E neurons.
    """
    check_type("recordings", recordings, Recordings)
    seed = check_integer("seed", seed, at_least=0)
    network = NetworkParameters() if network is None else network
    feedforward = FeedforwardParameters() if feedforward is None else feedforward
    check_type("network", network, NetworkParameters)
    check_type("feedforward", feedforward, FeedforwardParameters)
    if trial is not None:
        check_type("trial", trial, TrialParameters)
    if sigma is not None:
        check_real("sigma", sigma, above=0)
    if recordings.n_neurons > network.n_exc:
        raise ValueError(
            f"NetworkParameters.n_exc must be at least {recordings.n_neurons}, "
            f"one E neuron for each recorded one, got {network.n_exc}."
        )
    since_start = recordings.time - recordings.time[0]
    bin_width = TrialParameters().bin_width if trial is None else trial.bin_width
    n_bins = int(since_start[-1] / bin_width + 1e-9)
    if trial is None:
        trial = TrialParameters()
        trial = replace(trial, duration=trial.stim_off + n_bins * bin_width)
    n_bins = min(
        n_bins, n_steps_of("trial.duration", trial.duration - trial.stim_off, bin_width)
    )
    at = bin_width * np.arange(1, n_bins + 1)
    recorded = np.array(
        [[np.interp(at, since_start, neuron) for neuron in rates] for rates in recordings.rates],
        dtype=np.float32,
    )

    untrained = build_network(network, stream(seed, "static"), precision=precision)
    rng = stream(seed, "measurement")
    measured = run_trial(untrained, replace(trial, duration=_MEASURED), rng)
    rates = measured.counts[: network.n_exc] / (_MEASURED / 1000.0)
    if not rates.any():
        raise ValueError(
            "the E neurons of the untrained network are silent; with few inputs raise "
            "NetworkParameters.mu_exc and mu_inh until mu * sqrt(K) passes the threshold."
        )
    if sigma is None:
        sigma = measure_inputs(untrained, rng).sigma
    trained = match_by_rate(recordings.rates.mean(axis=(0, 2)), rates)
    plastic = draw_plastic(network, trained, stream(seed, "plastic"))
    return assemble_task(
        replace(untrained, plastic=plastic, n_inputs=feedforward.n_inputs), trial, feedforward,
        recorded, sigma, recordings.conditions, seed, recordings.provenance,
    )


def assemble_task(
    network, trial, feedforward, recorded, sigma, conditions, seed, provenance
):
    """Complete a task whose network is already there: draw cues and rates, compute targets.

    Parameters
    ----------
    network : Network
        The network with its plastic synapses.
    trial : TrialParameters
        Times of a trial.
    feedforward : FeedforwardParameters
        Numbers of the Poisson neurons.
    recorded : array_like, shape (n_conditions, n_trained, n_bins)
        Recorded rates (Hz).
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
    CortexTask
        The task.
    """
    p = network.parameters
    shape = (len(conditions), network.trained.size, None)
    recorded = check_array("recorded", recorded, shape, dtype=np.float32, at_least=0.0)
    targets = input_targets(
        recorded, sigma, tau_m=p.tau_m, v_th=p.v_th, v_reset=p.v_reset
    )
    return CortexTask(
        network=network, trial=trial, feedforward_parameters=feedforward,
        feedforward=draw_rates(
            feedforward, trial, len(conditions), stream(seed, "feedforward"), dt=p.dt
        ),
        cues=draw_cues(network, trial, len(conditions), stream(seed, "cues")),
        recorded=recorded, targets=targets, sigma=float(sigma), conditions=tuple(conditions),
        seed=seed, provenance=provenance,
    )
