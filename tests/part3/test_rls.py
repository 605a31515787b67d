"""SparseRLS against the textbook, row by row, and its promises."""

import numpy as np
import pytest

from src_part3.rls import SparseRLS
from tests.reference_part3_rls import TextbookRLS, sources_of


class Case:
    """A random problem."""

    def __init__(self, seed, n_shared=None):
        rng = np.random.default_rng(seed)
        n_own, n_rows, n_neurons = (int(n) for n in rng.integers(1, (12, 50, 20)))
        self.n_shared = int(rng.integers(0, 9)) if n_shared is None else n_shared
        n_sources = n_own + int(rng.integers(0, 15))
        self.index = np.array([
            rng.choice(n_sources, n_own, replace=False) for _ in range(n_neurons)
        ])
        self.rows = rng.normal(size=(n_rows, n_sources + self.n_shared))
        self.rows += rng.normal(size=(n_rows, 1))
        self.targets = rng.normal(size=(n_rows, n_neurons))
        self.ridge = 10.0 ** rng.uniform(-1, 1)

    def start(self, dtype=np.float64):
        return SparseRLS(self.index, self.rows.shape[1], self.ridge, n_shared=self.n_shared,
                         dtype=dtype)

    @property
    def sources(self):
        return sources_of(self.index, self.n_shared, self.rows.shape[1])


def joined(rls):
    return np.concatenate(rls.solve(), axis=1)


def assert_close(found, expected, tolerance=1e-9):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("n_shared", [0, None], ids=["own", "own and shared"])
@pytest.mark.parametrize("forgetting", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_textbooks_rls_that_forgets_rows_but_not_the_prior(seed, forgetting, n_shared):
    case = Case(seed + 20, n_shared)
    rls = case.start()
    textbook = TextbookRLS(case.sources, case.ridge * np.eye(case.sources.shape[1]))
    for part in np.array_split(np.arange(len(case.rows)), 4):
        rls.update(case.rows[part], case.targets[part], forgetting=forgetting)
        textbook.forget(forgetting)
        for t in part:
            textbook.update(case.rows[t], case.targets[t])
    assert_close(joined(rls), textbook.weights, 1e-8)


def test_no_targets_are_targets_of_zero_which_shrink_the_weights():
    case = Case(3)
    with_zeros, without = case.start(), case.start()
    for rls in (with_zeros, without):
        rls.update(case.rows, case.targets)
    before = joined(without)
    without.update(10 * case.rows[::-1])
    with_zeros.update(10 * case.rows[::-1], np.zeros_like(case.targets))
    np.testing.assert_array_equal(joined(without), joined(with_zeros))
    assert np.linalg.norm(joined(without)) < 0.1 * np.linalg.norm(before)


@pytest.mark.parametrize("n_shared", [0, 4])
def test_float32_stays_close_to_float64_over_many_rows(n_shared):
    case, rng = Case(5, n_shared), np.random.default_rng(9)
    single, double = case.start(np.float32), case.start()
    for _ in range(40):
        rows = rng.normal(size=(100, case.rows.shape[1]))
        targets = rng.normal(size=(100, len(case.index)))
        for rls in (single, double):
            rls.update(rows, targets, forgetting=0.9)
    assert all(a.dtype == np.float32 for a in (single.S, single.b, *single.solve()))
    assert_close(joined(single), joined(double), 1e-4)


def test_what_is_given_is_not_changed():
    case = Case(6)
    rows, targets, index = case.rows.copy(), case.targets.copy(), case.index.copy()
    rls = case.start()
    rls.update(case.rows, case.targets)
    S, b = rls.S.copy(), rls.b.copy()
    rls.solve()
    for mine, given in ((rows, case.rows), (targets, case.targets), (index, case.index),
                        (S, rls.S), (b, rls.b)):
        np.testing.assert_array_equal(mine, given)


@pytest.mark.parametrize("n_shared", [0, 3])
@pytest.mark.parametrize("damage", [
    lambda S: S.__setitem__((1, 1), np.inf), lambda S: S.__setitem__((1, 1), np.nan),
    lambda S: S.__setitem__(slice(None), -np.eye(len(S))),
], ids=["infinite", "NaN", "singular"])
def test_divergence_is_an_error_that_says_what_to_do(damage, n_shared):
    index = np.array([[0, 1], [1, 2]])
    rls = SparseRLS(index, 3 + n_shared, 1.0, n_shared=n_shared)
    rls.update(np.ones((2, 3 + n_shared)), np.ones((2, 2)))
    damage(rls.S)
    with pytest.raises(FloatingPointError, match="RLS diverged: .* Use a stronger ridge"):
        rls.solve()
