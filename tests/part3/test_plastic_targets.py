"""Plastic targets: averages, smoothing, common modes and correction, against plain formulas."""

import numpy as np
import pytest

from src_part3.plastic_targets import PlasticTargetAverage, smooth_bins, strongest_modes
from src_part3.training import TrainingParameters

PLAIN = {"smoothing": 0.0, "common_modes": 0, "correction_rate": 0.0, "correction_from": 0}


@pytest.fixture
def rng():
    return np.random.default_rng(8)


def test_even_windows_are_centred_on_the_end_of_a_bin():
    bins = np.arange(10.0)[:, None] ** 2
    smooth = smooth_bins(bins, 4)
    assert smooth[5, 0] == pytest.approx(np.mean(bins[4:8]))
    assert smooth[0, 0] == pytest.approx(np.mean(bins[:3]))
    assert smooth[9, 0] == pytest.approx(np.mean(bins[8:]))
    assert smooth_bins(bins, 3)[5, 0] == pytest.approx(np.mean(bins[4:7]))
    np.testing.assert_array_equal(smooth_bins(bins, 1), bins)


def test_modes_keep_what_neurons_share(rng):
    shared = rng.normal(size=(30, 2)) @ rng.normal(size=(2, 50)) + rng.normal(size=50)
    np.testing.assert_allclose(strongest_modes(shared, 2), shared, atol=1e-9)
    noise = 0.1 * rng.normal(size=shared.shape)
    cleaned = strongest_modes(shared + noise, 2)
    assert np.std(cleaned - shared) < 0.5 * np.std(noise)
    u, s, vt = np.linalg.svd(noise - noise.mean(axis=0), full_matrices=False)
    expected = noise.mean(axis=0) + (u[:, :5] * s[:5]) @ vt[:5]
    np.testing.assert_allclose(strongest_modes(noise, 5), expected, atol=1e-12)
    assert strongest_modes(noise, 0) is noise


def test_plastic_target_is_target_minus_average_balanced_input(rng):
    targets = rng.normal(size=(2, 6, 5))
    average = PlasticTargetAverage(targets, TrainingParameters(**PLAIN), 20.0)
    inputs = rng.normal(size=(4, 2, 6, 5))
    for loop in inputs:
        for c in range(2):
            average.update(c, loop[c], rng.normal(size=(6, 5)))
    weights = np.arange(1, 5) / 10
    mean = np.tensordot(weights, inputs, axes=1)
    np.testing.assert_allclose(average.plastic_targets(), targets - mean, atol=1e-12)


def test_without_averaging_the_last_loop_counts(rng):
    targets = rng.normal(size=(1, 6, 5))
    parameters = TrainingParameters(average_balanced_input=False, **PLAIN)
    average = PlasticTargetAverage(targets, parameters, 20.0)
    for loop in rng.normal(size=(3, 6, 5)):
        average.update(0, loop, np.zeros((6, 5)))
    np.testing.assert_allclose(average.plastic_targets()[0], targets[0] - loop, atol=1e-12)


def test_correction_adds_up_the_remaining_error(rng):
    targets = rng.normal(size=(1, 6, 5))
    parameters = TrainingParameters(**PLAIN | {"correction_rate": 0.1, "correction_from": 2})
    average = PlasticTargetAverage(targets, parameters, 20.0)
    balanced, plastic = rng.normal(size=(2, 4, 6, 5))
    for b, p in zip(balanced, plastic, strict=True):
        average.update(0, b, p)
    error = targets[0] - (balanced + plastic)[2:]
    np.testing.assert_allclose(average.correction[0], 0.1 * error.sum(axis=0), atol=1e-12)
    np.testing.assert_allclose(average.total[0], (balanced + plastic).mean(axis=0), atol=1e-12)


def test_modes_are_common_to_both_conditions(rng):
    targets = np.zeros((2, 10, 40))
    average = PlasticTargetAverage(targets, TrainingParameters(**PLAIN | {"common_modes": 3}), 20.0)
    inputs = rng.normal(size=(2, 10, 40))
    for c in range(2):
        average.update(c, inputs[c], np.zeros((10, 40)))
    expected = strongest_modes(np.concatenate(list(-inputs)), 3)
    np.testing.assert_allclose(average.plastic_targets().reshape(20, 40), expected, atol=1e-12)
    assert np.linalg.matrix_rank(expected - expected.mean(axis=0)) == 3


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("total_loops", 0, "total_loops must be at least 1"),
        ("trials_per_loop", 1.5, "trials_per_loop must be a whole number"),
        ("learn_every", 0.0, "learn_every must be positive"),
        ("ridge_feedforward", -1.0, "ridge_feedforward must be positive"),
        ("memory", 0.5, "memory must be at least 1"),
        ("average_balanced_input", 1, "average_balanced_input must be True or False"),
        ("correction_rate", 2.0, "correction_rate must be at most 1"),
        ("common_modes", -1, "common_modes must be at least 0"),
        ("regressor_window", 0.0, "regressor_window must be at least 1"),
        ("rls_precision", "float16", "rls_precision must be one of"),
    ],
)
def test_parameters_are_checked(field, value, message):
    with pytest.raises((TypeError, ValueError), match=message):
        TrainingParameters(**{field: value})
