"""Bounds of a parameter, declared once beside the field of its record.

A parameter record is a frozen dataclass whose fields are made by `real`, `integer`, `choice` and
`flag`, and whose ``__post_init__`` calls `check_fields`::

    @dataclass(frozen=True)
    class Membrane:
        tau: float = real(10.0, unit="ms", above=0)

        def __post_init__(self):
            check_fields(self)

Rules that tie several fields together follow in ``__post_init__``.
"""

from __future__ import annotations

import dataclasses

from src_part1.common.validation import check_choice, check_flag, check_integer, check_real


def real(default, **bounds):
    """Declare a real number."""
    return _field(default, check_real, bounds)


def integer(default, **bounds):
    """Declare a whole number."""
    return _field(default, check_integer, bounds)


def choice(default, *choices):
    """Declare one of several words."""
    return _field(default, check_choice, {"choices": choices})


def flag(default):
    """Declare a truth value."""
    return _field(default, check_flag, {})


def check_fields(record):
    """Check each declared field of a record."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if "check" in field.metadata and not (value is None and field.default is None):
            name = f"{type(record).__name__}.{field.name}"
            field.metadata["check"](name, value, **field.metadata["bounds"])


def _field(default, check, bounds):
    return dataclasses.field(default=default, metadata={"check": check, "bounds": bounds})
