"""What holds for every input: the ridge solution, a positive P, the bits of a saved training."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import src_part3 as three
from src_part1 import AllToAllRLS, recordings_from_arrays
from tests.reference_part3_rls import sources_of

KINDS = ("independent", "nearly equal", "equal", "silent", "very different scales")


def inputs(kind, n_times, n, rng):
    """Rates [time, input] of a kind that is hard in its own way."""
    rates = rng.random((n_times, n))
    match kind:
        case "nearly equal":
            rates = rates[:, :1] + 1e-6 * rates
        case "equal":
            rates[:] = rates[:, :1]
        case "silent":
            rates[:, rng.random(n) < 0.5] = 0
        case "very different scales":
            rates *= 10.0 ** rng.integers(-4, 4, n)
    return rates


class Normal:
    """The normal equations A w = b of a ridge regression that forgets, summed up directly."""

    def __init__(self, prior, w0, forgetting=1.0):
        self.A, self.b, self.forgetting = prior.copy(), prior @ w0, forgetting

    def add(self, x, targets):
        self.A = self.forgetting * self.A + np.outer(x, x)
        self.b = self.forgetting * self.b + np.multiply.outer(x, targets)

    def assert_solved_by(self, w, tolerance):
        """What is left of A w = b, against the size of its terms: fair for any condition."""
        left = np.abs(self.A @ w - self.b)
        size = np.abs(self.A) @ np.abs(w) + np.abs(self.b)
        assert (left <= tolerance * size.max()).all(), (left / size.max()).max()

    def assert_inverted_by(self, P, tolerance):
        """P is symmetric, positive definite and the inverse of A, in the scale of A."""
        np.testing.assert_array_equal(P, P.T)
        root = np.sqrt(np.diag(self.A))
        values = np.linalg.eigvalsh(P * np.outer(root, root))
        expected = 1 / np.linalg.eigvalsh(self.A / np.outer(root, root))[::-1]
        assert values.min() > 0
        np.testing.assert_allclose(values, expected, rtol=tolerance)


@settings(max_examples=60)
@given(
    kind=st.sampled_from(KINDS), n=st.integers(2, 12), n_times=st.integers(1, 80),
    ridge=st.floats(1e-3, 1e3), seed=st.integers(0, 2**32 - 1),
)
def test_all_to_all_rls_solves_the_normal_equations(kind, n, n_times, ridge, seed):
    rng = np.random.default_rng(seed)
    rates, targets = inputs(kind, n_times, n, rng), rng.normal(size=(n_times, n))
    weights = rng.normal(size=(n, n))
    np.fill_diagonal(weights, 0)
    rule = AllToAllRLS(n, ridge=ridge)
    whole = Normal(ridge * np.eye(n), np.zeros(n))
    others = [np.delete(np.arange(n), i) for i in range(n)]
    own = [Normal(ridge * np.eye(n - 1), w[at]) for w, at in zip(weights, others, strict=True)]
    for r, target in zip(rates, targets, strict=True):
        rule.update(weights, r, weights @ r - target)
        whole.add(r, 0.0)
        for normal, at, of_neuron in zip(own, others, target, strict=True):
            normal.add(r[at], of_neuron)
    whole.assert_inverted_by(rule.P, 1e-4)
    for normal, at, w in zip(own, others, weights, strict=True):
        normal.assert_solved_by(w[at], 1e-6)


@settings(max_examples=40)
@given(
    kind=st.sampled_from(KINDS[:4]), n_own=st.integers(1, 7), n_shared=st.integers(0, 6),
    forgetting=st.sampled_from([1.0, 0.99, 0.5, 0.0]), ridge=st.floats(1e-2, 1e2),
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=8), seed=st.integers(0, 2**32 - 1),
)
def test_rls_of_part_3_solves_the_normal_equations(
    kind, n_own, n_shared, forgetting, ridge, lengths, seed
):
    rng = np.random.default_rng(seed)
    index = np.array([rng.choice(n_own + 4, n_own, replace=False) for _ in range(5)])
    n_sources = n_own + 4 + n_shared
    rule = three.SparseRLS(index, n_sources, ridge, n_shared=n_shared, dtype=np.float64)
    sources, blocks = sources_of(index, n_shared, n_sources), []
    for n_times in lengths:
        rows, targets = inputs(kind, n_times, n_sources, rng), rng.normal(size=(n_times, 5))
        rule.update(rows, targets, forgetting=forgetting)
        blocks = [(forgetting * weight, *block) for weight, *block in blocks]
        blocks.append((1.0, rows, targets))
    learned = np.concatenate(rule.solve(), axis=1)
    np.testing.assert_array_equal(rule.S, rule.S.T)
    for i, own in enumerate(sources):
        normal = Normal(ridge * np.eye(own.size), np.zeros(own.size))
        for weight, rows, targets in blocks:
            for x, y in zip(np.sqrt(weight) * rows, np.sqrt(weight) * targets[:, i], strict=True):
                normal.add(x[own], y)
        normal.assert_solved_by(learned[i], 1e-6)


@pytest.mark.parametrize("n_updates", [2000, pytest.param(100_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("kind", KINDS)
def test_many_updates_stay_the_ridge_solution(kind, n_updates):
    n, rng = 10, np.random.default_rng(4)
    rule, w = AllToAllRLS(n), np.zeros((n, n))
    whole, first = Normal(np.eye(n), np.zeros(n)), Normal(np.eye(n - 1), np.zeros(n - 1))
    for r, target in zip(
        inputs(kind, n_updates, n, rng), rng.normal(size=(n_updates, n)), strict=True
    ):
        rule.update(w, r, w @ r - target)
        whole.add(r, 0.0)
        first.add(r[1:], target[0])
    whole.assert_inverted_by(rule.P, 1e-3)
    first.assert_solved_by(w[0, 1:], 1e-6)


@st.composite
def random_tasks(draw):
    """Tasks of any shape that holds a network."""
    n_recorded, n_conditions = draw(st.integers(6, 20)), draw(st.integers(1, 3))
    n_exc = n_recorded + draw(st.integers(20, 60))
    network_parameters = three.BalancedNetworkParameters(
        n_exc=n_exc, n_inh=n_exc, out_degree=draw(st.integers(15, n_exc)), tau_plastic=50.0,
        mu_exc=0.5, mu_inh=0.4, n_plastic_exc=draw(st.integers(0, 4)),
        n_plastic_inh=draw(st.integers(1, 5)),
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rates = 20 * rng.random((n_conditions, n_recorded, 6))
    names = [f"condition {c}" for c in range(n_conditions)]
    return three.make_task(
        recordings_from_arrays(rates, 20.0 * np.arange(6), names),
        seed=draw(st.integers(0, 2**31)), network_parameters=network_parameters,
        plastic_noise=draw(st.floats(0.0, 0.3)), original=draw(st.booleans()),
        trial_parameters=three.TrialParameters(duration=200.0, stim_on=60.0, stim_off=100.0),
        feedforward_parameters=three.FeedforwardParameters(
            clock=draw(st.sampled_from(["none", "common", "per_condition"])),
            n_inputs=draw(st.integers(1, 8)), mean_rate=20.0,
        ),
        precision=draw(st.sampled_from(["float32", "float64"])),
    )


@pytest.mark.filterwarnings("ignore:the untrained network is not balanced:UserWarning")
@settings(max_examples=6)
@given(task=random_tasks(), seed=st.integers(0, 99), data=st.data())
def test_saving_and_loading_any_task_goes_on_bit_for_bit(tmp_path_factory, task, seed, data):
    parameters = three.TrainingParameters(
        held_loops=data.draw(st.integers(1, 2)), settling_loops=data.draw(st.integers(0, 1)),
        held_trials=2, watched_trials=1, free_loops=1, free_trials=2, max_rate=1e5,
        noise_weight=data.draw(st.sampled_from([0.0, 0.04])),
    )
    path = tmp_path_factory.mktemp("files") / "training.npz"
    whole = three.Training(task, parameters, seed=seed).run(3, progress=False)
    part = three.Training(task, parameters, seed=seed).run(1, progress=False)
    three.save_training(path, part)
    loaded = three.load_training(path).run(3, progress=False)
    for name, array in whole.state().items():
        np.testing.assert_array_equal(loaded.state()[name], array, err_msg=name)
    three.save_network(path, whole.task, whole.weights)
    again, weights = three.load_network(path)
    np.testing.assert_array_equal(again.targets, task.targets)
    np.testing.assert_array_equal(again.cues, task.cues)
    for ours, theirs in zip(whole.weights, weights, strict=True):
        np.testing.assert_array_equal(ours.recurrent_weights, theirs.recurrent_weights)
        np.testing.assert_array_equal(ours.feedforward_weights, theirs.feedforward_weights)
