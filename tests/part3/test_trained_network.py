"""The trained network that comes with the project: small, loadable, and good."""

import numpy as np

from src_part1.recordings import load_recordings
from src_part3.evaluation import evaluate
from src_part3.storage import TRAINED_FILE, load_network


def test_the_shipped_network_carries_the_standin():
    assert TRAINED_FILE.stat().st_size < 8e6
    task, weights = load_network()
    standin = load_recordings("synthetic")
    assert task.conditions == standin.conditions
    # The first point of the recordings is where learning starts; pairs are sorted by matching.
    expected = standin.rates[:, :, 1:]
    assert np.allclose(np.sort(task.recorded_rates, axis=1), np.sort(expected, axis=1), rtol=1e-5)
    summary = evaluate(task, weights, np.random.default_rng(8), n_trials=16).summary()
    for measures in summary:
        assert measures["corrected_correlation"] > 0.9
        assert measures["median_correlation"] > 0.5
