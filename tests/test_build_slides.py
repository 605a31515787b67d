"""Slides are made of tagged cells, and a deck is one page that needs nothing else."""

import re

import nbformat
import pytest

from tools import build_slides
from tools.build_slides import Slide, deck, slides_of

PNG = "iVBORw0KGgo="


def text(source, *tags):
    return nbformat.v4.new_markdown_cell(source, metadata={"tags": list(tags)})


def code(*pngs, **metadata):
    outputs = [nbformat.v4.new_output("display_data", {"image/png": png}) for png in pngs]
    return nbformat.v4.new_code_cell("plot()", outputs=outputs, metadata=metadata)


def question(tag, mark):
    folded = "<details><summary>Answer</summary>\nSo.\n</details>"
    return text(f"{mark} Why?\n\n{folded}\n\nThanks.", tag)


def taken(*cells):
    return slides_of(nbformat.v4.new_notebook(cells=list(cells)))


def test_a_slide_shows_the_plot_that_follows_and_tells_what_to_notice():
    slides = taken(
        text("Prose."), text("## One\n\nwords", "slide"), text("## Two", "slide", "plot"),
        code("bm90aGlzIG9uZQ=="),  # without a text it is no plot of the course
        code(PNG, alt="a line"), code(PNG, alt="another"),
        text("**What to notice.** It *rises*.\n\n**What to try.** More."),
        text("**What to notice.** Nothing more."),
    )
    assert slides == [
        Slide("## One\n\nwords"), Slide("## Two", ((PNG, "a line"),), "It *rises*.")
    ]


def test_what_is_core_asks_on_slides_and_answers_to_the_speaker():
    def think():
        return question("think", "**Think, then look.**")

    slides = taken(
        text("## 1 · First"), think(), text("## 2 · Second · bonus"), think(),
        text("## 3 · Third"), text("### More · bonus"), think(), text("### Core again"), think(),
        question("exit-ticket", "**1.**"),
    )
    asked = Slide("## Think, then look\n\n> Why?", notes="- So.")
    assert slides == [asked, asked, Slide("## Exit ticket\n\n1. Why?\n\nThanks.", notes="- So.")]


@pytest.mark.parametrize(("cells", "message"), [
    ([text("## One", "slide", "plot")], "No plot follows the slide"),
    ([text("## One", "slide", "plot"), text("## Next", "slide"), code(PNG, alt="late")],
     "No plot follows the slide"),
    ([text("words", "slide")], "must begin with a heading of level 1 or 2"),
])
def test_a_slide_without_its_plot_or_title_is_refused(cells, message):
    with pytest.raises(ValueError, match=message):
        taken(*cells)


def test_a_deck_is_one_page_with_its_plots_and_notes(monkeypatch):
    parts = dict.fromkeys(("reveal_css", "css", "reveal_js", "notes_js", "mathjax"), "/* x */")
    monkeypatch.setattr(build_slides, "_parts_of_a_deck", lambda: parts)
    page = deck(
        [Slide("## One $x_i < 2$"), Slide("## Two", ((PNG, 'a "line" & more'),), "a note")], "T & U"
    )
    assert "<title>T &amp; U</title>" in page
    assert f'src="data:image/png;base64,{PNG}" alt="a &quot;line&quot; &amp; more"' in page
    assert re.search(r'<aside class="notes">\s*<p>a note</p>', page)
    assert len(re.findall(r"<h2", page)) == 2
    assert not re.search(r"https?://|plot:\d", page)
