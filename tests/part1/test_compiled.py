"""Kernels run without a compiler, in threads, and whatever has happened to their cache."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TRAIN = """
import numpy as np, src_part1 as one, src_part2 as two, src_part3
from src_part1.training import train
rng = np.random.default_rng(0)
timing = one.TrialTiming(0.0, 1.0, 1.0, 3.0, 1.0)
p = one.RateNetworkParameters(6, dt=0.5)
task = one.RateTask(p, timing, rng.random((1, 6, 2)), rng.random((1, 6)))
weights, rls = one.forced_start(task, one.random_weights(p, rng), rank=3)
one.train(task, weights, rls=rls, n_loops=2, progress=False)
network = one.force_network(one.ForceParameters(n_units=10), rng)
one.train_force(network, np.ones(6), progress=False)
task = two.LIFTask(two.LIFParameters(), np.ones(4), timing, np.ones((1, 4, 2)), np.zeros((1, 4)))
two.train(task, np.zeros((4, 4)), rng, n_loops=1, progress=False)
"""
LEARN = "import numpy as np, src_part1\nsrc_part1.AllToAllRLS(3).update(" \
        "np.zeros((3, 3)), np.ones(3), np.ones(3))\nprint('learned')"
THREADS = """
import threading, numpy as np
from src_part1 import AllToAllRLS
rates = np.random.default_rng(0).normal(size=(20, 450))
found = []
def job():
    rls, weights = AllToAllRLS(450), np.zeros((450, 450))
    for r in rates:
        rls.update(weights, r, weights @ r - 1)
    found.append(weights)
threads = [threading.Thread(target=job) for _ in range(3)]
[t.start() for t in threads], [t.join() for t in threads]
print(len(found), all(np.array_equal(found[0], w) for w in found))
"""


def run(program, cwd=ROOT, **environment):
    return subprocess.run(
        [sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": str(cwd)} | environment,
        capture_output=True, text=True, timeout=300, check=False, cwd=cwd,
    )


def test_all_parts_can_be_stepped_through_without_the_compiler():
    done = run(TRAIN, NUMBA_DISABLE_JIT="1")
    assert done.returncode == 0, done.stderr


def test_threads_of_a_user_may_learn_side_by_side_on_every_threading_layer():
    done = run(THREADS, NUMBA_THREADING_LAYER="workqueue", NUMBA_NUM_THREADS="2")
    assert done.stdout.split() == ["3", "True"], done.stderr


def test_a_kernel_whose_files_were_cut_short_is_compiled_anew(tmp_path):
    cache = {"NUMBA_CACHE_DIR": str(tmp_path)}
    assert run(LEARN, **cache).returncode == 0
    # Of learn_all the code is damaged, and of what it calls the index as well.
    files = [*tmp_path.rglob("*.nbc"), *tmp_path.rglob("*_gain*.nbi")]
    whole = {path: path.stat().st_size for path in files}
    assert any("learn_all" in path.name for path in files) and len(files) > 3
    for path, size in whole.items():
        path.write_bytes(path.read_bytes()[: size // 2])
    done = run(LEARN, **cache)
    assert done.stdout == "learned\n", done.stderr
    # Twice the same code may differ by some bytes.
    assert all(path.stat().st_size > 0.9 * size for path, size in whole.items()), "written anew"


def test_without_a_place_for_the_cache_all_goes_on_with_a_warning_that_names_the_variable(tmp_path):
    copy = tmp_path / "copy"
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src_part1", copy / "src_part1", ignore=skip)
    (copy / "src_part1/__pycache__").write_text("a file in place of the folder")
    nowhere = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"), os.devnull)
    done = run(LEARN, copy, **nowhere, PYTHONDONTWRITEBYTECODE="1", NUMBA_CACHE_DIR="")
    assert done.stdout == "learned\n", done.stderr
    assert done.stderr.count("in the environment variable NUMBA_CACHE_DIR") == 1
