"""Recorded firing rates from each source, as one record.

Whatever the source (the motor-cortex files, the synthetic stand-in or one's own data), the
rest of the project sees a `Recordings` and nothing else.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import warnings
import zipfile
from pathlib import Path

import numpy as np

from src_part1.common.files import read_arrays, shipped_file
from src_part1.common.validation import check_choice
from src_part1.recordings import alm_files
from src_part1.recordings.arrays import recordings_from_arrays
from src_part1.recordings.labels import label_text
from src_part1.recordings.record import SOURCES, Recordings

# What to do with files that do not say what their axes or columns are.
_RECIPES = {
    ".npy": (
        "a .npy file holds rates without their times. Give both to recordings_from_arrays("
        "np.load(file), time, conditions): rates (condition, neuron, time) in Hz, time in ms."
    ),
    ".csv": (
        "a .csv file does not say which axis is which. With pandas: recordings_from_arrays({name: "
        "frame of the rates (Hz) of a condition, its index the time in ms and called 'time', one "
        "column for each neuron})."
    ),
}
_RECIPES |= dict.fromkeys((".tsv", ".txt"), _RECIPES[".csv"].replace(".csv", "text"))
STANDIN_FILE = shipped_file("synthetic_population.npz")


def load_recordings(source="auto", *, mend_last_bins=True, **options):
    """Load the firing rates of a population.

    Parameters
    ----------
    source : str or path-like
        Which source:

        - "alm": the motor-cortex recordings (Finkelstein et al. 2021), from the folder that the
          environment variable ``MOTOR_CORTEX_DIR`` names, else from the user's cache, to which
          they are fetched (3 MB) on first use;
        - "synthetic": the stand-in that comes with the project;
        - "auto": "alm" if it is available, else "synthetic"; `provenance` says which. The
          environment variable ``MOTOR_CORTEX_SOURCE`` ("alm" or "synthetic") overrides this;
        - a folder that holds the ALM files;
        - a ``.npz`` file with ``rates`` (condition, neuron, time) in Hz, ``time`` in ms and,
          optionally, ``conditions``, ``smoothing`` (ms) and ``provenance``;
        - a ``.mat`` file (`src_part1.recordings.matlab.recordings_from_mat`);
        - a ``.nwb`` file, with at least ``condition`` and ``event``
          (`src_part1.recordings.nwb.recordings_from_nwb`).
    mend_last_bins : bool, optional
        Undo the flaw of the ALM files' last eight bins (`alm_files.mend_last_bins`). With False
        the rates are as shipped.
    **options
        Options of the functions that read ``.mat`` and ``.nwb`` files; other sources take none.

    Returns
    -------
    Recordings
        The complete record; otherwise an error is raised.

    Raises
    ------
    ConnectionError
        If "alm" is neither on this machine nor can be fetched.
    FileNotFoundError
        If a file or folder is missing.
    TypeError, ValueError
        If the source is unknown, takes no such option, or a file is damaged, altered or holds
        something else.
    """
    if not isinstance(source, (str, os.PathLike)):
        raise TypeError(
            "load_recordings.source must be a word or a path, got "
            f"{type(source).__name__}; for arrays use recordings_from_arrays."
        )
    word = source if isinstance(source, str) else ""
    suffix = Path(source).suffix.lower()
    if options and suffix not in (".mat", ".nwb"):
        raise TypeError(
            f"load_recordings takes {sorted(options)} for .mat and .nwb files only, got "
            f"{str(source)!r}."
        )
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
        return _load_file(path, suffix, options)
    raise FileNotFoundError(
        "load_recordings.source must be 'auto', 'alm', 'synthetic', a folder with the ALM files "
        f"or a .npz, .mat or .nwb file, and there is no file or folder {str(path)!r}."
    )


def _load_auto(mend_last_bins):
    try:
        return _load_alm(None, mend_last_bins)
    except ConnectionError as error:
        _tell_once(f"{error} Going on with the synthetic stand-in.")
        standin = _load_npz(STANDIN_FILE)
        note = "The real recordings could not be fetched, so this is the stand-in."
        return dataclasses.replace(standin, provenance=f"{note} {standin.provenance}")


@functools.cache
def _tell_once(sentence):
    # A notebook loads the recordings in many cells, and each of them prints the provenance.
    warnings.warn(sentence, stacklevel=4)


def _load_alm(folder, mend_last_bins):
    rates, provenance = alm_files.load_alm_rates(folder, mend=mend_last_bins)
    return Recordings(
        rates, alm_files.TIME, alm_files.CONDITIONS, "alm", provenance, alm_files.SMOOTHING
    )


def _load_file(path, suffix, options):
    if suffix == ".mat":
        from src_part1.recordings.matlab import recordings_from_mat

        return recordings_from_mat(path, **options).recordings
    if suffix == ".nwb":
        from src_part1.recordings.nwb import describe_nwb, recordings_from_nwb

        if not {"condition", "event"} <= set(options):
            raise TypeError(
                f"load_recordings({path.name!r}) needs condition=... and event=..., columns of a "
                f"table of trials. {describe_nwb(path)}"
            )
        return recordings_from_nwb(path, **options).recordings
    if suffix in _RECIPES:
        raise ValueError(f"{path}: {_RECIPES[suffix]}")
    return _load_npz(path)


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
    source = label_text(content.get("source", "user"))
    provenance = label_text(content.get("provenance", f"Rates from the file {path.name}."))
    if source not in SOURCES:  # the user's own word for it
        source, provenance = "user", f"{provenance} Source: {source}."
    try:
        record = recordings_from_arrays(
            content["rates"], content["time"], conditions=_names(content), provenance=provenance,
            smoothing=_number(content, "smoothing"),
        )
        return dataclasses.replace(record, source=source)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def _number(content, name):
    value = content.get(name, np.array(0.0))
    if value.size != 1 or value.dtype.kind not in "fiu":
        raise ValueError(f"{name!r} must be a number (ms), got {value!r}.")
    return float(value.reshape(-1)[0])


def _names(content):
    if "conditions" not in content:
        return None
    return tuple(label_text(name) for name in np.atleast_1d(content["conditions"]))
