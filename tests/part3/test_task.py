"""The task as a whole: sizes, targets, matching and what a seed means."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from src_part3 import task as module
from src_part3.parameters import CLOCKED, RECURRENT, FeedforwardParameters, TrialParameters
from src_part3.task import make_task, network_for
from src_part3.transfer import original_inputs, sampled_sd
from src_part3.trials import run_trials
from tests.part3.small import NETWORK, TRIAL, small_recordings, small_task

pytestmark = pytest.mark.filterwarnings("ignore:.* recorded neurons are too few:UserWarning")


def test_a_task_holds_the_recordings_at_the_ends_of_its_bins():
    task, recordings = small_task(), small_recordings()
    assert (task.n_conditions, task.n_trained, task.n_bins) == (2, 24, 10)
    np.testing.assert_array_equal(task.times, 100.0 + 20.0 * np.arange(1, 11))
    np.testing.assert_allclose(task.recorded_rates, recordings.rates[:, :, 1:], rtol=1e-6)
    back = [task.transfer.rates(targets.T, task.network.trained).T for targets in task.targets]
    np.testing.assert_allclose(back, task.recorded_rates, rtol=0.01)


def test_targets_of_the_original_are_siegerts_in_the_same_network():
    task, ours = small_task(original=True), small_task()
    np.testing.assert_array_equal(task.network.trained, ours.network.trained)
    np.testing.assert_array_equal(task.transfer.coefficients, ours.transfer.coefficients)
    sd = sampled_sd(task.network.without_plastic(), np.random.default_rng(0))
    expected = original_inputs(task.recorded_rates, sd, task.network.parameters)
    np.testing.assert_allclose(task.targets, expected, atol=0.02)
    assert np.abs(task.targets - ours.targets).mean() > 0.03


def test_finer_recordings_are_averaged_over_the_bins_of_the_task():
    trial = TrialParameters(duration=320.0, stim_on=40.0, stim_off=120.0, bin_width=40.0)
    task, recordings = small_task(trial_parameters=trial), small_recordings()
    assert task.n_bins == 5
    # A bin of 40 ms around a bin of 20 ms holds it and half of each neighbour.
    before, own, after = (recordings.rates[:, :, i : i + 7 : 2] for i in (1, 2, 3))
    np.testing.assert_allclose(task.recorded_rates[:, :, :4], before / 4 + own / 2 + after / 4,
                               rtol=1e-6)
    # Nothing was recorded after the last half bin.
    last = (recordings.rates[:, :, -2] / 2 + recordings.rates[:, :, -1]) / 1.5
    np.testing.assert_allclose(task.recorded_rates[:, :, 4], last, rtol=1e-6)


@pytest.mark.parametrize(("bin_width", "expected"), [
    (10.0, 10.0), (25.0, 25.0), (30.0, 20.0), (12.5, 20.0), (0.1 * 500 + 1e-9, 50.0),
])
def test_bins_are_those_of_the_recordings_if_they_fit(bin_width, expected):
    recordings = small_recordings(n_time=round(400 / bin_width) + 1, bin_width=bin_width)
    task = make_task(recordings, seed=3, network_parameters=NETWORK)
    trial = task.trial_parameters
    assert trial.bin_width == expected
    duration = recordings.time[-1] - recordings.time[0]
    assert task.n_bins == int(duration / expected + 1e-6)
    assert trial.duration == 1000.0 + task.n_bins * expected
    if expected <= bin_width:
        at = recordings.time[0] + expected * np.arange(1, task.n_bins + 1)
        wanted = [np.interp(at, recordings.time, rates) for rates in recordings.rates[1]]
        np.testing.assert_allclose(task.recorded_rates[1], wanted, rtol=1e-6)


def test_bins_that_do_not_fit_are_refused_by_name():
    for changes, message in (
        ({"bin_width": 12.5}, "bin_width must be a whole multiple of twice the time"),
        ({"bin_width": 30.0, "stim_off": 120.0, "duration": 310.0},
         "after the cue must be a whole multiple of the width"),
        ({"stim_off": 110.0, "duration": 310.0}, "stim_off must be a whole multiple of"),
        ({"stim_on": 50.0}, "stim_on must be a whole multiple of the width of a bin"),
        ({"duration": 100.0}, "after the cue must last at least one bin of 20 ms"),
        ({"bin_width": 400.0, "stim_on": 0.0, "stim_off": 400.0, "duration": 800.0},
         "must last at least one bin of 400 ms"),
    ):
        with pytest.raises(ValueError, match=message):
            small_task(trial_parameters=replace(TRIAL, **changes))


@pytest.mark.parametrize(("n_neurons", "clock", "base", "n_exc", "n_inh", "tau_plastic"), [
    (15, "per_condition", CLOCKED, 14, 20, 150.0),
    (79, "per_condition", CLOCKED, 20, 20, 150.0),
    (1824, "per_condition", CLOCKED, 20, 20, 150.0),
    (79, "none", RECURRENT, 39, 39, 600.0),  # half of the others; at most twice tau
    (500, "none", RECURRENT, 249, 249, 570.0),  # 300 * sqrt(1824 / 500)
    (500, "common", RECURRENT, 249, 249, 570.0),
    (1824, "none", RECURRENT, 528, 528, 300.0),
    (2400, "none", RECURRENT, 528, 528, 300.0),
])
def test_the_network_follows_from_the_clock_and_the_number_of_neurons(
    n_neurons, clock, base, n_exc, n_inh, tau_plastic
):
    assert network_for(n_neurons, clock) == replace(
        base, n_plastic_exc=n_exc, n_plastic_inh=n_inh, tau_plastic=tau_plastic)


@pytest.mark.parametrize(("n_neurons", "clock", "n_plastic_inh"), [
    (15, "per_condition", 6), (79, "per_condition", 6), (110, "none", 9),
])
def test_without_parameters_few_neurons_get_a_clock_and_are_told_so(
    n_neurons, clock, n_plastic_inh, monkeypatch
):
    # Presets of other numbers of synapses, so small that a task is quickly made.
    monkeypatch.setattr(module, "CLOCKED", NETWORK)
    monkeypatch.setattr(module, "RECURRENT", replace(NETWORK, n_plastic_exc=9, n_plastic_inh=9))
    recordings = small_recordings(n_neurons)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        task = make_task(recordings, seed=3, trial_parameters=TRIAL)
    assert task.feedforward_parameters.clock == clock
    assert task.network.parameters.n_plastic_inh == n_plastic_inh
    assert len(caught) == (n_neurons < 100)
    with warnings.catch_warnings():  # who chooses the clock is not warned
        warnings.simplefilter("error")
        task = make_task(recordings, seed=3, trial_parameters=TRIAL,
                         feedforward_parameters=FeedforwardParameters(clock="none"))
    assert task.network.n_inputs == 0 and task.feedforward_rates is None
    for warning in caught:
        assert f"{n_neurons} recorded neurons are too few" in str(warning.message)
        assert "FeedforwardParameters(clock='none')" in str(warning.message)
        assert warning.filename == __file__


@pytest.mark.parametrize(("mu_exc", "mu_inh", "message"), [
    (0.3, 0.5, r"fire at .* Hz, but the balance equations have no positive rates: .* j and mu"),
    (0.9, 1.15, r"equations ask for 3.1 Hz. .* where K = 24 is small: raise out_degree"),
])
def test_an_untrained_network_that_is_not_balanced_is_reported(mu_exc, mu_inh, message):
    with pytest.warns(UserWarning, match=message) as caught:
        make_task(
            small_recordings(), feedforward_parameters=FeedforwardParameters(clock="none"),
            network_parameters=replace(NETWORK, mu_exc=mu_exc, mu_inh=mu_inh),
        )
    assert caught[0].filename == __file__


def test_faster_recorded_neurons_get_faster_model_neurons():
    recordings = small_recordings()
    rates = recordings.rates * np.linspace(0.2, 2.0, 24)[:, None]
    task = make_task(replace(recordings, rates=rates), seed=3, network_parameters=NETWORK,
                     trial_parameters=TRIAL)
    trials = run_trials(task.network.without_plastic(), TRIAL, 40, np.random.default_rng(0))
    model = sum(trial.counts for trial in trials)[task.network.trained]
    assert np.corrcoef(rates.mean(axis=(0, 2)), model)[0, 1] > 0.8
