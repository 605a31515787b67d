"""Sweeps: every run is accounted for, whatever happens to some of them."""

import functools
import os
import signal
import threading
import time
from collections import namedtuple
from pathlib import Path

import joblib
import numpy as np
import pytest

from src_part1.sweeps import SweepError, sweep

Pair = namedtuple("Pair", "product drawn")
alone = functools.partial(sweep, n_jobs=1, progress=False)


def product(rng, a, b=1.0):
    return Pair(np.float64(a * b), rng.random())


def fails_at_two(rng, a):
    if a == 2:
        raise ValueError("a must not be 2")
    return {"nested": {"a": np.full(2, a)}, "a_squared": a * a}


def dies_at_two(rng, a):
    if a == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return a


def logged(rng, a, folder):
    """Leave a mark for each call; the third is interrupted once."""
    marks = Path(folder)
    if len(list(marks.glob("call*"))) == 2 and not (marks / "stopped").exists():
        (marks / "stopped").touch()
        raise KeyboardInterrupt
    (marks / f"call{len(list(marks.glob('call*')))}").touch()
    return a


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_all_combinations_and_seeds_in_order(n_jobs):
    grid = {"a": [1, 2], "b": np.array([0.5, 3.0])}
    table = sweep(product, grid, seeds=(7, 8), n_jobs=n_jobs, progress=False).table
    np.testing.assert_array_equal(table["a"], [1, 1, 1, 1, 2, 2, 2, 2])
    np.testing.assert_array_equal(table["b"], [0.5, 0.5, 3, 3, 0.5, 0.5, 3, 3])
    np.testing.assert_array_equal(table["seed"], [7, 8] * 4)
    np.testing.assert_array_equal(table["product"], table["a"] * table["b"])
    drawn = [np.random.default_rng(seed).random() for seed in (7, 8)]
    np.testing.assert_array_equal(table["drawn"], drawn * 4)
    assert (table["error"] == "").all()


def test_a_run_that_fails_is_reported_and_done_again_while_the_others_are_kept(tmp_path):
    for _ in range(2):
        with pytest.warns(UserWarning, match="1 of 3 runs failed"):
            found = alone(fails_at_two, {"a": [1, 2, 3]}, folder=tmp_path)
    np.testing.assert_array_equal(found.table["a_squared"], [1, np.nan, 9])
    assert list(found.table["error"]) == ["", "ValueError: a must not be 2", ""]
    assert found.runs[2]["values"]["nested"] == {"a": [3, 3]}
    assert "in fails_at_two" in found.failed[0]["traceback"]
    with pytest.raises(SweepError, match="1 of 3 runs failed, the first with {'a': 2} and seed 0"):
        found.raise_failures()


@pytest.mark.filterwarnings("ignore:A worker stopped")
def test_a_run_that_kills_its_process_takes_no_other_along():
    with pytest.warns(UserWarning, match="1 of 3 runs failed"):
        found = sweep(dies_at_two, {"a": [1, 2, 3]}, n_jobs=2, progress=False)
    np.testing.assert_array_equal(found.table["value"], [1, np.nan, 3])
    assert "no result came back" in found.failed[0]["error"]


def test_an_interrupted_sweep_does_only_what_is_missing(tmp_path):
    grid, runs = {"a": [1, 2, 3], "folder": [str(tmp_path)]}, tmp_path / "runs"
    with pytest.raises(KeyboardInterrupt):
        alone(logged, grid, folder=runs)
    for n_calls, values in ((3, [1, 2, 3]), (3, [1, 2, 3]), (4, [1.0, 2, 3])):
        grid["a"] = values
        assert list(alone(logged, grid, folder=runs).table["value"]) == values
        assert len(list(tmp_path.glob("call*"))) == n_calls
    assert len(list(runs.iterdir())) == 4  # 1.0 is another setting than 1
    alone(logged, dict(reversed(grid.items())), folder=runs)
    assert len(list(runs.iterdir())) == 4
    alone(logged, grid, seeds=(1,), folder=runs)
    assert len(list(runs.iterdir())) == 7


@pytest.mark.parametrize("damage", [
    lambda text: text[:40], lambda text: "", lambda text: "[1]", lambda text: "[" * 100_000,
])
def test_a_damaged_run_is_warned_of_and_done_again(tmp_path, damage):
    first = alone(product, {"a": [1]}, folder=tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text(damage(path.read_text()))
    with pytest.warns(UserWarning, match="is damaged .* done again") as caught:
        again = alone(product, {"a": [1]}, folder=tmp_path)
    assert caught[0].filename == __file__ and again.runs[0]["values"] == first.runs[0]["values"]
    assert alone(product, {"a": [1]}, folder=tmp_path).runs == again.runs


class Callable:
    def method(self, rng, a):
        return a


@pytest.mark.parametrize("function", [
    lambda rng, a: a, functools.partial(product, b=2.0), Callable().method,
])
def test_a_function_without_a_name_of_its_own_is_not_kept(tmp_path, function):
    assert len(alone(function, {"a": [1]}).table) == 1
    with pytest.raises(TypeError, match="function must be defined by def at the top level"):
        alone(function, {"a": [1]}, folder=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_the_same_call_runs_on_a_cluster_whose_worker_is_killed(tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50,
    ) as cluster, distributed.Client(cluster) as client:
        victim = min(client.run(os.getpid).values())

        def kill():
            while not list(tmp_path.glob("run-*.json")):
                time.sleep(0.01)
            os.kill(victim, signal.SIGKILL)

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        with joblib.parallel_config(backend="dask"):
            found = sweep(dies_at_two, {"a": list(range(3, 15))}, folder=tmp_path, progress=False)
        killer.join(10)
        assert victim not in client.run(os.getpid).values()
    assert list(found.raise_failures().table["value"]) == list(range(3, 15))
