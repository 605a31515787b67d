"""The benchmarks of Part 3 run on small sizes and report what they promise."""

import argparse
import json

import numpy as np
import pytest

from benchmarks import (
    part3_distractor,
    part3_lesions,
    part3_lessons,
    part3_original,
    part3_recurrent,
    part3_rls,
    part3_scaling,
    part3_simulation,
    part3_spread,
    part3_training,
    part3_tsn,
)
from benchmarks.networks import coarse_task
from src_part1 import load_recordings
from src_part3.balance import mean_field
from src_part3.parameters import RECURRENT, FeedforwardParameters
from src_part3.task import make_task
from src_part3.training import Training
from src_part3.trials import run_trial

CONDITIONS = {"lick right", "lick left"}


def measure(module, *words):
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    result = module.run(parser.parse_args(words))
    assert json.loads(json.dumps(result)) == result
    return result, module.report(result)


def test_all_rules_learn_the_same():
    result, report = measure(
        part3_rls, "--inputs", "340", "--updates", "3", "--chunk", "100"
    )
    assert 0 < result["shared_difference"]["340"] < 1e-8
    assert 0 < result["packed_difference"]["340"] < 1e-8
    assert result["packed_mb"]["340"] == pytest.approx(1824 * 340 * 341 / 2 * 8e-6)
    assert result["textbook_mb"]["340"] == pytest.approx(1824 * 340**2 * 8e-6)
    assert result["shared_mb"]["340"] < 50
    assert result["bound_ratio"]["340, 1 thread"] > 1
    assert "1824 neurons" in report


def test_one_point_of_a_scaling_curve_is_measured_with_its_profile(thread_counts):
    point = part3_scaling.REFERENCE | {
        "n_neurons": 500, "n_trained": 100, "out_degree": 100, "n_threads": 1
    }
    with thread_counts.use(1):
        measured = part3_scaling._measure(point, 1)
    assert 0 < measured["rls_s"] < measured["loop_s"]
    assert -1 <= measured["correlation"] <= 1
    # In so small a network spikes cost next to nothing: which of the two takes longer is noise.
    assert measured["profile"]["trial"][0] > 0 and measured["profile"]["state update"][0] > 0
    assert measured["profile"]["RLS step"][1] > 0


def test_the_full_job_reports_every_measure_by_condition(monkeypatch):
    stages = ((1, 1, False, False), (1, 2, True, True), (1, 1, False, True))
    monkeypatch.setattr(part3_training, "SCHEDULE", stages)
    words = "--source", "synthetic", "--loops", "1", "--trials", "2"
    result, report = measure(part3_training, *words)
    for name in part3_training.MEASURES:
        assert result[name].keys() == CONDITIONS
    assert result["loops"] == 1
    assert result["seconds"] > 0 < result["peak_rss_mb"]
    # Two loops cannot pass: all snapshots are tested, and none gives a time.
    assert result["seconds_to_0.95"] is None
    assert [(t["loops"], t["trials"]) for t in result["quick_tests"]] == [(2, 3), (3, 4)]
    assert "synthetic" in report and "not reached" in report


def test_the_first_snapshot_that_passes_ends_the_quick_training(monkeypatch):
    stages = ((1, 1, False, True), (1, 2, True, True))
    monkeypatch.setattr(part3_training, "SCHEDULE", stages)
    monkeypatch.setattr(part3_training, "ENOUGH", -1.0)
    result, report = measure(
        part3_training, "--source", "synthetic", "--loops", "1", "--trials", "2"
    )
    (test,) = result["quick_tests"]
    assert result["seconds_to_-1"] == test["seconds"]
    assert test["loops"] == 1
    assert 0 < test["test_seconds"]
    assert "reached after" in report


def test_the_coarse_task_is_the_same_network_with_fewer_steps():
    task = make_task(
        load_recordings("synthetic"), feedforward_parameters=FeedforwardParameters(
            clock="per_condition"
        ),
    )
    coarse = coarse_task(task)
    assert coarse.times == pytest.approx(task.times - 500)
    assert coarse.network.parameters.dt == 0.2
    rates = coarse.feedforward_rates
    np.testing.assert_array_equal(rates.rates, task.feedforward_rates.rates[:, 1::2])
    assert rates.start * rates.dt == coarse.trial_parameters.stim_off
    hz = []
    for of_one in (task, coarse):
        trial = run_trial(
            of_one.network, of_one.trial_parameters, np.random.default_rng(0),
            weights=Training(of_one).weights[0], **of_one.trial_options(0),
        )
        halves = np.split(trial.counts / trial.duration * 1000, [task.network.n_exc])
        hz.append([half.mean() for half in halves])
    np.testing.assert_allclose(*hz, rtol=0.03)


def test_the_original_stands_beside_its_own_curve():
    result, report = measure(part3_original, "--source", "synthetic", "--loops", "1")
    assert result["original_correlation"]["50"] == 0.170
    assert result["condition"] == "lick right"
    assert "a loop" in report


def test_lessons_change_one_thing_at_a_time():
    result, report = measure(
        part3_lessons, "--source", "synthetic", "--loops", "1", "--trials", "2",
        "--lessons", "defaults", "no clock",
    )
    assert list(result["lessons"]) == ["defaults", "no clock"]
    assert result["lessons"]["defaults"]["corrected_correlation"].keys() == CONDITIONS
    assert "500 neurons" in report


def test_the_job_of_sinusoids_is_learned_better_than_not_at_all():
    result, report = measure(
        part3_tsn, "--learning", "400", "--in-degree", "100", "--plastic", "20", "--loops", "8"
    )
    assert result["correlation_while_learning"][-1] > result["correlation_while_learning"][0] + 0.1
    assert result["correlation"] > 0.1
    assert result["rls_mb"] == pytest.approx(400 * 40 * 41 / 2 * 4e-6, rel=0.01)
    assert 0 < result["rls_seconds_per_loop"] < result["seconds_per_loop"]
    assert "800" in report


def test_without_the_peers_the_benchmark_says_what_to_install():
    try:
        import brainevent  # noqa: F401
        import brian2  # noqa: F401
    except ImportError:
        with pytest.raises(SystemExit, match="not all installed"):
            measure(part3_simulation, "--repeats", "1", "--duration", "100")
    else:
        pytest.skip("the peers are installed here, and compiling Brian2's programs takes a minute")


def test_recurrent_network_and_its_exchanged_cues():
    result, report = measure(
        part3_recurrent, "--source", "synthetic", "--loops", "2", "--trials", "2"
    )
    for values in (result, result["other_cue"], result["recurrent_learning_undone"]):
        for key in ("corrected_correlation", "median_correlation", "r2", "psth_correlation",
                    "single_trial_correlation", "n_unreliable", "side_decoded"):
            assert values[key].keys() == CONDITIONS
    assert result["n_plastic"] == 264
    assert {"seconds", "peak_rss_mb"} <= result.keys()
    assert "other cue: r2" in report


def test_lesions_of_each_network():
    result, report = measure(
        part3_lesions, "--source", "synthetic", "--loops", "1", "--trials", "2",
        "--networks", "common", "original",
    )
    for network in ("common", "original"):
        assert list(result[network])[0] == "intact"
        assert "recurrent learning undone" in result[network]
        for values in result[network].values():
            assert values["corrected_correlation"].keys() == values["r2"].keys() == CONDITIONS
    assert "no clock" in report


def test_spread_at_two_scales():
    result, report = measure(
        part3_spread, "--scales", "0.3", "1.0", "--seeds", "0", "1", "--loops", "2", "--trials",
        "2", "--n-recorded", "150", "--source", "synthetic",
    )
    assert list(result["scales"]) == ["0.3", "1"]
    for values in result["scales"].values():
        for group in ("exc", "inh", "exc_before", "inh_before"):
            for key in ("shared_above_null", "abs_selectivity", "selectivity_without_noise"):
                assert values[group][key].keys() == {"mean", "standard_error"}
        # Before learning the rates are those that theory promised, at each scale.
        for group, expected in (("exc_before", 6.6), ("inh_before", 12.1)):
            assert values[group]["rate"]["mean"] == pytest.approx(expected, rel=0.35)
    assert "inh_before" in report


def test_scaled_couplings_keep_the_rates_of_theory():
    whole, weak = mean_field(RECURRENT).rates, part3_spread.scaled_network(0.2)
    np.testing.assert_allclose(mean_field(weak).rates, whole, rtol=0.02)
    np.testing.assert_allclose(weak.weights, 0.2 * RECURRENT.weights)
    np.testing.assert_allclose(weak.plastic_weights, RECURRENT.plastic_weights)


def test_distractors_with_and_without_a_ramp():
    result, report = measure(
        part3_distractor, "--seeds", "0", "1", "--loops", "2", "--trials", "2", "--after", "100",
        "600", "--n-recorded", "150", "--source", "synthetic",
    )
    for name in ("with_ramp", "without_ramp", "ramp_clamped"):
        assert result[name]["times"] == [100.0, 600.0]
        for key in ("switched_share", "end_error"):
            assert len(result[name][key]["mean"]) == len(result[name][key]["standard_error"]) == 2
    assert "ramp_clamped" in report
