"""The examples in docstrings run and show what they say."""

import doctest

import pytest

import src_part3

EXAMPLES = [
    test for name in src_part3.__all__ if callable(value := getattr(src_part3, name))
    for test in doctest.DocTestFinder(recurse=False).find(value, name) if test.examples
]


def test_each_exported_function_has_an_example():
    mine = {name for name in src_part3.__all__ if callable(getattr(src_part3, name))
            and getattr(src_part3, name).__module__.startswith("src_part3")}
    records = {"BalancedNetworkParameters", "FeedforwardParameters", "Lesion",
               "TrainingParameters", "TrialParameters"}  # their fields say it all
    shown_elsewhere = {"Training", "save_network", "save_training"}
    assert mine - records - shown_elsewhere <= {test.name for test in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda test: test.name)
def test_an_example_shows_what_it_says(example):
    seen = []
    failed = doctest.DocTestRunner(verbose=False).run(example, out=seen.append).failed
    assert not failed, "".join(seen)
