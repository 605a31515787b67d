"""Small sizes for tests: the environment variable ``COURSE_FAST``.

Cells that would take long name two sizes. With ``COURSE_FAST=1`` every cell still runs, in a
fraction of the time, and what is learned is not worth looking at; the notebooks' text is the same.
"""

from __future__ import annotations

import os

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
