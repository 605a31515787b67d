"""Names of conditions as files and tables hold them: texts, bytes, numbers, and none at all."""

from __future__ import annotations

import numpy as np

# What tables write where a trial has no label.
_NO_LABEL = ("", "nan", "n/a", "na", "nat", "<na>")


def label_text(value):
    """Return a label as text.

    Parameters
    ----------
    value : object
        Text, bytes, a number or a truth value; also an array that holds a single one.

    Returns
    -------
    str
        The text; whole numbers have no decimals, whatever their dtype.
    """
    value = plain_value(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def plain_value(value):
    """Return an entry of a table as a value of Python; bytes become text.

    Parameters
    ----------
    value : object
        A value, or an array of one entry.

    Returns
    -------
    object
        The value.
    """
    if isinstance(value, (np.ndarray, np.generic)) and np.size(value) == 1:
        value = np.asarray(value).reshape(-1)[0]
        value = value.item() if isinstance(value, np.generic) else value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def is_missing(value):
    """Tell whether an entry of a table stands for no label: None, NaN, "" or "n/a".

    Parameters
    ----------
    value : object
        The entry.

    Returns
    -------
    bool
        Whether there is no label.
    """
    value = plain_value(value)
    return value is None or label_text(value).strip().lower() in _NO_LABEL
