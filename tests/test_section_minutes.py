"""The minutes that a notebook promises follow from what is in it, and fit into the session."""

import re

import jupytext
import pytest

from tools.section_minutes import (
    BONUS,
    CODE,
    DEMO,
    EQUATION,
    PLOT,
    ROOT,
    SETUP,
    TICKET,
    VOTE,
    WORDS_PER_MINUTE,
    core_minutes,
    main,
    sections_of,
    table_of,
    whole,
    with_minutes,
)

SOURCES = sorted((ROOT / "notebooks/source").glob("part*.py"))
# Sessions of 90 and 60 minutes, less what questions and the break take.
MOST = {("part1", "part2"): 75, ("part3",): 50}

SMALL = f"""\
# %% [markdown]
# | section | minutes |
# | --- | --- |
# | opening and close | ? |
# | 1 · First | ? |
# | 2 · Second | 99 |
#
# {"before " * WORDS_PER_MINUTE}

# %% tags=["setup"]
import before

# %% [markdown]
# ## 1 · First
#
# {"word " * (2 * WORDS_PER_MINUTE - 4)}
# $$ x = 1 $$
#
# - |
#
# <details><summary>Hint</summary> {"folded " * 500} </details>

# %% [markdown] tags=["think"]
# {"asked " * WORDS_PER_MINUTE}

# %% tags=["parameters"]
x = 1

# %% alt="a plot"
plot(x)

# %%
print(x)

# %% [markdown]
# ### Interactive demo {BONUS}

# %% tags=["demo"]
demo(x)

# %% [markdown]
# ### Exercise 1 (★★★): a hard one {BONUS}
#
# {"task " * 300}

# %% tags=["exercise"]
y = 2

# %% alt="the expected plot"
check(y)

# %% [markdown] tags=["solution"]
# {"solution " * 500}

# %% [markdown]
# {"word " * WORDS_PER_MINUTE}
#
# ### Exercise 2 (★☆☆): an easy one

# %% tags=["exercise"]
z = 2

# %% alt="the expected plot"
check(z)

# %% [markdown]
# ## 2 · Second {BONUS}
#
# ### Below it

# %%
print(2)

# %% [markdown]
# ## Your own
#
# {"word " * 500}
#
# ## Summary
#
# {"word " * (2 * WORDS_PER_MINUTE - 1)}

# %% [markdown] tags=["exit-ticket"]
# ## Exit ticket
#
# {"word " * 500}

# %% [markdown]
# ## References
#
# {"word " * 500}
"""


def small_sections(text=SMALL):
    return sections_of(jupytext.reads(text, fmt="py:percent"))


def test_words_cells_plots_and_exercises_count_by_the_rule():
    around, first, second = small_sections()
    table = 10 / WORDS_PER_MINUTE  # section, minutes, opening and close, 1, First, 2, Second, 99
    assert around.core == pytest.approx(table + 1 + SETUP + 2 + TICKET)
    # The heading has two words of its own, 1 and its title: a dot or a dash is none.
    reading = 2 - 2 / WORDS_PER_MINUTE + EQUATION + 1 + VOTE
    assert first.core == pytest.approx(reading + (CODE + PLOT) + CODE + 1 + 3)
    heading = 3 / WORDS_PER_MINUTE  # Interactive, demo and bonus
    assert first.bonus == pytest.approx(heading + DEMO + 10)
    assert second.core == 0
    assert second.bonus == pytest.approx((3 + 2) / WORDS_PER_MINUTE + CODE)
    assert [section.text for section in (around, first, second)] == ["6", "9 + 11", "bonus 1"]


def test_the_tool_writes_the_table_and_says_what_is_stale(tmp_path, capsys):
    folder = tmp_path / "notebooks/source"
    folder.mkdir(parents=True)
    source = folder / "small.py"
    source.write_text(SMALL, encoding="utf-8")
    assert main([], root=tmp_path) == 1
    assert source.read_text(encoding="utf-8") == SMALL
    assert main(["--write"], root=tmp_path) == 0
    assert table_of(source.read_text(encoding="utf-8")) == {0: "6", 1: "9 + 11", 2: "bonus 1"}
    assert main([], root=tmp_path) == 0
    assert "core 15 minutes (0: 6, 1: 9 + 11, 2: bonus 1)" in capsys.readouterr().out


def test_a_table_with_other_sections_is_refused():
    with pytest.raises(ValueError, match=r"for each of the sections \[0, 1, 2\], got \[0, 1\]"):
        with_minutes(SMALL.replace("# | 2 · Second | 99 |\n", ""), small_sections())
    with pytest.raises(ValueError, match="exactly once, got 0"):
        table_of("# %%\n1")


def read(path):
    text = path.read_text(encoding="utf-8")
    return text, sections_of(jupytext.reads(text, fmt="py:percent"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_each_table_says_what_follows_from_the_notebook(path):
    text, sections = read(path)
    written = {section.number: section.text for section in sections}
    assert table_of(text) == written, "run python -m tools.section_minutes --write"


@pytest.mark.parametrize("parts", MOST, ids="+".join)
def test_what_is_core_fits_into_its_session(parts):
    minutes = 0
    for path in SOURCES:
        if path.stem.startswith(parts):
            minutes += core_minutes(read(path)[1])
    assert 30 <= minutes <= MOST[parts]


def test_the_pages_say_the_same_minutes():
    index = (ROOT / "docs/site/index.md").read_text(encoding="utf-8")
    session_a = 0
    for path in SOURCES:
        sections = read(path)[1]
        bonus = sum(whole(section.bonus) for section in sections)
        row = re.search(rf"\({path.stem}\.ipynb\) .* (\d+ \+ \d+) \|", index)
        assert row[1] == f"{core_minutes(sections)} + {bonus}", path.stem
        session_a += core_minutes(sections) * path.stem.startswith(("part1", "part2"))
    plan = (ROOT / "docs/site/instructor.md").read_text(encoding="utf-8")
    assert f"what is core: {session_a} minutes" in plan
