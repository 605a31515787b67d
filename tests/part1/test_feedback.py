"""What the course says to attendees: verdicts in one line, and numbers that were typed."""

import numpy as np
import pytest

from course.feedback import Wrong, check_attempt, expect_array
from course.part1 import numbers, sized


def verdict(attempt, capsys):
    drawn = []

    def judge(function):
        value = function()
        if value != 2:
            raise Wrong("two was expected.", value)
        return value

    check_attempt(attempt, judge, drawn.append, praise="right.")
    (line,) = capsys.readouterr().out.splitlines()
    return line, drawn


def raising(error):
    def attempt():
        raise error

    return attempt


@pytest.mark.parametrize(("attempt", "line", "drawn"), [
    (None, "… not written yet", None),
    (raising(NotImplementedError("add")), "… not written yet. Hint: add", None),
    (raising(NotImplementedError), "… not written yet", None),
    (lambda: 2, "✓ right.", 2),
    (lambda: 3, "✗ two was expected.", 3),
    (raising(ZeroDivisionError("by zero")),
     "✗ your code stopped with ZeroDivisionError: by zero", None),
])
def test_verdicts(attempt, line, drawn, capsys):
    assert verdict(attempt, capsys) == (line, [drawn])


def test_what_an_attempt_prints_does_not_flood_the_verdict(capsys):
    def talkative():
        for k in range(400):
            print("step", k)
        return 2

    check_attempt(talkative, lambda attempt: attempt(), lambda result: None, praise="right.")
    assert capsys.readouterr().out.splitlines() == [
        *(f"  your code printed: step {k}" for k in range(3)), "  ... and 397 more lines",
        "✓ right.",
    ]


@pytest.mark.parametrize(("value", "sentence"), [
    (None, "the gain is None: is there a return"),
    ("word", "the gain must be real numbers, got str"),
    ([1.0, np.nan, 0.0], "the gain holds NaN or infinity"),
    ([1, [2], 3], "the gain must be real numbers"),
])
def test_arrays_are_checked(value, sentence):
    with pytest.raises(Wrong, match=sentence):
        expect_array(value, (3,), "the gain")


@pytest.mark.parametrize(
    ("value", "options", "expected"),
    [(3, {}, (3.0,)), ((0.1, 3), {"above": 0}, (0.1, 3.0)), (np.array([1.0, 2.0]), {}, (1.0, 2.0)),
     (0, {"whole": True, "at_least": 0}, (0,)), (range(2), {"whole": True}, (0, 1))],
)
def test_one_number_or_several(value, options, expected):
    found = numbers("ridges", value, **options)
    assert found == expected and {type(x) for x in found} == {type(x) for x in expected}


@pytest.mark.parametrize(
    ("value", "options", "says"),
    [((), {}, "ridges must hold at least one number, got none"),
     ((0.1, -1.0), {"above": 0}, "ridges must be positive, got -1.0"),
     (np.array([-1.5]), {"at_least": 0}, r"ridges must be at least 0, got -1.5\."),
     ("all", {}, "ridges must be a real number, got 'all'"),
     (1.5, {"at_most": 1}, "ridges must be at most 1, got 1.5"),
     ((0, 1.5), {"whole": True}, "ridges must be a whole number, got 1.5")],
)
def test_what_does_not_fit_is_refused(value, options, says):
    with pytest.raises((TypeError, ValueError), match=says):
        numbers("ridges", value, **options)


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
