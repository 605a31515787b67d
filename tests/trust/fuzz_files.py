"""Damage valid files at random and read them; print how often what happened.

    python -m tests.trust.fuzz_files --number 1000 --seed 0

Reading has to end in a result or in the reader's documented error, within `SECONDS`, without any
code of the file being run. Bytes are changed, cut, moved and inserted; or one array of the archive
gets another header, other numbers or another type, and the checksum is made right again, so that
the damage goes deeper than the door.
"""

from __future__ import annotations

import argparse
import collections
import io
import json
import signal
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

import numpy as np

from src_part1.recordings import load_recordings
from src_part3.storage import (
    StorageError,
    _checksum,
    load_network,
    load_training,
    save_network,
    save_training,
)
from src_part3.training import Training
from tests.part3.small import small_recordings, small_task

SECONDS = 20
FORBIDDEN = {
    "exec.file", "os.exec", "os.fork", "os.posix_spawn", "os.system",
    "pickle.find_class", "socket.connect", "subprocess.Popen",
}
ODD_VALUES = (
    None, True, -1, 0, 10**30, 1e308, -1e-300, float("nan"), float("inf"), "", "x", [], [1, "a"],
    {}, {"n_exc": 1}, [[[]]],
)
ODD_HEADERS = (
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }",
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (-5,), }",
    b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), 'more': 1}",
    b"{'descr': [('a', '<f8')], 'fortran_order': True, 'shape': (3,), }",
    b"{'descr': '<U99999999', 'fortran_order': False, 'shape': (9,), }",
    b"__import__('os').system('true')",
    b"(" * 3000 + b")" * 3000,
    b"{'descr': \xff\xfe",
    b"",
)


class Ran(BaseException):
    """Reading a file started something that no reader may start."""


class TooSlow(BaseException):
    """Reading a file took longer than `SECONDS`."""


def refuse(event, _):
    """Audit hook: raise for whatever a reader may not do."""
    if event in FORBIDDEN:
        raise Ran(event)


def too_slow(*_):
    """Signal handler of the alarm."""
    raise TooSlow


def damaged_bytes(content, rng):
    """Return bytes with one to eight random changes."""
    content = bytearray(content)
    for _ in range(rng.integers(1, 9)):
        size = len(content)
        at, length = int(rng.integers(0, size)), int(rng.integers(1, 40))
        match rng.integers(0, 5):
            case 0:
                content[at] ^= 1 << int(rng.integers(0, 8))
            case 1 if size > 100:
                del content[at:]
            case 2 if size > 100:
                del content[at : at + length]
            case 3:
                content[at:at] = rng.bytes(length)
            case 4:
                other = int(rng.integers(0, size))
                content[at : at + length] = content[other : other + length]
        if not content:
            content = bytearray(b"x")
    return bytes(content)


def odd_array(array, rng):
    """Return another array in the place of one."""
    array = np.atleast_1d(array)
    match rng.integers(0, 8):
        case 0:
            return array.astype(np.complex128) if array.dtype.kind in "fiu" else array[..., None]
        case 1:
            return array[..., :0]
        case 2:
            return np.array("text")
        case 3 if array.dtype.kind == "f" and array.size:
            array = array.copy()
            array.flat[rng.integers(0, array.size)] = rng.choice([np.nan, np.inf, -1e30, -1.0])
            return array
        case 4 if array.dtype.kind in "iu" and array.size:
            array = array.copy()
            limits = np.iinfo(array.dtype)
            array.flat[rng.integers(0, array.size)] = rng.choice([limits.min, limits.max])
            return array
        case 5:
            return np.asfortranarray(array[..., None])
        case 6:
            return array.astype(array.dtype.newbyteorder(">"))
        case _:
            return np.repeat(array[None], 2, axis=0)


def odd_meta(meta, rng):
    """Return JSON in which one value, at any depth, is another one."""
    values = json.loads(meta.tobytes())
    place = values
    while True:
        key = rng.choice(list(place))
        if not isinstance(place[key], dict) or rng.random() < 0.2:
            break
        place = place[key]
    if rng.random() < 0.2:
        del place[key]
    else:
        place[key] = ODD_VALUES[rng.integers(0, len(ODD_VALUES))]
    return np.frombuffer(json.dumps(values).encode(), np.uint8)


def damaged_archive(content, rng):
    """Return an archive of which one array is another one, with a valid checksum."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files if name != "checksum"}
    name = rng.choice(list(arrays))
    if "meta" in arrays and rng.random() < 0.6:
        arrays["meta"] = odd_meta(arrays["meta"], rng)
    elif rng.random() < 0.1:
        del arrays[name]
    elif rng.random() < 0.8:
        arrays[name] = odd_array(arrays[name], rng)
    if "meta" in arrays:
        arrays["checksum"] = _checksum(arrays)
    out = io.BytesIO()
    np.savez(out, **arrays)
    if rng.random() < 0.3:
        return with_odd_header(out.getvalue(), f"{name}.npy", rng)
    return out.getvalue()


def with_odd_header(content, member, rng):
    """Return an archive in which one array's header is odd, or the array is there twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.namelist():
            data = old.read(entry)
            if entry == member:
                header = ODD_HEADERS[rng.integers(0, len(ODD_HEADERS))]
                size = len(header).to_bytes(4, "little")
                data = b"\x93NUMPY\x02\x00" + size + header + data[128:]
            new.writestr(entry, data)
    return out.getvalue()


def originals(folder):
    """Write small valid files; return pairs of a reader and the bytes that it reads."""
    training = Training(small_task(), seed=5).run(1, progress=False)
    save_training(folder / "training.npz", training)
    save_network(folder / "network.npz", training.task, training.weights)
    small_recordings(n_neurons=4).save(folder / "recordings.npz")
    readers = {
        "training": (load_training, StorageError), "network": (load_network, StorageError),
        "recordings": (load_recordings, ValueError),
    }
    return {
        f"load_{kind}": (read, (folder / f"{kind}.npz").read_bytes(), documented)
        for kind, (read, documented) in readers.items()
    }


def fuzz(number, seed):
    """Read damaged files.

    Parameters
    ----------
    number : int
        How many.
    seed : int
        Source of the damage.

    Returns
    -------
    dict of str to int
        How often each reader read a file, refused it as documented, or did anything else.
    """
    rng, outcomes = np.random.default_rng(seed), collections.Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = originals(folder)
        sys.addaudithook(refuse)
        # A number that is cast loses what the file said of it.
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        signal.signal(signal.SIGALRM, too_slow)
        for k in range(number):
            reader, (read, content, documented) = list(files.items())[k % len(files)]
            damage = damaged_archive if rng.random() < 0.3 else damaged_bytes
            path = folder / "damaged.npz"
            path.write_bytes(damage(content, rng))
            signal.alarm(SECONDS)
            try:
                read(path)
                outcome = "read"
            except documented:
                outcome = "refused"
            except BaseException as error:
                outcome = f"{type(error).__name__}: {str(error)[:200]}"
            signal.alarm(0)
            outcomes[f"{reader}: {outcome}"] += 1
    return dict(outcomes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(json.dumps(fuzz(arguments.number, arguments.seed), indent=1, sort_keys=True))
