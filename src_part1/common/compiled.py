"""Kernels: functions that Numba compiles, and keeps on disk where it can."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import warnings

import numba


def kernel(**options):
    """Compile as ``numba.njit(cache=True)``; a missing or damaged cache costs time, not the run."""

    def decorate(function):
        try:
            compiled = numba.njit(cache=True, **options)(function)
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            _use_a_temporary_cache()
            compiled = numba.njit(cache=True, **options)(function)
        files = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
        if files is not None:  # with NUMBA_DISABLE_JIT there is none
            files._load_index = _guarded(files._load_index)
            files._load_data = _guarded(files._load_data, OSError("damaged"))
        return compiled

    return decorate


def _use_a_temporary_cache():
    """Neither the sources' folder nor the user's cache can be written."""
    numba.config.CACHE_DIR = tempfile.mkdtemp(prefix="recorded-rnn-kernels-")
    atexit.register(shutil.rmtree, numba.config.CACHE_DIR, ignore_errors=True)
    warnings.warn(
        "Numba cannot keep compiled kernels, so that the first call of each takes long in every "
        "run. Name a folder that can be written in the environment variable NUMBA_CACHE_DIR.",
        stacklevel=4,
    )


def _guarded(read, error=None):
    """Let Numba take a damaged file of its cache for a missing one, which it writes anew."""

    def guarded(*arguments):
        try:
            return read(*arguments)
        except OSError:
            raise
        except Exception as damage:  # a pickle that was cut short raises anything
            if error is None:
                return {}
            raise error from damage

    return guarded
