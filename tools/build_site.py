"""Build the course site from the solved notebooks: ``python -m tools.build_site``.

Executes ``notebooks/solutions`` on the embedded data, puts them and the animation of the first page
beside the pages of ``docs/site`` and lets Sphinx make ``build/site`` of it. Warnings are errors.
With ``COURSE_FAST=1`` the notebooks run in small sizes, for tests.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from course.part1 import sized
from tools import demo_frames, learning_animation, sheets
from tools.execute_notebooks import ROOT, execute
from tools.offline_html import without_widgets


def prepare(notebook, static):
    """Change an executed notebook into a page.

    Plots get their alternative texts, solutions are folded, demos turn through frames, and what
    only works in a live notebook (badges, widgets) is left out.
    """
    kept = []
    for cell in without_widgets(notebook).cells:
        tags = cell.metadata.get("tags", [])
        if "badges" in tags:
            continue
        if "setup" in tags or "exercise" in tags:
            cell.metadata["tags"] = [*tags, "hide-input"]
            what = "the solution" if "exercise" in tags else "the setup"
            cell.metadata["mystnb"] = {
                f"code_prompt_{word}": f"{word.title()} {what}" for word in ("show", "hide")
            }
        # How long it took here is of no use elsewhere.
        for printed in (o for o in cell.get("outputs", []) if o.output_type == "stream"):
            printed.text = re.sub(r"(?m)^\d+ s since the first cell\n?", "", printed.text)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("text") != ""]
        if (output := demo_frames.frames_of(cell)) is not None:
            data = output.data[demo_frames.MIME]
            panel = demo_frames.html(data, cell.metadata["alt"], static / data["name"])
            output.data = {"text/html": panel}
        if "solution" in tags:
            cell.source = f":::{{dropdown}} Solution\n{cell.source}\n:::"
        if "alt" in cell.metadata:
            drawing = any("image/svg+xml" in o.get("data", {}) for o in cell.outputs)
            # With a size an image becomes a link to the whole picture, for small screens.
            size = {"width": "100%"} if drawing else {"scale": 100}
            cell.metadata["mystnb"] = {"image": {"alt": cell.metadata["alt"], **size}}
        kept.append(cell)
    notebook.cells = kept
    return notebook


def api_page(part):
    """Return the page that describes what is in one part, module after module."""
    modules = pkgutil.walk_packages(importlib.import_module(part).__path__, f"{part}.")
    described = (
        f"## {module.name}\n\n```{{eval-rst}}\n.. automodule:: {module.name}\n   :members:\n```\n"
        for module in modules  # kernels are called by their module alone
        if not module.ispkg and "kernels" not in module.name
    )
    return "\n".join([f"# Reference · {part}\n", *described])


def main(argv=None):
    """Execute, prepare and build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "site")
    output = parser.parse_args(argv).output.resolve()
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    pages = output.with_name(output.name + "-source")
    for folder in (output, pages):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs" / "site", pages)
    for path in sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb")):
        done = execute(path, most_values=3 if os.environ.get("COURSE_FAST") == "1" else 100)
        print(f"{path.name}: {done.seconds:.0f} s", flush=True)
        nbformat.write(prepare(done.notebook, pages / "_static"), pages / path.name)
    frames = learning_animation.pictures(sized(300, fast=40), sized(40, fast=4))
    learning_animation.write(frames, pages / "_static")
    for part in ("src_part1", "src_part2", "src_part3"):
        page = pages / f"api_{part.removeprefix('src_')}.md"
        page.write_text(api_page(part), encoding="utf-8")
    sheets.write(pages)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    status = subprocess.run([*command, pages, output], env=environment, check=False).returncode
    sheets.print_pdf(output)
    # A visitor begins with the course's folder.
    archive = ["git", "archive", "--prefix=recorded-rnn/", "-o", output / "course.zip", "HEAD"]
    subprocess.run(archive, cwd=ROOT, check=False)
    return status


if __name__ == "__main__":
    sys.exit(main())
