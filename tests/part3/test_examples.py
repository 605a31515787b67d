"""The examples in docstrings run and show what they say."""

import doctest

import pytest

import src_part3

EXAMPLES = [
    test for name in src_part3.__all__ if callable(value := getattr(src_part3, name))
    for test in doctest.DocTestFinder(recurse=False).find(value, name) if test.examples
]


def test_there_are_examples():
    names = {test.name for test in EXAMPLES}
    assert names >= {
        "build_network", "leading_order_rates", "mean_field", "measure_state_plane",
        "pairwise_correlations", "principal_components", "run_distractors", "run_trial",
        "run_trials", "selectivity", "shared_variance", "strongest_modulated", "study_lesions",
        "sweep_external_input", "sweep_in_degree",
    }


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda test: test.name)
def test_an_example_shows_what_it_says(example):
    seen = []
    failed = doctest.DocTestRunner(verbose=False).run(example, out=seen.append).failed
    assert not failed, "".join(seen)
