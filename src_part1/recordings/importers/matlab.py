"""Rates or spike times from a MATLAB file: ``.mat`` through SciPy, version 7.3 through h5py."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from src_part1.common.files import find_path
from src_part1.recordings.arrays import recordings_from_arrays
from src_part1.recordings.psth import PSTH, psth_from_spikes

_DOOR = "recordings_from_mat"
_NAMELESS = "(an object without a name)"


def recordings_from_mat(
    path, *, rates="rates", time="time", spike_times="spike_times",
    trial_conditions="trial_conditions", conditions=None, smoothing=None, **psth_options,
):
    """Make a record from a file of MATLAB, of any version from 5 to 7.3; return a PSTH.

    It holds either rates, an array (condition, neuron, time) in Hz or a struct with one matrix
    (neuron, time) for each condition, and times in ms; or spike times, a cell array (neuron,
    trial) of vectors in ms to an event, and the condition of each trial. Rows and columns
    (``1 x n``, ``n x 1``) are vectors; a matrix of rates is that of a single condition.

    ``rates``, ``time``, ``spike_times`` and ``trial_conditions`` are names of variables. A variable
    ``conditions`` names the conditions of an array of rates, unless ``conditions`` is given, which
    is as in `recordings_from_arrays` and `psth_from_spikes`. ``smoothing`` is the half-width (ms)
    of the moving mean that rates went through (0 by default), or that spikes are to go through
    (140); further options are those of `psth_from_spikes`.
    """
    path = find_path(path)
    content = read_mat(path)
    try:
        if rates in content:
            if psth_options:
                raise TypeError(
                    f"{_DOOR} takes {sorted(psth_options)} for spike times only, and the file "
                    f"holds {rates!r}."
                )
            return _from_rates(path, content, rates, time, conditions, smoothing or 0.0)
        if spike_times in content and trial_conditions in content:
            options = psth_options if smoothing is None else psth_options | {"smoothing": smoothing}
            return psth_from_spikes(
                _trains(_get(content, spike_times), spike_times),
                _list(_get(content, trial_conditions), trial_conditions), conditions=conditions,
                **options,
            )
        for name in (spike_times, trial_conditions):
            _refuse_object(name, content.get(name))
        _refuse_object(rates, content.get(_NAMELESS), "may be")
        raise ValueError(
            f"the file must hold {rates!r} and {time!r}, or {spike_times!r} and "
            f"{trial_conditions!r}; it holds {sorted(content)}. Name your own variables, for "
            "example rates='psth'."
        )
    except (TypeError, ValueError) as error:
        raise type(error)(f"{path}: {error}") from error


@dataclass(frozen=True)
class MatlabObject:
    """What stands for an object of MATLAB (string, table, ...), which only MATLAB can read."""

    kind: str


def _refuse_object(name, value, is_="is"):
    if isinstance(value, MatlabObject):
        raise ValueError(
            f"{name!r} {is_} an object of MATLAB ({value.kind}), which only MATLAB can read. In "
            f"MATLAB, save cellstr({name}) for strings and categories, plain arrays for tables."
        )


def _get(content, name):
    """Return a variable, or say why there is none."""
    if name not in content:
        _refuse_object(name, content.get(_NAMELESS), "may be")
        raise ValueError(f"{name!r} is missing; the file holds {sorted(content)}.")
    _refuse_object(name, content[name])
    return content[name]


def _from_rates(path, content, rates, time, conditions, smoothing):
    times = _vector(_get(content, time), time)
    values = _get(content, rates)
    for name, entry in values.items() if isinstance(values, dict) else ():
        _refuse_object(f"{rates}.{name}", entry)
    if isinstance(values, np.ndarray) and values.ndim == 2 and values.dtype != object:
        values = values[None]
    has_names = "conditions" in content or _NAMELESS in content
    if conditions is None and has_names and not isinstance(values, dict):
        conditions = _list(_get(content, "conditions"), "conditions")
    record = recordings_from_arrays(
        values, times, conditions, smoothing=smoothing,
        provenance=f"Rates from the file {path.name}.",
    )
    return PSTH(record, np.arange(record.n_neurons))


def _vector(value, name):
    _refuse_object(name, value)
    value = np.asarray(value)
    if value.dtype == object or value.size != max(value.shape, default=1):
        raise ValueError(f"{name!r} must be a vector, got shape {value.shape}.")
    return value.reshape(-1)


def _list(value, name):
    """Return the entries of a vector, or of a cell array of single values, as a list."""
    if isinstance(value, str):
        return [value]
    value = np.asarray(value)
    if value.size != max(value.shape, default=1):
        raise ValueError(f"{name!r} must be a vector, got shape {value.shape}.")
    entries = list(value.reshape(-1))
    for i, entry in enumerate(entries):
        _refuse_object(f"{name}{{{i + 1}}}", entry)
        if isinstance(entry, np.ndarray) and entry.size == 1:
            entries[i] = entry.reshape(-1)[0]
    return entries


def _trains(cells, name):
    """Return spike times [neuron][trial] of a cell array (neuron, trial), or of nested ones."""
    if not isinstance(cells, np.ndarray) or cells.dtype != object or cells.ndim != 2:
        raise ValueError(
            f"{name!r} must be a cell array (neuron, trial) of vectors, got "
            f"{type(cells).__name__} of shape {np.shape(cells)}."
        )
    inner = cells.reshape(-1)
    nested = [isinstance(cell, np.ndarray) and cell.dtype == object and cell.size > 0
              for cell in inner]
    if any(nested):
        if not all(nested) or 1 not in cells.shape:
            raise ValueError(f"{name!r} must hold a cell array of trials for each neuron.")
        rows = [list(cell.reshape(-1)) for cell in inner]
    else:
        rows = [list(row) for row in cells]
    return [
        [_vector(train, f"{name}{{{i + 1},{k + 1}}}") if np.size(train) else np.zeros(0)
         for k, train in enumerate(row)]
        for i, row in enumerate(rows)
    ]


def read_mat(path):
    """Read all variables of a file of MATLAB, by name.

    Numbers come as arrays in MATLAB's order of axes, texts as str, cell arrays as arrays of
    objects, structs as dict. Bytes that were changed within an old file can end the process:
    SciPy's reader trusts the lengths that stand in it.
    """
    import h5py
    import scipy.io

    try:
        if h5py.is_hdf5(path):
            with h5py.File(path, "r") as file:
                return {
                    name: _from_hdf5(file, item) for name, item in file.items()
                    if not name.startswith("#")
                }
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            variables = scipy.io.loadmat(path, chars_as_strings=True, mat_dtype=True)
    except Exception as error:  # bytes that nobody wrote on purpose raise anything
        raise ValueError(f"{path} cannot be read as a MATLAB file: {error}") from error
    # SciPy before 1.18 calls every object "None" and keeps the last one, which knows its name.
    if isinstance(variables.get("None"), scipy.io.matlab.MatlabOpaque):
        nameless = variables.pop("None")
        variables[nameless[0]["s0"].decode()] = nameless
        if any("Duplicate variable name" in str(warning.message) for warning in caught):
            variables[_NAMELESS] = nameless
    return {
        name: _from_scipy(value) for name, value in variables.items() if not name.startswith("__")
    }


def _from_scipy(value):
    if hasattr(value, "toarray"):  # sparse
        return value.toarray()
    names = value.dtype.names or ()
    if "s2" in names[2:3] or "_Class" in names:
        kind = value.reshape(-1)[0]["s2" if "s2" in names else "_Class"]
        return MatlabObject(kind.decode() if isinstance(kind, bytes) else str(kind))
    if names:  # a struct
        if value.size != 1:
            return np.array([_from_scipy(entry) for entry in value.reshape(-1)], dtype=object)
        entry = value.reshape(-1)[0]
        return {name: _from_scipy(_plain(entry[name])) for name in names}
    if value.dtype.kind in "US":
        texts = [str(text) for text in value.reshape(-1)]
        return texts[0] if len(texts) == 1 else np.array(texts, dtype=object)
    if value.dtype == object:
        return _cells(value, lambda entry: _from_scipy(_plain(entry)))
    return value


def _plain(entry):
    return entry if hasattr(entry, "toarray") else np.asarray(entry)


def _cells(values, read):
    """Return an array of objects of the same shape."""
    cells = np.empty(values.shape, dtype=object)
    for place, entry in np.ndenumerate(values):
        cells[place] = read(entry)
    return cells


def _from_hdf5(file, item):
    import h5py

    kind = item.attrs.get("MATLAB_class", b"")
    kind = kind.decode() if isinstance(kind, bytes) else str(kind)
    if "MATLAB_object_decode" in item.attrs:
        return MatlabObject(kind)
    if "MATLAB_sparse" in item.attrs:
        return _from_sparse(item)
    if isinstance(item, h5py.Group):  # a struct
        return {name: _from_hdf5(file, entry) for name, entry in item.items()}
    if item.attrs.get("MATLAB_empty", 0):  # the shape stands in place of the entries
        return "" if kind == "char" else np.zeros(0)
    values = np.transpose(item[()])  # MATLAB's first axis is HDF5's last
    if item.dtype == h5py.ref_dtype:
        return _cells(values, lambda reference: _from_hdf5(file, file[reference]))
    if kind == "char":
        rows = ["".join(map(chr, row)).rstrip() for row in np.atleast_2d(values)]
        return rows[0] if len(rows) == 1 else np.array(rows, dtype=object)
    return values


def _from_sparse(item):
    import scipy.sparse

    n_rows = int(item.attrs["MATLAB_sparse"])
    starts = item["jc"][()].astype(np.int64)
    data, rows = (item[name][()] if name in item else np.zeros(0, np.int64)
                  for name in ("data", "ir"))
    return scipy.sparse.csc_matrix((data, rows, starts), (n_rows, starts.size - 1)).toarray()
