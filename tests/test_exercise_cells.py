"""One source gives the attendee a stub and the solution an answer."""

import re
from copy import deepcopy

import nbformat
import pytest

from tools.exercise_cells import apply_exercises, exercise_text

CELL = """\
def double(x):
    # BEGIN SOLUTION
    return 2 * x
    # STUB: raise NotImplementedError("twice x")
    # END SOLUTION


# BEGIN SOLUTION
number = 3
# STUB: number = None  # your number
# END SOLUTION
print("done")"""


def test_both_forms_are_whole_programs():
    solved, stub = (exercise_text(CELL, solution=solution) for solution in (True, False))
    exec(solved, names := {})
    assert names["double"](names["number"]) == 6
    exec(stub, names)
    assert names["number"] is None
    with pytest.raises(NotImplementedError, match="twice x"):
        names["double"](1)
    for text in (solved, stub):
        assert "SOLUTION" not in text and "STUB" not in text and text.endswith('print("done")')
    assert "2 * x" not in stub


@pytest.mark.parametrize("source", [
    "x = 1",
    "# BEGIN SOLUTION\nx = 1\n# STUB: x = 0",
    "x = 1\n# END SOLUTION",
    "# BEGIN SOLUTION\n# BEGIN SOLUTION\n# STUB: x = 0\n# END SOLUTION",
    "# STUB: x = 0\n# BEGIN SOLUTION\nx = 1\n# END SOLUTION",
    "# BEGIN SOLUTION\nx = 1\n# END SOLUTION",
    "# BEGIN SOLUTION\n# STUB: x = 1\n# END SOLUTION",
    CELL + "\n# STUB: x = 0",
])
def test_malformed_cells_are_refused(source):
    with pytest.raises(ValueError, match="must hold a solution, then its stub"):
        exercise_text(source, solution=True)


def test_solutions_and_discussions_are_folded_below_the_check_in_the_attendees_copy():
    cells = [
        nbformat.v4.new_code_cell(CELL, metadata={"tags": ["exercise"]}),
        nbformat.v4.new_code_cell("check(number)"),
        nbformat.v4.new_markdown_cell("Because.", metadata={"tags": ["solution"]}),
        nbformat.v4.new_code_cell("1 + 1"),
    ]
    solved = [cell.source for cell in apply_exercises(deepcopy(cells), solution=True)]
    assert solved[1:] == ["check(number)", "Because.", "1 + 1"]
    stub, check, folded, rest = apply_exercises(cells, solution=False)
    assert "number = None" in stub.source
    assert (check.source, rest.source) == ("check(number)", "1 + 1")
    assert folded.cell_type == "markdown" and solved[0] in folded.source
    assert re.fullmatch(r"<details>.*\n\nBecause\.\n\n</details>", folded.source, re.DOTALL)


def test_marks_outside_of_exercises_are_refused():
    with pytest.raises(ValueError, match="must be tagged 'exercise'"):
        apply_exercises([nbformat.v4.new_code_cell(CELL)], solution=False)
