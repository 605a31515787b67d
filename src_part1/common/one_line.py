"""How a record of large arrays prints itself: in one line."""

from __future__ import annotations

import dataclasses

import numpy as np

_MOST = 4  # numbers of an array that are written out


def one_line(record):
    """Text of a record for the end of a cell: numbers as they are, arrays by their shape.

    To be used as ``__repr__ = one_line`` in the body of a dataclass.
    """
    fields = (f"{f.name}={_short(getattr(record, f.name))}" for f in dataclasses.fields(record))
    return f"{type(record).__name__}({', '.join(fields)})"


def _short(value):
    if isinstance(value, np.ndarray) and value.size > _MOST:
        return f"<{value.dtype} {' × '.join(map(str, value.shape))}>"
    if isinstance(value, (dict, list, tuple)) and len(value) > _MOST:
        return f"<{type(value).__name__} of {len(value)}>"
    if dataclasses.is_dataclass(value) or not isinstance(
        value, (bool, int, float, str, dict, list, tuple, np.ndarray, np.generic, type(None))
    ):
        return f"<{type(value).__name__}>"
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
