"""Lesions reach the network, and all get the same random numbers."""

from dataclasses import replace

import numpy as np
import pytest

from src_part3.evaluation import evaluate
from src_part3.lesions import Lesion, apply_lesion, standard_lesions, study_lesions
from src_part3.parameters import FeedforwardParameters
from src_part3.state import PlasticWeights
from src_part3.task import make_task
from tests.part3.small import NETWORK, TRIAL, small_recordings, small_task

LESIONS = standard_lesions()


@pytest.fixture(scope="module")
def task():
    return small_task()


@pytest.fixture(scope="module")
def weights(task):
    rng = np.random.default_rng(0)
    recurrent = task.network.initial_weights().recurrent_weights
    recurrent = recurrent + 0.3 * rng.standard_normal(recurrent.shape).astype(np.float32)
    return tuple(
        PlasticWeights(recurrent, rng.uniform(0, 30, (15, 24)).astype(np.float32))
        for _ in range(2)
    )


def run(task, weights, *names, lesions=LESIONS):
    study = study_lesions(
        task, weights, np.random.default_rng(0), {name: lesions[name] for name in names},
        n_trials=2,
    )
    return [study.evaluations[name] for name in names]


def test_each_lesion_changes_the_activity(task, weights):
    # Half of 240 neurons may be silent before too: each lesion is compared with the intact network.
    study = study_lesions(task, weights, np.random.default_rng(0), n_trials=2)
    assert list(study.evaluations) == list(LESIONS) == list(study.lesions)
    intact = study.evaluations["intact"].mean_input
    for name, test in study.evaluations.items():
        same = np.array_equal(test.mean_input, intact)
        assert same == (name == "intact"), name
    assert study.measure("r2").shape == (len(LESIONS), 2)
    assert study.measure("r2")[0, 1] == study.evaluations["intact"].summary()[1]["r2"]
    with pytest.raises(ValueError, match="name must be one of .*, got 'quality'"):
        study.measure("quality")


def test_by_default_only_lesions_that_there_are():
    task = make_task(
        small_recordings(names=("only",)), network_parameters=NETWORK, trial_parameters=TRIAL,
        feedforward_parameters=FeedforwardParameters(clock="none"),
    )
    initial = (task.network.initial_weights(),)
    study = study_lesions(task, initial, np.random.default_rng(0), n_trials=2)
    assert list(study.lesions) == [
        name for name in LESIONS if name not in ("no clock", "other cue", "other cue, its targets")
    ]
    with pytest.raises(ValueError, match=r"lesions\['x'\].cue must not be 'other' where"):
        study_lesions(task, initial, np.random.default_rng(0), {"x": Lesion(cue="other")})


def test_silent_neurons_are_silent_and_nested(task, weights):
    tests = run(task, weights, "10% silent", "30% silent", "90% silent")
    silent = [
        set(task.network.trained[test.rates[:, task.network.trained].max(axis=(0, 2)) == 0])
        for test in tests
    ]
    assert len(silent[0]) >= 2 and len(silent[2]) >= 22
    assert silent[0] <= silent[1] <= silent[2]


def test_undone_learning_is_the_initial_weights(task, weights):
    (undone,) = run(task, weights, "recurrent learning undone")
    initial = task.network.initial_weights().recurrent_weights
    by_hand = [replace(w, recurrent_weights=initial) for w in weights]
    (expected,) = run(task, by_hand, "intact")
    np.testing.assert_array_equal(undone.mean_input, expected.mean_input)


def test_without_a_clock_the_plastic_input_is_lower(task, weights):
    intact, without = run(task, weights, "intact", "no clock")
    assert without.mean_input.mean() < intact.mean_input.mean() - 0.1


def test_an_exchanged_cue_with_its_targets_is_judged_by_the_other_condition(task, weights):
    own, by_cue = run(task, weights, "other cue", "other cue, its targets")
    np.testing.assert_array_equal(own.mean_input, by_cue.mean_input)
    np.testing.assert_array_equal(by_cue.targets, task.targets[::-1])
    np.testing.assert_array_equal(own.decoded, 1 - by_cue.decoded)


def test_without_clock_and_with_the_same_weights_other_cues_are_other_conditions(task, weights):
    same = (replace(weights[0], feedforward_weights=0 * weights[0].feedforward_weights),) * 2
    changed, _ = apply_lesion(task, same, LESIONS["other cue, its targets"])
    silent = {"n_trials": 2, "with_feedforward": False}
    swapped = evaluate(changed, same, np.random.default_rng(3), **silent)
    # The first trials of the second condition have the random numbers of the swapped first ones.
    mirrored = evaluate(
        replace(task, cues=task.cues[::-1], targets=task.targets[::-1]), same,
        np.random.default_rng(3), **silent,
    )
    np.testing.assert_array_equal(swapped.r2, mirrored.r2)


def test_scaled_couplings_are_the_weights_of_a_scaled_network(task, weights):
    changed, _ = apply_lesion(task, weights, Lesion(coupling_scale=0.5))
    np.testing.assert_allclose(
        changed.network.parameters.weights, 0.5 * task.network.parameters.weights
    )
    undone, back = apply_lesion(
        task, weights, Lesion(coupling_scale=0.5, with_recurrent_learning=False)
    )
    np.testing.assert_array_equal(
        back[0].recurrent_weights, task.network.initial_weights().recurrent_weights
    )
