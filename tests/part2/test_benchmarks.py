"""The benchmarks of Part 2 run on small sizes and report what they promise."""

import argparse
import json

import pytest

from benchmarks import part2_rls, part2_simulation, part2_sines


def measure(module, *words):
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    result = module.run(parser.parse_args([str(word) for word in words]))
    assert json.dumps(json.loads(json.dumps(result))) == json.dumps(result)
    return result, module.report(result)


def test_quality_of_all_four_patterns():
    result, report = measure(part2_sines, "--loops", 8, "--trials", 2, "--seeds", 1,
                             "--neurons", 30, "--source", "synthetic")
    assert 0.5 < result["test_correlation"] <= 1
    assert {"test_correlation", "test_r2"} <= result["recorded"].keys() & result["ou"].keys()
    assert result["recorded"]["source"] == "synthetic"
    assert "chaos" in report and "Synthetic" in report


def test_both_rules_learn_the_same():
    result, report = measure(part2_rls, "--sizes", 20, "--updates", 10, "--repeats", 1,
                             "--large", 30, "--large-loops", 1)
    assert result["max_weight_difference"]["20"] < 1e-10
    assert result["ratio"]["20"] == pytest.approx(
        result["textbook_s"]["20"] / result["shared_s"]["20"]
    )
    assert result["large"]["one_p_each_gb"] == pytest.approx(8e-9 * 30 * 29**2)
    assert "N = 30" in report


def test_without_the_peer_the_benchmark_says_what_to_install():
    try:
        import brian2  # noqa: F401
    except ImportError:
        with pytest.raises(SystemExit, match="Brian2, which is not installed"):
            measure(part2_simulation, "--sizes", "5")
    else:
        pytest.skip("Brian2 is installed here, and compiling its programs takes a minute")
