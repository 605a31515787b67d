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

import nbformat

BEGIN, END, STUB = "# BEGIN SOLUTION", "# END SOLUTION", "# STUB: "
_FOLDED = "<details><summary>Solution</summary>\n\n```python\n{}\n```\n\n</details>"


def exercise_text(source, *, solution):
    """Return the text of an exercise cell in one of its two forms."""
    lines, region = [], None
    for line in source.splitlines():
        mark = line.strip()
        if mark in (BEGIN, END):
            if (mark == BEGIN) != (region is None):
                raise ValueError(f"{mark!r} has no partner in the exercise cell:\n{source}")
            if mark == END:
                if not (region[True] and region[False]):
                    missing = "solution" if region[False] else "stub"
                    raise ValueError(f"there is no {missing} in the exercise cell:\n{source}")
                lines += region[solution]
            region = {True: [], False: []} if mark == BEGIN else None
        elif mark.startswith(STUB):
            if region is None:
                raise ValueError(f"{STUB!r} stands outside of a solution:\n{source}")
            region[False].append(line.replace(STUB, "", 1))
        else:
            (lines if region is None else region[True]).append(line)
    if region is not None:
        raise ValueError(f"{BEGIN!r} has no partner in the exercise cell:\n{source}")
    if BEGIN not in source:
        raise ValueError(f"an exercise cell must hold a solution between marks:\n{source}")
    return "\n".join(lines)


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
