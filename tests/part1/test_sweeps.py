"""Sweeps: every run is accounted for, whatever happens to some of them."""

import importlib.util
import json
import linecache
import os
import signal
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from src_part1 import sweeps
from src_part1.sweep_store import fingerprint
from src_part1.sweeps import SweepError, sweep

Pair = namedtuple("Pair", "first second")


def product(rng, a, b=1.0):
    return {"product": a * b, "drawn": rng.random()}


def fails_at_two(rng, a):
    if a == 2:
        raise ValueError("a must not be 2")
    return a


def dies_at_two(rng, a):
    if a == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return a


def dies_once(rng, a, folder):
    mark = Path(folder) / "died"
    if a == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return a


def logged(rng, a, folder):
    with (Path(folder) / f"log-{a}").open("a") as file:
        file.write("x")
    return a


def calls(folder):
    return {path.name: len(path.read_text()) for path in sorted(Path(folder).glob("log-*"))}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_all_combinations_and_seeds_in_order(n_jobs):
    found = sweep(
        product, {"a": [1, 2], "b": [0.5, 3.0]}, seeds=(7, 8), n_jobs=n_jobs, progress=False
    )
    table = found.table
    np.testing.assert_array_equal(table["a"], [1, 1, 1, 1, 2, 2, 2, 2])
    np.testing.assert_array_equal(table["b"], [0.5, 0.5, 3, 3, 0.5, 0.5, 3, 3])
    np.testing.assert_array_equal(table["seed"], [7, 8] * 4)
    np.testing.assert_array_equal(table["product"], table["a"] * table["b"])
    drawn = [np.random.default_rng(seed).random() for seed in (7, 8)]
    np.testing.assert_array_equal(table["drawn"], drawn * 4)
    assert (table["error"] == "").all()
    assert found.raise_failures() is found
    processes = {run["provenance"]["process"] for run in found.runs}
    assert (processes == {os.getpid()}) == (n_jobs == 1)
    for run in found.runs:
        assert run["provenance"]["function"].endswith("test_sweeps.product")
        assert run["provenance"]["recorded_rnn"] == sweeps._VERSION


def test_combinations_can_be_listed_and_named_tuples_returned():
    found = sweep(
        lambda rng, a, kind: Pair(len(kind), a), [{"a": 1, "kind": "x"}, {"a": 2, "kind": "yz"}],
        n_jobs=1, progress=False,
    )
    assert list(found.table["first"]) == [1, 2]
    assert list(found.table["kind"]) == ["x", "yz"]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_run_that_fails_is_reported_and_the_others_go_on(n_jobs):
    with pytest.warns(UserWarning, match="1 of 3 runs failed"):
        found = sweep(fails_at_two, {"a": [1, 2, 3]}, n_jobs=n_jobs, progress=False)
    np.testing.assert_array_equal(found.table["value"], [1, np.nan, 3])
    assert list(found.table["error"]) == ["", "ValueError: a must not be 2", ""]
    assert "in fails_at_two" in found.failed[0]["traceback"]
    with pytest.raises(SweepError, match="1 of 3 runs failed, the first with {'a': 2} and seed 0"):
        found.raise_failures()


@pytest.mark.filterwarnings("ignore:A worker stopped")
def test_a_run_that_kills_its_process_takes_no_other_along():
    with pytest.warns(UserWarning, match="1 of 6 runs failed"):
        found = sweep(dies_at_two, {"a": [0, 1, 2, 3, 4, 5]}, n_jobs=2, progress=False)
    np.testing.assert_array_equal(found.table["value"], [0, 1, np.nan, 3, 4, 5])
    assert "process ended without a result" in found.failed[0]["error"]


def test_an_interrupted_sweep_does_only_what_is_missing(tmp_path):
    grid = {"a": [1, 2, 3], "folder": [str(tmp_path)]}

    def stops(rng, a, folder):
        if len(calls(folder)) == 2 and not Path(folder, "stopped").exists():
            Path(folder, "stopped").touch()
            raise KeyboardInterrupt
        return logged(rng, a, folder)

    runs = tmp_path / "runs"
    with pytest.raises(KeyboardInterrupt):
        sweep(stops, grid, folder=runs, n_jobs=1, progress=False)
    assert calls(tmp_path) == {"log-1": 1, "log-2": 1}
    found = sweep(stops, grid, folder=runs, n_jobs=1, progress=False)
    assert calls(tmp_path) == {"log-1": 1, "log-2": 1, "log-3": 1}
    assert list(found.table["value"]) == [1, 2, 3]
    assert not list(runs.glob("*.part"))
    sweep(stops, grid, folder=runs, n_jobs=1, progress=False)
    assert calls(tmp_path) == {"log-1": 1, "log-2": 1, "log-3": 1}


def test_damaged_and_failed_runs_are_done_again(tmp_path):
    grid = {"a": [1, 3], "folder": [str(tmp_path)]}
    sweep(logged, grid, folder=tmp_path / "runs", n_jobs=1, progress=False)
    first, second = sorted((tmp_path / "runs").glob("run-*.json"))
    first.write_text(first.read_text()[:40])
    run = json.loads(second.read_text())
    second.write_text(json.dumps(run | {"error": "MemoryError: "}))
    with pytest.warns(UserWarning, match="is damaged .* done again"):
        sweep(logged, grid, folder=tmp_path / "runs", n_jobs=1, progress=False)
    assert calls(tmp_path) == {"log-1": 2, "log-3": 2}


NOTEBOOK = """
import functools
import numpy as np

scale = 2.0
rates = np.arange(3.0)
unused = 1

def helper(x):
    return scale * x

def inner(rng, a):
    def deeper():
        return [helper(a) for _ in range(3)]
    return sum(deeper())

def outer(offset):
    def from_outside(rng, a, more=offset):
        return a + offset
    return from_outside

def reads(rng, a):
    return a * rates.sum() + len(np.__name__)

first = lambda x: x + 1
second = lambda x: x + 2

def lambdas(rng, a):
    return first(a) + second(lambdas.__name__ == a)

closed, fixed = outer(1), functools.partial(inner, a=3)
"""


def fingerprints(folder, text):
    """Fingerprints of the functions of a module with this text."""
    folder.mkdir(exist_ok=True)
    path = folder / "notebook.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location("notebook", path)
    module = importlib.util.module_from_spec(spec)
    linecache.checkcache()
    spec.loader.exec_module(module)
    return {
        name: fingerprint(getattr(module, name))
        for name in ("inner", "closed", "fixed", "reads", "lambdas")
    }


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("scale = 2.0", "scale = 3.0", {"inner", "fixed"}),
        ("scale * x", "x * scale", {"inner", "fixed"}),
        ("outer(1)", "outer(2)", {"closed"}),
        ("a=3", "a=4", {"fixed"}),
        ("arange(3.0)", "arange(4.0)", {"reads"}),
        ("a * rates", "rates * a", {"reads"}),
        ("x + 1", "x + 3", {"lambdas"}),
        ("x + 2", "x + 4", {"lambdas"}),
        ("unused = 1", "unused = 2", set()),
    ],
)
def test_a_run_is_the_same_as_long_as_all_that_it_says_and_reads_is(tmp_path, old, new, changes):
    before = fingerprints(tmp_path / "before", NOTEBOOK)
    assert fingerprints(tmp_path / "again", NOTEBOOK) == before
    assert NOTEBOOK.count(old) == 1
    after = fingerprints(tmp_path / "after", NOTEBOOK.replace(old, new))
    assert {name for name in before if after[name] != before[name]} == changes


def test_a_fingerprint_is_the_same_in_another_process():
    program = (
        "from src_part1.sweep_store import fingerprint; from tests.part1 import test_sweeps; "
        "print(fingerprint(test_sweeps.logged), fingerprint(test_sweeps.fingerprints))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True, text=True, check=True,
    )
    assert done.stdout.split() == [fingerprint(logged), fingerprint(fingerprints)]


def test_an_edited_function_is_run_anew(tmp_path):
    def times(factor):
        return lambda rng, a: factor * a

    for factor in (1, 10):
        found = sweep(times(factor), {"a": [1]}, folder=tmp_path, n_jobs=1, progress=False)
        assert found.table["value"][0] == factor


def test_what_cannot_be_recognised_later_is_not_kept(tmp_path):
    typed = {}
    exec("def function(rng, a): return a", typed)
    with pytest.raises(TypeError, match="folder cannot be used: the text of function"):
        sweep(typed["function"], {"a": [1]}, folder=tmp_path, progress=False)
    with (tmp_path / "file").open("w") as file:
        with pytest.raises(TypeError, match="file is TextIOWrapper, which cannot be"):
            sweep(lambda rng, a: file.write(a), {"a": ["x"]}, folder=tmp_path, progress=False)
    assert not list(tmp_path.glob("run-*"))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"function": 3}, TypeError, "function must be callable, got int"),
        ({"grid": {}}, None, ""),
        ({"grid": {"a": []}}, ValueError, r"grid\['a'\] must not be empty"),
        ({"grid": {"a": "text"}}, TypeError, r"grid\['a'\] must be a sequence, got str"),
        ({"grid": {"a": [np.zeros(3)]}}, TypeError, "numbers, texts, booleans or None, got array"),
        ({"grid": {"seed": [1]}}, ValueError, "not one of .*got 'seed'"),
        ({"grid": [{"a": 1}, {"b": 1}]}, ValueError, "same names in the same order"),
        ({"grid": 3}, TypeError, "grid must be a sequence, got int"),
        ({"seeds": ()}, ValueError, "seeds must not be empty"),
        ({"seeds": (1, 1)}, ValueError, "seeds must differ"),
        ({"seeds": (-1,)}, ValueError, "seeds must be at least 0, got -1"),
        ({"seeds": (0.5,)}, TypeError, "seeds must be"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be -1 or at least 1, got 0"),
        ({"n_jobs": -3}, ValueError, "n_jobs must be at least -1"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(change, error, message):
    ran = []

    def function(rng, **settings):
        ran.append(settings)
        return 1

    arguments = {"function": function, "grid": {"a": [1]}, "n_jobs": 1, "progress": False} | change
    if error is None:
        assert len(sweep(**arguments).table) == 1
        return
    with pytest.raises(error, match=message):
        sweep(**arguments)
    assert not ran


def test_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="folder .* cannot be written"):
        sweep(product, {"a": [1]}, folder=tmp_path / "file", n_jobs=1, progress=False)


def test_a_result_that_is_no_number_is_a_failed_run():
    with pytest.warns(UserWarning, match="1 of 1 runs failed"):
        found = sweep(lambda rng, a: [1, 2], {"a": [1]}, n_jobs=1, progress=False)
    assert "must return a number" in found.table["error"][0]


@pytest.fixture
def client():
    """A cluster of two processes on this machine."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
            silence_logs=50,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def slow(rng, a):
    time.sleep(0.3)
    return {"a_squared": a * a, "process": os.getpid()}


def test_the_same_call_runs_on_a_cluster(client):
    found = sweep(slow, {"a": [1, 2, 3, 4]}, progress=False)
    assert list(found.table["a_squared"]) == [1, 4, 9, 16]
    workers = set(client.run(os.getpid).values())
    assert set(found.table["process"]) == workers


def test_a_worker_of_the_cluster_is_killed_during_the_work(client, tmp_path):
    workers = set(client.run(os.getpid).values())
    killed = []

    class Killer:
        """Kills a worker when the first run is back."""

        def __call__(self, run):
            if not killed:
                killed.append(min(workers))
                os.kill(killed[0], signal.SIGKILL)

    save, killer = sweeps.Store.save, Killer()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweeps.Store, "save", lambda self, run: (save(self, run), killer(run)))
        found = sweep(slow, {"a": list(range(12))}, folder=tmp_path, progress=False)
    assert killed
    assert list(found.table["a_squared"]) == [a * a for a in range(12)]
    assert (found.table["error"] == "").all()
    assert len(list(tmp_path.glob("run-*.json"))) == 12


@pytest.mark.filterwarnings("ignore:A worker stopped")
def test_a_process_that_dies_once_is_given_another_try(tmp_path):
    grid = {"a": [1, 2, 3], "folder": [str(tmp_path)]}
    found = sweep(dies_once, grid, n_jobs=2, progress=False)
    assert list(found.table["value"]) == [1, 2, 3]
