"""Numbers that an attendee types are taken, or refused under the name that was typed."""

import numpy as np
import pytest

from course.part1 import numbers


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
