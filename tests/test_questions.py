"""Questions with folded answers: their form, the page for instructors, links to solutions."""

import re

import nbformat
import pytest

from tools.build_notebooks import ROOT, build_notebook, project_facts
from tools.questions import THINK, TICKET, answers_page, link_solutions, questions_of

SOURCES = sorted((ROOT / "notebooks/source").glob("part*.py"))
CASES = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
FOLDED = "<details><summary>Answer</summary>\n{}\n</details>"


def cell(text, *tags):
    return nbformat.v4.new_markdown_cell(text, metadata={"tags": list(tags)})


def thought(question="Why?", answer="So."):
    return cell(f"**Think, then look.** {question}\n\n{FOLDED.format(answer)}", THINK)


def copies(source):
    text, name = source.read_text(encoding="utf-8"), f"{source.stem}.ipynb"
    return (
        build_notebook(text, project_facts(), f"notebooks/{name}"),
        build_notebook(text, project_facts(), f"notebooks/solutions/{name}", solution=True),
    )


def test_questions_and_answers_come_on_one_line_each():
    ticket = cell(
        "## Exit ticket\n\nWords.\n\n**1.** One\nor two?\n\n" + FOLDED.format("Two,\nnot one.")
        + "\n\n**2.** Three?\n\n" + FOLDED.format("Four."), TICKET,
    )
    assert questions_of(thought()) == [("Why?", "So.")]
    assert questions_of(ticket) == [("One or two?", "Two, not one."), ("Three?", "Four.")]
    assert questions_of(cell("**1.** Not tagged?")) == []
    notebook = nbformat.v4.new_notebook(cells=[thought(), ticket])
    page = answers_page({"Part 0": notebook, "Empty": nbformat.v4.new_notebook()})
    assert page == (
        "### Part 0\n\nBefore the plots:\n\n- **Why?** So.\n\nExit ticket:\n\n"
        "1. **One or two?** Two, not one.\n2. **Three?** Four."
    )


@pytest.mark.parametrize(
    "wrong",
    [
        cell("**Think, then look.** Why?", THINK),
        cell("Why?\n\n" + FOLDED.format("So."), THINK),
        cell("**1.** Why?\n\n**2.** How?\n\n" + FOLDED.format("So."), TICKET),
        cell("**2.** Why?\n\n" + FOLDED.format("So."), TICKET),
    ],
)
def test_a_question_without_its_mark_or_answer_is_refused(wrong):
    with pytest.raises(ValueError, match="must begin with its mark and have a folded answer"):
        questions_of(wrong)


@CASES
def test_each_part_asks_before_plots_and_ends_with_five_questions(source):
    for notebook in copies(source):
        asked = [c for c in notebook.cells if questions_of(c)]
        tickets = [c for c in asked if TICKET in c.metadata.tags]
        assert len(asked) - len(tickets) >= 4
        assert [len(questions_of(c)) for c in tickets] == [5]
        assert "instructor" in tickets[0].source or "feedback form" in tickets[0].source
        after = notebook.cells[notebook.cells.index(tickets[0]) + 1 :]
        assert [c.source.splitlines()[0] for c in after] == ["## References"]
        for c in asked:
            for question, answer in questions_of(c):
                assert question.endswith(("?", ".")) and len(question.split()) < 45, question
                # Folded text is HTML, in which neither formulas nor Markdown are read.
                assert not re.search(r"[$`*]|\n\n", answer), answer


@CASES
def test_neither_copy_holds_slides(source):
    slides = [c for c in build_notebook(
        source.read_text(encoding="utf-8"), project_facts(), "notebooks/x.ipynb",
        solution=True, slides=True,
    ).cells if "slide" in c.metadata.get("tags", [])]
    assert len(slides) >= 10
    for notebook in copies(source):
        texts = {c.source for c in notebook.cells}
        assert not texts & {c.source for c in slides}


@CASES
def test_each_exercise_leads_to_its_solution(source):
    attendee, solved = copies(source)
    name = f"{source.stem}.ipynb"
    links = re.findall(
        rf"\[Solution of this exercise\]\(solutions/{re.escape(name)}#(Exercise-\d+)",
        "\n".join(c.source for c in attendee.cells),
    )
    assert (ROOT / "notebooks/solutions" / name).is_file()
    assert links == [f"Exercise-{n}" for n in range(1, len(links) + 1)] and len(links) >= 5
    assert not any("Solution of this exercise" in c.source for c in solved.cells)


def test_a_link_needs_the_heading_of_the_exercise():
    exercise = nbformat.v4.new_code_cell("x", metadata={"tags": ["exercise"]})
    cells = [cell("### Another heading"), exercise]
    with pytest.raises(ValueError, match="must hold its heading"):
        link_solutions(cells, "x.ipynb")


def test_the_form_for_feedback_is_named_where_there_is_one(tmp_path):
    text = '[project]\nversion = "1"\nurls.Repository = "https://x.org/a/b"\n'
    path = tmp_path / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    assert "instructor" in project_facts(tmp_path)["feedback"]
    path.write_text(text + '[tool.recorded-rnn]\nfeedback_form = "https://x.org/f"\n', "utf-8")
    assert "[the feedback form](https://x.org/f)" in project_facts(tmp_path)["feedback"]
