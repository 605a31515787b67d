"""NWB files become recordings, and those that cannot say why."""

import datetime
import types
import warnings
from unittest.mock import Mock

import numpy as np
import pytest

from src_part1.recordings import load_recordings
from src_part1.recordings.importers import nwb
from src_part1.recordings.importers.nwb import describe_nwb, recordings_from_nwb
from src_part1.recordings.psth import psth_from_spikes

pynwb = pytest.importorskip("pynwb", reason="pynwb is not installed: pip install '.[nwb]'")


def new_session(trains, observed=None, **columns):
    file = pynwb.NWBFile(
        session_description="test", identifier="test",
        session_start_time=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
    )
    for name in columns:
        file.add_unit_column(name, "a column of a test")
    for i, train in enumerate(trains):
        extra = {name: values[i] for name, values in columns.items()}
        extra |= {} if observed is None else {"obs_intervals": observed[i]}
        file.add_unit(spike_times=train, **extra)
    return file


def add_trials(file, starts, duration=3.0, **columns):
    for name in columns:
        file.add_trial_column(name, "a column of a test", index=name.startswith("ragged"))
    for i, start in enumerate(starts):
        row = {name: values[i] for name, values in columns.items()}
        file.add_trial(start_time=float(start), stop_time=float(start + duration), **row)
    return file


def add_blocks_and_tone(file, starts, tones):
    """Trials in a table of another name, and events in a time series."""
    blocks = pynwb.epoch.TimeIntervals(name="blocks", description="the same trials")
    blocks.add_column("choice", "the side")
    for i, start in enumerate(starts):
        side = ("left", "right")[i % 2]
        blocks.add_interval(start_time=start, stop_time=start + 3.0, choice=side)
    file.add_time_intervals(blocks)
    file.add_acquisition(
        pynwb.TimeSeries(name="go_tone", data=np.ones(len(tones)), unit="V", timestamps=tones)
    )
    return blocks


def regular(rate, start=0.0, end=60.0):
    """Spikes in the middle of equal intervals."""
    return np.arange(start + 0.5 / rate, end, 1.0 / rate)


STARTS, SIDES = np.arange(2.0, 42.0, 5.0), ["left", "right"] * 4  # eight trials of 3 s
PLAIN = {"window": (-1000.0, 0.0), "bin_width": 100.0, "smoothing": 0.0, "minimum_rate": 0.0}


def eight_trials(trains=None, observed=None, **columns):
    trains = [regular(10.0), regular(20.0)] if trains is None else trains
    columns = {"side": SIDES, "go": STARTS + 2.0} | columns
    return add_trials(new_session(trains, observed), STARTS, **columns)


def read(file, condition="side", event="go", **options):
    return recordings_from_nwb(file, condition=condition, event=event, **(PLAIN | options))


def on_disk(file, path):
    with pynwb.NWBHDF5IO(path, "w") as writer:
        writer.write(file)
    return path


def test_a_session_gives_the_rates_of_its_spikes(tmp_path):
    rng = np.random.default_rng(0)
    trains = [np.sort(rng.uniform(0, 60, n)) for n in (1200, 600, 9)]
    go = [*(STARTS[:-1] + 2.0), np.nan]  # the last trial without a go cue
    path = on_disk(eight_trials(trains, go=go), tmp_path / "session.nwb")
    recordings, kept = read(path, minimum_rate=1.0)
    nested = [[1000 * (train - event) for event in go[:-1]] for train in trains]
    options = PLAIN | {"minimum_rate": 1.0}
    expected, same = psth_from_spikes(nested, SIDES[:-1], **options)
    assert recordings.conditions == ("left", "right")
    np.testing.assert_array_equal(kept, same)
    np.testing.assert_allclose(recordings.rates, expected.rates)
    np.testing.assert_array_equal(recordings.time, expected.time)
    loaded = load_recordings(path, condition="side", event="go", **options)
    np.testing.assert_array_equal(loaded.rates, recordings.rates)
    with pytest.raises(TypeError, match="needs condition=.* event=.* trials .*side, go"):
        load_recordings(path)


@pytest.mark.parametrize(("options", "message"), [
    ({"condition": "choice"}, "no column 'choice', only"),
    ({"event": "cue"}, "no column 'cue'"),
    ({"event": "side"}, "column 'side' .* must hold times .* row 0 holds 'left'"),
    ({"event": [1.0, 2.0]}, "event must hold a time for each of the 8 trials, got 2"),
    ({"units": [7]}, "units must name units between 0 and 1, got 7"),
    ({"units": [-1]}, "units must name units between 0 and 1, got -1"),
    ({"units": [1, 1]}, "units must name each of the units once, but 1 comes 2 times"),
    ({"units": [True]}, r"units as a mask must have shape \(2,\), got \(1,\)"),
    ({"units": np.zeros(2, bool)}, "units as a mask must select something"),
    ({"units": [0.5]}, "units must be a mask or a non-empty 1-D array of whole"),
    ({"units": []}, "units must be a mask or a non-empty 1-D array of whole"),
    ({"conditions": ("up",)}, "no trial of condition 'up'; the labels .* are .*left.*right"),
    ({"trials": "blocks"}, r"no table 'blocks'; its tables of intervals are trials \(start_"),
    ({"where": {"side": "up"}}, "no row of 'trials' holds 'up'; there are 'left', 'right'"),
    ({"where": {"side": "left", "go": 9.0}}, "none of the 8 trials fits the rule"),
    ({"condition": ["left"] * 4}, "label for each of its 8 rows, got 'left', 'left'"),
    ({"window": (-1.0, 0.0)}, "at least two bins of 100 ms, got -1 to 0 ms. Are these seconds"),
    ({"minimum_rate": 100.0}, "on the same clock, in seconds"),
])
def test_what_is_not_there_is_named(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        read(eight_trials(), **options)


def test_files_that_are_missing_empty_foreign_or_damaged(tmp_path, monkeypatch):
    path = tmp_path / "session.nwb"
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read(path)
    path.write_text("not HDF5")
    with pytest.raises(ValueError, match="cannot be read as NWB"):
        read(path)
    with pytest.raises(ValueError, match="has no table of trials"):
        read(on_disk(new_session([]), path))

    monkeypatch.setattr(nwb, "_units", Mock(side_effect=OSError("bad coordinate offset")))
    with pytest.raises(ValueError, match="session.nwb is damaged: bad coordinate offset"):
        read(on_disk(eight_trials(), path))


@pytest.mark.parametrize("from_disk", [False, True])
def test_a_column_of_lists_gives_its_values_and_not_where_its_rows_end(tmp_path, from_disk):
    file = eight_trials(ragged_side=[[x] for x in SIDES], ragged_go=[[x + 2] for x in STARTS])
    file = on_disk(file, tmp_path / "lists.nwb") if from_disk else file
    lists, plain = read(file, "ragged_side", "ragged_go"), read(file)
    assert lists.recordings.conditions == ("left", "right")
    np.testing.assert_array_equal(lists.recordings.rates, plain.recordings.rates)
    np.testing.assert_allclose(plain.recordings.rates.mean(axis=2), [[10.0, 20.0]] * 2)


@pytest.mark.parametrize("column", ["condition", "event"])
def test_several_values_in_a_row_are_refused_with_column_and_row(column):
    file = eight_trials(ragged=[[1.0]] * 3 + [[1.0, 2.0]] + [[1.0]] * 4)
    with pytest.raises(ValueError, match="column 'ragged' of 'trials' .* row 3 holds 2"):
        read(file, **{column: "ragged"})


def test_masks_rules_and_numbers_select_units_and_trials():
    late = regular(30.0, 20.0, 60.0)  # a unit that fires in the second half of the session only
    hit = np.arange(8) >= 4
    file = eight_trials(trains=[regular(10.0), regular(20.0), late], hit=hit.tolist())
    expected = read(file, units=[0, 2])
    np.testing.assert_array_equal(expected.kept, [0, 2])
    np.testing.assert_allclose(expected.recordings.rates.mean(axis=2), [[10.0, 15.0]] * 2)
    for units in (np.array([True, False, True]), [2, 0]):
        rates = read(file, units=units).recordings.rates
        np.testing.assert_array_equal(rates, expected.recordings.rates)
    for where in (hit, np.flatnonzero(hit), {"hit": True}, {"hit": [1]}):
        record = read(file, where=where).recordings
        np.testing.assert_allclose(record.rates.mean(axis=2), [[10.0, 20.0, 30.0]] * 2)
        assert " 4 of 8 trials " in record.provenance


def test_trials_and_events_from_elsewhere_give_the_same_rates(tmp_path):
    pandas = pytest.importorskip("pandas")
    file = eight_trials()
    expected = read(file).recordings
    blocks = add_blocks_and_tone(file, STARTS, np.append(STARTS + 2.0, 55.0))
    words = describe_nwb(file)
    assert "2 units; its tables of intervals are blocks (start_time, stop_time, choice); " in words
    assert "trials (start_time, stop_time, side, go); its time series are go_tone" in words
    with pytest.raises(ValueError, match="no column 'cue', only .*side, go, .* there are go_tone"):
        read(file, event="cue")
    columns = {"choice": SIDES, "cue": STARTS + 2.0}
    for source in (file, on_disk(file, tmp_path / "else.nwb")):
        for options in (
            {"trials": "blocks", "condition": "choice", "event": "go_tone"},
            {"trials": "blocks", "condition": "choice", "event": STARTS + 2.0},
            {"trials": columns, "condition": "choice", "event": "cue"},
            {"trials": pandas.DataFrame(columns), "condition": "choice", "event": "cue"},
            {"trials": blocks, "condition": np.array(SIDES, bytes), "event": "go_tone"},
        ):
            found = read(source, **options).recordings
            assert found.conditions == expected.conditions
            np.testing.assert_allclose(found.rates, expected.rates)


def test_a_unit_observed_for_half_of_the_session_keeps_its_rate():
    trains = [regular(10.0), regular(20.0, 0.0, 21.5)]
    record = read(eight_trials(trains, [[[0.0, 60.0]], [[0.0, 10.0], [10.0, 21.5]]])).recordings
    np.testing.assert_allclose(record.rates[:, 1], 20.0)
    assert "4 of 16 pairs of unit and trial were not observed" in record.provenance
    without = read(eight_trials(trains)).recordings
    assert without.rates[:, 1].mean() == pytest.approx(10.0, rel=0.1)


def test_time_before_the_session_and_between_trials_is_not_silence():
    # The first event is at 0.5 s: half of its window lies before the recording began.
    go, starts = np.append(0.5, STARTS[1:] + 2.0), np.append(0.0, STARTS[1:])
    file = add_trials(new_session([regular(20.0)]), starts, side=SIDES, go=go)
    with pytest.warns(UserWarning, match="1 of 8 pairs .* session begins or ends within it"):
        np.testing.assert_allclose(read(file).recordings.rates, 20.0)
    # Spikes were kept within trials only, which begin 0.5 s before the event.
    trains = [np.concatenate([regular(40.0, s, s + 1.0) for s in STARTS])] * 2
    file = add_trials(new_session(trains), STARTS, duration=1.0, side=SIDES, go=STARTS + 0.5)
    with pytest.warns(UserWarning, match="no unit spikes between the trials"):
        np.testing.assert_allclose(read(file, window=(-500.0, 500.0)).recordings.rates, 40.0)
        with pytest.raises(ValueError, match="no neuron was observed in every bin"):
            read(file)


def test_labels_that_name_nothing_are_no_condition():
    file = eight_trials(side=[*SIDES[:2], "n/a", "", *SIDES[:4]], block=[1.0, 2.0, np.nan, 1.0] * 2)
    for column, names in (("side", ("left", "right")), ("block", ("1", "2"))):
        with pytest.warns(UserWarning, match="2 trials have no label"):
            assert read(file, column).recordings.conditions == names
    assert read(file, conditions=("left", "n/a")).recordings.conditions == ("left", "n/a")
    assert read(file, "block", conditions=(2, 1)).recordings.conditions == ("2", "1")
    with pytest.raises(ValueError, match="no trial has a label"):
        read(eight_trials(side=[""] * 8))


def test_a_condition_without_any_event_is_said():
    go = STARTS + 2.0
    go[1::2] = np.nan
    with pytest.warns(UserWarning, match="'right' has 4 trials, none with a time of 'go'"):
        assert read(eight_trials(go=go)).recordings.conditions == ("left",)
    with pytest.raises(ValueError, match="'right' has 4 trials, none with a time of 'go'"):
        read(eight_trials(go=go), conditions=("left", "right"))
    with pytest.raises(ValueError, match="'go' holds no time in any trial"):
        read(eight_trials(go=np.full(8, np.nan)))


def test_a_session_whose_only_trial_starts_at_0_s_is_read_without_a_guess():
    file = add_trials(new_session([regular(10.0, 0.0, 600.0)]), [0.0], duration=600.0, side=["all"])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        rates = read(file, event="start_time", window=(0.0, 1000.0)).recordings.rates
    np.testing.assert_allclose(rates, 10.0)


ANEW = np.append(STARTS[:4], STARTS[:4]) + 2.0
IN_MS = 1000.0 * (STARTS + 2.0)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("go", "in_file", "scale", "message"), [
    (np.linspace(1.5, 2.0, 8), True, 1.0, "seem to count from the start of each trial"),
    ([2.0] * 8, False, 1.0, "is 2 s in all 8 trials"),
    (ANEW, False, 1.0, "do not increase .* row 4 .* Does a clock begin anew"),
    (ANEW, True, 1.0, "outside of its trial in 4 of 8 trials, first in row 4"),
    (IN_MS, False, 1.0, "last time of 'go' at 39000 s. Are both in s"),
    (STARTS + 2.0, True, 1000.0, "spike is at 59950 s, and the last time of 'go' at 39"),
    (IN_MS, False, 1000.0, "most active unit has 0.01 Hz .* in ms"),
])
def test_another_clock_and_milliseconds_are_noticed(go, in_file, scale, message):
    file = eight_trials([scale * regular(10.0)], **({"go": go} if in_file else {}))
    with pytest.warns(UserWarning, match=message):
        read(file, trials=None if in_file else {"side": SIDES, "go": go})


def test_events_with_a_unit_and_a_column_of_conditions():
    expected = read(eight_trials()).recordings
    event = types.SimpleNamespace(magnitude=1000.0 * (STARTS + 2.0), units="ms")
    for go in (event, 1e9 * (STARTS[:, None] + 2.0) * np.timedelta64(1, "ns")):
        found = read(eight_trials(), event=go, condition=np.array([["left"], ["right"]] * 4))
        np.testing.assert_allclose(found.recordings.rates, expected.rates)
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"side": ["left ", "Right"] * 4,
                              "go": pandas.to_timedelta(STARTS + 2.0, unit="s")})
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        found = read(eight_trials(), trials=frame, conditions=("left", "right")).recordings
    np.testing.assert_allclose(found.rates, expected.rates)
