"""Interactive demos of Part 1: plots that answer a slider within two seconds.

A demo returns nothing: Jupyter would show a figure that comes back beside the one of pyplot.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from course.part1.exercises import textbook_rls_update
from src_part1.common.validation import check_integer, check_real
from src_part1.connectivity import random_weights
from src_part1.parameters import RateNetworkParameters
from src_part1.plotting import COLOURS, plot_eigenvalues, plot_traces
from src_part1.simulator import simulate


def demo_gain(gain=1.5, n_units=300, *, seed=0):
    """Simulate a random network for one second and draw six rates and all eigenvalues.

    Parameters
    ----------
    gain : float, optional
        Gain g of the random weights.
    n_units : int, optional
        Number of units.
    seed : int, optional
        Source of weights and start.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit.
    """
    network_parameters = RateNetworkParameters(
        n_units=n_units, tau=10.0, gain=gain, transfer="tanh", dt=0.5
    )
    rng = np.random.default_rng(seed)
    weights = random_weights(network_parameters, rng)
    run = simulate(
        weights, network_parameters, 1000.0, initial_rates=rng.uniform(-0.5, 0.5, n_units),
        record_every=2.0,
    )
    last = np.sqrt(np.mean(run.rates[:, -100:] ** 2))
    _, (left, right) = plt.subplots(1, 2, figsize=(12, 4), width_ratios=[2, 1])
    plot_traces(run.time, run.rates[:6], spacing=1.5, ax=left)
    left.set_title(f"g = {gain:g}: size of the rates at the end {last:.3f}")
    plot_eigenvalues(weights, ax=right, radius=gain)


def demo_ridge(ridge=3.0, noise=0.3, n_samples=120, *, n_regressors=30, seed=3):
    """Run textbook RLS on a regression whose true weights are known, and draw how it learns.

    Left the error before each update, right the distance to the true weights.

    Parameters
    ----------
    ridge : float, optional
        Strength of the prior: P starts at the identity over ``ridge``.
    noise : float, optional
        Standard deviation of the noise in the targets.
    n_samples : int, optional
        Number of samples.
    n_regressors : int, optional
        Number of weights.
    seed : int, optional
        Source of samples, true weights and noise.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit.
    """
    check_real("ridge", ridge, above=0)
    check_real("noise", noise, at_least=0)
    check_integer("n_samples", n_samples, at_least=1)
    rng = np.random.default_rng(seed)
    true = rng.standard_normal(n_regressors)
    samples = rng.standard_normal((n_samples, n_regressors))
    targets = samples @ true + noise * rng.standard_normal(n_samples)
    w, P = np.zeros(n_regressors), np.eye(n_regressors) / ridge
    errors, distances = [], []
    for sample, target in zip(samples, targets, strict=True):
        errors.append(abs(w @ sample - target))
        w, P = textbook_rls_update(w, P, sample, target)
        distances.append(np.linalg.norm(w - true))
    _, (left, right) = plt.subplots(1, 2, figsize=(12, 4))
    number = np.arange(1, n_samples + 1)
    left.semilogy(number, errors, ".", color=COLOURS["blue"])
    if noise:
        left.axhline(noise * np.sqrt(2 / np.pi), color="0.5", ls="--", label="noise alone")
        left.legend()
    left.set(xlabel="sample", ylabel="|error| before the update",
             title=rf"$\lambda$ = {ridge:g}, noise {noise:g}")
    right.semilogy(number, distances, color=COLOURS["vermilion"])
    right.axvline(n_regressors, color="0.5", ls=":")
    right.set(xlabel=f"sample (dotted: as many as the {n_regressors} weights)",
              ylabel="distance", title="distance to the true weights")
