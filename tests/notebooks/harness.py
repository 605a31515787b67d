"""Run cells of a notebook in a kernel in other ways than from top to bottom.

Sizes are the small ones (``COURSE_FAST=1``); the notebooks' text is never edited. A parameter is
altered as an attendee would do it: by another assignment after the one in its cell.
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError

from course.execution import Client
from tools.execute_notebooks import kernel_environment

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SOLUTIONS = sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))
_REMEMBER = "_front = dict(globals())"
_FORGET = """\
for _name in [n for n in globals() if n not in _front and not n.startswith("_")]:
    del globals()[_name]
globals().update(_front)
plt.close("all")
"""
_PEAK = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"


def tags(cell):
    """Tags of a cell."""
    return cell.metadata.get("tags", [])


def code_cells(notebook):
    """Code cells by section: "" for the front matter, then each heading of level 2."""
    sections, heading = {"": []}, ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            # A cell may end a section and begin the next one: its last heading counts.
            for found in re.findall(r"^## (.+)$", cell.source, re.MULTILINE):
                heading = found
        else:
            sections.setdefault(heading, []).append(cell)
    return sections


def assigned(cell):
    """Names that a cell of parameters assigns."""
    return [
        target.id
        for statement in ast.parse(cell.source).body if isinstance(statement, ast.Assign)
        for target in statement.targets
    ]


def outputs(cell):
    """What a cell shows, without clocks, progress bars and addresses of objects."""
    shown = []
    for output in cell.outputs:
        data = output.get("data", {})
        if output.output_type == "stream" and output.name == "stdout":
            shown += [x for x in output.text.splitlines() if "since the first cell" not in x]
        elif "application/vnd.jupyter.widget-view+json" not in data:
            text = re.sub(r"0x[0-9a-f]+", "", data.get("text/plain", ""))
            shown.append(data.get("image/png", text))
    return [item for item in shown if item]


def printed(outputs):
    """All that a cell wrote."""
    return "".join(output.text for output in outputs if output.output_type == "stream")


class Session:
    """A kernel in which cells of one notebook are run one at a time."""

    def __init__(self, path):
        self.notebook = nbformat.read(path, as_version=4)
        self.sections = code_cells(self.notebook)
        place = {"metadata": {"path": str(Path(path).parent)}}
        self._client = Client(self.notebook, timeout=300, kernel_name="python3", resources=place,
                              coalesce_streams=True,  # what a kernel sends in two pieces
                              extra_arguments=["--log-level=ERROR"])

    @classmethod
    @contextlib.contextmanager
    def open(cls, path):
        """Start a kernel, and end it after the block."""
        session = cls(path)
        environment = kernel_environment() | {"COURSE_FAST": "1"}
        os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        with session._client.setup_kernel(env=environment):
            yield session

    def run(self, cell):
        """Execute a cell; its outputs are in it afterwards."""
        cell.outputs = []
        return self._client.execute_cell(cell, self.notebook.cells.index(cell))

    def execute(self, source):
        """Execute code that is in no cell of the notebook and return what it printed."""
        cell = nbformat.v4.new_code_cell(source)
        self.notebook.cells.append(cell)
        try:
            self.run(cell)
        finally:
            self.notebook.cells.pop()
        return printed(cell.outputs)

    def front_matter(self):
        """Run everything before the first section and remember its names."""
        for cell in self.sections[""]:
            self.run(cell)
        self.execute(_REMEMBER)

    def run_sections(self, *headings, **changes):
        """Run sections after the front matter, with other expressions for some parameters.

        Returns name and message of the error that ended them, or None.
        """
        self.execute(_FORGET)
        for cell in sum((self.sections[heading] for heading in headings), []):
            source = cell.source
            names = [n for n in changes if "parameters" in tags(cell) and n in assigned(cell)]
            cell.source = "\n".join([source, *(f"{name} = {changes[name]}" for name in names)])
            try:
                self.run(cell)
            except CellExecutionError as error:
                return error.ename, error.evalue
            finally:
                cell.source = source
        return None

    def section_of(self, parameter):
        """Heading of the section that assigns a parameter."""
        (heading,) = {
            heading for heading, cells in self.sections.items() for cell in cells
            if "parameters" in tags(cell) and parameter in assigned(cell)
        }
        return heading

    def peak_mb(self):
        """Largest resident memory of the kernel so far (10^6 bytes; Linux counts KiB)."""
        return int(self.execute(_PEAK)) * 1024 / 1e6
