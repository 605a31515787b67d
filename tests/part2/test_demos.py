"""The interactive demos show what their parameters say, and refuse what cannot be."""

import re

import matplotlib.pyplot as plt
import pytest

from course.part2.demos import demo_noise, demo_synapse


def figure(demo, **options):
    assert demo(**options) is None
    return plt.gcf()


def rate(**options):
    return float(figure(demo_noise, **options).axes[1].get_title().split()[0])


def test_noise_makes_a_neuron_fire_below_its_threshold():
    assert rate(noise=0.0, mean_input=0.7) == 0
    assert 2 < rate(noise=0.2, mean_input=0.7) < 15
    assert rate(noise=0.0, mean_input=1.1565) == pytest.approx(50, abs=1)


def quality(tau_syn):
    title = figure(demo_synapse, tau_syn=tau_syn, n_loops=6).axes[0].get_title()
    return float(re.search(r"correlation (-?[\d.]+)", title)[1])


def test_slow_targets_want_slow_synapses():
    assert quality(200.0) > quality(3.0) + 0.3


@pytest.mark.parametrize(
    ("demo", "options", "message"),
    [
        (demo_noise, {"noise": -1.0}, "noise must be"),
        (demo_synapse, {"tau_syn": 0.0}, "tau_syn must be positive"),
        (demo_synapse, {"n_loops": 0}, "n_loops must be"),
    ],
)
def test_values_that_cannot_be(demo, options, message):
    with pytest.raises(ValueError, match=message):
        demo(**options)
