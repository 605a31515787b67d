"""The rehearsal finds an interpreter and complains about what is out of bounds."""

import platform

from tools.rehearse import complaints, find_python, main


def figures(first_figure=5.0, peak=400.0):
    return {"seconds": 60.0, "first_figure_s": first_figure, "peak_mb": peak}


def test_bounds():
    assert complaints({1: {"one": figures()}, 2: {"one": figures()}}) == []
    (late,) = complaints({1: {"one": figures(first_figure=25.0)}})
    assert late == "one on 1 core: first figure after 25 s, not within 20 s"
    (none,) = complaints({2: {"one": figures(first_figure=float("nan"))}})
    assert "on 2 cores: first figure after nan s" in none
    (large,) = complaints({1: {"one": figures(peak=1600.0)}})
    assert "1600 MB, more than 1500" in large


def test_interpreters():
    own = ".".join(platform.python_version_tuple()[:2])
    assert find_python(own)
    assert find_python("3.1") is None
    assert main(["--pythons", "3.1"]) == 1
