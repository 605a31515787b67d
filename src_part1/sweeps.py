"""Run one function over many settings and seeds: on all cores, on a cluster, again after a stop."""

from __future__ import annotations

import itertools
import math
import numbers
import os
import platform
import sys
import time
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata

import joblib
import numba
import numpy as np
import scipy
from tqdm.auto import tqdm

from src_part1.sweep_store import FORMAT, Store, name_of
from src_part1.validation import check_integer

_RESERVED = ("seed", "seconds", "error")
try:
    _VERSION = metadata.version("recorded-rnn")
except metadata.PackageNotFoundError:  # on Colab it is cloned and not installed
    _VERSION = "not installed"


class SweepError(RuntimeError):
    """Some runs of a sweep failed; the message names the first of them."""


@dataclass(frozen=True, eq=False)
class SweepResult:
    """What `sweep` brought together.

    Attributes
    ----------
    table : structured ndarray, shape (n_runs,)
        One row for each run: its settings, ``seed``, what the function returned (NaN, or an empty
        text, where the run failed), ``seconds``, and ``error`` (empty if it succeeded).
        ``pandas.DataFrame(result.table)`` makes a data frame of it.
    runs : tuple of dict
        The same runs with everything that is known of them: ``settings``, ``seed``, ``values``,
        ``seconds``, ``error``, ``traceback`` and ``provenance`` (function, host, process, start,
        versions).
    """

    table: np.ndarray
    runs: tuple

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

    Runs go to all cores through joblib. While a ``dask.distributed.Client`` is open they go to
    its cluster instead, and nothing else changes. A run that raises an error, or whose process is
    killed, is reported in the result and does not touch the others. With a ``folder`` each
    finished run is saved at once, and the same call after an interruption does only what is
    missing (failed runs are tried again).

    Parameters
    ----------
    function : callable
        Called as ``function(rng, **settings)`` with a generator made from the run's seed. Returns
        a number, or a mapping or named tuple of numbers and texts. On a cluster, and on several
        cores, it should be importable or defined in the notebook.
    grid : mapping of str to sequence, or sequence of mapping
        Values of each setting, of which all combinations are run, or the combinations themselves.
        Values are numbers, texts, booleans or None.
    seeds : sequence of int, optional
        Each combination is run once with each of these seeds.
    folder : path-like, optional
        Where runs are kept, one small JSON file each. Nothing is kept by default. A run counts as
        done if settings, seed, the text of the function, and all that it calls and reads in its
        own module or notebook are the same (`src_part1.sweep_store.fingerprint`).
    n_jobs : int, optional
        Processes at a time on this machine; -1 for as many as there are cores, 1 for none but
        this one.
    progress : bool, optional
        Show a progress bar.

    Returns
    -------
    SweepResult
        Table and provenance, in the order of the settings and, within them, of the seeds.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value, ``folder`` cannot be written, or nobody could
        tell later whether the function is still the same; nothing was run.

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
    combinations = _combinations(grid)
    seeds = [check_integer("seeds", seed, at_least=0) for seed in _sequence("seeds", seeds)]
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds must differ from each other, got {seeds}.")
    todo = [(settings, seed) for settings in combinations for seed in seeds]
    name, store = name_of(function), Store(folder, function)
    done = {}
    for i, (settings, seed) in enumerate(todo):
        run = store.load(settings, seed)
        if run is not None:
            done[i] = run
    bar = tqdm(total=len(todo), initial=len(done), desc="sweep", unit="run", disable=not progress)
    with bar:
        missing = [i for i in range(len(todo)) if i not in done]
        for i, run in _execute(function, name, todo, missing, n_jobs):
            done[i] = run
            store.save(run)
            bar.update()
            n_failed = sum(bool(r["error"]) for r in done.values())
            if n_failed:
                bar.set_postfix(failed=n_failed)
    runs = tuple(done[i] for i in range(len(todo)))
    failed = sum(bool(run["error"]) for run in runs)
    if failed:
        warnings.warn(
            f"{failed} of {len(runs)} runs failed: see the column 'error' of the table.",
            stacklevel=2,
        )
    return SweepResult(_table(runs), runs)


def _sequence(name, values):
    if isinstance(values, (str, bytes, Mapping)):
        raise TypeError(f"{name} must be a sequence, got {type(values).__name__}.")
    try:
        values = list(values)
    except TypeError:
        raise TypeError(f"{name} must be a sequence, got {type(values).__name__}.") from None
    if not values:
        raise ValueError(f"{name} must not be empty.")
    return values


def _combinations(grid):
    if isinstance(grid, Mapping):
        axes = [_sequence(f"grid[{name!r}]", values) for name, values in grid.items()]
        combinations = [dict(zip(grid, chosen, strict=True)) for chosen in itertools.product(*axes)]
    else:
        combinations = _sequence("grid", grid)
        for settings in combinations:
            if not isinstance(settings, Mapping) or list(settings) != list(combinations[0]):
                raise ValueError(
                    f"grid must hold mappings with the same names in the same order, got "
                    f"{settings!r} beside {combinations[0]!r}."
                )
    return [{name: _plain(name, value) for name, value in c.items()} for c in combinations]


def _plain(name, value):
    if not isinstance(name, str) or not name.isidentifier() or name in _RESERVED:
        raise ValueError(
            f"a setting of grid must have a name that Python allows and that is not one of "
            f"{_RESERVED}, got {name!r}."
        )
    if isinstance(value, np.generic):
        value = value.item()
    if value is not None and not isinstance(value, (bool, int, float, str)):
        raise TypeError(
            f"grid[{name!r}] must hold numbers, texts, booleans or None, got {value!r}; build "
            "larger things from them inside of the function."
        )
    return value


def _execute(function, name, todo, missing, n_jobs):
    """Yield (number, run) as runs end.

    A killed process breaks the pool of processes, and nobody knows which run did it. So what is
    left is tried again in groups of one run for each process, and a group that breaks the pool,
    run by run: what breaks it alone is the culprit.
    """
    size = joblib.cpu_count() if n_jobs == -1 else n_jobs
    groups = [list(missing)] if missing else []
    while groups:
        group = groups.pop(0)
        left = set(group)
        try:
            for i, run in _parallel(function, name, todo, group, n_jobs):
                left.discard(i)
                yield i, run
        except Exception as error:
            rest = [i for i in group if i in left]
            if len(group) == 1 and rest:
                yield group[0], _record(
                    name, *todo[group[0]], time.time(), 0.0,
                    error=f"the run's process ended without a result: {error!r}",
                )
            elif len(group) > size:
                groups[:0] = [rest[k : k + size] for k in range(0, len(rest), size)]
            else:
                groups[:0] = [[i] for i in rest]


def _parallel(function, name, todo, chosen, n_jobs):
    cluster = _cluster_is_open()
    if n_jobs == 1 and not cluster:
        for i in chosen:
            yield i, _run(function, name, *todo[i])
        return
    calls = (joblib.delayed(_numbered)(i, function, name, *todo[i]) for i in chosen)
    with (
        joblib.parallel_config(backend="dask" if cluster else "loky"),
        joblib.Parallel(
            n_jobs=-1 if cluster else n_jobs, return_as="generator_unordered", batch_size=1,
            pre_dispatch="all" if cluster else "2*n_jobs",
        ) as pool,
    ):
        yield from pool(calls)


def _cluster_is_open():
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return False
    try:
        distributed.client.default_client()
    except ValueError:  # no client is open
        return False
    return True


def _numbered(i, function, name, settings, seed):
    return i, _run(function, name, settings, seed)


def _run(function, name, settings, seed):
    start, clock = time.time(), time.perf_counter()
    try:
        values = _values(function(np.random.default_rng(seed), **settings))
        what = {"values": values}
    except Exception as error:
        what = {
            "error": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc(),
        }
    return _record(name, settings, seed, start, time.perf_counter() - clock, **what)


def _record(name, settings, seed, start, seconds, *, values=None, error="", **more):
    return {
        "format": FORMAT, "settings": settings, "seed": seed, "values": values or {},
        "seconds": seconds, "error": error, "traceback": more.get("traceback", ""),
        "provenance": {
            "function": name, "host": platform.node(), "process": os.getpid(),
            "started": datetime.fromtimestamp(start, UTC).isoformat(),
            "recorded_rnn": _VERSION, "python": platform.python_version(),
            "numpy": np.__version__, "scipy": scipy.__version__, "numba": numba.__version__,
        },
    }


def _values(returned):
    if hasattr(returned, "_asdict"):
        returned = returned._asdict()
    if not isinstance(returned, Mapping):
        returned = {"value": returned}
    values = {}
    for key, value in returned.items():
        if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
            value = value.item()
        if not isinstance(key, str) or not isinstance(value, (bool, numbers.Real, str)):
            raise TypeError(
                "function must return a number, or a mapping or named tuple of numbers and "
                f"texts, got {value!r} for {key!r}."
            )
        values[key] = value
    return values


def _table(runs):
    columns = {name: [run["settings"][name] for run in runs] for name in runs[0]["settings"]}
    columns["seed"] = [run["seed"] for run in runs]
    returned = dict.fromkeys(name for run in runs for name in run["values"])
    for name in returned:
        values = [run["values"].get(name) for run in runs]
        empty = "" if any(isinstance(value, str) for value in values) else math.nan
        key = f"{name}_returned" if name in columns or name in _RESERVED else name
        columns[key] = [empty if value is None else value for value in values]
    columns["seconds"] = [run["seconds"] for run in runs]
    columns["error"] = [run["error"] for run in runs]
    arrays = {}
    for name, values in columns.items():
        array = np.array(values)
        kinds = {type(value) for value in values}
        mixed = array.dtype.kind == "U" and kinds != {str}
        arrays[name] = np.array(values, dtype=object) if mixed else array
    table = np.empty(len(runs), dtype=[(name, array.dtype) for name, array in arrays.items()])
    for name, array in arrays.items():
        table[name] = array
    return table
