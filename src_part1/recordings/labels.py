"""Names of conditions as files and tables hold them: texts, bytes, numbers, and none at all."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

import numpy as np

# What tables write where a trial has no label.
_NO_LABEL = ("", "nan", "n/a", "na", "nat", "<na>", "<missing>", "<undefined>")


def label_text(value):
    """Return a label as text, the same for what differs by blanks or by rounding only.

    Whole numbers have no decimals, whatever their dtype, and others only the digits that it holds.
    """
    value = _only(value)
    if isinstance(value, (float, np.floating)) and np.isfinite(value):
        value = float(f"{value:.{min(12, np.finfo(type(value)).precision)}g}")
        value = int(value) if value.is_integer() else value
    return " ".join(unicodedata.normalize("NFC", str(plain_value(value))).split())


def plain_value(value):
    """Return an entry of a table as a value of Python; bytes become text."""
    value = _only(value)
    value = value.item() if isinstance(value, np.generic) else value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _only(value):
    is_single = isinstance(value, np.ndarray) and value.size == 1
    return value.reshape(-1)[0] if is_single else value


def is_missing(value):
    """Tell whether an entry of a table stands for no label: None, NaN, "" or "n/a"."""
    return plain_value(value) is None or label_text(value).lower() in _NO_LABEL


def entries(name, values):
    """Return the entries of a vector as a list, whatever holds it: also (n, 1) and a mapping.

    ``name`` is the argument, for the message that a table has several columns.
    """
    if isinstance(values, (str, bytes)):
        return [values]
    columns = getattr(values, "columns", None)
    if columns is not None and len(columns) != 1:
        raise TypeError(f"{name} must be one column, got a table with the columns {list(columns)}.")
    if isinstance(values, Mapping):
        values = values.values()
    elif hasattr(values, "to_numpy"):
        values = values.to_numpy()
    if isinstance(values, np.ndarray) and values.size == max(values.shape, default=1):
        values = values.reshape(-1)
    try:
        return list(values)
    except TypeError as error:
        raise TypeError(f"{name} must be a sequence, got {values!r}.") from error
