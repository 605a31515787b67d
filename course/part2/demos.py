"""Interactive demos of the notebook of Part 2: each answers within two seconds."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from src_part1.parameters import TrialTiming
from src_part1.plotting import COLOURS, OUTPUT, TARGET
from src_part2.limits import frozen_quality
from src_part2.parameters import LIFNetworkParameters, LIFParameters
from src_part2.plotting import plot_voltage
from src_part2.siegert import siegert_rate
from src_part2.simulator import simulate
from src_part2.statistics import firing_rates, interval_cv
from src_part2.tasks import make_pattern_task
from src_part2.training import run_frozen_outputs, train


def demo_noise(noise=0.2, mean_input=0.7, *, seed=3):
    """Draw one neuron's voltage over a second, and the rate of 200 like it on Siegert's curve."""
    neuron_parameters = LIFParameters(noise=noise)
    rng = np.random.default_rng(seed)
    trace = simulate(neuron_parameters, [mean_input], 1000.0, rng, traced=[0])
    many = simulate(neuron_parameters, np.full(200, mean_input), 2000.0, rng)
    rate, cv = firing_rates(many).mean(), interval_cv(many)
    inputs = np.linspace(0.2, 1.6, 100)
    _, (left, right) = plt.subplots(1, 2, figsize=(12, 4), width_ratios=[2, 1])
    plot_voltage(trace, ax=left)
    irregularity = f"{np.nanmedian(cv):.2f}" if np.isfinite(cv).any() else "not defined"
    left.set_title(f"noise {noise:g}, mean input {mean_input:g}: CV {irregularity}")
    right.plot(inputs, siegert_rate(inputs, noise), color="0.5", label="Siegert")
    right.plot(mean_input, rate, "o", ms=12, color=COLOURS["vermilion"], label="200 neurons")
    right.set(xlabel=r"mean input $\mu$", ylabel="rate (Hz)", title=f"{rate:.1f} Hz")
    right.legend()


def demo_synapse(tau_syn=200.0, period=2000.0, *, n_loops=15, n_neurons=100, seed=1):
    """Train a spiking network on sines for a few loops and draw a test with frozen weights."""
    timing = TrialTiming(
        stim_on=300.0, stim_off=500.0, learn_on=500.0, learn_off=2500.0, learn_every=20.0
    )
    rng = np.random.default_rng(seed)
    task, weights = make_pattern_task(
        "sines", LIFParameters(tau_syn=tau_syn), LIFNetworkParameters(n_neurons=n_neurons), rng,
        amplitude=0.5, time_scale=period, timing=timing,
    )
    training = train(task, weights, rng, ridge=0.5, n_loops=n_loops, progress=False)
    outputs = run_frozen_outputs(task, training.weights, rng, n_trials=1)[0]
    quality = frozen_quality(task, training.weights, rng, n_trials=5)
    _, ax = plt.subplots(figsize=(12, 4))
    for i in range(min(3, n_neurons)):
        names = ("target", "network, one trial") if i == 0 else (None, None)
        ax.plot(timing.update_times, task.targets[0, i] + 2 * i, color=TARGET, lw=4, label=names[0])
        ax.plot(timing.update_times, outputs[i] + 2 * i, color=OUTPUT, label=names[1])
    ax.set(xlabel="time (ms)", ylabel=r"total input $\mu + u$, shifted",
           title=rf"$\tau_s$ = {tau_syn:g} ms, period {period:g} ms: "
                 f"test correlation {quality.correlation:.2f} after {n_loops} loops")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
