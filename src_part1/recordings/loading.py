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

import numpy as np

from src_part1.common.files import find_path, read_arrays, shipped_file
from src_part1.common.validation import check_choice
from src_part1.recordings import importers
from src_part1.recordings.arrays import recordings_from_arrays
from src_part1.recordings.importers import alm_files
from src_part1.recordings.labels import label_text
from src_part1.recordings.record import SOURCES, Recordings

_WORDS = ("auto", "alm", "synthetic")
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
        - a file or folder in the working folder or beside the notebook: the folder of the ALM
          files; a ``.npz`` file with ``rates`` (condition, neuron, time) in Hz, ``time`` in ms and,
          optionally, ``conditions``, ``smoothing`` (ms) and ``provenance``; a ``.mat`` file
          (`importers.matlab.recordings_from_mat`); a ``.nwb`` file, with at least ``condition``
          and ``event`` (`importers.nwb.recordings_from_nwb`); a folder of phy, with at least
          ``events`` and ``trial_conditions`` (`importers.phy.recordings_from_phy`).
    mend_last_bins : bool, optional
        Undo the flaw of the ALM files' last eight bins (`alm_files.mend_last_bins`). With False
        the rates are as shipped.
    **options
        Options of the functions that read files of MATLAB, NWB and phy; other sources take none.

    Returns
    -------
    Recordings
        The complete record. ConnectionError is raised if "alm" can neither be found nor fetched,
        FileNotFoundError if a file is missing, ValueError if it is damaged or something else.

    Examples
    --------
    >>> recordings = load_recordings("synthetic")
    >>> recordings.rates.shape, recordings.conditions
    ((2, 500, 101), ('lick right', 'lick left'))
    """
    if not isinstance(source, (str, os.PathLike)):
        raise TypeError(
            "load_recordings.source must be a word or a path, got "
            f"{type(source).__name__}; for arrays use recordings_from_arrays."
        )
    kind, path = source, None
    if kind == "auto":
        kind = os.environ.get("MOTOR_CORTEX_SOURCE") or "auto"
        check_choice("MOTOR_CORTEX_SOURCE (environment)", kind, _WORDS)
    if kind not in _WORDS:
        try:
            path = find_path(source)
        except FileNotFoundError as error:
            raise FileNotFoundError(
                "load_recordings.source must be 'auto', 'alm', 'synthetic', a folder with the ALM "
                f"files or of phy, or a .npz, .mat or .nwb file, and {error}"
            ) from None
        kind = importers.format_of(path)
    if kind in importers.READERS:
        return importers.read(kind, path, options).recordings
    if options:
        raise TypeError(
            f"load_recordings takes {sorted(options)} for .mat and .nwb files only, and for "
            f"folders of phy, got {str(source)!r}."
        )
    if kind == "auto":
        return _load_auto(mend_last_bins)
    if kind == "alm":
        return _load_alm(path, mend_last_bins)
    return _load_npz(STANDIN_FILE if kind == "synthetic" else path)


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


def _load_npz(path):
    if not path.is_file():
        raise FileNotFoundError(f"The recordings file {path} is missing.")
    if not zipfile.is_zipfile(path):
        raise ValueError(
            f"{path} is not a .npz file, or is only a part of one; nor is it a file of MATLAB, NWB "
            "or HDF5, which have the endings .mat, .nwb and .h5."
        )
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
            content["rates"], content["time"], content.get("conditions"), provenance=provenance,
            smoothing=content.get("smoothing", np.array(0.0)).item(),
        )
        return dataclasses.replace(record, source=source)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
