"""Each line of the page on one's own recordings does what it says."""

import re
import warnings
from pathlib import Path

import numpy as np
import pandas
import pytest
import scipy.io

import src_part1 as one
from src_part1.recordings.importers.nwb import describe_nwb, recordings_from_nwb
from src_part1.recordings.importers.phy import recordings_from_phy
from tests.part1 import test_containers as containers
from tests.part1.test_containers import RATES, SIDES, TIME, pynapple, quantity
from tests.part1.test_matlab import cells
from tests.part1.test_nwb import add_blocks_and_tone, add_trials, new_session, on_disk, regular

PAGE = Path(__file__).resolve().parents[2] / "docs/site/own_recordings.md"
LINES = re.findall(r"(?m)^\| (.+?) \| `(.+)` \|$", PAGE.read_text(encoding="utf-8"))
COUNTS = np.random.default_rng(5).integers(0, 3, RATES.shape).astype(np.uint8)  # of 20 ms
SPIKE_LINES = ("psth_from_spikes", "spikes.mat", "phy")
OTHER_RATES = {  # by what a line holds
    "pool": np.concatenate([RATES, RATES], axis=1), "select_conditions": RATES[::-1],
    "select([": RATES[:, [0, 2, 5]], "rebin": RATES.reshape(2, 6, 5, 2).mean(axis=3),
    "counts": 50.0 * COUNTS, "dff": RATES - RATES.min(axis=(0, 2), keepdims=True),
}


def session():
    """A session with all that the page speaks of: 50 Hz on the left, 100 Hz on the right."""
    starts = np.arange(0.0, 24.0, 3.0)
    spikes = np.concatenate([
        regular(rate, start, start + 3.0) for start, rate in zip(starts, [50, 100] * 4, strict=True)
    ])
    file = add_trials(
        new_session([spikes] * 2, quality=["good", "noise"]), starts, side=SIDES * 4,
        go=starts + 2.0, outcome=["hit"] * 4 + ["miss"] * 2 + ["hit"] * 2,
        stimulation=[0] * 6 + [1, 0],
    )
    add_blocks_and_tone(file, starts, starts + 2.0)
    return file


@pytest.fixture
def world(tmp_path, monkeypatch):
    """All names and files of the page."""
    monkeypatch.chdir(tmp_path)
    left, right = RATES
    left_frame, right_frame = (f.rename_axis("time") for f in (containers.LEFT, containers.RIGHT))
    np.save("rates.npy", RATES)
    recordings = one.recordings_from_arrays(RATES, TIME, SIDES)
    recordings.save("mine.npz")
    scipy.io.savemat("rates.mat", {"rates": RATES, "time": TIME, "conditions": cells([SIDES])})
    scipy.io.savemat("other.mat", {"psth": RATES, "t": TIME})
    left_frame.to_csv("left.csv")
    right_frame.to_csv("right.csv")
    rng = np.random.default_rng(2)
    trials = ["left", "right"] * 10
    spike_times = [[rng.uniform(-200, 0, 5) for _ in trials] for _ in range(6)]
    content = {"spike_times": cells(spike_times), "trial_conditions": cells([trials])}
    scipy.io.savemat("spikes.mat", content)
    events = 1000.0 + 500.0 * np.arange(len(trials))
    sessions = [np.concatenate([event + times for event, times in zip(events, neuron, strict=True)])
                for neuron in spike_times]
    times, clusters = np.concatenate(sessions), np.repeat(np.arange(6), 100)
    Path("phy").mkdir()
    np.save("phy/spike_times.npy", np.round(30 * times).astype(np.uint64))
    np.save("phy/spike_clusters.npy", clusters)
    Path("phy/params.py").write_text("sample_rate = 30000.")
    on_disk(session(), "session.nwb")
    return vars(one) | {
        "np": np, "pandas": pandas, "recordings_from_phy": recordings_from_phy,
        "describe_nwb": describe_nwb, "recordings_from_nwb": recordings_from_nwb,
        "rates": RATES, "time": TIME, "left": left, "right": right, "seconds": TIME / 1000.0,
        "rates_in_khz": quantity(RATES / 1000.0, "kHz"), "times_in_s": quantity(TIME / 1000.0, "s"),
        "left_signal": containers.neo_signal(left, "Hz"),
        "right_signal": pynapple(TIME, right.T, range(6)),
        "counts": COUNTS, "inferred": RATES * 0.02, "dff": RATES / 10.0 - 2.0,
        "sessions": sessions, "events": events, "times": times, "clusters": clusters,
        "samples": np.round(30 * times).astype(np.uint64),
        "perievent": {i: {k: pynapple(train) for k, train in enumerate(neuron)}
                      for i, neuron in enumerate(spike_times)},
        "neo_trains": [quantity(train / 1000.0, "s", "quantities") for train in sessions],
        "turned": np.transpose(RATES, (2, 1, 0)),
        "data_array": containers.named(RATES.transpose(2, 0, 1), ("time", "condition", "neuron"),
                                       {"time": TIME, "condition": list(SIDES)}),
        "left_frame": left_frame, "right_frame": right_frame.T, "spike_times": spike_times,
        "trial_conditions": trials, "observed": [(-200.0, 0.0)] * 20, "session": session(),
        "sides": ["left", "right"] * 4, "go_times": np.arange(2.0, 26.0, 3.0),
        "recordings": recordings, "first": recordings,
        "second": one.recordings_from_arrays(RATES[::-1], TIME, SIDES[::-1]),
    }


def test_the_page_has_lines():
    assert len(set(LINES)) == len(LINES) > 30


@pytest.mark.parametrize("line", [line for _, line in LINES], ids=[what for what, _ in LINES])
def test_each_line_gives_the_record_that_it_promises(world, line):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", module="hdmf|pynwb")
        found = eval(line, world)
    if line.startswith("describe"):
        assert "trials (start_time, stop_time, side, go, outcome, stimulation)" in found
        return
    assert isinstance(found, one.Recordings)
    if "nwb" in line or "(session," in line:
        for name, rates in zip(found.conditions, found.rates, strict=True):
            np.testing.assert_allclose(rates, 50.0 if name.startswith("left") else 100.0)
        assert found.n_neurons == (1 if "quality" in line else 2)
        wanted = {"left hit", "right hit", "left miss", "right miss"} if "side\", \"out" in line \
            else set(SIDES)
        assert set(found.conditions) == wanted
        assert ("5 of 8 trials" in found.provenance) == ("where" in line)
    elif any(word in line for word in SPIKE_LINES):
        assert found.conditions == (SIDES[::-1] if "conditions=(" in line else SIDES)
        assert found.n_neurons == 6 and 15.0 < found.rates.mean() < 35.0
        assert found.bin_width == (10.0 if "bin_width" in line else 20.0)
    elif "select(3)" in line:
        assert found.n_neurons == 3
    elif found_in_line := [name for name in OTHER_RATES if name in line]:
        np.testing.assert_allclose(found.rates, OTHER_RATES[found_in_line[0]])
    else:
        np.testing.assert_allclose(found.rates, RATES)
        np.testing.assert_allclose(found.time, TIME)
        assert found.conditions == SIDES
        assert found.smoothing == (60.0 if "smoothing" in line else 0.0)
