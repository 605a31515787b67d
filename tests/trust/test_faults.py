"""Killed processes, full disks and forbidden folders: nothing is lost, nothing half-written."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from src_part1.recordings import load_recordings
from src_part3.storage import load_training, save_network, save_training
from src_part3.training import Training
from tests.part3.small import TRAINING, small_task

resource = pytest.importorskip("resource", reason="Unix alone limits what a process may write")
ROOT = Path(__file__).resolve().parents[2]
TOTAL_LOOPS = 30
CHILD = f"""
import sys
from src_part3 import Training, save_training
from tests.part3.small import TRAINING, small_task
training = Training(small_task(), TRAINING, seed=5)
print("begins", flush=True)
def after_loop(training):
    save_training(sys.argv[1], training)
    print(training.n_done, flush=True)
training.run({TOTAL_LOOPS}, progress=False, n_threads=1, after_loop=after_loop)
"""


@pytest.fixture(scope="module")
def undisturbed():
    """Final state of the undisturbed training."""
    return Training(small_task(), TRAINING, seed=5).run(TOTAL_LOOPS, progress=False).state()


def killed_and_resumed(path, n_loops, delay):
    """Kill a training some seconds after so many loops; return loops saved and the final state."""
    child = subprocess.Popen([sys.executable, "-c", CHILD, path], cwd=ROOT, stdout=subprocess.PIPE)
    for _ in range(1 + n_loops):
        assert child.stdout.readline()
    time.sleep(delay)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    training = load_training(path) if path.exists() else Training(small_task(), TRAINING, seed=5)
    n_done = training.n_done
    return n_done, training.run(TOTAL_LOOPS, progress=False).state()


@pytest.mark.parametrize("n_kills", [2, pytest.param(20, marks=pytest.mark.soak)])
def test_a_killed_training_ends_with_the_same_bits(undisturbed, tmp_path, n_kills):
    rng, done = np.random.default_rng(n_kills), []
    for k in range(n_kills):
        n_loops, delay = int(rng.integers(0, TOTAL_LOOPS - 5)), rng.uniform(0, 0.2)
        n_done, state = killed_and_resumed(tmp_path / f"{k}.npz", n_loops, delay)
        done.append(n_done)
        assert n_done >= n_loops
        assert state.keys() == undisturbed.keys()
        for name, array in undisturbed.items():
            np.testing.assert_array_equal(state[name], array, err_msg=f"{name}, kill {k}")
    assert min(done) < TOTAL_LOOPS, "no kill came before the end"


@pytest.fixture(scope="module")
def training():
    return Training(small_task(), TRAINING, seed=5).run(1, progress=False)


@contextlib.contextmanager
def files_no_longer_than(n_bytes):
    """Let the system refuse to write more than this, as on a full disk."""
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)


def writers(training):
    """Each way to write a file of the library."""
    return {
        "training": lambda path: save_training(path, training),
        "network": lambda path: save_network(path, training.task, training.weights),
        "recordings": load_recordings("synthetic").save,
    }


@pytest.mark.parametrize("kind", ["training", "network", "recordings"])
@pytest.mark.parametrize("n_bytes", [0, 100, 5000])
def test_a_full_disk_leaves_the_last_good_file(training, tmp_path, kind, n_bytes):
    write, path = writers(training)[kind], tmp_path / "file.npz"
    write(path)
    before = path.read_bytes()
    assert len(before) > n_bytes
    with (
        files_no_longer_than(n_bytes),
        pytest.raises(OSError, match="content is unchanged") as caught,
    ):
        write(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["file.npz"]


@contextlib.contextmanager
def forbidden_folder():
    """A folder in which this process must not write."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "file.npz"
    path.write_bytes(b"earlier")
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    try:
        if is_root:
            os.seteuid(65534)  # root may write everywhere
        yield path
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)
        path.unlink()
        folder.rmdir()


@pytest.mark.parametrize("kind", ["training", "network", "recordings"])
def test_a_read_only_folder_is_named(training, kind):
    with forbidden_folder() as path:
        with pytest.raises(PermissionError, match="content is unchanged") as caught:
            writers(training)[kind](path)
        assert str(path) in str(caught.value)
        assert path.read_bytes() == b"earlier"
