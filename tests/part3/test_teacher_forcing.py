"""Teacher forcing: the current it wants, the courses it averages, and the weights that follow."""

from dataclasses import replace

import numpy as np
import pytest

from src_part1.recordings import recordings_from_arrays
from src_part3.parameters import FeedforwardParameters, TrialParameters
from src_part3.storage import load_network, load_training, save_training
from src_part3.task import make_task
from src_part3.teacher_forcing import TeacherForcing, TeacherForcingParameters
from tests.part3.small import NETWORK, small_task

TRIAL = TrialParameters(duration=300.0, stim_on=60.0, stim_off=100.0)
PARAMETERS = TeacherForcingParameters(
    total_loops=4, settling_loops=2, trials_per_loop=3, input_courses=5
)


def task_with(clock):
    return small_task(
        trial_parameters=TRIAL,
        feedforward_parameters=FeedforwardParameters(clock=clock, n_inputs=7, mean_rate=20.0),
    )


@pytest.fixture(scope="module")
def task():
    return task_with("none")


@pytest.fixture(scope="module")
def trained(task):
    return TeacherForcing(task, PARAMETERS, seed=1).run(progress=False)


def test_the_wanted_input_is_built_up_and_goes_over_into_the_course(task):
    training = TeacherForcing(task, PARAMETERS)
    rng = np.random.default_rng(0)
    training.course[:] = rng.standard_normal(training.course.shape)
    rest, tau = training.course.mean(axis=(0, 1)), task.network.parameters.tau_plastic
    wanted = [training._wanted(c) for c in range(2)]
    for c in range(2):
        assert wanted[c].shape == (15, 24)
        np.testing.assert_array_equal(wanted[c][5:], training.course[c])
        for b in range(3):  # what a low-pass filter with the synapses' time constant makes of rest
            np.testing.assert_allclose(wanted[c][b], (1 - np.exp(-20 * (b + 1) / tau)) * rest)
        start = 1.5 * training.course[c, 0] - 0.5 * training.course[c, 1]
        np.testing.assert_allclose(wanted[c][4], start)
    np.testing.assert_array_equal(wanted[0][:3], wanted[1][:3])


def test_the_teachers_noise_has_its_size_and_forgets_like_the_synapses(task):
    training = TeacherForcing(task, replace(PARAMETERS, teacher_noise=0.5))
    noise = np.array([
        training._teacher_noise(np.random.default_rng(seed)) for seed in range(400)
    ])
    np.testing.assert_allclose(noise.std(axis=(0, 2)), 0.5, rtol=0.05)
    lagged = (noise[:, 2:] * noise[:, :-2]).mean() / (noise**2).mean()
    assert lagged == pytest.approx(np.exp(-40 / 50.0), abs=0.03)


def test_the_controller_takes_the_total_input_to_its_target(task):
    parameters = replace(PARAMETERS, total_loops=8, settling_loops=7, trials_per_loop=20)
    training = TeacherForcing(task, parameters).run(progress=False)
    quality = np.array(training.curve).mean(axis=1)
    assert quality[0] < 0.4
    assert quality[4:].min() > 0.75
    # What the basis of time courses cannot hold is no error of the controller.
    assert np.isfinite(training.course).all()


def test_averages_are_those_of_the_settled_trials(task, monkeypatch):
    seen = []
    learn = TeacherForcing._learn

    def spy(self, trials):
        seen.append(trials)
        return learn(self, trials)

    monkeypatch.setattr(TeacherForcing, "_learn", spy)
    training = TeacherForcing(task, PARAMETERS, seed=1).run(progress=False)
    for c in range(2):
        spikes = np.array([t.filtered_spikes for loop in seen[2:] for t in loop[c]])
        np.testing.assert_allclose(
            training.filtered_spikes[c], spikes.mean(axis=0), rtol=1e-4, atol=1e-7
        )
    variances = [
        np.array([t.filtered_spikes for t in loop[c]], float).var(axis=0, ddof=1).mean(axis=0)
        for loop in seen[2:] for c in range(2)
    ]
    np.testing.assert_allclose(training.noise_variance, np.mean(variances, axis=0), rtol=1e-4)


def test_weights_are_a_regression_of_the_wanted_input_on_the_averages(task):
    plain = replace(PARAMETERS, strongest_modes=0, regressor_courses=1000, prior=0.3)
    training = TeacherForcing(task, plain, seed=1).run(progress=False)
    initial = task.network.initial_weights().recurrent_weights
    variance = task.targets.var(axis=2).mean(axis=1)
    X, y = [], []
    for c in range(2):
        counts = np.sqrt(variance.mean() / variance[c])
        X.append(counts * training.filtered_spikes[c, 3:])
        y.append(counts * training._wanted(c)[3:])
    before = training.filtered_spikes[:, :3].mean(axis=0), training._wanted(0)[:3]
    X, y = (np.concatenate([np.sqrt(0.5) * b, *a]) for b, a in zip(before, (X, y), strict=True))
    for i, own in enumerate(task.network.plastic.pre_index):
        prior = 0.3 * np.diag(np.maximum(training.noise_variance[own], 1e-8))
        change = np.linalg.solve(X[:, own].T @ X[:, own] + prior, X[:, own].T @ y[:, i])
        for of_condition in training.weights:
            np.testing.assert_allclose(
                of_condition.recurrent_weights[i] - initial[i], change, rtol=2e-3, atol=2e-3
            )


def test_what_the_prior_takes_from_the_strongest_modes_is_made_good(task, trained):
    def missing(n_modes):
        parameters = replace(PARAMETERS, strongest_modes=n_modes, prior=3.0)
        training = TeacherForcing(task, parameters, seed=1)
        training.restore(trained.state())
        wanted = training._rows([training._wanted(c) for c in range(2)])
        initial = task.network.initial_weights().recurrent_weights
        change = training.weights[0].recurrent_weights - initial
        rows = training._rows(training.filtered_spikes)
        fitted = np.einsum("tnk,nk->tn", rows[:, task.network.plastic.pre_index], change)
        modes = TeacherForcing(task, replace(parameters, strongest_modes=3))._modes
        return np.square((wanted - fitted) @ modes.T).sum()

    assert missing(3) < 0.8 * missing(0)


@pytest.mark.parametrize("clock", ["none", "common", "per_condition"])
def test_pieces_threads_and_files_give_the_bits_of_one_run(clock, tmp_path):
    task = task_with(clock)
    whole = TeacherForcing(task, PARAMETERS, seed=2).run(progress=False)
    first = TeacherForcing(task, PARAMETERS, seed=2).run(3, progress=False, n_threads=1)
    save_training(tmp_path / "training.npz", first)
    again = load_training(tmp_path / "training.npz")
    assert isinstance(again, TeacherForcing)
    again.run(progress=False, n_threads=3)
    for name, array in whole.state().items():
        np.testing.assert_array_equal(again.state()[name], array, err_msg=name)
    for a, b in zip(whole.weights, again.weights, strict=True):
        np.testing.assert_array_equal(a.recurrent_weights, b.recurrent_weights)
        np.testing.assert_array_equal(a.feedforward_weights, b.feedforward_weights)
    _, loaded = load_network(tmp_path / "training.npz")
    np.testing.assert_array_equal(loaded[0].recurrent_weights, first.weights[0].recurrent_weights)
    right, left = (w.feedforward_weights for w in whole.weights)
    assert np.array_equal(right, left) == (clock != "per_condition")
    assert right.any() == (clock != "none")


def test_weights_are_the_initial_ones_until_something_is_averaged(task):
    training = TeacherForcing(task, PARAMETERS, seed=1).run(2, progress=False)
    initial = task.network.initial_weights().recurrent_weights
    np.testing.assert_array_equal(training.weights[0].recurrent_weights, initial)
    training.run(3, progress=False)
    assert not np.array_equal(training.weights[0].recurrent_weights, initial)
    assert training.weights[0].recurrent_weights is not None


def test_the_cue_must_fit_the_bins():
    with pytest.raises(ValueError, match="stim_on must be a whole multiple of the width of a bin"):
        TeacherForcing(small_task())


@pytest.mark.parametrize("n_conditions", [1, 3])
def test_other_numbers_of_conditions(n_conditions):
    rng = np.random.default_rng(0)
    rates = rng.uniform(5, 12, (n_conditions, 20, 11))
    rates[0] = 8.0  # a condition in which nothing changes
    task = make_task(
        recordings_from_arrays(rates, 20.0 * np.arange(11), list("abc")[:n_conditions]),
        network_parameters=NETWORK, trial_parameters=TRIAL,
    )
    training = TeacherForcing(task, PARAMETERS)
    training.run(progress=False)
    assert all(np.isfinite(w.recurrent_weights).all() for w in training.weights)
