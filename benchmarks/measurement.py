"""What several benchmarks share: tables for people, memory and the machine's name."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import tempfile

import numpy as np


def peak_rss_mb():
    """Return the largest resident memory of this process so far.

    Returns
    -------
    float
        Megabytes (10^6 bytes).
    """
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def machine():
    """Describe where the measurement ran.

    Returns
    -------
    str
        Cores, architecture, Python version and the load of the last minute.
    """
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"load {load:.1f}"
    )


def table(header, rows):
    """Set a table for people.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : iterable of sequences
        Cells; floats are shown with four significant digits.

    Returns
    -------
    str
        Lines with aligned columns.
    """
    cells = [list(header)] + [
        [f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows
    ]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def mean_and_error(values):
    """Return the mean over repetitions and its standard error.

    Parameters
    ----------
    values : array_like, shape (n_repetitions, ...)
        What each repetition, for example each seed, measured.

    Returns
    -------
    dict
        ``mean`` and ``standard_error`` as numbers or lists; the error of one repetition is NaN.
    """
    values = np.asarray(values)
    n = len(values)
    error = values.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.nan * values[0]
    return {"mean": values.mean(axis=0).tolist(), "standard_error": error.tolist()}


def over_networks(samples):
    """`mean_and_error` of what several networks measured: dictionaries with the same keys.

    Parameters
    ----------
    samples : list
        One nested dictionary, number or list of numbers for each network.

    Returns
    -------
    dict
        The same keys, with mean and standard error in place of each number.
    """
    if isinstance(samples[0], dict):
        return {key: over_networks([s[key] for s in samples]) for key in samples[0]}
    return mean_and_error(samples)


def cell(value):
    """Show what `mean_and_error` found for one number."""
    return f"{value['mean']:.3f} +- {value['standard_error']:.3f}"


def cold_start_seconds(code):
    """Time code on a machine that never compiled our kernels.

    Parameters
    ----------
    code : str
        A program that prints the seconds it measured.

    Returns
    -------
    float
        What it printed, run in a new process with an empty kernel cache.
    """
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={**os.environ, "NUMBA_CACHE_DIR": cache},
        )
    return float(done.stdout)
