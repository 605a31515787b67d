"""Arrays in every container become the same record, or are refused; wrong units are noticed."""

import copy
import types
import warnings

import numpy as np
import pandas
import pytest

from src_part1.common.validation import check_array
from src_part1.recordings import load_recordings, psth_from_spikes, recordings_from_arrays

TIME = np.arange(-180.0, 1.0, 20.0)
RATES = np.random.default_rng(4).gamma(4.0, 3.0, (2, 6, TIME.size))
SIDES = ("left", "right")
NAMES = [f"u{i}" for i in range(6)]
OTHER = [3, 0, 5, 1, 2, 4]  # another order of the neurons


class NamedArray:
    """What xarray.DataArray shows of itself."""

    def __init__(self, values, dims, coords):
        self.values = self.data = np.asarray(values)
        self.dims, self.attrs = tuple(dims), {}
        self.coords = {name: types.SimpleNamespace(values=np.asarray(v), attrs={})
                       for name, v in coords.items()}

    def __array__(self, dtype=None, copy=None):
        return self.values

    def transpose(self, *dims):
        turned = copy.copy(self)
        turned.values = turned.data = self.values.transpose([self.dims.index(dim) for dim in dims])
        turned.dims = dims
        return turned


def named(values, dims, coords):
    """One of xarray's arrays if it is installed; else what looks like one."""
    try:
        import xarray
    except ImportError:
        return NamedArray(values, dims, coords)
    return xarray.DataArray(values, dims=dims, coords=coords)


def quantity(values, unit, like="pint"):
    """Numbers with a unit, as pint, quantities or astropy show them."""
    values = np.asarray(values)
    if like == "astropy":
        return types.SimpleNamespace(value=values, unit=unit)
    kind = types.SimpleNamespace(string=unit) if like == "quantities" else None
    return types.SimpleNamespace(magnitude=values, units=unit, dimensionality=kind)


def pynapple(times, values=None, columns=None):
    """A time series of pynapple, whose times are in seconds."""
    return types.SimpleNamespace(
        t=np.asarray(times) / 1000.0, time_support=None, values=values,
        **({} if columns is None else {"columns": columns}),
    )


def neo_signal(rates, unit):
    """A signal of neo: (time, channel), with times of its own."""
    return types.SimpleNamespace(
        t_start=None, times=quantity(TIME / 1000.0, "s"), units=unit, magnitude=rates.T,
        dimensionality=types.SimpleNamespace(string=unit),
    )


def is_the_record(record, rates=RATES):
    np.testing.assert_allclose(record.rates, rates)
    np.testing.assert_allclose(record.time, TIME, atol=1e-9)
    assert record.conditions == SIDES


@pytest.mark.parametrize("dims", [
    ("condition", "neuron", "time"), ("time", "neuron", "condition"), ("unit", "time", "condition"),
])
def test_named_dimensions_come_in_any_order(dims):
    axes = {"condition": 0, "neuron": 1, "unit": 1, "time": 2}
    array = named(
        RATES.transpose([axes[dim] for dim in dims]), dims, {"time": TIME, "condition": list(SIDES)}
    )
    for record in (recordings_from_arrays(array), recordings_from_arrays(array, TIME, SIDES)):
        is_the_record(record)
    for rates in (array, dict(zip(SIDES, RATES, strict=True))):
        turned = recordings_from_arrays(rates, TIME, SIDES[::-1])
        assert turned.conditions == SIDES[::-1]
        np.testing.assert_array_equal(turned.rates, RATES[::-1])


LEFT, RIGHT = (pandas.DataFrame(rates.T, TIME, NAMES) for rates in RATES)
TURNED = RIGHT.iloc[::-1, OTHER]
# The same rates twice, the second with its neurons and times in another order.
PAIRS = {
    "xarray": (
        named(RATES[0], ("neuron", "time"), {"neuron": NAMES, "time": TIME}),
        named(TURNED, ("time", "neuron"), {"neuron": list(TURNED), "time": TIME[::-1]}),
    ),
    "pynapple": (
        pynapple(TIME, LEFT.values, NAMES), pynapple(TIME, RIGHT[TURNED.columns].values, TURNED)
    ),
    "pandas": (LEFT, TURNED),
    "neurons as rows": (LEFT.rename_axis("time").T, TURNED.T),
    "whole numbers as labels": (
        LEFT.set_axis(range(6), axis=1), RIGHT.set_axis(range(6), axis=1)[OTHER]
    ),
    "a column of times": (
        LEFT.rename_axis("time").reset_index(), TURNED.rename_axis("t").reset_index()
    ),
    "nullable numbers": (LEFT.astype("Float64"), RIGHT),
    "durations as times": (LEFT.set_axis(pandas.to_timedelta(TIME, unit="ms")), RIGHT),
    "seconds in the name": (
        LEFT.set_axis(pandas.Index(TIME / 1000, name="time (s)")),
        RIGHT.set_axis(TIME / 1000).rename_axis("time_s").reset_index(),
    ),
}


@pytest.mark.parametrize("kind", PAIRS)
def test_conditions_are_put_side_by_side_by_their_labels(kind):
    blocks = dict(zip(SIDES, PAIRS[kind], strict=True))
    is_the_record(recordings_from_arrays(blocks))
    is_the_record(recordings_from_arrays(blocks, TIME))


@pytest.mark.parametrize(("change", "message"), [
    (lambda f: f.drop(columns="u3"), r"must have the neurons of 'left', but lacks \['u3'\]"),
    (lambda f: f.rename(columns={"u3": "x"}), r"lacks \['u3'\] and has \['x'\]"),
    (lambda f: f.set_axis(["u0", *NAMES[:5]], axis=1), "lacks"),
    (lambda f: f.assign(u9=f["u0"]).rename(columns={"u9": "u1"}), "'u1' comes twice"),
    (lambda f: f.set_axis(TIME + 7.0), "they run from -180 to 0 ms, but its labels from -173"),
    (lambda f: f.set_axis([f"{t} ms" for t in TIME]).rename_axis("time"), "numbers .ms. as labels"),
    (lambda f: f.assign(quality="good"), r"\['right'\]\['quality'\] must hold rates"),
    (lambda f: f.assign(neuron=1), "is a long table, with a column 'neuron'.*frame.pivot"),
])
def test_labels_that_do_not_fit_are_refused(change, message):
    with pytest.raises((TypeError, ValueError), match=message):
        recordings_from_arrays({"left": LEFT, "right": change(RIGHT)})


@pytest.mark.parametrize("time", [None, TIME])
def test_a_column_that_is_no_neuron_is_left_out(time, tmp_path):
    for name, frame in zip(SIDES, (LEFT, RIGHT), strict=True):
        # With its row numbers.
        frame.rename_axis("time").reset_index().to_csv(tmp_path / f"{name}.csv")
    for options in ({"index_col": "time"}, {}):
        read = {name: pandas.read_csv(tmp_path / f"{name}.csv", **options) for name in SIDES}
        with pytest.warns(UserWarning, match="'Unnamed: 0' counts the rows and is no neuron"):
            is_the_record(recordings_from_arrays(read, time))
    rows = np.stack([np.vstack([np.arange(10.0), rates]) for rates in RATES])
    with pytest.warns(UserWarning, match="neuron 0 rises by 1 from each bin .* row numbers"):
        recordings_from_arrays(rows, TIME)


def test_labels_or_the_size_say_which_axis_of_a_frame_is_time():
    square = pandas.DataFrame(np.diag(TIME + 200.0), index=TIME)
    record = recordings_from_arrays({"go": square}, TIME)
    np.testing.assert_array_equal(record.rates[0], square.to_numpy().T)
    unlabelled = {name: pandas.DataFrame(rates.T) for name, rates in zip(SIDES, RATES, strict=True)}
    is_the_record(recordings_from_arrays(unlabelled, TIME))


@pytest.mark.parametrize("like", ["pint", "quantities", "astropy"])
@pytest.mark.parametrize(("unit", "factor"), [
    ("Hz", 1.0), ("kHz", 1e-3), ("1/ms", 1e-3), ("1 / millisecond", 1e-3), ("spikes/s", 1.0),
    ("kilohertz", 1e-3), ("s**-1", 1.0),
])
def test_units_that_numbers_carry_are_converted(like, unit, factor):
    time = quantity(TIME / 1000.0, "second", like)
    is_the_record(recordings_from_arrays(quantity(RATES * factor, unit, like), time, SIDES))
    blocks = {name: quantity(rates * factor, unit, like)
              for name, rates in zip(SIDES, RATES, strict=True)}
    is_the_record(recordings_from_arrays(blocks, TIME.astype("m8[ms]")))


def test_units_of_containers_are_converted():
    coords = {"time": TIME / 1000.0, "condition": list(SIDES)}
    array = named(RATES / 1000.0, ("condition", "neuron", "time"), coords)
    array.attrs["units"], array.coords["time"].attrs["units"] = "kHz", "seconds"
    is_the_record(recordings_from_arrays(array))
    blocks = {k: neo_signal(rates / 1000.0, "1/ms") for k, rates in zip(SIDES, RATES, strict=True)}
    is_the_record(recordings_from_arrays(blocks))
    in_khz = LEFT / 1000.0
    in_khz.attrs["units"] = "kHz"
    is_the_record(recordings_from_arrays({"left": in_khz, "right": RIGHT}))


HIDDEN = np.ma.masked_greater(RATES, RATES.max() - 1e-9)
SQUARE = pandas.DataFrame(np.ones((TIME.size, TIME.size)))
AXES = ("condition", "neuron", "time")


@pytest.mark.parametrize(("rates", "time", "error", "message"), [
    (quantity(RATES, "mV"), TIME, ValueError, "rates must be in Hz, but carries the unit 'mV'"),
    (quantity(RATES, "dimensionless"), TIME, ValueError, "times 1000 / bin width in ms are Hz"),
    (RATES, quantity(TIME, "m"), ValueError, "time must be in ms, but carries the unit 'm'"),
    (RATES, np.datetime64("2020", "ms") + TIME.astype("m8[ms]"), TypeError, "event, got dates"),
    (RATES, TIME.astype(np.int64).astype(np.uint64), ValueError, "within a day.*unsigned"),
    (-RATES, TIME, ValueError, r"at least 0 \(Hz\).*Calcium signals \(dF/F, z-scores\) are no rat"),
    (RATES.transpose(2, 1, 0), TIME, ValueError, "time seems to be axis 0"),
    (list(zip(RATES[0], RATES[1, :, 1:], strict=True)), TIME, TypeError, "must be an array"),
    ([RATES[0], RATES[1, :, 1:]], TIME, ValueError,
     r"'condition 1' has \(6, 10\) and 'condition 2' has \(6, 9\)"),
    ({"a": RATES[0], "b": RATES[1, 1:]}, TIME, ValueError,
     r"'a' has \(6, 10\) and 'b' has \(5, 10\)"),
    ({}, TIME, ValueError, "must have shape"),
    (3.0, TIME, TypeError, "must be an array"),
    (SQUARE, TIME, TypeError, "got one DataFrame"),
    ({"go": SQUARE}, TIME, ValueError, "does not say which axis is time"),
    (named(RATES, ("a", "b", "c"), {}), TIME, ValueError,
     r"dimensions condition, neuron and time.*\('a', 'b', 'c'"),
    (named(RATES, AXES, {"condition": ["left", "left"]}), TIME, ValueError,
     "must have different conditions, but 'left' comes twice"),
    (named(RATES, AXES, {"time": TIME}), TIME + 5.0, ValueError,
     "run from -175 to 5 ms, but its labels from -180 to 0"),
    (named(RATES, AXES, {}), None, TypeError, "time must be given"),
    (RATES, None, TypeError, "time must be given"),
    *((rates, TIME, ValueError, "1 entries are masked, the first at")
      for rates in (HIDDEN, list(HIDDEN), dict(zip(SIDES, HIDDEN, strict=True)))),
    (RATES, np.ma.masked_greater(TIME, -10.0), ValueError, "time must hold a value everywhere"),
])
def test_what_are_no_rates_or_times_is_refused(rates, time, error, message):
    with pytest.raises(error, match=message):
        recordings_from_arrays(rates, time)


@pytest.mark.parametrize(("rates", "time", "message"), [
    (RATES, TIME / 1000.0, "time runs over 0.2 ms only, in steps of 0.02 ms. .* in seconds"),
    (np.repeat(RATES, 500, axis=2), np.arange(5000) * 0.02, "steps of 0.02 ms. .* in seconds"),
    (RATES, 1000.0 * TIME * 10, r"time runs over 2e\+06 ms \(33 minutes\)"),
    (RATES * 0.02, TIME, r"mean of 0\.\d+ Hz. Are these spikes per bin\? Times 1000 / 20 ms"),
    (RATES * 60.0, TIME, "not aligned to the event of their trial"),
])
def test_improbable_units_are_named(rates, time, message):
    with pytest.warns(UserWarning, match=message):
        recordings_from_arrays(rates, time)


SPIKES = np.random.default_rng(3).uniform(-200, 0, (2, 4, 20))  # neuron, trial, spike


@pytest.mark.parametrize("spikes", [
    SPIKES[..., None], (1e6 * SPIKES).astype("m8[ns]"),
    [[quantity(times / 1000.0, "s", "quantities") for times in trials] for trials in SPIKES],
    # What pynapple's compute_perievent returns, once with its trials in another order.
    {7 + i: {k: pynapple(times) for k, times in enumerate(trials)}
     for i, trials in enumerate(SPIKES)},
    {i: {k: pynapple(SPIKES[i, k]) for k in ((0, 1, 2, 3), (2, 3, 1, 0))[i]} for i in range(2)},
], ids=["columns", "durations", "neo", "pynapple", "pynapple, other order"])
def test_spike_times_in_containers_are_those_in_ms(spikes):
    options = {"trial_conditions": list("abba"), "window": (-200, 0)}
    expected = psth_from_spikes(SPIKES, **options).recordings
    np.testing.assert_allclose(psth_from_spikes(spikes, **options).recordings.rates, expected.rates)


def test_an_open_mask_is_none_and_masked_entries_are_refused():
    with pytest.raises(ValueError, match=r"spike_times\[0\]\[0\] must hold a value everywhere"):
        psth_from_spikes([[np.ma.masked_less([1.0, 30.0], 5.0)]], ["a"], window=(0, 100))
    with pytest.raises(ValueError, match="x must hold a value everywhere"):
        check_array("x", np.ma.masked_less([1.0, 3.0], 2.0), (None,))
    open_mask = np.ma.MaskedArray(RATES, mask=False)
    np.testing.assert_array_equal(recordings_from_arrays(open_mask, TIME).rates, RATES)


def test_plausible_rates_raise_no_warning():
    many = np.random.default_rng(0).gamma(4.0, 3.0, (80, 3, TIME.size))
    with pytest.warns(UserWarning, match="3 neurons in 80 conditions are improbable"):
        recordings_from_arrays(many, TIME)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recordings_from_arrays(many, TIME, [f"stimulus {i}" for i in range(80)])
        recordings_from_arrays(RATES, TIME[:, None])
        recordings_from_arrays((50 * RATES / 1000).astype(np.uint8) * (1000 / 20), TIME)
        load_recordings("synthetic")
