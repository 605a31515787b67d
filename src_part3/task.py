"""The whole task of Part 3 in one record: network, targets, cues and feed-forward rates."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import (
    check_finite,
    check_flag,
    check_integer,
    check_real,
    check_type,
)
from src_part1.recordings import Recordings
from src_part3.balance import leading_order_rates
from src_part3.clock import FeedforwardRates, draw_rates
from src_part3.network import BalancedNetwork, build_network, draw_plastic
from src_part3.parameters import (
    CLOCKED,
    RECURRENT,
    BalancedNetworkParameters,
    FeedforwardParameters,
    TrialParameters,
)
from src_part3.transfer import (
    TransferFunction,
    match_by_rate,
    measure_transfer,
    original_inputs,
    sampled_sd,
)
from src_part3.trials import draw_cues

# What is drawn from the seed, each from a stream of its own.
_STREAMS = ("static", "measurement", "plastic", "cues", "feedforward")
# A task has bins as wide as the record's within these bounds (ms): with finer ones trials have
# many bins and little in each, and wider ones are too coarse for targets.
_OWN_BINS = (10.0, 50.0)
_A_BIN = "the width of a bin"
# Fewer trained neurons hardly keep the time without a clock.
FEW_NEURONS = 100
# Number of neurons in the course's recordings.
_RECORDED_NEURONS = 1824
# Standard deviation of the noise in the plastic input after training (voltage), by clock. Without a
# clock it is measured as 0.08, but targets made for 0.08 leave rates 5% too low, for 0.065 slow
# neurons 7% too high.
_PLASTIC_NOISE = {"none": 0.07, "common": 0.07, "per_condition": 0.05}
# The untrained network counts as balanced up to so many times the rates of the balance equations.
_BALANCED_UP_TO = 3.0


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
    transfer : TransferFunction
        The curve by which rates became targets (but for ``make_task(original=True)``).
    plastic_noise : float
        Standard deviation of the slow noise with which this curve was measured, which a teacher
        adds to its current as well (voltage).
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
    transfer: TransferFunction
    plastic_noise: float
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
    feedforward_parameters=None, precision="float32", plastic_noise=None, original=False,
):
    """Draw a network and give each recorded neuron its place and its target in it.

    Parameters
    ----------
    recordings : Recordings
        Recorded rates. Their first time is the end of the cue.
    seed : int, optional
        Source of all random parts, not negative.
    network_parameters : BalancedNetworkParameters, optional
        Numbers of the network, used as they are. By default `RECURRENT` without a clock or with a
        common one, and `CLOCKED` with a clock for each condition. Without a clock each neuron reads
        at most half of the other trained ones; the fewer they are, the less noise averages away,
        so that ``tau_plastic`` is then longer, up to twice.
    trial_parameters : TrialParameters, optional
        Times of a trial. By default the trial ends with the recordings and has their bins if
        these are 10 to 50 ms wide and fit the time step and the cue, else bins of 20 ms. Rates
        of finer bins are averaged over those of the trial, those of wider ones interpolated.
    feedforward_parameters : FeedforwardParameters, optional
        Whether there is a clock, and numbers of its Poisson neurons. By default there is none for
        100 neurons or more, and one for each condition for fewer, with a warning.
    precision : {"float32", "float64"}, optional
        Type of all numbers in the simulation.
    plastic_noise : float, optional
        Standard deviation (voltage) of the noise that the plastic input will have; by default what
        trained networks of the course have.
    original : bool, optional
        Whether targets are those of the original tutorial (`src_part3.transfer.original_inputs`).

    Returns
    -------
    BalancedTask
        The task.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import BalancedNetworkParameters, make_task, recordings_from_arrays
    >>> time = np.arange(-200.0, 1.0, 20.0)  # ms before an event
    >>> rates = 8 + 4 * np.sin(time / 50 + np.arange(12)[:, None])  # Hz, 12 neurons
    >>> recordings = recordings_from_arrays({"right": rates, "left": rates[::-1]}, time)
    >>> task = make_task(
    ...     recordings, network_parameters=BalancedNetworkParameters(
    ...         n_exc=250, n_inh=250, out_degree=200, n_plastic_exc=5, n_plastic_inh=5),
    ... )
    >>> task.targets.shape  # condition, neuron, bin
    (2, 12, 10)
    """
    check_type("recordings", recordings, Recordings)
    seed = check_integer("seed", seed, at_least=0)
    few = recordings.n_neurons < FEW_NEURONS
    if feedforward_parameters is None:
        feedforward_parameters = FeedforwardParameters(clock="per_condition" if few else "none")
        if few:
            warnings.warn(
                f"{recordings.n_neurons} recorded neurons are too few to keep the time by "
                f"themselves, which takes about {FEW_NEURONS}: the network gets a clock for each "
                "condition. FeedforwardParameters(clock='none') does without it.", stacklevel=2,
            )
    clock = check_type(
        "feedforward_parameters", feedforward_parameters, FeedforwardParameters
    ).clock
    if network_parameters is None:
        network_parameters = network_for(recordings.n_neurons, clock)
    p = check_type("network_parameters", network_parameters, BalancedNetworkParameters)
    if plastic_noise is None:
        plastic_noise = _PLASTIC_NOISE[clock]
    check_real("plastic_noise", plastic_noise, at_least=0)
    check_flag("original", original)
    if recordings.n_neurons > p.n_exc:
        raise ValueError(
            f"BalancedNetworkParameters.n_exc must be at least {recordings.n_neurons}, "
            f"one E neuron for each recorded one, got {p.n_exc}."
        )
    if trial_parameters is None:
        trial_parameters = _trial_of(recordings, p.dt)
    check_type("trial_parameters", trial_parameters, TrialParameters)
    n_steps_of("TrialParameters.stim_off", trial_parameters.stim_off,
               trial_parameters.bin_width, of=_A_BIN)
    recorded_rates = _rates_in_bins(recordings, trial_parameters, p.dt)

    untrained = build_network(p, stream(seed, "static"), precision=precision)
    rng = stream(seed, "measurement")
    transfer = measure_transfer(untrained, rng, noise=plastic_noise)
    exc = np.arange(p.n_exc)
    rates = transfer.rates(transfer.mean_input, exc)
    _check_balance(p, rates.mean())
    trained = match_by_rate(recordings.rates.mean(axis=(0, 2)), rates)
    if original:
        targets = original_inputs(recorded_rates, sampled_sd(untrained, rng), p)
    else:
        targets = transfer.inputs(recorded_rates, trained)
    plastic = draw_plastic(p, trained, stream(seed, "plastic"))
    return assemble_task(
        replace(untrained, plastic=plastic, n_inputs=feedforward_parameters.n_used),
        trial_parameters, feedforward_parameters,
        recorded_rates=recorded_rates, recorded_smoothing=recordings.smoothing,
        targets=targets.astype(np.float32),
        transfer=transfer, plastic_noise=float(plastic_noise), conditions=recordings.conditions,
        seed=seed, provenance=recordings.provenance,
    )


def network_for(n_trained, clock):
    """Numbers of a network that learns so many neurons well with this clock."""
    if clock == "per_condition":
        return replace(CLOCKED, n_plastic_exc=min(CLOCKED.n_plastic_exc, n_trained - 1))
    # Sparse all the same: from half of the other trained neurons at most.
    n_plastic = min(RECURRENT.n_plastic_exc, max((n_trained - 1) // 2, 1))
    tau = RECURRENT.tau_plastic * np.clip(np.sqrt(_RECORDED_NEURONS / n_trained), 1, 2)
    return replace(RECURRENT, n_plastic_exc=n_plastic, n_plastic_inh=n_plastic,
                   tau_plastic=float(round(tau, -1)))


def _check_balance(network_parameters, rate):
    """Warn of an untrained network that is not balanced, with what can be done."""
    p = network_parameters
    wanted = leading_order_rates(p)[0]
    if wanted <= 0:
        cause = (
            "the balance equations have no positive rates: change the signs or ratios of j and mu"
        )
    elif rate > _BALANCED_UP_TO * wanted:
        cause = (
            f"the balance equations ask for {wanted:.1f} Hz. Single synapses are strong where "
            f"K = {p.in_degree:.0f} is small: raise out_degree, with more neurons, or lower "
            "weight_scale"
        )
    else:
        return
    warnings.warn(
        f"the untrained network is not balanced: its E neurons fire at {rate:.1f} Hz, but {cause} "
        "(BalancedNetworkParameters).", stacklevel=3,
    )


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
    at = recordings.time[0] + width * np.arange(1, n_bins + 1)
    if width > recordings.bin_width * (1 + 1e-6):
        return recordings.rates_at(at, width).astype(np.float32)
    return np.array(
        [[np.interp(at, recordings.time, neuron) for neuron in of_condition]
         for of_condition in recordings.rates], dtype=np.float32,
    )


def assemble_task(network, trial_parameters, feedforward_parameters, **fields):
    """Complete a task whose network and targets are there: draw cues and rates from its seed."""
    n_conditions, seed = len(fields["conditions"]), fields["seed"]
    return BalancedTask(
        network=network, trial_parameters=trial_parameters,
        feedforward_parameters=feedforward_parameters,
        feedforward_rates=draw_rates(
            feedforward_parameters, trial_parameters, n_conditions, stream(seed, "feedforward"),
            dt=network.parameters.dt,
        ),
        cues=draw_cues(network, trial_parameters, n_conditions, stream(seed, "cues")), **fields,
    )
