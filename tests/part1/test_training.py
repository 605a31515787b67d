import pickle

import numpy as np
import pytest

import src_part1 as one
from src_part1.training_loop import TrainingDivergedError
from tests.reference import ridge_solution, rls_update, simulate_rates

SILENCE = np.zeros(10)


def _task(n_conditions=1, *, learn_on=12.0, learn_off=60.0, learn_every=4.0):
    rng = np.random.default_rng(11)
    parameters = one.RateNetworkParameters(10, tau=5.0, dt=0.5)
    timing = one.TrialTiming(5.0, 10.0, learn_on, learn_off, learn_every)
    times = timing.update_times
    targets = [one.sine_targets(10, times, rng, period=40.0) for _ in range(n_conditions)]
    task = one.RateTask(parameters, timing, targets, rng.uniform(0, 4, (n_conditions, 10)))
    return task, one.random_weights(parameters, rng)


def _rates_after(duration, weights, cue=SILENCE, start=SILENCE):
    """Rates of a network of `_task` after some ms, by the slow twin."""
    n_steps = round(duration / 0.5)
    return simulate_rates(weights, 5.0, 0.5, "relu", cue, (10, 20), n_steps + 1, start)[0][:, -1]


def _forced_rates(task, weights):
    """The rates at all update times if the targets are the recurrent input."""
    regressors = []
    for cue, targets in zip(task.cues, task.targets, strict=True):
        r = _rates_after(12.0, weights, cue)
        for k, x in enumerate(targets.T):
            regressors.append(r.copy())
            following = targets.T[min(k + 1, targets.shape[1] - 1)]
            for step in range(8):
                held = x + step / 8 * (following - x)
                r = r + 0.5 / 5.0 * (np.maximum(held, 0.0) - r)
    return np.array(regressors)


def _spaces(basis):
    """For each unit the weights onto it that read the components of the basis and not itself."""
    return [basis @ np.linalg.svd(basis[i : i + 1])[2][1:].T for i in range(len(basis))]


def _train_slowly(task, weights, before, basis, ridge, n_loops):
    """All conditions side by side, at each update time one after the other, one P for each unit.

    ``before`` are rates that P knows already.
    """
    spaces, weights = _spaces(basis), weights.copy()
    P = [np.linalg.inv(s.T @ before.T @ before @ s + ridge * np.eye(s.shape[1])) for s in spaces]
    for _ in range(n_loops):
        rates = [_rates_after(12.0, weights, cue) for cue in task.cues]
        for targets in task.targets.transpose(2, 0, 1):
            for r, target in zip(rates, targets, strict=True):
                for i, space in enumerate(spaces):
                    error = weights[i] @ r - target[i]
                    w, P[i] = rls_update(space.T @ weights[i], P[i], space.T @ r, error)
                    weights[i] = space @ w
            rates = [_rates_after(4.0, weights, start=r) for r in rates]
    return weights


def _start(n_conditions, rank):
    """A task, weights and RLS to begin with, and the rates that P knows already."""
    task, weights = _task(n_conditions)
    if rank is None:
        return task, weights, None, np.zeros((1, 10))
    start = one.forced_start(task, weights, ridge=0.5, rank=rank)
    return task, *start, _forced_rates(task, weights)


@pytest.mark.parametrize("rank", [None, 4])
@pytest.mark.parametrize("n_conditions", [1, 2, 3])
def test_training_equals_the_slow_twin(n_conditions, rank):
    task, start, rls, before = _start(n_conditions, rank)
    given = start.copy()
    trained = one.train(task, start, rls=rls, ridge=0.5, n_loops=2, progress=False)
    basis = np.eye(10) if rank is None else rls.basis
    slow = _train_slowly(task, start, before, basis, 0.5, n_loops=2)
    np.testing.assert_allclose(trained.weights, slow, rtol=1e-7, atol=1e-8)
    assert np.linalg.matrix_rank(trained.weights, tol=1e-9) <= (rank or 10)
    assert trained.train_correlation.shape == (2, n_conditions)
    for array in (start, trained.initial_weights):
        np.testing.assert_array_equal(array, given)


@pytest.mark.parametrize("rank", [None, 4])
def test_two_calls_do_what_one_longer_call_does(rank):
    rng, options = np.random.default_rng(8), {"noise": 0.05, "progress": False}
    task, start, rls, _ = _start(2, rank)
    once = one.train(task, start, rls=rls, n_loops=5, rng=np.random.default_rng(8), **options)
    task, start, rls, _ = _start(2, rank)
    first = one.train(task, start, rls=rls, n_loops=2, rng=rng, **options)
    second = one.train(task, first.weights, rls=first.rls, n_loops=3, rng=rng, **options)
    curve = np.concatenate([first.train_correlation, second.train_correlation])
    tolerance = {"rtol": 1e-9 if rank else 0, "atol": 1e-10 if rank else 0}
    np.testing.assert_allclose(second.weights, once.weights, **tolerance)
    np.testing.assert_allclose(second.rls.P, once.rls.P, **tolerance)
    np.testing.assert_allclose(curve, once.train_correlation, **tolerance)


@pytest.mark.parametrize("rank", [3, 10])
def test_the_forced_start_is_the_ridge_solution_for_rates_held_on_the_targets(rank):
    task, weights = _task(2)
    fitted, rls = one.forced_start(task, weights, ridge=0.7, rank=rank)
    rates = _forced_rates(task, weights)
    wanted = np.concatenate([targets.T for targets in task.targets])
    basis = np.linalg.svd(rates)[2][:rank].T
    np.testing.assert_allclose(rls.basis @ rls.basis.T, basis @ basis.T, atol=1e-9)
    for i, space in enumerate(_spaces(basis)):
        prior = space.T @ weights[i]
        expected = ridge_solution(prior, rates @ space, wanted[:, i], 0.7)
        np.testing.assert_allclose(fitted[i], space @ expected, rtol=1e-8, atol=1e-9)
    assert not np.diagonal(fitted).any()
    P = np.linalg.inv(basis.T @ rates.T @ rates @ basis + 0.7 * np.eye(rank))
    np.testing.assert_allclose(rls.basis @ rls.P @ rls.basis.T, basis @ P @ basis.T, atol=1e-9)


def test_a_rank_beyond_units_and_samples_takes_all_there_are():
    task, weights = _task()
    assert one.forced_start(task, weights, rank=99)[1].P.shape == (10, 10)
    task, weights = _task(learn_off=24.0)  # three update times
    assert one.forced_start(task, weights, rank=99)[1].P.shape == (3, 3)


@pytest.mark.parametrize("rank", [None, 4])
def test_averaged_weights_are_the_mean_over_the_last_loops(rank):
    def trained(n_loops, average_last):
        task, weights, rls, _ = _start(2, rank)
        return one.train(
            task, weights, rls=rls, n_loops=n_loops, average_last=average_last, progress=False
        ).weights

    mean = np.mean([trained(n, 1) for n in (3, 4, 5)], axis=0)
    np.testing.assert_allclose(trained(5, 3), mean, rtol=1e-10, atol=1e-12)


def test_recorded_rates_run_freely_where_the_fit_to_held_rates_does_not():
    recordings = one.load_recordings("synthetic").select(80, rng=np.random.default_rng(0))
    recorded_task = one.make_task(recordings, np.random.default_rng(0))
    task = recorded_task.task
    start, rls = one.forced_start(task, recorded_task.initial_weights, ridge=10.0, rank=60)
    trained = one.train(task, start, rls=rls, n_loops=20, average_last=5, progress=False)
    fitted, learned = (
        np.nanmedian(one.correlation(one.run_population(recorded_task, weights), recordings.rates))
        for weights in (start, trained.weights)
    )
    assert learned > 0.95 and learned > fitted + 0.1


def _change_errors(monkeypatch, of_update, change):
    update, calls = one.AllToAllRLS.update, []

    def changed(self, weights, rates, errors):
        calls.append(1)
        return update(self, weights, rates, change(errors) if len(calls) == of_update else errors)

    monkeypatch.setattr(one.AllToAllRLS, "update", changed)


def _interrupt(errors):
    raise KeyboardInterrupt


@pytest.mark.parametrize("progress", [True, False])
def test_an_interrupt_returns_what_was_learned(monkeypatch, progress):
    task, weights = _task()
    expected = one.train(task, weights, n_loops=2, progress=False)
    _change_errors(monkeypatch, 2 * task.timing.update_times.size + 4, _interrupt)
    with pytest.warns(UserWarning, match="interrupted after 2 of 9 loops") as caught:
        result = one.train(task, weights, n_loops=9, progress=progress)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(result.weights, expected.weights)
    np.testing.assert_array_equal(result.rls.P, expected.rls.P)
    np.testing.assert_array_equal(result.train_correlation, expected.train_correlation)


def test_a_diverging_run_stops_with_the_loop_and_keeps_the_last_sound_state(monkeypatch):
    task, weights = _task()
    sound = one.train(task, weights, n_loops=2, progress=False)
    _change_errors(monkeypatch, 2 * task.timing.update_times.size + 5, lambda e: np.inf * e)
    with pytest.raises(TrainingDivergedError, match=r"in loop 3: .*larger ridge") as caught:
        one.train(task, weights, n_loops=9, progress=False)
    np.testing.assert_array_equal(caught.value.result.weights, sound.weights)
    np.testing.assert_array_equal(caught.value.result.rls.P, sound.rls.P)


def test_frozen_outputs_are_the_recurrent_input_at_the_update_times():
    task, weights = _task(learn_on=13.5, learn_every=4.5)
    run = one.run_frozen(task, weights, record_every=0.5)
    at = np.rint(task.timing.update_times / 0.5).astype(int)
    np.testing.assert_allclose(one.run_frozen_outputs(task, weights), run.currents[:, at])


def test_the_error_needs_no_result_and_comes_whole_from_another_process():
    assert TrainingDivergedError("message").result is None
    error = pickle.loads(pickle.dumps(TrainingDivergedError("message", 3)))
    assert str(error) == "message" and error.result == 3
