"""One documented environment variable chooses between full and small sizes."""

import pytest

from course.part1 import sized


@pytest.mark.parametrize(("value", "expected"), [("1", 5), ("0", 60), ("", 60), (None, 60)])
def test_course_fast_chooses_the_size(monkeypatch, value, expected):
    monkeypatch.delenv("COURSE_FAST", raising=False)
    if value is not None:
        monkeypatch.setenv("COURSE_FAST", value)
    assert sized(60, fast=5) == expected


@pytest.mark.parametrize("value", ["yes", "true", " 1", "2"])
def test_other_values_are_refused_with_the_remedy(monkeypatch, value):
    monkeypatch.setenv("COURSE_FAST", value)
    with pytest.raises(ValueError, match="COURSE_FAST must be 1 .* got '"):
        sized(60, fast=5)
