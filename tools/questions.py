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
    """Return the questions of one cell.

    Parameters
    ----------
    cell : nbformat.NotebookNode
        A cell of a source or of either copy.

    Returns
    -------
    list of Question
        Empty if the cell is neither tagged ``think`` nor ``exit-ticket``.

    Raises
    ------
    ValueError
        If a tagged cell holds no question, a question has no answer, or the questions of a
        ticket are not numbered 1, 2, and so on.
    """
    tags = set(cell.metadata.get("tags", []))
    if not tags & {THINK, TICKET}:
        return []
    found = [
        Question(*(" ".join(part.split()) for part in match))
        for match in _QUESTION.findall(cell.source)
    ]
    begun = re.findall(r"(?m)^\*\*(Think, then look|\d+)\.\*\* ", cell.source)
    wanted = ["Think, then look"] if THINK in tags else [str(n + 1) for n in range(len(found))]
    if not found or begun != wanted:
        raise ValueError(
            "Each question of a cell tagged 'think' or 'exit-ticket' must begin with its mark and "
            f"have a folded answer; the marks must be {wanted}, got {begun} with {len(found)} "
            f"answers in:\n{cell.source}"
        )
    return found


def answers_page(notebooks):
    """Return all questions and answers as Markdown for the page for instructors.

    Parameters
    ----------
    notebooks : dict of str to nbformat.NotebookNode
        A copy of each notebook by its title, in order.

    Returns
    -------
    str
        A heading for each notebook, below it the questions before plots as a list and the exit
        ticket as a numbered list.
    """
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
    """Let the task of each exercise of an attendee's copy lead to its solution.

    Parameters
    ----------
    cells : list of nbformat.NotebookNode
        Cells of the copy; the markdown cell before each exercise is changed in place.
    name : str
        File name of the notebook, the same in both copies.

    Raises
    ------
    ValueError
        If the cell before an exercise has no heading of an exercise.
    """
    for task, cell in itertools.pairwise(cells):
        if "exercise" not in cell.metadata.get("tags", []):
            continue
        heading = _EXERCISE.search(task.source)
        if not heading:
            raise ValueError(
                "The cell before an exercise must hold its heading, '### Exercise 1 (★☆☆): ...', "
                f"got:\n{task.source}"
            )
        anchor = quote(heading[1].strip().replace(" ", "-"))
        task.source += f"\n\n[Solution of this exercise](solutions/{name}#{anchor})"
