import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src_part1.rls import ReadoutRLS, SharedRLS, _update_parallel, _update_serial
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
    forgetting=st.sampled_from([1.0, 0.99, 0.9]),
    seed=st.integers(0, 2**32 - 1),
)
def test_one_shared_matrix_equals_one_matrix_for_each_neuron(
    n, n_updates, ridge, forgetting, seed
):
    weights, rates, targets = _problem(n, n_updates, seed)
    rule = SharedRLS(n, ridge=ridge, forgetting=forgetting)
    shared = _train(rule, weights, rates, targets)
    textbook = rls_one_matrix_each(weights, rates, targets, ridge, forgetting)
    np.testing.assert_allclose(shared, textbook, rtol=1e-8, atol=1e-8 * np.abs(textbook).max())


@pytest.mark.parametrize("forgetting", [1.0, 0.95])
def test_shared_rls_is_the_ridge_solution_of_every_neuron(forgetting):
    n, ridge = 12, 0.3
    weights, rates, targets = _problem(n, 50, seed=7)
    rule = SharedRLS(n, ridge=ridge, forgetting=forgetting)
    trained = _train(rule, weights, rates, targets)
    for i in range(n):
        others = np.delete(np.arange(n), i)
        batch = ridge_solution(
            weights[i, others], rates[:, others], targets[:, i], ridge, forgetting
        )
        np.testing.assert_allclose(trained[i, others], batch, rtol=1e-9, atol=1e-10)
        assert trained[i, i] == 0.0


def test_P_is_the_inverse_of_the_correlation_matrix_and_symmetric_to_the_last_bit():
    n, ridge = 20, 0.5
    weights, rates, targets = _problem(n, 200, seed=1)
    rule = SharedRLS(n, ridge=ridge)
    _train(rule, weights, rates, targets)
    np.testing.assert_array_equal(rule.P, rule.P.T)
    expected = np.linalg.inv(rates.T @ rates + ridge * np.eye(n))
    np.testing.assert_allclose(rule.P, expected, rtol=1e-9, atol=1e-12)


def test_parallel_rows_give_the_same_bits_as_serial_rows(thread_counts):
    n = 130
    weights, rates, targets = _problem(n, 15, seed=2)
    results = []
    for n_threads in (None, *thread_counts):
        rule, w = SharedRLS(n, ridge=0.5), weights.copy()
        kernel = _update_serial if n_threads is None else _update_parallel
        with thread_counts.use(n_threads):
            for r, target in zip(rates, targets, strict=True):
                assert kernel(w, rule.P, r, w @ r - target, 1.0, np.empty(n))
        results.append((w, rule.P))
    for w, P in results[1:]:
        np.testing.assert_array_equal(w, results[0][0])
        np.testing.assert_array_equal(P, results[0][1])


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


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["rates", "errors"])
def test_values_that_are_not_finite_change_nothing(bad, where):
    n = 6
    weights, rates, targets = _problem(n, 3, seed=3)
    rule = SharedRLS(n)
    arguments = {"rates": rates[0] + 1.0, "errors": targets[0].copy()}
    arguments[where][2] = bad
    before, P = weights.copy(), rule.P.copy()
    with pytest.raises(FloatingPointError, match="not finite"):
        rule.update(weights, **arguments)
    np.testing.assert_array_equal(weights, before)
    np.testing.assert_array_equal(rule.P, P)
    readout = ReadoutRLS(n)
    with pytest.raises(FloatingPointError, match="not finite"):
        if where == "rates":
            readout.update(np.zeros(n), arguments["rates"], 1.0)
        else:
            readout.update(np.zeros(n), rates[0], bad)


@pytest.mark.parametrize(
    "weights",
    [
        np.zeros((4, 5)),
        np.zeros((5, 5), np.float32),
        np.zeros((5, 5), order="F")[:, ::-1],
        [[0.0] * 5] * 5,
    ],
)
def test_weights_that_cannot_be_changed_in_place_are_refused(weights):
    with pytest.raises(ValueError, match="changed in place"):
        SharedRLS(5).update(weights, np.ones(5), np.ones(5))


def test_wrong_lengths_and_parameters_are_refused():
    with pytest.raises(ValueError, match=r"shape \(5,\)"):
        SharedRLS(5).update(np.zeros((5, 5)), np.ones(4), np.ones(5))
    with pytest.raises(ValueError, match=r"shape \(5,\)"):
        ReadoutRLS(5).update(np.zeros(5), np.ones(4), 1.0)
    with pytest.raises(ValueError, match="ridge must be positive"):
        SharedRLS(5, ridge=0.0)
    with pytest.raises(ValueError, match="forgetting must be at most 1"):
        SharedRLS(5, forgetting=1.5)
    with pytest.raises(TypeError, match="n_units must be a whole number"):
        SharedRLS(5.0)
