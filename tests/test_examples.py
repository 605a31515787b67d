"""Each exported name has examples in its docstring, and they run and show what they say."""

import doctest
import inspect

import pytest

import src_part1
import src_part2
import src_part3

# One test for each object, however many parts export it.
EXPORTS = {
    f"{value.__module__}.{name}": value
    for part in (src_part1, src_part2, src_part3) for name in part.__all__
    if inspect.isclass(value := getattr(part, name)) or inspect.isfunction(value)
}
# Of these records the fields say it all, and the others are shown with `train`.
ELSEWHERE = {"BalancedNetworkParameters", "FeedforwardParameters", "Lesion", "TrainingParameters",
             "TrialParameters", "Training", "save_network", "save_training"}


def examples_of(name):
    return [t for t in doctest.DocTestFinder(recurse=False).find(EXPORTS[name], name) if t.examples]


@pytest.mark.parametrize("name", EXPORTS)
def test_examples_show_what_they_say(name):
    examples = examples_of(name)
    if not examples and name.split(".")[-1] in ELSEWHERE:
        pytest.skip("no examples of its own")
    assert examples, "an exported name needs examples"
    for example in examples:
        seen = []
        failed = doctest.DocTestRunner(verbose=False).run(example, out=seen.append).failed
        assert not failed, "".join(seen)
