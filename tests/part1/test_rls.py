import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src_part1.rls import AllToAllRLS, ReadoutRLS
from tests.reference import ridge_solution


def _problem(n, n_updates, seed):
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal((n, n)) / np.sqrt(n)
    np.fill_diagonal(weights, 0.0)
    rates = rng.random((n_updates, n)) * rng.choice([0.0, 1.0, 5.0], n_updates)[:, None]
    return weights, rates, rng.standard_normal((n_updates, n))


def _train(rule, weights, rates, targets):
    weights = weights.copy()
    for r, target in zip(rates, targets, strict=True):
        rule.update(weights, r, rule.recurrent_input(weights, r) - target)
    return weights


def _basis(n, rank, seed):
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((n, rank)))[0]


@settings(max_examples=70)
@given(
    n=st.integers(2, 15), rank=st.none() | st.integers(2, 15), n_updates=st.integers(1, 40),
    ridge=st.floats(1e-2, 1e2), seed=st.integers(0, 2**32 - 1),
)
def test_each_unit_gets_the_ridge_solution_without_its_autapse(n, rank, n_updates, ridge, seed):
    weights, rates, targets = _problem(n, n_updates, seed)
    V = np.eye(n) if rank is None else _basis(n, min(rank, n), seed)
    rule = AllToAllRLS(n, ridge=ridge, basis=None if rank is None else V)
    D, components = rule.project(weights), rates @ V
    trained = _train(rule, D, rates, targets)
    scale = max(np.abs(trained).max(), 1.0)
    for i in range(n):
        # All d with d . v_i = 0, in coordinates of their own.
        allowed = np.linalg.svd(V[i : i + 1])[2][1:].T
        nearest = np.linalg.lstsq(V @ allowed, weights[i], rcond=None)[0]
        np.testing.assert_allclose(D[i], allowed @ nearest, atol=1e-9)
        slow = ridge_solution(allowed.T @ D[i], components @ allowed, targets[:, i], ridge)
        np.testing.assert_allclose(trained[i], allowed @ slow, rtol=1e-7, atol=1e-8 * scale)
    np.testing.assert_allclose((trained * V).sum(axis=1), 0.0, atol=1e-9 * scale)
    assert not np.diagonal(rule.expand(trained)).any()
    np.testing.assert_array_equal(rule.P, rule.P.T)
    expected = np.linalg.inv(components.T @ components + ridge * np.eye(V.shape[1]))
    np.testing.assert_allclose(rule.P, expected, rtol=1e-7, atol=1e-9 / ridge)


def test_a_silent_unit_learns_like_the_others():
    weights, rates, targets = _problem(8, 20, seed=5)
    V = np.vstack([_basis(7, 3, 5), np.zeros(3)])
    rule = AllToAllRLS(8, basis=V)
    D = rule.project(weights)
    trained = _train(rule, D, rates, targets)
    np.testing.assert_allclose(trained[7], ridge_solution(D[7], rates @ V, targets[:, 7], 1.0))
    assert np.isfinite(trained).all()


@pytest.mark.parametrize("n_dependent", [0, 3])
@pytest.mark.parametrize("rule", ["readout", "all"])
def test_a_ridge_too_small_for_the_digits_warns_once_and_others_are_exact(rule, n_dependent):
    # With dependent rates the P of a tiny ridge keeps huge entries, whose rounding spoils the rest.
    rng = np.random.default_rng(0)
    rates = rng.normal(size=(200, 10)) * 10
    if n_dependent:
        rates[:, -n_dependent:] = rates[:, :n_dependent]
    targets = rates @ rng.normal(size=10)
    new, shape = (ReadoutRLS, 10) if rule == "readout" else (AllToAllRLS, (10, 10))
    for ridge, messages in ((1e-3, []), (1e-8, ["ridge = 1e-08 is tiny"])):
        rls, w = new(10, ridge=ridge), np.zeros(shape)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for r, target in zip(rates, targets, strict=True):
                rls.update(w, r, w @ r - target)
        assert [str(warning.message)[:21] for warning in caught] == messages
        if rule == "readout" and not messages:
            batch = ridge_solution(np.zeros(10), rates, targets, ridge)
            np.testing.assert_allclose(w @ rates.T, rates @ batch, atol=1e-7 * targets.max())


N = 6


class Case:
    """An RLS that has learned a little, weights, and the arguments of the next update."""

    def __init__(self, kind):
        self.weights, self.rates, self.errors = _problem(N, 5, seed=3)
        self.rates += 1.0
        self.kind = kind
        self.new = lambda **given: AllToAllRLS(N, **given)
        if kind == "basis":
            self.new = lambda **given: AllToAllRLS(N, basis=np.eye(N, 3), **given)
            self.weights = self.new().project(self.weights)
        if kind == "readout":
            self.new = lambda **given: ReadoutRLS(N, **given)
            self.weights, self.errors = self.weights[0].copy(), self.errors[:, 0]
        self.rule = self.new()
        for k in range(4):
            self.update(k)

    def arguments(self, k=4):
        return {"weights": self.weights, "rates": self.rates[k], "errors": self.errors[k]}

    def update(self, k=4, **changed):
        self.rule.update(*(self.arguments(k) | changed).values())

    def kept(self):
        return [self.weights.copy(), *(array.copy() for array in self.rule.state().values())]

    def is_as(self, kept):
        for now, old in zip(self.kept(), kept, strict=True):
            np.testing.assert_array_equal(now, old)


@pytest.fixture(params=["readout", "all", "basis"])
def case(request):
    return Case(request.param)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_leave_the_weights_as_they_were(case, bad):
    rates = np.where(np.arange(N) == 2, bad, case.rates[4])
    errors = bad if case.kind == "readout" else np.where(np.arange(N) == 3, bad, case.errors[4])
    before = case.weights.copy()
    for changed in ({"rates": rates}, {"errors": errors}):
        with pytest.raises(FloatingPointError, match="not finite"):
            case.update(**changed)
        np.testing.assert_array_equal(case.weights, before)


def test_a_damaged_P_is_noticed_leaves_the_weights_and_can_be_restored(case):
    state = {name: array.copy() for name, array in case.rule.state().items()}
    before = case.weights.copy()
    for damaged in (np.full_like(case.rule.P, np.nan), -np.eye(len(case.rule.P))):
        case.rule.P[:] = damaged
        with pytest.raises(FloatingPointError, match="weights are those before this update"):
            case.update()
        np.testing.assert_array_equal(case.weights, before)
    case.rule.restore(state)
    case.update()
    untroubled = Case(case.kind)
    untroubled.update()
    case.is_as(untroubled.kept())


def test_another_rls_goes_on_from_a_state_bit_for_bit(case):
    other = case.new(ridge=7.0)
    other.restore(case.rule.state())
    assert case.rule.state()["P"] is case.rule.P
    assert not np.shares_memory(other.P, case.rule.P)
    weights, rates, errors = case.weights.copy(), case.rates[4], np.array(case.errors[4])
    rates.setflags(write=False)  # an update only reads them
    case.update()
    np.testing.assert_array_equal(case.errors[4], errors)
    other.update(weights, rates, errors)
    np.testing.assert_array_equal(weights, case.weights)
    np.testing.assert_array_equal(other.P, case.rule.P)
    with pytest.raises(AttributeError):
        case.rule.P = np.eye(2)


@pytest.mark.parametrize(("where", "change", "kind", "message"), [
    ("weights", lambda w: w[..., :-1].copy(), ValueError, "must be .* of shape .*in place"),
    ("weights", lambda w: w[None], ValueError, "weights must be .* of shape"),
    ("weights", lambda w: np.repeat(w, 2, axis=-1)[..., ::2], ValueError, "not contiguous"),
    ("weights", lambda w: np.broadcast_to(w, w.shape), ValueError, "read-only"),
    ("weights", lambda w: w.astype(complex), TypeError, "got complex128"),
    ("weights", lambda w: w.astype(">f8"), TypeError, "got >f8"),
    ("weights", lambda w: None, TypeError, "got NoneType"),
    *((where, change, kind, "rates" if where == "rates" else "error")
      for where in ("rates", "errors")
      for change, kind in (
          (lambda x: np.append(x, 1.0), ValueError),
          (lambda x: np.asarray(x)[None], ValueError),
          (lambda x: np.asarray(x) + 0j, TypeError),
          (lambda x: None, TypeError),
      )),
])
def test_arguments_that_do_not_fit_are_refused_and_change_nothing(
    case, where, change, kind, message
):
    before = case.kept()
    with pytest.raises(kind, match=message):
        case.update(**{where: change(case.arguments()[where])})
    case.is_as(before)


@pytest.mark.parametrize(("state", "kind", "message"), [
    ({}, ValueError, "RLS state P must be float64"),
    ({"P": np.eye(N, dtype=np.float32)}, ValueError, "RLS state P"),
    ({"P": np.zeros((3, 3))}, ValueError, "RLS state (P|VP)"),  # VP is missing
    ([np.eye(N)], TypeError, "state must be of type"),
])
def test_a_state_of_another_rls_is_refused(case, state, kind, message):
    before = case.kept()
    with pytest.raises(kind, match=message):
        case.rule.restore(state)
    case.is_as(before)
