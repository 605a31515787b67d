"""The sheets say what the parameter records say."""

import importlib
import re

import pytest

from tools.build_notebooks import ROOT
from tools.sheets import FILLED, HEADER, sheet

GLOSSARY = (ROOT / "docs/site/glossary.md").read_text(encoding="utf-8")


def filled(part):
    text = (ROOT / f"docs/site/sheet_part{part}.md").read_text(encoding="utf-8")
    rows = sheet(text, part, GLOSSARY).split(FILLED)[1].split("\n\n")[0].splitlines()
    return [[cell.strip(" `") for cell in row.strip("|").split(" | ")] for row in rows]


@pytest.mark.parametrize("part", [1, 2, 3])
def test_each_row_agrees_with_its_record(part):
    package = importlib.import_module(f"src_part{part}")
    from_records = 0
    for symbol, name, unit, default, allowed, breaks in filled(part):
        record, _, field = name.partition(".")
        if not hasattr(package, record) or not isinstance(getattr(package, record), type):
            continue
        from_records += 1
        example = getattr(package, record)()
        assert default == str(getattr(example, field)), name
        bounds = type(example).__dataclass_fields__[field].metadata["bounds"]
        assert unit == bounds.get("unit", "–"), name
        limits = [float(x) for x in re.findall(r"[>≥<≤] ([-\d.]+)", allowed)]
        given = [bounds[k] for k in ("above", "at_least", "below", "at_most") if k in bounds]
        assert limits == given and breaks and symbol, name
    assert from_records >= 8


def test_unknown_names_and_other_tables_are_refused():
    row = "| $\\Omega$ | `RateNetworkParameters.omega` | – |\n"
    with pytest.raises(ValueError, match="Part 1 has no parameter 'RateNetworkParameters.omega'"):
        sheet(HEADER + row, 1, GLOSSARY)
    with pytest.raises(ValueError, match="exactly once"):
        sheet(row, 1, GLOSSARY)
