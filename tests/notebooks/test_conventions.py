"""What an attendee can rely on in each notebook: same parts, alternative texts, exercises."""

import ast
import re

import nbformat
import pytest

from tests.notebooks.harness import SOLUTIONS, code_cells, tags

NOTEBOOKS = {path.stem: nbformat.read(path, as_version=4) for path in SOLUTIONS}
CASES = pytest.mark.parametrize("notebook", NOTEBOOKS.values(), ids=NOTEBOOKS)
DRAWS = re.compile(
    r"plt\.(subplots|figure)\(|\.check_\w+\(|course\.((draw_|Watch)\w+|sliders)\("
)


@CASES
def test_the_front_matter_is_complete(notebook):
    cells = notebook.cells
    first = next(i for i, cell in enumerate(cells) if re.search(r"^## ", cell.source, re.M))
    text = "\n".join(cell.source for cell in cells[:first] if cell.cell_type == "markdown")
    for part in ("**The question.**", "New to this?", "You know FORCE?", "You have data?",
                 "What you will learn", "What you need", "| section | minutes |", "Resume here"):
        assert part in text
    plot = next(i for i, cell in enumerate(cells) if "alt" in cell.metadata)
    before = "\n".join(cell.source for cell in cells[:plot] if cell.cell_type == "markdown")
    assert plot < first and len(before.split()) <= 120
    found = [tag for cell in cells[:first] for tag in tags(cell)]
    assert [found.count(tag) for tag in ("badges", "setup", "resume")] == [1, 1, 1]
    text = "\n".join(cell.source for cell in cells)
    for part in ("## Summary\n\n**The answer.**", "## References", "https://doi.org/"):
        assert part in text


@CASES
def test_sections_have_their_parameters_and_their_time(notebook):
    sections = code_cells(notebook)
    numbered = {h: cells for h, cells in sections.items() if re.match(r"\d", h)}
    assert len(numbered) >= 5
    for heading, cells in numbered.items():
        assert any("elapsed()" in cell.source for cell in cells), heading
    for cell in sum(sections.values(), []):
        if "parameters" in tags(cell):
            for statement in ast.parse(cell.source).body:
                assert isinstance(statement, ast.Assign), cell.source
                assert len(statement.targets) == 1, cell.source


@CASES
def test_figures_have_alternative_texts_and_others_none(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            draws = bool(DRAWS.search(cell.source)) and "exercise" not in tags(cell)
            draws = draws or bool(re.search(r"\bplotting\.plot_\w+\(", cell.source))
            assert draws == ("alt" in cell.metadata), cell.source
            assert len(cell.metadata.get("alt", "x" * 40)) >= 40, cell.source


@CASES
def test_exercises_are_graded_hinted_and_checked(notebook):
    cells, grades = notebook.cells, []
    for task, cell, check in zip(cells, cells[1:], cells[2:], strict=False):
        if "exercise" in tags(cell):
            grades += re.findall(r"^### Exercise \d+ \((★+)☆*\): .+$", task.source, re.MULTILINE)
            assert "<details><summary>Hint</summary>" in task.source
            assert re.match(r"course\.check_\w+\(my_\w+\)$", check.source), check.source
    n_exercises = sum("exercise" in tags(cell) for cell in cells)
    assert len(grades) == n_exercises >= 4 and {"★", "★★★"} <= set(grades) <= {"★", "★★", "★★★"}


@CASES
def test_each_demo_is_one_cell_with_sliders(notebook):
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    demos = [cell for cell in cells if "demo" in tags(cell)]
    assert len(demos) >= 2
    for demo in demos:
        (name,) = re.findall(r"course\.sliders\(\n    course\.(demo_\w+),", demo.source)
        assert "alt" in demo.metadata and "continuous_update" in demo.source
        assert [cell for cell in cells if re.search(rf"\b{name}\b", cell.source)] == [demo]
