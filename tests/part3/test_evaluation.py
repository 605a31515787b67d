"""Figures of quality: against known signals, and against single trials summed up by hand."""

from dataclasses import replace

import numpy as np
import pytest

from src_part1.metrics import correlation
from src_part3.evaluation import evaluate
from src_part3.training import Training
from src_part3.training_parameters import TrainingParameters
from src_part3.trials import run_trials
from tests.part3.small_task import small_task


@pytest.fixture(scope="module")
def trained():
    parameters = TrainingParameters(n_loops=15, correction_from=100)
    return Training(small_task("float32"), parameters, seed=1).run(progress=False)


@pytest.fixture(scope="module")
def evaluation(trained):
    return evaluate(trained.task, trained.weights, np.random.default_rng(3), n_trials=12)


def test_rates_are_those_of_the_trials(trained, evaluation):
    task = trained.task
    fine = replace(task.trial, bin_width=10.0)
    rng = np.random.default_rng(3)
    counts = [
        trial.bin_counts[10:].sum(axis=0)
        for trial in run_trials(
            task.network, fine, 12, rng, weights=trained.weights[0], cue=task.cues[0],
            feedforward=task.feedforward, condition=0,
        )
    ]
    mean_rate = np.mean(counts) / 0.4
    assert evaluation.rates[0].mean() == pytest.approx(mean_rate, rel=0.05)
    assert evaluation.rates.shape == (2, 240, task.n_bins)


def test_correlations_are_those_of_mean_input_and_target(trained, evaluation):
    task = trained.task
    np.testing.assert_allclose(
        evaluation.correlation, correlation(evaluation.mean_input, task.targets), rtol=1e-9
    )
    reliable = evaluation.reliability > 0.1
    assert np.isfinite(evaluation.corrected_correlation[reliable]).all()
    assert np.isnan(evaluation.corrected_correlation[~reliable]).all()
    stronger = np.abs(evaluation.corrected_correlation) >= np.abs(evaluation.correlation) - 1e-9
    assert stronger[reliable & (evaluation.reliability <= 1)].all()


def test_one_trial_is_worse_than_the_mean_of_trials(evaluation):
    assert np.median(evaluation.single_trial_correlation) < np.median(evaluation.correlation)
    assert evaluation.n_trials == 12


def test_the_same_on_any_number_of_threads(trained, evaluation):
    again = evaluate(
        trained.task, trained.weights, np.random.default_rng(3), n_trials=12, n_threads=1
    )
    np.testing.assert_array_equal(again.mean_input, evaluation.mean_input)
    np.testing.assert_array_equal(again.rates, evaluation.rates)


def test_silenced_neurons_are_silent_and_inputs_can_be_dropped(trained):
    task = trained.task
    silenced = task.network.trained[:10]
    quiet = evaluate(
        task, trained.weights, np.random.default_rng(3), n_trials=2, silenced=silenced,
        feedforward=False,
    )
    assert not quiet.rates[:, silenced].any()
    assert quiet.rates.any()


def test_bad_arguments_are_refused(trained):
    with pytest.raises(ValueError, match="n_trials must be at least 2"):
        evaluate(trained.task, trained.weights, np.random.default_rng(0), n_trials=1)
    with pytest.raises(TypeError, match="rng must be a numpy.random.Generator"):
        evaluate(trained.task, trained.weights, 0)
