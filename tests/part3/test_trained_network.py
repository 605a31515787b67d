"""The trained network that comes with the project: small, loadable, and good."""

import numpy as np

from src_part1.recordings import load_recordings
from src_part3.evaluation import evaluate
from src_part3.perturbations import Lesion, study_lesions
from src_part3.storage import TRAINED_FILE, load_network


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
    undone = study_lesions(
        task, weights, np.random.default_rng(8),
        {"undone": Lesion(with_recurrent_learning=False)}, n_trials=8,
    ).evaluations["undone"]
    assert np.abs(np.median(undone.correlation, axis=1)).max() < 0.1
