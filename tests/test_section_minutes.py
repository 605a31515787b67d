"""The minutes that a notebook promises follow from what is in it, and fit into the session."""

import re

import jupytext
import pytest

from tools import section_minutes as minutes
from tools.section_minutes import BONUS, ROOT, sections_of

SOURCES = sorted((ROOT / "notebooks/source").glob("part*.py"))
# Sessions of 90 and 60 minutes, less what questions and the break take.
MOST = {("part1", "part2"): 75, ("part3",): 50}
PAGE = minutes.WORDS_PER_MINUTE
# Cells of a small source: what follows the %%, and lines.
CELLS = [
    ("[markdown]", "| section | minutes |", "| --- | --- |", "| opening and close | ? |",
     "| 1 · First | ? |", "| 2 · Second | 99 |", "", "before " * PAGE),
    ('tags=["setup"]', "import before"),
    ("[markdown]", "## 1 · First", "", "word " * (2 * PAGE - 4), "$$ x = 1 $$", "", "- |", "",
     f"<details><summary>Hint</summary> {'folded ' * 500} </details>"),
    ('[markdown] tags=["think"]', "asked " * PAGE),
    ('tags=["parameters"]', "x = 1"),
    ('alt="a plot"', "plot(x)"),
    ('tags=["plain"]', "print(x)"),
    ("[markdown]", f"### Interactive demo {BONUS}"),
    ('tags=["demo"]', "demo(x)"),
    ("[markdown]", f"### Exercise 1 (★★★): a hard one {BONUS}", "", "task " * 300),
    ('tags=["exercise"]', "y = 2"),
    ('alt="the expected plot"', "check(y)"),
    ('[markdown] tags=["solution"]', "solution " * 500),
    ("[markdown]", "word " * PAGE, "", "### Exercise 2 (★☆☆): an easy one"),
    ('tags=["exercise"]', "z = 2"),
    ('alt="the expected plot"', "check(z)"),
    ("[markdown]", f"## 2 · Second {BONUS}", "", "### Below it"),
    ('tags=["plain"]', "print(2)"),
    ("[markdown]", "## Your own", "", "word " * 500, "## Summary", "", "word " * (2 * PAGE - 1)),
    ('[markdown] tags=["exit-ticket"]', "## Exit ticket", "", "word " * 500),
    ("[markdown]", "## References", "", "word " * 500),
]
SMALL = "\n\n".join(
    "\n".join([f"# %% {head}", *(f"# {x}" if "[markdown]" in head else x for x in lines)])
    for head, *lines in CELLS
) + "\n"


def sections(text):
    return sections_of(jupytext.reads(text, fmt="py:percent"))


def test_words_cells_plots_and_exercises_count_by_the_rule():
    around, first, second = sections(SMALL)
    table = 10 / PAGE  # section, minutes, opening and close, 1, First, 2, Second, 99
    assert around.core == pytest.approx(table + 1 + minutes.SETUP + 2 + minutes.TICKET)
    # The heading has two words of its own, 1 and its title: a dot or a dash is none.
    reading = 2 - 2 / PAGE + minutes.EQUATION + 1 + minutes.VOTE
    assert first.core == pytest.approx(reading + 2 * minutes.CODE + minutes.PLOT + 1 + 3)
    heading = 3 / PAGE  # Interactive, demo and bonus
    assert first.bonus == pytest.approx(heading + minutes.DEMO + 10)
    assert second.core == 0
    assert second.bonus == pytest.approx((3 + 2) / PAGE + minutes.CODE)
    assert [section.text for section in (around, first, second)] == ["6", "9 + 11", "bonus 1"]


def test_the_tool_writes_the_table_and_says_what_is_stale(tmp_path, capsys):
    source = tmp_path / "notebooks/source/small.py"
    source.parent.mkdir(parents=True)
    source.write_text(SMALL, encoding="utf-8")
    assert minutes.main([], root=tmp_path) == 1
    assert source.read_text(encoding="utf-8") == SMALL
    assert minutes.main(["--write"], root=tmp_path) == 0
    written = source.read_text(encoding="utf-8")
    assert re.findall(r"(\w+) \| (.+) \|\n", written)[1:] == [
        ("close", "6"), ("First", "9 + 11"), ("Second", "bonus 1")]
    assert minutes.main([], root=tmp_path) == 0
    assert "core 15 minutes (0: 6, 1: 9 + 11, 2: bonus 1)" in capsys.readouterr().out


def test_a_table_with_other_sections_is_refused():
    with pytest.raises(ValueError, match=r"(?s)the sections \[0, 1, 2\], got 1 with \[0, 1\]"):
        minutes.with_minutes(SMALL.replace("# | 2 · Second | 99 |\n", ""), sections(SMALL))
    with pytest.raises(ValueError, match="must hold the table .* got 0"):
        minutes.with_minutes("# %%\n1", [])


def test_each_table_says_what_follows_from_its_notebook():
    assert minutes.main([]) == 0, "run python -m tools.section_minutes --write"


@pytest.fixture(scope="module")
def found():
    """The sections of each notebook, and the minutes of its core."""
    parts = {path.stem: sections(path.read_text(encoding="utf-8")) for path in SOURCES}
    return {stem: (of_part, minutes.core_minutes(of_part)) for stem, of_part in parts.items()}


@pytest.mark.parametrize("parts", MOST, ids="+".join)
def test_what_is_core_fits_into_its_session(parts, found):
    core = sum(core for stem, (_, core) in found.items() if stem.startswith(parts))
    assert 30 <= core <= MOST[parts]


def test_the_pages_say_the_same_minutes(found):
    index = (ROOT / "docs/site/index.md").read_text(encoding="utf-8")
    for stem, (of_part, core) in found.items():
        bonus = sum(minutes.whole(section.bonus) for section in of_part)
        row = re.search(rf"\({stem}\.ipynb\) .* (\d+ \+ \d+) \|", index)
        assert row[1] == f"{core} + {bonus}", stem
    plan = (ROOT / "docs/site/instructor.md").read_text(encoding="utf-8")
    session_a = sum(core for stem, (_, core) in found.items() if not stem.startswith("part3"))
    assert f"what is core: {session_a} minutes" in plan
