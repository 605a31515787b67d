"""Break each kernel in one place and show that a test notices: ``python -m tools.mutation_check``.

The breaks are listed in ``tests/trust/breaks.toml``. The tracked files are copied to a temporary
folder. There the tests have to pass first; then one text after the other is replaced, the tests of
that kernel run again, and they have to fail. All take about ten minutes; ``--only refractory``
takes those with this word in their name.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Break(NamedTuple):
    """One text of one file, replaced by another; ``tests`` have to fail then."""

    name: str
    path: str
    old: str
    new: str
    tests: str


BREAKS = [
    Break(name, group["path"], old, new, group["tests"])
    for group in tomllib.loads((ROOT / "tests/trust/breaks.toml").read_text("utf-8"))["group"]
    for name, old, new in group["rows"]
]


def copy_tree(folder):
    """Copy all tracked files to a folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        target = Path(folder) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)


def failing_test(folder, tests):
    """Name of the first test of a file that fails in a copy; None if all pass."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", tests],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )
    if done.returncode == 0:
        return None
    found = re.search(r"^FAILED \S+::(\w+)", done.stdout, re.MULTILINE)
    if done.returncode != 1 or found is None:
        raise RuntimeError(f"pytest could not run {tests}:\n{done.stdout}{done.stderr}")
    return found[1]


def main(argv=None):
    """Check all breaks and print which test notices each; 0 if each is noticed, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="word in the names of the breaks")
    only = parser.parse_args(argv).only
    chosen, survived = [b for b in BREAKS if only in b.name], 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_tree(folder)
        for tests in sorted({b.tests for b in chosen}):
            if failing := failing_test(folder, tests):
                raise SystemExit(f"{tests} fails without a break: {failing}")
        for b in chosen:
            path, start = folder / b.path, time.perf_counter()
            text = path.read_text(encoding="utf-8")
            if text.count(b.old) != 1:
                raise SystemExit(f"{b.name}: {b.path} must hold {b.old!r} exactly once.")
            path.write_text(text.replace(b.old, b.new), encoding="utf-8")
            failing = failing_test(folder, b.tests)
            path.write_text(text, encoding="utf-8")
            survived += failing is None
            print(f"| {b.name} | {failing or 'NO TEST FAILS'} | "
                  f"{time.perf_counter() - start:.0f} s |", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} breaks were noticed.")
    return int(survived > 0)


if __name__ == "__main__":
    sys.exit(main())
