"""Analysis of trained networks against activity with known structure."""

from dataclasses import replace

import numpy as np
import pytest

from src_part3 import analysis
from tests.part3.small import small_task


@pytest.fixture
def rates():
    """Forty neurons that mix three smooth time courses, two conditions of 50 bins."""
    rng, time = np.random.default_rng(0), np.linspace(0, 1, 50)
    courses = np.array([
        np.concatenate([np.sin(2 * np.pi * f * time + p) for p in (0.3, 1.7)]) for f in (1, 2, 3)
    ])
    mixed = rng.normal(size=(40, 3)) @ courses
    return (10 + mixed.reshape(40, 2, 50)).swapaxes(0, 1)


def test_components_span_the_courses(rates):
    found = analysis.principal_components(rates, np.arange(40), 5)
    np.testing.assert_allclose(found.components @ found.components.T, np.eye(5), atol=1e-9)
    assert found.explained[:3].sum() == pytest.approx(1.0)
    assert np.all(np.diff(found.explained) <= 1e-12)


def test_strongest_modulated_and_selectivity(rates):
    rates = rates.copy()
    rates[0, 7, 25:] += 50.0
    assert analysis.strongest_modulated(rates, np.arange(5, 40), 3)[0] == 7
    assert analysis.selectivity(rates, 10)[7] == pytest.approx(
        rates[0, 7, -10:].mean() - rates[1, 7, -10:].mean()
    )


@pytest.mark.parametrize("n_conditions", (2, 3, 8))
def test_selectivity_compares_two_named_conditions_of_any_number(n_conditions):
    rates, last = np.arange(n_conditions)[:, None, None] ** 2 * np.ones((1, 3, 4)), n_conditions - 1
    np.testing.assert_array_equal(analysis.selectivity(rates, 2, pair=(last, 0)), [last**2] * 3)
    if n_conditions == 2:
        np.testing.assert_array_equal(analysis.selectivity(rates, 2), [-1] * 3)
    else:
        with pytest.raises(ValueError, match=f"pair must name two of the {n_conditions} condit"):
            analysis.selectivity(rates, 2)


def test_groups_are_a_partition():
    task = small_task()
    groups = analysis.neuron_groups(task)
    assert np.array_equal(np.sort(np.concatenate(groups)), np.arange(240))
    assert np.array_equal(groups.trained_exc, np.sort(task.network.trained))
    assert groups.untrained_inh.min() == 120
    assert groups != analysis.neuron_groups(task)  # arrays are not compared, but == never raises


def test_shared_variance_is_free_of_noise_and_knows_chance(rates):
    rng = np.random.default_rng(1)
    courses = analysis.principal_components(rates, np.arange(20), 3).components
    clean = rates[:, 20:]
    noise = 1.5 * rng.standard_normal((2, *clean.shape))
    found = analysis.shared_variance(clean + noise, np.arange(20), courses, rng)
    true = np.concatenate(list(clean), axis=1).var(axis=1).mean()
    assert found.shared == pytest.approx(true, rel=0.1)
    assert found.total == pytest.approx(true, rel=0.1)
    assert found.shifted.mean() < 0.7 * found.shared
    found = analysis.shared_variance(noise, np.arange(20), courses, rng)
    assert abs(found.shared) < 0.1 * true


def test_pairwise_correlations_of_known_pairs():
    rng = np.random.default_rng(0)
    counts = rng.poisson(2.0, (5000, 1)) + rng.poisson(6.0, (5000, 6))
    correlations = analysis.pairwise_correlations(np.hstack([counts, np.zeros((5000, 3))]))
    assert correlations.shape == (15,)
    np.testing.assert_allclose(correlations, 0.25, atol=0.05)


def test_the_gain_is_the_root_mean_of_summed_squares_in_units_of_the_slope():
    task, step = small_task(), 1e-3
    initial = task.network.initial_weights()
    change = np.random.default_rng(0).normal(0, 3, initial.recurrent_weights.shape)
    more, less = (task.transfer.rates(task.targets.mean(axis=(0, 2)) + d, task.network.trained)
                  for d in (step, -step))
    slopes = (more - less) / (2 * step) / 1000  # Hz to 1/ms
    changed = replace(initial, recurrent_weights=initial.recurrent_weights + change)
    found = analysis.weight_gain(task, [changed] * 2)
    squares = [(slope * w) ** 2 for slope, of_neuron in zip(slopes, change, strict=True)
               for w in of_neuron]
    assert found == pytest.approx(np.sqrt(sum(squares) / len(change)), rel=1e-4)
    # Conditions whose weights differ count alike.
    mixed = analysis.weight_gain(task, [initial, changed])
    assert mixed == pytest.approx(found / np.sqrt(2), rel=1e-5)
