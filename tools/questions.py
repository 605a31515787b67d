"""Questions with folded answers in the notebooks' sources, and where else they appear.

A markdown cell tagged ``think`` stands before a plot and asks what it will show; one tagged
``exit-ticket`` ends a part. Either holds its answers folded: one answer, or at least three choices
with a reply to each, of which the right one's begins with "Right". Folded text needs no script, so
it works in JupyterLab, on Colab and on any page::

    **Think, then look.** What will the plot show?

    <details><summary>A. A line</summary>
    No: a line would need a constant input.
    </details>
    <details><summary>B. A sine</summary>
    Right. The input is a sine.
    </details>
    ...

In an exit ticket the questions begin with ``**1.**``, ``**2.**`` and so on. Both copies of a
notebook show these cells, the slides (`tools.build_slides`) show the questions and tell the
answers to the speaker, and the page for instructors lists them all (`tools.build_notebooks`).
"""

from __future__ import annotations

import re
from typing import NamedTuple

THINK, TICKET = "think", "exit-ticket"
_QUESTION = re.compile(
    r"\*\*(?:Think, then look|\d+)\.\*\* (.+?)\s*"
    r"((?:<details><summary>(?:Answer|[A-E]\. .+?)</summary>.+?</details>\s*)+)",
    re.DOTALL,
)
_FOLDED = re.compile(r"<details><summary>(.+?)</summary>\s*(.+?)\s*</details>", re.DOTALL)


class Question(NamedTuple):
    """A question and what is folded below it, each on one line."""

    question: str  # Markdown
    answer: str  # HTML: what is folded is not read as Markdown; the right choice's reply
    choices: tuple = ()  # (choice, reply) of each; none below a question with one answer


def questions_of(cell):
    """Return the questions of one cell."""
    tags = set(cell.metadata.get("tags", []))
    if not tags & {THINK, TICKET}:
        return []
    found = [_question(*match) for match in _QUESTION.findall(cell.source)]
    begun = re.findall(r"(?m)^\*\*(Think, then look|\d+)\.\*\* ", cell.source)
    wanted = ["Think, then look"] if THINK in tags else [str(n + 1) for n in range(len(found))]
    if not found or begun != wanted:
        raise ValueError("Each question of a cell tagged 'think' or 'exit-ticket' must begin with "
                         f"its mark and have a folded answer; the marks must be {wanted}, got "
                         f"{begun} with {len(found)} answers in:\n{cell.source}")
    return found


def _question(question, folded):
    question, choices = " ".join(question.split()), tuple(
        tuple(" ".join(part.split()) for part in match) for match in _FOLDED.findall(folded)
    )
    if [label for label, _ in choices] == ["Answer"]:
        return Question(question, choices[0][1])
    right = [reply for _, reply in choices if reply.startswith("Right")]
    letters = "".join(label[0] for label, _ in choices)
    if len(right) != 1 or len(choices) < 3 or not "ABCDE".startswith(letters):
        raise ValueError(
            "A question must have one answer, or at least three choices A, B, C with one reply "
            f"that begins with 'Right', got {len(right)} right of {letters!r} for: {question}"
        )
    return Question(question, right[0], choices)


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
        lines += [f"- **{q.question}** {_told(q)}" for q in tagged[THINK]]
        lines += ["", "Exit ticket:", ""]
        lines += [f"{n}. **{q.question}** {_told(q)}" for n, q in enumerate(tagged[TICKET], 1)]
        lines.append("")
    return "\n".join(lines).rstrip()


def _told(question):
    return " ".join(f"*{c}*: {r}" for c, r in question.choices) or question.answer
