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
    curve = [point, point | {"n_neurons": 20, "trials_s": 2.0}]
    scaling = {"curves": {"neurons": curve, "large": [point]},
               "exponents": {"neurons": {"trials_s": 1.0, "rls_s": 0.0}}}
    rules = {"textbook_s": {"340": 0.1}, "shared_s": {"340": 0.002}, "ratio": {"340": 50.0}}
    results = {
        "part3-rls": rules, "part3-scaling": scaling, "part1-sines": {"correlation": 1.0},
        "part2-simulation": {"run_s": {"ours": {"500": 0.1}}, "duration_ms": 3000.0},
        "part3-simulation": {"run_s": {"ours": 0.1}, "duration_ms": 3000.0},
    }
    entries = {name: ENTRY | {"result": result} for name, result in results.items()}
    entries["part1-force"] = ENTRY | {"report": "not measured: <why>"}
    text = page({"environment": environment(), "benchmarks": entries})
    for shown in ("exponent 1.00", "a &lt; b", "not measured: &lt;why&gt;", "numba", "memory",
                  "python -m benchmarks &lt;x&gt;", "6 benchmarks, 9.0 minutes in all"):
        assert shown in text
    assert text.count("<svg") == 4
    assert text.count("<td class='number'>90</td>") == 6
    assert text.count("<td>not measured</td>") == 1
    assert "src=" not in text and 'href="http' not in text


def test_all_run_with_brief_options_and_in_full_with_their_defaults(tmp_path, monkeypatch):
    monkeypatch.setattr(
        benchmark_page, "run_one", lambda name, options: ENTRY | {"report": " ".join(options)}
    )

    def reports(*words):
        folder = tmp_path / "new"
        main(["all", *words, "--output", str(folder), "--only", "part1-rls", "part3-recurrent"])
        measured = json.loads((folder / "benchmarks.json").read_text())
        assert measured["environment"]["recordings"] in ("alm", "synthetic")
        assert "published" in measured
        assert (folder / "benchmarks.html").read_text().startswith("<!doctype html>")
        return [one["report"] for one in measured["benchmarks"].values()]

    assert reports() == ["", " ".join(part3_recurrent.BRIEF)]
    assert reports("--full") == ["", ""]


def test_brief_options_are_options_of_their_benchmark():
    for name in benchmark_modules().values():
        module, parser = importlib.import_module(name), argparse.ArgumentParser()
        module.add_arguments(parser)
        full, brief = (parser.parse_args(words) for words in ((), getattr(module, "BRIEF", ())))
        assert (brief == full) == (not hasattr(module, "BRIEF")), name


def test_a_run_that_ends_badly_is_reported(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    one = run_one("part1-rls")
    assert one["result"] is None and one["report"].startswith("not measured")
