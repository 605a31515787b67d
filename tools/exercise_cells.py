"""Make the attendee's and the solution's text of an exercise cell from one source.

The marks are those of nbgrader, whose preprocessors (it is a grading server with a database) would
bring far more than this one step. In a code cell tagged ``exercise``::

    # BEGIN SOLUTION
    answer = 42
    # STUB: answer = None  # your number
    # END SOLUTION

The attendee's copy holds the lines after ``# STUB:``, the solution the other ones. Markdown
cells tagged ``solution`` stand in the solution only.
"""

from __future__ import annotations

BEGIN, END, STUB = "# BEGIN SOLUTION", "# END SOLUTION", "# STUB: "


def exercise_text(source, *, solution):
    """Return the text of an exercise cell in one of its two forms.

    Parameters
    ----------
    source : str
        The cell with its marks.
    solution : bool
        Whether to keep the solution or the stub.

    Returns
    -------
    str
        The text without marks.

    Raises
    ------
    ValueError
        If a mark has no partner, or a region lacks a solution or a stub.
    """
    lines, region = [], None
    for line in source.splitlines():
        mark = line.strip()
        indent = line[: len(line) - len(line.lstrip())]
        if mark in (BEGIN, END):
            if (mark == BEGIN) != (region is None):
                raise ValueError(f"{mark!r} has no partner in the exercise cell:\n{source}")
            if mark == BEGIN:
                region = {True: [], False: []}
                continue
            if not (region[True] and region[False]):
                missing = "solution" if region[False] else "stub"
                raise ValueError(f"there is no {missing} in the exercise cell:\n{source}")
            lines += region[solution]
            region = None
        elif mark.startswith(STUB):
            if region is None:
                raise ValueError(f"{STUB!r} stands outside of a solution:\n{source}")
            region[False].append(indent + mark.removeprefix(STUB))
        elif region is None:
            lines.append(line)
        else:
            region[True].append(line)
    if region is not None:
        raise ValueError(f"{BEGIN!r} has no partner in the exercise cell:\n{source}")
    if BEGIN not in source:
        raise ValueError(f"an exercise cell must hold a solution between marks:\n{source}")
    return "\n".join(lines)


def apply_exercises(cells, *, solution):
    """Return the cells of one of the two copies.

    Parameters
    ----------
    cells : list of nbformat.NotebookNode
        Cells of the source; exercise cells are changed in place.
    solution : bool
        Whether to make the solution or the attendee's copy.

    Returns
    -------
    list of nbformat.NotebookNode
        The cells that belong there.

    Raises
    ------
    ValueError
        If an exercise cell is not well formed, or another cell holds marks.
    """
    kept = []
    for cell in cells:
        tags = cell.metadata.get("tags", [])
        if "exercise" in tags:
            cell.source = exercise_text(cell.source, solution=solution)
        elif any(mark in cell.source for mark in (BEGIN, END, STUB)):
            raise ValueError(f"a cell with a solution must be tagged 'exercise':\n{cell.source}")
        if solution or "solution" not in tags:
            kept.append(cell)
    return kept
