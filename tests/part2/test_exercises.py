"""Right answers pass, and each usual mistake is called by its name."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course.part2 import exercises


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def verdict(check, attempt, capsys):
    check(attempt)
    assert plt.get_fignums()  # the plot of what is expected is drawn in any case
    (line,) = capsys.readouterr().out.splitlines()
    return line


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (1.157, "✓"), (1.1, "this gives 41.7 Hz: choose a larger"),
        (1.5, "smaller"), (0.9, "never fires"),
        (None, "… not written yet"),
    ],
)
def test_mean_input(value, line, capsys):
    assert line in verdict(exercises.check_mean_input, value, capsys)


def interval(mu, tau):
    return tau * np.log(mu / (mu - 1))


@pytest.mark.parametrize(
    ("function", "line"),
    [
        (lambda mu, tau: 1000 / interval(mu, tau) if mu > 1 else 0.0, "✓"),
        (lambda mu, tau: 1000 / interval(mu, 10.0) if mu > 1 else 0.0, "use its argument tau_m"),
        (lambda mu, tau: 1 / interval(mu, tau) if mu > 1 else 0.0, "per ms"),
        (lambda mu, tau: interval(mu, tau) if mu > 1 else 0.0, "one over it"),
        (lambda mu, tau: -1000 / interval(mu, tau) if mu > 1 else 0.0, "the sign is wrong"),
        (lambda mu, tau: 1000 / interval(mu, tau) if mu > 1 else 1.0, "must be 0"),
        (lambda mu, tau: 1000 / interval(mu, tau), "✗"),
        (lambda mu, tau: 100.0 if mu > 1 else 0.0, "should be 55.81 Hz, got 100.00"),
    ],
)
def test_interval_rate(function, line, capsys):
    assert line in verdict(exercises.check_interval_rate, function, capsys)


def lif(reset=True, lower=False, leak=True, tau=True):
    def step(v, u, tau_m, dt):
        v = v + (dt / tau_m if tau else dt) * (u - v if leak else u)
        spiked = v > 1
        return (np.where(spiked, v - 1 if lower else 0.0, v) if reset else v), spiked

    return step


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (lif(), "✓"),
        (lif(reset=False), "must go back to 0"),
        (lif(lower=True), "not lowered by 1"),
        (lif(leak=False), "leak -v is missing"),
        (lif(tau=False), "divide dt by tau_m"),
        (lambda v, u, tau_m, dt: (v, v > 1), "should spike"),
        (lambda v, u, tau_m, dt: v, "must return two things"),
        (lambda *given: lif()(*given)[::-1], "the voltages come first"),
    ],
)
def test_lif_step(step, line, capsys):
    assert line in verdict(exercises.check_lif_step, step, capsys)


def in_place(r, spiked, tau, dt):
    r += -dt / tau * r + spiked / tau
    return r


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (lambda r, s, tau, dt: r - dt / tau * r + s / tau, "✓"),
        (lambda r, s, tau, dt: r * np.exp(-dt / tau) + s / tau, "✓"),
        (lambda r, s, tau, dt: r - dt / tau * r + s, "the area under it is 1"),
        (lambda r, s, tau, dt: r - dt / tau * r + s * dt / tau, "without dt"),
        (lambda r, s, tau, dt: r + s / tau, "decay is missing"),
        (lambda r, s, tau, dt: s / tau, "remember"),
        (lambda r, s, tau, dt: r + dt / tau * r + s / tau, "not grow"),
        (lambda r, s, tau, dt: r, "largest difference"),
        (in_place, "changed its argument r in place"),
    ],
)
def test_synapse_step(step, line, capsys):
    assert line in verdict(exercises.check_synapse_step, step, capsys)


def update(with_mu=True, transposed=False, keep=False, sign=1.0):
    def step(W, P, r, f, mu):
        k = P @ r
        c = 1 / (1 + r @ k)
        error = W @ r + (mu if with_mu else 0) - f
        change = np.outer(k, error) if transposed else np.outer(error, k)
        return W - sign * c * change, P if keep else P - c * np.outer(k, k)

    return step


@pytest.mark.parametrize(
    ("function", "line"),
    [
        (update(), "✓"),
        (update(with_mu=False), "mu is missing"),
        (update(transposed=True), "W is transposed"),
        (update(keep=True), "P never changed"),
        (update(sign=-1.0), "✗"),
        (lambda W, P, r, f, mu: (W, P), "largest difference"),
        (lambda W, P, r, f, mu: W, "must return two things"),
    ],
)
def test_network_update(function, line, capsys):
    assert line in verdict(exercises.check_network_update, function, capsys)
