"""The rehearsal finds an interpreter and complains about what is out of bounds."""

import platform

from tools.rehearse import complaints, find_python, main


def measured(first_plot=5.0, peak=400.0):
    return {"seconds": 60.0, "first_figure_s": first_plot, "peak_mb": peak}


def test_bounds():
    assert complaints({1: {"one": measured()}, 2: {"one": measured()}}) == []
    (late,) = complaints({1: {"one": measured(first_plot=25.0)}})
    assert late == "one on 1 core: first plot after 25 s, not within 20 s"
    (none,) = complaints({2: {"one": measured(first_plot=float("nan"))}})
    assert "on 2 cores: first plot after nan s" in none
    (large,) = complaints({1: {"one": measured(peak=1600.0)}})
    assert "1600 MB, more than 1500" in large


def test_interpreters():
    own = ".".join(platform.python_version_tuple()[:2])
    assert find_python(own)
    assert find_python("3.1") is None
    assert main(["--pythons", "3.1"]) == 1


def test_the_table_of_all_runs_and_what_is_out_of_bounds(monkeypatch, capsys):
    runs = {1: {"one": measured()}, 2: {"one": measured(peak=1600.0)}}
    monkeypatch.setattr("tools.rehearse.rehearse", lambda python, folder: runs)
    own = ".".join(platform.python_version_tuple()[:2])
    assert main(["--pythons", own]) == 1
    printed = capsys.readouterr()
    assert "| one | 1 | 5.0 | 60 | 400 |" in printed.out
    assert "| one | 2 | 5.0 | 60 | 1600 |" in printed.out
    assert printed.err.strip().endswith("one on 2 cores: 1600 MB, more than 1500")
