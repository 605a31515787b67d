"""The rehearsal prints its table and complains about what is out of bounds."""

import platform

from tools import rehearse

OWN = ".".join(platform.python_version_tuple()[:2])


def run(seconds=50.0, first_plot=4.0, peak=700.0, bar=True):
    cell = {"cell": 7, "seconds": 6.0, "peak_mb": 500, "words": "train()", "bar": bar}
    return {"seconds": seconds, "first_figure_s": first_plot, "peak_mb": peak,
            "long_cells": [cell, cell | {"seconds": 3.0, "bar": False}]}


def test_bounds():
    good = {1: {"a": run(), "b": run(99.9)}, 2: {"a": run(), "b": run(59.9)}}
    assert rehearse.complaints(good) == []
    assert rehearse.complaints({
        1: {"a": run(), "b": run(101.0, first_plot=float("nan"))},
        2: {"a": run(bar=False), "b": run(61.0, peak=900.0)},
    }) == [
        "all notebooks on 1 core: 151 s, not 150 s",
        "b on 1 core: first plot after nan s, not within 5 s",
        "all notebooks on 2 cores: 111 s, not 110 s",
        "a on 2 cores: cell 7 shows no bar for 6 s",
        "b on 2 cores: 900 MB, not 800 MB",
    ]


def test_the_table_of_all_runs_and_the_exit_status(monkeypatch, capsys):
    for peak, status in ((700.0, 0), (900.0, 1)):
        runs = {1: {"one": run()}, 2: {"one": run(peak=peak)}}
        monkeypatch.setattr(rehearse, "rehearse", lambda python, folder, runs=runs: runs)
        assert rehearse.main(["--pythons", OWN]) == status
        out, err = capsys.readouterr()
        assert "| one 7 | 1 | train() | 6.0 | 500 |" in out
        assert "| one | 1 | 4.0 | 50 | 700 |" in out and "| all | 2 | | 50 | |" in out
        assert ("900 MB, not 800 MB" in err) == bool(status)
