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
    """Simulate a random network for one second and draw six rates and all eigenvalues."""
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

    Left the error before each update, right the distance to the true weights. ``ridge`` is the
    strength of the prior, ``noise`` the standard deviation of the targets' noise.
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


def demo_rls_ellipse(n_samples=2, noise=0.1, *, ridges=(0.1, 1.0), seed=2):
    """Draw the last of some RLS steps for two weights, a panel for each strength of the prior.

    The ellipse of P, before and after, holds the weights that the samples so far leave open; all
    weights on the dashed line fit the new sample r. The step goes along P r, so it is long where
    the ellipse is. ``n_samples`` may be 0; ``noise`` is the standard deviation of the targets'.
    """
    check_integer("n_samples", n_samples, at_least=0)
    check_real("noise", noise, at_least=0)
    rng = np.random.default_rng(seed)
    true = np.array([1.6, 1.1])
    angle = rng.uniform(0, 2 * np.pi) + 2.4 * np.arange(n_samples)  # all directions, soon
    samples = 1.4 * np.transpose([np.cos(angle), np.sin(angle)])
    targets = samples @ true + noise * rng.standard_normal(n_samples)
    circle = np.array([f(np.linspace(0, 2 * np.pi, 100)) for f in (np.cos, np.sin)])
    figure, axes = plt.subplots(1, len(ridges), figsize=(12, 4.6), sharex=True, sharey=True,
                                squeeze=False)
    for ax, ridge in zip(axes[0], ridges, strict=True):
        check_real("ridges", ridge, above=0)
        path, inverses = [np.zeros(2)], [np.eye(2) / ridge]
        for sample, target in zip(samples, targets, strict=True):
            w, P = textbook_rls_update(path[-1], inverses[-1], sample, target)
            path.append(w)
            inverses.append(P)
        for back, colour, name in ((2, "0.75", "P before"), (1, COLOURS["blue"], "P now")):
            if len(path) >= back:
                ax.plot(*(path[-back][:, None] + np.linalg.cholesky(inverses[-back]) @ circle),
                        color=colour, lw=2.5, label=name)
        ax.plot(*np.transpose(path), ".-", color="0.5", lw=1)
        if n_samples:
            old, r = path[-2], samples[-1]
            foot = targets[-1] * r / (r @ r)
            ax.axline(foot, foot + [-r[1], r[0]], color="0.4", lw=1.2, ls="--",
                      label="weights that fit r")
            for end, colour, name, width in ((old + r, "black", "sample r", 0.008),
                                             (path[-1], COLOURS["vermilion"], "step along P r",
                                              0.014)):
                ax.quiver(*old, *(end - old), color=colour, angles="xy", scale_units="xy", scale=1,
                          width=width, zorder=3, label=name)
        ax.plot(*true, "*", ms=17, color=COLOURS["green"], label="true weights")
        ax.set(xlim=(-4, 4), ylim=(-3.2, 3.2), aspect="equal", xlabel="weight 1",
               title=rf"$\lambda$ = {ridge:g}, sample {n_samples}: distance to the true weights "
                     f"{np.linalg.norm(path[-1] - true):.2f}")
    axes[0, 0].set_ylabel("weight 2")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
