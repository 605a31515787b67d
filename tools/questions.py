"""Questions with folded answers in the notebooks' sources, and where else they appear.

A markdown cell tagged ``think`` stands before a plot and asks what it will show; one tagged
``exit-ticket`` ends a part. Either holds its answers folded::

    **Think, then look.** What will the plot show?

    <details><summary>Answer</summary>
    This.
    </details>

In an exit ticket the questions begin with ``**1.**``, ``**2.**`` and so on. Both copies of a
notebook show these cells, the slides (`tools.build_slides`) show the questions and tell the
answers to the speaker, and the page for instructors lists them all (`tools.build_notebooks`).
"""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple
from urllib.parse import quote

THINK, TICKET = "think", "exit-ticket"
_QUESTION = re.compile(
    r"\*\*(?:Think, then look|\d+)\.\*\* (.+?)\s*"
    r"<details><summary>Answer</summary>\s*(.+?)\s*</details>",
    re.DOTALL,
)
_EXERCISE = re.compile(r"^### (Exercise \d+ .+)$", re.MULTILINE)


class Question(NamedTuple):
    """A question and its answer, each on one line."""

    question: str  # Markdown
    answer: str  # HTML: what is folded is not read as Markdown


def questions_of(cell):
    """Return the questions of one cell."""
    tags = set(cell.metadata.get("tags", []))
    if not tags & {THINK, TICKET}:
        return []
    found = [Question(*(" ".join(part.split()) for part in match))
             for match in _QUESTION.findall(cell.source)]
    begun = re.findall(r"(?m)^\*\*(Think, then look|\d+)\.\*\* ", cell.source)
    wanted = ["Think, then look"] if THINK in tags else [str(n + 1) for n in range(len(found))]
    if not found or begun != wanted:
        raise ValueError("Each question of a cell tagged 'think' or 'exit-ticket' must begin with "
                         f"its mark and have a folded answer; the marks must be {wanted}, got "
                         f"{begun} with {len(found)} answers in:\n{cell.source}")
    return found


def answers_page(notebooks):
    """Return all questions and answers as Markdown for the page for instructors."""
    lines = []
    for title, notebook in notebooks.items():
        tagged = {tag: [] for tag in (THINK, TICKET)}
        for cell in notebook.cells:
            for tag in tagged:
                if tag in cell.metadata.get("tags", []):
                    tagged[tag] += questions_of(cell)
        if not any(tagged.values()):
            continue
        lines += [f"### {title}", "", "Before the plots:", ""]
        lines += [f"- **{q.question}** {q.answer}" for q in tagged[THINK]]
        lines += ["", "Exit ticket:", ""]
        lines += [f"{n}. **{q.question}** {q.answer}" for n, q in enumerate(tagged[TICKET], 1)]
        lines.append("")
    return "\n".join(lines).rstrip()


def link_solutions(cells, name):
    """Let the task of each exercise of an attendee's copy lead to its solution."""
    for task, cell in itertools.pairwise(cells):
        if "exercise" not in cell.metadata.get("tags", []):
            continue
        heading = _EXERCISE.search(task.source)
        if not heading:
            raise ValueError("The cell before an exercise must hold its heading, "
                             f"'### Exercise 1 (★☆☆): ...', got:\n{task.source}")
        anchor = quote(heading[1].strip().replace(" ", "-"))
        task.source += f"\n\n[Solution of this exercise](solutions/{name}#{anchor})"
