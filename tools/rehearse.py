"""Rehearse the course in full, as on Colab and as on Binder: ``python -m tools.rehearse``.

For each Python of Colab an environment with Colab's versions is made, and the project is cloned
and not installed. The course's notebooks run in full size with an empty kernel cache, on one core,
as on Binder, and then on two. It prints a table, and fails if a cell fails or a number is out of
the bounds below.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COLAB_PYTHONS = ("3.12", "3.13")
MOST_SECONDS = {1: 150.0, 2: 110.0}  # of all notebooks together, by number of cores
LATEST_PLOT = 5.0  # s after its notebook's first cell
MOST_MEMORY = 800.0  # MB
SILENT = 5.0  # s: a cell that takes longer shows a bar or a live plot


def find_python(version):
    """Path of the interpreter of one version, from pyenv or PATH; None if there is none."""
    # pyenv's own programs on PATH may stand for a version that is not chosen in this folder.
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = sorted(map(str, versions.glob(f"{version}.*/bin/python")))
    return found[-1] if found else shutil.which(f"python{version}")


def rehearse(python, folder):
    """Run all notebooks in a new environment; seconds, first plot and memory by cores and name."""
    subprocess.run([python, "-m", "venv", folder / "venv"], check=True)
    own = str(folder / "venv/bin/python")
    pip = [own, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "-r", ROOT / "tools/colab-requirements.txt"], check=True)
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    measured = {}
    for cores in MOST_SECONDS:
        environment = {
            **os.environ, "NUMBA_CACHE_DIR": str(folder / f"cache-{cores}"),
            "JUPYTER_PREFER_ENV_PATH": "1", "COURSE_FAST": "0",
        }
        result = folder / f"{cores}.json"
        subprocess.run(
            [own, "-m", "tools.execute_notebooks", "--cores", str(cores), "--json", result,
             "--values", "0", "--output", folder / "html"],
            cwd=clone, env=environment, check=True,
        )
        measured[cores] = json.loads(result.read_text(encoding="utf-8"))
    return measured


def complaints(measured):
    """A sentence for each number that is out of bounds."""
    found = []
    for cores, notebooks in measured.items():
        on = f"on {cores} core{'s' if cores > 1 else ''}"
        total = sum(run["seconds"] for run in notebooks.values())
        if not total <= MOST_SECONDS[cores]:
            found.append(f"all notebooks {on}: {total:.0f} s, not {MOST_SECONDS[cores]:.0f} s")
        for name, run in notebooks.items():
            if not run["first_figure_s"] <= LATEST_PLOT:
                found.append(f"{name} {on}: first plot after {run['first_figure_s']:.1f} s, not "
                             f"within {LATEST_PLOT:.0f} s")
            if not run["peak_mb"] <= MOST_MEMORY:
                found.append(f"{name} {on}: {run['peak_mb']:.0f} MB, not {MOST_MEMORY:.0f} MB")
            found += [f"{name} {on}: cell {cell['cell']} shows no bar for {cell['seconds']:.0f} s"
                      for cell in run["long_cells"] if cell["seconds"] > SILENT and not cell["bar"]]
    return found


def table(measured):
    """What was measured, in Markdown."""
    lines = ["| notebook | cores | first plot (s) | total (s) | peak memory (MB) |",
             "| --- | --- | --- | --- | --- |"]
    for cores, notebooks in measured.items():
        lines += [f"| {name} | {cores} | {run['first_figure_s']:.1f} | {run['seconds']:.0f} | "
                  f"{run['peak_mb']:.0f} |" for name, run in notebooks.items()]
        total = sum(run["seconds"] for run in notebooks.values())
        lines.append(f"| all | {cores} | | {total:.0f} | |")
    lines += ["", "| cells of more than 2 s | cores | begins with | s | peak memory so far (MB) |",
              "| --- | --- | --- | --- | --- |"]
    lines += [f"| {name} {cell['cell']} | {cores} | {cell['words']} | {cell['seconds']} | "
              f"{cell['peak_mb']} |" for cores, notebooks in measured.items()
              for name, run in notebooks.items() for cell in run["long_cells"]]
    return "\n".join(lines)


def main(argv=None):
    """Rehearse with each Python that the command line names; 1 if anything failed, else 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pythons", nargs="+", default=list(COLAB_PYTHONS), metavar="VERSION")
    failures = []
    for version in parser.parse_args(argv).pythons:
        python = find_python(version)
        if python is None:
            failures.append(f"Python {version} is not installed here")
            continue
        try:
            with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
                measured = rehearse(python, Path(folder))
        except subprocess.CalledProcessError as error:
            failures.append(f"Python {version}: {error}")
            continue
        print(f"Python {version}, Colab's versions, empty kernel cache\n{table(measured)}")
        failures += [f"Python {version}: {sentence}" for sentence in complaints(measured)]
    print("\n".join(failures), file=sys.stderr)
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
