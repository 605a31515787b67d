"""Lesions and distractors reach the network; positions are what they say; random numbers."""

from dataclasses import replace

import numpy as np
import pytest

from src_part3 import perturbations
from src_part3.network import PlasticWeights
from src_part3.perturbations import Lesion, run_distractors, standard_lesions, study_lesions
from src_part3.trials import Trial
from tests.part3.small import small_task

LESIONS = standard_lesions()


@pytest.fixture(scope="module")
def task():
    return small_task()


@pytest.fixture(scope="module")
def weights(task):
    rng = np.random.default_rng(0)
    initial = task.network.initial_weights()
    change = 0.3 * rng.standard_normal(initial.recurrent_weights.shape).astype(np.float32)
    return tuple(
        PlasticWeights(initial.recurrent_weights + change, of_condition)
        for of_condition in rng.uniform(0, 30, (2, 15, 24)).astype(np.float32)
    )


def run(task, weights, *names):
    lesions = {name: LESIONS[name] for name in names}
    study = study_lesions(task, weights, np.random.default_rng(0), lesions, n_trials=2)
    return study.evaluations.values()


def test_each_lesion_changes_the_activity(task, weights):
    # Half of 240 neurons may be silent before too: each lesion is compared with the intact network.
    study = study_lesions(task, weights, np.random.default_rng(0), n_trials=2)
    assert list(study.evaluations) == list(LESIONS) == list(study.lesions)
    intact = study.evaluations["intact"].mean_input
    same = [n for n, e in study.evaluations.items() if np.array_equal(e.mean_input, intact)]
    assert same == ["intact"]
    assert study.measure("r2").shape == (len(LESIONS), 2)
    assert study.measure("r2")[0, 1] == study.evaluations["intact"].summary()[1]["r2"]
    with pytest.raises(ValueError, match="name must be one of .*, got 'quality'"):
        study.measure("quality")


def test_by_default_only_lesions_that_there_are():
    task = small_task(names=("only",), clock="none")
    initial = (task.network.initial_weights(),)
    study = study_lesions(task, initial, np.random.default_rng(0), n_trials=2)
    assert list(study.lesions) == [
        name for name in LESIONS if name not in ("no clock", "other cue", "other cue, its targets")
    ]
    with pytest.raises(ValueError, match=r"lesions\['x'\].cue must not be 'other' where"):
        study_lesions(task, initial, np.random.default_rng(0), {"x": Lesion(cue="other")})


def test_silent_neurons_are_silent_and_nested(task, weights):
    few, some, most = (
        set(np.flatnonzero(test.rates[:, task.network.trained].max(axis=(0, 2)) == 0))
        for test in run(task, weights, "10% silent", "30% silent", "90% silent")
    )
    assert len(few) >= 2 and len(most) >= 22
    assert few <= some <= most


def test_undone_learning_is_the_initial_weights(task, weights):
    (undone,) = run(task, weights, "recurrent learning undone")
    initial = task.network.initial_weights().recurrent_weights
    by_hand = [replace(w, recurrent_weights=initial) for w in weights]
    (expected,) = run(task, by_hand, "intact")
    np.testing.assert_array_equal(undone.mean_input, expected.mean_input)


def test_an_exchanged_cue_with_its_targets_is_judged_by_the_other_condition(task, weights):
    own, by_cue = run(task, weights, "other cue", "other cue, its targets")
    np.testing.assert_array_equal(own.mean_input, by_cue.mean_input)
    np.testing.assert_array_equal(by_cue.targets, task.targets[::-1])
    np.testing.assert_array_equal(own.decoded, 1 - by_cue.decoded)


def distract(times, **options):
    task = small_task(clock="common", n_inputs=6)
    weights = (task.network.initial_weights(),) * 2
    return run_distractors(task, weights, times, np.random.default_rng(0), **options)


def test_positions_lie_on_the_axis_between_the_undisturbed_ends(task, monkeypatch):
    ends = np.random.default_rng(0).standard_normal((2, 24))
    # By condition and first bin of the distractor: how far towards the other end.
    pushed = {9: 0.25, 13: 0.75}, {9: 0.6, 13: 0.1}

    def fake(network, p, n_trials, rng, *, condition, bin_input, **_):
        moved = 0.0
        if bin_input.any():
            first = int(np.flatnonzero(bin_input.any(axis=1))[0])
            wanted = np.float32(2.0 * task.cues[1 - condition])
            np.testing.assert_array_equal(bin_input[first], wanted)
            assert (bin_input.any(axis=1).sum(), bin_input.shape) == (1, (15, 240))
            moved = pushed[condition][first]
        axis = ends[1 - condition] - ends[condition]
        end = ends[condition] + moved * axis
        # What is orthogonal to the axis does not count.
        aside = np.random.default_rng(1).standard_normal(24)
        aside -= aside @ axis / (axis @ axis) * axis
        for k in range(n_trials):
            total = np.tile(end + (k - (n_trials - 1) / 2) * aside, (15, 1))
            total[:5] = 1e3 * axis  # before the end of the cue: no part of any end
            yield Trial(None, 20.0, None, total, 0 * total, None, None, None)

    monkeypatch.setattr(perturbations, "run_trials", fake)
    result = distract([180.0, 260.0], strength=2.0, duration=20.0, n_trials=4)
    np.testing.assert_allclose(result.undisturbed, 0, atol=1e-12)
    expected = np.array([[0.25, 0.75], [0.6, 0.1]])  # conditions are not mixed
    np.testing.assert_allclose(result.positions, np.repeat(expected[..., None], 4, axis=2))
    np.testing.assert_allclose(result.end_error, expected)
    np.testing.assert_array_equal(result.switched_share, expected > 0.5)
    assert result.conditions == ("right", "left")


def test_a_distractor_of_strength_0_changes_nothing():
    none, strong = (
        distract([160.0], strength=strength, duration=40.0, n_trials=3)
        for strength in (0.0, 3.0)
    )
    np.testing.assert_array_equal(none.positions[:, 0], none.undisturbed)
    np.testing.assert_allclose(none.undisturbed.mean(axis=1), 0, atol=1e-6)
    assert (strong.positions[:, 0] != strong.undisturbed).all()
    np.testing.assert_array_equal(strong.undisturbed, none.undisturbed)
