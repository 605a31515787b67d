"""Spike times and labels of trials, whatever shape and container they come in, for a PSTH."""

from __future__ import annotations

import warnings
from textwrap import shorten

import numpy as np

from src_part1.recordings.labels import entries, is_missing, label_text
from src_part1.recordings.units import in_unit, is_pynapple, refuse_wrapped, vector_in

_DOOR = "psth_from_spikes"


def listed(groups):
    """Return the entries of a list, or of a mapping such as pynapple's groups."""
    return [groups[key] for key in groups.keys()] if hasattr(groups, "keys") else groups


def times_of(name, times):
    """Return spike times (ms) as a 1-D array of floats."""
    times = vector_in(name, times, "ms")
    if times.ndim != 1:
        raise TypeError(f"{name} must be a 1-D array of times (ms), got {times!r}.")
    if times.size and times.dtype.kind not in "fiu":
        raise TypeError(f"{name} must hold real numbers (ms), got dtype {times.dtype}.")
    finite = np.isfinite(times)
    if not finite.all():
        where = int(np.argmin(finite))
        raise ValueError(f"{name} must be finite (ms), but spike {where} is {times[where]}.")
    return times


def trains_of_trials(spike_times, edges):
    """Return spike times (ms to the event) as [neuron][trial]."""
    neurons = list(listed(spike_times))
    if not neurons:
        raise ValueError(f"{_DOOR}.spike_times must hold at least one neuron.")
    keys = set(neurons[0].keys()) if hasattr(neurons[0], "keys") else None
    trains = []
    for neuron, trials in enumerate(neurons):
        name = f"{_DOOR}.spike_times[{neuron}]"
        if _is_single(trials) or (is_pynapple(trials) and not hasattr(trials, "keys")):
            raise TypeError(
                f"{_DOOR}.spike_times must be nested as [neuron][trial], each an array of times "
                f"(ms), but the entry of neuron {neuron} is {shorten(repr(trials), 60)}: "
                "the times of a whole session need `events`."
            )
        if hasattr(trials, "keys"):
            if set(trials.keys()) != keys:
                raise ValueError(f"{name} must have the trials of the first neuron.")
            trials = [trials[key] for key in neurons[0].keys()]
        checked = []
        for trial, times in enumerate(trials):
            where = f"{name}[{trial}]"
            times = times_of(where, times)
            refuse_wrapped(where, times)
            if times.dtype.kind == "u" and edges[0] < 0:
                raise TypeError(
                    f"{where} must be signed numbers (ms), because the window begins before the "
                    f"event, got dtype {times.dtype}: .astype(np.int64) before subtracting."
                )
            checked.append(times.astype(np.float64))
        trains.append(checked)
    return trains


def by_cluster(times, clusters, events):
    """Return the spike times of each cluster, and the clusters' numbers."""
    if events is None:
        raise TypeError(f"{_DOOR} needs `events` with `clusters`: the time of each trial's event.")
    times = times_of(f"{_DOOR}.spike_times", times)
    clusters = np.array(entries(f"{_DOOR}.clusters", clusters))
    if clusters.shape != times.shape:
        rule = f"must name one for each of {times.size} spikes"
        raise ValueError(f"{_DOOR}.clusters {rule}, got {clusters.size}.")
    numbers, which = np.unique(clusters, return_inverse=True)
    order = np.argsort(which, kind="stable")
    return np.split(times[order], np.cumsum(np.bincount(which))[:-1]), numbers


def cut_sessions(spike_times, events, trial_conditions, observed, edges):
    """Cut spikes of whole sessions around events; return trains, labels and what was observed."""
    zeros = vector_in(f"{_DOOR}.events", events, "ms").astype(np.float64)
    labels = entries(f"{_DOOR}.trial_conditions", trial_conditions)
    if zeros.shape != (len(labels),):
        raise ValueError(
            f"{_DOOR}.events must hold a time (ms) for each of the {len(labels)} trials of "
            f"trial_conditions, got shape {zeros.shape}."
        )
    sessions = [np.sort(times_of(f"{_DOOR}.spike_times[{i}]", times).astype(np.float64))
                for i, times in enumerate(listed(spike_times))]
    spiking = [times for times in sessions if times.size]
    used = np.flatnonzero(np.isfinite(zeros))
    if not spiking or not used.size:
        missing = "event" if spiking else "spike"
        raise ValueError(f"{_DOOR} needs spikes and events, got no {missing}.")
    zeros = zeros[used]
    first, last = min(t[0] for t in spiking), max(t[-1] for t in spiking)
    warn_of_clocks(_DOOR, "events", zeros, last, "ms")
    if observed is None:
        observed = [(first - zero, last - zero) for zero in zeros]
    elif used.size < len(labels):
        observed = [observed[k] for k in used]
    trains = [cut_trials(times, zeros, edges) for times in sessions]
    return trains, [labels[k] for k in used], observed


def cut_trials(times, zeros, edges):
    """Return the times of sorted spikes relative to each event, those in the window only."""
    starts, ends = np.searchsorted(times, [zeros + edges[0], zeros + edges[-1]])
    return [times[a:b] - zero for a, b, zero in zip(starts, ends, zeros, strict=True)]


def warn_of_clocks(door, name, zeros, last, unit):
    """Say so if events and spikes are on scales so different that one is in another unit."""
    if np.median(zeros) > 10.0 * last or 0.0 < zeros.max() < 0.01 * last:
        warnings.warn(
            f"{door}: the last spike is at {last:g} {unit}, and the last time of {name} at "
            f"{zeros.max():g} {unit}. Are both in {unit}, on the same clock?", stacklevel=4,
        )


# --- conditions, and what was observed ---


def _is_single(entry):
    return isinstance(entry, (str, bytes)) or not hasattr(entry, "__len__")


def conditions_by_neuron(trial_conditions, n_trials):
    """Return the labels of the trials, one list for each neuron."""
    name = f"{_DOOR}.trial_conditions"
    if set(n_trials) == {1} and np.shape(trial_conditions) == (len(n_trials), 1):
        labels = list(trial_conditions)  # of one trial for each neuron
    else:
        labels = entries(name, trial_conditions)
    if all(_is_single(label) for label in labels):
        by_neuron = [labels] * len(n_trials)
    elif len(labels) == len(n_trials):
        by_neuron = [entries(f"{name}[{i}]", of_trials) for i, of_trials in enumerate(labels)]
    else:
        rule = f"names the trials of {len(labels)} neurons, but there are {len(n_trials)}"
        raise ValueError(f"{name} {rule}.")
    for neuron, (of_trials, expected) in enumerate(zip(by_neuron, n_trials, strict=True)):
        if len(of_trials) != expected:
            raise ValueError(
                f"{name} must hold a condition for each of the {expected} trials of neuron "
                f"{neuron}, got {len(of_trials)}."
            )
    return by_neuron


def choose_conditions(door, by_neuron, conditions):
    """Return the names of the conditions to use, in order, and each trial's label as text.

    ``by_neuron`` holds the label of each trial, for each neuron.
    """
    lists = {id(labels): labels for labels in by_neuron}  # most neurons share theirs
    texts = {key: list(map(label_text, labels)) for key, labels in lists.items()}
    spelling = {}  # the name for each spelling
    if conditions is not None:
        names = tuple(map(label_text, entries(f"{door}.conditions", conditions)))
        if not names or len(set(names)) != len(names):
            raise ValueError(f"{door}.conditions must be different names, got {names}.")
        for name in names:  # of two spellings that are both named, each stands for itself only
            spelling[name.casefold()] = None if name.casefold() in spelling else name
    else:
        missing = [is_missing(label) for labels in lists.values() for label in labels]
        found = [text for own in texts.values() for text in own]
        found = [text for text, no_label in zip(found, missing, strict=True) if not no_label]
        for text in found:
            spelling.setdefault(text.casefold(), text)
        names = tuple(spelling.values())
        if not names:
            raise ValueError(f"{door}: no trial has a label that names its condition.")
        if any(missing):
            warnings.warn(
                f"{door}: {sum(missing)} trials have no label (None, NaN or n/a) and are left out.",
                stacklevel=3,
            )
        if others := sorted(set(found) - set(names)):
            warnings.warn(
                f"{door}: the labels {others} are taken for {names}, which differ in case only; "
                "if they are not the same, name them in `conditions`.", stacklevel=3,
            )
    for key, own in texts.items():
        texts[key] = [t if t in names else spelling.get(t.casefold()) or t for t in own]
    return names, [texts[id(labels)] for labels in by_neuron]


def covered_bins(observed, trains, edges):
    """Return a function that tells which bins of a neuron's trials were observed."""
    if observed is None:
        return lambda neuron: None
    observed = observed.to_numpy() if hasattr(observed, "to_numpy") else observed
    try:
        shared = all(np.shape(entry) == (2,) and np.ndim(entry[0]) == 0 for entry in observed)
        by_neuron = [observed] * len(trains) if shared else list(observed)
        limits = [np.asarray(in_unit(f"{_DOOR}.observed", of_trials, "ms"), dtype=np.float64)
                  for of_trials in by_neuron]
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{_DOOR}.observed must be a start and an end (ms) for each trial, or such a "
            f"sequence for each neuron: {error}."
        ) from error
    if len(limits) != len(trains):
        raise ValueError(
            f"{_DOOR}.observed is given for {len(limits)} neurons, but there are {len(trains)}."
        )
    for neuron, (limit, trials) in enumerate(zip(limits, trains, strict=True)):
        if limit.shape != (len(trials), 2) or not (limit[:, 0] < limit[:, 1]).all():
            raise ValueError(
                f"{_DOOR}.observed must be a start and a later end (ms) for each of the "
                f"{len(trials)} trials of neuron {neuron}, got {by_neuron[neuron]!r}."
            )
    furthest = max(np.abs(limit).max() for limit in limits)
    if furthest < 0.01 * np.abs(edges).max():
        raise ValueError(
            f"{_DOOR}.observed must be in ms to the event, but lies within {furthest:g} ms of it, "
            f"in a window from {edges[0]:g} to {edges[-1]:g} ms. Are these seconds?"
        )
    slack = 1e-9 * (edges[-1] - edges[0])

    def covered(neuron):
        start, end = limits[neuron].T[:, :, None]
        return (edges[:-1] >= start - slack) & (edges[1:] <= end + slack)

    return covered


# --- times that were mistaken ---


def warn_of_seconds(trains, edges):
    """Say so if all spikes lie much nearer to the event than the window reaches."""
    furthest = max(
        (np.abs(times).max() for one in trains for times in one if times.size), default=0
    )
    if 0 < furthest < 0.01 * np.abs(edges).max():
        warnings.warn(
            f"All spikes lie within {furthest:g} ms of the event, in a window from {edges[0]:g} "
            f"to {edges[-1]:g} ms. Are the spike times in seconds?", stacklevel=3,
        )


def warn_of_the_same_trials(trains):
    """Say so if every trial of every neuron is a copy of the first."""
    several = [trials for trials in trains if len(trials) > 1 and any(t.size for t in trials)]
    if several and all(
        np.array_equal(trials[0], train) for trials in several for train in trials[1:]
    ):
        warnings.warn(
            f"{_DOOR}.spike_times are the same in all trials of each neuron. Was the time "
            "of each trial's event subtracted, and not one time from all?", stacklevel=3,
        )


def warn_of_short_trials(trains, edges):
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
            f"{_DOOR}: in {n_short} of {len(trains[0])} trials no neuron spikes for up to "
            f"{longest:.0f} ms at one end of the window, which counts as silence. If these trials "
            "were shorter than the window, say so with `observed`.", stacklevel=3,
        )
