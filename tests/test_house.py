"""The rules of CONTRIBUTING that a program can check."""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import threading
import typing
from pathlib import Path

import numba
import numpy as np
import pytest

from src_part3 import make_task, train
from tests.part3.small import NETWORK, TRAINING, TRIAL, small_recordings

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("src_part1", "src_part2", "src_part3")
MOST_EXPORTS, MOST_ARGUMENTS = 36, 15
# From make_task to the end of the first loop of train, checks and properties included.
MOST_FUNCTIONS, MOST_FILES = 46, 11
# Words that had another meaning elsewhere, or that a reader would have to guess.
RETIRED = re.compile(
    r"at the door|through (its|the) door|without more ado|turned? by hand|"
    r"\bSharedRLS|\bSharedInputRLS|\bCortexTask|\bsample_trial\b|\bscan_\w+\("
)


def modules_of(part):
    """All modules of a part, imported."""
    package = importlib.import_module(part)
    found = pkgutil.walk_packages(package.__path__, f"{part}.")
    return [package, *(importlib.import_module(module.name) for module in found)]


MODULES = [module for part in (*PARTS, "course") for module in modules_of(part)]
PACKAGES = [module for module in MODULES if hasattr(module, "__path__")]
CLASSES = {
    value for module in MODULES for value in vars(module).values()
    if inspect.isclass(value) and value.__module__ == module.__name__
}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_a_packages_docstring_lists_all_that_is_in_it(package):
    named = re.findall(r"^``(\w+)``$", package.__doc__, re.MULTILINE)
    there = [module.name for module in pkgutil.iter_modules(package.__path__)]
    assert sorted(named) == sorted(there)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_exports_few_names_in_order_and_nothing_else(part):
    package = importlib.import_module(part)
    assert len(package.__all__) <= MOST_EXPORTS
    assert package.__all__ == sorted(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)


@pytest.mark.parametrize("part", PARTS)
def test_importing_a_part_loads_nothing_heavy(part):
    heavy = "matplotlib.pyplot", "requests", "pooch", "joblib", "ipywidgets", "h5py", "pynwb"
    program = f"import sys, {part}; print([m for m in {heavy} if m in sys.modules])"
    printed = subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True)
    assert printed.strip() == "[]"


def test_no_function_takes_more_arguments_than_can_be_read():
    for module in MODULES:
        for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                a = node.args
                n = len(a.posonlyargs) + len(a.args) + len(a.kwonlyargs)
                assert n <= MOST_ARGUMENTS, f"{module.__name__}.{node.name} takes {n} arguments"


def test_no_kernel_calls_a_kernel_of_another_file():
    n_kernels = 0
    for module in MODULES:
        kernels = {name: value.py_func for name, value in vars(module).items()
                   if isinstance(value, numba.core.dispatcher.Dispatcher)}
        own = {n for n, kernel in kernels.items() if kernel.__module__ == module.__name__}
        n_kernels += len(own)
        for name in own:
            called = set(kernels[name].__code__.co_names) & kernels.keys()
            assert called <= own, f"{name} calls {called - own}"
    assert n_kernels > 20


def holds_arrays(record, seen=()):
    """Whether a record, or a record in it, has a field for an array."""
    fields = getattr(record, "_fields", getattr(record, "__dataclass_fields__", ()))
    hints = typing.get_type_hints(record)
    kinds = [k for name in fields for k in (hints[name], *typing.get_args(hints[name]))]
    return any(
        k is np.ndarray or getattr(k, "__module__", "").startswith("scipy")
        or k in CLASSES and k not in seen and holds_arrays(k, (*seen, record))
        for k in kinds
    )


def test_records_of_arrays_compare_without_an_error():
    # == of two arrays is an array, which is neither true nor false: the generated __eq__ raises.
    records = [record for record in CLASSES if holds_arrays(record)]
    assert len(records) > 25
    # What kernels take is made for one call and compared by nobody.
    compared = [r for r in records
                if not r.__name__.startswith("_") and "kernels" not in r.__module__]
    assert len(compared) > 20
    for method in ("__eq__", "__ne__"):
        wrong = [r.__name__ for r in compared if getattr(r, method) is not getattr(object, method)]
        assert wrong == [], method


def test_bounds_stand_beside_the_fields():
    parameters = [c for c in CLASSES if c.__name__.endswith(("Parameters", "Settings"))]
    assert len(parameters) >= 8
    for record in parameters:
        assert all("check" in f.metadata for f in dataclasses.fields(record)), record.__name__


def test_the_way_to_the_first_learned_weight_of_part_3_is_no_longer_than_it_was():
    recordings, found = small_recordings(110), set()

    def learn():
        task = make_task(recordings, network_parameters=NETWORK, trial_parameters=TRIAL)
        assert train(task, TRAINING, total_loops=1, progress=False).n_done == 1

    def note(frame, event, _):
        code, path = frame.f_code, Path(frame.f_code.co_filename)
        if event == "call" and any(part in path.parts for part in PARTS):
            if not code.co_name.startswith("<"):
                found.add((path, code.co_qualname))

    learn()  # what is compiled or computed once only is not on the way
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        learn()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    assert 40 < len(found) <= MOST_FUNCTIONS
    assert len({path for path, _ in found}) <= MOST_FILES


def test_retired_words_stay_retired():
    others = "course", "docs", "notebooks/source", "benchmarks", "experiments", "tools", "tests"
    for folder in (*PARTS, *others):
        for path in (ROOT / folder).rglob("*.[pm][yd]"):
            if path != Path(__file__):
                found = RETIRED.search(path.read_text(encoding="utf-8"))
                assert not found, (path, found[0])
