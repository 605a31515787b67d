"""Times and rates as plain numbers in ms, s or Hz, whatever unit their container carries.

Units are read as the packages show them: ``units`` and ``magnitude`` (quantities, neo, pint),
``unit`` and ``value`` (astropy), ``attrs["units"]`` (xarray, pandas), differences of NumPy's and
pandas' dates, and pynapple's time series, whose times ``t`` are in seconds.
"""

from __future__ import annotations

import datetime
import re

import numpy as np

from src_part1.common.validation import refuse_masked

_SECONDS = {
    "s": 1.0, "sec": 1.0, "second": 1.0, "ms": 1e-3, "msec": 1e-3, "millisecond": 1e-3,
    "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "usec": 1e-6, "microsecond": 1e-6, "ns": 1e-9,
    "nanosecond": 1e-9, "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0,
}
_HERTZ = {"hz": 1.0, "hertz": 1.0, "khz": 1e3, "kilohertz": 1e3, "mhz": None, "megahertz": None}
_EVENTS = r"(?:1|1\.0|spikes?|spk|sp|counts?|imp|impulses?|events?)?"
# Spikes further from the event of their trial than a day are none.
_LONGEST = 86_400_000.0  # ms


def in_unit(name, values, unit, *, said=None):
    """Return values as an array in "ms", "s" or "Hz", converted if they carry another unit.

    ``name`` is the argument, for messages, and ``said`` a unit that stands elsewhere, for example
    in the name of a column.
    """
    if type(values) is np.ndarray and values.dtype.kind in "fiu" and said is None:
        return values
    if isinstance(values, (list, tuple)) and unit_of(values):
        return np.array([in_unit(f"{name}[{i}]", v, unit) for i, v in enumerate(values)])
    refuse_masked(name, values)
    if isinstance(values, datetime.timedelta):
        return np.asarray(values.total_seconds() * factor(name, "s", unit))
    text = said or unit_of(values)
    if is_pynapple(values):
        values = values.t
    array = np.asarray(_bare(values))
    if array.dtype.kind == "M":
        raise TypeError(
            f"{name} must be in {unit} relative to an event, got dates: subtract that of the event."
        )
    if array.dtype.kind == "m":
        array, text = array / np.timedelta64(1, "ns"), "ns"
    if text is not None and array.dtype.kind not in "fiu":
        raise TypeError(f"{name} must hold numbers ({text}), got dtype {array.dtype}.")
    return array if text is None else array * factor(name, text, unit)


def vector_in(name, values, unit):
    """Return values as `in_unit` does, rows and columns (1, n) and (n, 1) as vectors."""
    array = in_unit(name, values, unit)
    return array.reshape(-1) if array.size == max(array.shape, default=0) else array


def unit_of(values):
    """Return the unit that an object, or the first of a list, carries as text, or None."""
    if isinstance(values, (list, tuple)):
        return unit_of(values[0]) if values else None
    if is_pynapple(values):
        return "s"
    inner = values.data if hasattr(values, "dims") else None  # what an array of xarray holds
    attributes = getattr(values, "attrs", None) or {}
    for text in (
        getattr(getattr(values, "dimensionality", None), "string", None),  # quantities, neo
        getattr(values, "units", None), getattr(values, "unit", None),
        getattr(inner, "units", None), getattr(inner, "unit", None),
        attributes.get("units"), attributes.get("unit"),
    ):
        # Columns and coordinates of these names are found as attributes, too.
        is_unit = not (text is None or callable(text) or hasattr(text, "__len__"))
        if is_unit or isinstance(text, str):
            return str(text) or None
    return None


def is_pynapple(values):
    """Tell whether this is a time series of pynapple, or looks like one."""
    return hasattr(values, "time_support") and hasattr(values, "t")


def factor(name, text, unit):
    """Return by what to multiply to come from the unit of a text to "ms", "s" or "Hz"."""
    word = text.strip().lower().replace(" ", "")
    time = _SECONDS.get(word, _SECONDS.get(word.removesuffix("s")))
    per = re.fullmatch(rf"{_EVENTS}(?:/|per)([a-zµμ]+)", word) or re.fullmatch(
        r"([a-zµμ]+)(?:\*\*|\^)?-1(?:\.0)?", word)
    rate = _HERTZ.get(word)
    if per and (each := _SECONDS.get(per[1], _SECONDS.get(per[1].removesuffix("s")))):
        rate = 1.0 / each
    found = rate if unit == "Hz" else time and time / _SECONDS[unit]
    if found is None:
        hint = " (spikes per bin times 1000 / bin width in ms are Hz)" if unit == "Hz" else ""
        raise ValueError(
            f"{name} must be in {unit}, but carries the unit {text!r}: give plain numbers in {unit}"
            f"{hint}."
        )
    return float(f"{found:.12g}")


def refuse_wrapped(name, times):
    """Refuse times (ms to an event) that unsigned numbers cannot be or have become."""
    furthest = np.abs(times.astype(np.float64)).max(initial=0.0)
    if furthest > _LONGEST:
        raise ValueError(
            f"{name} must lie within a day of the event, got {furthest:.4g} ms. Were unsigned "
            "numbers subtracted, which wrap around below 0? Make them signed first, "
            ".astype(np.int64), and leave out what is really so far away."
        )


def _bare(values):
    """Return what an object holds without its unit."""
    if hasattr(values, "magnitude"):
        return values.magnitude
    return values.value if hasattr(values, "unit") and hasattr(values, "value") else values
