"""A report comes out of one command, for few and many conditions, other bins and NWB."""

import argparse
import datetime
import html
import re

import numpy as np
import pytest

from src_part1 import recordings_from_arrays
from src_part3 import load_network
from src_part3.task import network_for
from tools import report
from tools.report import Page, balanced_task, main, quality_section


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setenv("COURSE_FAST", "1")


def make(n_conditions, bin_width, n_neurons=24, n_silent=0):
    time = np.arange(-400.0 + bin_width / 2, 0.0, bin_width)
    rng = np.random.default_rng(3)
    phase = rng.uniform(0, 6, (n_conditions, n_neurons, 1))
    rates = 12.0 + 9.0 * np.sin(2 * np.pi * time / 400.0 + phase)
    rates[:, n_neurons - n_silent:] = 0.0
    rates[:, 0] = 7.3
    return recordings_from_arrays(rates, time, [f"cue <{c}>" for c in range(n_conditions)])


def text_of(path):
    plain = re.sub(r"src='[^']*'", "", path.read_text(encoding="utf-8"))
    return html.unescape(re.sub(r"<[^>]+>", " ", plain))


@pytest.mark.parametrize(("n_conditions", "bin_width", "n_neurons", "n_silent"), [
    (1, 20.0, 24, 2), (5, 10.0, 24, 0), (2, 50.0, 15, 0), (2, 20.0, 100, 0),
])
def test_a_report_of_rates(tmp_path, n_conditions, bin_width, n_neurons, n_silent):
    recordings = make(n_conditions, bin_width, n_neurons, n_silent)
    file = recordings.save(tmp_path / "mine.npz")
    assert main([str(file), "--output", str(tmp_path / "out")]) == 0
    page = tmp_path / "out/report.html"
    raw, text = page.read_text(encoding="utf-8"), text_of(page)
    assert "could not be trained" not in text
    n_kept = n_neurons - n_silent
    assert f"{n_kept} user's own neurons in {n_conditions} condition" in text
    assert ("2 silent neurons are left out" in text) == (n_silent == 2)
    # Each condition is named, with the neuron of constant rate counted and left out.
    for c in range(n_conditions):
        assert f"cue &lt;{c}&gt;" in raw and f"cue <{c}>" not in raw
    assert text.count("(not defined for 1: 0)") >= n_conditions
    assert raw.count("data:image/png;base64") == raw.count("<img alt='") == 9
    assert f"{n_kept} of 150 excitatory neurons are trained" in text
    task, _ = load_network(tmp_path / "out/part3_network.npz")
    assert task.n_trained == n_kept and task.n_conditions == n_conditions
    # Bins are those of the record; many neurons keep the time by themselves, few have a clock.
    assert task.trial_parameters.bin_width == bin_width
    with_clock = n_kept < 100
    assert task.feedforward_parameters.clock == ("per_condition" if with_clock else "none")
    assert (("too few to keep the time" in text), ("has no clock" in text)) == (
        with_clock, not with_clock
    )
    assert f"{n_kept} trained, {150 - n_kept} other excitatory, 150 inhibitory." in raw
    assert "R^2 of PSTHs" in text and "slowest to the fastest" in text
    assert "10% silent" in text and (" no clock " in text.split("With parts taken away")[1]) == (
        with_clock
    )
    assert ("other cue" in text) == (n_conditions > 1)
    with np.load(tmp_path / "out/part1_network.npz", allow_pickle=False) as saved:
        assert saved["weights"].shape == (n_kept, n_kept)


def test_a_report_of_a_session(tmp_path):
    pynwb = pytest.importorskip("pynwb", reason="pynwb is not installed")
    rng = np.random.default_rng(0)
    session = pynwb.NWBFile(
        session_description="test", identifier="test",
        session_start_time=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
    )
    session.add_trial_column("side", "instructed side")
    session.add_trial_column("go", "time of the go cue (s)")
    for i in range(20):
        session.add_trial(
            start_time=2.0 * i, stop_time=2.0 * i + 2.0, side=("left", "right")[i % 2],
            go=2.0 * i + 1.5,
        )
    for _ in range(12):
        session.add_unit(spike_times=np.sort(rng.uniform(0, 40, 600)))
    path = tmp_path / "session.nwb"
    with pynwb.NWBHDF5IO(path, "w") as writer:
        writer.write(session)
    options = ["--condition", "side", "--event", "go", "--window", "-400", "0", "--output"]
    assert main([str(path), *options, str(tmp_path / "out"), "--where", "side=left"]) == 0
    text = text_of(tmp_path / "out/report.html")
    assert "10 of 20 trials of the table 'trials'" in text
    assert "There are only 12 neurons" in text


def test_the_task_is_that_of_the_library(monkeypatch):
    monkeypatch.delenv("COURSE_FAST")
    seen = {}
    monkeypatch.setattr(report.src_part3, "make_task", lambda recordings, **options: seen.update(
        options))
    for n_neurons, clock in ((2, "per_condition"), (99, "per_condition"), (100, "none"),
                             (500, "none")):
        balanced_task(make(2, 20.0, n_neurons))
        assert seen == {"network_parameters": network_for(n_neurons, clock)}
    # There is room for more neurons than the course's own recordings have.
    balanced_task(make(1, 50.0, 3000))
    assert seen["network_parameters"].n_exc == seen["network_parameters"].n_inh == 3000


@pytest.mark.parametrize(("ratios", "n_wrong"), [
    ([0.6, 1.0, 1.4], 0), ([0.4, 1.0, 1.6], 2), ([0.9, 1.0, 1.6], 1),
])
def test_rates_that_are_wrong_are_said_to_be(ratios, n_wrong, tmp_path):
    each = np.full((1, 3), 0.9)
    tested = argparse.Namespace(
        psth_correlation=each, psth_r2=each - 0.5, correlation=each, r2_corrected=each - 0.2,
        modulation_slope=np.array([0.77]), side_decoded=np.ones(1), rate_ratio=np.array(ratios),
    )
    page = Page("test")
    quality_section(page, ("right",), tested)
    page.write(tmp_path / "page.html")
    text = text_of(tmp_path / "page.html")
    assert "0.77" in text and "0.40" in text and f"{ratios[0]:.2f}, " in text
    assert (f"in {n_wrong} of 3 groups" in text) == ("do not read rates" in text) == (n_wrong > 0)


def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path, capsys):
    assert main([str(tmp_path / "none.npz")]) == 1
    assert "there is no file or folder" in capsys.readouterr().err
    assert main(["synthetic", "--event", "go", "--output", str(tmp_path)]) == 1
    assert "for .mat and .nwb files only" in capsys.readouterr().err
