"""Training: against a slow twin, in one go or in pieces, interrupted, and diverging."""

import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from src_part1.recordings import recordings_from_arrays
from src_part1.training_loop import TrainingDivergedError
from src_part3 import looped_training
from src_part3.clock import FeedforwardRates
from src_part3.evaluation import evaluate
from src_part3.network import PlasticWeights
from src_part3.parameters import BalancedNetworkParameters, FeedforwardParameters
from src_part3.rls import recurrent_prior
from src_part3.storage import load_training, save_training
from src_part3.task import make_task
from src_part3.training import Training, TrainingParameters
from src_part3.trials import run_trial
from tests.part3.small import small_task
from tests.reference_part3_rls import TextbookRLS

PARAMETERS = TrainingParameters(
    total_loops=6, trials_per_loop=2, common_modes=5, correction_from=2, regressor_window=3.0
)


@pytest.fixture(scope="module")
def task():
    return small_task()


def assert_same(one, other):
    expected = other.state()
    for name, array in one.state().items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


def test_equals_a_slow_twin(task):
    training = Training(task, PARAMETERS, seed=7).run(4, progress=False)

    network = task.network
    forgetting = np.exp(-1 / (PARAMETERS.memory * 2 * 5))
    rls = TextbookRLS(
        network.plastic.pre_index, network.initial_weights().recurrent_weights,
        recurrent_prior(5, 6, ridge=0.02, row_sum=4.0), 15, 2, 0.02, forgetting,
    )
    targets = task.targets.swapaxes(1, 2)
    balanced, total, correction = np.zeros((3, *targets.shape))
    rates, shared = np.zeros((2, 5, 240)), np.zeros((2, 5, 15))

    def smooth(x):  # 160 ms are 8 bins, centred on a bin's end
        return np.array([x[max(t - 3, 0) : t + 5].mean(axis=0) for t in range(10)])

    for loop in range(4):
        frozen = [
            PlasticWeights(
                rls.weights[:, :11].astype(np.float32),
                rls.shared_weights(c).T.astype(np.float32),
            )
            for c in (0, 1)
        ]
        for c in (0, 1):
            generators = [
                np.random.default_rng(np.random.SeedSequence(7, spawn_key=(loop, c, k)))
                for k in (0, 1)
            ]
            trials = [
                run_trial(
                    network, task.trial_parameters, g, weights=frozen[c], cue=task.cues[c],
                    feedforward_rates=task.feedforward_rates, condition=c, filtered=True,
                )
                for g in generators
            ]
            # The cue ends with the fifth bin.
            b = smooth(np.mean([t.balanced_input[5:] for t in trials], axis=0))
            x = b + smooth(np.mean([t.plastic_input[5:] for t in trials], axis=0))
            balanced[c] += 2 / (loop + 2) * (b - balanced[c])
            if loop >= 2:
                correction[c] += 0.02 * (targets[c] - x)
            weight = 1 / min(loop + 1, 3)
            for average, name in ((rates, "filtered_spikes"), (shared, "filtered_feedforward")):
                now = np.mean([getattr(t, name)[5:] for t in trials], axis=0)[1::2]
                average[c] += weight * (now - average[c])
        change = (correction - balanced).reshape(20, 24)
        u, s, vt = np.linalg.svd(change - change.mean(axis=0), full_matrices=False)
        change = change.mean(axis=0) + (u[:, :5] * s[:5]) @ vt[:5]
        plastic_targets = targets + change.reshape(targets.shape)
        for c in (0, 1):
            for k in range(5):
                rls.update(c, rates[c, k], shared[c, k], plastic_targets[c, 2 * k + 1])
    scale = np.abs(rls.weights).max()
    np.testing.assert_allclose(training.recurrent_weights, rls.weights[:, :11], atol=1e-4 * scale)
    for c in (0, 1):
        np.testing.assert_allclose(
            training.rls.shared_weights(training.recurrent_weights, c),
            rls.shared_weights(c), atol=1e-4 * scale
        )


def test_pieces_and_threads_give_the_bits_of_one_run(task):
    whole = Training(task, PARAMETERS, seed=1).run(4, progress=False, n_threads=1)
    pieces = Training(task, PARAMETERS, seed=1)
    for n in (1, 3, 4):
        assert pieces.run(n, progress=False, n_threads=2) is pieces
    assert_same(pieces, whole)
    assert whole.n_done == 4
    assert np.shape(whole.curve) == (4, 2)
    other = Training(task, PARAMETERS, seed=2).run(4, progress=False)
    assert np.abs(other.recurrent_weights - whole.recurrent_weights).max() > 1e-6


def test_state_goes_on_bit_for_bit(task):
    whole = Training(task, PARAMETERS).run(4, progress=False)
    first = Training(task, PARAMETERS).run(2, progress=False)
    saved = {name: np.copy(array) for name, array in first.state().items()}
    second = Training(task, PARAMETERS)
    second.restore(saved)
    assert_same(second.run(4, progress=False), whole)


def test_restore_refuses_another_task(task):
    state = Training(task, PARAMETERS).state()
    other = Training(small_task(trial_parameters=None), PARAMETERS)
    other.restore(state)
    smaller = Training(task, replace(PARAMETERS, learn_every=100.0))
    with pytest.raises(ValueError, match="state.'regressors.spikes'. must be float64 of shape"):
        smaller.restore(state)
    with pytest.raises(ValueError, match="got nothing"):
        other.restore({})


def test_interrupt_during_the_trials_loses_only_their_loop(task, monkeypatch):
    whole = Training(task, PARAMETERS).run(4, progress=False)
    training = Training(task, PARAMETERS)
    calls = []

    def interrupted(*arguments, **options):
        calls.append(1)
        if len(calls) == 10:  # a trial of the third loop
            raise KeyboardInterrupt
        return run_trial(*arguments, **options)

    monkeypatch.setattr(looped_training, "run_trial", interrupted)
    with pytest.warns(UserWarning, match="interrupted after 2 of 4 loops; call run again"):
        training.run(4, progress=True)
    assert training.n_done == 2
    monkeypatch.undo()
    assert_same(training.run(4, progress=False), whole)


def test_interrupt_without_progress_is_raised(task, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(looped_training, "run_trial", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Training(task, PARAMETERS).run(4, progress=False)


@pytest.fixture
def interruptible():
    """Ctrl+C as a program in the foreground has it, whatever other packages made of it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_interrupt_during_learning_waits_for_its_end(task, monkeypatch, interruptible):
    whole = Training(task, PARAMETERS).run(4, progress=False)
    training = Training(task, PARAMETERS)
    learn = Training._learn

    def interrupted(self, trials):
        if self.n_done == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return learn(self, trials)

    monkeypatch.setattr(Training, "_learn", interrupted)
    with pytest.warns(UserWarning, match="interrupted after 2 of 4"):
        training.run(4, progress=True)
    monkeypatch.undo()
    assert_same(training.run(4, progress=False), whole)


def test_after_loop_sees_every_loop(task):
    seen = []
    Training(task, PARAMETERS).run(3, progress=False, after_loop=lambda t: seen.append(t.n_done))
    assert seen == [1, 2, 3]


def test_runaway_rates_are_reported_with_their_loop(task):
    training = Training(task, replace(PARAMETERS, max_rate=0.001))
    message = "loop 1: the network fires at .* Hz, more"
    with pytest.raises(TrainingDivergedError, match=message) as caught:
        training.run(progress=False)
    assert training.n_done == 0
    assert caught.value.result is training


def test_weights_that_are_not_finite_are_reported_with_their_loop(task):
    training = Training(task, PARAMETERS).run(1, progress=False)
    training.recurrent_weights[3] = 1e30
    with pytest.raises(TrainingDivergedError, match="loop 2: the network"):
        training.run(progress=False)


def test_a_training_whose_RLS_diverged_is_neither_used_nor_saved(task, tmp_path):
    training, path = Training(task, PARAMETERS).run(1, progress=False), tmp_path / "training.npz"
    save_training(path, training)
    saved = path.read_bytes()
    training.rls.state()["S"][:] *= -1
    for message in ("loop 2: RLS diverged", "loop 2 of this training, which is of no further use"):
        with pytest.raises(TrainingDivergedError, match=message):
            training.run(2, progress=False)
    with pytest.raises(TrainingDivergedError, match="of no further use"):
        save_training(path, training)
    assert path.read_bytes() == saved
    training.restore(load_training(path).state())
    assert_same(training.run(2, progress=False), Training(task, PARAMETERS).run(2, progress=False))


def test_learning_works_on_a_middle_sized_network():
    rng = np.random.default_rng(0)
    time = 20.0 * np.arange(31)
    phase = rng.uniform(0, 2 * np.pi, (2, 60, 1))
    rates = 8 + 5 * np.sin(2 * np.pi * time / 600 + phase)
    task = make_task(
        recordings_from_arrays(rates, time, ("a", "b")), seed=1,
        network_parameters=BalancedNetworkParameters(
            n_exc=250, n_inh=250, out_degree=100, mu_exc=0.35, mu_inh=0.24
        ),
        feedforward_parameters=FeedforwardParameters(
            clock="per_condition", n_inputs=60, mean_rate=20.0, noise=1.0
        ),
    )
    training = Training(task).run(12, progress=False)
    untrained = Training(task)
    before, after = (
        evaluate(task, t.weights, np.random.default_rng(3), n_trials=20)
        for t in (untrained, training)
    )
    assert np.abs(np.median(before.correlation, axis=1)).max() < 0.3
    assert np.median(after.correlation, axis=1).min() > 0.6
    assert np.mean(training.curve[-1]) > np.mean(training.curve[0]) + 0.3
    assert isinstance(task.feedforward_rates, FeedforwardRates)


def test_network_without_feedforward_inputs_trains():
    task = small_task(feedforward_parameters=FeedforwardParameters(clock="none"))
    training = Training(task, PARAMETERS).run(2, progress=False)
    assert training.weights[0].feedforward_weights.shape == (0, 24)
    assert np.isfinite(training.recurrent_weights).all()
