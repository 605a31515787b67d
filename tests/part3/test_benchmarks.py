"""Benchmarks and experiments of Part 3 run on small sizes and report what they promise."""

import argparse
import json
from dataclasses import replace
from functools import reduce
from operator import getitem

import numpy as np
import pytest

from benchmarks import part3_recurrent, part3_rls, part3_scaling, part3_training, part3_tsn
from experiments import (
    networks,
    part3_distractor,
    part3_indegree,
    part3_lesions,
    part3_lessons,
    part3_networks,
    part3_spread,
    study,
)
from src_part1.training_loop import TrainingDivergedError
from src_part3.balance import mean_field
from src_part3.parameters import RECURRENT
from tests.part2.test_benchmarks import measure
from tests.part3.small import NETWORK, small_recordings, small_task


@pytest.fixture(autouse=True)
def small_networks(monkeypatch):
    """Networks of 240 neurons instead of 5000."""
    small = replace(NETWORK, n_plastic_exc=12, n_plastic_inh=12)
    monkeypatch.setattr(networks, "network_for", lambda n_trained, clock: small)


@pytest.fixture
def words(tmp_path):
    """Options of all benchmarks that train."""
    file = small_recordings().save(tmp_path / "mine.npz")
    return ("--source", file, "--folder", tmp_path, "--loops", 1, 1, "--loop-trials", 2, 2,
            "--trials", 2)


def planted(task):
    """Weights with which the trained neurons fire much, so that R^2 tells them apart."""
    weights = task.network.initial_weights()
    weights.recurrent_weights[:, task.network.parameters.n_plastic_exc:] += 3.0
    return (weights,) * task.n_conditions


@pytest.fixture
def learned(monkeypatch):
    """Let every network learn the planted weights, without a training."""
    monkeypatch.setattr(networks, "_learn", lambda name, task, *others: (planted(task), 1))


def r2_in(result, path=()):
    """Corrected R^2 of all conditions at some place of a result."""
    found = reduce(getitem, path, result)["r2_corrected"]
    if "mean" in found:  # of all together
        return [found["mean"]]
    assert list(found) == ["right", "left"]
    return [v["mean"] if isinstance(v, dict) else v for v in found.values()]


# Benchmark and its options; where R^2 stands that belongs to the learned weights, and to others.
LEARNED = {
    part3_recurrent: ("", [(), ("other_cue",)], [("recurrent_learning_undone",)]),
    part3_networks: ("--networks 2 --lesion-trials 2", [("quality",), ("lesions", "intact")],
                     [("lesions", "untrained")]),
    part3_lesions: ("--networks none", [("none", "intact")],
                    [("none", "untrained"), ("none", "recurrent learning undone")]),
    part3_indegree: ("--in-degrees 12", [("rows", 0)], []),
    part3_lessons: ("--lessons defaults", [("lessons", "defaults")], []),
    part3_distractor: ("--after 100 --clamped-after 100 --duration 40",
                       [(variant,) for variant in part3_distractor.VARIANTS], []),
    part3_spread: ("--scales 1.0", [("scales", "1", "quality")], []),
}


@pytest.mark.parametrize("module", LEARNED, ids=lambda module: module.__name__)
def test_the_weights_that_were_learned_are_tested(module, words, learned):
    options, of_learned, of_others = LEARNED[module]
    seeds = () if module is part3_networks else ("--seeds", 0)
    result, report = measure(module, *words, *seeds, *options.split())
    far, near = ([r2_in(result, path) for path in paths] for paths in (of_learned, of_others))
    assert np.max(far) < -12 < np.min(near, initial=0)
    assert "24 neurons (" in report and "1 + 1 loops, 2 test trials" in report


def test_the_worst_is_low_high_or_far_from_one():
    worst = part3_recurrent.worst([
        {"r2": {"right": 0.3}, "recurrent_learning_undone": {"r2": {"right": 0.3}}, "seconds": 5,
         "rate_ratio": [0.5, 1.4], "mode_gains": [1.0, 2.0]},
        {"r2": {"right": 0.2}, "recurrent_learning_undone": {"r2": {"right": 0.2}}, "seconds": 6,
         "rate_ratio": [1.4, 0.9], "mode_gains": [2.0, 1.0]},
    ])
    assert worst == {
        "r2": {"right": 0.2}, "recurrent_learning_undone": {"r2": {"right": 0.3}}, "seconds": 6,
        "rate_ratio": [0.5, 1.4], "mode_gains": [1.0, 1.0],
    }
    assert np.isnan(part3_recurrent.worst([{"r2": 0.1}, {"r2": np.nan}])["r2"])


def test_a_network_comes_from_its_folder_and_only_by_the_same_recipe(words, monkeypatch):
    options = *words, "--networks", "original", "--seeds", "0"
    first, _ = measure(part3_lesions, *options)
    assert list(first["original"])[:3] == ["intact", "recurrent learning undone", "no clock"]
    monkeypatch.setattr(networks, "train", None)
    monkeypatch.setattr(study, "_code", lambda: "changed since")
    again, _ = measure(part3_lesions, *options)
    assert json.dumps(first["original"]) == json.dumps(again["original"])
    # With the same code not even the test of the network is made again.
    monkeypatch.setattr(networks, "load_network", None)
    measure(part3_lesions, *options)
    with pytest.raises(SystemExit, match="another recipe"):
        measure(part3_lesions, *options, "--loops", "2", "1")


def test_an_interrupted_network_is_not_kept(words, monkeypatch, tmp_path):
    stopped = argparse.Namespace(n_done=1)
    monkeypatch.setattr(networks, "train", lambda *others, **options: stopped)
    with pytest.raises(SystemExit, match="interrupted"):
        measure(part3_lesions, *words, "--networks", "none", "--seeds", "0")
    assert not list(tmp_path.glob("none*"))


def test_networks_are_compared_with_what_chance_gives():
    one = {"weights": np.array([[np.nan, 1.0, 2.0], [3.0, np.nan, 5.0], [4.0, 2.0, np.nan]]),
           "lesions": {n: {"median_correlation": {"right": v}} for n, v in
                       (("a", 0.9), ("b", 0.1), ("c", 0.4))}}
    for kind in part3_networks.KINDS:
        one[kind] = np.random.default_rng(0).normal(10, 1, (2, 2, 30, 20))
    pair = part3_networks._pair(one, one, np.random.default_rng(1))
    assert pair["weights"]["correlation"] == pytest.approx(1) != pair["weights"]["chance"]
    assert pair["weights"]["n_shared"] == 6
    assert pair["lesion_profile"]["correlation"] == pytest.approx(1)
    for angles in pair["angles"].values():
        np.testing.assert_allclose(angles["trained"], 1)
        assert np.mean(angles["shifted"]) < 0.9


def test_networks_of_equal_quality_are_the_largest_group_within_the_bound():
    assert networks.within_equal([0.91, 0.97, 0.92, 0.5, 0.93, np.nan]) == [0, 2, 4]
    assert networks.within_equal([0.5, 0.9]) == [1]
    assert networks.within_equal([np.nan, np.nan]) == [0, 1]


def test_shared_synapses_are_those_between_the_same_recorded_neurons():
    task = small_task()
    weights = task.network.initial_weights()
    change = np.random.default_rng(0).normal(size=weights.recurrent_weights.shape)
    weights.recurrent_weights[:] += change
    found = part3_networks.learned_pairs(networks.Trained(task, (weights,) * 2, {}))
    assert np.isfinite(found).sum() == 24 * 5 and np.isnan(np.diag(found)).all()
    i, slot = 7, 3
    sender = np.flatnonzero(task.network.trained == task.network.plastic.pre_index[i, slot])[0]
    assert found[i, sender] == pytest.approx(change[i, slot], rel=1e-4)


def test_a_network_that_diverges_is_a_row(words, monkeypatch):
    def diverge(*others):
        raise TrainingDivergedError("too fast", None)

    monkeypatch.setattr(networks, "_learn", diverge)
    assert "diverged" in measure(part3_indegree, *words, "--in-degrees", 6)[1]
    assert "diverged" in measure(part3_lessons, *words, "--lessons", "defaults")[1]


def test_scales_of_another_quality_are_not_compared():
    def sample(quality, value):
        return [{"quality": {"corrected_correlation": quality}} | {
            group: dict.fromkeys(part3_spread.MEASURES, value) for group in part3_spread.GROUPS}]

    samples = {"0.1": sample(0.5, 9.0), "0.4": sample(0.88, 2.0), "1": sample(0.9, 5.0)}
    found = part3_spread.compared(samples)
    assert found["reference"] == "1"
    assert found["comparable"] == ["0.4", "1"] and found["not_comparable"] == ["0.1"]
    assert found["differences"]["0.4"]["exc"]["abs_selectivity"]["mean"] == -3.0


def test_scaled_couplings_keep_the_rates_of_theory():
    whole, weak = mean_field(RECURRENT).rates, part3_spread.scaled_network(0.2)
    np.testing.assert_allclose(mean_field(weak).rates, whole, rtol=0.02)
    np.testing.assert_allclose(weak.weights, 0.2 * RECURRENT.weights)
    np.testing.assert_allclose(weak.plastic_weights, RECURRENT.plastic_weights)


@pytest.mark.parametrize(("enough", "reached"), [(-1.0, True), (1.1, False)])
def test_the_job_with_a_clock_is_tested_until_it_passes(words, monkeypatch, enough, reached):
    def train(task, parameters, *, seed, after_loop):
        assert task.feedforward_parameters.clock == "per_condition"
        for n_done in range(1, 6):
            training = argparse.Namespace(n_done=n_done, weights=planted(task))
            after_loop(training)
        return training

    monkeypatch.setattr(part3_training, "train", train)
    # In so few trials the corrected correlation may not be defined.
    monkeypatch.setattr(part3_training, "_passes", lambda test: enough < 0)
    monkeypatch.setattr(part3_training, "ENOUGH", enough)
    result, report = measure(part3_training, *words, "--test-every", "2")
    assert [test["loops"] for test in result["tests"]] == ([2, 5] if reached else [2, 4, 5])
    found = result[f"seconds_to_{enough:g}"]
    assert found == (result["tests"][0]["seconds"] if reached else None)
    assert result["tests"][0]["seconds"] < result["seconds"]
    assert max(r2_in(result)) < -12
    assert ("reached after" in report) == reached


def test_all_rules_learn_the_same(monkeypatch):
    monkeypatch.setattr(part3_rls, "N_INH", 60)
    monkeypatch.setattr(part3_rls, "CASES", {340: (8, 12), 264: (20, 0)})
    result, report = measure(part3_rls, "--inputs", 340, 264, "--updates", 5, "--rows", 30,
                             "--neurons", 40, "--gigabytes", 1e-5)
    for case in ("340", "264"):
        for rule in ("packed", "shared_float64"):
            assert 0 < result[f"{rule}_difference"][case] < 1e-8
        assert 1e-8 < result["shared_difference"][case] < 1e-2  # float32
        assert result["solve_seconds"][case] > 0
    assert result["textbook_mb"]["340"] == pytest.approx(40 * 20**2 * 8e-6)
    assert result["packed_mb"]["340"] == pytest.approx(40 * 20 * 21 / 2 * 8e-6)
    assert result["bound_ratio"]["264, 1 thread"] > 1
    assert "40 neurons" in report


def test_one_point_of_a_scaling_curve_is_measured_with_its_profile(thread_counts):
    point = part3_scaling.REFERENCE | {"n_neurons": 500, "n_trained": 60, "out_degree": 100,
                                       "n_threads": 1, "n_plastic": 20, "n_inputs": 20}
    with thread_counts.use(1):
        measured = part3_scaling._measure(point, 1)
    assert 0 < measured["rls_s"] < measured["loop_s"]
    assert -1 <= measured["correlation"] <= 1
    # In so small a network spikes cost next to nothing: which of the two takes longer is noise.
    assert measured["profile"]["trial"][0] > 0 and measured["profile"]["state update"][0] > 0
    assert measured["profile"]["RLS step"][1] > 0


def test_the_job_of_sinusoids_is_learned_better_than_not_at_all():
    result, report = measure(part3_tsn, "--learning", 400, "--in-degree", 100, "--plastic", 20,
                             "--loops", 8)
    first, *_, last = result["correlation_while_learning"]
    assert last > first + 0.1
    assert result["correlation"] > 0.1
    assert result["rls_mb"] == pytest.approx((800**2 + 800 * 400) * 4e-6, rel=0.01)
    assert 0 < result["rls_seconds_per_loop"] < result["seconds_per_loop"]
    assert "800" in report
