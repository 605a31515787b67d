"""A forked process goes on where its parent's threads cannot, with the same results."""

import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Threads of numba have run in the parent when the pool forks.
PROGRAM = """
import multiprocessing, sys
import numba, numpy as np
import src_part1
from src_part1.kernels import PARALLEL_FROM, PARALLEL_STEPS_FROM
from src_part3 import SparseRLS

def job(kind):
    rng = np.random.default_rng(1)
    n = PARALLEL_FROM
    if kind == "network":
        n = PARALLEL_STEPS_FROM
        p = src_part1.RateNetworkParameters(n_units=n)
        weights = src_part1.random_weights(p, rng)
        return src_part1.simulate(weights, p, 50.0, initial_rates=rng.normal(size=n)).rates
    if kind == "dense":
        weights, rls = np.zeros((n, n)), src_part1.AllToAllRLS(n)
        for _ in range(3):
            rls.update(weights, rng.normal(size=n), rng.normal(size=n))
        return weights
    index = np.array([rng.choice(60, 8, replace=False) for _ in range(30)])
    rls = SparseRLS(index, 60, ridge=1.0)
    rls.update(rng.normal(size=(3, 60)), rng.normal(size=(3, 30)))
    return rls.solve()[0]

kinds = ["network", "dense", "sparse"]
ours = [job(kind) for kind in kinds]
print(numba.threading_layer())
with multiprocessing.get_context("fork").Pool(2) as pool:
    theirs = pool.map(job, kinds)
print([np.array_equal(a, b) for a, b in zip(ours[:2], theirs[:2])])
print(np.allclose(ours[2], theirs[2], rtol=1e-9, atol=1e-12))
"""


@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork"
)
def test_a_forked_pool_neither_hangs_nor_differs():
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True,
        timeout=240, check=True,
    )
    # Part 3's kernel may add up in another order, the compiler's choice.
    assert done.stdout.splitlines()[1:] == ["[True, True]", "True"], done.stdout


def test_recordings_load_where_no_cache_can_be_written_and_a_variable_is_named(tmp_path):
    copy = tmp_path / "copy"
    skip = shutil.ignore_patterns("__pycache__")
    for folder in ("src_part1", "data"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=skip)
    (copy / "src_part1/__pycache__").write_text("a file in place of the folder")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")
    } | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"} | dict.fromkeys(
        ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"), os.devnull
    )

    def run():
        program = "import src_part1; print(src_part1.load_recordings('synthetic').n_neurons)"
        return subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True,
            check=True, cwd=tmp_path,
        )

    warned = run()
    assert "in the environment variable NUMBA_CACHE_DIR" in warned.stderr
    environment["NUMBA_CACHE_DIR"] = str(tmp_path / "kept")
    assert (run().stdout, run().stderr) == (warned.stdout, "")
