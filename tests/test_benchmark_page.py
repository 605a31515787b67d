"""The page of all benchmarks: tables, plots, what failed, and nothing from elsewhere."""

import argparse
import importlib
import json
import sys

from benchmarks import page as benchmark_page
from benchmarks import part3_recurrent
from benchmarks.__main__ import benchmark_modules, main
from benchmarks.page import environment, page, run_one

ENTRY = {
    "command": "python -m benchmarks <x>", "report": "a < b", "result": None, "seconds": 90.0,
    "load_before": 0.1, "load_after": 0.2,
}


def test_each_kind_of_figure_and_a_failure():
    point = {"n_neurons": 10, "trials_s": 1.0, "rls_s": 0.5, "memory_mb": 3.0}
    scaling = {
        "curves": {
            "neurons": [point, point | {"n_neurons": 20, "trials_s": 2.0}], "large": [point],
        },
        "exponents": {"neurons": {"trials_s": 1.0, "rls_s": 0.0}},
    }
    rules = {"textbook_s": {"340": 0.1}, "shared_s": {"340": 0.002}, "ratio": {"340": 50.0}}
    results = {
        "part3-rls": rules, "part3-scaling": scaling, "part1-sines": {"correlation": 1.0},
        "part2-simulation": {"run_s": {"ours": {"500": 0.1}}, "duration_ms": 3000.0},
        "part3-simulation": {"run_s": {"ours": 0.1}, "duration_ms": 3000.0},
    }
    entries = {name: ENTRY | {"result": result} for name, result in results.items()}
    entries["part1-force"] = ENTRY | {"report": "not measured: <why>"}
    text = page({"environment": environment(), "benchmarks": entries})
    assert text.count("<svg") == 4
    assert "exponent 1.00" in text
    assert "a &lt; b" in text
    assert "not measured: &lt;why&gt;" in text
    assert "numba" in text
    assert "python -m benchmarks &lt;x&gt;" in text
    assert "6 benchmarks, 9.0 minutes in all" in text
    assert text.count("<td class='number'>90</td>") == 6
    assert text.count("<td>not measured</td>") == 1
    assert "memory" in text
    assert "src=" not in text
    assert "href=\"http" not in text


def test_a_benchmark_that_fails_does_not_take_the_others_along(tmp_path, monkeypatch):
    monkeypatch.setattr(
        benchmark_page, "run_one", lambda name, options: ENTRY | {"report": " ".join(options)}
    )
    main(["all", "--output", str(tmp_path / "new"), "--only", "part1-rls", "part3-recurrent"])
    measured = json.loads((tmp_path / "new" / "benchmarks.json").read_text())
    reports = {name: one["report"] for name, one in measured["benchmarks"].items()}
    assert reports == {"part1-rls": "", "part3-recurrent": " ".join(part3_recurrent.BRIEF)}
    assert measured["environment"]["recordings"] in ("alm", "synthetic")
    assert "published" in measured
    assert (tmp_path / "new" / "benchmarks.html").read_text().startswith("<!doctype html>")


def test_in_full_each_runs_with_its_own_defaults(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        benchmark_page, "run_one", lambda name, options: seen.append(options) or ENTRY
    )
    main(["all", "--full", "--output", str(tmp_path), "--only", "part3-recurrent"])
    assert seen == [()]


def test_brief_options_are_options_of_their_benchmark():
    for name in benchmark_modules().values():
        module = importlib.import_module(name)
        parser = argparse.ArgumentParser()
        module.add_arguments(parser)
        full, brief = (
            vars(parser.parse_args(words)) for words in ((), getattr(module, "BRIEF", ()))
        )
        assert (brief == full) == (not hasattr(module, "BRIEF")), name


def test_a_run_that_ends_badly_is_reported(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    one = run_one("part1-rls")
    assert one["result"] is None
    assert one["report"].startswith("not measured")
