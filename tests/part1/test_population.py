import numpy as np
import pytest

import src_part1 as one
from tests.part3.small import small_recordings


def test_targets_make_an_ideal_network_follow_the_recording():
    # Whatever drives the unit: integrating tau dr/dt = -r + target must give the rates back.
    recordings = small_recordings(60, 51)
    made = one.make_task(recordings, np.random.default_rng(1), tau=20.0, dt=0.5, learn_every=0.5)
    targets = made.task.targets
    r, followed = targets[:, :, 0], []
    for x in np.moveaxis(targets, 2, 0):
        followed.append(r)
        r = r + 0.5 / 20.0 * (np.maximum(x, 0.0) - r)
    settled, step = round(60.0 / 0.5), round(20.0 / 0.5)
    rates = np.moveaxis(followed[settled::step], 0, 2) * made.hz_per_rate[:, None]
    np.testing.assert_allclose(rates, recordings.rates, atol=0.05)


def test_bins_that_are_no_multiple_of_the_updates_are_interpolated():
    recordings = small_recordings(60, 51, bin_width=17.0)
    recorded_task = one.make_task(recordings, np.random.default_rng(4), learn_every=20.0)
    assert recorded_task.bin_times[0] == 50.0 + 60.0
    assert recorded_task.bin_times[-1] <= recorded_task.task.timing.learn_off
    assert one.run_population(recorded_task, np.zeros((60, 60))).shape == recordings.rates.shape


def test_a_neuron_that_never_changes_gets_a_finite_scale():
    recordings = small_recordings(60, 51)
    rates = recordings.rates.copy()
    rates[:, 0], rates[:, 1] = 3.0, 0.0
    recordings = one.recordings_from_arrays(rates, recordings.time)
    recorded_task = one.make_task(recordings, np.random.default_rng(5))
    assert recorded_task.hz_per_rate[0] == pytest.approx(0.15)
    assert recorded_task.hz_per_rate[1] == 1.0
    assert np.isfinite(recorded_task.task.targets).all()
    with pytest.warns(UserWarning, match="of 2 of 60 units are constant .* train_correl.*: 0, 1"):
        curve = one.train(
            recorded_task.task, recorded_task.initial_weights, n_loops=2, progress=False
        ).train_correlation
    assert (np.abs(curve) <= 1.0).all()


def test_initial_weights_are_drawn_after_the_cues():
    recorded_task = one.make_task(small_recordings(60), np.random.default_rng(6), gain=1.2)
    rng = np.random.default_rng(6)
    np.testing.assert_array_equal(recorded_task.task.cues, rng.uniform(0.0, 2.0, (2, 60)))
    expected = one.random_weights(recorded_task.task.network_parameters, rng)
    np.testing.assert_array_equal(recorded_task.initial_weights, expected)


def test_bins_finer_than_the_updates_are_averaged():
    # Rates that alternate between two values in bins of 10 ms are constant at the updates.
    rates = np.tile([5.0, 15.0], (1, 3, 50))
    recordings = one.recordings_from_arrays(rates, 10.0 * np.arange(100), ("go",))
    made = one.make_task(recordings, np.random.default_rng(0))
    in_hz = made.task.targets * made.hz_per_rate[:, None]
    np.testing.assert_allclose(in_hz[:, :, 10:-10], 10.0, rtol=1e-4)


@pytest.mark.parametrize("n_conditions", [1, 2, 5])
@pytest.mark.parametrize("bin_width", [10.0, 20.0, 50.0])
def test_a_trained_network_reproduces_any_number_of_conditions_at_any_bins(n_conditions, bin_width):
    names = [f"cue {i}" for i in range(n_conditions)]
    recordings = small_recordings(20, round(1000 / bin_width), bin_width=bin_width, names=names)
    made = one.make_task(recordings, np.random.default_rng(1))
    trained = one.train(made.task, made.initial_weights, ridge=1.0, n_loops=30, progress=False)
    found, silent = (
        np.median(one.correlation(one.run_population(made, weights), recordings.rates), axis=1)
        for weights in (trained.weights, np.zeros((20, 20)))
    )
    assert found.min() > 0.9 and silent.max() < 0.5
