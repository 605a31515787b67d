"""Make a page of a user's recordings: ``python -m course.report FILE``, or ``make report``.

Runs the notebook *Your own recordings* on the file and writes ``report.html``, the notebook as it
ran (``report.ipynb``, to open and alter) and the trained network. It needs no copy of the project.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from html import escape
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

from course.execution import run_cells
from src_part1.common.files import replace_file

_ROOT = Path(__file__).resolve().parents[1]
# The terminal shows bars as text; a notebook would show them as widgets, which no page keeps.
_TEXT_BARS = "import tqdm, tqdm.auto\ntqdm.auto.tqdm = tqdm.tqdm"
_STYLE = "<style>body { max-width: 62rem; margin: auto; } img { max-width: 100%; }</style></head>"


def notebook_for(source, options, network_file):
    """The notebook with its title and its cell of parameters filled in."""
    places = _ROOT / "course/notebooks", _ROOT / "notebooks"  # in a wheel, and in a copy
    path = next(p for folder in places if (p := folder / "own_recordings.ipynb").is_file())
    notebook = nbformat.read(path, as_version=4)
    name = Path(source).name.replace("`", "'")
    notebook.cells[0].source = notebook.cells[0].source.replace(
        "# Your own recordings", f"# Your own recordings: `{name}`", 1)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = (f"source = {source!r}\noptions = {options!r}\n"
                           f"network_file = {str(network_file)!r}")
    notebook.cells = [c for c in notebook.cells if "badges" not in c.metadata.get("tags", [])]
    return notebook


def execute(notebook):
    """Run all cells but that for the setup, which is not needed here."""
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    environment.pop("MPLBACKEND", None)  # it would keep plots out of the cells
    for _ in run_cells(notebook, environment, source_of=lambda cell: (
        _TEXT_BARS if "setup" in cell.metadata.get("tags", []) else cell.source
    )):
        pass


def page(notebook, title):
    """The executed notebook as one HTML file with results only, which needs no network."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
    # Of nbconvert's templates this one takes a plot's alternative text from its cell.
    exporter = HTMLExporter(template_name="classic", embed_images=True, exclude_input=True,
                            exclude_output_prompt=True)
    html, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": "TITLE"}})
    head, body = html.split("</head>", 1)
    head = re.sub(r"<script\b.*?</script>", "", head, flags=re.DOTALL)  # fetched from elsewhere
    head = head.replace("<title>TITLE</title>", f"<title>{escape(title)}</title>")
    body = re.sub(r'<a href="[^"]*\.ipynb[^"]*">([^<]*)</a>', r"\1", body)  # not beside a page
    return head + _STYLE + body


def _options(arguments):
    """What the command line says for `load_recordings`."""
    options = {name: value for name, value in vars(arguments).items()
               if name not in ("file", "output") and value is not None}
    if len(options.get("condition", ())) == 1:
        options["condition"] = options["condition"][0]
    for name in ("where", "units"):
        if name in options:
            rules = {}
            for rule in options[name]:
                column, _, value = rule.partition("=")
                rules.setdefault(column, []).append(value)
            options[name] = rules
    return options


def main(argv=None):
    """Read the command line and make the page; the exit status is 1 if a cell failed."""
    parser = argparse.ArgumentParser(prog="python -m course.report", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="a file or folder that load_recordings reads, or 'synthetic'")
    parser.add_argument("--output", type=Path, default=Path("build/report"))
    parser.add_argument("--condition", nargs="+", help="NWB: column(s) of the table of trials")
    parser.add_argument("--event", help="NWB: column or time series of the event (s)")
    parser.add_argument("--trials", help="NWB: another table of intervals")
    parser.add_argument("--where", nargs="+", metavar="COLUMN=VALUE", help="NWB: trials to use")
    parser.add_argument("--units", nargs="+", metavar="COLUMN=VALUE", help="NWB: units to use")
    parser.add_argument("--conditions", nargs="+", help="the conditions to use, in this order")
    parser.add_argument("--window", nargs=2, type=float, metavar=("START", "END"), help="ms")
    parser.add_argument("--bin-width", type=float, help="ms")
    parser.add_argument("--smoothing", type=float, help="half-width of the moving mean, ms")
    parser.add_argument("--minimum-rate", type=float, help="Hz, in every condition")
    arguments = parser.parse_args(argv)
    folder, source = arguments.output.resolve(), arguments.file
    folder.mkdir(parents=True, exist_ok=True)
    if Path(source).exists():
        source = str(Path(source).resolve())
    notebook = notebook_for(source, _options(arguments), folder / "network.npz")
    print(f"{source}: some minutes (about three on two cores for 500 neurons)", flush=True)
    try:
        execute(notebook)
    except CellExecutionError as error:
        print(re.sub(r"\x1b\[[0-9;]*m", "", error.evalue), file=sys.stderr)
        return 1
    finally:
        nbformat.write(notebook, folder / "report.ipynb")
    text = page(notebook, f"Your own recordings: {Path(source).name}")
    replace_file(folder / "report.html", lambda file: file.write(text.encode()))
    print("wrote", folder / "report.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
