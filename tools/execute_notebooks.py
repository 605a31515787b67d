"""Execute the notebooks on the embedded data: ``python -m tools.execute_notebooks``.

Each part runs from its first cell to its last in a kernel of its own, says which section runs, and
becomes ``build/NAME.html`` with its plots and a few frames of its demos inside. The recordings are
the synthetic ones that come with the project unless the environment variable
``MOTOR_CORTEX_SOURCE`` says otherwise. The first cell that fails ends its notebook; its traceback
is printed and the exit status is 1.
"""

from __future__ import annotations

import argparse
import base64
import json
import math
import os
import re
import sys
from pathlib import Path
from typing import NamedTuple

import nbformat
import psutil
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from course.execution import run_cells
from tools.demo_frames import MOST_VALUES, REPLACE_SLIDERS
from tools.offline_html import to_html

ROOT = Path(__file__).resolve().parents[1]
# Frames take time, and this is for a first look: the site has more of them.
_FEW_VALUES = 3
_LONG = 2.0  # s: cells that take longer are listed


class Execution(NamedTuple):
    """An executed notebook and what it took."""

    notebook: nbformat.NotebookNode
    seconds: float  # from the first cell to the end of the last
    first_plot: float  # seconds from the first cell to the first plot; NaN without one
    peak_mb: float  # largest resident memory of the kernel (10^6 bytes)
    cells: list  # of each cell: its seconds, and the peak after it


def execute(path, *, notebook=None, timeout=1800, most_values=0):
    """Run every cell of a notebook in a kernel of its own."""
    notebook = nbformat.read(path, as_version=4) if notebook is None else notebook
    environment = kernel_environment()
    if most_values:
        environment[MOST_VALUES] = str(most_values)
        paths = filter(None, [str(ROOT), environment.get("PYTHONPATH")])
        environment["PYTHONPATH"] = os.pathsep.join(paths)

    def source_of(cell):
        is_demo = most_values and "demo" in cell.metadata.get("tags", [])
        return f"{REPLACE_SLIDERS}\n{cell.source}" if is_demo else cell.source

    first_plot, seconds, peak, cells = math.nan, 0.0, 0.0, []
    for cell, now, kernel in run_cells(
        notebook, environment, folder=Path(path).parent, timeout=timeout, source_of=source_of,
    ):
        peak = max(peak, _peak_mb(psutil.Process(kernel)))
        cells.append((now - seconds, peak))
        seconds = now
        if math.isnan(first_plot) and _pictures(cell):
            first_plot = seconds
    return Execution(notebook, seconds, first_plot, peak, cells)


def long_cells(done):
    """The cells that take long: number, seconds, peak (MB), first words, and if a bar is seen."""
    return [
        {"cell": i, "seconds": round(seconds, 1), "peak_mb": round(peak),
         "words": cell.source.lstrip("# ").split("\n")[0][:60],
         "bar": "Watch" in cell.source or any("vnd.jupyter.widget-view" in str(output)
                                              for output in cell.get("outputs", []))}
        for i, (cell, (seconds, peak)) in enumerate(zip(done.notebook.cells, done.cells,
                                                        strict=True)) if seconds > _LONG
    ]


def _peak_mb(process):
    # Linux knows the peak; elsewhere the memory after each cell has to do.
    status = Path(f"/proc/{process.pid}/status")
    if status.is_file():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) * 1024 / 1e6
    return process.memory_info().rss / 1e6


def _pictures(cell):
    outputs = cell.get("outputs", [])
    return [o.data["image/png"] for o in outputs if "image/png" in o.get("data", {})]


def kernel_environment():
    """Return the environment of a kernel: embedded recordings unless it says otherwise."""
    environment = dict(os.environ)
    environment.setdefault("MOTOR_CORTEX_SOURCE", "synthetic")
    # Any backend named here would take the place of the one that puts plots into cells.
    environment.pop("MPLBACKEND", None)
    return environment


def write_plots(notebook, stem, folder):
    """Write every plot of an executed notebook as ``STEM_cellNN_M.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, cell in enumerate(notebook.cells):
        for number, picture in enumerate(_pictures(cell)):
            path = folder / f"{stem}_cell{index:02d}_{number}.png"
            path.write_bytes(base64.b64decode(picture))
            print(f"  {path}")


def main(argv=None):
    """Execute the notebooks that the command line names, all by default."""
    # A user's own kernel called python3 must not take the place of this environment's.
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="all parts by default")
    parser.add_argument("--output", type=Path, default=ROOT / "build", help="folder of the HTML")
    parser.add_argument("--png", type=Path, metavar="DIR", help="also write each plot there")
    parser.add_argument("--timeout", type=int, default=1800, help="seconds that a cell may take")
    parser.add_argument("--cores", type=int, metavar="N", help="use the first N cores only (Linux)")
    parser.add_argument("--values", type=int, default=_FEW_VALUES, metavar="N",
                        help="values for each dial of a demo; 0: no dials, sliders as in Jupyter")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write seconds and memory there")
    arguments = parser.parse_args(argv)
    paths = arguments.notebooks or sorted((ROOT / "notebooks").glob("part*.ipynb"))
    if not paths:
        print("There is no notebook in notebooks/.", file=sys.stderr)
    if arguments.cores:
        os.sched_setaffinity(0, range(arguments.cores))  # kernels inherit it
        for name in ("NUMBA", "OMP", "OPENBLAS", "MKL"):
            os.environ[f"{name}_NUM_THREADS"] = str(arguments.cores)
    failures, measured = 0, {}
    for path in paths:
        try:
            done = execute(path, timeout=arguments.timeout, most_values=arguments.values)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            failures += 1
            plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
            print(f"{path.name} failed:\n{plain}", file=sys.stderr)
            continue
        measured[path.stem] = {
            "seconds": done.seconds, "first_figure_s": done.first_plot, "peak_mb": done.peak_mb,
            "long_cells": long_cells(done),
        }
        html = arguments.output / f"{path.stem}.html"
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(to_html(done.notebook, path.stem), encoding="utf-8")
        print(f"{path.name}: {done.seconds:.0f} s, first plot after {done.first_plot:.0f} s, "
              f"{done.peak_mb:.0f} MB; wrote {html}")
        if arguments.png:
            write_plots(done.notebook, path.stem, arguments.png)
    if arguments.json:
        arguments.json.write_text(json.dumps(measured, indent=1), encoding="utf-8")
    return int(failures > 0 or not paths)


if __name__ == "__main__":
    sys.exit(main())
