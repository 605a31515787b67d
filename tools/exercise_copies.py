"""Two copies of a notebook from one source: the attendee's with stubs, and the one with solutions.

A code cell tagged ``exercise`` holds blocks of this form::

    def gain(P, rates):
        # BEGIN SOLUTION
        projected = P @ rates
        return projected / (1.0 + rates @ projected)
        # STUB: raise NotImplementedError("hint: P r comes first")
        # END SOLUTION

The attendee's copy has the lines marked ``STUB`` in place of the block, the solution copy has the
block without markers and stubs. Markdown cells tagged ``solution`` are in the solution copy alone.
nbgrader's ClearSolutions, from which the markers are taken, knows one stub for all exercises and
makes no solution copy, and it would bring a grading server and its database into the environment.
"""

from __future__ import annotations

import ast
import re

import nbformat

BEGIN, END, STUB = "# BEGIN SOLUTION", "# END SOLUTION", "# STUB: "
EXERCISE, SOLUTION = "exercise", "solution"
# Whatever looks like a marker must be one, or a solution would reach the attendees.
LOOKS_LIKE_A_MARKER = re.compile(r"#\W*((begin|end)[ _-]*solution|stub\b)", re.IGNORECASE)


def split_exercise(source):
    """Return an exercise as the attendees get it and as it is solved.

    Parameters
    ----------
    source : str
        Text of the cell, with its markers.

    Returns
    -------
    tuple of str
        The attendee's text and the solution.

    Raises
    ------
    ValueError
        If the markers are unbalanced, nested or misspelt, a block has no stub or no solution,
        there is no block, or one of the copies is not valid Python.
    """
    attendee, solution = [], []
    block = None
    for line in source.splitlines():
        text = line.strip()
        if text == BEGIN:
            if block is not None:
                raise ValueError(f"{BEGIN!r} stands inside of a solution.")
            block = ([], [])
        elif text == END:
            if block is None:
                raise ValueError(f"{END!r} has no {BEGIN!r}.")
            stubs, solved = block
            if not stubs:
                raise ValueError(f"A solution has no line that begins with {STUB!r}.")
            if not any(entry.strip() for entry in solved):
                raise ValueError("A solution is empty.")
            attendee += stubs
            solution += solved
            block = None
        elif text.startswith(STUB) and block is not None:
            block[0].append(line.replace(STUB, "", 1))
        elif LOOKS_LIKE_A_MARKER.match(text):
            raise ValueError(f"{text!r} is not a marker, or not where a marker may stand.")
        elif block is not None:
            block[1].append(line)
        else:
            attendee.append(line)
            solution.append(line)
    if block is not None:
        raise ValueError(f"{BEGIN!r} has no {END!r}.")
    if attendee == solution:
        raise ValueError(f"The cell is tagged {EXERCISE!r} and has no {BEGIN!r}.")
    for name, lines in {"attendee's copy": attendee, "solution": solution}.items():
        try:
            ast.parse("\n".join(lines))
        except SyntaxError as error:
            raise ValueError(f"The {name} is not valid Python: {error}.") from error
    return "\n".join(attendee), "\n".join(solution)


def make_copy(notebook, *, solved, name="the notebook"):
    """Return the attendee's or the solution copy of a notebook.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The notebook with its markers; it stays as it is.
    solved : bool
        Whether to make the solution copy, which stands one folder deeper: its links that begin
        with ``../`` get another one.
    name : str, optional
        What a message calls the notebook.

    Returns
    -------
    nbformat.NotebookNode
        The copy.

    Raises
    ------
    ValueError
        If a cell's markers or tags are wrong; the message quotes the cell's first line.
    """
    cells = []
    for cell in nbformat.from_dict(notebook).cells:
        tags = cell.metadata.get("tags", [])
        try:
            _check_tags(cell, tags)
            if EXERCISE in tags:
                cell.source = split_exercise(cell.source)[solved]
        except ValueError as error:
            first = cell.source.partition("\n")[0]
            raise ValueError(f"The cell {first!r} of {name} is wrong: {error}") from error
        if SOLUTION in tags and not solved:
            continue
        if solved and cell.cell_type == "markdown":
            cell.source = cell.source.replace("](../", "](../../")
        cells.append(cell)
    copy = nbformat.from_dict(notebook)
    copy.cells = cells
    return copy


def _check_tags(cell, tags):
    if EXERCISE in tags and cell.cell_type != "code":
        raise ValueError(f"only code cells may be tagged {EXERCISE!r}.")
    if SOLUTION in tags and cell.cell_type != "markdown":
        raise ValueError(f"only markdown cells may be tagged {SOLUTION!r}.")
    marked = any(LOOKS_LIKE_A_MARKER.match(line.strip()) for line in cell.source.splitlines())
    if marked and EXERCISE not in tags:
        raise ValueError(f"it holds markers of a solution, but no tag {EXERCISE!r}.")
