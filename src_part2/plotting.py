"""Plots of Part 2: spikes, rates and sweeps. All those of Part 1 are offered here as well."""

from __future__ import annotations

import numpy as np

from src_part1 import plotting as _part1
from src_part1.common.validation import check_choice
from src_part1.plotting import *  # noqa: F403
from src_part1.plotting import COLOURS, OUTPUT, TARGET, axes_or_new, plain, plot_traces

__all__ = [
    *_part1.__all__, "plot_raster", "plot_sweep", "plot_trial_spread", "plot_voltage",
]

_SPIKE_TOP = 1.8  # how high spikes are drawn, in units of the threshold


def plot_voltage(run, row=0, *, v_th=1.0, ax=None, colour=COLOURS["blue"], label=None):
    """Draw a traced voltage of a `SpikingRun`, with strokes above the threshold ``v_th`` as spikes.

    ``row`` says which of the traced neurons. The model itself has no spike shape: at threshold the
    voltage is reset.
    """
    ax = axes_or_new(ax)
    spikes = run.spike_times[run.spike_ids == run.traced[row]]
    ax.plot(run.time, run.voltage[row], color=colour, linewidth=1.2, label=label)
    ax.vlines(spikes, v_th, _SPIKE_TOP * v_th, color=colour, linewidth=1.2)
    ax.axhline(v_th, color="0.5", linestyle="--", linewidth=1)
    ax.set(xlabel="time (ms)", ylabel="voltage v", xlim=(0, run.duration))
    return ax


def plot_raster(run, *, neurons=None, ax=None, colour="black"):
    """Draw a stroke for every spike of a `SpikingRun`; ``neurons``, from the bottom, or all."""
    ax = axes_or_new(ax)
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
    """Draw a few neurons' targets, single trials and their mean above each other.

    ``time`` is (n_time,) in ms, ``targets`` (n_shown, n_time), ``trials`` (n_trials, n_shown,
    n_time).
    """
    ax = axes_or_new(ax)
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
    """Draw the test quality of a `QualitySweep`: the mean, and every network by itself.

    ``quality`` is "correlation", "r2" or "error"; the error is 1 - R², the share of the target's
    variance that is missed.
    """
    ylabel = {"correlation": "test correlation", "r2": "test R²", "error": "test error 1 - R²"}
    check_choice("quality", quality, ylabel)
    ax = axes_or_new(ax)
    shown = 1.0 - sweep.r2 if quality == "error" else getattr(sweep, quality)
    ax.plot(sweep.values, shown.mean(axis=1), "o-", color=colour, label=label)
    ax.plot(sweep.values, shown, ".", color=colour, alpha=0.5)
    ax.set(xlabel=plain(sweep.setting), ylabel=ylabel[quality])
    return ax
