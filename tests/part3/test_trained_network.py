"""Trained networks are good: the one that comes with the project, and what defaults make of few."""

import numpy as np
import pytest

from src_part1.recordings import load_recordings
from src_part3.evaluation import evaluate
from src_part3.perturbations import Lesion, study_lesions
from src_part3.storage import TRAINED_FILE, load_network
from src_part3.task import make_task
from src_part3.training import train


def test_the_shipped_network_carries_the_standin():
    assert TRAINED_FILE.stat().st_size < 8e6
    task, weights = load_network()
    standin = load_recordings("synthetic")
    assert task.conditions == standin.conditions
    # The first point of the recordings is where learning starts; pairs are sorted by matching.
    expected = standin.rates[:, :, 1:]
    assert np.allclose(np.sort(task.recorded_rates, axis=1), np.sort(expected, axis=1), rtol=1e-5)
    # It makes the activity by itself: no clock, the same weights, and the cue selects.
    assert task.network.n_inputs == 0
    assert np.array_equal(weights[0].recurrent_weights, weights[1].recurrent_weights)
    whole = evaluate(task, weights, np.random.default_rng(8), n_trials=24)
    for measures in whole.summary():
        assert measures["median_correlation"] > 0.5
        assert measures["side_decoded"] > 0.7
    lesions = {"undone": Lesion(with_recurrent_learning=False)}
    study = study_lesions(task, weights, np.random.default_rng(8), lesions, n_trials=8)
    undone = study.evaluations["undone"]
    assert np.abs(np.median(undone.correlation, axis=1)).max() < 0.1


@pytest.mark.soak
@pytest.mark.parametrize("n_neurons", [15, 79])
def test_defaults_learn_few_neurons_with_a_clock_and_say_so(n_neurons):
    with pytest.warns(UserWarning, match=f"{n_neurons} recorded neurons are too few"):
        task = make_task(load_recordings("synthetic").select(n_neurons))
    training = train(task, progress=False)
    test = evaluate(task, training.weights, np.random.default_rng(0), n_trials=60)
    for measures in test.summary():
        assert measures["corrected_correlation"] > 0.9
        assert measures["r2_corrected"] > 0.6
    assert test.balanced_accuracy > 0.95
    # A group of the slowest may be two neurons.
    assert np.abs(np.log(test.rate_ratio)).max() < np.log(1.4)
