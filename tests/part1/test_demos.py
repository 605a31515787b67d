"""The interactive demos show what their parameters say, and refuse what cannot be."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course.part1.demos import demo_gain, demo_ridge, demo_rls_ellipse


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


@pytest.mark.parametrize("n_samples", [0, 1, 2, 7])
def test_the_ellipse_of_p_shrinks_along_the_sample_and_the_step_follows_it(n_samples):
    for ax, ridge in zip(figure(demo_rls_ellipse, n_samples, 0.0).axes, (0.1, 1.0), strict=True):
        path = next(line for line in ax.lines if line.get_marker() == ".").get_xydata()
        now = next(line for line in ax.lines if line.get_label() == "P now").get_xydata() - path[-1]
        assert len(path) == n_samples + 1
        if n_samples == 0:
            np.testing.assert_allclose(np.hypot(*now.T), 1 / np.sqrt(ridge))
            continue
        arrows = {a.get_label(): np.array([a.U, a.V]).ravel() for a in ax.collections}
        r, step = arrows["sample r"], arrows["step along P r"]
        before = next(line for line in ax.lines if line.get_label() == "P before").get_xydata()
        before -= path[-2]
        # x' inv(P) x is 1 on an ellipse, so P is twice the mean of x x' over its parameter.
        P, smaller = (2 * np.mean(x[:-1, :, None] * x[:-1, None], axis=0) for x in (before, now))
        k = P @ r
        assert abs(step[0] * k[1] - step[1] * k[0]) < 1e-9
        np.testing.assert_allclose(smaller, P - np.outer(k, k) / (1 + r @ k), atol=1e-9)
