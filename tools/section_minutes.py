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
EXERCISE = {1: 3.0, 2: 5.0, 3: 10.0}  # minutes by the number of stars
BONUS = "· bonus"
HEADER = "| section | minutes |"
_NOT_READ = re.compile(r"<details>.*?</details>", re.DOTALL)
_EQUATION = re.compile(r"\$\$.*?\$\$", re.DOTALL)
_HEADING = re.compile(r"^(##+) (.+)$", re.MULTILINE)
_NOT_RUN = {"setup", "parameters", "exercise", "demo"}


@dataclass
class Section:
    """A numbered section and its minutes."""

    number: int
    core: float = 0.0
    bonus: float = 0.0

    def add(self, minutes, is_bonus):
        """Count minutes as bonus or as core."""
        self.bonus += minutes * is_bonus
        self.core += minutes * (not is_bonus)

    @property
    def text(self):
        """The entry of the table, for example ``9``, ``9 + 4`` or ``bonus 6``."""
        core, bonus = math.ceil(self.core), math.ceil(self.bonus)
        return f"{core} + {bonus}" if core and bonus else f"bonus {bonus}" if bonus else str(core)


def reading_minutes(text):
    """Minutes that a piece of text takes."""
    text = _NOT_READ.sub(" ", text)
    words = _EQUATION.sub(" ", text).split()
    return len(words) / WORDS_PER_MINUTE + EQUATION * len(_EQUATION.findall(text))


def sections_of(notebook):
    """Minutes of each numbered section."""
    sections, marks = [], {}
    counted = in_exercise = False
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type == "markdown":
            if tags & {"solution", "slide"}:
                continue
            for piece in re.split(r"(?m)^(?=##+ )", cell.source):
                heading = _HEADING.match(piece)
                if heading:
                    level, title = len(heading[1]), heading[2]
                    marks = {k: v for k, v in marks.items() if k < level}
                    marks[level] = BONUS in title
                    numbered = re.match(r"(\d+) · ", title)
                    if level == 2:
                        counted = bool(numbered)
                        if numbered:
                            sections.append(Section(int(numbered[1])))
                    stars = re.match(r"Exercise \d+ \((★+)", title)
                    in_exercise = bool(stars) and counted
                    if in_exercise:
                        sections[-1].add(EXERCISE[len(stars[1])], any(marks.values()))
                if counted and not in_exercise:
                    sections[-1].add(reading_minutes(piece), any(marks.values()))
        elif counted:
            bonus = any(marks.values())
            if in_exercise:
                if "exercise" not in tags:  # the check, with which an exercise ends
                    in_exercise = False
                    marks = {k: v for k, v in marks.items() if k == 2}
            elif "demo" in tags:
                sections[-1].add(DEMO, bonus)
            elif not tags & _NOT_RUN:
                sections[-1].add(CODE + PLOT * ("alt" in cell.metadata), bonus)
    return sections


def table_of(text):
    """What the table of minutes in a source says."""
    if text.count(HEADER) != 1:
        raise ValueError(f"A source must hold the table {HEADER!r} exactly once, got "
                         f"{text.count(HEADER)}.")
    rows = re.findall(r"(?m)^# \| (\d+) · [^|]*\| ([^|]*) \|$", text)
    return {int(number): entry for number, entry in rows}


def with_minutes(text, sections):
    """A source whose table of minutes follows from its sections."""
    numbers = [section.number for section in sections]
    if list(table_of(text)) != numbers:
        raise ValueError("The table of minutes must have a row for each of the sections "
                         f"{numbers}, got {list(table_of(text))}.")
    for section in sections:
        row = rf"(?m)^(# \| {section.number} · [^|]*\| )[^|]*( \|)$"
        text = re.sub(row, rf"\g<1>{section.text}\g<2>", text)
    return text


def core_minutes(sections):
    """Sum of the core minutes as the table shows them."""
    return sum(math.ceil(section.core) for section in sections)


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
