"""Make the attendee's and the solution's text of an exercise cell from one source.

The marks are those of nbgrader, whose preprocessors (it is a grading server with a database) would
bring far more than this one step. In a code cell tagged ``exercise``::

    # BEGIN SOLUTION
    answer = 42
    # STUB: answer = None  # your number
    # END SOLUTION

The attendee's copy holds the lines after ``# STUB:``, the solution the other ones. A markdown cell
tagged ``solution`` may follow the check of an exercise. In the attendee's copy it is folded below
this check, after the code of the solution.
"""

from __future__ import annotations

import re

import nbformat

BEGIN, END, STUB = "# BEGIN SOLUTION", "# END SOLUTION", "# STUB: "
_REGION = re.compile(rf"(?ms)^ *{BEGIN}\n(.+?\n)((?: *{STUB}[^\n]*\n)+) *{END}(?:\n|\Z)")
_FOLDED = "<details><summary>Solution</summary>\n\n```python\n{}\n```\n\n</details>"


def exercise_text(source, *, solution):
    """Return the text of an exercise cell in one of its two forms."""
    text, found = _REGION.subn(lambda m: m[1] if solution else m[2].replace(STUB, ""), source)
    if not found or any(mark in text for mark in (BEGIN, END, STUB)):
        raise ValueError("an exercise cell must hold a solution, then its stub, between "
                         f"their marks, got:\n{source}")
    return text.rstrip("\n")


def apply_exercises(cells, *, solution):
    """Return the cells of one of the two copies."""
    kept, folded, code = [], None, ""
    for cell in cells:
        tags = cell.metadata.get("tags", [])
        if "exercise" in tags:
            code = "" if solution else exercise_text(cell.source, solution=True)
            cell.source = exercise_text(cell.source, solution=solution)
        elif any(mark in cell.source for mark in (BEGIN, END, STUB)):
            raise ValueError(f"a cell with a solution must be tagged 'exercise':\n{cell.source}")
        if "solution" in tags and not solution:
            end = "\n\n</details>"
            folded.source = folded.source.removesuffix(end) + f"\n\n{cell.source}{end}"
            continue
        kept.append(cell)
        if code and "exercise" not in tags:  # the check, below which the solution is folded
            folded = nbformat.v4.new_markdown_cell(_FOLDED.format(code))
            kept.append(folded)
            code = ""
    return kept
