"""Run one function over many settings and seeds: on all cores, on a cluster, again after a stop."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import os
import platform
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import MethodType

import numba
import numpy as np
import scipy
from tqdm.auto import tqdm

from src_part1.common.files import replace_file
from src_part1.common.one_line import one_line
from src_part1.common.validation import check_integer, check_type

_FORMAT = "recorded-rnn-sweep-3"
_RESERVED = ("seed", "seconds", "error")
try:
    _VERSION = metadata.version("recorded-rnn")
except metadata.PackageNotFoundError:  # on Colab it is cloned and not installed
    _VERSION = "not installed"


class SweepError(RuntimeError):
    """Some runs of a sweep failed; the message names the first of them."""


@dataclass(frozen=True, eq=False)
class SweepResult:
    """Results of all runs of a `sweep`.

    Attributes
    ----------
    table : structured ndarray, shape (n_runs,)
        One row for each run: its settings, ``seed``, what the function returned (NaN, or an empty
        text, where the run failed), ``seconds``, and ``error`` (empty if it succeeded).
    runs : tuple of dict
        The same runs: ``settings``, ``seed``, ``values``, ``seconds``, ``error``, ``traceback``
        and ``provenance`` (function, host, process, start, versions).
    """

    table: np.ndarray
    runs: tuple

    __repr__ = one_line

    @property
    def failed(self):
        """The runs that failed, a tuple of dict."""
        return tuple(run for run in self.runs if run["error"])

    def raise_failures(self):
        """Raise a `SweepError` if a run failed.

        Returns
        -------
        SweepResult
            Itself.
        """
        if self.failed:
            first = self.failed[0]
            raise SweepError(
                f"{len(self.failed)} of {len(self.runs)} runs failed, the first with "
                f"{first['settings']} and seed {first['seed']}: {first['error']}"
            )
        return self


def sweep(function, grid, *, seeds=(0,), folder=None, n_jobs=-1, progress=True):
    """Run a function for all combinations of settings and seeds.

    Runs go to all cores through joblib, which starts new processes and forks none. While a
    ``dask.distributed.Client`` is open they go to its cluster instead, and nothing else changes. A
    run that raises an error, or whose process is killed, is reported in the result and does not
    affect the others.

    Parameters
    ----------
    function : callable
        Called as ``function(rng, **settings)`` with a generator made from the run's seed. Returns
        a number, or a mapping or named tuple of numbers and texts. On a cluster, and on several
        cores, it should be importable or defined in the notebook.
    grid : mapping of str to sequence
        Values of each setting: numbers, texts, booleans or None. All combinations are run.
    seeds : sequence of int, optional
        Each combination is run once with each of these seeds.
    folder : path-like, optional
        Where each run is kept as soon as it ends, in a small JSON file. After an interruption the
        same call does only the runs that are missing, failed or damaged. A run is identified by
        the name of the function, the settings and the seed, not by what the function does: name
        another folder after you change the function. By default nothing is kept.
    n_jobs : int, optional
        Number of processes on this machine; -1 for as many as there are cores, 1 to run
        everything in the present process.
    progress : bool, optional
        Show a progress bar.

    Returns
    -------
    SweepResult
        Table and provenance, in the order of the settings and, within them, of the seeds.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value, ``folder`` cannot be written, or the function
        has no name of its own by which its runs could be kept there; nothing was run.
    OSError
        If a run cannot be kept, for example because the disk is full.

    Examples
    --------
    >>> from src_part1.sweeps import sweep
    >>> def noise(rng, scale):
    ...     return {"sd": scale * rng.standard_normal(1000).std()}
    >>> found = sweep(noise, {"scale": [1.0, 2.0]}, seeds=range(3), n_jobs=1, progress=False)
    >>> found.table["sd"].shape
    (6,)
    """
    if not callable(function):
        raise TypeError(f"function must be callable, got {type(function).__name__}.")
    n_jobs = check_integer("n_jobs", n_jobs, at_least=-1)
    if n_jobs == 0:
        raise ValueError("n_jobs must be -1 or at least 1, got 0.")
    seeds = [check_integer("seeds", seed, at_least=0) for seed in _sequence("seeds", seeds)]
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds must differ from each other, got {seeds}.")
    runs = [{"settings": one, "seed": seed} for one in _combinations(grid) for seed in seeds]
    paths = [None] * len(runs)
    if folder is not None:
        _check_folder(Path(folder), function)
        paths = [Path(folder) / _file_name(function, run) for run in runs]
    kept = list(map(_load, paths))
    runs = [old or new for old, new in zip(kept, runs, strict=True)]
    missing = [i for i, run in enumerate(runs) if "values" not in run]
    n_done, n_failed = len(runs) - len(missing), 0
    with tqdm(total=len(runs), initial=n_done, desc="sweep", disable=not progress) as bar:
        for i, run in _execute(function, runs, missing, n_jobs):
            runs[i] = run
            _save(paths[i], run)
            n_failed += bool(run["error"])
            bar.set_postfix(failed=n_failed)
            bar.update()
    if n_failed:
        warnings.warn(
            f"{n_failed} of {len(runs)} runs failed: see the column 'error' of the table.",
            stacklevel=2,
        )
    return SweepResult(_table(runs), tuple(runs))


def _sequence(name, values):
    if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__iter__"):
        raise TypeError(f"{name} must be a sequence, got {type(values).__name__}.")
    values = list(values)
    if not values:
        raise ValueError(f"{name} must not be empty.")
    return values


def _combinations(grid):
    check_type("grid", grid, Mapping)
    axes = [
        [_plain(name, value) for value in _sequence(f"grid[{name!r}]", values)]
        for name, values in grid.items()
    ]
    return [dict(zip(grid, chosen, strict=True)) for chosen in itertools.product(*axes)]


def _plain(name, value):
    if not isinstance(name, str) or not name.isidentifier() or name in _RESERVED:
        raise ValueError(
            f"a setting of grid must have a name that Python allows and that is not one of "
            f"{_RESERVED}, got {name!r}."
        )
    value = value.item() if isinstance(value, np.generic) else value
    if value is not None and not isinstance(value, (bool, int, float, str)):
        raise TypeError(
            f"grid[{name!r}] must hold numbers, texts, booleans or None, got {value!r}; build "
            "larger things from them inside of the function."
        )
    return value


def _check_folder(folder, function):
    # A lambda, a partial, a method or a local function shares its name with others, or has none.
    if "<" in getattr(function, "__qualname__", "<") or isinstance(function, MethodType):
        raise TypeError(
            "function must be defined by def at the top level of a module or notebook if its runs "
            f"are kept in a folder, because they are known by its name; got {function!r}."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ValueError(f"folder {folder} cannot be written: {error}") from error


def _name_of(function):
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"


def _digest(content):
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _file_name(function, run):
    return f"run-{_digest([_FORMAT, _name_of(function), run['settings'], run['seed']])[:24]}.json"


def _load(path):
    """Return a run that succeeded before, or None."""
    if path is None or not path.exists():
        return None
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        if saved["sha256"] != _digest(saved["run"]):
            raise ValueError("its checksum does not fit its contents")
        return None if saved["run"]["error"] else saved["run"]
    except Exception as error:  # bytes that nobody wrote on purpose raise anything
        warnings.warn(f"{path} is damaged ({error}); this run is done again.", stacklevel=3)
        return None


def _save(path, run):
    if path is not None:
        text = json.dumps({"sha256": _digest(run), "run": run}, indent=1)
        replace_file(path, lambda file: file.write(text.encode()))


def _execute(function, runs, missing, n_jobs):
    """Yield (number, run) as runs end.

    A killed process breaks the pool of processes, and nobody knows which run did it. So what is
    left is tried again in groups of one run for each process, and a group that breaks the pool,
    run by run: what breaks it alone is the culprit.
    """
    cluster = _cluster_is_open()
    if n_jobs == 1 and not cluster:
        yield from (_run(i, function, runs[i]) for i in missing)
        return
    import joblib  # here, so that importing the library does not wait for it

    size = joblib.cpu_count() if n_jobs == -1 else n_jobs
    options = {"n_jobs": -1, "pre_dispatch": "all"} if cluster else {"n_jobs": n_jobs}
    groups = [missing] if missing else []
    while groups:
        group = groups.pop(0)
        left = set(group)
        try:
            with joblib.parallel_config(backend="dask" if cluster else "loky"):
                pool = joblib.Parallel(return_as="generator_unordered", batch_size=1, **options)
            for i, run in pool(joblib.delayed(_run)(i, function, runs[i]) for i in group):
                left.remove(i)
                yield i, run
        except Exception as error:
            if len(group) == 1 and left:
                ended = f"the run's process ended without a result: {error!r}"
                yield group[0], _finished(function, runs[group[0]], time.time(), error=ended)
            else:
                rest, step = sorted(left), size if len(group) > size else 1
                groups[:0] = [rest[k : k + step] for k in range(0, len(rest), step)]


def _cluster_is_open():
    distributed = sys.modules.get("distributed")
    try:
        return distributed is not None and bool(distributed.client.default_client())
    except ValueError:  # no client is open
        return False


def _run(i, function, run):
    start, clock = time.time(), time.perf_counter()
    try:
        values = _values(function(np.random.default_rng(run["seed"]), **run["settings"]))
        outcome = {"values": values}
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        outcome = {"error": text, "traceback": traceback.format_exc()}
    seconds = time.perf_counter() - clock
    return i, _finished(function, run, start, seconds=seconds, **outcome)


def _finished(function, run, start, *, values=None, seconds=0.0, error="", traceback=""):
    return run | {
        "values": values or {}, "seconds": seconds, "error": error, "traceback": traceback,
        "provenance": {
            "function": _name_of(function), "host": platform.node(), "process": os.getpid(),
            "started": datetime.fromtimestamp(start, UTC).isoformat(),
            "recorded_rnn": _VERSION, "python": platform.python_version(),
            "numpy": np.__version__, "scipy": scipy.__version__, "numba": numba.__version__,
        },
    }


def _values(returned):
    if hasattr(returned, "_asdict"):
        returned = returned._asdict()
    values = dict(returned) if isinstance(returned, Mapping) else {"value": returned}
    for key, value in values.items():
        if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
            values[key] = value = value.item()
        if not isinstance(key, str) or not key or not isinstance(value, (bool, int, float, str)):
            raise TypeError(
                "function must return a number, or a mapping or named tuple of numbers and "
                f"texts, got {value!r} for {key!r}."
            )
    return values


def _table(runs):
    columns = {name: [run["settings"][name] for run in runs] for name in runs[0]["settings"]}
    columns["seed"] = [run["seed"] for run in runs]
    for name in dict.fromkeys(name for run in runs for name in run["values"]):
        values = [run["values"].get(name) for run in runs]
        empty = "" if any(isinstance(value, str) for value in values) else math.nan
        while name in columns or name in _RESERVED:  # a setting has that name, too
            name += "_returned"
        columns[name] = [empty if value is None else value for value in values]
    columns |= {name: [run[name] for run in runs] for name in ("seconds", "error")}
    arrays = {name: _column(values) for name, values in columns.items()}
    table = np.empty(len(runs), dtype=[(name, array.dtype) for name, array in arrays.items()])
    for name, array in arrays.items():
        table[name] = array
    return table


def _column(values):
    n_texts = sum(isinstance(value, str) for value in values)
    # NumPy would turn the numbers beside a text into texts.
    return np.array(values, dtype=None if n_texts in (0, len(values)) else object)
