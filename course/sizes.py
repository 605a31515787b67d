"""Numbers of a cell: what an attendee typed, and small sizes for tests (``COURSE_FAST``).

Cells that would take long name two sizes. With ``COURSE_FAST=1`` every cell still runs, in a
fraction of the time, and what is learned is not worth looking at; the notebooks' text is the same.
"""

from __future__ import annotations

import os

import numpy as np

from src_part1.common.validation import check_integer, check_real

VARIABLE = "COURSE_FAST"


def sized(full, *, fast):
    """Return ``full``, or ``fast`` where the environment says ``COURSE_FAST=1``."""
    chosen = os.environ.get(VARIABLE, "")
    if chosen not in ("", "0", "1"):
        raise ValueError(
            f"The environment variable {VARIABLE} must be 1 (small sizes, for tests), or 0 or "
            f"not set (full sizes), got {chosen!r}."
        )
    return fast if chosen == "1" else full


def numbers(name, value, *, whole=False, **bounds):
    """Return one or several typed numbers as a tuple, or say in a sentence what does not fit.

    ``name`` is what was typed; ``whole`` asks for whole numbers; ``bounds`` are ``at_least`` and
    ``at_most``, and of real numbers also ``above`` and ``below``.
    """
    value = value.tolist() if isinstance(value, np.ndarray) else value
    values = list(value) if isinstance(value, (list, tuple, range)) else [value]
    if not values:
        raise ValueError(f"{name} must hold at least one number, got none.")
    return tuple((check_integer if whole else check_real)(name, x, **bounds) for x in values)
