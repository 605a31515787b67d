"""Recorded firing rates from each source, as one record.

Whatever the source (the motor-cortex files, the synthetic stand-in or one's own data), the
rest of the project sees a `Recordings` and nothing else.
"""

from __future__ import annotations

import dataclasses
import os
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from src_part1.common.files import read_arrays
from src_part1.common.validation import check_choice
from src_part1.recordings import alm_files
from src_part1.recordings.record import Recordings

STANDIN_FILE = Path(__file__).resolve().parents[2] / "data" / "synthetic_population.npz"


def recordings_from_arrays(rates, time, conditions=None, *, provenance="Arrays of the user."):
    """Make a record from one's own arrays.

    Parameters
    ----------
    rates : (n_conditions, n_neurons, n_time) array_like, or mapping of str to (n_neurons, n_time)
        Firing rates in Hz; a mapping gives one array for each condition's name.
    time : (n_time,) array_like
        Time in ms to the go cue (or another event), increasing in equal steps.
    conditions : sequence of str, optional
        Names of the conditions; "condition 1", "condition 2", ... if left out. With a mapping
        its keys are the names and this selects and orders them.
    provenance : str, optional
        A sentence that says where the rates come from.

    Returns
    -------
    Recordings
        The record, its source is "user".

    Raises
    ------
    TypeError, ValueError
        As for `Recordings`, and if conditions differ in shape.
    """
    if isinstance(conditions, str):
        conditions = (conditions,)
    if isinstance(rates, Mapping):
        conditions = tuple(rates) if conditions is None else tuple(conditions)
        missing = [name for name in conditions if name not in rates]
        if missing:
            raise ValueError(
                f"recordings_from_arrays.rates lacks the conditions {missing}; it has "
                f"{list(rates)}."
            )
        rates = [rates[name] for name in conditions]
    try:
        blocks = [np.asarray(block) for block in rates]
    except (TypeError, ValueError) as error:
        raise TypeError(
            "recordings_from_arrays.rates must be an array (condition, neuron, time) or a mapping "
            f"of conditions to arrays (neuron, time): {error}."
        ) from error
    if conditions is None:
        conditions = tuple(f"condition {i + 1}" for i in range(len(blocks)))
    for name, block in zip(conditions, blocks, strict=False):
        if block.shape != blocks[0].shape:
            raise ValueError(
                "recordings_from_arrays.rates must have the same shape (neuron, time) in each "
                f"condition, but {conditions[0]!r} has {blocks[0].shape} and {name!r} has "
                f"{block.shape}."
            )
    return Recordings(blocks, time, conditions, "user", provenance)


def load_recordings(source="auto", *, mend_last_bins=True):
    """Load the firing rates of a population.

    Parameters
    ----------
    source : str or path-like
        Which source:

        - "alm": the motor-cortex recordings (Finkelstein et al. 2021), from the folder that the
          environment variable ``MOTOR_CORTEX_DIR`` names, else from the user's cache, to which
          they are fetched (3 MB) on first use;
        - "synthetic": the stand-in that comes with the project;
        - "auto": "alm" if it can be had, else "synthetic"; `provenance` says which. The
          environment variable ``MOTOR_CORTEX_SOURCE`` ("alm" or "synthetic") decides it;
        - a folder that holds the ALM files;
        - a ``.npz`` file with ``rates`` (condition, neuron, time) in Hz, ``time`` in ms and,
          optionally, ``conditions`` and ``provenance``.
    mend_last_bins : bool, optional
        Undo the flaw of the ALM files' last eight bins (`alm_files.mend_last_bins`). With False
        the rates are as shipped.

    Returns
    -------
    Recordings
        The record. It is complete or an error is raised.

    Raises
    ------
    ConnectionError
        If "alm" is neither on this machine nor can be fetched.
    FileNotFoundError
        If a file or folder is missing.
    TypeError, ValueError
        If the source is unknown, or a file is damaged, altered or holds something else.
    """
    if not isinstance(source, (str, os.PathLike)):
        raise TypeError(
            "load_recordings.source must be a word or a path, got "
            f"{type(source).__name__}; for arrays use recordings_from_arrays."
        )
    word = source if isinstance(source, str) else ""
    if word == "auto":
        word = os.environ.get("MOTOR_CORTEX_SOURCE") or "auto"
        check_choice("MOTOR_CORTEX_SOURCE (environment)", word, ("auto", "alm", "synthetic"))
    if word == "auto":
        return _load_auto(mend_last_bins)
    if word == "alm":
        return _load_alm(None, mend_last_bins)
    if word == "synthetic":
        return _load_npz(STANDIN_FILE)
    path = Path(source).expanduser()
    if path.is_dir():
        return _load_alm(path, mend_last_bins)
    if path.is_file():
        return _load_npz(path)
    raise FileNotFoundError(
        "load_recordings.source must be 'auto', 'alm', 'synthetic', a folder with the ALM files "
        f"or a .npz file, and there is no file or folder {str(path)!r}."
    )


def _load_auto(mend_last_bins):
    try:
        return _load_alm(None, mend_last_bins)
    except ConnectionError as error:
        warnings.warn(f"{error} Going on with the synthetic stand-in.", stacklevel=3)
        standin = _load_npz(STANDIN_FILE)
        note = "The real recordings could not be fetched, so this is the stand-in."
        return dataclasses.replace(standin, provenance=f"{note} {standin.provenance}")


def _load_alm(folder, mend_last_bins):
    rates, provenance = alm_files.load_alm_rates(folder, mend=mend_last_bins)
    return Recordings(rates, alm_files.TIME, alm_files.CONDITIONS, "alm", provenance)


def _load_npz(path):
    if not path.is_file():
        raise FileNotFoundError(f"The recordings file {path} is missing.")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is not a .npz file, or is only a part of one.")
    try:
        content = read_arrays(path)
    except ValueError as error:
        if "Object arrays" in str(error):
            raise ValueError(
                f"{path} holds pickled Python objects, which could run code when they are read. "
                "Save plain arrays of numbers and strings instead."
            ) from error
        raise ValueError(f"{path} is damaged: {error}") from error
    missing = [name for name in ("rates", "time") if name not in content]
    if missing:
        raise ValueError(
            f"{path} must hold 'rates' and 'time', but {missing} is missing; "
            f"it holds {sorted(content)}."
        )
    try:
        record = recordings_from_arrays(
            content["rates"],
            content["time"],
            conditions=_names(content),
            provenance=str(content.get("provenance", f"Rates from the file {path.name}.")),
        )
        return dataclasses.replace(record, source=str(content.get("source", "user")))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def _names(content):
    if "conditions" not in content:
        return None
    return tuple(str(name) for name in np.atleast_1d(content["conditions"]))
