import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src_part1.kernels import learn_all_parallel, learn_all_serial
from src_part1.rls import AllToAllRLS, ReadoutRLS
from tests.reference import ridge_solution, rls_one_matrix_each, rls_update


def _problem(n, n_updates, seed):
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal((n, n)) / np.sqrt(n)
    np.fill_diagonal(weights, 0.0)
    rates = rng.random((n_updates, n)) * rng.choice([0.0, 1.0, 5.0], n_updates)[:, None]
    return weights, rates, rng.standard_normal((n_updates, n))


def _train(rule, weights, rates, targets):
    weights = weights.copy()
    for r, target in zip(rates, targets, strict=True):
        rule.update(weights, r, weights @ r - target)
    return weights


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(2, 15),
    n_updates=st.integers(1, 40),
    ridge=st.floats(1e-2, 1e2),
    seed=st.integers(0, 2**32 - 1),
)
def test_one_matrix_for_all_equals_one_matrix_for_each_unit(n, n_updates, ridge, seed):
    weights, rates, targets = _problem(n, n_updates, seed)
    one_for_all = _train(AllToAllRLS(n, ridge=ridge), weights, rates, targets)
    textbook = rls_one_matrix_each(weights, rates, targets, ridge)
    np.testing.assert_allclose(
        one_for_all, textbook, rtol=1e-8, atol=1e-8 * np.abs(textbook).max()
    )


def test_all_to_all_rls_is_the_ridge_solution_of_every_unit():
    n, ridge = 12, 0.3
    weights, rates, targets = _problem(n, 50, seed=7)
    trained = _train(AllToAllRLS(n, ridge=ridge), weights, rates, targets)
    for i in range(n):
        others = np.delete(np.arange(n), i)
        batch = ridge_solution(weights[i, others], rates[:, others], targets[:, i], ridge)
        np.testing.assert_allclose(trained[i, others], batch, rtol=1e-9, atol=1e-10)
        assert trained[i, i] == 0.0


def test_P_is_the_inverse_of_the_correlation_matrix_and_symmetric_to_the_last_bit():
    n, ridge = 20, 0.5
    weights, rates, targets = _problem(n, 200, seed=1)
    rule = AllToAllRLS(n, ridge=ridge)
    _train(rule, weights, rates, targets)
    np.testing.assert_array_equal(rule.P, rule.P.T)
    expected = np.linalg.inv(rates.T @ rates + ridge * np.eye(n))
    np.testing.assert_allclose(rule.P, expected, rtol=1e-9, atol=1e-12)


def test_parallel_rows_give_the_same_bits_as_serial_rows(thread_counts):
    n = 130
    weights, rates, targets = _problem(n, 15, seed=2)
    results = []
    for n_threads in (None, *thread_counts):
        rule, w = AllToAllRLS(n, ridge=0.5), weights.copy()
        kernel = learn_all_serial if n_threads is None else learn_all_parallel
        with thread_counts.use(n_threads):
            for r, target in zip(rates, targets, strict=True):
                assert kernel(w, rule.P, r, w @ r - target, np.empty(n))
        results.append((w, rule.P))
    for w, P in results[1:]:
        np.testing.assert_array_equal(w, results[0][0])
        np.testing.assert_array_equal(P, results[0][1])


@settings(max_examples=30, deadline=None)
@given(
    n=st.integers(2, 40),
    n_samples=st.integers(1, 12),
    n_updates=st.integers(1, 4),
    ridge=st.floats(1e-2, 1e2),
    seed=st.integers(0, 2**32 - 1),
)
def test_several_samples_in_a_call_are_as_many_calls(n, n_samples, n_updates, ridge, seed):
    weights, rates, targets = _problem(n, n_samples * n_updates, seed)
    one_by_one, at_once = (AllToAllRLS(n, ridge=ridge) for _ in range(2))
    expected = _train(one_by_one, weights, rates, targets)
    for first in range(0, len(rates), n_samples):
        r, target = rates[first : first + n_samples], targets[first : first + n_samples]
        at_once.update(weights, r, r @ weights.T - target)
    close = {"rtol": 1e-7, "atol": 1e-8 * np.abs(expected).max()}
    np.testing.assert_allclose(weights, expected, **close)
    np.testing.assert_allclose(at_once.P, one_by_one.P, rtol=1e-7, atol=1e-9 / ridge)
    np.testing.assert_array_equal(at_once.P, at_once.P.T)
    np.testing.assert_array_equal(np.diagonal(weights), 0.0)


def test_float32_stays_close_to_float64():
    n, ridge = 60, 1.0
    weights, rates, targets = _problem(n, 400, seed=4)
    expected = _train(AllToAllRLS(n, ridge=ridge), weights, rates, targets)
    rule, learned = AllToAllRLS(n, ridge=ridge, precision="float32"), weights.astype("f4")
    for first in range(0, len(rates), 2):
        r = rates[first : first + 2]
        rule.update(learned, r, r @ learned.T - targets[first : first + 2])
    assert rule.P.dtype == learned.dtype == np.float32
    np.testing.assert_allclose(learned, expected, atol=2e-4 * np.abs(expected).max())
    np.testing.assert_array_equal(rule.P, rule.P.T)
    rule.update(learned, rates[0], np.zeros(n))


def test_several_samples_give_the_same_bits_with_any_number_of_threads(thread_counts):
    n = 130
    weights, rates, targets = _problem(n, 12, seed=2)
    results = []
    for n_threads in thread_counts:
        rule, w = AllToAllRLS(n, ridge=0.5, precision="float32"), weights.astype("f4")
        with thread_counts.use(n_threads):
            for first in range(0, 12, 3):
                r = rates[first : first + 3]
                rule.update(w, r, r @ w.T - targets[first : first + 3])
        results.append((w, rule.P))
    for w, P in results[1:]:
        np.testing.assert_array_equal(w, results[0][0])
        np.testing.assert_array_equal(P, results[0][1])


@pytest.mark.parametrize(
    ("rates", "errors", "kind", "message"),
    [
        (np.ones((2, 5)), np.ones((2, 6)), ValueError, r"rates must have shape \(n_samples, 6\)"),
        (np.ones((2, 6)), np.ones((3, 6)), ValueError, "errors must hold 2 samples, got 3"),
        (np.ones((2, 6)), np.full((2, 6), "a"), TypeError, "errors must hold real numbers"),
        (np.ones((1, 6)), np.ones(6), ValueError, r"rates must have shape \(6,\)"),
        (np.full((2, 6), np.nan), np.ones((2, 6)), FloatingPointError, "RLS stopped"),
        (np.ones((2, 6)), np.full((2, 6), np.inf), FloatingPointError, "RLS stopped"),
    ],
)
def test_samples_that_cannot_be_learned_change_nothing(rates, errors, kind, message):
    rule, weights = AllToAllRLS(N), np.zeros((N, N))
    before = rule.P.copy()
    with pytest.raises(kind, match=message):
        rule.update(weights, rates, errors)
    assert not weights.any()
    np.testing.assert_array_equal(rule.P, before)


@settings(max_examples=20, deadline=None)
@given(n=st.integers(1, 20), ridge=st.floats(1e-2, 1e2), seed=st.integers(0, 2**32 - 1))
def test_readout_rls_is_textbook_rls(n, ridge, seed):
    rng = np.random.default_rng(seed)
    rates, targets = rng.standard_normal((30, n)), rng.standard_normal(30)
    rule, weights = ReadoutRLS(n, ridge=ridge), np.zeros(n)
    w, P = np.zeros(n), np.eye(n) / ridge
    for r, target in zip(rates, targets, strict=True):
        rule.update(weights, r, weights @ r - target)
        w, P = rls_update(w, P, r, w @ r - target)
    np.testing.assert_allclose(weights, w, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(rule.P, P, rtol=1e-8, atol=1e-10)


# ---- The contract (docstring of src_part1.rls) ----

N = 6


class Case:
    """An RLS that has learned a little, weights, and the arguments of the next update."""

    def __init__(self, kind):
        all_weights, rates, errors = _problem(N, 5, seed=3)
        self.rule = kind(N)
        self.weights = all_weights if kind is AllToAllRLS else all_weights[0].copy()
        self.errors = errors if kind is AllToAllRLS else errors[:, 0]
        self.rates = rates + 1.0
        for k in range(4):
            self.update(k)

    def update(self, k=4, **changed):
        error = "errors" if isinstance(self.rule, AllToAllRLS) else "error"
        given = {"weights": self.weights, "rates": self.rates[k], error: self.errors[k]}
        self.rule.update(*(given | changed).values())

    def kept(self):
        return [self.weights.copy(), self.rule.P.copy()]


@pytest.fixture(params=[ReadoutRLS, AllToAllRLS])
def case(request):
    return Case(request.param)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_leave_the_weights_as_they_were(case, bad):
    rates = case.rates[4].copy()
    rates[2] = bad
    error = {"error": bad}
    if isinstance(case.rule, AllToAllRLS):
        error = {"errors": np.where(np.arange(N) == 3, bad, case.errors[4])}
    for changed in ({"rates": rates}, error):
        before = case.weights.copy()
        with pytest.raises(FloatingPointError, match="not finite"):
            case.update(**changed)
        np.testing.assert_array_equal(case.weights, before)


def test_a_damaged_P_is_noticed_leaves_the_weights_and_can_be_restored(case):
    state = {name: array.copy() for name, array in case.rule.state().items()}
    before = case.weights.copy()
    for damaged in (np.full_like(case.rule.P, np.nan), -np.eye(N)):
        case.rule.P[:] = damaged
        with pytest.raises(FloatingPointError, match="weights are as they were"):
            case.update()
        np.testing.assert_array_equal(case.weights, before)
    case.rule.restore(state)
    case.update()
    untroubled = Case(type(case.rule))
    untroubled.update()
    for one, other in zip(case.kept(), untroubled.kept(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_rls_goes_on_from_a_state_bit_for_bit(case):
    other = type(case.rule)(N, ridge=7.0)
    other.restore(case.rule.state())
    weights = case.weights.copy()
    case.update()
    other.update(weights, case.rates[4], case.errors[4])
    np.testing.assert_array_equal(weights, case.weights)
    np.testing.assert_array_equal(other.P, case.rule.P)


def test_a_state_is_a_view_and_a_restored_one_is_a_copy(case):
    assert case.rule.state()["P"] is case.rule.P
    other = type(case.rule)(N)
    other.restore(case.rule.state())
    assert not np.shares_memory(other.P, case.rule.P)


def test_update_only_reads_its_other_arguments(case):
    rates = case.rates[4]
    rates.setflags(write=False)
    kept = rates.copy(), np.array(case.errors[4])
    case.update()
    np.testing.assert_array_equal(rates, kept[0])
    np.testing.assert_array_equal(case.errors[4], kept[1])


def _read_only(array):
    array.setflags(write=False)
    return array


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (lambda w: w[..., :-1].copy(), ValueError, "weights must be .* of shape .*in place"),
        (lambda w: w[None], ValueError, "weights must be .* of shape"),
        (lambda w: np.repeat(w, 2, axis=-1)[..., ::2], ValueError, "not contiguous"),
        (lambda w: _read_only(w.copy()), ValueError, "read-only"),
        (lambda w: w.astype(np.float32), TypeError, "got float32 of shape"),
        (lambda w: w.astype(complex), TypeError, "got complex128"),
        (lambda w: w.astype(">f8"), TypeError, "got >f8"),
        (lambda w: w.tolist(), TypeError, "got list"),
        (lambda w: None, TypeError, "got NoneType"),
    ],
)
def test_weights_that_cannot_be_changed_in_place_are_refused(case, change, kind, message):
    before = case.kept()
    with pytest.raises(kind, match=message):
        case.update(weights=change(case.weights))
    for old, now in zip(before, case.kept(), strict=True):
        np.testing.assert_array_equal(now, old)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda x: np.append(x, 1.0), ValueError),
        (lambda x: np.reshape(x, (1, -1)), ValueError),
        (lambda x: np.asarray(x) + 0j, TypeError),
        (lambda x: np.asarray(x).astype(str), TypeError),
        (lambda x: None, TypeError),
    ],
)
@pytest.mark.parametrize("where", ["rates", "errors"])
def test_other_arguments_that_do_not_fit_are_refused(case, change, kind, where):
    value = case.rates[4] if where == "rates" else case.errors[4]
    name = where if where == "rates" or np.ndim(value) else "error"
    before = case.kept()
    with pytest.raises(kind, match=name):
        case.update(**{name: change(value)})
    for old, now in zip(before, case.kept(), strict=True):
        np.testing.assert_array_equal(now, old)


@pytest.mark.parametrize(
    ("state", "kind", "message"),
    [
        ({}, ValueError, "RLS state P must be float64"),
        ({"P": np.eye(N + 1)}, ValueError, "RLS state P"),
        ({"P": np.eye(N, dtype=np.float32)}, ValueError, "RLS state P"),
        ([np.eye(N)], TypeError, "state must be of type"),
    ],
)
def test_a_state_of_another_rls_is_refused(case, state, kind, message):
    before = case.rule.P.copy()
    with pytest.raises(kind, match=message):
        case.rule.restore(state)
    np.testing.assert_array_equal(case.rule.P, before)


def test_the_matrix_can_be_changed_but_not_replaced(case):
    with pytest.raises(AttributeError):
        case.rule.P = np.eye(2)


def test_wrong_parameters_are_refused():
    with pytest.raises(ValueError, match="ridge must be positive"):
        AllToAllRLS(5, ridge=0.0)
    with pytest.raises(ValueError, match="ridge must be finite"):
        ReadoutRLS(5, ridge=np.inf)
    with pytest.raises(TypeError, match="n_units must be a whole number"):
        AllToAllRLS(5.0)
    with pytest.raises(ValueError, match="n_inputs must be at least 1"):
        ReadoutRLS(0)
