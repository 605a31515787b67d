"""Build the slides of both sessions from the notebooks: ``python -m tools.build_slides``.

A slide is a markdown cell tagged ``slide`` of ``notebooks/source``: a heading and a few words; the
notebooks themselves leave it out. With the tag ``plot`` it also shows the plot of the next code
cell that draws one. Of what is core in a notebook, the questions before plots and the exit
ticket (`tools.questions`) become slides as well, and what the notebook says next to notice, or what
answers the question, is a note to the speaker (key S).

The solved notebooks are executed on the embedded data; each session becomes one page in
``build/slides`` that holds reveal.js, MathJax and all plots, and needs no network. With
``COURSE_FAST=1`` the notebooks run in small sizes, for tests.
"""

from __future__ import annotations

import argparse
import html
import os
import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import nbformat
from jinja2 import Template
from nbconvert.filters import markdown2html

from tools.build_notebooks import build_notebook, project_facts
from tools.execute_notebooks import ROOT, execute
from tools.questions import THINK, TICKET, questions_of
from tools.section_minutes import BONUS

WIDTH, HEIGHT = 1280, 800  # pixels of a slide
SESSIONS = {
    "session_a": ("Session A · Parts 1 and 2", ("part1_rate_rnn", "part2_spiking_rnn")),
    "session_b": ("Session B · Part 3", ("part3_balanced_network",)),
}
# What the kernel runs first: each plot becomes narrower, its letters thereby larger, and as high as
# there is room below a title; a demo is the plot with which its sliders begin.
FOR_SLIDES = """
def _for_slides():
    import sys, matplotlib.pyplot as plt
    for figure in map(plt.figure, plt.get_fignums()):
        width, height = figure.get_size_inches()
        figure.set_size_inches(10.5, 10.5 * max(height / width, 0.52))
    if "course.live" in sys.modules:
        sys.modules["course.live"].LivePlot.size = 10.5, 5.5
        course.sliders = lambda demo, **controls: demo(**{n: w.value for n, w in controls.items()})
get_ipython().events.register("post_execute", _for_slides)
"""
_NOTICE = re.compile(
    r"\*\*What to notice\.\*\*\s*(.+?)(?=\n\n\*\*What to try|\n\n###? |\Z)", re.DOTALL
)
_HEADING = re.compile(r"(?m)^(##+) (.+)$")


class Slide(NamedTuple):
    """One slide."""

    text: str  # Markdown, with the heading
    plots: tuple = ()  # (PNG in base64, alternative text) of each
    notes: str = ""  # what the speaker may say


def slides_of(notebook):
    """Return the slides of one executed notebook."""
    slides, marks = [], {}
    waiting = False  # for the plot of the slide that came last
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type == "code":
            plots = tuple(
                (output.data["image/png"].replace("\n", ""), cell.metadata["alt"])
                for output in cell.outputs
                if "alt" in cell.metadata and "image/png" in output.get("data", {})
            )
            if waiting and plots:
                slides[-1] = slides[-1]._replace(plots=plots)
                waiting = False
            continue
        if "slide" in tags:
            if waiting:
                break
            if not re.match(r"##? \S", cell.source):
                raise ValueError("A slide must begin with a heading of level 1 or 2, got:\n"
                                 f"{cell.source}")
            slides.append(Slide(cell.source))
            waiting = "plot" in tags
            continue
        for level, title in _HEADING.findall(cell.source):
            marks = {k: v for k, v in marks.items() if k < len(level)}
            marks[len(level)] = BONUS in title
        if any(marks.values()):
            continue
        questions = questions_of(cell)
        answers = "\n".join(f"- {q.answer}" for q in questions)
        if THINK in tags:
            choices = "\n".join(f"- {choice}" for choice, _ in questions[0].choices)
            text = f"## Think, then look\n\n> {questions[0].question}\n\n{choices}".rstrip()
            slides.append(Slide(text, notes=answers))
        elif TICKET in tags:
            listed = "\n".join(f"{n}. {q.question}" for n, q in enumerate(questions, 1))
            feedback = cell.source.rsplit("</details>", 1)[1].strip()
            slides.append(Slide(f"## Exit ticket\n\n{listed}\n\n{feedback}", notes=answers))
        elif slides and slides[-1].plots and not slides[-1].notes:
            said = _NOTICE.search(cell.source)
            slides[-1] = slides[-1]._replace(notes=said[1] if said else "")
    if waiting:
        raise ValueError(f"No plot follows the slide that should show one:\n{slides[-1].text}")
    return slides


def deck(slides, title):
    """Return the page of one session."""
    shown = [(
        markdown2html(slide.text) + "".join(
            f'<img class="r-stretch" src="data:image/png;base64,{png}" alt="{html.escape(alt)}">'
            for png, alt in slide.plots
        ),
        markdown2html(slide.notes),
    ) for slide in slides]
    template = Template((ROOT / "tools/slides/index.html.j2").read_text(encoding="utf-8"))
    return template.render(slides=shown, title=html.escape(title), width=WIDTH, height=HEIGHT,
                           **_parts_of_a_deck())


def _parts_of_a_deck():
    reveal = files("sphinx_revealjs") / "_static/revealjs"
    mathjax = files("sphinx-mathjax-offline") / "static/mathjax"
    texts = {
        "reveal_css": reveal / "dist/reveal.css", "reveal_js": reveal / "dist/reveal.js",
        "notes_js": reveal / "plugin/notes/notes.js", "mathjax": mathjax / "tex-svg.js",
        "css": ROOT / "tools/slides/course.css",
    }
    # The end of a script must not stand inside of it, and a map of the source is not there.
    return {name: re.sub(r"(?m)^//# sourceMappingURL=.*$", "", path.read_text(encoding="utf-8"))
            .replace("</script", r"<\/script").replace("<!--", r"<\!--")
            for name, path in texts.items()}


def main(argv=None):
    """Execute the notebooks and write the pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "slides")
    output = parser.parse_args(argv).output.resolve()
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    output.mkdir(parents=True, exist_ok=True)
    for name, (title, stems) in SESSIONS.items():
        slides = []
        for stem in stems:
            source = (ROOT / f"notebooks/source/{stem}.py").read_text(encoding="utf-8")
            path = ROOT / f"notebooks/solutions/{stem}.ipynb"
            notebook = build_notebook(source, project_facts(), str(path.relative_to(ROOT)),
                                      solution=True, slides=True)
            notebook.cells.insert(0, nbformat.v4.new_code_cell(FOR_SLIDES))
            done = execute(path, notebook=notebook)
            print(f"{stem}: {done.seconds:.0f} s", flush=True)
            slides += slides_of(done.notebook)
        page = output / f"{name}.html"
        page.write_text(deck(slides, title), encoding="utf-8")
        print(f"{len(slides)} slides: {page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
