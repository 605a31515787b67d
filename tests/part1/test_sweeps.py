"""Sweeps: every run is accounted for, whatever happens to some of them."""

import functools
import json
import os
import signal
import threading
import time
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from src_part1 import sweeps
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


def stops_before_the_third(rng, a, folder):
    if len(calls(folder)) == 2 and not Path(folder, "stopped").exists():
        Path(folder, "stopped").touch()
        raise KeyboardInterrupt
    return logged(rng, a, folder)


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


def test_named_tuples_and_numpy_numbers_can_be_returned():
    def function(rng, kind, a):
        return Pair(len(kind), np.float32(a))

    found = sweep(function, {"kind": ["x", "yz"], "a": [0.5]}, n_jobs=1, progress=False)
    assert list(found.table["first"]) == [1, 2]
    assert list(found.table["kind"]) == ["x", "yz"]
    np.testing.assert_array_equal(found.table["second"], 0.5)


def test_columns_of_any_kind_and_equal_names_stay_what_they_are():
    def function(rng, a, b):
        return {"a": -a, "seed": 5, "text or number": "x" if a == 1 else 2.5}

    table = sweep(function, {"a": [1, 2], "b": [None]}, n_jobs=1, progress=False).table
    assert table.dtype.names == (
        "a", "b", "seed", "a_returned", "seed_returned", "text or number", "seconds", "error"
    )
    assert list(table["a"]) == [1, 2] and list(table["a_returned"]) == [-1, -2]
    assert list(table["text or number"]) == ["x", 2.5]
    assert list(table["b"]) == [None, None]


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
    runs = tmp_path / "runs"
    with pytest.raises(KeyboardInterrupt):
        sweep(stops_before_the_third, grid, folder=runs, n_jobs=1, progress=False)
    assert calls(tmp_path) == {"log-1": 1, "log-2": 1}
    for _ in range(2):
        found = sweep(stops_before_the_third, grid, folder=runs, n_jobs=1, progress=False)
        assert calls(tmp_path) == {"log-1": 1, "log-2": 1, "log-3": 1}
        assert list(found.table["value"]) == [1, 2, 3]
    assert not list(runs.glob("*.part"))


def test_a_run_is_the_same_if_function_settings_and_seed_are(tmp_path):
    folder = str(tmp_path)
    for function, a, seed, n_runs in [
        (logged, 1, 0, 1), (logged, 1, 0, 1), (logged, 1.0, 0, 2), (logged, True, 0, 3),
        (logged, "1", 0, 4), (logged, float("nan"), 0, 5), (logged, float("nan"), 0, 5),
        (logged, 1, 3, 6), (dies_once, 1, 0, 7),
    ]:
        sweep(
            function, {"a": [a], "folder": [folder]}, seeds=(seed,), folder=folder, n_jobs=1,
            progress=False,
        )
        assert len(list(tmp_path.glob("run-*.json"))) == n_runs
    assert calls(tmp_path) == {"log-1": 3, "log-1.0": 1, "log-True": 1, "log-nan": 1}
    # The order of the settings means nothing.
    sweep(logged, {"folder": [folder], "a": [1]}, folder=folder, n_jobs=1, progress=False)
    assert calls(tmp_path)["log-1"] == 3


def test_a_kept_run_comes_back_as_it_was(tmp_path):
    first, again = (
        sweep(product, {"a": [1, 2]}, seeds=(3,), folder=tmp_path, n_jobs=1, progress=False)
        for _ in range(2)
    )
    assert first.runs == again.runs
    np.testing.assert_array_equal(first.table, again.table)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:40],
        lambda text: "",
        lambda text: "[1]",
        lambda text: "[" * 100_000,
        lambda text: text.replace('"value": 1', '"value": 7'),
        lambda text: text.replace('"sha256"', '"sha"'),
    ],
)
def test_a_damaged_run_is_warned_of_and_done_again(tmp_path, damage):
    grid, folder = {"a": [1], "folder": [str(tmp_path)]}, tmp_path / "runs"
    sweep(logged, grid, folder=folder, n_jobs=1, progress=False)
    (path,) = folder.glob("run-*.json")
    whole = path.read_text()
    assert damage(whole) != whole
    path.write_text(damage(whole))
    with pytest.warns(UserWarning, match="is damaged .* done again") as caught:
        found = sweep(logged, grid, folder=folder, n_jobs=1, progress=False)
    assert caught[0].filename == __file__
    assert calls(tmp_path) == {"log-1": 2}
    assert list(found.table["value"]) == [1]
    sweep(logged, grid, folder=folder, n_jobs=1, progress=False)
    assert calls(tmp_path) == {"log-1": 2}


def test_a_failed_run_is_kept_and_done_again(tmp_path):
    for _ in range(2):
        with pytest.warns(UserWarning, match="1 of 2 runs failed"):
            sweep(fails_at_two, {"a": [1, 2]}, folder=tmp_path, n_jobs=1, progress=False)
    errors = {
        json.loads(path.read_text())["run"]["error"] for path in tmp_path.glob("run-*.json")
    }
    assert errors == {"", "ValueError: a must not be 2"}


class Callable:
    def __call__(self, rng, a):
        return a

    method = __call__


def local():
    def function(rng, a):
        return a

    return function


@pytest.mark.parametrize(
    "function",
    [
        lambda rng, a: a, functools.partial(product, b=2.0), local(), Callable(),
        Callable().method,
    ],
)
def test_a_function_without_a_name_of_its_own_is_not_kept(tmp_path, function):
    assert len(sweep(function, {"a": [1]}, n_jobs=1, progress=False).table) == 1
    with pytest.raises(TypeError, match="function must be defined by def at the top level"):
        sweep(function, {"a": [1]}, folder=tmp_path / "runs", n_jobs=1, progress=False)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"function": 3}, TypeError, "function must be callable, got int"),
        ({"grid": {}}, None, ""),
        ({"grid": {"a": []}}, ValueError, r"grid\['a'\] must not be empty"),
        ({"grid": {"a": "text"}}, TypeError, r"grid\['a'\] must be a sequence, got str"),
        ({"grid": {"a": [np.zeros(3)]}}, TypeError, "numbers, texts, booleans or None, got array"),
        ({"grid": {"seed": [1]}}, ValueError, "not one of .*got 'seed'"),
        ({"grid": {"a b": [1]}}, ValueError, "must have a name that Python allows"),
        ({"grid": [{"a": 1}, {"a": 2}]}, TypeError, "grid must be of type .*Mapping, got list"),
        ({"grid": 3}, TypeError, "grid must be of type .*Mapping, got int"),
        ({"grid": {"a": 3}}, TypeError, r"grid\['a'\] must be a sequence, got int"),
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


@pytest.mark.parametrize("returned", [[1, 2], None, np.zeros(2), {"": 1}, {1: 1}, 1j])
def test_a_result_that_is_no_number_is_a_failed_run(returned):
    with pytest.warns(UserWarning, match="1 of 1 runs failed"):
        found = sweep(lambda rng, a: returned, {"a": [1]}, n_jobs=1, progress=False)
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
    victim = min(client.run(os.getpid).values())

    def kill():
        while not list(tmp_path.glob("run-*.json")):
            time.sleep(0.01)
        os.kill(victim, signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    found = sweep(slow, {"a": list(range(12))}, folder=tmp_path, progress=False)
    killer.join(10)
    assert not killer.is_alive()
    assert list(found.table["a_squared"]) == [a * a for a in range(12)]
    assert (found.table["error"] == "").all()
    assert len(list(tmp_path.glob("run-*.json"))) == 12
    assert victim not in client.run(os.getpid).values()


@pytest.mark.filterwarnings("ignore:A worker stopped")
def test_a_process_that_dies_once_is_given_another_try(tmp_path):
    grid = {"a": [1, 2, 3], "folder": [str(tmp_path)]}
    found = sweep(dies_once, grid, n_jobs=2, progress=False)
    assert list(found.table["value"]) == [1, 2, 3]
