"""Rates from spikes, against loops that anyone can follow."""

import functools
import warnings
from contextlib import nullcontext as nothing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src_part1.recordings import psth_from_spikes
from tests.part1.test_common import naive_moving_mean

SIDES = ("left", "right")


def naive_rates(trains, start, n_bins, bin_width, half_width):
    """Rates (Hz) of one neuron from its trials of one condition."""
    counts = np.zeros(n_bins)
    for train in trains:
        for spike in train:
            for b in range(n_bins):
                if start + b * bin_width <= spike < start + (b + 1) * bin_width:
                    counts[b] += 1
    rates = counts / len(trains) / (bin_width / 1000.0)
    return naive_moving_mean(rates, half_width, half_width)


def regular_spikes(rate, start=-2000.0, end=0.0):
    """Spikes in the middle of equal intervals."""
    interval = 1000.0 / rate
    return np.arange(start + interval / 2, end, interval)


@given(
    seed=st.integers(0, 2**32 - 1), n_neurons=st.integers(1, 4), n_bins=st.integers(2, 30),
    half_width=st.integers(0, 9), bin_width=st.sampled_from([5.0, 20.0, 12.5]),
)
def test_rates_are_those_of_the_naive_loops(seed, n_neurons, n_bins, half_width, bin_width):
    rng = np.random.default_rng(seed)
    labels = ["right", "left", "right", "left", "left"]
    start = float(rng.integers(-500, 0))
    window = (start, start + n_bins * bin_width)
    spikes = []
    for _ in range(n_neurons):
        trials = []
        for _ in labels:
            anywhere = rng.uniform(start - 50, window[1] + 50, rng.integers(0, 20))
            on_edges = start + bin_width * rng.integers(-1, n_bins + 2, rng.integers(0, 5))
            trials.append(rng.permutation(np.concatenate([anywhere, on_edges])))
        spikes.append(trials)
    recordings, kept = psth_from_spikes(
        spikes, labels, window=window, bin_width=bin_width, smoothing=half_width * bin_width,
        minimum_rate=0.0,
    )
    assert recordings.conditions == ("right", "left")
    np.testing.assert_array_equal(kept, np.arange(n_neurons))
    for c, name in enumerate(recordings.conditions):
        for neuron in range(n_neurons):
            chosen = [spikes[neuron][k] for k, label in enumerate(labels) if label == name]
            expected = naive_rates(chosen, start, n_bins, bin_width, half_width)
            np.testing.assert_allclose(recordings.rates[c, neuron], expected, atol=1e-12)
    np.testing.assert_allclose(recordings.time, start + bin_width * (np.arange(n_bins) + 0.5))


def test_the_minimum_rate_holds_in_every_condition():
    spikes = [[regular_spikes(rate) for rate in rates] for rates in ((5, 0.5), (5, 2), (1, 1))]
    result = psth_from_spikes([*spikes[:2], [[], []], spikes[2]], ["a", "b"], smoothing=0.0)
    np.testing.assert_array_equal(result.kept, [1, 3])
    assert result.recordings.n_neurons == 2
    assert result.recordings.source == "user"
    assert "2 of 4 neurons" in result.recordings.provenance


def test_neurons_of_different_sessions_have_their_own_trials():
    spikes = [[regular_spikes(5.0), regular_spikes(10.0)], [regular_spikes(20.0)] * 3]
    labels = [[1, 2], [2, 2, 1]]
    rates = psth_from_spikes(spikes, labels, conditions=(2, 1), smoothing=0.0).recordings.rates
    np.testing.assert_allclose(rates.mean(axis=2), [[10.0, 20.0], [5.0, 20.0]])


def test_conditions_select_and_order_trials():
    spikes, labels = [[regular_spikes(5.0), regular_spikes(10.0), [np.pi]]], ["left", "right", "?"]
    record = psth_from_spikes(spikes, labels, conditions=SIDES[::-1], smoothing=0.0).recordings
    assert record.conditions == SIDES[::-1]
    np.testing.assert_allclose(record.rates.mean(axis=2), [[10.0], [5.0]])


@pytest.mark.parametrize(("width", "asked", "kept"), [(20, 140, 140), (50, 140, 150), (20, 0, 0)])
def test_the_record_states_its_bins_and_its_smoothing(width, asked, kept):
    spikes = [[regular_spikes(10.0)]]
    record = psth_from_spikes(spikes, ["a"], bin_width=width, smoothing=asked).recordings
    assert (record.bin_width, record.smoothing) == (width, kept)
    assert f"moving mean over {kept} ms on either side" in record.provenance


@pytest.mark.parametrize("per_neuron", [False, True])
def test_time_that_was_not_observed_does_not_count_as_silence(per_neuron):
    observed = [(-2000.0, 0.0), (-1000.0, 0.0), (-1500.0, -500.0)]
    trains = [regular_spikes(20.0, *limits) for limits in observed]
    observed = [observed] * 2 if per_neuron else observed
    of_both = functools.partial(psth_from_spikes, [trains] * 2, ["a"] * 3, bin_width=100.0)
    np.testing.assert_allclose(of_both(observed=observed).recordings.rates, 20.0)
    assert of_both().recordings.rates.mean() == pytest.approx(20.0 * 4.0 / 6.0)


def test_a_bin_that_no_trial_observed_has_no_rate():
    trains = [regular_spikes(20.0, -1000.0, 0.0)]
    with pytest.warns(UserWarning, match="1 of 2 neurons were not observed .* left out: 1"):
        observed = [[(-2000.0, 0.0)], [(-1000.0, 0.0)]]
        kept = psth_from_spikes([trains, trains], ["a"], observed=observed).kept
    np.testing.assert_array_equal(kept, [0])
    with pytest.warns(UserWarning), pytest.raises(ValueError, match="take a shorter window"):
        psth_from_spikes([trains, trains], ["a"], observed=[(-1000.0, 0.0)])


@pytest.mark.parametrize(("spikes", "message"), [
    ([[regular_spikes(10.0) / 1000.0]], "in seconds"),
    ([[regular_spikes(10.0)] * 2], "the same in all trials"),
    ([[np.random.default_rng(i).uniform(-2000, end, 20) for end in (0, -400, 0, -300)]
      for i in range(10)], "in 2 of 4 trials no neuron spikes for up to 4.. ms"),
])
def test_improbable_spikes_are_noticed(spikes, message):
    with pytest.warns(UserWarning, match=message):
        psth_from_spikes(spikes, list("abcd")[: len(spikes[0])])


def test_trials_without_a_label_are_no_condition():
    spikes = [[regular_spikes(rate) for rate in (5.0, 10.0, 20.0, 40.0)]]
    with pytest.warns(UserWarning, match="3 trials have no label"):
        record = psth_from_spikes(spikes, [1.0, np.nan, None, "n/a"], smoothing=0.0).recordings
    assert record.conditions == ("1",)
    np.testing.assert_allclose(record.rates.mean(), 5.0)


def test_plausible_spikes_raise_no_warning():
    spikes = np.random.default_rng(0).uniform(-2500, 500, (10, 6, 30))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        psth_from_spikes(list(map(list, spikes)), ["a", "b"] * 3)


@pytest.mark.parametrize(("labels", "names", "conditions"), [
    (["left", "left ", " right", "right"], ("left", "right"), None),
    ([0.3, 0.1 * 3, 0.1, 0.1], ("0.3", "0.1"), None),
    (np.array([0.1, 0.1, 2, 2], np.float32), ("0.1", "2"), None),
    (["caf\u00e9", "cafe\u0301", "b", "b"], ("caf\u00e9", "b"), None),
    (["Left", "left", "b", "b"], ("Left", "b"), None),
    (["a", "A", "A", "a"], ("a", "A"), ("a", "A")),
    (np.array([["a"], ["a"], ["b"], ["b"]]), ("a", "b"), None),
])
def test_labels_that_mean_the_same_are_one_condition(labels, names, conditions):
    spikes = [[regular_spikes(rate) for rate in (10.0, 20.0, 30.0, 40.0)]]
    differ = conditions is None and "Left" in names
    with pytest.warns(UserWarning, match=r"\['left'\] are taken") if differ else nothing():
        record = psth_from_spikes(spikes, labels, conditions=conditions, smoothing=0).recordings
    assert record.conditions == names
    expected = [25.0, 25.0] if conditions else [15.0, 35.0]
    np.testing.assert_allclose(record.rates[:, 0].mean(axis=1), expected)


def test_labels_come_as_one_column_of_a_table():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"side": ["a", "b"], "hit": [1, 0]})
    spikes = [[regular_spikes(10.0), regular_spikes(20.0)]]
    assert psth_from_spikes(spikes, frame[["side"]]).recordings.conditions == ("a", "b")
    with pytest.raises(TypeError, match=r"must be one column, got .*\['side', 'hit'\]"):
        psth_from_spikes(spikes, frame)


@pytest.mark.parametrize("flat", [False, True])
def test_spikes_of_a_session_are_cut_around_events(flat):
    rng = np.random.default_rng(0)
    sessions = [np.sort(rng.uniform(0.0, 60_000.0, n)) for n in (3000, 0, 900)]
    events = np.append(np.arange(3000.0, 58_000.0, 2500.0), np.nan)
    labels = ["a", "b"] * 11 + ["a"]
    nested = [[times - event for event in events[:-1]] for times in sessions]
    expected = psth_from_spikes(nested, labels[:-1], minimum_rate=0.0).recordings
    if flat:
        numbers, order = np.repeat([5, 2], [3000, 900]), rng.permutation(3900)
        spikes, options = np.concatenate(sessions)[order], {"clusters": numbers[order]}
        rates, kept = expected.rates[:, [2, 0]], [2, 5]
    else:
        spikes, options = sessions, {}
        rates, kept = expected.rates, [0, 1, 2]
    found = psth_from_spikes(spikes, labels, events=events, minimum_rate=0.0, **options)
    np.testing.assert_allclose(found.recordings.rates, rates)
    np.testing.assert_array_equal(found.kept, kept)


def test_events_before_the_recording_and_in_seconds():
    session = regular_spikes(20.0, 0.0, 60_000.0)
    early = psth_from_spikes([session], ["a", "a"], events=[1000.0, 30_000.0], bin_width=100.0)
    np.testing.assert_allclose(early.recordings.rates, 20.0)
    with pytest.warns(UserWarning, match="last time of events at 30 ms. Are both in ms"):
        psth_from_spikes([session], ["a", "a"], events=[20.0, 30.0], window=(0, 1000))


@pytest.mark.parametrize(("times", "message"), [
    (np.array([31, 32], np.uint64) - np.uint64(40), "within a day of the event.*unsigned"),
    ((np.array([31, 32], np.uint64) - np.uint64(40)) / 30, "within a day of the event.*unsigned"),
    ((np.array([31, 32], np.uint32) - np.uint32(40)) / 30, "within a day of the event.*unsigned"),
    (np.array([31, 32], np.uint16), "must be signed numbers .* dtype uint16"),
])
def test_unsigned_times_that_wrapped_around_are_refused(times, message):
    with pytest.raises((TypeError, ValueError), match=message):
        psth_from_spikes([[times]], ["a"], window=(-100, 100))


GOOD = {"spike_times": [[[-10.0, -20.0], [-30.0]]] * 2, "trial_conditions": ["a", "b"],
        "window": (-100, 0)}


@pytest.mark.parametrize(("change", "error", "message"), [
    ({"observed": [(-100.0, 0.0)]}, ValueError, "each of the 2 trials of neuron 0"),
    ({"observed": 3.0}, TypeError, "observed must be a start and an end"),
    ({"observed": [[(-100.0, 0.0)] * 2]}, ValueError, "for 1 neurons, but there are 2"),
    ({"window": (-0.1, 0)}, ValueError, "got -0.1 to 0 ms. Are these seconds"),
    ({"spike_times": []}, ValueError, "at least one neuron"),
    ({"spike_times": [1.0, 2.0]}, TypeError, r"nested as \[neuron\]\[trial\].*neuron 0 is 1.0"),
    ({"spike_times": [[1.0, 2.0]]}, TypeError, r"\[0\]\[0\] must be a 1-D array"),
    ({"spike_times": [[[0.0], ["x"]]]}, TypeError, r"\[0\]\[1\] must hold real numbers"),
    ({"trial_conditions": [["a", "b"]] * 3}, ValueError, "of 3 neurons, but there are 2"),
    ({"events": [1.0, 2.0, 3.0]}, ValueError, "each of the 2 trials of trial_conditions"),
    ({"clusters": [1, 2]}, TypeError, "needs `events` with `clusters`"),
    ({"observed": [(-0.1, 0.0)] * 2}, ValueError, "observed must be in ms.*Are these seconds"),
    ({"conditions": ("a", "c")}, ValueError, "neuron 0 has no trial of condition 'c'"),
    ({"conditions": ("a", "a")}, ValueError, "must be different names"),
    ({"window": (-100, 0, 5)}, TypeError, "a start and an end"),
    ({"window": (-105, 0)}, ValueError,
     r"window \(its length\) must be a whole multiple of bin_width = 20 ms, got 105"),
    ({"window": (-20, 0)}, ValueError, "at least two bins of 20 ms, got -20 to 0 ms"),
    ({"bin_width": 0.0}, ValueError, "bin_width must be positive"),
    ({"minimum_rate": -1.0}, ValueError, "minimum_rate must be at least 0"),
    ({"minimum_rate": 1e3}, ValueError, "no neuron fires at 1000 Hz.*the most active one has"),
])
def test_bad_input_is_refused_in_a_sentence(change, error, message):
    psth_from_spikes(**GOOD)
    with pytest.raises(error, match=message):
        psth_from_spikes(**{**GOOD, **change})
