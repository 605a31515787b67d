"""Training: against a slow twin, interrupted, diverging, and what it learns."""

import itertools
import os
import signal
import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from src_part1.training_loop import TrainingDivergedError
from src_part3 import training as module
from src_part3.evaluation import evaluate
from src_part3.storage import load_training, save_training
from src_part3.training import Training, TrainingParameters, train
from src_part3.trials import simulate_trial
from tests.part3.small import TRAINING, small_task
from tests.reference_part3_rls import ridge_weights, sources_of


@pytest.fixture(scope="module")
def task():
    return small_task()


@pytest.fixture(scope="module")
def whole(task):
    seen = []
    trained = train(task, TRAINING, seed=1, progress=False, n_threads=1,
                    after_loop=lambda t: seen.append(t.n_done))
    assert seen == [1, 2, 3, 4, 5]
    return trained


@pytest.mark.parametrize(("clock", "plastic", "ridge"), [
    ("none", (6, 5), 24.0),  # 16 times as strong at the most
    ("none", (330, 330), 1.5 * 1.6**2),  # 1056 / 660 = 1.6
    ("none", (528, 528), 1.5), ("per_condition", (6, 5), 1.5),
])
def test_the_fewer_synapses_without_a_clock_the_stronger_is_the_prior(clock, plastic, ridge):
    task = small_task(clock=clock)
    plastic = SimpleNamespace(pre_index=np.zeros((task.n_trained, sum(plastic)), int))
    network = SimpleNamespace(
        plastic=plastic, parameters=task.network.parameters, n_inputs=task.network.n_inputs)
    object.__setattr__(task := replace(task), "network", network)
    assert Training(task).rls.ridge == pytest.approx(ridge)
    assert Training(task, replace(TRAINING, ridge=7.0)).rls.ridge == 7.0


def assert_same(one, other):
    expected = other.state()
    assert one.state().keys() == expected.keys()
    for name, array in one.state().items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


class Twin:
    """What training should do with its trials, row by row and without any reduction of rows.

    ``rows`` holds for each row so far its weight, the sources and what should come out.
    """

    def __init__(self, task, p):
        self.task, self.p, self.rows, self.loop = task, p, [], 0
        self.tau = task.network.parameters.tau_plastic
        self.senders, self.index = np.unique(task.network.plastic.pre_index, return_inverse=True)
        self.n_clocks = (max(task.weight_sets) + 1) * task.network.n_inputs
        self.index = self.index.reshape(task.n_trained, -1)
        self.sources = sources_of(self.index, self.n_clocks, self.senders.size + self.n_clocks)
        self.targets = task.targets.swapaxes(1, 2).astype(float)
        self.wanted = np.zeros_like(self.targets)
        self.change = np.zeros(self.sources.shape)
        variance = self.targets.var(axis=1).mean(axis=1)
        self.counts = variance.mean() / variance

    def in_trial(self, course, c):
        """Course of a whole trial: 3 bins before the cue, 2 in it, 10 after it."""
        def filled(n_bins):
            return 1 - np.exp(-n_bins * 20.0 / self.tau)

        first, second, *_ = self.wanted[c]
        before = []
        for b in range(1, 6):
            share = filled(max(b - 3, 0)) / filled(2)
            build_up = filled(b) * self.wanted.mean(axis=(0, 1))
            before.append(share * (1.5 * first - 0.5 * second) + (1 - share) * build_up)
        return np.concatenate([before, course])

    def row(self, trial, c):
        """Sources of a trial, the clocks of other conditions silent."""
        clocks, n = np.zeros((15, self.n_clocks)), self.task.network.n_inputs
        clocks[:, self.task.weight_sets[c] * n :][:, :n] = trial.filtered_feedforward
        return np.concatenate([trial.filtered_spikes[:, self.senders], clocks], axis=1)

    def take_in(self, trials, currents, held):
        p, n = self.p, self.loop + 1 - self.p.settling_loops
        sources = [np.array([self.row(t, c) for t in some]) for c, some in enumerate(trials)]
        if self.loop == 0:
            rates = np.mean([s.mean(axis=(0, 1)) for s in sources], axis=0)
            self.scale = np.sqrt(np.maximum(rates, 1e-5) / (2 * self.tau))
        sources = [s / self.scale for s in sources]
        means = [s.mean(axis=0) for s in sources]
        errors = [self.targets[c] - np.mean([t.total_input[5:] + x[5:] for t, x in
                  zip(trials[c], currents[c], strict=True)], axis=0) for c in range(len(trials))]
        share = 1 / max(n, 1) if held else 1 / p.memory
        if held:
            self.wanted += share * np.array(errors)
            courses = self.wanted
        else:
            courses = [
                np.stack([mean[5:, own] @ w for own, w in
                          zip(self.sources, self.change, strict=True)], axis=1) + error
                for mean, error in zip(means, errors, strict=True)
            ]
        taught = [self.in_trial(course, c) for c, course in enumerate(courses)]
        self.rows = [(weight * (1 - share), x, y) for weight, x, y in self.rows]
        for b in range(3):  # what the conditions have in common before the cue
            self.rows.append((share * 0.5, np.mean([m[b] for m in means], axis=0),
                              np.mean([t[b] for t in taught], axis=0)))
        for b in range(3, 15):
            for c, weight in enumerate(self.counts):
                self.rows.append((share * weight, means[c][b], taught[c][b]))
                if b >= 5 and (b - 5) % 4 == 0:
                    size = share * p.noise_weight * weight * 4 / (len(sources[c]) - 1)
                    self.rows += [
                        (size, np.clip(of_trial[b] - means[c][b], -15, 15), np.zeros(24))
                        for of_trial in sources[c]
                    ]
        weights, x, y = (np.array(values) for values in zip(*self.rows, strict=True))
        root = np.sqrt(weights)[:, None]
        self.change = ridge_weights(self.sources, root * x, root * y, p.ridge)
        self.loop += 1

    def assert_has_learned(self, weights):
        n_own, n = self.index.shape[1], self.task.network.n_inputs
        initial = self.task.network.initial_weights().recurrent_weights
        recurrent = self.change[:, :n_own] / self.scale[self.index]
        clocks = (self.change[:, n_own:] / self.scale[self.senders.size :]).T
        tolerance = 2e-3 * np.abs(recurrent).max()
        for c, s in enumerate(self.task.weight_sets):
            np.testing.assert_allclose(
                weights[c].recurrent_weights - initial, recurrent, rtol=0, atol=tolerance)
            np.testing.assert_allclose(
                weights[c].feedforward_weights, clocks[s * n :][:n], rtol=0,
                atol=2e-3 * max(np.abs(clocks).max(initial=0), 1e-9))


@pytest.mark.parametrize("clock", ["none", "common", "per_condition"])
def test_learns_in_both_stages_what_a_slow_twin_makes_of_the_same_trials(clock, monkeypatch):
    # So many courses and patterns that nothing of rows and errors is taken for noise.
    p = replace(TRAINING, regressor_courses=1000, input_courses=1000, error_patterns=1000)
    task = small_task(clock=clock, n_inputs=7)
    # The second condition changes half as much as the first.
    means = task.targets.mean(axis=2, keepdims=True)
    targets = means + np.array([1.0, 0.5])[:, None, None] * (task.targets - means)
    task = replace(task, targets=targets)
    training, twin, seen = Training(task, p, seed=7), Twin(task, p), []

    def spy(*arguments, **options):
        trial = simulate_trial(*arguments, **options)
        seen.append((options, trial))
        return trial

    monkeypatch.setattr(module, "simulate_trial", spy)
    for loop in range(p.total_loops):
        held, before = loop < p.held_loops, twin.wanted.copy()
        training.run(loop + 1, progress=False, n_threads=1)
        each = p.held_trials if held else p.free_trials
        assert len(seen) == 2 * each + 2 * held * p.watched_trials
        trials, currents = [], []
        for c in range(2):
            options, of_condition = zip(*seen[c * each : (c + 1) * each], strict=True)
            trials.append(of_condition)
            currents.append([np.zeros((15, 24))] * each)
            if held:
                currents[c] = [o["bin_input"][:, task.network.trained] for o in options]
                ends = np.concatenate([np.zeros((1, 24)), twin.in_trial(before[c], c)])
                noise = currents[c] - (ends[1:] + ends[:-1]) / 2
                assert noise.std() == pytest.approx(task.plastic_noise, rel=0.25)
                elsewhere = np.delete(options[0]["bin_input"], task.network.trained, axis=1)
                assert not elsewhere.any()
        seen.clear()
        twin.take_in(trials, currents, held)
        twin.assert_has_learned(training.weights)


def test_weights_before_any_loop_are_the_initial_ones_with_a_warning(task, whole):
    with pytest.warns(UserWarning, match="no loop is done: .* before learning") as caught:
        weights = Training(task).weights
    assert caught[0].filename == __file__
    initial = task.network.initial_weights()
    for of_condition in weights:
        np.testing.assert_array_equal(of_condition.recurrent_weights, initial.recurrent_weights)
        assert not of_condition.feedforward_weights.any()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not np.array_equal(whole.weights[0].recurrent_weights, initial.recurrent_weights)


@pytest.mark.parametrize(("where", "progress"), [("trial", True), ("after_loop", False)])
def test_an_interrupt_warns_and_loses_one_loop_at_most(task, whole, monkeypatch, where, progress):
    training, calls = Training(task, TRAINING, seed=1), itertools.count(1)

    def interrupted(*arguments, **options):
        if where == "trial" and next(calls) == 15:  # each of the first loops has six trials
            raise KeyboardInterrupt
        return simulate_trial(*arguments, **options)

    def after_loop(training):
        if where == "after_loop" and training.n_done == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "simulate_trial", interrupted)
    with pytest.warns(UserWarning, match="interrupted after 2 of 5 loops; call run again") as seen:
        assert training.run(progress=progress, after_loop=after_loop) is training
    assert seen[0].filename == __file__
    assert training.n_done == 2 and np.isfinite(training.weights[0].recurrent_weights).all()
    monkeypatch.undo()
    assert_same(training.run(progress=False), whole)


def test_an_interrupt_during_learning_waits_for_its_end(task, whole, monkeypatch):
    training, learn = Training(task, TRAINING, seed=1), Training._learn

    def interrupted(self, *arguments):
        if self.n_done == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return learn(self, *arguments)

    monkeypatch.setattr(Training, "_learn", interrupted)
    # Ctrl+C as a program in the foreground has it, whatever other packages made of it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.warns(UserWarning, match="interrupted after [12] of 5"):
        training.run(progress=False)
    signal.signal(signal.SIGINT, before)
    monkeypatch.undo()
    assert_same(training.run(progress=False), whole)


def test_runaway_rates_leave_a_sound_training_in_the_error(task, whole):
    training = Training(task, TRAINING, seed=1).run(2, progress=False)
    training.parameters = replace(TRAINING, max_rate=0.001)
    message = "loop 3: the network fires at .* more"
    with pytest.raises(TrainingDivergedError, match=message) as caught:
        training.run(progress=False)
    assert caught.value.result is training and training.n_done == 2
    training.parameters = TRAINING
    assert_same(training.run(progress=False), whole)


@pytest.mark.parametrize("broken", [lambda S: S.fill(np.nan), lambda S: np.negative(S, out=S)],
                         ids=["NaN", "no factor"])
def test_a_training_whose_rls_diverged_is_neither_used_nor_saved(broken, task, whole, tmp_path):
    training = Training(task, TRAINING, seed=1).run(3, progress=False)
    path = tmp_path / "training.npz"
    save_training(path, training)
    saved = path.read_bytes()
    broken(training.rls.S)
    with pytest.raises(TrainingDivergedError, match="loop 4: RLS diverged") as caught:
        training.run(progress=False)
    assert caught.value.result is None
    with pytest.raises(TrainingDivergedError, match="loop 4 of this training, .* no further use"):
        training.run(progress=False)
    with pytest.raises(TrainingDivergedError, match="no further use"):
        save_training(path, training)
    assert path.read_bytes() == saved
    training.restore(load_training(path).state())
    assert_same(training.run(progress=False), whole)


@pytest.fixture(scope="module")
def stages():
    """Mean squared error and correlation of a task with a clock, by what its weights are."""
    task = small_task(n_inputs=40)
    p = TrainingParameters(held_loops=10, settling_loops=3, watch_every=99, free_trials=20)
    long, brief = Training(task, p), Training(task, replace(p, held_loops=5, settling_loops=2))
    weights = {"untrained": (task.network.initial_weights(),) * 2,
               "held": long.run(10, progress=False).weights}
    b = long.rls.b
    for seed in range(4):  # one order of 24 targets may suit some neurons by chance
        long.rls.b = b[:, np.random.default_rng(seed).permutation(24)]
        weights[f"shuffled {seed}"] = long._weights(np.concatenate(long.rls.solve(), axis=1))
    weights["briefly held"] = brief.run(5, progress=False).weights
    weights["free"] = brief.run(13, progress=False).weights
    tests = {name: evaluate(task, w, np.random.default_rng(0), n_trials=80)
             for name, w in weights.items()}
    return {name: (np.mean((t.mean_input - t.targets) ** 2) - t.input_noise.mean(),
                   np.nanmedian(t.correlation, axis=1)) for name, t in tests.items()}


def test_what_was_learned_under_the_teacher_carries_the_network_alone(stages):
    error, correlation = stages["held"]
    assert correlation.min() > 0.35
    for others in ("untrained", "shuffled"):
        errors, correlations = zip(*(stages[n] for n in stages if others in n), strict=True)
        assert error < 0.4 * np.mean(errors)
        assert correlation.mean() > np.mean(correlations) + 0.2


def test_the_closed_loop_lowers_the_error_of_the_mean_input(stages):
    # Seeds 0, 1 and 2 give 0.69, 0.67 and 0.70.
    assert stages["free"][0] < 0.8 * stages["briefly held"][0]


def test_the_free_network_is_watched_in_some_of_the_loops_that_are_held(task, whole):
    training, seen = Training(task, replace(TRAINING, watch_every=2), seed=1), []
    training.run(progress=False, after_loop=lambda t: seen.append(t.last_outputs is not None))
    assert np.isfinite(training.curve).all(axis=1).tolist() == [False, True, False, True, True]
    assert seen == [False, True, True, True, True]
    # What is watched changes nothing of what is learned.
    np.testing.assert_array_equal(training.weights[0].recurrent_weights,
                                  whole.weights[0].recurrent_weights)


@pytest.mark.parametrize("constant", [slice(1), slice(2)], ids=["one condition", "both"])
def test_nothing_breaks_where_targets_are_constant(task, constant):
    targets, rates = task.targets.copy(), task.recorded_rates.copy()
    for values in (targets, rates):
        values[constant], values[1, 3] = 0.5, 0.25
    task = replace(task, targets=targets, recorded_rates=rates)
    for of_condition in train(task, TRAINING, progress=False).weights:
        assert np.isfinite(of_condition.recurrent_weights).all()
        assert np.isfinite(of_condition.feedforward_weights).all()
