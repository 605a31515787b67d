"""All kernels are compiled ahead where that is asked for, and none where it is switched off."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import importlib, pkgutil
import numpy as np
from numba.core.dispatcher import Dispatcher
import src_part3
from course.part3 import check_rls_update, warm_kernels
from src_part3.evaluation import evaluate
from src_part3.training import train
from tests.part3.small import TRAINING, small_task

def compiled():
    modules = [importlib.import_module(m.name)
               for m in pkgutil.walk_packages(src_part3.__path__, "src_part3.")]
    kernels = {k for m in modules for k in vars(m).values() if isinstance(k, Dispatcher)}
    return sorted((k.py_func.__name__, str(s)) for k in kernels for s in k.signatures)

warm_kernels()
before = compiled()
assert {name for name, _ in before} >= {"advance_steps", "learn_neurons"}
for clock in ("none", "common", "per_condition"):
    task = small_task(clock=clock, n_inputs=5)
    weights = train(task, TRAINING, progress=False).weights
    evaluate(task, weights, np.random.default_rng(0), n_trials=2)
check_rls_update(None)
assert compiled() == before, set(compiled()) - set(before)
"""


def run(program, **variables):
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=os.environ | variables, text=True,
        capture_output=True, check=False,
    )
    assert done.returncode == 0, done.stderr


def test_after_warming_no_kernel_is_compiled_by_a_training():
    run(PROGRAM, MPLBACKEND="Agg")


def test_all_parts_can_be_imported_and_stepped_through_without_numba():
    run("""
import numpy as np, src_part1, src_part2, src_part3
rls = src_part3.SparseRLS([[0, 1]], 3, 1.0, n_shared=1)
rls.update(np.eye(3), np.ones((3, 1)))
np.testing.assert_allclose(np.concatenate(rls.solve(), axis=1), 0.5)
""", NUMBA_DISABLE_JIT="1")
