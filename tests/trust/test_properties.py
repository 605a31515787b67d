"""What holds for every input: the ridge solution, a positive P, the bits of a saved training."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src_part1.recordings import load_recordings, recordings_from_arrays
from src_part1.rls import AllToAllRLS, ReadoutRLS
from src_part3.parameters import BalancedNetworkParameters, FeedforwardParameters, TrialParameters
from src_part3.rls import SparseRLS
from src_part3.storage import load_network, load_training, save_network, save_training
from src_part3.task import make_task
from src_part3.training import Training, TrainingParameters
from tests.reference_part3_rls import TextbookRLS

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
    own = [
        Normal(ridge * np.eye(n - 1), w[at]) for w, at in zip(weights, others, strict=True)
    ]
    for r, target in zip(rates, targets, strict=True):
        rule.update(weights, r, weights @ r - target)
        whole.add(r, 0.0)
        for normal, at, of_neuron in zip(own, others, target, strict=True):
            normal.add(r[at], of_neuron)
    whole.assert_inverted_by(rule.P, 1e-4)
    for normal, at, w in zip(own, others, weights, strict=True):
        normal.assert_solved_by(w[at], 1e-6)


@settings(max_examples=30)
@given(kind=st.sampled_from(KINDS), n=st.integers(2, 10), seed=st.integers(0, 2**32 - 1))
def test_order_of_the_updates_does_not_matter(kind, n, seed):
    rng = np.random.default_rng(seed)
    rates, targets = inputs(kind, 30, n, rng), rng.normal(size=30)
    found = []
    for order in (np.arange(30), rng.permutation(30)):
        rule, w = ReadoutRLS(n, ridge=0.5), np.zeros(n)
        for t in order:
            rule.update(w, rates[t], w @ rates[t] - targets[t])
        found.append(rates @ w)
    np.testing.assert_allclose(found[1], found[0], rtol=0, atol=1e-6 * np.abs(found[0]).max())


def unpacked(S, n_own):
    """The matrix S of each neuron from the triangle that is stored."""
    full = np.zeros((len(S), n_own, n_own))
    r, c = np.tril_indices(n_own)
    full[:, r, c] = full[:, c, r] = S
    return full


def schur_complement(A, n_own):
    """What is left of the first block of A once the others are partialled out."""
    whole, cross, other = A[:n_own, :n_own], A[:n_own, n_own:], A[n_own:, n_own:]
    return whole - cross @ np.linalg.solve(other, cross.T)


@settings(max_examples=40)
@given(
    kind=st.sampled_from(KINDS[:4]), n_own=st.integers(1, 7), n_shared=st.integers(0, 6),
    n_conditions=st.integers(1, 3), forgetting=st.sampled_from([1.0, 0.99, 0.9]),
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=8), seed=st.integers(0, 2**32 - 1),
)
def test_rls_of_part_3_solves_the_normal_equations(
    kind, n_own, n_shared, n_conditions, forgetting, lengths, seed
):
    rng = np.random.default_rng(seed)
    n = 5
    root = rng.normal(size=(n_own, n_own))
    prior = root @ root.T + 0.1 * np.eye(n_own)
    setup = {
        "pre_index": np.array([rng.choice(n_own + 4, n_own, replace=False) for _ in range(n)]),
        "weights": rng.normal(size=(n, n_own)), "prior": (prior + prior.T) / 2,
        "n_shared": n_shared, "n_conditions": n_conditions,
        "ridge_shared": 10.0 ** rng.uniform(-2, 2), "forgetting": forgetting,
    }
    textbook = TextbookRLS(**setup)
    weights = setup.pop("weights").copy()
    rule = SparseRLS(**setup)
    normals = [
        Normal(textbook.prior, w, forgetting) for w in textbook.weights
    ]
    for n_times in lengths:
        condition = int(rng.integers(n_conditions))
        rates = inputs(kind, n_times, n_own + 4, rng)
        shared, targets = rng.random((n_times, n_shared)), rng.normal(size=(n_times, n))
        rule.update(weights, rates, shared, targets, condition=condition)
        for t in range(n_times):
            for i, normal in enumerate(normals):
                normal.add(textbook.regressors(i, condition, rates[t], shared[t]), targets[t, i])
    learned = np.concatenate(
        [weights, *(rule.shared_weights(weights, c) for c in range(n_conditions))], axis=1
    )
    S = unpacked(rule.state()["S"], n_own)
    for i, normal in enumerate(normals):
        normal.assert_solved_by(learned[i], 1e-6)
        assert np.linalg.eigvalsh(S[i]).min() > 0
        np.testing.assert_allclose(S[i], schur_complement(normal.A, n_own), rtol=1e-6,
                                   atol=1e-8 * np.abs(S[i]).max())
    for D in rule.state()["D_inverse"]:
        np.testing.assert_array_equal(D, D.T)
        assert n_shared == 0 or np.linalg.eigvalsh(D).min() > 0


LONG = [2000, pytest.param(100_000, marks=pytest.mark.soak)]


@pytest.mark.parametrize("n_updates", LONG)
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


@pytest.mark.parametrize("n_updates", LONG)
def test_many_updates_of_part_3_stay_the_ridge_solution(n_updates):
    rng = np.random.default_rng(5)
    setup = {
        "pre_index": np.array([rng.choice(9, 6, replace=False) for _ in range(4)]),
        "weights": rng.normal(size=(4, 6)), "prior": np.eye(6), "n_shared": 5,
        "n_conditions": 2, "forgetting": 0.999,
    }
    textbook = TextbookRLS(**setup, ridge_shared=1.0)
    weights = setup.pop("weights").copy()
    rule = SparseRLS(**setup)
    normal = Normal(textbook.prior, textbook.weights[0], 0.999)
    for k in range(n_updates // 10):
        rates, shared, targets = (rng.random((10, size)) for size in (9, 5, 4))
        rule.update(weights, rates, shared, targets, condition=k % 2)
        for r, s, target in zip(rates, shared, targets, strict=True):
            normal.add(textbook.regressors(0, k % 2, r, s), target[0])
    learned = np.concatenate(
        [weights, rule.shared_weights(weights, 0), rule.shared_weights(weights, 1)], axis=1
    )
    normal.assert_solved_by(learned[0], 1e-9)
    S = unpacked(rule.state()["S"], 6)[0]
    np.testing.assert_allclose(S, schur_complement(normal.A, 6), rtol=1e-9)


@st.composite
def random_tasks(draw):
    """Tasks of any shape that holds a network."""
    n_recorded, n_conditions = draw(st.integers(6, 20)), draw(st.integers(1, 3))
    n_exc = n_recorded + draw(st.integers(20, 60))
    network_parameters = BalancedNetworkParameters(
        n_exc=n_exc, n_inh=n_exc, out_degree=draw(st.integers(15, n_exc)), tau_plastic=50.0,
        mu_exc=0.5, mu_inh=0.4, n_plastic_exc=draw(st.integers(0, 4)),
        n_plastic_inh=draw(st.integers(1, 5)),
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rates = 20 * rng.random((n_conditions, n_recorded, 6))
    names = [f"condition {c}" for c in range(n_conditions)]
    return make_task(
        recordings_from_arrays(rates, 20.0 * np.arange(6), names),
        seed=draw(st.integers(0, 2**31)), network_parameters=network_parameters,
        sigma=draw(st.floats(0.05, 0.5)),
        trial_parameters=TrialParameters(duration=200.0, stim_on=50.0, stim_off=100.0),
        feedforward_parameters=FeedforwardParameters(
            clock=draw(st.sampled_from(["none", "common", "per_condition"])),
            n_inputs=draw(st.integers(1, 8)), mean_rate=20.0,
        ),
        precision=draw(st.sampled_from(["float32", "float64"])),
    )


@settings(max_examples=8)
@given(task=random_tasks(), seed=st.integers(0, 99), data=st.data())
def test_saving_and_loading_any_task_goes_on_bit_for_bit(tmp_path_factory, task, seed, data):
    parameters = TrainingParameters(
        trials_per_loop=data.draw(st.integers(1, 2)), learn_every=20.0, max_rate=1e5,
        rls_precision=data.draw(st.sampled_from(["float32", "float64"])),
        average_balanced_input=data.draw(st.booleans()),
    )
    path = tmp_path_factory.mktemp("files") / "training.npz"
    whole = Training(task, parameters, seed=seed).run(3, progress=False)
    part = Training(task, parameters, seed=seed).run(1, progress=False)
    save_training(path, part)
    loaded = load_training(path).run(3, progress=False)
    for name, array in whole.state().items():
        np.testing.assert_array_equal(loaded.state()[name], array, err_msg=name)
    save_network(path, whole.task, whole.weights)
    again, weights = load_network(path)
    np.testing.assert_array_equal(again.targets, task.targets)
    np.testing.assert_array_equal(again.cues, task.cues)
    for ours, theirs in zip(whole.weights, weights, strict=True):
        np.testing.assert_array_equal(ours.recurrent_weights, theirs.recurrent_weights)
        np.testing.assert_array_equal(ours.feedforward_weights, theirs.feedforward_weights)


@settings(max_examples=30)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(2, 7)),
    start=st.floats(-1e4, 1e4), width=st.floats(0.5, 100), seed=st.integers(0, 2**32 - 1),
)
def test_recordings_come_back_as_they_were(tmp_path_factory, shape, start, width, seed):
    rates = 100 * np.random.default_rng(seed).random(shape)
    names = [f"condition {c}" for c in range(shape[0])]
    mine = recordings_from_arrays(rates, start + width * np.arange(shape[2]), names)
    path = mine.save(tmp_path_factory.mktemp("files") / "mine.npz")
    again = load_recordings(path)
    np.testing.assert_array_equal(again.rates, mine.rates)
    np.testing.assert_array_equal(again.time, mine.time)
    assert again.conditions == mine.conditions
