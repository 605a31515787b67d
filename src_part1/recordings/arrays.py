"""A record from one's own arrays, whatever container they come in."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np

from src_part1.recordings.containers import (
    Block,
    block_of,
    blocks_of_array,
    has_named_dimensions,
    is_frame,
    side_by_side,
)
from src_part1.recordings.labels import entries, label_text
from src_part1.recordings.record import Recordings
from src_part1.recordings.units import in_unit, refuse_wrapped, vector_in

_DOOR = "recordings_from_arrays"
# Bounds beyond which a unit was probably mistaken; each leads to a warning, not to an error.
_SHORTEST_BIN, _SHORTEST_RECORD, _LONGEST_RECORD = 0.5, 25.0, 600_000.0  # ms
_HIGHEST_PEAK, _HIGHEST_MEAN, _LOWEST_MEAN = 1000.0, 250.0, 1.0  # Hz, of the most active neuron


def recordings_from_arrays(
    rates, time=None, conditions=None, *, smoothing=0.0, provenance="Arrays of the user."
):
    """Make a record from your own arrays.

    Containers that name their axes (xarray, pandas, polars, neo, pynapple) may have them in any
    order, and conditions are put side by side by the labels of neurons and times. Units that a
    container carries are converted.

    Parameters
    ----------
    rates : (n_conditions, n_neurons, n_time) array_like, or mapping of str to (n_neurons, n_time)
        Firing rates in Hz; a mapping gives one array, or one table, for each condition's name.
    time : (n_time,) array_like
        Time in ms to the go cue (or another event), increasing in equal steps. May be left out
        if ``rates`` has a coordinate, a column or labels of that name.
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
        The record, with the source "user". Improbable rates and times lead to a warning.

    Examples
    --------
    >>> left, right = [[20.0, 22.0], [5.0, 3.0]], [[18.0, 30.0], [4.0, 4.0]]
    >>> recordings = recordings_from_arrays({"left": left, "right": right}, time=[-20.0, 0.0])
    >>> recordings.conditions, recordings.rates.shape
    (('left', 'right'), (2, 2, 2))
    """
    named = conditions is not None or isinstance(rates, Mapping) or has_named_dimensions(rates)
    if conditions is not None:
        conditions = tuple(
            label_text(name) if isinstance(name, (bytes, np.generic)) else name
            for name in entries(f"{_DOOR}.conditions", conditions)
        )
    if time is not None:
        time = vector_in(f"{_DOOR}.time", time, "ms")
    if is_frame(rates):
        raise TypeError(
            f"{_DOOR}.rates must be an array (condition, neuron, time) or a mapping of conditions "
            "to arrays or DataFrames, got one DataFrame: give {'name of the condition': frame}."
        )
    if has_named_dimensions(rates):
        rates = blocks_of_array(f"{_DOOR}.rates", rates)
    if isinstance(rates, Mapping):
        conditions = tuple(rates) if conditions is None else conditions
        missing = [name for name in conditions if name not in rates]
        if missing:
            raise ValueError(
                f"{_DOOR}.rates lacks the conditions {missing}; it has {list(rates)}."
            )
        blocks = {
            name: rates[name] if isinstance(rates[name], Block)
            else block_of(f"{_DOOR}.rates[{name!r}]", rates[name], time) for name in conditions
        }
        rates, time = side_by_side(f"{_DOOR}.rates", blocks, time)
    if time is None:
        raise TypeError(
            f"{_DOOR}.time must be given (ms), because the rates have no coordinate of that name."
        )
    blocks = _blocks(rates)
    if conditions is None:
        conditions = tuple(f"condition {i + 1}" for i in range(len(blocks)))
    for name, block in zip(conditions, blocks, strict=False):
        if block.shape != blocks[0].shape:
            raise ValueError(
                f"{_DOOR}.rates must have the same shape (neuron, time) in each condition, but "
                f"{conditions[0]!r} has {blocks[0].shape} and {name!r} has {block.shape}."
            )
    _check_order(blocks, time.shape)
    if time.dtype.kind in "fiu":
        refuse_wrapped(f"{_DOOR}.time", time)
    record = Recordings(blocks, time, conditions, "user", provenance, smoothing)
    _warn_of_units(record)
    _warn_of_no_neurons(record)
    if not named and record.n_conditions > max(2, record.n_neurons):
        _warn(
            f"{_DOOR}.rates: {record.n_neurons} neurons in {record.n_conditions} conditions are "
            "improbable. The axes must be (condition, neuron, time); name the conditions if this "
            "is right.", stacklevel=3,
        )
    return record


def _blocks(rates):
    """Return the array (neuron, time) of each condition, in Hz."""
    try:
        if not isinstance(rates, (list, tuple)):
            rates = in_unit(f"{_DOOR}.rates", rates, "Hz")
        return [in_unit(f"{_DOOR}.rates[{i}]", block, "Hz") for i, block in enumerate(rates)]
    except (TypeError, ValueError) as error:
        if str(error).startswith(_DOOR):
            raise
        raise TypeError(
            f"{_DOOR}.rates must be an array (condition, neuron, time) or a mapping of conditions "
            f"to arrays (neuron, time): {error}."
        ) from error


def _check_order(blocks, time_shape):
    """Say so if time is not the last axis but another one."""
    if not blocks or blocks[0].ndim != 2 or len(time_shape) != 1:
        return
    shape, (n_time,) = (len(blocks), *blocks[0].shape), time_shape
    if shape[2] != n_time and n_time in shape[:2]:
        axis = shape.index(n_time)
        raise ValueError(
            f"{_DOOR}.rates must have the axes (condition, neuron, time), but its shape is {shape} "
            f"and Recordings.time must have shape ({shape[2]},), got ({n_time},): time seems to be "
            f"axis {axis}. Reorder with np.transpose (in MATLAB: permute)."
        )


# --- units and columns that were mistaken ---


def _warn_of_units(record):
    duration = record.time[-1] - record.time[0] + record.bin_width
    if duration < _SHORTEST_RECORD or record.bin_width < _SHORTEST_BIN:
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


def _warn_of_no_neurons(record):
    """Notice a column of times or of row numbers among the neurons."""
    steps = np.diff(record.rates, axis=2)
    for step in (1.0, record.bin_width, record.bin_width / 1000.0):
        found = np.flatnonzero(np.isclose(steps, step, rtol=1e-9, atol=0.0).all(axis=(0, 2)))
        if found.size and record.n_time >= 5:
            _warn(
                f"Recordings.rates: neuron {found[0]} rises by {step:g} from each bin to the next, "
                "in every condition. Is it a column of times, or of row numbers? Leave it out."
            )
            return


def _warn(sentence, stacklevel=4):
    warnings.warn(sentence, stacklevel=stacklevel)
