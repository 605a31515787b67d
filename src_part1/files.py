"""Files that are whole: written in one go, read only if each array is as long as it says."""

from __future__ import annotations

import contextlib
import math
import os
import uuid
import zipfile
from pathlib import Path

import numpy as np


def replace_file(path, write):
    """Write a new file beside an old one, then let it take the old one's place.

    Parameters
    ----------
    path : path-like
        The file.
    write : callable
        ``write(file)`` writes the contents to a binary file.

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
            f"could not be written ({error.strerror or error}), what was there before is untouched",
            str(path),
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def read_arrays(path):
    """Read all arrays of a ``.npz`` file; no file makes it run code or take memory for nothing.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    dict of str to ndarray
        Its arrays.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is something else, damaged, or holds pickled objects.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.filename.endswith(".npy"):  # NumPy hands on others as plain bytes
                    with archive.open(member) as file:
                        _check_length(file, member)
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise
    except Exception as error:  # bytes that nobody wrote on purpose raise anything
        raise ValueError(f"{error or type(error).__name__}") from error


def _check_length(file, member):
    form = np.lib.format
    read_header = {
        (1, 0): form.read_array_header_1_0, (2, 0): form.read_array_header_2_0,
    }[form.read_magic(file)]
    shape, _, dtype = read_header(file)
    if dtype.hasobject:
        raise ValueError(f"{member.filename} holds pickled objects")
    expected = math.prod(shape) * dtype.itemsize
    if expected != member.file_size - file.tell():
        raise ValueError(f"{member.filename} is not as long as its header says")
