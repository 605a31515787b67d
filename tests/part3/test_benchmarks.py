"""The benchmarks of Part 3 run on small sizes and report what they promise."""

import argparse
import json

import pytest

from benchmarks import (
    part3_lessons,
    part3_original,
    part3_rls,
    part3_simulation,
    part3_training,
    part3_tsn,
)

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


def test_the_full_job_reports_every_measure_by_condition():
    result, report = measure(
        part3_training, "--source", "synthetic", "--loops", "1", "--trials", "2"
    )
    for name in part3_training.MEASURES:
        assert result[name].keys() == CONDITIONS
    assert result["loops"] == 1
    assert result["seconds"] > 0 < result["peak_rss_mb"]
    assert "synthetic" in report


def test_the_original_stands_beside_its_own_curve():
    result, report = measure(part3_original, "--source", "synthetic", "--loops", "1")
    assert result["original_correlation"]["50"] == 0.170
    assert result["condition"] == "lick right"
    assert "a loop" in report


def test_lessons_change_one_thing_at_a_time():
    result, report = measure(
        part3_lessons, "--source", "synthetic", "--loops", "1", "--trials", "2",
        "--lessons", "defaults", "no feed-forward inputs",
    )
    assert list(result["lessons"]) == ["defaults", "no feed-forward inputs"]
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
        import brian2  # noqa: F401
    except ImportError:
        with pytest.raises(SystemExit, match="not both installed"):
            measure(part3_simulation, "--repeats", "1", "--duration", "100")
    else:
        pytest.skip("Brian2 is installed here, and compiling its programs takes a minute")
