"""Recorded firing rates: one record, and every way in which rates become one.

Modules
-------
``record``
    The record `Recordings` that all parts take.
``loading``
    `load_recordings`, for each source of rates.
``arrays``
    `recordings_from_arrays`; warnings of mistaken units.
``containers``
    Rates in xarray, pandas, neo and pynapple: put side by side by their labels.
``units``
    Times and rates in ms, s and Hz, whatever unit their container carries.
``labels``
    Names of conditions, whatever a file keeps them as.
``psth``
    `psth_from_spikes`: from spike times to rates.
``spikes``
    Spike times and labels of trials in every shape that `psth` takes.
``pooling``
    `pool_recordings`: several sessions as one population.
``importers``
    Readers of ALM, MATLAB, NWB and phy, each loaded when such a file comes.
"""

from src_part1.recordings.arrays import recordings_from_arrays
from src_part1.recordings.loading import load_recordings
from src_part1.recordings.pooling import pool_recordings
from src_part1.recordings.psth import psth_from_spikes
from src_part1.recordings.record import Recordings

__all__ = [
    "Recordings",
    "load_recordings",
    "pool_recordings",
    "psth_from_spikes",
    "recordings_from_arrays",
]
