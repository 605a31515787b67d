"""Make the synthetic stand-in for the motor-cortex recordings.

    python data/make_standin.py                                       # the file as shipped
    python data/make_standin.py --neurons 1824 --seed 7 --output my.npz

Nothing recorded enters: the script knows a few population statistics (`LISTED`) and draws
everything else from a seed. It builds the rates in four stages.

1. Modulation. In each condition a neuron's curve is a ramp with a random slope, plus slow
   Gaussian noise that the conditions share in part, plus white noise smoothed like a measured
   PSTH. An exponential makes bumps upwards larger than those downwards. Weakly modulated neurons
   have more noise and less ramp. Each curve is centred and scaled so that the temporal standard
   deviations of the population have the listed percentiles.
2. Selectivity. A constant is added in one condition and taken off in the other, so that the
   differences of the conditions in the last 500 ms have the listed percentiles. Their ranks
   follow the neuron's preference, its amplitude and the difference of its ramps.
3. Mean rates. The listed distribution is dealt out so that no rate is negative and the peak
   rates come near to the listed ones.
4. The sum of the three, cut at zero and rounded to float32.

Mean rates, temporal standard deviations and differences have their listed percentiles by
construction. The other statistics (peaks, shares of variance, autocorrelation, correlation of
the conditions) follow from the constants of `Model`, which were fitted to them.
"""

from __future__ import annotations

import argparse
import bisect
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.special import ndtri

OUTPUT = Path(__file__).resolve().parent / "synthetic_population.npz"
N_NEURONS = 500
SEED = 27
TIME = np.arange(-2000.0, 1.0, 20.0)  # ms to the go cue
LATE_BINS = 25  # the last 500 ms
SMOOTHING_BINS = 7  # moving mean over this many bins on either side

# Percentiles 0, 5, 25, 50, 75, 95 and 100 over neurons, in Hz
LISTED = {
    "mean rate": (1.0, 1.4, 2.5, 4.2, 7.4, 15.7, 38.1),
    "peak rate": (1.7, 3.0, 5.2, 8.3, 13.6, 28.2, 69.1),
    "sd right": (0.17, 0.43, 0.75, 1.26, 2.27, 6.06, 19.4),
    "sd left": (0.16, 0.36, 0.61, 0.89, 1.39, 3.50, 14.1),
    "right minus left": (-42.0, -6.7, -1.6, 0.05, 2.0, 10.9, 40.0),
}
# Where these percentiles lie on a normal axis; the ends are the extremes of some 1800 draws.
EXTREME = 3.3
KNOTS = np.array([-EXTREME, *ndtri([0.05, 0.25, 0.5, 0.75, 0.95]), EXTREME])


@dataclass(frozen=True)
class Model:
    """Constants of the stand-in, dimensionless unless a unit is given."""

    shared_amplitude: float = 0.82  # correlation of the two conditions' amplitudes (normal scores)
    ramp: float = 0.7  # weight of the ramp against the slow noise
    ramp_growth: float = 0.63  # growth of the ramp's log weight with the amplitude's score
    ramp_bias: float = 0.48  # mean slope
    ramp_power: float = 1.43  # exponent of the ramp in time
    ramp_preference: float = 0.71  # slope in the right condition per unit of preference
    shared_course: float = 0.44  # share of the slopes' and slow noise's variance that is common
    slow_width: float = 520.0  # correlation length of the slow noise, ms
    noise: float = 0.54  # weight of the fast noise
    noise_decay: float = 0.78  # fall of its log weight with the amplitude's score
    skew: float = 0.24  # strength of the exponential
    ramp_share: float = 0.39  # weight of the ramps' difference in the rank of the selectivity
    peak_spread: float = 1.54  # sd of the noise in the rank of the peaks, log units


def quantile_function(percentiles, *, signed=False):
    """Return a smooth function of the quantile through the listed percentiles.

    Parameters
    ----------
    percentiles : (7,) array_like
        Values at the listed percentiles.
    signed : bool
        Interpolate asinh(value) instead of log(value).

    Returns
    -------
    callable
        Takes quantiles in [0, 1], returns values.
    """
    forward, back = (np.arcsinh, np.sinh) if signed else (np.log, np.exp)
    curve = PchipInterpolator(KNOTS, forward(percentiles))
    return lambda quantile: back(curve(np.clip(ndtri(quantile), -EXTREME, EXTREME)))


def by_rank(score, quantiles):
    """Return values with the distribution `quantiles`, ordered like `score` (n_neurons,)."""
    values = np.empty(score.size)
    values[np.argsort(score, kind="stable")] = quantiles(np.linspace(0.0, 1.0, score.size))
    return values


def smoothed_noise(window, shape, rng):
    """Return unit-variance Gaussian noise (*shape, n_time), white noise under a moving window."""
    white = rng.standard_normal((*shape, TIME.size + window.size - 1))
    views = np.lib.stride_tricks.sliding_window_view(white, window.size, axis=-1)
    return views @ (window / np.sqrt(np.sum(window**2)))


def standardised(curves):
    """Return curves (..., n_time) with mean 0 and standard deviation 1 over time."""
    centred = curves - curves.mean(axis=-1, keepdims=True)
    return centred / centred.std(axis=-1, keepdims=True)


def modulation(n_neurons, model, preference, rng):
    """Stage 1: curves (2, n_neurons, n_time) of mean zero and their sd (2, n_neurons), in Hz."""
    m = model
    common = np.sqrt(m.shared_amplitude) * rng.standard_normal(n_neurons)
    score = common + np.sqrt(1.0 - m.shared_amplitude) * rng.standard_normal((2, n_neurons))
    sd = np.stack(
        [
            by_rank(score[0], quantile_function(LISTED["sd right"])),
            by_rank(score[1], quantile_function(LISTED["sd left"])),
        ]
    )
    half = int(np.ceil(3.0 * m.slow_width / np.sqrt(2.0) / 20.0))
    slow = np.exp(-((np.arange(-half, half + 1) * 20.0 / m.slow_width) ** 2))
    fast = np.ones(2 * SMOOTHING_BINS + 1)
    alike, apart = np.sqrt(m.shared_course), np.sqrt(1.0 - m.shared_course)
    slope = alike * rng.standard_normal(n_neurons) + apart * rng.standard_normal((2, n_neurons))
    slope += m.ramp_bias
    slope[0] += m.ramp_preference * preference
    course = alike * smoothed_noise(slow, (n_neurons,), rng)
    course = course + apart * smoothed_noise(slow, (2, n_neurons), rng)
    ramp = standardised(((TIME - TIME[0]) / (TIME[-1] - TIME[0])) ** m.ramp_power)
    weight = m.ramp * np.exp(m.ramp_growth * score) * slope
    noise = m.noise * np.exp(-m.noise_decay * score)
    curves = weight[:, :, None] * ramp + course
    curves += noise[:, :, None] * smoothed_noise(fast, (2, n_neurons), rng)
    skewed = np.expm1(m.skew * standardised(curves))
    return standardised(skewed) * sd[:, :, None], sd


def selectivity(curves, sd, model, preference):
    """Stage 2: the constant (n_neurons,), in Hz, by which right exceeds left."""
    late = curves[0, :, -LATE_BINS:].mean(axis=1) - curves[1, :, -LATE_BINS:].mean(axis=1)
    score = model.ramp_share * late + preference * np.sqrt(sd[0] * sd[1])
    wanted = by_rank(score, quantile_function(LISTED["right minus left"], signed=True))
    return wanted - late


def mean_rates(curves, model, rng):
    """Stage 3: mean rates (n_neurons,), in Hz, dealt out to modulations of mean zero.

    The neurons that need most to stay above zero choose first. Each takes the free mean rate
    that is nearest above both its need and the one that its wanted peak calls for.
    """
    need = -curves.min(axis=(0, 2))
    top = curves.max(axis=(0, 2))
    n_neurons = need.size
    score = np.log(top) + model.peak_spread * rng.standard_normal(n_neurons)
    goal = by_rank(score, quantile_function(LISTED["peak rate"])) - top
    quantiles = quantile_function(LISTED["mean rate"])
    goal = by_rank(goal, quantiles)
    free = quantiles(np.linspace(0.0, 1.0, n_neurons)).tolist()
    means = np.empty(n_neurons)
    for neuron in np.argsort(-need, kind="stable"):
        slot = bisect.bisect_left(free, max(need[neuron], goal[neuron]))
        means[neuron] = free.pop(min(slot, len(free) - 1))
    return means


def make_rates(n_neurons=N_NEURONS, seed=SEED, model=None):
    """Return synthetic rates of two conditions.

    Parameters
    ----------
    n_neurons : int
        Size of the population.
    seed : int
        Seed of the random generator.
    model : Model, optional
        Constants, the defaults if left out.

    Returns
    -------
    (2, n_neurons, 101) float32 ndarray
        Rates in Hz, right and left.
    """
    if n_neurons < 2:
        raise ValueError(f"make_rates.n_neurons must be at least 2, got {n_neurons}.")
    model = Model() if model is None else model
    rng = np.random.default_rng(seed)
    preference = rng.standard_normal(n_neurons)
    curves, sd = modulation(n_neurons, model, preference, rng)
    constant = selectivity(curves, sd, model, preference)
    curves = curves + np.stack([constant, -constant])[:, :, None] / 2.0
    rates = mean_rates(curves, model, rng)[:, None] + curves
    return np.maximum(rates, 0.0).astype(np.float32)


def write(path, n_neurons=N_NEURONS, seed=SEED):
    """Write a stand-in population to the ``.npz`` file `path`."""
    np.savez_compressed(
        path,
        rates=make_rates(n_neurons, seed),
        time=TIME,
        conditions=np.array(["lick right", "lick left"]),
        source=np.array("synthetic"),
        provenance=np.array(
            f"Synthetic: {n_neurons} made-up neurons (seed {seed}) with the summary statistics of "
            "recordings in mouse motor cortex; no recorded neuron is among them."
        ),
        smoothing=SMOOTHING_BINS * (TIME[1] - TIME[0]),
    )


def main():
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(description="Make a synthetic population of neurons.")
    parser.add_argument("--neurons", type=int, default=N_NEURONS, help="number (default 500)")
    parser.add_argument("--seed", type=int, default=SEED, help="seed of the random generator")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the .npz file to write")
    arguments = parser.parse_args()
    write(arguments.output, arguments.neurons, arguments.seed)


if __name__ == "__main__":
    main()
