"""Patterns to learn: sines, Ornstein-Uhlenbeck paths, chaotic rates, recorded neurons.

The first three are those of Kim & Chow (2018, eLife 7:e37124), who showed that a spiking
network can learn arbitrarily complex patterns. Each function returns zero-mean modulations or
total inputs for all neurons at given times.
"""

from __future__ import annotations

import numpy as np
import scipy

from src_part1.common.validation import (
    check_array,
    check_integer,
    check_real,
    check_rng,
    check_type,
)
from src_part1.connectivity import random_weights as random_rate_weights
from src_part1.parameters import RateNetworkParameters
from src_part1.recordings import Recordings
from src_part1.simulator import simulate as simulate_rates
from src_part2.parameters import LIFParameters
from src_part2.siegert import euler_equivalent, siegert_mean_input


def ou_targets(n_neurons, time, rng, *, amplitude=0.35, tau=400.0, smooth=20.0):
    r"""Draw a smoothed Ornstein-Uhlenbeck path for each neuron.

    ``tau dx/dt = -x + sqrt(2 tau) xi``, followed by ``smooth dy/dt = -y + x`` so that the path
    has a slope; both start in their stationary state. With ``smooth = 0`` the path itself is
    returned. ``amplitude`` is the standard deviation
    of the returned paths (voltage), [neuron, time]; times are in ms.
    """
    check_integer("n_neurons", n_neurons, at_least=1)
    time = _check_time(time)
    check_rng("rng", rng)
    check_real("amplitude", amplitude, at_least=0)
    check_real("tau", tau, unit="ms", above=0)
    check_real("smooth", smooth, unit="ms", at_least=0)
    step = min(0.05 * min(tau, smooth or tau), 1.0)
    warm_up = 10 * smooth
    n_steps = int(np.ceil((warm_up + time[-1] - time[0]) / step)) + 1
    decay = np.exp(-step / tau)
    x = rng.standard_normal(n_neurons)
    y = np.zeros(n_neurons) if smooth else x
    share = 1.0 - np.exp(-step / smooth) if smooth else 1.0
    grid = np.empty((n_steps + 1, n_neurons))
    for k in range(n_steps + 1):
        grid[k] = y
        x = decay * x + np.sqrt(1.0 - decay**2) * rng.standard_normal(n_neurons)
        y = y + share * (x - y)
    variance = tau / (tau + smooth)
    return amplitude / np.sqrt(variance) * _sample(grid, step, warm_up + time - time[0])


def chaotic_targets(n_neurons, time, rng, *, amplitude=0.35, tau=40.0, gain=2.0):
    """Take the rates of a chaotic rate network as patterns of mean 0, [neuron, time].

    It is Part 1's with tanh, which is chaotic if it is large and g is above 1 (Sompolinsky et al.
    1988). ``amplitude`` is the standard deviation of all patterns together.
    """
    check_integer("n_neurons", n_neurons, at_least=2)
    time = _check_time(time)
    check_rng("rng", rng)
    check_real("amplitude", amplitude, at_least=0)
    check_real("tau", tau, unit="ms", above=0)
    check_real("gain", gain, above=0)
    step = tau / 20
    settle = 50 * tau
    network_parameters = RateNetworkParameters(n_neurons, tau, gain, "tanh", step)
    n_steps = int(np.ceil((settle + time[-1] - time[0]) / step)) + 2
    run = simulate_rates(
        random_rate_weights(network_parameters, rng), network_parameters, n_steps * step,
        initial_rates=0.1 * rng.standard_normal(n_neurons),
    )
    rates = _sample(run.rates.T, step, settle + time - time[0])
    rates = rates - rates.mean(axis=1, keepdims=True)
    spread = rates.std()
    if spread < 1e-3:
        raise ValueError(
            f"the rate network of {n_neurons} units with gain {gain:g} is not chaotic but "
            "silent; use more neurons or a higher gain."
        )
    return amplitude / spread * rates


def recorded_targets(recordings, neuron_parameters, time, *, min_rate=0.1):
    """Turn recorded rates into the total input that makes the model neuron fire at these rates.

    Each rate is replaced by the mean input at which a neuron with the given noise fires at
    this rate (:func:`siegert_mean_input`, for the equivalent of the forward Euler neuron), and
    interpolated between the bins. Bins finer than the steps of ``time`` are averaged over a step
    first.
    """
    check_type("recordings", recordings, Recordings)
    check_type("neuron_parameters", neuron_parameters, LIFParameters)
    time = _check_time(time)
    check_real("min_rate", min_rate, unit="Hz", above=0)
    neuron = neuron_parameters
    check_real("LIFParameters.noise", neuron.noise, above=0)
    equivalent = euler_equivalent(
        neuron.noise, tau_m=neuron.tau_m, v_th=neuron.v_th, dt=neuron.dt
    )
    rates = recordings.averaged_rates(np.diff(time).min()) if time.size > 1 else recordings.rates
    inputs = siegert_mean_input(
        np.maximum(rates, min_rate), v_reset=neuron.v_reset, **equivalent
    )
    elapsed = recordings.time - recordings.time[0]
    return scipy.interpolate.CubicSpline(elapsed, inputs, axis=-1)(np.clip(time, 0.0, elapsed[-1]))


def _check_time(time):
    time = check_array("time", time, ("n_time",))
    if np.any(np.diff(time) <= 0):
        raise ValueError("time must increase (ms).")
    return time


def _sample(grid, step, at):
    """Interpolate rows of ``grid``, ``step`` apart, linearly; returns (n_neurons, n_time)."""
    before = np.minimum((at / step).astype(int), len(grid) - 2)
    share = (at / step - before)[:, None]
    return ((1.0 - share) * grid[before] + share * grid[before + 1]).T
