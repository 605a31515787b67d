"""Recorded firing rates: one record, and every way in which rates become one.

Modules
-------
``record``
    The record `Recordings` that all parts take.
``loading``
    `load_recordings`, for each source of rates.
``arrays``
    `recordings_from_arrays`: arrays, xarray, DataFrames; warnings of mistaken units.
``labels``
    Names of conditions, whatever a file keeps them as.
``pooling``
    `pool_recordings`: several sessions as one population.
``alm_files``
    The files of the motor-cortex (ALM) recordings: found, fetched, verified and read.
``psth``
    `psth_from_spikes`: from spike times to rates.
``nwb``
    From a session in the Neurodata Without Borders format to rates.
``matlab``
    From a file of MATLAB, with rates or spike times, to rates.
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
