"""Minutes that each section takes, by one rule for all: ``python -m tools.section_minutes``.

``--write`` puts them into the tables of the sources. CONTRIBUTING.md says what counts ("Minutes").
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import jupytext

ROOT = Path(__file__).resolve().parents[1]
WORDS_PER_MINUTE = 80  # five minutes for a page of 400 words
EQUATION, CODE, PLOT, DEMO = 0.5, 0.25, 0.5, 1.0  # minutes for each
VOTE, SETUP, TICKET = 0.5, 1.0, 2.0  # a question before a plot, the setup cell, the exit ticket
EXERCISE = {1: 3.0, 2: 5.0, 3: 10.0}  # minutes by the number of stars
BONUS = "· bonus"
HEADER = "| section | minutes |"
_NOT_READ = re.compile(r"<details>.*?</details>", re.DOTALL)
_EQUATION = re.compile(r"\$\$.*?\$\$", re.DOTALL)
_HEADING = re.compile(r"^(##+) (.+)$", re.MULTILINE)
_NOT_RUN = {"setup", "parameters", "exercise", "demo"}
_AROUND = "opening and close"  # what stands before the first section, the summary and the ticket
_ROW = re.compile(rf"(?m)^(# \| (?:(\d+) · [^|]*|{_AROUND} )\| )[^|]*( \|)$")


@dataclass
class Section:
    """A numbered section and its minutes."""

    number: int  # 0: what stands around the sections
    core: float = 0.0
    bonus: float = 0.0

    def add(self, minutes, is_bonus):
        """Count minutes as bonus or as core."""
        self.bonus += minutes * is_bonus
        self.core += minutes * (not is_bonus)

    @property
    def text(self):
        """The entry of the table, for example ``9``, ``9 + 4`` or ``bonus 6``."""
        core, bonus = whole(self.core), whole(self.bonus)
        return f"{core} + {bonus}" if core and bonus else f"bonus {bonus}" if bonus else str(core)


def whole(minutes):
    """Round to whole minutes, but what is there takes one: rows of a table then add up."""
    return max(math.floor(minutes + 0.5), int(minutes > 0))


def reading_minutes(text):
    """Minutes that a piece of text takes."""
    text = _NOT_READ.sub(" ", text)
    words = re.findall(r"\S*\w\S*", _EQUATION.sub(" ", text))  # a dash or a bar is no word
    return len(words) / WORDS_PER_MINUTE + EQUATION * len(_EQUATION.findall(text))


def sections_of(notebook):
    """Minutes of what stands around the numbered sections, then of each of them."""
    around = Section(0)
    sections, marks, here = [around], {}, around
    in_exercise = False
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        bonus = any(marks.values())
        if cell.cell_type == "markdown":
            if tags & {"solution", "slide", "badges"}:
                continue
            if "exit-ticket" in tags:
                around.add(TICKET, False)
                here = None
                continue
            if here and "think" in tags:
                here.add(VOTE, bonus)
            for piece in re.split(r"(?m)^(?=##+ )", cell.source):
                heading = _HEADING.match(piece)
                if heading:
                    level, title = len(heading[1]), heading[2]
                    marks = {k: v for k, v in marks.items() if k < level}
                    marks[level] = BONUS in title
                    numbered = re.match(r"(\d+) · ", title)
                    if numbered and level == 2:
                        here = Section(int(numbered[1]))
                        sections.append(here)
                    elif level == 2:
                        here = around if title == "Summary" else None
                    stars = re.match(r"Exercise \d+ \((★+)", title)
                    in_exercise = bool(stars and here)
                    if in_exercise:
                        here.add(EXERCISE[len(stars[1])], any(marks.values()))
                if here and not in_exercise:
                    here.add(reading_minutes(piece), any(marks.values()))
        elif in_exercise:
            if "exercise" not in tags:  # the check, with which an exercise ends
                in_exercise = False
                marks = {k: v for k, v in marks.items() if k == 2}
        elif here and "setup" in tags:
            here.add(SETUP, bonus)
        elif here and "demo" in tags:
            here.add(DEMO, bonus)
        elif here and not tags & _NOT_RUN:
            here.add(CODE + PLOT * ("alt" in cell.metadata), bonus)
    return sections


def with_minutes(text, sections):
    """A source whose table of minutes follows from its sections."""
    minutes = {section.number: section.text for section in sections}
    found = [int(row[2] or 0) for row in _ROW.finditer(text)]
    if text.count(HEADER) != 1 or found != list(minutes):
        raise ValueError(f"A source must hold the table {HEADER!r} once, with a row for each of "
                         f"the sections {list(minutes)}, got {text.count(HEADER)} with {found}.")
    return _ROW.sub(lambda row: f"{row[1]}{minutes[int(row[2] or 0)]}{row[3]}", text)


def core_minutes(sections):
    """Sum of the core minutes as the table shows them."""
    return sum(whole(section.core) for section in sections)


def main(argv=None, root=ROOT):
    """List the minutes of all sources, and write them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the tables anew")
    write = parser.parse_args(argv).write
    stale = 0
    for path in sorted((root / "notebooks/source").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if HEADER not in text:  # not a part of the course
            continue
        sections = sections_of(jupytext.reads(text, fmt="py:percent"))
        entries = ", ".join(f"{section.number}: {section.text}" for section in sections)
        print(f"{path.stem}: core {core_minutes(sections)} minutes ({entries})")
        new = with_minutes(text, sections)
        if new != text and write:
            path.write_text(new, encoding="utf-8", newline="\n")
        stale += new != text and not write
    return int(stale > 0)


if __name__ == "__main__":
    sys.exit(main())
