"""The task as a whole: sizes, targets, matching and what a seed means."""

import warnings
from dataclasses import asdict, make_dataclass, replace

import numpy as np
import pytest

from src_part1.recordings import recordings_from_arrays
from src_part3.evaluation import evaluate
from src_part3.input_targets import input_targets
from src_part3.parameters import BalancedNetworkParameters, FeedforwardParameters, TrialParameters
from src_part3.task import make_task
from src_part3.teacher_forcing import TeacherForcing, TeacherForcingParameters
from src_part3.training import Training, TrainingParameters
from src_part3.trials import run_trial, run_trials
from tests.part3.small import NETWORK, TRIAL, small_recordings, small_task


def test_a_task_holds_the_recordings_at_the_ends_of_its_bins():
    task, recordings = small_task(), small_recordings()
    assert (task.n_conditions, task.n_trained, task.n_bins) == (2, 24, 10)
    np.testing.assert_array_equal(task.times, 100.0 + 20.0 * np.arange(1, 11))
    np.testing.assert_allclose(task.recorded_rates, recordings.rates[:, :, 1:], rtol=1e-6)
    np.testing.assert_allclose(
        task.targets, input_targets(recordings.rates[:, :, 1:], task.sigma), rtol=0, atol=1e-6
    )


def test_without_a_trial_it_lasts_as_long_as_the_recordings():
    task = small_task(trial_parameters=None)
    assert task.trial_parameters.duration == 1200.0
    assert task.n_bins == 10


def test_finer_recordings_are_averaged_over_the_bins_of_the_task():
    trial = TrialParameters(duration=320.0, stim_on=40.0, stim_off=120.0, bin_width=40.0)
    task, recordings = small_task(trial_parameters=trial), small_recordings()
    assert task.n_bins == 5
    # A bin of 40 ms around a bin of 20 ms holds it and half of each neighbour.
    before, own, after = (recordings.rates[:, :, i : i + 7 : 2] for i in (1, 2, 3))
    np.testing.assert_allclose(
        task.recorded_rates[:, :, :4], before / 4 + own / 2 + after / 4, rtol=1e-6
    )
    # Nothing was recorded after the last half bin.
    last = (recordings.rates[:, :, -2] / 2 + recordings.rates[:, :, -1]) / 1.5
    np.testing.assert_allclose(task.recorded_rates[:, :, 4], last, rtol=1e-6)


def test_rates_that_alternate_from_bin_to_bin_are_averaged_and_not_sampled():
    time = np.arange(-400.0, 0.0, 1.0)
    rates = np.broadcast_to(np.where(np.arange(400) % 2, 15.0, 5.0), (1, 24, 400))
    fine = recordings_from_arrays(rates, time, ("only",))
    task = make_task(fine, seed=3, network_parameters=NETWORK)
    assert task.trial_parameters.bin_width == 20.0
    np.testing.assert_allclose(task.recorded_rates, 10.0, rtol=1e-6)


@pytest.mark.parametrize(("bin_width", "expected"), [
    (1.0, 20.0), (10.0, 10.0), (20.0, 20.0), (25.0, 25.0), (30.0, 20.0), (50.0, 50.0),
    (12.5, 20.0), (100.0, 20.0),
])
def test_bins_are_those_of_the_recordings_if_they_fit(bin_width, expected):
    n_time = round(400 / bin_width) + 1
    recordings = small_recordings(n_time=n_time, bin_width=bin_width)
    task = make_task(recordings, seed=3, network_parameters=NETWORK)
    trial = task.trial_parameters
    assert trial.bin_width == expected
    duration = recordings.time[-1] - recordings.time[0]
    assert task.n_bins == int(duration / expected + 1e-6)
    assert trial.duration == 1000.0 + task.n_bins * expected
    if expected == bin_width:
        np.testing.assert_array_equal(
            task.recorded_rates, recordings.rates[:, :, 1:].astype(np.float32)
        )
    elif expected < bin_width:
        at = recordings.time[0] + expected * np.arange(1, task.n_bins + 1)
        np.testing.assert_allclose(
            task.recorded_rates[1, 5], np.interp(at, recordings.time, recordings.rates[1, 5]),
            rtol=1e-6,
        )


def test_times_that_were_computed_do_not_change_the_bins():
    recordings = small_recordings(bin_width=0.1 * 500 + 1e-9)
    assert small_task(trial_parameters=None).trial_parameters.bin_width == 20.0
    task = make_task(recordings, seed=3, network_parameters=NETWORK)
    assert task.trial_parameters.bin_width == 50.0 and task.n_bins == 10


def test_bins_that_do_not_fit_are_refused_by_name():
    for trial, message in (
        (replace(TRIAL, bin_width=20.1), "bin_width must be a whole multiple of twice the time"),
        (replace(TRIAL, bin_width=30.0), "after the cue must be a whole multiple of the width"),
        (replace(TRIAL, stim_off=110.0, duration=310.0), "stim_off must be a whole multiple of"),
        (replace(TRIAL, duration=100.0), "duration after the cue must be positive"),
        (replace(TRIAL, bin_width=400.0, duration=500.0), "must last at least one bin of 400 ms"),
    ):
        with pytest.raises(ValueError, match=message):
            small_task(trial_parameters=trial)


@pytest.mark.parametrize("bin_width", [10.0, 20.0, 50.0])
def test_trainings_take_any_bins_as_they_are(bin_width):
    names = ("a", "b", "c")
    recordings = small_recordings(n_time=round(400 / bin_width) + 1, bin_width=bin_width,
                                  names=names)
    task = make_task(
        recordings, seed=3, network_parameters=NETWORK,
        feedforward_parameters=FeedforwardParameters(clock="per_condition", n_inputs=5),
    )
    training = Training(task, TrainingParameters(trials_per_loop=1)).run(1, progress=False)
    n_updates = training.regressors["spikes"].shape[1]
    assert n_updates == {10.0: 10, 20.0: 10, 50.0: 8}[bin_width]  # of 40, 40 and 50 ms
    forced = TeacherForcing(task, TeacherForcingParameters(settling_loops=0, trials_per_loop=2))
    assert np.isfinite(forced.run(2, progress=False).curve).all()
    for trained in (training, forced):
        test = evaluate(task, trained.weights, np.random.default_rng(0), n_trials=2)
        assert test.correlation.shape == (3, 24) and np.isfinite(test.mean_input).all()


@pytest.mark.parametrize(("n_neurons", "clock", "expected"), [
    (15, "per_condition", ["n_plastic_exc is 14 instead of 20"]),
    (15, "none", ["n_plastic_exc is 14 instead of 20", "15 recorded neurons are probably too few"]),
    (1, "common", ["n_plastic_exc is 0 instead of 20"]),
    (30, "none", ["30 recorded neurons are probably too few"]),
    (30, "common", []),
])
def test_few_neurons_get_fewer_senders_and_a_warning(n_neurons, clock, expected, monkeypatch):
    # The default number of synapses, in a small network.
    fields = asdict(NETWORK) | {"n_plastic_exc": 20}
    small = make_dataclass(
        "Small", [(name, type(value), value) for name, value in fields.items()],
        bases=(BalancedNetworkParameters,), frozen=True,
    )
    monkeypatch.setattr("src_part3.task.BalancedNetworkParameters", small)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        task = make_task(
            small_recordings(n_neurons), seed=3, trial_parameters=TRIAL,
            feedforward_parameters=FeedforwardParameters(clock=clock, n_inputs=5),
        )
    assert task.network.parameters.n_plastic_exc == min(n_neurons - 1, 20)
    assert len(caught) == len(expected)
    for warning, text in zip(caught, expected, strict=True):
        assert text in str(warning.message) and warning.filename == __file__
    monkeypatch.undo()
    with pytest.raises(ValueError, match="n_plastic_exc must be at most 2, .* got 5"):
        make_task(small_recordings(3), network_parameters=NETWORK, trial_parameters=TRIAL)


def test_updates_that_do_not_fit_the_bins_are_refused():
    task = make_task(small_recordings(n_time=4, bin_width=10.0), network_parameters=NETWORK)
    assert Training(task).regressors["spikes"].shape[1] == 1  # all three bins, 30 ms
    with pytest.raises(ValueError, match="learn_every must be at most the 30 ms of the task's 3"):
        Training(task, TrainingParameters(learn_every=40.0))
    with pytest.raises(ValueError, match="learn_every must be a whole multiple of the width"):
        Training(task, TrainingParameters(learn_every=25.0))


def test_a_seed_gives_one_task():
    one, same, other = small_task(), small_task(), small_task(seed=4)
    for name in ("cues", "targets"):
        np.testing.assert_array_equal(getattr(one, name), getattr(same, name))
    np.testing.assert_array_equal(one.feedforward_rates.rates, same.feedforward_rates.rates)
    np.testing.assert_array_equal(one.network.plastic.pre_index, same.network.plastic.pre_index)
    assert one.network.static.digest == same.network.static.digest
    assert one.network.static.digest != other.network.static.digest
    assert np.abs(one.cues - other.cues).max() > 0.01


def test_faster_recorded_neurons_get_faster_model_neurons():
    recordings = small_recordings()
    rates = recordings.rates * np.linspace(0.2, 2.0, 24)[:, None]
    task = make_task(
        replace(recordings, rates=rates), seed=3, network_parameters=NETWORK,
        trial_parameters=TRIAL,
    )
    trials = run_trials(
        replace(task.network, plastic=None, n_inputs=0), task.trial_parameters, 40,
        np.random.default_rng(0),
    )
    model = sum(trial.counts for trial in trials)[task.network.trained]
    assert np.corrcoef(rates.mean(axis=(0, 2)), model)[0, 1] > 0.8


def test_only_recordings_are_taken():
    with pytest.raises(TypeError, match="recordings must be of type .*Recordings, got ndarray"):
        make_task(np.zeros((2, 3, 4)))
    with pytest.raises(ValueError, match="seed must be at least 0"):
        small_task(seed=-1)


def test_a_silent_network_is_reported():
    with pytest.raises(ValueError, match="untrained network are silent"):
        small_task(network_parameters=replace(NETWORK, mu_exc=0.1, mu_inh=0.1))


def test_the_static_network_can_be_had_alone():
    task = small_task()
    alone = task.network.without_plastic()
    assert alone.static is task.network.static
    assert alone.trained.size == alone.n_inputs == 0
    assert run_trial(alone, TRIAL, np.random.default_rng(0)).bin_counts.sum() > 0
