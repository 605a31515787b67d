"""Damage valid files at random and read them; print how often what happened.

    python -m tests.trust.fuzz_files --number 1000 --seed 0

Bytes of recordings, trained networks, trainings and runs of a sweep are changed, cut, moved and
inserted. Reading has to end in a result or in the reader's documented error, within `SECONDS`,
without any code of the file being run.
"""

from __future__ import annotations

import argparse
import collections
import json
import signal
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

import src_part3 as three
from src_part1 import load_recordings, sweep
from src_part3.storage import StorageError
from tests.part3.small import TRAINING, small_recordings, small_task

SECONDS = 20
FORBIDDEN = {
    "exec.file", "os.exec", "os.fork", "os.posix_spawn", "os.system",
    "pickle.find_class", "socket.connect", "subprocess.Popen",
}


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


def damaged(content, rng):
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


def draw(rng, scale):
    """Return what the run of the sweep keeps."""
    return {"drawn": scale * rng.random(), "word": "text"}


def go_on_with_sweep(path):
    """Read the run of a sweep; a damaged one raises its warning here instead of being redone."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        sweep(draw, {"scale": [2.0]}, folder=path.parent, n_jobs=1, progress=False)


def originals(folder):
    """Write small valid files; return reader, path and documented error of each kind."""
    training = three.Training(small_task(), TRAINING, seed=5).run(1, progress=False)
    three.save_training(folder / "training.npz", training)
    three.save_network(folder / "network.npz", training.task, training.weights)
    small_recordings(n_neurons=4).save(folder / "recordings.npz")
    sweep(draw, {"scale": [2.0]}, folder=folder, n_jobs=1, progress=False)
    (run,) = folder.glob("run-*.json")
    return {
        "load_training": (three.load_training, folder / "training.npz", StorageError),
        "load_network": (three.load_network, folder / "network.npz", StorageError),
        "load_recordings": (load_recordings, folder / "recordings.npz", ValueError),
        "sweep": (go_on_with_sweep, run, UserWarning),
    }


def fuzz(number, seed):
    """Read damaged files; return how often each reader did what."""
    rng, outcomes = np.random.default_rng(seed), collections.Counter()
    with tempfile.TemporaryDirectory() as name:
        files = {reader: (*rest, rest[1].read_bytes())
                 for reader, rest in originals(Path(name)).items()}
        sys.addaudithook(refuse)
        signal.signal(signal.SIGALRM, too_slow)
        for k in range(number):
            reader, (read, path, documented, content) = list(files.items())[k % len(files)]
            path.write_bytes(damaged(content, rng))
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
