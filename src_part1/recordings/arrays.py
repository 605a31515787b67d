"""A record from one's own arrays, whatever container they come in."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np

from src_part1.common.validation import refuse_masked
from src_part1.recordings.labels import label_text
from src_part1.recordings.record import Recordings

# What others call the three axes.
_AXES = {
    "condition": {"condition", "conditions", "trial_type", "stimulus", "cond"},
    "neuron": {"neuron", "neurons", "unit", "units", "cell", "cells", "unit_id", "neuron_id"},
    "time": {"time", "times", "t", "bin", "bins", "time_bin", "time_ms"},
}
# Bounds beyond which a unit was probably mistaken; each leads to a warning, not to an error.
_SHORTEST_RECORD, _LONGEST_RECORD = 25.0, 600_000.0  # ms
_HIGHEST_PEAK, _HIGHEST_MEAN, _LOWEST_MEAN = 1000.0, 250.0, 1.0  # Hz, of the most active neuron


def recordings_from_arrays(
    rates, time=None, conditions=None, *, smoothing=0.0, provenance="Arrays of the user."
):
    """Make a record from your own arrays.

    Parameters
    ----------
    rates : (n_conditions, n_neurons, n_time) array_like, or mapping of str to (n_neurons, n_time)
        Firing rates in Hz; a mapping gives one array for each condition's name. An array whose
        dimensions have names (xarray) may have them in any order; a DataFrame, one for each
        condition, may have time along either axis, as its labels say.
    time : (n_time,) array_like
        Time in ms to the go cue (or another event), increasing in equal steps. May be left out
        if ``rates`` has a coordinate or labels of that name.
    conditions : sequence of str, optional
        Names of the conditions; "condition 1", "condition 2", ... if left out. With a mapping
        its keys are the names and this selects and orders them.
    smoothing : float, optional
        Half-width in ms of the moving mean that was applied to the rates.
    provenance : str, optional
        A sentence that says where the rates come from.

    Returns
    -------
    Recordings
        The record, with the source "user".

    Raises
    ------
    TypeError, ValueError
        As for `Recordings`, and if conditions differ in shape, entries are masked, or axes cannot
        be told apart.

    Warns
    -----
    UserWarning
        If a rate, a time or the shape is improbable: the warning names the likely unit.
    """
    named = conditions is not None or isinstance(rates, Mapping)
    if isinstance(conditions, (str, bytes)):
        conditions = (conditions,)
    if conditions is not None:
        conditions = tuple(
            label_text(name) if isinstance(name, (bytes, np.generic)) else name
            for name in conditions
        )
    if _has_named_dimensions(rates):
        rates, time, conditions = _from_named(rates, time, conditions)
        named = True
    elif isinstance(rates, Mapping):
        conditions = tuple(rates) if conditions is None else conditions
        missing = [name for name in conditions if name not in rates]
        if missing:
            raise ValueError(
                f"recordings_from_arrays.rates lacks the conditions {missing}; it has "
                f"{list(rates)}."
            )
        rates = [rates[name] for name in conditions]
        for i, block in enumerate(rates):
            rates[i], time = _one_condition(conditions[i], block, time)
    elif _is_frame(rates):
        raise TypeError(
            "recordings_from_arrays.rates must be an array (condition, neuron, time) or a mapping "
            "of conditions to arrays or DataFrames, got a single DataFrame: give "
            "{'name of the condition': frame}."
        )
    if time is None:
        raise TypeError(
            "recordings_from_arrays.time must be given (ms), because the rates have no "
            "coordinate of that name."
        )
    refuse_masked("recordings_from_arrays.rates", rates)
    refuse_masked("recordings_from_arrays.time", time)
    blocks = _blocks(rates)
    if conditions is None:
        conditions = tuple(f"condition {i + 1}" for i in range(len(blocks)))
    for name, block in zip(conditions, blocks, strict=False):
        if block.shape != blocks[0].shape:
            raise ValueError(
                "recordings_from_arrays.rates must have the same shape (neuron, time) in each "
                f"condition, but {conditions[0]!r} has {blocks[0].shape} and {name!r} has "
                f"{block.shape}."
            )
    _check_order(blocks, np.shape(time))
    record = Recordings(blocks, time, conditions, "user", provenance, smoothing)
    _warn_of_units(record)
    if not named and record.n_conditions > max(2, record.n_neurons):
        warnings.warn(
            f"recordings_from_arrays.rates: {record.n_neurons} neurons in {record.n_conditions} "
            "conditions are improbable. The axes must be (condition, neuron, time); name the "
            "conditions if this is right.", stacklevel=2,
        )
    return record


def _blocks(rates):
    """Return the array (neuron, time) of each condition."""
    try:
        if isinstance(rates, (str, bytes)):
            raise TypeError(f"got the text {rates!r}")
        blocks = [np.asarray(block) for block in rates]
    except (TypeError, ValueError) as error:
        raise TypeError(
            "recordings_from_arrays.rates must be an array (condition, neuron, time) or a mapping "
            f"of conditions to arrays (neuron, time): {error}."
        ) from error
    for i, block in enumerate(rates):
        refuse_masked(f"recordings_from_arrays.rates[{i}]", block)
    return blocks


def _check_order(blocks, time_shape):
    """Say so if time is not the last axis but another one."""
    if not blocks or blocks[0].ndim != 2 or len(time_shape) != 1:
        return
    shape, (n_time,) = (len(blocks), *blocks[0].shape), time_shape
    if shape[2] != n_time and n_time in shape[:2]:
        axis = shape.index(n_time)
        raise ValueError(
            "recordings_from_arrays.rates must have the axes (condition, neuron, time), but its "
            f"shape is {shape} and Recordings.time must have shape ({shape[2]},), got "
            f"({n_time},): time seems to be axis {axis}. Reorder with np.transpose (in MATLAB: "
            "permute)."
        )


# --- arrays whose axes have names ---


def _has_named_dimensions(array):
    """Tell whether this is an xarray.DataArray, or looks like one."""
    return all(hasattr(array, name) for name in ("dims", "coords", "values", "transpose"))


def _axis_of(name):
    """Return which of the three axes a name stands for, or None."""
    word = str(name).strip().lower()
    return next((axis for axis, words in _AXES.items() if word in words), None)


def _from_named(array, time, conditions):
    if not isinstance(array.dims, tuple):
        raise TypeError(
            "recordings_from_arrays.rates must be one DataArray, got a Dataset of several: "
            "choose the variable with the rates."
        )
    place = {_axis_of(dim): dim for dim in array.dims}
    if len(array.dims) != 3 or set(place) != set(_AXES):
        raise ValueError(
            "recordings_from_arrays.rates must have the dimensions condition, neuron and time, in "
            f"any order, but has {array.dims}; rename them."
        )
    array = array.transpose(*(place[axis] for axis in _AXES))
    values = array.values
    if place["time"] in array.coords:
        own = np.asarray(array.coords[place["time"]].values)
        if time is None:
            time = own
        elif np.shape(time) != own.shape or not np.allclose(np.asarray(time, float), own):
            raise ValueError(
                "recordings_from_arrays.time must agree with the coordinate "
                f"{place['time']!r} of the rates, which runs from {own[0]} to {own[-1]}."
            )
    if place["condition"] in array.coords:
        own = [label_text(v) for v in np.asarray(array.coords[place["condition"]].values)]
        wanted = tuple(own) if conditions is None else conditions
        missing = [name for name in wanted if name not in own]
        if missing:
            raise ValueError(
                f"recordings_from_arrays.rates lacks the conditions {missing}; it has {own}."
            )
        values, conditions = values[[own.index(name) for name in wanted]], wanted
    return values, time, conditions


def _is_frame(block):
    """Tell whether this is a pandas.DataFrame, or looks like one."""
    return all(hasattr(block, name) for name in ("index", "columns", "to_numpy"))


def _one_condition(name, block, time):
    """Return one condition's rates (neuron, time), and the time if it brings it along."""
    if _has_named_dimensions(block):
        place = {_axis_of(dim): dim for dim in block.dims}
        if len(block.dims) != 2 or set(place) != {"neuron", "time"}:
            raise ValueError(
                f"recordings_from_arrays.rates[{name!r}] must have the dimensions neuron and "
                f"time, in any order, but has {block.dims}; rename them."
            )
        block = block.transpose(place["neuron"], place["time"])
        if time is None and place["time"] in block.coords:
            time = np.asarray(block.coords[place["time"]].values)
        return block.values, time
    if not _is_frame(block):
        refuse_masked(f"recordings_from_arrays.rates[{name!r}]", block)
        return block, time
    axis = _time_axis_of_frame(block, time)
    if axis is None:
        raise ValueError(
            f"recordings_from_arrays.rates[{name!r}] is a DataFrame of shape {block.shape} that "
            "does not say which axis is time: call its index or its columns 'time', or label "
            "them with the times given."
        )
    labels = block.index if axis == 0 else block.columns
    values = block.to_numpy()
    return (values.T if axis == 0 else values), np.asarray(labels) if time is None else time


def _time_axis_of_frame(frame, time):
    """Return 0 if rows are time points, 1 if columns are, None if nothing tells."""
    axes = [_axis_of(frame.index.name), _axis_of(frame.columns.name)]
    for axis in (0, 1):
        if axes[axis] == "time" or axes[1 - axis] == "neuron":
            return axis
    if time is None:
        return None
    time = np.asarray(time)
    for axis, labels in enumerate((frame.index, frame.columns)):
        labels = np.asarray(labels)
        if labels.shape == time.shape and labels.dtype.kind in "fiu" and np.allclose(labels, time):
            return axis
    fits = [axis for axis in (0, 1) if frame.shape[axis] == time.size]
    return fits[0] if len(fits) == 1 else None


# --- units that were mistaken ---


def _warn_of_units(record):
    duration = record.time[-1] - record.time[0] + record.bin_width
    if duration < _SHORTEST_RECORD:
        _warn(
            f"Recordings.time runs over {duration:g} ms only, in steps of {record.bin_width:g} ms. "
            "Are the times in seconds? They must be in ms."
        )
    elif duration > _LONGEST_RECORD:
        _warn(
            f"Recordings.time runs over {duration:g} ms ({duration / 60000:.0f} minutes). Are the "
            "times in microseconds or samples? They must be in ms, relative to an event of each "
            "trial."
        )
    peak, mean = record.rates.max(), record.rates.mean(axis=(0, 2)).max()
    if peak > _HIGHEST_PEAK or mean > _HIGHEST_MEAN:
        _warn(
            f"Recordings.rates reach {peak:.4g} Hz, and the most active neuron has a mean of "
            f"{mean:.4g} Hz, which no neuron keeps up. Were spikes of several trials added instead "
            "of averaged, or not aligned to the event of their trial? Rates must be in Hz."
        )
    elif 0 < mean < _LOWEST_MEAN:
        factor = 1000.0 / record.bin_width
        _warn(
            f"Recordings.rates: the most active neuron has a mean of {mean:.3g} Hz. Are these "
            f"spikes per bin? Times 1000 / {record.bin_width:g} ms they would be "
            f"{mean * factor:.3g} Hz. Rates must be in Hz."
        )


def _warn(sentence):
    warnings.warn(sentence, stacklevel=4)
