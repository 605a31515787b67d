"""The interactive demos show what their parameters say."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course.part3.demos import demo_balance, demo_sparseness


def figure(demo, *arguments, **options):
    assert demo(*arguments, **options) is None
    return plt.gcf()


def test_rates_follow_the_external_input_and_weak_inhibition_regularises():
    def rate_and_irregularity(**options):
        words = figure(demo_balance, **options).axes[1].get_title().split()
        return float(words[2]), float(words[-1])

    rate, irregular = rate_and_irregularity()
    assert abs(rate - 6.6) < 1
    assert rate_and_irregularity(external=1.0)[0] > rate + 2
    fast, regular = rate_and_irregularity(j_ei=-0.22)
    assert fast > 40 and regular < irregular - 0.2


@pytest.mark.parametrize("options", [
    {"j_ei": -0.18}, {"j_ei": -0.15}, {"j_ei": -0.05}, {"j_ei": -0.2, "external": 3.0},
])
def test_where_inhibition_is_too_weak_a_sentence_says_so(options):
    (text,) = figure(demo_balance, **options).axes[0].texts
    assert "Inhibition is too weak" in text.get_text()


def test_the_gain_falls_as_the_root_of_the_number_of_synapses():
    gains = {}
    for n_synapses in (20, 80):
        title = figure(demo_sparseness, n_synapses, 8).axes[0].get_title()
        gains[n_synapses] = float(title.split("g = ")[1].split(",")[0])
        assert ("grows" in title) == (gains[n_synapses] > 1)
    assert gains[20] / gains[80] == pytest.approx(2, rel=0.05)
    assert gains[20] == pytest.approx(np.sqrt(8 / 20), rel=0.08)


def test_the_patterns_are_kept_and_the_rest_lies_in_the_circle():
    values = figure(demo_sparseness, 264, 5).axes[0].lines[0].get_xdata()
    assert (values > 0.8).sum() == 5
