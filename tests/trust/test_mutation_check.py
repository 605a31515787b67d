"""The list of breaks stays true to the code, and the page about them to the list."""

import re

from tests.trust.test_bad_input import (
    BAD_ARGUMENTS,
    BAD_FIELDS,
    BAD_FILES,
    BAD_INPUT,
    wrong_types,
)
from tools.mutation_check import BREAKS, ROOT, failing_test


def test_each_break_names_one_place():
    assert len({b.name for b in BREAKS}) == len(BREAKS) >= 15
    for b in BREAKS:
        assert (ROOT / b.path).read_text(encoding="utf-8").count(b.old) == 1, b.name
        assert b.old != b.new
        assert (ROOT / b.tests).is_file()


def test_the_page_has_the_numbers_of_the_lists():
    page = (ROOT / "docs/site/trust.md").read_text(encoding="utf-8")
    breaks = re.findall(r"(\d+) (?:deliberate )?breaks", page)
    assert breaks == [str(len(BREAKS))] * 2
    made = len(BAD_FIELDS) + len(list(wrong_types()))
    written = len(BAD_INPUT) + len(BAD_ARGUMENTS)
    assert f"{written} bad calls over the whole public API, {made} made" in page
    assert f"{3 * len(BAD_FILES)} bad files" in page  # three readers


def test_a_failing_test_is_found_and_a_passing_one_is_not(tmp_path):
    test = tmp_path / "test_one.py"
    test.write_text("def test_it():\n    assert 1 == 1\n")
    assert failing_test(tmp_path, "test_one.py") is None
    test.write_text("def test_it():\n    assert 1 == 2\n")
    assert failing_test(tmp_path, "test_one.py") == "test_it"
