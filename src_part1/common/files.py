"""Files that are written as a whole or not at all, and arrays that are read without pickle."""

from __future__ import annotations

import contextlib
import os
import sys
import uuid
from pathlib import Path

import numpy as np

_PART1 = Path(__file__).resolve().parents[1]


def shipped_file(name):
    """Return where a file of the folder `data` is, in a copy of the project or installed."""
    installed = _PART1 / "data" / name  # a wheel has the folder's files there
    return installed if installed.is_file() else _PART1.parent / "data" / name


def find_path(source):
    """Return a path that exists, seen from the working folder or from beside the notebook.

    The first cell of a notebook changes the working folder; IPython remembers where it began.
    Raises FileNotFoundError, which names the folders that were looked in.
    """
    path = Path(source)
    with contextlib.suppress(RuntimeError):  # "~" of a user without a home
        path = path.expanduser()
    folders = [Path.cwd()]
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is not None:
        folders += [Path(folder) for folder in shell.user_ns.get("_dh", [])[:1]]
    for folder in dict.fromkeys(folders):
        if (folder / path).exists():
            return folder / path
    where = "" if path.is_absolute() else f" in {' or '.join(map(str, dict.fromkeys(folders)))}"
    raise FileNotFoundError(f"there is no file or folder {str(path)!r}{where}.")


def replace_file(path, write):
    """Write a new file beside an old one, then let it take the old one's place.

    Raises
    ------
    OSError
        If it cannot be written, for example because the disk is full. What was there before is
        untouched then.
    """
    path = Path(path)
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        with temporary.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise OSError(
            error.errno,
            f"could not be written ({error.strerror or error}), the earlier content is unchanged",
            str(path),
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def read_arrays(path):
    """Read all arrays of a ``.npz`` file, none of which can make it run code.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise
    except Exception as error:  # bytes that nobody wrote on purpose raise anything
        raise ValueError(f"{error or type(error).__name__}") from error
