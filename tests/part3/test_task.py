"""The task as a whole: sizes, targets, matching and what a seed means."""

from dataclasses import replace

import numpy as np
import pytest

from src_part3.input_targets import input_targets
from src_part3.parameters import TrialParameters
from src_part3.task import make_task
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


def test_recordings_are_interpolated_to_other_bins():
    trial = TrialParameters(duration=300.0, stim_on=50.0, stim_off=100.0, bin_width=40.0)
    task, recordings = small_task(trial_parameters=trial), small_recordings()
    assert task.n_bins == 5
    np.testing.assert_allclose(task.recorded_rates, recordings.rates[:, :, 2::2], rtol=1e-6)


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
