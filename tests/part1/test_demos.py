"""The interactive demos show what their parameters say, and refuse what cannot be."""

import matplotlib.pyplot as plt
import pytest

from course.part1.demos import demo_gain, demo_ridge


@pytest.fixture(autouse=True)
def close_plots():
    yield
    plt.close("all")


def figure(demo, *arguments, **options):
    # Jupyter would show a figure that comes back beside the one that pyplot holds.
    before = plt.get_fignums()
    assert demo(*arguments, **options) is None
    assert len(plt.get_fignums()) == len(before) + 1
    return plt.gcf()


def last_size(gain):
    return float(figure(demo_gain, gain, 200).axes[0].get_title().split()[-1])


def test_activity_dies_below_the_critical_gain_only():
    assert last_size(0.5) < 1e-3
    assert last_size(1.5) > 0.3


def distance(**options):
    return figure(demo_ridge, **options).axes[1].lines[0].get_ydata()[-1]


def test_a_strong_prior_slows_learning_and_no_noise_lets_it_be_exact():
    assert distance(ridge=100.0) > 3 * distance(ridge=0.1)
    assert distance(ridge=1e-4, noise=0.0) < 1e-4


@pytest.mark.parametrize(
    ("demo", "options", "message"),
    [
        (demo_gain, {"gain": -1.0}, "gain must be"),
        (demo_gain, {"n_units": 0}, "n_units must be"),
        (demo_ridge, {"ridge": 0.0}, "ridge must be positive"),
        (demo_ridge, {"noise": -0.1}, "noise must be at least 0"),
        (demo_ridge, {"n_samples": 0}, "n_samples must be at least 1"),
    ],
)
def test_values_that_cannot_be(demo, options, message):
    with pytest.raises(ValueError, match=message):
        demo(**options)
