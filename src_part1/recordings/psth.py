"""Peri-stimulus time histograms: from one's own spike times to rates."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from src_part1.common.smoothing import moving_mean
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import check_integer, check_real
from src_part1.recordings.loading import recordings_from_arrays
from src_part1.recordings.record import Recordings


class PSTH(NamedTuple):
    """Rates made from spikes, and the neurons that passed the criterion."""

    recordings: Recordings
    kept: np.ndarray  # (n_kept,) indices into the neurons given

    # Two results are the same only if they are one object: arrays have no single truth value.
    __eq__, __ne__, __hash__ = object.__eq__, object.__ne__, object.__hash__


def psth_from_spikes(
    spike_times,
    trial_conditions,
    *,
    conditions=None,
    window=(-2000.0, 0.0),
    bin_width=20.0,
    smoothing_bins=7,
    minimum_rate=1.0,
):
    """Average spikes over the trials of each condition.

    Spikes are counted in bins [start, start + bin_width), divided by the bin's width and by the
    number of trials, and smoothed by a moving mean over ``smoothing_bins`` bins on either side,
    which at both ends runs over the bins that exist. Every bin is counted, the last as well; a
    spike at the very end of the window is outside. The times of the result are the bins' centres.

    Parameters
    ----------
    spike_times : sequence of sequences of array_like
        ``spike_times[neuron][trial]`` holds the times of the spikes in ms to the go cue (or
        another event), in any order, possibly none. Spikes outside the window do not count.
    trial_conditions : sequence
        The condition of each trial (a name or a number), if all neurons were recorded in the
        same trials; else a sequence of such sequences, one for each neuron.
    conditions : sequence, optional
        The conditions to use, in this order; trials of any other are left out. By default all,
        in order of their first trial.
    window : (float, float), optional
        Start and end in ms; their distance is a whole number of bins. ``(-2010, 10)`` gives the
        101 time points of the ALM recordings.
    bin_width : float, optional
        Width of a bin in ms.
    smoothing_bins : int, optional
        Half-width of the moving mean in bins; 0 leaves the rates unsmoothed.
    minimum_rate : float, optional
        A neuron is kept if its mean rate (Hz) is at least this in every condition.

    Returns
    -------
    PSTH
        ``recordings``, with source "user", and the indices ``kept``.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, a spike time is not finite, a neuron lacks trials of a
        condition, or no neuron reaches the minimum rate.
    """
    edges = _bin_edges(window, bin_width)
    check_integer("psth_from_spikes.smoothing_bins", smoothing_bins, at_least=0)
    check_real("psth_from_spikes.minimum_rate", minimum_rate, unit="Hz", at_least=0.0)
    trains = _check_spikes(spike_times)
    _warn_of_seconds(trains, edges)
    by_neuron = _conditions_by_neuron(trial_conditions, [len(trials) for trials in trains])
    if conditions is None:
        names = tuple(dict.fromkeys(name for of_trials in by_neuron for name in of_trials))
    else:
        names = tuple(str(name) for name in conditions)
        if not names or len(set(names)) != len(names):
            raise ValueError(f"psth_from_spikes.conditions must be different names, got {names}.")

    counts = np.empty((len(names), len(trains), edges.size - 1))
    n_trials = np.empty((len(names), len(trains), 1))
    for neuron, (trials, of_trials) in enumerate(zip(trains, by_neuron, strict=True)):
        for c, name in enumerate(names):
            chosen = [train for train, own in zip(trials, of_trials, strict=True) if own == name]
            if not chosen:
                raise ValueError(
                    f"psth_from_spikes: neuron {neuron} has no trial of condition {name!r}."
                )
            counts[c, neuron] = _counts(np.concatenate(chosen), edges)
            n_trials[c, neuron] = len(chosen)
    # Whole numbers are summed without rounding, so what is divided comes after the mean.
    rates = moving_mean(counts, smoothing_bins) / n_trials * (1000.0 / bin_width)
    mean_rates = rates.mean(axis=2).min(axis=0)
    kept = np.flatnonzero(mean_rates >= minimum_rate)
    if kept.size == 0:
        raise ValueError(
            f"psth_from_spikes.minimum_rate: no neuron fires at {minimum_rate:g} Hz or more in "
            f"every condition; the most active one has {mean_rates.max():g} Hz in its weakest "
            "condition. Are the spike times in ms, relative to the event?"
        )
    centres = (edges[:-1] + edges[1:]) / 2.0
    provenance = (
        f"Rates made from spikes: {kept.size} of {len(trains)} neurons with at least "
        f"{minimum_rate:g} Hz in every condition, bins of {bin_width:g} ms, moving mean over "
        f"{smoothing_bins} bins on either side."
    )
    record = recordings_from_arrays(rates[:, kept], centres, names, provenance=provenance)
    return PSTH(record, kept)


def _bin_edges(window, bin_width):
    try:
        start, end = window
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"psth_from_spikes.window must be a start and an end (ms), got {window!r}."
        ) from error
    start = check_real("psth_from_spikes.window[0]", start, unit="ms")
    end = check_real("psth_from_spikes.window[1]", end, unit="ms", above=start)
    bin_width = check_real("psth_from_spikes.bin_width", bin_width, unit="ms", above=0)
    n_bins = n_steps_of(
        "psth_from_spikes.window (its length)", end - start, bin_width, of="bin_width"
    )
    if n_bins < 2:
        raise ValueError(
            f"psth_from_spikes.window must hold at least two bins of {bin_width:g} ms, got "
            f"{start:g} to {end:g} ms."
        )
    return start + bin_width * np.arange(n_bins + 1)


def _counts(times, edges):
    """Count times in half-open bins, unlike numpy.histogram, which closes the last one."""
    index = np.searchsorted(edges, times, side="right") - 1
    inside = (index >= 0) & (index < edges.size - 1)
    return np.bincount(index[inside], minlength=edges.size - 1)


def _check_spikes(spike_times):
    trains = []
    for neuron, trials in enumerate(spike_times):
        if _is_single(trials):
            raise TypeError(
                "psth_from_spikes.spike_times must be nested as [neuron][trial], each an array of "
                f"times (ms), but the entry of neuron {neuron} is {trials!r}."
            )
        checked = []
        for trial, times in enumerate(trials):
            name = f"psth_from_spikes.spike_times[{neuron}][{trial}]"
            times = np.asarray(times)
            if times.ndim != 1:
                raise TypeError(f"{name} must be a 1-D array of times (ms), got {times!r}.")
            if times.size and times.dtype.kind not in "fiu":
                raise TypeError(f"{name} must hold real numbers (ms), got dtype {times.dtype}.")
            times = times.astype(np.float64)
            if not np.isfinite(times).all():
                where = int(np.argmin(np.isfinite(times)))
                raise ValueError(
                    f"{name} must be finite (ms), but spike {where} is {times[where]}."
                )
            checked.append(times)
        trains.append(checked)
    if not trains:
        raise ValueError("psth_from_spikes.spike_times must hold at least one neuron.")
    return trains


def _warn_of_seconds(trains, edges):
    furthest = max(
        (np.abs(times).max() for one in trains for times in one if times.size), default=0
    )
    if 0 < furthest < 0.01 * np.abs(edges).max():
        warnings.warn(
            f"All spikes lie within {furthest:g} ms of the event, in a window from {edges[0]:g} "
            f"to {edges[-1]:g} ms. Are the spike times in seconds?",
            stacklevel=3,
        )


def _is_single(entry):
    return isinstance(entry, (str, bytes)) or not hasattr(entry, "__len__")


def _conditions_by_neuron(trial_conditions, n_trials):
    """Return the names of the trials' conditions, one list for each neuron."""
    entries = list(trial_conditions)
    if all(_is_single(entry) for entry in entries):
        by_neuron = [[str(name) for name in entries]] * len(n_trials)
    elif len(entries) == len(n_trials):
        by_neuron = [[str(name) for name in of_trials] for of_trials in entries]
    else:
        raise ValueError(
            f"psth_from_spikes.trial_conditions names the trials of {len(entries)} neurons, "
            f"but spike_times holds {len(n_trials)} neurons."
        )
    for neuron, (of_trials, expected) in enumerate(zip(by_neuron, n_trials, strict=True)):
        if len(of_trials) != expected:
            raise ValueError(
                f"psth_from_spikes: neuron {neuron} has spikes of {expected} trials, "
                f"but {len(of_trials)} trial_conditions."
            )
    return by_neuron
