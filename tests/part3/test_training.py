"""Training: the regression it solves, going on after an interrupt, and clear ends."""

from dataclasses import replace

import numpy as np
import pytest

from src_part3.input_targets import input_targets
from src_part3.labels import LabelAverage, smooth_bins
from src_part3.task import make_task
from src_part3.training import Training, TrainingDivergedError, sample_trial
from src_part3.training_parameters import TrainingParameters
from tests.part3.small_task import TRIAL, small_recordings, small_task

PARAMETERS = TrainingParameters(n_loops=3, correction_from=1, memory=float("inf"))


@pytest.fixture(scope="module")
def task():
    return small_task()


def _states_equal(a, b):
    first, second = a.state(), b.state()
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


def test_a_task_holds_the_recorded_rates_and_their_inputs(task):
    recordings = small_recordings()
    np.testing.assert_allclose(task.recorded, recordings.rates[:, :, 1:], rtol=1e-6)
    np.testing.assert_allclose(task.targets, input_targets(task.recorded, task.sigma))
    np.testing.assert_allclose(task.times, np.arange(120.0, 501.0, 20.0))
    assert np.unique(task.network.trained).size == 40
    assert task.network.trained.max() < 120
    again = small_task()
    np.testing.assert_array_equal(task.cues, again.cues)
    np.testing.assert_array_equal(task.network.plastic.pre_index, again.network.plastic.pre_index)


@pytest.mark.parametrize("loops", [1, 3])
def test_training_solves_the_ridge_problem_of_all_its_trials(task, loops):
    """The weights minimise the squared errors of all loops and conditions plus the prior."""
    training = Training(task, replace(PARAMETERS, trials_per_loop=1, learn_every=20.0), seed=4)
    network = task.network
    labels = LabelAverage(
        np.ascontiguousarray(task.targets.swapaxes(1, 2)), average=True, n_smooth=8,
        correction_rate=0.01, correction_from=1,
    )
    start = network.initial_weights().recurrent
    n_own, n_inputs = start.shape[1], network.n_inputs
    rows, wanted = [], []
    for loop in range(loops):
        weights = training.weights
        for c in range(2):
            rng = np.random.default_rng(np.random.SeedSequence(4, spawn_key=(loop, c, 0)))
            trial = sample_trial(task, c, weights[c], rng)
            shared = np.zeros((task.n_bins, 2 * n_inputs))
            shared[:, c * n_inputs : (c + 1) * n_inputs] = trial.shared
            rows.append((trial.rates, shared))
            wanted.append(labels.update(c, trial.balanced, trial.plastic))
        training.run(loop + 1, progress=False, n_threads=1)
    rates = np.concatenate([r for r, _ in rows])
    shared = np.concatenate([s for _, s in rows])
    wanted = np.concatenate(wanted)
    prior = np.zeros((n_own + 2 * n_inputs,) * 2)
    prior[:n_own, :n_own] = 0.04 * np.eye(n_own)
    prior[:5, :5] += 8.0
    prior[5:n_own, 5:n_own] += 8.0
    prior[n_own:, n_own:] = 0.1 * np.eye(2 * n_inputs)
    trained = training.weights
    for i in range(0, 40, 7):
        X = np.concatenate([rates[:, network.plastic.pre_index[i]], shared], axis=1)
        w0 = np.concatenate([start[i], np.zeros(2 * n_inputs)])
        w = np.linalg.solve(X.T @ X + prior, X.T @ wanted[:, i] + prior @ w0)
        np.testing.assert_allclose(trained[0].recurrent[i], w[:n_own], rtol=1e-6, atol=1e-8)
        for c in range(2):
            expected = w[n_own + c * n_inputs : n_own + (c + 1) * n_inputs]
            np.testing.assert_allclose(
                trained[c].feedforward_out[:, i], expected, rtol=1e-6, atol=1e-8
            )


def test_several_calls_and_any_number_of_threads_give_the_same_bits(task):
    whole = Training(task, PARAMETERS, seed=1).run(progress=False, n_threads=2)
    parts = Training(task, PARAMETERS, seed=1).run(1, progress=False, n_threads=1)
    assert parts.n_done == 1
    parts.run(progress=False, n_threads=3)
    _states_equal(whole, parts)
    assert len(whole.curve) == 3


def test_a_restored_training_goes_on_bit_for_bit(task):
    whole = Training(task, PARAMETERS, seed=1).run(progress=False)
    first = Training(task, PARAMETERS, seed=1).run(2, progress=False)
    copied = {name: array.copy() for name, array in first.state().items()}
    second = Training(task, PARAMETERS, seed=1)
    second.restore(copied)
    _states_equal(whole, second.run(progress=False))


def test_a_state_of_another_task_is_refused_and_changes_nothing(task):
    training = Training(task, PARAMETERS)
    state = {name: array.copy() for name, array in training.state().items()}
    with pytest.raises(ValueError, match=r"labels.total must have shape .* got nothing"):
        training.restore({k: v for k, v in state.items() if k != "labels.total"})
    assert training.n_done == 0


def test_an_interrupt_keeps_the_finished_loops(task):
    def stop(training):
        if training.n_done == 2:
            raise KeyboardInterrupt

    training = Training(task, PARAMETERS, seed=1)
    with pytest.warns(UserWarning, match="interrupted after 2 of 3 loops"):
        training.run(progress=False, after_loop=stop)
    _states_equal(Training(task, PARAMETERS, seed=1).run(progress=False),
                  training.run(progress=False))


def test_learning_brings_inputs_to_their_targets():
    task = small_task("float32")
    training = Training(task, replace(PARAMETERS, n_loops=40, correction_from=100), seed=2)
    training.run(progress=False)
    curve = np.array(training.curve)
    assert curve[-1].min() > 0.5
    assert curve[-1].min() > curve[0].max() + 0.2


def test_a_network_that_fires_too_fast_stops_with_loop_cause_and_remedy(task):
    training = Training(task, replace(PARAMETERS, max_rate=0.01))
    message = r"diverged in loop 1: the network fires at \d+ Hz, more than max_rate = 0.01 Hz"
    with pytest.raises(TrainingDivergedError, match=message):
        training.run(progress=False)
    assert training.n_done == 0


def test_labels_average_the_balanced_input_and_correct_what_remains():
    rng = np.random.default_rng(0)
    targets = rng.random((1, 6, 2))
    label = LabelAverage(targets, average=True, n_smooth=1, correction_rate=0.5, correction_from=1)
    balanced, plastic = rng.random((2, 3, 6, 2))
    given = [label.update(0, b, p) for b, p in zip(balanced, plastic, strict=True)]
    np.testing.assert_allclose(given[0], targets[0] - balanced[0])
    errors = targets[0] - balanced - plastic
    np.testing.assert_allclose(
        given[2], targets[0] - balanced.mean(axis=0) + 0.5 * (errors[1] + errors[2])
    )


@pytest.mark.parametrize("width", [0, 1, 2, 3, 8])
def test_smoothing_is_a_plain_mean_over_the_bins_that_exist(width):
    values = np.random.default_rng(1).random((12, 3))
    smooth = smooth_bins(values, width)
    for t in range(12):
        bins = [t] if width <= 1 else [
            b for b in range(t - (width - 1) // 2, t + width // 2 + 1) if 0 <= b < 12
        ]
        np.testing.assert_allclose(smooth[t], values[bins].mean(axis=0))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("n_loops", 0, "TrainingParameters.n_loops must be at least 1"),
        ("trials_per_loop", 1.5, "trials_per_loop must be a whole number"),
        ("learn_every", -20.0, r"learn_every must be positive \(ms\)"),
        ("ridge_recurrent", 0.0, "ridge_recurrent must be positive"),
        ("row_sum", -1.0, "row_sum must be not negative"),
        ("memory", 0.5, r"memory must be at least 1 \(loops\)"),
        ("memory", np.nan, "memory must be finite"),
        ("correction_rate", 2.0, "correction_rate must be at most 1"),
        ("rls_precision", "float16", "rls_precision must be one of"),
        ("average_labels", 1, "average_labels must be True or False"),
    ],
)
def test_impossible_training_parameters_are_refused_by_name(field, value, message):
    with pytest.raises((TypeError, ValueError), match=message):
        TrainingParameters(**{field: value})


def test_tasks_that_cannot_be_are_refused():
    with pytest.raises(TypeError, match="recordings must be a Recordings, got ndarray"):
        make_task(small_recordings().rates)
    with pytest.raises(ValueError, match="seed must be at least 0"):
        small_task(seed=-1)
    with pytest.raises(ValueError, match="whole multiple"):
        Training(small_task(), TrainingParameters(learn_every=30.0))
    assert small_task(trial=replace(TRIAL, duration=300.0)).n_bins == 10
