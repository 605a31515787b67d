"""The interactive demos show what their parameters say, and refuse what cannot be."""

import re

import matplotlib.pyplot as plt
import pytest

from course.part2.demos import demo_noise, demo_synapse


def title(demo, axes, **options):
    assert demo(**options) is None
    return plt.gcf().axes[axes].get_title()


def test_noise_makes_a_neuron_fire_below_its_threshold():
    def rate(**options):
        return float(title(demo_noise, 1, **options).split()[0])

    assert rate(noise=0.0, mean_input=0.7) == 0
    assert 2 < rate(noise=0.2, mean_input=0.7) < 15
    assert rate(noise=0.0, mean_input=1.1565) == pytest.approx(50, abs=1)


def test_slow_targets_want_slow_synapses():
    titles = [title(demo_synapse, 0, tau_syn=tau_syn, n_loops=6) for tau_syn in (200.0, 3.0)]
    slow, fast = (float(re.search(r"correlation (-?[\d.]+)", text)[1]) for text in titles)
    assert slow > fast + 0.3


@pytest.mark.parametrize(("demo", "options", "message"), [
    (demo_noise, {"noise": -1.0}, "noise must be"),
    (demo_synapse, {"tau_syn": 0.0}, "tau_syn must be positive"),
    (demo_synapse, {"n_loops": 0}, "n_loops must be"),
])
def test_values_that_cannot_be(demo, options, message):
    with pytest.raises(ValueError, match=message):
        demo(**options)
