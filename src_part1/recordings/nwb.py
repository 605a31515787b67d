"""Rates from a file in the Neurodata Without Borders format (NWB), through pynwb."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from src_part1.common.validation import check_index
from src_part1.recordings.psth import psth_from_spikes


def recordings_from_nwb(path, *, condition, event, conditions=None, units=None, **psth_options):
    """Average the spikes of a session over the trials of each condition.

    Parameters
    ----------
    path : path-like
        The file. It needs the tables of units (with spike times) and of trials.
    condition : str
        Column of the table of trials that names each trial's condition.
    event : str
        Column of the table of trials with the time (s) that becomes zero. Trials in which it is
        NaN are left out.
    conditions : sequence, optional
        The conditions to use, in this order; by default all.
    units : sequence of int, optional
        Rows of the table of units to use; by default all.
    **psth_options
        Passed to :func:`src_part1.recordings.psth.psth_from_spikes`: ``window``, ``bin_width``,
        ``smoothing_bins``, ``minimum_rate`` (ms and Hz).

    Returns
    -------
    PSTH
        ``recordings``, and the indices ``kept`` among the units used.

    Raises
    ------
    ImportError
        If pynwb is not installed.
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If a table or a column is missing, no trial or unit is left, or an option does not fit.
    """
    try:
        from pynwb import NWBHDF5IO
    except ImportError as error:
        raise ImportError(
            "reading NWB files needs pynwb: pip install 'recorded-rnn[nwb]'."
        ) from error
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}.")
    with NWBHDF5IO(path, mode="r") as file:
        session = file.read()
        of_trials, zeros = _trials(path, session.trials, condition, event)
        trains = _trains(path, session.units, units)
    window = psth_options.get("window", (-2000.0, 0.0))
    spike_times = [
        [_around(train, zero, window) for zero in zeros] for train in trains
    ]
    return psth_from_spikes(spike_times, of_trials, conditions=conditions, **psth_options)


def _trials(path, table, condition, event):
    if table is None:
        raise ValueError(f"{path} has no table of trials.")
    for name in (condition, event):
        if name not in table.colnames:
            raise ValueError(
                f"{path}: the table of trials has no column {name!r}, only {table.colnames}."
            )
    zeros = np.asarray(table[event].data[:], dtype=np.float64)
    of_trials = [str(name) for name in table[condition].data[:]]
    used = np.isfinite(zeros)
    if not used.any():
        raise ValueError(f"{path}: column {event!r} holds no time in any trial.")
    return [name for name, use in zip(of_trials, used, strict=True) if use], zeros[used]


def _trains(path, table, units):
    if table is None or "spike_times" not in table.colnames:
        raise ValueError(f"{path} has no table of units with spike times.")
    rows = range(len(table))
    if units is not None:
        rows = check_index(f"{path}: units", units, len(table), of="rows")
    trains = [np.sort(np.asarray(table.get_unit_spike_times(row))) for row in rows]
    if not trains:
        raise ValueError(f"{path}: no unit is left.")
    return trains


def _around(train, zero, window):
    # Only the spikes in the window: trials are many, and each would hold the whole session.
    first, last = np.searchsorted(train, [zero + window[0] / 1000, zero + window[1] / 1000])
    return 1000.0 * (train[first:last] - zero)
