"""Peri-stimulus time histograms: from one's own spike times to rates."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from src_part1.common.smoothing import moving_mean
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import check_real
from src_part1.recordings.arrays import recordings_from_arrays
from src_part1.recordings.record import Recordings
from src_part1.recordings.spikes import (
    by_cluster,
    choose_conditions,
    conditions_by_neuron,
    covered_bins,
    cut_sessions,
    trains_of_trials,
    warn_of_seconds,
    warn_of_short_trials,
    warn_of_the_same_trials,
)

_DOOR = "psth_from_spikes"


class PSTH(NamedTuple):
    """Rates made from spikes, and the neurons that passed the criterion."""

    recordings: Recordings
    kept: np.ndarray  # (n_kept,) indices into the neurons given, or numbers of units or clusters

    # Two results are the same only if they are one object: arrays have no single truth value.
    __eq__, __ne__, __hash__ = object.__eq__, object.__ne__, object.__hash__


class _Bins(NamedTuple):
    """What is counted and how: the options of `psth_from_spikes`, checked."""

    edges: np.ndarray  # (n_bins + 1,), ms to the event
    width: float  # ms
    smoothing_bins: int  # on either side
    minimum_rate: float  # Hz


def psth_from_spikes(
    spike_times,
    trial_conditions,
    *,
    events=None,
    clusters=None,
    conditions=None,
    window=(-2000.0, 0.0),
    bin_width=20.0,
    smoothing=140.0,
    minimum_rate=1.0,
    observed=None,
):
    """Average spikes over the trials of each condition.

    Spikes are counted in bins [start, start + bin_width), divided by the bin's width and by the
    number of trials in which the bin was observed, and smoothed by a moving mean over
    ``smoothing`` on either side; near both ends it covers only the bins that exist. Every bin is
    used, including the last; a spike at the very end of the window is outside. The times of the
    result are the bins' centres.

    Parameters
    ----------
    spike_times : sequence of sequences of array_like
        ``spike_times[neuron][trial]`` holds the times of the spikes in ms to the go cue (or
        another event), in any order, possibly none. With ``events``, ``spike_times[neuron]`` holds
        all times of a session; with ``clusters``, too, it is one list for all neurons.
    trial_conditions : sequence
        The condition of each trial (a name or a number), or a sequence of such sequences, one for
        each neuron. Trials without a label (None, NaN, "n/a") are left out, with a warning. Blanks,
        rounding and case make no two conditions of one, unless ``conditions`` names both.
    events : (n_trials,) array_like, optional
        When each trial's event was, in ms on the clock of the spikes; NaN leaves a trial out.
    clusters : (n_spikes,) array_like of int, optional
        Which cluster (neuron) each spike belongs to.
    conditions : sequence, optional
        The conditions to use, in this order; trials of any other are left out. By default all,
        in order of their first trial.
    window : (float, float), optional
        Start and end in ms; their distance is a whole number of bins. ``(-2010, 10)`` gives the
        101 time points of the ALM recordings.
    bin_width : float, optional
        Width of a bin in ms.
    smoothing : float, optional
        Half-width of the moving mean in ms, rounded to whole bins; 0 leaves the rates
        unsmoothed. The record keeps it.
    minimum_rate : float, optional
        A neuron is kept if its mean rate (Hz) is at least this in every condition.
    observed : sequence, optional
        Start and end (ms to the event) of what was recorded in each trial, or a sequence of such
        sequences, one for each neuron. Bins that were not observed as a whole do not count. By
        default the whole window was observed in every trial; with ``events``, what lies between
        the first and the last spike of all neurons.

    Returns
    -------
    PSTH
        ``recordings``, with source "user", and the indices ``kept``, or the numbers of clusters.

    Examples
    --------
    One neuron in three trials, with a spike every 100 ms in the first and every 50 ms later:

    >>> spike_times = [[range(-195, 0, 100), range(-195, 0, 50), range(-195, 0, 50)]]
    >>> recordings, kept = psth_from_spikes(
    ...     spike_times, ["left", "right", "right"], window=(-200, 0), bin_width=100, smoothing=0,
    ... )
    >>> recordings.conditions, recordings.rates[:, 0]
    (('left', 'right'), array([[10., 10.],
           [20., 20.]]))
    """
    bins = check_bins(_DOOR, window, bin_width, smoothing, minimum_rate)
    numbers = None
    if clusters is not None:
        spike_times, numbers = by_cluster(spike_times, clusters, events)
    if events is None:
        trains = trains_of_trials(spike_times, bins.edges)
        warn_of_seconds(trains, bins.edges)
    else:
        trains, trial_conditions, observed = cut_sessions(
            spike_times, events, trial_conditions, observed, bins.edges
        )
    by_neuron = conditions_by_neuron(trial_conditions, [len(trials) for trials in trains])
    names, by_neuron = choose_conditions(_DOOR, by_neuron, conditions)
    covered = covered_bins(observed, trains, bins.edges)
    warn_of_the_same_trials(trains)
    if observed is None:
        warn_of_short_trials(trains, bins.edges)
    result = average_trials(
        _DOOR, trains, by_neuron, names, bins, covered,
        hint="Are the spike times in ms, relative to the event?",
    )
    return result if numbers is None else result._replace(kept=numbers[result.kept])


def check_bins(door, window, bin_width, smoothing, minimum_rate):
    """Return the options of a PSTH, checked; ``door`` is whose arguments they are."""
    try:
        start, end = window
    except (TypeError, ValueError):
        raise TypeError(f"{door}.window must be a start and an end (ms), got {window!r}.") from None
    start = check_real(f"{door}.window[0]", start, unit="ms")
    end = check_real(f"{door}.window[1]", end, unit="ms", above=start)
    bin_width = check_real(f"{door}.bin_width", bin_width, unit="ms", above=0)
    if end - start < 1.5 * bin_width:
        hint = " Are these seconds?" if end - start < bin_width else ""
        raise ValueError(
            f"{door}.window must hold at least two bins of {bin_width:g} ms, got {start:g} to "
            f"{end:g} ms.{hint}"
        )
    n_bins = n_steps_of(f"{door}.window (its length)", end - start, bin_width, of="bin_width")
    smoothing = check_real(f"{door}.smoothing", smoothing, unit="ms", at_least=0)
    minimum_rate = check_real(f"{door}.minimum_rate", minimum_rate, unit="Hz", at_least=0.0)
    edges = start + bin_width * np.arange(n_bins + 1)
    return _Bins(edges, bin_width, round(smoothing / bin_width), minimum_rate)


def average_trials(door, trains, by_neuron, names, bins, covered, *, hint, note=""):
    """Count, average and smooth; keep what fires enough and was observed in every bin.

    ``trains`` holds times (ms to the event) as [neuron][trial], ``by_neuron`` the condition of each
    trial, for each neuron. ``covered(neuron)`` tells which bins were observed, (n_trials, n_bins)
    of bool, or None for all. ``hint`` ends the message that no neuron fires enough, and ``note`` is
    another sentence for the provenance.
    """
    rates = np.empty((len(names), len(trains), bins.edges.size - 1))
    unobserved = []
    for neuron, (trials, labels) in enumerate(zip(trains, by_neuron, strict=True)):
        seen = covered(neuron)
        for c, name in enumerate(names):
            chosen = [trial for trial, own in enumerate(labels) if own == name]
            if not chosen:
                raise ValueError(
                    f"{door}: neuron {neuron} has no trial of condition {name!r}; the labels of "
                    f"its trials are {sorted(set(labels))}."
                )
            rates[c, neuron] = _mean_rate(
                [trials[k] for k in chosen], None if seen is None else seen[chosen], bins
            )
        if np.isnan(rates[:, neuron]).any():
            unobserved.append(neuron)
    if unobserved:
        first = ", ".join(map(str, unobserved[:10])) + (", ..." if len(unobserved) > 10 else "")
        warnings.warn(
            f"{door}: {len(unobserved)} of {len(trains)} neurons were not observed in every bin "
            f"of every condition and are left out: {first}.", stacklevel=3,
        )
    if len(unobserved) == len(trains):
        raise ValueError(
            f"{door}: no neuron was observed in every bin of every condition; take a shorter "
            "window or fewer conditions."
        )
    rates = moving_mean(rates, bins.smoothing_bins)
    mean_rates = rates.mean(axis=2).min(axis=0)
    kept = np.flatnonzero(mean_rates >= bins.minimum_rate)  # NaN is not
    if kept.size == 0:
        raise ValueError(
            f"{door}.minimum_rate: no neuron fires at {bins.minimum_rate:g} Hz or more in "
            f"every condition; the most active one has {np.nanmax(mean_rates):g} Hz in its weakest "
            f"condition. {hint}"
        )
    smoothing = bins.smoothing_bins * bins.width
    provenance = (
        f"Rates made from spikes: {kept.size} of {len(trains)} neurons with at least "
        f"{bins.minimum_rate:g} Hz in every condition, bins of {bins.width:g} ms, moving mean over "
        f"{smoothing:g} ms on either side.{note}"
    )
    record = recordings_from_arrays(
        rates[:, kept], (bins.edges[:-1] + bins.edges[1:]) / 2.0, names,
        smoothing=smoothing, provenance=provenance,
    )
    return PSTH(record, kept)


def _mean_rate(trials, seen, bins):
    """Rate (Hz) of one neuron in each bin; NaN where no trial was observed."""
    if seen is None or seen.all():
        counts, n_trials = _counts(np.concatenate(trials), bins.edges), len(trials)
    else:
        counts = sum(_counts(train, bins.edges) * of_trial
                     for train, of_trial in zip(trials, seen, strict=True))
        n_trials = seen.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return counts / n_trials * (1000.0 / bins.width)


def _counts(times, edges):
    """Count times in half-open bins, unlike numpy.histogram, which closes the last one."""
    index = np.searchsorted(edges, times, side="right") - 1
    inside = (index >= 0) & (index < edges.size - 1)
    return np.bincount(index[inside], minlength=edges.size - 1)
