"""NWB files become recordings, and those that cannot say why."""

import datetime

import numpy as np
import pytest

from src_part1.recordings.nwb import recordings_from_nwb
from src_part1.recordings.psth import psth_from_spikes

pynwb = pytest.importorskip("pynwb", reason="pynwb is not installed: pip install '.[nwb]'")
GO = np.array([3.0, 8.0, 13.0, 18.0, np.nan])
SIDES = ("left", "right", "left", "right", "left")


@pytest.fixture
def session(tmp_path):
    """A file with three units and five trials, the last without a go cue."""
    rng = np.random.default_rng(0)
    trains = [np.sort(rng.uniform(0, 20, n)) for n in (400, 200, 3)]
    file = pynwb.NWBFile(
        session_description="test", identifier="test",
        session_start_time=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
    )
    file.add_trial_column("side", "instructed side")
    file.add_trial_column("go", "time of the go cue (s)")
    for go, side in zip(GO, SIDES, strict=True):
        start = 0.0 if np.isnan(go) else go - 2.5
        file.add_trial(start_time=start, stop_time=start + 3, side=side, go=go)
    for train in trains:
        file.add_unit(spike_times=train)
    path = tmp_path / "session.nwb"
    with pynwb.NWBHDF5IO(path, "w") as writer:
        writer.write(file)
    return path, trains


def test_a_session_gives_the_rates_of_its_spikes(session):
    path, trains = session
    recordings, kept = recordings_from_nwb(
        path, condition="side", event="go", window=(-1000.0, 0.0), minimum_rate=1.0
    )
    spike_times = [[1000 * (train - go) for go in GO[:4]] for train in trains]
    expected, same = psth_from_spikes(
        spike_times, SIDES[:4], window=(-1000.0, 0.0), minimum_rate=1.0
    )
    assert recordings.conditions == ("left", "right")
    assert np.array_equal(kept, same)
    assert np.allclose(recordings.rates, expected.rates)
    assert np.array_equal(recordings.time, expected.time)


def test_conditions_and_units_can_be_chosen(session):
    recordings, _ = recordings_from_nwb(
        session[0], condition="side", event="go", conditions=("right", "left"), units=[1],
        window=(-1000.0, 0.0),
    )
    assert recordings.conditions == ("right", "left")
    assert recordings.n_neurons == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"condition": "choice"}, "no column 'choice', only"),
        ({"event": "cue"}, "no column 'cue'"),
        ({"units": [7]}, "units must name rows 0 to 2, got 7"),
        ({"units": [-1]}, "units must name rows 0 to 2, got -1"),
        ({"units": []}, "no unit is left"),
    ],
)
def test_what_is_not_there_is_named(session, options, message):
    with pytest.raises(ValueError, match=message):
        recordings_from_nwb(session[0], **({"condition": "side", "event": "go"} | options))


def test_units_are_whole_numbers(session):
    with pytest.raises(TypeError, match="units must hold whole numbers"):
        recordings_from_nwb(session[0], condition="side", event="go", units=[0.5])


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        recordings_from_nwb(tmp_path / "none.nwb", condition="side", event="go")


def test_a_file_without_tables(tmp_path):
    file = pynwb.NWBFile(
        session_description="test", identifier="test",
        session_start_time=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
    )
    path = tmp_path / "empty.nwb"
    with pynwb.NWBHDF5IO(path, "w") as writer:
        writer.write(file)
    with pytest.raises(ValueError, match="has no table of trials"):
        recordings_from_nwb(path, condition="side", event="go")
