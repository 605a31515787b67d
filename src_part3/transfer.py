"""Which mean input makes a neuron of this very network fire at a given rate.

Siegert's formula takes the input's fluctuation for white noise. That of the balanced network is
not: it has the colour of the synapses, it comes in single kicks, most of them inhibitory, and it
differs between neurons. Therefore the curve is measured, with the noise that the plastic synapses
will add.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from os import cpu_count

import numpy as np

from src_part1.common.blas import one_blas_thread
from src_part1.common.one_line import one_line
from src_part2.siegert import siegert_mean_input
from src_part3.network import PlasticWeights, plastic_from_index
from src_part3.parameters import TrialParameters
from src_part3.trials import advance, initial_state, simulate_trial

# The smallest rate that is inverted (Hz): a silent bin has no finite mean input.
LOWEST_RATE = 0.1
# Each trial settles, then gives some E neurons another constant input in each of some periods (ms).
_SETTLE, _PERIOD, _N_PERIODS, _BIN = 500.0, 1000.0, 4, 20.0
_N_TRIALS = 16
_TRIAL = TrialParameters(duration=_SETTLE + _N_PERIODS * _PERIOD, stim_on=0.0, stim_off=0.0,
                         bin_width=_BIN)
# Standard deviation of these inputs over neurons (voltage), and the share of neurons that get one:
# few, so that the rates of a neuron's senders, and with them its own mean input, stay as they are.
_SPREAD, _SHARE = 0.2, 0.04
_DEGREE = 5  # of the polynomial in the mean input
N_COEFFICIENTS = _DEGREE + 4  # of this and of one of degree 2, by which input_sd changes it


@dataclass(frozen=True, eq=False)
class TransferFunction:
    r"""The rate of E neurons as a function of their mean input, fitted to a measurement.

    .. math:: \log \nu = \sum_{k \le 5} a_k x^k + z\,(b_0 + b_1 x + b_2 x^2),

    where x is the mean input and z the standard deviation of a neuron's static input, both in
    units of their spread over neurons. The coefficients maximise the likelihood of Poisson counts.
    """

    coefficients: np.ndarray  # (9,): a and b
    centre: np.ndarray  # (2,): mean of both variables (voltage),
    scale: np.ndarray  # (2,): and their spread
    limits: np.ndarray  # (2,): mean inputs between which it was measured (voltage)
    # (n_exc,): mean, and standard deviation over time, of the static and external input of each E
    # neuron in the untrained network (voltage)
    mean_input: np.ndarray
    input_sd: np.ndarray

    __repr__ = one_line

    def rates(self, mean_input, neurons):
        """Rates (Hz) at mean inputs (..., n) (voltage) of some E neurons (n,)."""
        sd = self.input_sd[neurons]
        return np.exp(_columns(mean_input, sd, self.centre, self.scale) @ self.coefficients)

    def inputs(self, rates, neurons):
        """Mean inputs (voltage) that cause rates (n_conditions, n, n_time) (Hz) of E neurons (n,).

        Rates below 0.1 Hz are raised to it, since no finite input silences a noisy neuron. Beyond
        the measured inputs the curve goes on as an exponential.
        """
        logs = np.log(np.maximum(rates, LOWEST_RATE))
        found = np.empty(logs.shape)
        grid = np.linspace(*self.limits, 400)
        for i, sd in enumerate(self.input_sd[neurons]):
            curve = _columns(grid, sd, self.centre, self.scale) @ self.coefficients
            # The fit rises but for its last digits at the ends.
            curve = np.maximum.accumulate(curve) + 1e-6 * np.arange(400)
            slope = (curve[-1] - curve[-40]) / (grid[-1] - grid[-40])
            beyond = np.maximum(logs[:, i] - curve[-1], 0) / slope
            found[:, i] = np.interp(logs[:, i], curve, grid) + beyond
        return found

    def slope(self, mean_input, neurons, step=1e-3):
        """Change of the rate (Hz) for a unit of mean input (voltage)."""
        more, less = (self.rates(mean_input + d, neurons) for d in (step, -step))
        return (more - less) / (2 * step)


def _columns(mean_input, input_sd, centre, scale):
    mean_input, input_sd = np.broadcast_arrays(mean_input, input_sd)
    x, z = (mean_input - centre[0]) / scale[0], (input_sd - centre[1]) / scale[1]
    powers = [x**k for k in range(_DEGREE + 1)]
    return np.stack(powers + [z * power for power in powers[:3]], axis=-1)


def measure_transfer(network, rng, *, noise):
    r"""Measure how the E neurons of a network without plastic synapses fire at each mean input.

    All neurons get noise as slow as the plastic synapses, of standard deviation ``noise``
    (voltage), and some a constant input for a while. A neuron's mean input is then known, and its
    spikes are counted. The fluctuation of its static input follows from the rates of those that
    send to it, :math:`s_i^2 = \sum_j J_{ij}^2 \nu_j / (2 \tau_{syn})`.
    """
    p = network.parameters
    exc = np.arange(p.n_exc)
    # Synapses of weight 0 onto all E neurons: a trial keeps the input of neurons that have some.
    plastic = plastic_from_index(exc, np.zeros((p.n_exc, 1), np.int32), p.n_neurons)
    network = replace(network, plastic=plastic, n_inputs=0)
    weights = PlasticWeights(np.zeros((p.n_exc, 1)), np.zeros((0, p.n_exc)))
    first = round(_SETTLE / _BIN)

    def measure(rng):
        added = rng.normal(0, _SPREAD, (_N_PERIODS, p.n_exc))
        added[rng.random(added.shape) > _SHARE] = 0
        current = slow_noise((round(_TRIAL.duration / _BIN), p.n_exc), _BIN / p.tau_plastic, rng)
        current *= noise
        current[first:] += np.repeat(added, round(_PERIOD / _BIN), axis=0)
        bin_input = np.zeros((len(current), p.n_neurons), network.dtype)
        bin_input[:, exc] = current
        trial = simulate_trial(network, _TRIAL, rng, weights=weights, bin_input=bin_input)
        counts = trial.bin_counts[first:].reshape(_N_PERIODS, -1, p.n_neurons).sum(axis=1)
        return added, trial.balanced_input[first:].mean(axis=0), counts

    with ThreadPoolExecutor(cpu_count()) as pool:
        added, balanced, counts = zip(*pool.map(measure, rng.spawn(_N_TRIALS)), strict=True)
    mean_input, counts = np.mean(balanced, axis=0), np.concatenate(counts)
    if not counts[:, exc].any():
        raise ValueError(
            "the E neurons of the untrained network are silent; if K is small, raise "
            "BalancedNetworkParameters.mu_exc and mu_inh until mu * sqrt(K) passes the threshold."
        )
    variance = np.zeros(p.n_neurons)
    for j, rate in enumerate(counts.mean(axis=0) / _PERIOD):
        variance[network.static.targets[j]] += p.weights[0, int(j >= p.n_exc)] ** 2 * rate
    input_sd = np.sqrt(variance[exc] / (2 * p.tau_syn))
    with one_blas_thread():  # a task must not depend on the machine
        return _fit(mean_input, input_sd, np.concatenate(added), counts[:, exc])


def slow_noise(shape, rate, rng):
    """Noise of variance 1 that forgets at ``rate`` from row to row, shape (n_rows, n)."""
    decay = np.exp(-rate)
    noise = rng.standard_normal(shape)
    for before, row in zip(noise[:-1], noise[1:], strict=True):
        row *= np.sqrt(1 - decay**2)
        row += decay * before
    return noise


def _fit(mean_input, input_sd, added, counts):
    x = mean_input + added
    centre = np.array([x.mean(), input_sd.mean()])
    scale = np.array([x.std(), max(input_sd.std(), 1e-9)])
    columns = _columns(x, input_sd, centre, scale).reshape(x.size, -1)
    counts = counts.ravel().astype(float)
    found = np.zeros(columns.shape[1])
    found[0] = np.log(counts.mean())
    for _ in range(100):  # Newton's steps, none of them long
        expected = np.exp(np.clip(columns @ found, -30, 10))
        step = np.linalg.solve((columns.T * expected) @ columns + 1e-6 * np.eye(found.size),
                               columns.T @ (counts - expected))
        found += step * min(1, 1 / np.abs(step).max())
        if np.abs(step).max() < 1e-8:
            break
    found[0] -= np.log(_PERIOD / 1000.0)  # counts in a period to rates in Hz
    limits = np.quantile(x, (0.001, 0.9995))
    return TransferFunction(found, centre, scale, limits, mean_input, input_sd)


def match_by_rate(recorded, model):
    """Give each recorded neuron the free model neuron with the nearest rate.

    Recorded neurons choose in order of falling rate, so that the few fast ones, whose matches are
    rare, come first. Of two equally near model neurons the first is taken. ``recorded``
    (n_recorded,) and ``model`` (n_exc,) are mean rates (Hz); returns int32 (n_recorded,).
    """
    matched = np.empty(len(recorded), np.int32)
    free = np.array(model, dtype=float)
    for neuron in np.argsort(-np.asarray(recorded), kind="stable"):
        matched[neuron] = np.argmin(np.abs(recorded[neuron] - free))
        free[matched[neuron]] = np.inf
    return matched


def sampled_sd(network, rng, *, duration=3000.0, settle=500.0, every=1.0):
    """Standard deviation over time of each neuron's static input without cue, (n_neurons,).

    It is sampled ``every`` so many ms for a ``duration`` after the network has settled (ms).
    """
    dt = network.parameters.dt
    gap, n_samples = round(every / dt), round(duration / every)
    state = initial_state(network, rng)
    advance(network, state, round(settle / dt))
    total, squares = np.zeros((2, network.parameters.n_neurons))
    for _ in range(n_samples):
        advance(network, state, gap)
        total += state.u_balanced
        squares += np.square(state.u_balanced, dtype=np.float64)
    return np.sqrt(np.maximum(squares / n_samples - (total / n_samples) ** 2, 0))


def original_inputs(rates, input_sd, network_parameters):
    r"""Targets as the original tutorial made them: Siegert's formula, one noise for all neurons.

    Its strength is :math:`\sigma = s / \sqrt{1.3\, \tau_{syn}}`, with s the mean over E neurons of
    ``input_sd`` (n_neurons,) as `sampled_sd` gives it (voltage). Its unit shows that the rule holds
    for tau_m = 10 ms only.
    """
    p = network_parameters
    sigma = float(np.mean(input_sd[: p.n_exc]) / np.sqrt(1.3 * p.tau_syn))
    return siegert_mean_input(
        np.maximum(rates, LOWEST_RATE), sigma, tau_m=p.tau_m, v_th=p.v_th, v_reset=p.v_reset
    )
