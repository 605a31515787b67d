import numpy as np
import pytest

from src_part1 import (
    correlation,
    make_task,
    random_weights,
    recordings_from_arrays,
    run_population,
    train,
)


def _recordings(n=60, n_time=51, step=20.0, seed=0):
    """Smooth random rates of a few common components, two conditions."""
    rng = np.random.default_rng(seed)
    time = np.arange(n_time) * step - step * (n_time - 1)
    phase = np.linspace(0, 1, n_time)
    basis = np.array([np.sin(np.pi * phase), np.cos(np.pi * phase), phase])
    rates = 5.0 + rng.standard_normal((2, n, 3)) @ basis
    return recordings_from_arrays(np.maximum(rates, 0.0), time, ("left", "right"))


def test_targets_make_an_ideal_network_follow_the_recording():
    # Whatever drives the unit: integrating tau dr/dt = -r + target must give the rates back.
    recordings = _recordings()
    recorded_task = make_task(
        recordings, np.random.default_rng(1), tau=20.0, dt=0.5, learn_every=0.5
    )
    task = recorded_task.task
    settled = round(60.0 / 0.5)
    for condition in range(2):
        target = task.targets[condition]
        r = target[:, 0].copy()
        followed = []
        for x in target.T:
            followed.append(r.copy())
            r += 0.5 / 20.0 * (np.maximum(x, 0.0) - r)
        rates = np.array(followed[settled :: round(20.0 / 0.5)]).T
        rates *= recorded_task.hz_per_rate[:, None]
        np.testing.assert_allclose(rates, recordings.rates[condition], atol=0.05)


def test_a_trained_network_reproduces_both_conditions():
    recordings = _recordings()
    rng = np.random.default_rng(2)
    recorded_task = make_task(recordings, rng)
    trained = train(
        recorded_task.task, recorded_task.initial_weights, ridge=10.0, n_loops=40, progress=False
    )
    rates = run_population(recorded_task, trained.weights)
    assert rates.shape == recordings.rates.shape
    assert np.median(correlation(rates, recordings.rates), axis=1).min() > 0.95
    silent = run_population(recorded_task, np.zeros((60, 60)))
    assert np.median(correlation(silent, recordings.rates), axis=1).max() < 0.5


def test_bins_that_are_no_multiple_of_the_updates_are_interpolated():
    recordings = _recordings(step=17.0)
    recorded_task = make_task(recordings, np.random.default_rng(4), learn_every=20.0)
    assert recorded_task.bin_times[0] == 50.0 + 60.0
    assert recorded_task.bin_times[-1] <= recorded_task.task.timing.learn_off
    assert run_population(recorded_task, np.zeros((60, 60))).shape == recordings.rates.shape


def test_a_neuron_that_never_changes_gets_a_finite_scale():
    recordings = _recordings()
    rates = recordings.rates.copy()
    rates[:, 0], rates[:, 1] = 3.0, 0.0
    recordings = recordings_from_arrays(rates, recordings.time, recordings.conditions)
    recorded_task = make_task(recordings, np.random.default_rng(5))
    assert recorded_task.hz_per_rate[0] == pytest.approx(0.15)
    assert recorded_task.hz_per_rate[1] == 1.0
    assert np.isfinite(recorded_task.task.targets).all()
    with pytest.warns(UserWarning, match="of 2 of 60 units are constant .* train_correl.*: 0, 1"):
        curve = train(
            recorded_task.task, recorded_task.initial_weights, n_loops=2, progress=False
        ).train_correlation
    assert (np.abs(curve) <= 1.0).all()


@pytest.mark.parametrize(("change", "message"), [
    ({"tau": 0.0}, "tau must be positive"),
    ({"dt": 30.0}, "dt must be at most a fifth of the shortest time constant"),
    ({"learn_every": 1e-9}, "learn_every must be a whole multiple"),
    ({"cue_duration": 1.0}, "cue_duration must be a whole multiple"),
    ({"cue_strength": -1.0}, "cue_strength must be positive"),
    ({"settle": np.inf}, "settle must be finite"),
])
def test_bad_arguments_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        make_task(_recordings(), np.random.default_rng(0), **change)


def test_recordings_of_three_bins_are_refused():
    with pytest.raises(ValueError, match="at least 4 time points, got 3"):
        make_task(_recordings(n_time=3), np.random.default_rng(0))


def test_initial_weights_are_drawn_after_the_cues():
    recorded_task = make_task(_recordings(), np.random.default_rng(6), gain=1.2)
    rng = np.random.default_rng(6)
    np.testing.assert_array_equal(recorded_task.task.cues, rng.uniform(0.0, 2.0, (2, 60)))
    expected = random_weights(recorded_task.task.network_parameters, rng)
    np.testing.assert_array_equal(recorded_task.initial_weights, expected)


def test_bins_finer_than_the_updates_are_averaged():
    # Rates that alternate between two values in bins of 10 ms are constant at the updates.
    rates = np.tile([5.0, 15.0], (1, 3, 50))
    recordings = recordings_from_arrays(rates, 10.0 * np.arange(100), ("go",))
    made = make_task(recordings, np.random.default_rng(0))
    in_hz = made.task.targets * made.hz_per_rate[:, None]
    np.testing.assert_allclose(in_hz[:, :, 10:-10], 10.0, rtol=1e-4)


@pytest.mark.parametrize("n_conditions", [1, 3, 5])
@pytest.mark.parametrize("bin_width", [10.0, 50.0])
def test_any_number_of_conditions_at_any_bins(n_conditions, bin_width):
    time = np.arange(-1000.0 + bin_width / 2, 0.0, bin_width)
    phase = np.arange(20)[:, None] + 2.0 * np.arange(n_conditions)[:, None, None]
    rates = 8.0 + 4.0 * np.sin(2 * np.pi * time / 800.0 + phase)
    recordings = recordings_from_arrays(rates, time, [f"cue {i}" for i in range(n_conditions)])
    made = make_task(recordings, np.random.default_rng(1))
    trained = train(made.task, made.initial_weights, ridge=1.0, n_loops=30, progress=False)
    found = run_population(made, trained.weights)
    assert np.median(correlation(found, recordings.rates)) > 0.9
