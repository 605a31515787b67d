"""Arrays in every container become the same record, or are refused; wrong units are noticed."""

import types
import warnings

import numpy as np
import pytest

from src_part1.common.validation import check_array
from src_part1.recordings import load_recordings, psth_from_spikes, recordings_from_arrays

TIME = np.arange(-180.0, 1.0, 20.0)
RATES = np.random.default_rng(4).gamma(4.0, 3.0, (2, 6, TIME.size))
SIDES = ("left", "right")


class NamedArray:
    """What xarray.DataArray shows of itself."""

    def __init__(self, values, dims, coords):
        self.values, self.dims = np.asarray(values), tuple(dims)
        self.coords = {name: types.SimpleNamespace(values=np.asarray(v))
                       for name, v in coords.items()}

    def __array__(self, dtype=None, copy=None):
        return self.values

    def transpose(self, *dims):
        order = [self.dims.index(dim) for dim in dims]
        coords = {name: coord.values for name, coord in self.coords.items()}
        return type(self)(self.values.transpose(order), dims, coords)


def named(values, dims, coords):
    """One of xarray's arrays if it is installed; else what looks like one."""
    try:
        import xarray
    except ImportError:
        return NamedArray(values, dims, coords)
    return xarray.DataArray(values, dims=dims, coords=coords)


@pytest.mark.parametrize("dims", [
    ("condition", "neuron", "time"), ("time", "neuron", "condition"), ("unit", "time", "condition"),
])
def test_named_dimensions_come_in_any_order(dims):
    axes = {"condition": 0, "neuron": 1, "unit": 1, "time": 2}
    array = named(
        RATES.transpose([axes[dim] for dim in dims]), dims, {"time": TIME, "condition": list(SIDES)}
    )
    for record in (recordings_from_arrays(array), recordings_from_arrays(array, TIME, SIDES)):
        np.testing.assert_array_equal(record.rates, RATES)
        np.testing.assert_array_equal(record.time, TIME)
        assert record.conditions == SIDES
    turned = recordings_from_arrays(array, conditions=("right", "left"))
    np.testing.assert_array_equal(turned.rates, RATES[::-1])


def test_named_dimensions_of_single_conditions():
    blocks = {
        name: named(rates.T, ("time", "neuron"), {"time": TIME})
        for name, rates in zip(SIDES, RATES, strict=True)
    }
    np.testing.assert_array_equal(recordings_from_arrays(blocks).rates, RATES)


def test_unknown_dimensions_and_other_times_are_refused():
    array = named(RATES, ("a", "b", "c"), {})
    with pytest.raises(ValueError, match=r"dimensions condition, neuron and time.*\('a', 'b', 'c'"):
        recordings_from_arrays(array, TIME)
    array = named(RATES, ("condition", "neuron", "time"), {"time": TIME})
    with pytest.raises(ValueError, match="agree with the coordinate 'time'"):
        recordings_from_arrays(array, TIME + 5.0)
    with pytest.raises(TypeError, match="time must be given"):
        recordings_from_arrays(named(RATES, ("condition", "neuron", "time"), {}))
    with pytest.raises(TypeError, match="time must be given"):
        recordings_from_arrays(RATES)


def test_data_frames_have_time_along_either_axis():
    pandas = pytest.importorskip("pandas")
    by_time = {
        name: pandas.DataFrame(rates.T, index=pandas.Index(TIME, name="time"))
        for name, rates in zip(SIDES, RATES, strict=True)
    }
    by_neuron = {name: frame.T for name, frame in by_time.items()}
    for frames in (by_time, by_neuron):
        record = recordings_from_arrays(frames)
        np.testing.assert_array_equal(record.rates, RATES)
        np.testing.assert_array_equal(record.time, TIME)
    unlabelled = {name: pandas.DataFrame(rates.T) for name, rates in
                  zip(SIDES, RATES, strict=True)}
    np.testing.assert_array_equal(recordings_from_arrays(unlabelled, TIME).rates, RATES)


def test_a_frame_that_does_not_say_which_axis_is_time_is_refused():
    pandas = pytest.importorskip("pandas")
    square = pandas.DataFrame(np.ones((TIME.size, TIME.size)))
    with pytest.raises(ValueError, match="does not say which axis is time"):
        recordings_from_arrays({"go": square}, TIME)
    right = pandas.DataFrame(np.diag(TIME + 200.0), index=TIME)
    record = recordings_from_arrays({"go": right}, TIME)
    np.testing.assert_array_equal(record.rates[0], right.to_numpy().T)
    with pytest.raises(TypeError, match="got a single DataFrame"):
        recordings_from_arrays(square, TIME)


def test_masked_entries_are_refused_and_not_shown():
    hidden = np.ma.masked_greater(RATES, RATES.max() - 1e-9)
    for rates in (hidden, list(hidden), dict(zip(SIDES, hidden, strict=True))):
        with pytest.raises(ValueError, match="1 entries are masked, the first at"):
            recordings_from_arrays(rates, TIME)
    with pytest.raises(ValueError, match="time must hold a value everywhere"):
        recordings_from_arrays(RATES, np.ma.masked_greater(TIME, -10.0))
    with pytest.raises(ValueError, match=r"spike_times\[0\]\[0\] must hold a value everywhere"):
        psth_from_spikes([[np.ma.masked_less([1.0, 30.0], 5.0)]], ["a"], window=(0, 100))
    with pytest.raises(ValueError, match="x must hold a value everywhere"):
        check_array("x", np.ma.masked_less([1.0, 3.0], 2.0), (None,))
    open_mask = np.ma.MaskedArray(RATES, mask=False)
    np.testing.assert_array_equal(recordings_from_arrays(open_mask, TIME).rates, RATES)


def test_axes_in_another_order_are_noticed():
    with pytest.raises(ValueError, match="time seems to be axis 0"):
        recordings_from_arrays(RATES.transpose(2, 1, 0), TIME)
    many = np.random.default_rng(0).gamma(4.0, 3.0, (80, 3, TIME.size))
    with pytest.warns(UserWarning, match="3 neurons in 80 conditions are improbable"):
        recordings_from_arrays(many, TIME)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recordings_from_arrays(many, TIME, [f"stimulus {i}" for i in range(80)])


@pytest.mark.parametrize(("rates", "time", "message"), [
    (RATES, TIME / 1000.0, "time runs over 0.2 ms only, in steps of 0.02 ms. .* in seconds"),
    (RATES, 1000.0 * TIME * 10, r"time runs over 2e\+06 ms \(33 minutes\)"),
    (RATES * 0.02, TIME, r"mean of 0\.\d+ Hz. Are these spikes per bin\? Times 1000 / 20 ms"),
    (RATES * 60.0, TIME, "not aligned to the event of their trial"),
])
def test_improbable_units_are_named(rates, time, message):
    with pytest.warns(UserWarning, match=message):
        recordings_from_arrays(rates, time)


def test_plausible_rates_raise_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recordings_from_arrays(RATES, TIME)
        load_recordings("synthetic")


def test_a_file_of_byte_strings(tmp_path):
    path = tmp_path / "bytes.npz"
    np.savez(path, rates=RATES, time=TIME, conditions=np.array([b"left", b"right"]),
             provenance=np.array(b"Session 3."), source=np.array(b"probe 1"), smoothing=60.0)
    record = load_recordings(path)
    assert record.conditions == SIDES
    assert record.provenance == "Session 3. Source: probe 1."
    assert (record.source, record.smoothing) == ("user", 60.0)


@pytest.mark.parametrize(("name", "message"), [
    ("x.npy", r"recordings_from_arrays\(np.load\(file\), time"), ("x.csv", "With pandas"),
    ("x.txt", "With pandas"),
])
def test_files_without_axes_say_how(tmp_path, name, message):
    path = tmp_path / name
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=message):
        load_recordings(path)
    with pytest.raises(TypeError, match="for .mat and .nwb files only"):
        load_recordings(path, window=(0, 1))
