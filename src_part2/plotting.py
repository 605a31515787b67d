"""Plots of Part 2: spikes, rates and sweeps. Those of Part 1 are offered here as well."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from src_part1.common.validation import check_choice
from src_part1.plotting import (
    COLOURS,
    CONDITION_COLOURS,
    OUTPUT,
    TARGET,
    condition_styles,
    plot_eigenvalues,
    plot_histogram,
    plot_learning_curve,
    plot_neuron,
    plot_population,
    plot_targets_and_outputs,
    plot_traces,
    plot_weights,
    use_course_style,
)

__all__ = [
    "COLOURS",
    "CONDITION_COLOURS",
    "OUTPUT",
    "TARGET",
    "condition_styles",
    "plot_eigenvalues",
    "plot_histogram",
    "plot_learning_curve",
    "plot_neuron",
    "plot_population",
    "plot_raster",
    "plot_sweep",
    "plot_targets_and_outputs",
    "plot_traces",
    "plot_trial_spread",
    "plot_voltage",
    "plot_weights",
    "use_course_style",
]

_SPIKE_TOP = 1.8  # how high spikes are drawn, in units of the threshold


def plot_voltage(run, row=0, *, v_th=1.0, ax=None, colour=COLOURS["blue"], label=None):
    """Draw one traced voltage with its spikes as vertical strokes above the threshold.

    The model itself has no spike shape: at threshold the voltage is reset.

    Parameters
    ----------
    run : SpikingRun
        A run with traces.
    row : int, optional
        Which of the traced neurons.
    v_th : float, optional
        Threshold, drawn as a dashed line.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    colour : str, optional
        Colour of the trace.
    label : str, optional
        Name in the legend.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = plt.subplots()[1] if ax is None else ax
    spikes = run.spike_times[run.spike_ids == run.traced[row]]
    ax.plot(run.time, run.voltage[row], color=colour, linewidth=1.2, label=label)
    ax.vlines(spikes, v_th, _SPIKE_TOP * v_th, color=colour, linewidth=1.2)
    ax.axhline(v_th, color="0.5", linestyle="--", linewidth=1)
    ax.set(xlabel="time (ms)", ylabel="voltage v", xlim=(0, run.duration))
    return ax


def plot_raster(run, *, neurons=None, ax=None, colour="black"):
    """Draw a dot for every spike.

    Parameters
    ----------
    run : SpikingRun
        A run with recorded spikes.
    neurons : ndarray of shape (n_shown,), optional
        Neurons to show, from the bottom up; all by default.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    colour : str, optional
        Colour of the dots.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = plt.subplots()[1] if ax is None else ax
    neurons = np.arange(run.n_neurons) if neurons is None else np.asarray(neurons)
    row_of = np.full(run.n_neurons, -1)
    row_of[neurons] = np.arange(neurons.size)
    rows = row_of[run.spike_ids]
    ax.plot(
        run.spike_times[rows >= 0], rows[rows >= 0], "|", color=colour,
        markersize=max(3.0, 160.0 / neurons.size), markeredgewidth=1.0,
    )
    ax.set(
        xlabel="time (ms)", ylabel="neuron", xlim=(0, run.duration), ylim=(-0.7, neurons.size - 0.3)
    )
    return ax


def plot_trial_spread(time, targets, trials, *, ax=None):
    """Draw targets, single trials and their mean for a few neurons above each other.

    Parameters
    ----------
    time : ndarray of shape (n_time,)
        Time (ms).
    targets : ndarray of shape (n_shown, n_time)
        One row for each neuron shown.
    trials : ndarray of shape (n_trials, n_shown, n_time)
        What the network did in each trial.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = plt.subplots()[1] if ax is None else ax
    spacing = np.ptp(targets, axis=1).max() * 1.3
    for k, trial in enumerate(trials):
        plot_traces(
            time, trial, spacing=spacing, ax=ax, colour=OUTPUT, linewidth=0.8, alpha=0.35,
            label="single trials" if k == 0 else None,
        )
    plot_traces(time, targets, spacing=spacing, ax=ax, colour=TARGET, label="target", linewidth=3)
    plot_traces(
        time, trials.mean(axis=0), spacing=spacing, ax=ax, colour=OUTPUT, label="mean of trials"
    )
    ax.legend(loc="upper center", ncols=3, bbox_to_anchor=(0.5, -0.14))
    return ax


def plot_sweep(sweep, *, ax=None, quality="correlation", colour=COLOURS["blue"], label=None):
    """Draw test quality against the setting that was changed: mean and every network by itself.

    Parameters
    ----------
    sweep : QualitySweep
        Result of a sweep.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    quality : {"correlation", "r2", "error"}, optional
        What to show; the error is 1 - R^2, the share of the target's variance that is missed.
    colour : str, optional
        Colour of line and points.
    label : str, optional
        Name in the legend.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is no such quality.
    """
    ylabel = {"correlation": "test correlation", "r2": "test R²", "error": "test error 1 - R²"}
    check_choice("quality", quality, ylabel)
    ax = plt.subplots()[1] if ax is None else ax
    shown = 1.0 - sweep.r2 if quality == "error" else getattr(sweep, quality)
    ax.plot(sweep.values, shown.mean(axis=1), "o-", color=colour, label=label)
    ax.plot(sweep.values, shown, ".", color=colour, alpha=0.5)
    ax.set(xlabel=sweep.setting, ylabel=ylabel[quality])
    return ax
