"""Checks of arguments: every message names the field, the rule and the value.

The public functions and parameter records of all three parts call these before any
kernel runs, so that kernels can stay free of checks.
"""

from __future__ import annotations

import numbers

import numpy as np


def check_real(
    name, value, *, unit="", above=None, at_least=None, below=None, at_most=None, infinite=False
):
    """Return ``value`` as a float if it is a finite number within the bounds."""
    unit_text = f" ({unit})" if unit else ""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a real number{unit_text}, got {value!r}.")
    number = float(value)
    value = value.item() if isinstance(value, np.generic) else value  # as a user types it
    if np.isnan(number) or (np.isinf(number) and not infinite):
        raise ValueError(f"{name} must be finite{unit_text}, got {value!r}.")
    if above is not None and not number > above:
        rule = "positive" if above == 0 else f"above {above:g}"
        raise ValueError(f"{name} must be {rule}{unit_text}, got {value!r}.")
    if at_least is not None and not number >= at_least:
        raise ValueError(f"{name} must be at least {at_least:g}{unit_text}, got {value!r}.")
    if below is not None and not number < below:
        raise ValueError(f"{name} must be below {below:g}{unit_text}, got {value!r}.")
    if at_most is not None and not number <= at_most:
        raise ValueError(f"{name} must be at most {at_most:g}{unit_text}, got {value!r}.")
    return number


def check_integer(name, value, *, at_least=None, at_most=None):
    """Return ``value`` as an int if it is a whole number within the inclusive bounds."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be a whole number, got {value!r}.")
    number = int(value)
    if at_least is not None and number < at_least:
        raise ValueError(f"{name} must be at least {at_least}, got {number}.")
    if at_most is not None and number > at_most:
        raise ValueError(f"{name} must be at most {at_most}, got {number}.")
    return number


def check_choice(name, value, choices):
    """Return ``value`` if it is one of ``choices`` (strings)."""
    choices = tuple(choices)
    if not isinstance(value, str) or value not in choices:
        words = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {words}, got {value!r}.")
    return value


def check_flag(name, value):
    """Return ``value`` if it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {value!r}.")
    return bool(value)


def check_array(name, values, shape, *, dtype=np.float64, at_least=None):
    """Return ``values`` as a finite, C-contiguous array of the expected shape.

    In ``shape`` None accepts any length from 1 on; a string does the same and names the axis.
    """
    refuse_masked(name, values)
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} must be a rectangular array: {error}") from error
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}.")
    fits = array.ndim == len(shape) and all(
        actual == wanted if isinstance(wanted, int) else actual >= 1
        for actual, wanted in zip(array.shape, shape, strict=True)
    )
    if not fits and array.ndim == len(shape) and not array.size:
        raise ValueError(f"{name} must not be empty, got an array of shape {array.shape}.")
    if not fits:
        expected = ", ".join("any" if n is None else str(n) for n in shape)
        raise ValueError(f"{name} must have shape ({expected}), got {array.shape}.")
    array = np.ascontiguousarray(array, dtype=dtype)
    check_finite(name, array)
    if at_least is not None:
        bad = array < at_least
        if bad.any():
            where = tuple(int(i) for i in np.argwhere(bad)[0])
            raise ValueError(
                f"{name} must be at least {at_least:g}, "
                f"but the entry at {where} is {array[where]:g}."
            )
    return array


# A dtype, because comparing with one takes a tenth of the time of comparing with a type.
FLOAT = np.dtype(np.float64)


def check_kernel_array(name, array, shape, *, dtype=FLOAT, changed=False):
    """Refuse what a kernel would misread or write beyond; takes a fraction of a microsecond."""
    is_array = isinstance(array, np.ndarray)
    if is_array and array.dtype == dtype and array.shape == shape:
        if array.flags.carray if changed else array.flags.c_contiguous:
            return
    kind = "writeable C-contiguous" if changed else "C-contiguous"
    why = ", because it is changed in place" if changed else ""
    wanted = f"{kind} {dtype} array of shape {shape}{why}"
    if not is_array:
        raise TypeError(f"{name} must be a {wanted}, got {type(array).__name__}.")
    found = f"{array.dtype} of shape {array.shape}"
    found += "" if array.flags.c_contiguous else ", not contiguous"
    found += "" if array.flags.writeable else ", read-only"
    error = ValueError if array.dtype == dtype else TypeError
    raise error(f"{name} must be a {wanted}, got {found}.")


def check_finite(name, array):
    """Refuse an array that holds NaN or an infinity."""
    bad = ~np.isfinite(array)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(f"{name} must be finite, but the entry at {where} is {array[where]}.")


def check_rng(name, rng):
    """Return ``rng`` if it is a NumPy random generator."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{name} must be a numpy.random.Generator, got {type(rng).__name__}; "
            "make one with numpy.random.default_rng(seed)."
        )
    return rng


def check_type(name, value, kind):
    """Return ``value`` if it is an instance of a class."""
    if not isinstance(value, kind):
        module = type(value).__module__
        origin = f"{module}." if module.startswith("src_part") else ""
        raise TypeError(
            f"{name} must be of type {kind.__module__}.{kind.__name__}, "
            f"got {origin}{type(value).__name__}."
        )
    return value


def check_index(name, values, size, *, of="neurons"):
    """Return ``values`` as numbers of neurons (or of something else) that exist."""
    index = np.asarray(values)
    if index.ndim != 1:
        raise ValueError(f"{name} must be a list of {of}, got shape {index.shape}.")
    if index.size == 0:
        return np.zeros(0, np.int64)
    if index.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold whole numbers, got {values!r}.")
    bad = index[(index < 0) | (index >= size)]
    if bad.size:
        raise ValueError(f"{name} must name {of} 0 to {size - 1}, got {bad[0]}.")
    return index.astype(np.int64)


def refuse_masked(name, values):
    """Refuse a masked array with masked entries: as a plain array it would show what is hidden."""
    if np.ma.is_masked(values):
        hidden = np.ma.getmaskarray(values)
        where = tuple(int(i) for i in np.argwhere(hidden)[0])
        raise ValueError(
            f"{name} must hold a value everywhere, but {int(hidden.sum())} entries are masked, "
            f"the first at {where}."
        )


def check_selection(name, values, size, *, of="neurons"):
    """Return indices, or the places where a mask is True, sorted."""
    index = np.asarray(values)
    if index.dtype == bool:
        if index.shape != (size,):
            raise ValueError(f"{name} as a mask must have shape ({size},), got {index.shape}.")
        if not index.any():
            raise ValueError(f"{name} as a mask must select something, got no True.")
        return np.flatnonzero(index)
    if index.ndim != 1 or index.size == 0 or index.dtype.kind not in "iu":
        raise TypeError(
            f"{name} must be a mask or a non-empty 1-D array of whole numbers, got "
            f"shape {index.shape} and dtype {index.dtype}."
        )
    bad = index[(index < 0) | (index >= size)]
    if bad.size:
        raise ValueError(f"{name} must name {of} between 0 and {size - 1}, got {bad[0]}.")
    found, how_often = np.unique(index, return_counts=True)
    if found.size != index.size:
        raise ValueError(
            f"{name} must name each of the {of} once, but {found[how_often > 1][0]} comes "
            f"{how_often.max()} times."
        )
    return found.astype(np.int64)


def check_like(name, given, array):
    """Refuse what cannot take the place of an array without being changed."""
    shape, dtype = getattr(given, "shape", None), getattr(given, "dtype", None)
    if shape != array.shape or dtype != array.dtype:
        found = "nothing" if given is None else f"{dtype} of shape {shape}"
        raise ValueError(f"{name} must be {array.dtype} of shape {array.shape}, got {found}.")
