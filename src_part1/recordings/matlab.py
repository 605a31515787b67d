"""Rates or spike times from a MATLAB file: ``.mat`` through SciPy, version 7.3 through h5py."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from src_part1.recordings.arrays import recordings_from_arrays
from src_part1.recordings.psth import psth_from_spikes

_DOOR = "recordings_from_mat"


def recordings_from_mat(
    path, *, rates="rates", time="time", spike_times="spike_times",
    trial_conditions="trial_conditions", conditions=None, smoothing=None, **psth_options,
):
    """Make a record from a file of MATLAB.

    It holds either rates, an array (condition, neuron, time) in Hz or a struct with one matrix
    (neuron, time) for each condition, and times in ms; or spike times, a cell array (neuron,
    trial) of vectors in ms to an event, and the condition of each trial. Rows and columns
    (``1 x n``, ``n x 1``) are vectors; a matrix of rates is that of a single condition.

    Parameters
    ----------
    path : path-like
        The file, of any version from 5 to 7.3.
    rates, time, spike_times, trial_conditions : str, optional
        Names of the variables. The file has rates and times or spike times and conditions.
    conditions : sequence of str, optional
        Names or order of the conditions, as in `recordings_from_arrays` and `psth_from_spikes`. By
        default a variable ``conditions`` of the file names those of an array of rates.
    smoothing : float, optional
        Half-width of the moving mean in ms: the one that the rates went through, 0 by default,
        or the one to apply to spikes, 140 by default.
    **psth_options
        Further options of :func:`src_part1.recordings.psth.psth_from_spikes`, for spike times.

    Returns
    -------
    PSTH
        ``recordings``, and the indices ``kept`` of the neurons.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If it is not a MATLAB file, lacks a variable, or a variable does not fit.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}.")
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
                _trains(content[spike_times], spike_times),
                _list(content[trial_conditions], trial_conditions), conditions=conditions, **options
            )
    except (TypeError, ValueError) as error:
        raise type(error)(f"{path}: {error}") from error
    raise ValueError(
        f"{path} must hold {rates!r} and {time!r}, or {spike_times!r} and {trial_conditions!r}; it "
        f"holds {sorted(content)}. Name your own variables, for example rates='psth'."
    )


def _from_rates(path, content, rates, time, conditions, smoothing):
    from src_part1.recordings.psth import PSTH

    if time not in content:
        raise ValueError(f"{time!r} is missing; the file holds {sorted(content)}.")
    times = _vector(content[time], time)
    values = content[rates]
    if isinstance(values, np.ndarray) and values.ndim == 2 and values.dtype != object:
        values = values[None]
    if conditions is None and "conditions" in content and not isinstance(values, dict):
        conditions = _list(content["conditions"], "conditions")
    record = recordings_from_arrays(
        values, times, conditions, smoothing=smoothing,
        provenance=f"Rates from the file {path.name}.",
    )
    return PSTH(record, np.arange(record.n_neurons))


def _vector(value, name):
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
    entries = value.reshape(-1)
    return [
        entry.reshape(-1)[0] if isinstance(entry, np.ndarray) and entry.size == 1 else entry
        for entry in entries
    ]


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
    """Read all variables of a file of MATLAB.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    dict
        Numbers as arrays in MATLAB's order of axes, texts as str, cell arrays as arrays of
        objects, structs as dict.

    Raises
    ------
    ValueError
        If it is not a MATLAB file, or is damaged.

    Notes
    -----
    Bytes that were changed within an old file can end the process: SciPy's reader trusts the
    lengths that stand in it.
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
        variables = scipy.io.loadmat(path, chars_as_strings=True, mat_dtype=True)
    except Exception as error:  # bytes that nobody wrote on purpose raise anything
        raise ValueError(f"{path} cannot be read as a MATLAB file: {error}") from error
    return {
        name: _from_scipy(value) for name, value in variables.items() if not name.startswith("__")
    }


def _from_scipy(value):
    if value.dtype.names:  # a struct
        if value.size != 1:
            return np.array([_from_scipy(entry) for entry in value.reshape(-1)], dtype=object)
        entry = value.reshape(-1)[0]
        return {name: _from_scipy(np.asarray(entry[name])) for name in value.dtype.names}
    if value.dtype.kind in "US":
        texts = [str(text) for text in value.reshape(-1)]
        return texts[0] if len(texts) == 1 else np.array(texts, dtype=object)
    if value.dtype == object:
        cells = np.empty(value.shape, dtype=object)
        for place, entry in np.ndenumerate(value):
            cells[place] = _from_scipy(np.asarray(entry))
        return cells
    return value


def _from_hdf5(file, item):
    import h5py

    if isinstance(item, h5py.Group):  # a struct
        return {name: _from_hdf5(file, entry) for name, entry in item.items()}
    kind = item.attrs.get("MATLAB_class", b"")
    kind = kind.decode() if isinstance(kind, bytes) else str(kind)
    if item.attrs.get("MATLAB_empty", 0):  # the shape stands in place of the entries
        return "" if kind == "char" else np.zeros(0)
    values = np.transpose(item[()])  # MATLAB's first axis is HDF5's last
    if item.dtype == h5py.ref_dtype:
        cells = np.empty(values.shape, dtype=object)
        for place, reference in np.ndenumerate(values):
            cells[place] = _from_hdf5(file, file[reference])
        return cells
    if kind == "char":
        rows = ["".join(map(chr, row)).rstrip() for row in np.atleast_2d(values)]
        return rows[0] if len(rows) == 1 else np.array(rows, dtype=object)
    return values
