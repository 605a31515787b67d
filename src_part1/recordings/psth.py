"""Peri-stimulus time histograms: from one's own spike times to rates."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from src_part1.common.smoothing import moving_mean
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import check_real, refuse_masked
from src_part1.recordings.arrays import recordings_from_arrays
from src_part1.recordings.labels import is_missing, label_text
from src_part1.recordings.record import Recordings


class PSTH(NamedTuple):
    """Rates made from spikes, and the neurons that passed the criterion."""

    recordings: Recordings
    kept: np.ndarray  # (n_kept,) indices into the neurons given, or rows of a table of units

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
        another event), in any order, possibly none. Spikes outside the window do not count.
    trial_conditions : sequence
        The condition of each trial (a name or a number), if all neurons were recorded in the
        same trials; else a sequence of such sequences, one for each neuron. Trials without a
        label (None, NaN, "n/a") are left out, with a warning.
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
        default the whole window was observed in every trial.

    Returns
    -------
    PSTH
        ``recordings``, with source "user", and the indices ``kept``.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, a spike time is not finite, a neuron lacks trials of a
        condition, or no neuron reaches the minimum rate.

    Warns
    -----
    UserWarning
        If trials have no label, a neuron is left out because it was not observed in every bin of
        every condition, or the times are improbable: in seconds, the same in all trials, or
        ending before the window does.
    """
    bins = check_bins("psth_from_spikes", window, bin_width, smoothing, minimum_rate)
    trains = _check_spikes(spike_times)
    _warn_of_seconds(trains, bins.edges)
    by_neuron = _conditions_by_neuron(trial_conditions, [len(trials) for trials in trains])
    names, by_neuron = choose_conditions("psth_from_spikes", by_neuron, conditions)
    covered = _covered_bins(observed, trains, bins.edges)
    _warn_of_the_same_trials(trains)
    if observed is None:
        _warn_of_short_trials(trains, bins.edges)
    return average_trials(
        "psth_from_spikes", trains, by_neuron, names, bins, covered,
        hint="Are the spike times in ms, relative to the event?",
    )


def check_bins(door, window, bin_width, smoothing, minimum_rate):
    """Check the options of a PSTH.

    Parameters
    ----------
    door : str
        Function whose arguments these are, for messages.
    window, bin_width, smoothing, minimum_rate : object
        As in `psth_from_spikes`.

    Returns
    -------
    _Bins
        The options.

    Raises
    ------
    TypeError, ValueError
        If one does not fit.
    """
    try:
        start, end = window
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{door}.window must be a start and an end (ms), got {window!r}."
        ) from error
    start = check_real(f"{door}.window[0]", start, unit="ms")
    end = check_real(f"{door}.window[1]", end, unit="ms", above=start)
    bin_width = check_real(f"{door}.bin_width", bin_width, unit="ms", above=0)
    if end - start < bin_width:
        raise ValueError(
            f"{door}.window must hold at least two bins of {bin_width:g} ms, got "
            f"{start:g} to {end:g} ms. Are these seconds?"
        )
    n_bins = n_steps_of(f"{door}.window (its length)", end - start, bin_width, of="bin_width")
    if n_bins < 2:
        raise ValueError(
            f"{door}.window must hold at least two bins of {bin_width:g} ms, got "
            f"{start:g} to {end:g} ms."
        )
    smoothing = check_real(f"{door}.smoothing", smoothing, unit="ms", at_least=0)
    minimum_rate = check_real(f"{door}.minimum_rate", minimum_rate, unit="Hz", at_least=0.0)
    edges = start + bin_width * np.arange(n_bins + 1)
    return _Bins(edges, bin_width, round(smoothing / bin_width), minimum_rate)


def choose_conditions(door, by_neuron, conditions):
    """Name the conditions to use, and say which labels stand for none.

    Parameters
    ----------
    door : str
        Function whose arguments these are, for messages.
    by_neuron : list of lists
        Label of each trial, for each neuron.
    conditions : sequence or None
        The conditions wanted.

    Returns
    -------
    names : tuple of str
        Conditions, in order.
    by_neuron : list of lists of str
        Label of each trial as text.

    Raises
    ------
    ValueError
        If a condition is named twice, or no trial has a label.
    """
    shared = all(of_trials is by_neuron[0] for of_trials in by_neuron)
    missing = sum(is_missing(label) for labels in by_neuron[: 1 if shared else None]
                  for label in labels)
    if conditions is not None:
        if isinstance(conditions, (str, bytes)):
            conditions = (conditions,)
        names = tuple(label_text(name) for name in conditions)
        if not names or len(set(names)) != len(names):
            raise ValueError(f"{door}.conditions must be different names, got {names}.")
    else:
        names = tuple(dict.fromkeys(
            label_text(label) for labels in by_neuron for label in labels if not is_missing(label)
        ))
        if not names:
            raise ValueError(f"{door}: no trial has a label that names its condition.")
        if missing:
            warnings.warn(
                f"{door}: {missing} trials have no label (None, NaN or n/a) and are left out.",
                stacklevel=3,
            )
    texts = {}
    for labels in by_neuron:
        if id(labels) not in texts:
            texts[id(labels)] = [label_text(label) for label in labels]
    return names, [texts[id(labels)] for labels in by_neuron]


def average_trials(door, trains, by_neuron, names, bins, covered, *, hint, note=""):
    """Count, average and smooth; keep what fires enough and was observed in every bin.

    Parameters
    ----------
    door : str
        Function that the user called, for messages.
    trains : sequence of sequences of ndarray
        Times (ms to the event) of each neuron's spikes in each trial.
    by_neuron : sequence of sequences of str
        Condition of each trial, for each neuron.
    names : tuple of str
        Conditions to use.
    bins : _Bins
        Options.
    covered : callable
        ``covered(neuron)`` tells which bins were observed, (n_trials, n_bins) of bool; None for
        all.
    hint : str
        A question that ends the message that no neuron fires enough.
    note : str, optional
        Another sentence for the provenance.

    Returns
    -------
    PSTH
        Record and indices of the neurons kept.

    Raises
    ------
    ValueError
        If a neuron lacks trials of a condition, or no neuron is left.
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
            refuse_masked(name, times)
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


def _warn_of_the_same_trials(trains):
    """Say so if every trial of every neuron is a copy of the first."""
    several = [trials for trials in trains if len(trials) > 1 and any(t.size for t in trials)]
    if several and all(
        np.array_equal(trials[0], train) for trials in several for train in trials[1:]
    ):
        warnings.warn(
            "psth_from_spikes.spike_times are the same in all trials of each neuron. Was the time "
            "of each trial's event subtracted, and not one time from all?", stacklevel=3,
        )


def _warn_of_short_trials(trains, edges):
    """Say so if all neurons fall silent at one end of the window in some trials.

    Only neurons that share their trials can tell, and only where many spikes are missing: with
    20 expected, chance leaves none in one of 5e8 trials.
    """
    if len(trains) < 5 or len({len(trials) for trials in trains}) != 1:
        return
    n_short, longest = 0, 0.0
    for trial in range(len(trains[0])):
        times = np.concatenate([trials[trial] for trials in trains])
        times = times[(times >= edges[0]) & (times < edges[-1])]
        if times.size < 2 or times.max() == times.min():
            continue
        rate = times.size / (times.max() - times.min())
        gap = max(times.min() - edges[0], edges[-1] - times.max())
        if gap * rate > 20.0:
            n_short, longest = n_short + 1, max(longest, gap)
    if n_short:
        warnings.warn(
            f"psth_from_spikes: in {n_short} of {len(trains[0])} trials no neuron spikes for up to "
            f"{longest:.0f} ms at one end of the window, which counts as silence. If these trials "
            "were shorter than the window, say so with `observed`.", stacklevel=3,
        )


def _covered_bins(observed, trains, edges):
    """Return a function that tells which bins of a neuron's trials were observed."""
    if observed is None:
        return lambda neuron: None
    try:
        shared = all(np.shape(entry) == (2,) and np.ndim(entry[0]) == 0 for entry in observed)
        by_neuron = [observed] * len(trains) if shared else list(observed)
        limits = [np.asarray(of_trials, dtype=np.float64) for of_trials in by_neuron]
    except (TypeError, ValueError) as error:
        raise TypeError(
            "psth_from_spikes.observed must be a start and an end (ms) for each trial, or such a "
            f"sequence for each neuron: {error}."
        ) from error
    if len(limits) != len(trains):
        raise ValueError(
            f"psth_from_spikes.observed is given for {len(limits)} neurons, but spike_times holds "
            f"{len(trains)}."
        )
    for neuron, (limit, trials) in enumerate(zip(limits, trains, strict=True)):
        if limit.shape != (len(trials), 2) or not (limit[:, 0] < limit[:, 1]).all():
            raise ValueError(
                f"psth_from_spikes.observed must be a start and a later end (ms) for each of the "
                f"{len(trials)} trials of neuron {neuron}, got {by_neuron[neuron]!r}."
            )
    slack = 1e-9 * (edges[-1] - edges[0])

    def covered(neuron):
        start, end = limits[neuron].T[:, :, None]
        return (edges[:-1] >= start - slack) & (edges[1:] <= end + slack)

    return covered


def _is_single(entry):
    return isinstance(entry, (str, bytes)) or not hasattr(entry, "__len__")


def _conditions_by_neuron(trial_conditions, n_trials):
    """Return the labels of the trials, one list for each neuron."""
    entries = list(trial_conditions)
    if all(_is_single(entry) for entry in entries):
        by_neuron = [entries] * len(n_trials)
    elif len(entries) == len(n_trials):
        by_neuron = [list(of_trials) for of_trials in entries]
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
