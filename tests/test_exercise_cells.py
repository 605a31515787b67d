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


@pytest.mark.parametrize(("source", "message"), [
    ("x = 1", "must hold a solution between marks"),
    ("# BEGIN SOLUTION\nx = 1\n# STUB: x = 0", "no partner"),
    ("x = 1\n# END SOLUTION", "no partner"),
    ("# BEGIN SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION", "no partner"),
    ("# STUB: x = 0\n# BEGIN SOLUTION\nx = 1\n# END SOLUTION", "outside"),
    ("# BEGIN SOLUTION\nx = 1\n# END SOLUTION", "there is no stub"),
    ("# BEGIN SOLUTION\n# STUB: x = 1\n# END SOLUTION", "there is no solution"),
])
def test_malformed_cells_are_refused(source, message):
    with pytest.raises(ValueError, match=message):
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
