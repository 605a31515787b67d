"""Rates in containers that name their axes: xarray, pandas, polars, neo, pynapple.

None of these packages is needed or imported: a container is known by what it shows of itself. Each
becomes a `Block`, and blocks are put side by side by their labels, never by position alone.
"""

from __future__ import annotations

import re
import warnings
from typing import NamedTuple

import numpy as np

from src_part1.common.validation import refuse_masked
from src_part1.recordings.labels import label_text
from src_part1.recordings.units import in_unit, is_pynapple, unit_of

# What others call the three axes.
_AXES = {
    "condition": {"condition", "conditions", "trial_type", "stimulus", "cond"},
    "neuron": {"neuron", "neurons", "unit", "units", "cell", "cells", "unit_id", "neuron_id"},
    "time": {"time", "times", "t", "bin", "bins", "time_bin"},
}
_TIME_WITH_UNIT = re.compile(r"(?:time|t)[ _]*[(\[]?(m?s|µs|us|sec|seconds)[)\]]?")
# Columns that pandas writes and nobody means, if they count the rows.
_COUNTERS = re.compile(r"unnamed: \d+|index|level_\d+", re.IGNORECASE)


class Block(NamedTuple):
    """Rates of one condition (Hz), with what their container says of the axes."""

    rates: np.ndarray  # (n_neurons, n_time)
    neurons: tuple | None  # labels
    time: np.ndarray | None  # ms

    __eq__, __ne__, __hash__ = object.__eq__, object.__ne__, object.__hash__


def has_named_dimensions(array):
    """Tell whether this is an xarray.DataArray, or looks like one."""
    return all(hasattr(array, name) for name in ("dims", "coords", "values", "transpose"))


def is_frame(block):
    """Tell whether this is a pandas.DataFrame, or looks like one."""
    return all(hasattr(block, name) for name in ("index", "columns", "to_numpy"))


def block_of(name, block, time):
    """Return one condition's rates as a `Block`; the time given tells axes without names apart."""
    if hasattr(block, "to_pandas") and not has_named_dimensions(block):
        block = block.to_pandas()  # polars
    if has_named_dimensions(block):
        rates, labels, own = _from_dimensions(name, block, ("neuron", "time"))
        block = Block(rates, labels["neuron"], own)
    elif is_pynapple(block) and hasattr(block, "columns"):
        own = in_unit(f"{name}.t", block, "ms")
        block = Block(np.asarray(block.values).T, tuple(block.columns), own)
    elif hasattr(block, "t_start") and hasattr(block, "times"):  # neo's signals: (time, channel)
        own = in_unit(f"{name}.times", block.times, "ms")
        block = Block(in_unit(name, block, "Hz").T, None, own)
    elif is_frame(block):
        block = _from_frame(name, block, time)
    else:
        return Block(in_unit(name, block, "Hz"), None, None)
    if block.time is None or block.time.shape != block.rates.shape[1:]:
        return block
    order = np.argsort(block.time, kind="stable")
    return block._replace(rates=block.rates[:, order], time=block.time[order])


def blocks_of_array(name, array):
    """Return a `Block` for each condition of an array with three named axes, by name."""
    if not isinstance(array.dims, tuple):
        raise TypeError(f"{name} must be one DataArray, got a Dataset: choose that of the rates.")
    rates, labels, own = _from_dimensions(name, array, ("condition", "neuron", "time"))
    names = labels["condition"] or [f"condition {i + 1}" for i in range(len(rates))]
    names = list(map(label_text, names))
    _refuse_twice(name, "conditions", names)
    return {k: Block(block, labels["neuron"], own) for k, block in zip(names, rates, strict=True)}


def side_by_side(name, blocks, time):
    """Return rates of blocks with neurons and times in the same order, and the time in ms.

    ``name`` is the argument, ``blocks`` holds a block for each condition's name, and ``time`` is
    what was given, in ms, or None.
    """
    rates, first_name = [], next(iter(blocks), None)
    for condition, (values, neurons, own) in blocks.items():
        where, first = f"{name}[{condition!r}]", blocks[first_name].neurons
        if neurons is not None and first is not None and neurons != first:
            place = {label: k for k, label in enumerate(neurons)}
            if set(place) != set(first):
                lacks, more = (sorted(map(str, a - b))[:5] for a, b in
                               ((set(first), set(place)), (set(place), set(first))))
                raise ValueError(
                    f"{where} must have the neurons of {first_name!r}, but lacks {lacks} and has "
                    f"{more} in addition."
                )
            _refuse_twice(where, "neurons", (*neurons, *first), most=2)
            values = values[[place[label] for label in first]]
        if own is not None:
            if own.dtype.kind not in "fiu":
                raise TypeError(f"{where} must have numbers (ms) as labels of time: {own[0]!r}.")
            time = own if time is None else time
            # Labels in s are those of times in ms, too.
            if not _agree(own, time) and not _agree(1000.0 * own, time):
                raise ValueError(
                    f"{where} must have the times of the other conditions, and of `time`: they run "
                    f"{_ends(time)} ms, but its labels {_ends(own)}."
                )
        rates.append(values)
    return rates, time


def _refuse_twice(name, of, labels, most=1):
    twice = [label for label in labels if labels.count(label) > most]
    if twice:
        raise ValueError(f"{name} must have different {of}, but {twice[0]!r} comes twice.")


def _axis_of(name):
    """Return which of the three axes a name stands for, and the unit in it; None for neither."""
    word = str(name).strip().lower()
    axis = next((axis for axis, words in _AXES.items() if word in words), None)
    with_unit = _TIME_WITH_UNIT.fullmatch(word) if axis is None else None
    return ("time", with_unit[1]) if with_unit else (axis, None)


def _from_dimensions(name, array, wanted):
    """Return values with the axes wanted, labels of the other axes, and the time in ms."""
    place = {_axis_of(dim)[0]: dim for dim in array.dims}
    if len(array.dims) != len(wanted) or set(place) != set(wanted):
        raise ValueError(
            f"{name} must have the dimensions {', '.join(wanted[:-1])} and {wanted[-1]}, in any "
            f"order, but has {array.dims}; rename them."
        )
    array = array.transpose(*(place[axis] for axis in wanted))
    found = {axis: array.coords[place[axis]] for axis in wanted if place[axis] in array.coords}
    time = found.pop("time", None)
    if time is not None:
        said = unit_of(time) or _axis_of(place["time"])[1]
        time = in_unit(f"{name}.{place['time']}", time.values, "ms", said=said)
    labels = dict.fromkeys(wanted[:-1])
    labels |= {axis: tuple(np.asarray(own.values).tolist()) for axis, own in found.items()}
    return in_unit(name, array.values, "Hz", said=unit_of(array)), labels, time


def _from_frame(name, frame, time):
    """Return the block of a frame, whose time may run along either axis or be a column."""
    unit, axis = unit_of(frame), _time_axis(frame, time)
    if axis is None:
        raise ValueError(
            f"{name} is a DataFrame of shape {frame.shape} that does not say which axis is time: "
            "call its index or its columns 'time', or label them with the times given."
        )
    frame = frame.T if axis == 1 else frame
    (kind, said), own = _axis_of(frame.index.name), None
    if kind == "time" or not _counts(frame.index):
        own = in_unit(f"{name}.index", frame.index, "ms", said=said)
    columns = {}
    for place, label in enumerate(frame.columns):
        kind, said = _axis_of(label)
        if kind in ("neuron", "condition"):
            raise ValueError(
                f"{name} is a long table, with a column {label!r}: make a column for each neuron "
                "with frame.pivot(index='time', columns='neuron', values='rate')."
            )
        values = _numbers(f"{name}[{label!r}]", frame.iloc[:, place])
        if kind == "time":
            own = in_unit(f"{name}[{label!r}]", values, "ms", said=said)
        elif _COUNTERS.fullmatch(str(label)) and _counts(values):
            warnings.warn(
                f"{name}: the column {label!r} counts the rows and is no neuron; it is left out.",
                stacklevel=5,
            )
        else:
            columns[place] = values
    if time is not None and own is not None and _counts(own):
        own = None  # row numbers beside the times given
    rates = in_unit(name, np.array([*columns.values()]), "Hz", said=unit)
    return Block(rates, tuple(frame.columns[place] for place in columns), own)


def _numbers(name, column):
    """Return a column as numbers; missing ones are NaN, durations stay what they are."""
    refuse_masked(name, column)
    if np.asarray(column).dtype.kind in "fiumM":
        return np.asarray(column)
    try:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{name} must hold rates (Hz), but is a column of other things: leave it out."
        ) from error


def _time_axis(frame, time):
    """Return 0 if rows are time points, 1 if columns are, None if nothing tells."""
    labels = frame.index, frame.columns
    axes = [_axis_of(own.name)[0] for own in labels]
    grids = [_is_grid(own) for own in labels]
    told = [axes[axis] == "time" or axes[1 - axis] == "neuron" for axis in (0, 1)]
    column = [any(_axis_of(label)[0] == "time" for label in labels[1 - axis]) for axis in (0, 1)]
    given = [grids[axis] and time is not None and _agree(np.asarray(labels[axis]), time)
             for axis in (0, 1)]
    for sure in (told, column, given):
        if any(sure):
            return sure.index(True)
    only = [grids[axis] and not _counts(np.sort(labels[axis])) for axis in (0, 1)]
    fits = [time is not None and frame.shape[axis] == len(time) for axis in (0, 1)]
    return next((guess.index(True) for guess in (only, fits) if sum(guess) == 1), None)


def _is_grid(labels):
    """Tell whether labels are durations, or numbers in equal steps."""
    labels = np.asarray(labels)
    if labels.dtype.kind not in "fiu" or labels.size < 3:
        return labels.dtype.kind == "m"
    steps = np.diff(np.sort(labels.astype(np.float64)))
    return bool(steps[0] > 0 and np.allclose(steps, steps[0], rtol=1e-6, atol=0.0))


def _counts(values):
    """Tell whether these are the whole numbers from 0 or 1 on."""
    values = np.asarray(values)
    return bool(
        values.dtype.kind in "fiu" and values.size and values[0] in (0, 1)
        and (np.diff(values.astype(np.float64)) == 1).all()
    )


def _agree(own, time):
    """Tell whether two lists of times are the same but for rounding."""
    if own.shape != time.shape or own.dtype.kind not in "fiu" or time.dtype.kind not in "fiu":
        return False
    step = np.abs(np.diff(time.astype(np.float64))).min(initial=1.0)
    return np.allclose(own, time, rtol=0.0, atol=1e-3 * step)


def _ends(time):
    time = np.ravel(time)
    return f"from {time[0]:g} to {time[-1]:g}" if time.size else "over nothing"
