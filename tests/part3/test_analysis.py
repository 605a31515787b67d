"""Analysis of trained networks against activity with known structure."""

import numpy as np
import pytest

from src_part3.analysis import (
    neuron_groups,
    pairwise_correlations,
    principal_components,
    selectivity,
    shared_variance,
    strongest_modulated,
    weight_gain,
)
from src_part3.network import PlasticWeights
from tests.part3.small import small_task


@pytest.fixture
def rates():
    """Forty neurons that mix three smooth time courses, two conditions of 50 bins."""
    rng = np.random.default_rng(0)
    time = np.linspace(0, 1, 50)
    courses = np.array([
        np.concatenate([np.sin(2 * np.pi * f * time + p) for p in (0.3, 1.7)]) for f in (1, 2, 3)
    ])
    mixed = rng.normal(size=(40, 3)) @ courses
    return (10 + mixed.reshape(40, 2, 50)).swapaxes(0, 1)


def test_components_span_the_courses(rates):
    found = principal_components(rates, np.arange(40), 5)
    np.testing.assert_allclose(found.components @ found.components.T, np.eye(5), atol=1e-9)
    assert found.explained[:3].sum() == pytest.approx(1.0)
    assert np.all(np.diff(found.explained) <= 1e-12)


def test_strongest_modulated_and_selectivity(rates):
    rates = rates.copy()
    rates[0, 7, 25:] += 50.0
    assert strongest_modulated(rates, np.arange(5, 40), 3)[0] == 7
    assert selectivity(rates, 10)[7] == pytest.approx(
        rates[0, 7, -10:].mean() - rates[1, 7, -10:].mean()
    )


@pytest.mark.parametrize("n_conditions", (2, 3, 8))
def test_selectivity_compares_two_named_conditions_of_any_number(n_conditions):
    rates, last = np.arange(n_conditions)[:, None, None] ** 2 * np.ones((1, 3, 4)), n_conditions - 1
    np.testing.assert_array_equal(selectivity(rates, 2, pair=(last, 0)), [last**2] * 3)
    if n_conditions == 2:
        np.testing.assert_array_equal(selectivity(rates, 2), selectivity(rates, 2, pair=(0, 1)))
        return
    with pytest.raises(ValueError, match=f"pair must name two of the {n_conditions} conditions"):
        selectivity(rates, 2)


def test_groups_are_a_partition():
    task = small_task()
    groups = neuron_groups(task)
    assert np.array_equal(np.sort(np.concatenate(groups)), np.arange(240))
    assert np.array_equal(groups.trained_exc, np.sort(task.network.trained))
    assert groups.untrained_inh.min() == 120
    assert groups != neuron_groups(task)  # arrays are not compared, but == never raises


def test_shared_variance_is_free_of_noise_and_knows_chance(rates):
    rng = np.random.default_rng(1)
    courses = principal_components(rates, np.arange(20), 3).components
    clean = rates[:, 20:]
    noisy = np.array([clean + 1.5 * rng.standard_normal(clean.shape) for _ in range(2)])
    found = shared_variance(noisy, np.arange(20), courses, rng)
    true = np.concatenate(list(clean), axis=1).var(axis=1).mean()
    assert found.shared == pytest.approx(true, rel=0.1)
    assert found.total == pytest.approx(true, rel=0.1)
    assert found.shifted.mean() < 0.7 * found.shared
    only_noise = np.array([1.5 * rng.standard_normal(clean.shape) for _ in range(2)])
    found = shared_variance(only_noise, np.arange(20), courses, rng)
    assert abs(found.shared) < 0.1 * true


def test_pairwise_correlations_of_known_pairs():
    rng = np.random.default_rng(0)
    shared, own = rng.poisson(2.0, (5000, 1)), rng.poisson(6.0, (5000, 6))
    silent = np.zeros((5000, 3))
    correlations = pairwise_correlations(np.hstack([shared + own, silent]))
    assert correlations.shape == (15,)
    np.testing.assert_allclose(correlations, 0.25, atol=0.05)


def changed(task, by):
    initial = task.network.initial_weights()
    return PlasticWeights(initial.recurrent_weights + by, initial.feedforward_weights)


def test_the_gain_is_the_root_mean_of_summed_squares_in_units_of_the_slope():
    task = small_task()
    rng = np.random.default_rng(0)
    change = rng.normal(0, 3, task.network.plastic.pre_index.shape).astype(np.float32)
    at = task.targets.mean(axis=(0, 2))
    step = 1e-3
    total = 0.0
    for i, neuron in enumerate(task.network.trained):
        more, less = (task.transfer.rates(np.array([at[i] + d]), np.array([neuron]))[0]
                      for d in (step, -step))
        slope = (more - less) / (2 * step) / 1000  # Hz to 1/ms
        total += sum((slope * w) ** 2 for w in change[i])
    found = weight_gain(task, [changed(task, change)] * 2)
    assert found == pytest.approx(np.sqrt(total / len(change)), rel=1e-4)
    # Conditions whose weights differ count alike.
    mixed = weight_gain(task, [changed(task, 0.0), changed(task, change)])
    assert mixed == pytest.approx(found / np.sqrt(2), rel=1e-5)
