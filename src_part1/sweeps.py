"""Run one function over settings and seeds: on all cores, on a cluster, again after a stop."""

import hashlib
import itertools
import json
import time
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from src_part1.common.files import replace_file
from src_part1.common.one_line import one_line
from src_part1.common.validation import check_integer


class SweepError(RuntimeError):
    """Some runs of a sweep failed; the message names the first of them."""


@dataclass(frozen=True, eq=False)
class SweepResult:
    """What `sweep` returns: a dict for each run in ``runs``, and a row for each in ``table``.

    They are in the order of the settings and, within them, of the seeds. A run has ``settings``,
    ``seed``, ``values`` (what the function returned), ``seconds``, ``error`` (empty if it
    succeeded) and ``traceback``; ``failed`` are those with an error.
    """

    runs: tuple
    __repr__ = one_line
    failed = property(lambda self: tuple(run for run in self.runs if run["error"]))

    @property
    def table(self):
        """A structured array of all that is one number or text; NaN where a run failed."""
        rows = [{k: v for k, v in (run["settings"] | run["values"] | run).items()
                 if not isinstance(v, (dict, list))} for run in self.runs]
        names = list(dict.fromkeys(name for row in rows for name in row))
        columns = [np.array([row.get(name, np.nan) for row in rows]) for name in names]
        return np.rec.fromarrays(columns, names=names).view(np.ndarray)

    def raise_failures(self):
        """Raise a `SweepError` if a run failed, else return the result itself."""
        for run in self.failed:
            raise SweepError(f"{len(self.failed)} of {len(self.runs)} runs failed, the first with "
                             f"{run['settings']} and seed {run['seed']}: {run['error']}")
        return self


def sweep(function, grid, *, seeds=(0,), folder=None, n_jobs=-1, progress=True):
    """Run a function for all combinations of settings and seeds, and return a `SweepResult`.

    Runs go to processes of their own, or inside of ``with joblib.parallel_config(backend="dask")``
    to the cluster of the open client. One that fails, or whose process is killed, is reported.

    Parameters
    ----------
    function : callable
        Called as ``function(rng, **settings)`` with a generator made from the run's seed; returns a
        number, or a dict or named tuple of numbers, texts, arrays and what else JSON can hold.
    grid : dict of str to sequence
        Values of each setting, which JSON can hold, too. All combinations are run.
    seeds : sequence of int, optional
        Each combination is run once with each of these seeds.
    folder : path-like, optional
        Where each run is kept as soon as it ends; what is there already is not done again. A run
        is known by the function's name, settings and seed: after a change of what the function
        does, name another folder.
    n_jobs, progress : int and bool, optional
        Number of processes (-1: as many as cores, 1: the present one alone); a progress bar.

    Examples
    --------
    >>> from src_part1 import sweep
    >>> def noise(rng, scale):
    ...     return {"sd": scale * rng.standard_normal(1000).std()}
    >>> sweep(noise, {"scale": [1, 2]}, seeds=range(3), n_jobs=1, progress=False).table["sd"].shape
    (6,)
    """
    if check_integer("n_jobs", n_jobs, at_least=-1) == 0:
        raise ValueError("n_jobs must be -1 or at least 1, got 0.")
    seeds = [check_integer("seeds", seed, at_least=0) for seed in seeds]
    if not 0 < len(seeds) == len(set(seeds)):
        raise ValueError(f"seeds must be some and differ from each other, got {seeds}.")
    for name, values in grid.items():
        if isinstance(values, str) or not np.iterable(values) or not list(values):
            raise ValueError(f"grid[{name!r}] must be a sequence and not empty, got {values!r}.")
    new = {"values": {}, "error": "not run", "traceback": "", "seconds": 0.0}
    runs = [new | {"settings": _plain(dict(zip(grid, chosen, strict=True))), "seed": seed}
            for chosen in itertools.product(*grid.values()) for seed in seeds]
    paths, runs = map(list, zip(*(_kept(folder, function, run) for run in runs), strict=True))
    missing = [i for i, run in enumerate(runs) if run["error"]]
    for i, run in tqdm(_execute(function, runs, missing, n_jobs), total=len(missing),
                       disable=not progress):
        runs[i] = run
        if folder:
            replace_file(paths[i], lambda file, run=run: file.write(json.dumps(run).encode()))
    if n_failed := sum(bool(run["error"]) for run in runs):
        warnings.warn(f"{n_failed} of {len(runs)} runs failed: see 'error' in table.", stacklevel=2)
    return SweepResult(tuple(runs))


def _plain(value):  # what JSON gives back, so that a kept run is as a new one
    return json.loads(json.dumps(value, default=lambda array: array.tolist()))


def _kept(folder, function, run):
    if folder is None:
        return None, run
    name = getattr(function, "__qualname__", "<")
    if "<" in name or hasattr(function, "__self__"):  # it shares its name with others, or has none
        raise TypeError("function must be defined by def at the top level of a module or notebook "
                        f"if its runs are kept in a folder, got {function!r}.")
    Path(folder).mkdir(parents=True, exist_ok=True)
    known = json.dumps([function.__module__, name, run["settings"], run["seed"]], sort_keys=True)
    path = Path(folder) / f"run-{hashlib.sha256(known.encode()).hexdigest()[:24]}.json"
    try:
        saved = run | (json.loads(path.read_text(encoding="utf-8")) if path.exists() else {})
        return path, run if saved["error"] else saved
    except Exception as error:  # bytes that nobody wrote on purpose raise anything
        warnings.warn(f"{path} is damaged ({error}); this run is done again.", stacklevel=4)
        return path, run


def _execute(function, runs, group, n_jobs):
    from joblib import Parallel, delayed  # here, so that importing the library does not wait for it
    pool = Parallel(n_jobs, return_as="generator_unordered", batch_size=1)
    try:
        yield from pool(delayed(_run)(i, function, runs[i]) for i in group)
    except Exception as error:  # a killed process breaks the pool: whose run was it?
        text = f"no result came back: {error!r}"
    for i in [i for i in group if runs[i]["error"] == "not run"]:
        alone = [(i, runs[i] | {"error": text})]
        yield from alone if len(group) == 1 else _execute(function, runs, [i], n_jobs)


def _run(i, function, run):
    start, outcome = time.perf_counter(), {"error": ""}
    try:
        values = function(np.random.default_rng(run["seed"]), **run["settings"])
        values = values._asdict() if hasattr(values, "_asdict") else values
        outcome["values"] = _plain(values if isinstance(values, dict) else {"value": values})
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        outcome = {"error": text, "traceback": traceback.format_exc()}
    return i, run | outcome | {"seconds": time.perf_counter() - start}
