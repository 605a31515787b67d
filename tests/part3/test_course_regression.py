"""Regression on common time courses against the textbook's ridge, and against exact RLS."""

import numpy as np
import pytest

from src_part3.course_regression import CourseRegression
from src_part3.rls import SparseRLS


def random_case(seed, n_time=30, n_sources=40, n_neurons=9, n_own=7):
    rng = np.random.default_rng(seed)
    index = np.array([rng.choice(n_sources, n_own, replace=False) for _ in range(n_neurons)])
    regressors = rng.standard_normal((n_time, n_sources))
    variance = rng.uniform(0.1, 3.0, n_sources)
    targets = rng.standard_normal((n_time, n_neurons))
    return index, regressors, variance, targets


@pytest.mark.parametrize("seed", range(5))
def test_equals_ridge_neuron_by_neuron(seed):
    index, regressors, variance, targets = random_case(seed)
    regression = CourseRegression(index, regressors, variance, prior=2.5)
    weights, fitted = regression.solve(targets)
    for i, own in enumerate(index):
        X = regressors[:, own]
        expected = np.linalg.solve(X.T @ X + 2.5 * np.diag(variance[own]), X.T @ targets[:, i])
        np.testing.assert_allclose(weights[i], expected, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(fitted[:, i], X @ expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_equals_exact_rls_with_regressors_in_units_of_their_noise(seed):
    index, regressors, variance, targets = random_case(seed)
    noise = np.sqrt(variance)
    learned = np.zeros(index.shape)
    rls = SparseRLS(index, 2.5 * np.eye(index.shape[1]), 0)
    rls.update(learned, regressors / noise, np.zeros((30, 0)), targets)
    weights, _ = CourseRegression(index, regressors, variance, prior=2.5).solve(targets)
    np.testing.assert_allclose(weights, learned / noise[index], rtol=1e-7, atol=1e-9)


def test_few_courses_lose_nothing_where_regressors_have_no_more():
    index, regressors, variance, targets = random_case(1)
    low = regressors[:, :4] @ np.random.default_rng(2).standard_normal((4, 40))
    whole = CourseRegression(index, low, variance, prior=1.0).solve(targets)
    few = CourseRegression(index, low, variance, prior=1.0, n_courses=4).solve(targets)
    for a, b in zip(whole, few, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-8)
    fewer = CourseRegression(index, low, variance, prior=1.0, n_courses=2).solve(targets)
    assert not np.allclose(whole[0], fewer[0], atol=1e-3)


def test_noisy_sources_get_small_weights():
    index, regressors, variance, targets = random_case(3)
    variance[index[0, 0]] = 1e6
    weights, _ = CourseRegression(index, regressors, variance, prior=1.0).solve(targets)
    assert abs(weights[0, 0]) < 1e-3 < np.abs(weights[0, 1:]).max()


def test_bad_input_is_refused():
    index, regressors, variance, targets = random_case(0)
    with pytest.raises(ValueError, match="variance must be positive, got 0"):
        CourseRegression(index, regressors, 0 * variance, prior=1.0)
    with pytest.raises(ValueError, match=r"variance must have shape \(40\), got \(39,\)"):
        CourseRegression(index, regressors, variance[1:], prior=1.0)
    with pytest.raises(ValueError, match="index must name neurons 0 to 39, got 43"):
        CourseRegression(index + 40, regressors, variance, prior=1.0)
    with pytest.raises(ValueError, match="prior must be positive, got 0"):
        CourseRegression(index, regressors, variance, prior=0)
    with pytest.raises(ValueError, match=r"targets must have shape \(30, 9\), got \(29, 9\)"):
        CourseRegression(index, regressors, variance, prior=1.0).solve(targets[1:])
