"""The gain of the learned weights as a random matrix."""

import numpy as np
import pytest

from src_part3.analysis import weight_gain
from src_part3.network import PlasticWeights
from tests.part3.small import small_task


@pytest.fixture(scope="module")
def task():
    return small_task()


def changed(task, by):
    initial = task.network.initial_weights()
    return PlasticWeights(initial.recurrent_weights + by, initial.feedforward_weights)


def test_it_is_the_root_mean_of_summed_squares_in_units_of_the_slope(task):
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


def test_what_was_there_before_learning_does_not_count(task):
    assert weight_gain(task, [task.network.initial_weights()] * 2) == 0
    one, two = (weight_gain(task, [changed(task, by)] * 2) for by in (1.0, 2.0))
    assert two == pytest.approx(2 * one, rel=1e-5)
    # Conditions whose weights differ count alike.
    mixed = weight_gain(task, [changed(task, 0.0), changed(task, 2.0)])
    assert mixed == pytest.approx(np.sqrt(two**2 / 2), rel=1e-5)


def test_weights_of_another_network_are_refused(task):
    with pytest.raises(ValueError, match="each of 2 conditions"):
        weight_gain(task, [task.network.initial_weights()])
    with pytest.raises(TypeError, match="task"):
        weight_gain(None, [])
