"""Self-checks say what is wrong in one line, and never raise."""

import numpy as np
import pytest

from course.feedback import (
    Wrong,
    check_attempt,
    expect_array,
)


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


@pytest.mark.parametrize(
    ("attempt", "line", "drawn"),
    [
        (None, "… not written yet", None),
        (raising(NotImplementedError("add")), "… not written yet. Hint: add", None),
        (raising(NotImplementedError), "… not written yet", None),
        (lambda: 2, "✓ right.", 2),
        (lambda: 3, "✗ two was expected.", 3),
        (raising(ZeroDivisionError("by zero")),
         "✗ your code stopped with ZeroDivisionError: by zero", None),
    ],
)
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


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "the gain is None: is there a return"),
        ("word", "the gain must be real numbers, got str"),
        ([1.0, np.nan, 0.0], "the gain holds NaN or infinity"),
        ([1, [2], 3], "the gain must be real numbers"),
    ],
)
def test_arrays_are_checked(value, sentence):
    with pytest.raises(Wrong, match=sentence):
        expect_array(value, (3,), "the gain")
