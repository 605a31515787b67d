"""Rates from a session in the Neurodata Without Borders format (NWB), through pynwb.

Values are read as pynwb gives them, never from the arrays below: a column of lists, for example,
is kept there as one array of all values and another of each row's end.
"""

from __future__ import annotations

import collections
import contextlib
import datetime
import warnings
from collections.abc import Mapping

import numpy as np

from src_part1.common.files import find_path
from src_part1.common.validation import check_finite, check_selection
from src_part1.recordings.labels import entries, is_missing, label_text, plain_value
from src_part1.recordings.psth import average_trials, check_bins
from src_part1.recordings.spikes import choose_conditions, cut_trials, warn_of_clocks
from src_part1.recordings.units import in_unit, unit_of

_DOOR = "recordings_from_nwb"
# All times of a file in ms instead of s leave each unit a thousandth of its rate.
_LOWEST_RATE = 0.02  # Hz, of the most active unit over the session
# With so many spikes expected, chance leaves none in one of 5e8 sessions.
_CERTAINLY_SOME = 20.0


def recordings_from_nwb(
    file, *, condition=None, event=None, trials=None, where=None, conditions=None, units=None,
    window=(-2000.0, 0.0), bin_width=20.0, smoothing=140.0, minimum_rate=1.0,
):
    """Average the spikes of a session over the trials of each condition; return a PSTH.

    A bin counts in the trials in which it was observed: within the unit's ``obs_intervals`` if the
    file has them, else between the first and the last time that occurs in the session. If no
    unit spikes between trials, only the trials count as observed. ``kept`` holds rows of the table
    of units.

    - ``file``: the path, or what pynwb read from it and is still open.
    - ``condition``: the column of the table of trials that names each trial's condition; several
      columns, which are joined ("left hit"); or the names themselves.
    - ``event``: what becomes time zero: a column of the table of trials; the name of a time series
      with time stamps, the first of which within each trial counts; or the times themselves. In s,
      on the clock of the spikes, as always in NWB. Trials without are left out.
    - ``trials``: by default the file's table of trials; the name of another table of intervals, a
      table (also a DataFrame), or columns by name.
    - ``where`` and ``units``: which trials and units to use: a mask, row numbers, or a rule:
      ``{"outcome": "hit", "stim": [0, 1]}`` takes those whose columns hold (one of) the values.
    - ``conditions``, ``window``, ``bin_width``, ``smoothing``, ``minimum_rate``: as in
      :func:`src_part1.recordings.psth.psth_from_spikes` (ms and Hz).
    """
    if condition is None or event is None:
        raise TypeError(
            f"{_DOOR} needs condition=... and event=..., columns of a table of trials. "
            f"{describe_nwb(file)}"
        )
    bins = check_bins(_DOOR, window, bin_width, smoothing, minimum_rate)
    with _opened(file) as (place, session):
        table = _table_of_trials(place, session, trials)
        chosen = np.arange(table.n_rows)
        if where is not None:
            chosen = table.rows(f"{_DOOR}.where", where, of="trials")
        zeros = _event_times(place, session, table, event)
        _check_clock(place, table, zeros, chosen, event)
        labels = _labels(place, table, condition)
        used = chosen[np.isfinite(zeros[chosen])]
        if not used.size:
            raise ValueError(f"{place}: {_named(event)} holds no time in any trial.")
        _check_lost_conditions(labels, chosen, used, conditions, event)
        rows, trains, observed = _units(place, session, units)
        _check_seconds(place, trains, zeros[np.isfinite(zeros)], event)
        why = "obs_intervals"
        if observed is None:
            observed, why = _session_limits(trains, table, zeros[used])
    spike_times, covered, n_partly = [], [], 0
    edges = zeros[used][:, None] + bins.edges / 1000.0
    for train, intervals in zip(trains, observed, strict=True):
        spike_times.append([
            1000.0 * times for times in cut_trials(train, zeros[used], bins.edges / 1000.0)
        ])
        seen = _inside(edges, intervals)
        n_partly += int((~seen.all(axis=1)).sum())
        covered.append(None if seen.all() else seen)
    note = f" {used.size} of {table.n_rows} trials of the table {table.name!r}."
    if n_partly:
        partly = (
            f"{n_partly} of {used.size * len(rows)} pairs of unit and trial were not observed over "
            f"the whole window ({why}), and the bins that were not do not count."
        )
        note += f" {partly[0].upper()}{partly[1:]}"
        if why != "obs_intervals":
            warnings.warn(f"{place}: {partly}", stacklevel=2)
    names, by_unit = choose_conditions(_DOOR, [[labels[k] for k in used]] * len(rows), conditions)
    result = average_trials(
        _DOOR, spike_times, by_unit, names, bins, covered.__getitem__, note=note,
        hint="Are spikes and events on the same clock, in seconds?",
    )
    return result._replace(kept=rows[result.kept])


def describe_nwb(file):
    """Say in a sentence what a file holds: tables of intervals, columns, time series, units."""
    with _opened(file) as (place, session):
        n_units = 0 if session.units is None else len(session.units)
        series = ", ".join(sorted(_series(session))) or "none"
        return f"{place} has {n_units} units; {_there(session)}; its time series are {series}."


@contextlib.contextmanager
def _opened(file):
    """Yield a name for messages and the session, of a path or of what is open already."""
    try:
        import pynwb
    except ImportError as error:
        raise ImportError("NWB files need pynwb: pip install 'recorded-rnn[nwb]'.") from error
    if isinstance(file, pynwb.NWBFile):
        yield f"the NWBFile {file.identifier!r}", file
        return
    path = find_path(file)
    opened = False
    try:
        with pynwb.NWBHDF5IO(path, mode="r") as reader:
            session = reader.read()
            opened = True
            yield path, session
    except Exception as error:
        if opened and not isinstance(error, OSError):  # columns are read late, when they are used
            raise
        state = "is damaged" if opened else "cannot be read as NWB"
        raise ValueError(f"{path} {state}: {error}") from error


class _Table:
    """Columns of one value for each row, of a table of NWB, a DataFrame or a mapping."""

    def __init__(self, place, name, source):
        self.place, self.name, self._source = place, name, source
        if isinstance(source, Mapping):
            self.names, sizes = tuple(source), {name: len(source[name]) for name in source}
            if len(set(sizes.values())) != 1:
                raise ValueError(f"{_DOOR}.trials must have columns of one length, got {sizes}.")
            self.n_rows = sizes[self.names[0]]
        else:
            columns = source.colnames if hasattr(source, "colnames") else source.columns
            self.names = tuple(map(str, columns))
            self.n_rows = len(source)
        if not self.n_rows:
            raise ValueError(f"{place}: the table {name!r} has no row.")

    def values(self, column):
        """Return a column as values of Python, one for each row."""
        if column not in self.names:
            raise ValueError(
                f"{self.place}: the table {self.name!r} has no column {column!r}, only "
                f"{', '.join(self.names)}."
            )
        held = self._source[column]
        # [:] reads a column of NWB at once, and as pynwb shows it: lists as lists.
        held = held[:] if hasattr(self._source, "colnames") else held
        if hasattr(held, "columns"):
            raise ValueError(
                f"{self.place}: column {column!r} of {self.name!r} refers to rows of another "
                "table; give the values as an array."
            )
        return [self._one(column, row, entry) for row, entry in enumerate(held)]

    def _one(self, column, row, entry):
        if np.ma.is_masked(entry):
            return None
        if not isinstance(entry, (str, bytes)) and np.ndim(entry) > 0:
            if np.size(entry) > 1:
                raise ValueError(
                    f"{self.place}: column {column!r} of {self.name!r} must hold one value in each "
                    f"row, but row {row} holds {np.size(entry)}: {entry!r}."
                )
            entry = np.asarray(entry) if np.size(entry) else None
        return plain_value(entry)

    def times(self, column):
        """Return a column as times (s); NaN where there is none."""
        times = np.full(self.n_rows, np.nan)
        for row, value in enumerate(self.values(column)):
            if is_missing(value):
                continue
            if unit_of(value) or isinstance(value, datetime.timedelta):  # a frame's own
                value = in_unit(f"{self.place}: column {column!r}", value, "s")
            if isinstance(value, (bool, str)) or not np.isreal(value):
                raise TypeError(
                    f"{self.place}: column {column!r} of {self.name!r} must hold times (s), but "
                    f"row {row} holds {value!r}."
                )
            times[row] = value
        return times

    def rows(self, name, rule, *, of):
        """Return the rows that a mask, numbers or a rule select."""
        if not isinstance(rule, Mapping):
            return check_selection(name, rule, self.n_rows, of=of)
        chosen = np.ones(self.n_rows, dtype=bool)
        for column, wanted in rule.items():
            single = isinstance(wanted, (str, bytes)) or np.ndim(wanted) == 0
            wanted = {_key(value) for value in ([wanted] if single else wanted)}
            held = [_key(value) for value in self.values(column)]
            unknown = sorted(wanted - set(held))
            if unknown:
                raise ValueError(
                    f"{name}[{column!r}]: no row of {self.name!r} holds {unknown[0]!r}; there are "
                    f"{_some(sorted(set(held)))}."
                )
            chosen &= np.array([value in wanted for value in held])
        if not chosen.any():
            raise ValueError(f"{name}: none of the {self.n_rows} {of} fits the rule {rule!r}.")
        return np.flatnonzero(chosen)


def _key(value):
    """Return what is compared with a rule: truth values are kept as numbers by many files."""
    value = plain_value(value)
    return label_text(int(value) if isinstance(value, bool) else value)


def _some(texts, most=12):
    return ", ".join(map(repr, texts[:most])) + (", ..." if len(texts) > most else "")


def _named(event):
    return f"{event!r}" if isinstance(event, str) else "event"


# --- trials, conditions and events ---


def _tables(session):
    """Return the tables of intervals of a file, by name."""
    tables = dict(session.intervals or {})
    for table in (session.trials, session.epochs):
        if table is not None:
            tables[table.name] = table
    return tables


def _there(session):
    tables = [f"{name} ({', '.join(table.colnames)})" for name, table in _tables(session).items()]
    return f"its tables of intervals are {'; '.join(tables) or 'none'}"


def _series(session):
    """Return the time series with time stamps, by name."""
    found = {}
    for item in session.objects.values():
        if getattr(item, "timestamps", None) is not None and item.neurodata_type != "Units":
            found.setdefault(item.name, []).append(item)
    return found


def _table_of_trials(place, session, trials):
    trials = session.trials if trials is None else trials
    if trials is None:
        raise ValueError(
            f"{place} has no table of trials; {_there(session)}. Name one with `trials`, or give "
            "columns."
        )
    if isinstance(trials, str):
        if trials not in _tables(session):
            raise ValueError(f"{place} has no table {trials!r}; {_there(session)}.")
        trials = _tables(session)[trials]
    if isinstance(trials, Mapping) or hasattr(trials, "columns"):
        return _Table(place, trials.name if hasattr(trials, "colnames") else "trials", trials)
    raise TypeError(
        f"{_DOOR}.trials must be the name of a table, a table or a mapping of columns, got "
        f"{type(trials).__name__}."
    )


def _labels(place, table, condition):
    if isinstance(condition, str):
        return table.values(condition)
    names = entries(f"{_DOOR}.condition", condition)
    if names and all(isinstance(name, str) and name in table.names for name in names):
        parts = zip(*(table.values(column) for column in names), strict=True)
        return [
            None if any(map(is_missing, row)) else " ".join(map(label_text, row)) for row in parts
        ]
    if len(names) != table.n_rows:
        raise ValueError(
            f"{place}: condition must name columns of {table.name!r} ({', '.join(table.names)}) or "
            f"hold a label for each of its {table.n_rows} rows, got {_some(names)}."
        )
    return names


def _event_times(place, session, table, event):
    if not isinstance(event, str):
        if not np.ma.isMaskedArray(event):  # what is masked is a trial without
            event = in_unit(f"{_DOOR}.event", event, "s")
        times = entries(f"{_DOOR}.event", event)
        if len(times) != table.n_rows:
            rule = f"must hold a time for each of the {table.n_rows} trials"
            raise ValueError(f"{place}: event {rule}, got {len(times)}.")
        return _Table(place, "event", {"event": times}).times("event")
    if event in table.names:
        return table.times(event)
    series = _series(session)
    if event not in series:
        raise ValueError(
            f"{place}: the table {table.name!r} has no column {event!r}, only "
            f"{', '.join(table.names)}, and there is no time series of this name with time "
            f"stamps; there are {', '.join(sorted(series)) or 'none'}."
        )
    if len(series[event]) > 1:
        raise ValueError(
            f"{place} has {len(series[event])} time series {event!r}; give the times as an array."
        )
    stamps = np.sort(np.asarray(series[event][0].timestamps[:], dtype=np.float64))
    starts, stops = table.times("start_time"), table.times("stop_time")
    first = np.searchsorted(stamps, starts)
    zeros = np.append(stamps, np.nan)[first]
    return np.where(zeros <= stops, zeros, np.nan)


def _check_clock(place, table, zeros, chosen, event):
    """Warn of times that count from the start of each trial, or go astray."""
    used = chosen[np.isfinite(zeros[chosen])]
    if used.size < 2:
        return
    name, times = _named(event), zeros[used]
    if {"start_time", "stop_time"} <= set(table.names):
        starts, stops = table.times("start_time")[used], table.times("stop_time")[used]
        slack = 1e-6 + 1e-9 * np.abs(stops)
        outside = ~((times >= starts - slack) & (times <= stops + slack))
        relative = (starts + times >= starts - slack) & (starts + times <= stops + slack)
        if outside.mean() > 0.5 and relative.all():
            warnings.warn(
                f"{place}: the times of {name} seem to count from the start of each trial: they "
                f"lie outside of {outside.sum()} of {used.size} trials, and start_time + {name} "
                "within all. Then give that sum as `event`.", stacklevel=3,
            )
        elif outside.any():
            row = used[outside][0]
            warnings.warn(
                f"{place}: {name} lies outside of its trial in {outside.sum()} of {used.size} "
                f"trials, first in row {row}: {zeros[row]:g} s.", stacklevel=3,
            )
    falls = np.flatnonzero(np.diff(times) <= 0)
    if np.ptp(times) == 0:
        warnings.warn(
            f"{place}: {name} is {times[0]:g} s in all {used.size} trials. The times must be on "
            "the clock of the spikes, not count from the start of each trial.", stacklevel=3,
        )
    elif falls.size:
        row = used[falls[0] + 1]
        warnings.warn(
            f"{place}: the times of {name} do not increase from trial to trial, first in row {row} "
            f"({times[falls[0]]:g}, then {zeros[row]:g} s). Does a clock begin anew there? All "
            "times must be on the clock of the spikes.", stacklevel=3,
        )


def _check_lost_conditions(labels, chosen, used, conditions, event):
    """Say which conditions have trials but no event in any of them."""
    texts = {k: label_text(labels[k]) for k in chosen if not is_missing(labels[k])}
    lost = collections.Counter(texts.values())
    for name in sorted(set(lost) - {texts[k] for k in used if k in texts}):
        sentence = f"{_DOOR}: condition {name!r} has {lost[name]} trials, none with a time of "
        sentence += _named(event)
        if conditions is None:
            warnings.warn(f"{sentence}, and is left out.", stacklevel=3)
        elif name in map(label_text, entries(f"{_DOOR}.conditions", conditions)):
            raise ValueError(f"{sentence}.")


# --- units, and when they were observed ---


def _units(place, session, units):
    """Return rows, spike times (s) and, if the file has them, observed intervals (s)."""
    table = session.units
    if table is None or "spike_times" not in table.colnames or not len(table):
        raise ValueError(f"{place} has no table of units with spike times.")
    rows = np.arange(len(table))
    if units is not None:
        rows = _Table(place, "units", table).rows(f"{_DOOR}.units", units, of="units")
    trains = [np.sort(np.asarray(table.get_unit_spike_times(int(k)), float)) for k in rows]
    for row, train in zip(rows, trains, strict=True):
        check_finite(f"{place}: the spike times of unit {row} (s)", train)
    observed = [] if "obs_intervals" not in table.colnames else [
        np.asarray(table.get_unit_obs_intervals(int(k)), float).reshape(-1, 2) for k in rows
    ]
    if not any(map(len, observed)):
        return rows, trains, None
    # A unit without any interval says nothing about when it was observed.
    always = np.array([[-np.inf, np.inf]])
    return rows, trains, [_merged(one) if len(one) else always for one in observed]


def _merged(intervals):
    """Return intervals in order, those that touch or overlap as one."""
    intervals = intervals[np.argsort(intervals[:, 0], kind="stable")]
    ends = np.maximum.accumulate(intervals[:, 1])
    new = np.append(True, intervals[1:, 0] > ends[:-1] + 1e-9)
    return np.column_stack([intervals[new, 0], ends[np.append(new[1:], True)]])


def _inside(edges, intervals):
    """Tell which bins (n_trials, n_bins) lie within one interval."""
    slack = 1e-9 * (1.0 + np.abs(edges).max())
    start, end = edges[:, :-1], edges[:, 1:]
    which = np.searchsorted(intervals[:, 0], start + slack, side="right") - 1
    return (which >= 0) & (end <= intervals[which, 1] + slack)


def _session_limits(trains, table, zeros):
    """Return what was observed if the file does not say it, and the reason."""
    spikes = np.sort(np.concatenate(trains))
    first, last = min(0.0, *spikes[:1], *zeros), max(*spikes[-1:], *zeros)
    if {"start_time", "stop_time"} <= set(table.names):
        limits = np.column_stack([table.times("start_time"), table.times("stop_time")])
        limits = limits[np.isfinite(limits).all(axis=1) & (limits[:, 1] > limits[:, 0])]
        if len(limits):
            of_trials = _merged(limits)
            last = max(last, of_trials[-1, 1])
            duration = (of_trials[:, 1] - of_trials[:, 0]).sum()
            places = np.searchsorted(of_trials[:, 0], spikes, side="right") - 1
            inside = (places >= 0) & (spikes <= of_trials[places, 1])
            between = of_trials[-1, 1] - of_trials[0, 0] - duration
            if inside.all() and spikes.size * between / duration > _CERTAINLY_SOME:
                return [of_trials] * len(trains), "no unit spikes between the trials"
    whole = np.array([[first, last]])
    return [whole] * len(trains), "the session begins or ends within it"


def _check_seconds(place, trains, zeros, event):
    """Notice milliseconds: NWB has seconds."""
    last = max((train[-1] for train in trains if train.size), default=0.0)
    first = min((train[0] for train in trains if train.size), default=0.0)
    if last <= first:
        return
    warn_of_clocks(place, _named(event), zeros, last, "s")
    highest = max(train.size for train in trains) / (last - first)
    if highest < _LOWEST_RATE:
        warnings.warn(
            f"{place}: the most active unit has {highest:.2g} Hz over the session of "
            f"{last - first:g} s. Are its times in ms? NWB's times are in seconds.", stacklevel=3,
        )
