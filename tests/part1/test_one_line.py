"""What a notebook shows when a cell ends with a result: one line, whatever it holds."""

import dataclasses

import numpy as np
import pytest

from src_part1.common.one_line import one_line
from tests.test_house import CLASSES


@dataclasses.dataclass(eq=False)
class Holder:
    """A record of everything that a field may hold."""

    small: np.ndarray
    large: np.ndarray
    number: float
    text: str
    names: tuple
    other: object
    nothing: None = None

    __repr__ = one_line


def test_small_things_are_written_out_and_large_ones_by_their_shape():
    held = Holder(np.array([1.5, 2.0]), np.zeros((3, 1000)), 0.25, "two\nlines " * 20, ("a", "b"),
                  Holder)
    assert repr(held) == (
        "Holder(small=array([1.5, 2. ]), large=<float64 3 × 1000>, number=0.25, "
        f"text={repr(held.text)[:57]}..., names=('a', 'b'), other=<type>, nothing=None)"
    )
    assert len(repr(held)) < 400


RECORDS = sorted(filter(dataclasses.is_dataclass, CLASSES), key=str)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_no_record_prints_its_arrays(record):
    made = record.__new__(record)
    for field in dataclasses.fields(record):
        large = np.ones((1000, 3000)) if "ndarray" in str(field.type) else None
        object.__setattr__(made, field.name, large)
    assert "\n" not in repr(made)
    assert len(repr(made)) < 1000
