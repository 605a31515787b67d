"""Questions with folded answers: their form, the page for instructors, folded solutions."""

import re

import nbformat
import pytest

from tools.build_notebooks import ROOT, build_notebook, project_facts
from tools.questions import THINK, TICKET, Question, answers_page, questions_of

SOURCES = sorted((ROOT / "notebooks/source").glob("part*.py"))
CASES = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
FOLDED = "<details><summary>Answer</summary>\n{}\n</details>"


def cell(text, *tags):
    return nbformat.v4.new_markdown_cell(text, metadata={"tags": list(tags)})


def copies(source, **options):
    text = source.read_text(encoding="utf-8")
    return [build_notebook(text, project_facts(), "notebooks/x.ipynb", solution=solution, **options)
            for solution in (False, True)]


def test_questions_and_answers_come_on_one_line_each():
    ticket = cell(
        "## Exit ticket\n\nWords.\n\n**1.** One\nor two?\n\n" + FOLDED.format("Two,\nnot one.")
        + "\n\n**2.** Three?\n\n" + FOLDED.format("Four."), TICKET,
    )
    thought = cell("**Think, then look.** Why?\n\n" + FOLDED.format("So."), THINK)
    assert questions_of(thought) == [Question("Why?", "So.")]
    two = [Question("One or two?", "Two, not one."), Question("Three?", "Four.")]
    assert questions_of(ticket) == two
    assert questions_of(cell("**1.** Not tagged?")) == []
    new = nbformat.v4.new_notebook
    assert answers_page({"Part 0": new(cells=[thought, ticket]), "Empty": new()}) == (
        "### Part 0\n\nBefore the plots:\n\n- **Why?** So.\n\nExit ticket:\n\n"
        "1. **One or two?** Two, not one.\n2. **Three?** Four."
    )


@pytest.mark.parametrize("wrong", [
    cell("**Think, then look.** Why?", THINK),
    cell("Why?\n\n" + FOLDED.format("So."), THINK),
    cell("**1.** Why?\n\n**2.** How?\n\n" + FOLDED.format("So."), TICKET),
    cell("**2.** Why?\n\n" + FOLDED.format("So."), TICKET),
])
def test_a_question_without_its_mark_or_answer_is_refused(wrong):
    with pytest.raises(ValueError, match="must begin with its mark and have a folded answer"):
        questions_of(wrong)


def chosen(*folds):
    folded = [FOLDED.replace("Answer", label).format(reply) for label, reply in folds]
    return cell("**Think, then look.** Which?\n\n" + "\n".join(folded), THINK)


FOLDS = ("A. One", "No: it is not."), ("B. Two", "Right. It is."), ("C. None", "Not so.")


def test_a_question_may_have_choices_with_a_reply_to_each():
    (question,) = questions_of(chosen(*FOLDS))
    assert question == Question("Which?", "Right. It is.", FOLDS)
    page = answers_page({"Part 0": nbformat.v4.new_notebook(cells=[chosen(*FOLDS)])})
    assert "- **Which?** *A. One*: No: it is not. *B. Two*: Right. It is. *C. None*: " in page


@pytest.mark.parametrize("folds", [
    FOLDS[:2], (FOLDS[0], FOLDS[2], ("C. Some", "No.")), (FOLDS[1], FOLDS[1], FOLDS[2]),
    (FOLDS[1], FOLDS[0], FOLDS[2]),
])
def test_choices_without_one_right_reply_or_out_of_order_are_refused(folds):
    with pytest.raises(ValueError, match="at least three choices A, B, C with one reply"):
        questions_of(chosen(*folds))


@CASES
def test_each_part_asks_before_plots_and_ends_with_five_questions(source):
    for notebook in copies(source):
        asked = [c for c in notebook.cells if questions_of(c)]
        tickets = [c for c in asked if TICKET in c.metadata.tags]
        assert len(asked) - len(tickets) >= 4
        assert sum(bool(q.choices) for c in asked for q in questions_of(c)) >= 3
        assert [len(questions_of(c)) for c in tickets] == [5]
        assert "instructor" in tickets[0].source or "feedback form" in tickets[0].source
        after = notebook.cells[notebook.cells.index(tickets[0]) + 1 :]
        assert [c.source.splitlines()[0] for c in after] == ["## References"]
        for c in asked:
            for question, answer, choices in questions_of(c):
                assert question.endswith(("?", ".")) and len(question.split()) < 45, question
                # Folded text is HTML, in which neither formulas nor Markdown are read.
                for text in (answer, *sum(choices, ())):
                    assert not re.search(r"[$`*]|\n\n", text), text


@CASES
def test_neither_copy_holds_slides(source):
    slides = {c.source for c in copies(source, slides=True)[1].cells
              if "slide" in c.metadata.get("tags", [])}
    assert len(slides) >= 10
    for notebook in copies(source):
        assert not slides & {c.source for c in notebook.cells}


def test_the_form_for_feedback_is_named_where_there_is_one(tmp_path):
    text = '[project]\nversion = "1"\nurls.Repository = "https://x.org/a/b"\n'
    path = tmp_path / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    assert "instructor" in project_facts(tmp_path)["feedback"]
    path.write_text(text + '[tool.recorded-rnn]\nfeedback_form = "https://x.org/f"\n', "utf-8")
    assert "[the feedback form](https://x.org/f)" in project_facts(tmp_path)["feedback"]
