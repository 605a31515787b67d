"""One command makes a page of recordings of one's own, whatever the names in them."""

import html
import re

import nbformat
import numpy as np
import pytest

from course import report
from src_part1 import recordings_from_arrays
from src_part3 import load_network

NAMES = ["win 5$ (p=50%)$", "左", "<b>c_e</b>"]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setenv("COURSE_FAST", "1")


def text_of(folder):
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["']?https?:|<script""", page.split("</head>")[0])
    return page, html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))


@pytest.mark.parametrize(("names", "bin_width", "n_neurons"), [
    (NAMES, 10.0, 24), (["only"], 50.0, 110),
])
def test_a_report_of_rates(tmp_path, capsys, names, bin_width, n_neurons):
    time = np.arange(-400.0 + bin_width / 2, 0.0, bin_width)
    phase = np.random.default_rng(3).uniform(0, 6, (len(names), n_neurons, 1))
    rates = 12.0 + 9.0 * np.sin(2 * np.pi * time / 400.0 + phase)
    rates[:, -1] = 0.0
    file = recordings_from_arrays(rates, time, names).save(tmp_path / "my $x$ <i>文件.npz")
    assert report.main([str(file), "--output", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr()
    assert "3 · Train" in shown.out and "training" in shown.err and "closed loop" in shown.err
    page, text = text_of(tmp_path / "out")
    assert "<title>Your own recordings: my $x$ &lt;i&gt;文件.npz</title>" in page
    assert "Your own recordings: my $x$ <i>文件.npz" in text
    for name in names:
        assert text.count(name) >= 3, name
    assert page.count('src="data:image/png') == len(re.findall('alt="[^"]{40}', page)) == 4
    assert ".ipynb\"" not in page  # the other notebooks do not lie beside a page
    assert "1 silent neurons are left out" in text and "loop/s" not in text
    assert f"Training {n_neurons - 1} of 150 excitatory" in text
    # Many neurons keep the time by themselves, few have a clock.
    clock = "none" if n_neurons > 100 else "per_condition"
    assert f"Clock: {clock}" in text
    assert bool(re.search(r"\d  no clock", text)) == (clock != "none")
    assert "(ceiling)" in text and "R²*" in text and "recorded:" in text and "simulated:" in text
    assert ("other cue, its targets" in text) == (len(names) > 1)
    task, _ = load_network(tmp_path / "out/network.npz")
    assert task.n_trained == n_neurons - 1 and task.conditions == tuple(names)
    notebook = nbformat.read(tmp_path / "out/report.ipynb", as_version=4)
    assert str(file) in "".join(cell.source for cell in notebook.cells)


def test_spikes_are_read_as_the_command_line_says(tmp_path, capsys):
    pytest.importorskip("pynwb", reason="pynwb is not installed")
    from tests.part1.test_nwb import add_trials, new_session, on_disk

    session = new_session(np.sort(np.random.default_rng(0).uniform(0, 40, (12, 600))))
    starts = np.arange(0.0, 40.0, 2.0)
    add_trials(session, starts, 2.0, side=["left", "right"] * 10, go=starts + 1.5)
    path = on_disk(session, tmp_path / "session.nwb")
    words = ["--condition", "side", "--event", "go", "--window", "-400", "0", "--where",
             "side=left", "--output", str(tmp_path / "out")]
    assert report.main([str(path), *words]) == 0
    _, text = text_of(tmp_path / "out")
    assert "10 of 20 trials of the table 'trials'" in text
    assert "12 recorded neurons are too few to keep the time by themselves" in text
    # What cannot be read is refused in a sentence.
    assert report.main([str(tmp_path / "none.npz"), "--output", str(tmp_path)]) == 1
    assert "there is no file or folder" in capsys.readouterr().err
