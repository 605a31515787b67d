"""One measurement for many settings and seeds, through the library's own `sweep`."""

from __future__ import annotations

import argparse
import functools
import hashlib
import importlib
from pathlib import Path

from src_part1 import load_recordings, sweep

# Options that say which samples there are, or how they are shown, and not what each of them is.
_NOT_OF_A_SAMPLE = ("seeds", "networks", "scales", "lessons", "in_degrees", "jobs", "json",
                    "module", "name")
_load = functools.cache(load_recordings)


def add_arguments(parser):
    """Declare where samples are kept, and how many are made at a time."""
    parser.add_argument("--folder", help="keep networks and samples here, and take those from here")
    parser.add_argument("--jobs", type=int, default=1,
                        help="samples at a time, each in a process of its own; -1: all cores")


def run_study(sample, recordings, arguments, **axes):
    """What ``sample(recordings, seed, arguments, **setting)`` finds: for each setting a list.

    The list has what each of ``arguments.seeds`` gave. ``sample`` is defined at the top level of a
    module and returns what JSON can hold. Samples in the folder count if options, recordings and
    all code are the same.
    """
    options = {k: v for k, v in vars(arguments).items() if k not in _NOT_OF_A_SAMPLE}
    fixed = {"study": f"{sample.__module__}.{sample.__name__}", "options": options,
             "about": [recordings.provenance, _code()]}
    found = sweep(
        _measure, {k: [v] for k, v in fixed.items()} | axes, seeds=arguments.seeds,
        folder=arguments.folder and Path(arguments.folder) / "samples", n_jobs=arguments.jobs,
        progress=arguments.jobs != 1,
    )
    for run in found.failed:
        setting = {name: run["settings"][name] for name in axes}
        raise SystemExit(f"seed {run['seed']} {setting or ''}: {run['error']}\n{run['traceback']}")
    values, n = [run["values"] for run in found.runs], len(arguments.seeds)
    return [values[k : k + n] for k in range(0, len(values), n)]


def _measure(rng, study, options, about, **setting):
    module, _, name = study.rpartition(".")
    arguments = argparse.Namespace(**options)
    seed = rng.bit_generator.seed_seq.entropy
    measure = getattr(importlib.import_module(module), name)
    return measure(_load(arguments.source), seed, arguments, **setting)


@functools.cache
def _code():
    root, digest = Path(__file__).resolve().parents[1], hashlib.sha256()
    for folder in ("experiments", "src_part1", "src_part2", "src_part3"):
        for path in sorted((root / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
