"""The whole task of Part 3 in one record: network, targets, cues and the clock's rates."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import check_choice, check_integer, check_real, check_type
from src_part1.recordings import Recordings
from src_part3.clock import FeedforwardRates, draw_rates
from src_part3.network import BalancedNetwork, draw_plastic, draw_static
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

# What is drawn from the seed, each from a stream of its own.
_STREAMS = ("static", "measurement", "plastic", "cues", "feedforward")
# A task has bins as wide as the record's within these bounds (ms): with finer ones trials have
# many bins and little in each, and wider ones are too coarse for targets.
_OWN_BINS = (10.0, 50.0)
# Fewer trained neurons hardly keep the time without a clock.
FEW_NEURONS = 100
# Number of neurons in the course's recordings.
_RECORDED_NEURONS = 1824
# Standard deviation of the noise in the plastic input after training (voltage), by clock. Without a
# clock it is measured as 0.08, but targets made for 0.08 leave rates 5% too low, for 0.065 slow
# neurons 7% too high.
_PLASTIC_NOISE = {"none": 0.07, "common": 0.07, "per_condition": 0.06}
# The untrained network counts as balanced up to so many times the rates of the balance equations.
_BALANCED_UP_TO = 3.0
# Clocks by default: none, and one for each condition where neurons are few.
_NO_CLOCK, _CLOCK = (FeedforwardParameters(clock=clock) for clock in ("none", "per_condition"))


@dataclass(frozen=True, eq=False)
class BalancedTask:
    """Which network should learn which recorded activity, and what drives it in a trial."""

    network: BalancedNetwork  # with its plastic synapses
    trial_parameters: TrialParameters  # times of a trial
    feedforward_parameters: FeedforwardParameters  # numbers of the clock
    recorded_rates: np.ndarray  # (n_conditions, n_trained, n_bins) of float32: at ``times`` (Hz)
    recorded_smoothing: float  # half-width of the moving mean that smoothed these (ms)
    targets: np.ndarray  # (n_conditions, n_trained, n_bins): of the total input (voltage)
    transfer: TransferFunction  # the curve by which rates became targets (but for the original's)
    # Standard deviation of the slow noise with which it was measured, which a teacher adds to its
    # current as well (voltage).
    plastic_noise: float
    conditions: tuple[str, ...]  # name of each
    seed: int  # from which all random parts were drawn
    provenance: str  # where the recorded rates come from
    # Drawn from the seed unless they are given: rates of the clock's neurons, None without a clock;
    # and the input during the cue (n_conditions, n_neurons) (voltage).
    feedforward_rates: FeedforwardRates | None = None
    cues: np.ndarray | None = None
    # What follows from these.
    n_conditions: int = field(init=False)
    n_trained: int = field(init=False)  # trained neurons
    n_bins: int = field(init=False)  # bins after the cue, each with a target at its end
    first_bin: int = field(init=False)  # the cue ends with it: ``[first_bin:]`` of a trial follows
    times: np.ndarray = field(init=False)  # (n_bins,): end of each bin after the cue (ms)
    # Which set of the clock's weights each condition uses: only a clock for each condition has
    # weights of its own in each.
    weight_sets: tuple[int, ...] = field(init=False)

    __repr__ = one_line

    def __post_init__(self):
        """Draw what was not given, and note what follows from the rest."""
        p, clock = self.trial_parameters, self.feedforward_parameters
        n_conditions, n_trained, n_bins = self.targets.shape
        sets = tuple(range(n_conditions)) if clock.clock == "per_condition" else (0,) * n_conditions
        if self.cues is None:
            size = n_conditions, self.network.parameters.n_neurons
            cues = p.cue_amplitude * stream(self.seed, "cues").uniform(-1, 1, size)
            vars(self).update(cues=cues)
        if self.feedforward_rates is None and clock.clock != "none":
            vars(self).update(feedforward_rates=draw_rates(
                clock, p, n_conditions, stream(self.seed, "feedforward"),
                dt=self.network.parameters.dt,
            ))
        vars(self).update(
            n_conditions=n_conditions, n_trained=n_trained, n_bins=n_bins, weight_sets=sets,
            first_bin=round(p.stim_off / p.bin_width),
            times=p.stim_off + p.bin_width * np.arange(1, n_bins + 1),
        )

    def check_weights(self, weights):
        """Weights of all conditions as a tuple; others than such that fit are refused."""
        weights = tuple(weights)
        if len(weights) != self.n_conditions:
            raise ValueError(
                f"weights must be given for each of {self.n_conditions} conditions, "
                f"got {len(weights)}."
            )
        for of_condition in weights:
            self.network.check_weights(of_condition)
        return weights

    def trial_options(self, condition):
        """Cue and clock of one condition, as options of `run_trial`."""
        return {
            "cue": self.cues[condition], "feedforward_rates": self.feedforward_rates,
            "condition": condition,
        }


def stream(seed, name):
    """The generator of one of the random parts (`_STREAMS`) of a task, the same at each call."""
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
        Whether there is a clock, and numbers of its neurons. By default there is none for
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
    n_recorded = recordings.rates.shape[1]
    if feedforward_parameters is None:
        feedforward_parameters = _CLOCK if n_recorded < FEW_NEURONS else _NO_CLOCK
        if n_recorded < FEW_NEURONS:
            warnings.warn(
                f"{n_recorded} recorded neurons are too few to keep the time by themselves, which "
                f"takes about {FEW_NEURONS}: the network gets a clock for each condition. "
                "FeedforwardParameters(clock='none') does without it.", stacklevel=2,
            )
    check_type("feedforward_parameters", feedforward_parameters, FeedforwardParameters)
    clock = feedforward_parameters.clock
    p = network_for(n_recorded, clock) if network_parameters is None else network_parameters
    check_type("network_parameters", p, BalancedNetworkParameters)
    if n_recorded > p.n_exc:
        raise ValueError(
            f"BalancedNetworkParameters.n_exc must be at least {n_recorded}, "
            f"one E neuron for each recorded one, got {p.n_exc}."
        )
    if plastic_noise is None:
        plastic_noise = _PLASTIC_NOISE[clock]
    else:
        check_real("plastic_noise", plastic_noise, at_least=0)
    check_type("original", original, bool)
    check_choice("precision", precision, ("float64", "float32"))
    trial = _trial_of(recordings, p.dt) if trial_parameters is None else trial_parameters
    check_type("trial_parameters", trial, TrialParameters)
    recorded_rates = _rates_in_bins(recordings, trial, p.dt)

    untrained = BalancedNetwork(p, draw_static(p, stream(seed, "static")), precision=precision)
    rng = stream(seed, "measurement")
    transfer = measure_transfer(untrained, rng, noise=plastic_noise)
    rates = transfer.rates(transfer.mean_input, np.arange(p.n_exc))
    _check_balance(p, rates.mean())
    trained = match_by_rate(recordings.rates.mean(axis=(0, 2)), rates)
    if original:
        targets = original_inputs(recorded_rates, sampled_sd(untrained, rng), p)
    else:
        targets = transfer.inputs(recorded_rates, trained)
    plastic = draw_plastic(p, trained, stream(seed, "plastic"))
    network = replace(untrained, plastic=plastic, n_inputs=feedforward_parameters.n_used)
    return BalancedTask(
        network, trial, feedforward_parameters, recorded_rates, recordings.smoothing,
        targets.astype(np.float32), transfer, float(plastic_noise), recordings.conditions, seed,
        recordings.provenance,
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
    wanted = p.balanced_rates[0]
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
    n_bins = max(int((recordings.time[-1] - recordings.time[0]) / trial.bin_width + 1e-6), 1)
    return replace(trial, duration=trial.stim_off + n_bins * trial.bin_width)


def _rates_in_bins(recordings, trial_parameters, dt):
    """Recorded rates around the end of each bin after the cue, [condition, neuron, bin]."""
    p, width = trial_parameters, trial_parameters.bin_width
    n_steps_of(
        "TrialParameters.bin_width", width, 2 * dt, of="twice the time step (tests halve the bins)"
    )
    times = {"stim_on": p.stim_on, "stim_off": p.stim_off,
             "duration after the cue": p.duration - p.stim_off}
    *_, after_cue = (
        n_steps_of(f"TrialParameters.{name}", time, width, of="the width of a bin")
        for name, time in times.items()
    )
    recorded = float(recordings.time[-1] - recordings.time[0])
    n_bins = min(int(recorded / width + 1e-6), after_cue)
    if n_bins < 1:
        raise ValueError(
            f"recordings and the trial after the cue must last at least one bin of {width:g} ms "
            f"(TrialParameters.bin_width), got {recorded:g} and {p.duration - p.stim_off:g} ms."
        )
    at = recordings.time[0] + width * np.arange(1, n_bins + 1)
    if width > recorded / (recordings.time.size - 1) * (1 + 1e-6):
        return recordings.rates_at(at, width).astype(np.float32)
    return np.array(
        [[np.interp(at, recordings.time, neuron) for neuron in of_condition]
         for of_condition in recordings.rates], dtype=np.float32,
    )
