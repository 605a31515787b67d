"""Finished runs of a sweep in a folder, and how to know that a saved run is still the same one."""

from __future__ import annotations

import dis
import functools
import hashlib
import inspect
import json
import types
import uuid
import warnings
from pathlib import Path

import joblib

from src_part1.files import replace_file

FORMAT = "recorded-rnn-sweep-2"


def name_of(function):
    """Return module and name of a function, also of one with fixed arguments.

    Parameters
    ----------
    function : callable
        The function.

    Returns
    -------
    str
        For example ``"my_module.train_once"``.
    """
    while isinstance(function, functools.partial):
        function = function.func
    kind = type(function)
    module = getattr(function, "__module__", kind.__module__)
    return f"{module}.{getattr(function, '__qualname__', kind.__qualname__)}"


def fingerprint(function):
    """Return a number that changes with everything that a function says and reads.

    That is its text, the texts of what it calls in its own module or notebook, and the values of
    all variables from outside, arguments fixed by ``functools.partial`` among them. Of functions
    of other modules only the names count.

    Parameters
    ----------
    function : callable
        The function.

    Returns
    -------
    str
        SHA-256 in hexadecimal digits.

    Raises
    ------
    TypeError
        If a text cannot be found, or a value cannot be compared with a later one.
    """
    parts = {}
    _describe("function", function, name_of(function).split(".")[0], parts, set())
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _describe(place, value, home, parts, seen):
    """Put what has to stay the same into ``parts``, under the place where it is first found."""
    value = getattr(value, "py_func", value)  # what numba compiles
    if isinstance(value, functools.partial):
        _describe(f"{place}.func", value.func, home, parts, seen)
        _describe(f"{place}.args", (value.args, value.keywords), home, parts, seen)
    elif isinstance(value, types.MethodType):
        _describe(f"{place}.self", value.__self__, home, parts, seen)
        _describe(f"{place}.function", value.__func__, home, parts, seen)
    elif isinstance(value, types.ModuleType):
        parts[place] = value.__name__
    elif isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
        parts[place] = name = name_of(value)
        if id(value) in seen or name.split(".")[0] != home:
            return
        seen.add(id(value))
        parts[f"{place}, text"] = _text(place, value)
        if isinstance(value, types.FunctionType):
            outside = {"its defaults": (value.__defaults__, value.__kwdefaults__)} | _outside(value)
            for variable in sorted(outside):  # the same order in every process
                _describe(f"{place}: {variable}", outside[variable], home, parts, seen)
    else:
        try:
            parts[place] = joblib.hash(value)
        except Exception as error:  # an object may refuse in any way
            raise TypeError(
                f"folder cannot be used: {place} is {type(value).__name__}, which cannot be "
                f"compared with a later one ({error}). Make it inside of the function."
            ) from error


def _text(place, value):
    try:
        return inspect.getsource(value)
    except (OSError, TypeError):
        raise TypeError(
            f"folder cannot be used: the text of {place} cannot be found, so that nobody could "
            "tell later whether it changed. Write it into a file or a notebook."
        ) from None


def _outside(function):
    """Variables that a function, or a function inside of it, reads and does not make."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    found = {name: cell.cell_contents for name, cell in cells}
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        codes += [inner for inner in code.co_consts if isinstance(inner, types.CodeType)]
        read = {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
        found |= {
            name: function.__globals__[name] for name in read if name in function.__globals__
        }
    return found


class Store:
    """Finished runs in a folder, one file each, or nowhere.

    Parameters
    ----------
    folder : path-like or None
        The folder; it is made.
    function : callable
        Whose runs are kept.

    Raises
    ------
    ValueError
        If the folder cannot be written.
    TypeError
        If nobody could tell later whether the function is still the same.
    """

    def __init__(self, folder, function):
        self.folder = None if folder is None else Path(folder)
        if self.folder is None:
            return
        self._function = [name_of(function), fingerprint(function)]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            probe = self.folder / f"{uuid.uuid4().hex}.part"
            probe.touch(exist_ok=False)
            probe.unlink()
        except OSError as error:
            raise ValueError(f"folder {self.folder} cannot be written: {error}") from error

    def _path(self, settings, seed):
        key = json.dumps([FORMAT, *self._function, settings, seed], sort_keys=True)
        return self.folder / f"run-{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"

    def load(self, settings, seed):
        """Return a run that succeeded before, or None.

        Parameters
        ----------
        settings : dict
            Settings of the run.
        seed : int
            Seed of the run.

        Returns
        -------
        dict or None
            The run.
        """
        if self.folder is None:
            return None
        try:
            run = json.loads(self._path(settings, seed).read_text(encoding="utf-8"))
            whole = run["format"] == FORMAT and run["error"] == "" and run["seed"] == seed
            whole = whole and run["settings"] == settings and isinstance(run["values"], dict)
            return run if whole else None
        except FileNotFoundError:
            return None
        except (KeyError, TypeError, UnicodeDecodeError, ValueError, RecursionError) as error:
            warnings.warn(
                f"{self._path(settings, seed)} is damaged ({error!r}); this run is done again.",
                stacklevel=3,
            )
            return None

    def save(self, run):
        """Keep a run; an interruption leaves either no file or a whole one.

        Parameters
        ----------
        run : dict
            The run.
        """
        if self.folder is not None:
            path = self._path(run["settings"], run["seed"])
            replace_file(path, lambda file: file.write(json.dumps(run, indent=1).encode()))
