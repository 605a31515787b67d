"""Right answers pass, and each usual mistake is called by its name."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course.part2 import exercises
from src_part1 import ReadoutRLS
from src_part2 import LIFParameters, simulate
from tests.part1.test_exercises import verdict


def test_what_is_not_attempted_shows_no_answer():
    exercises.check_mean_input(None)
    (line,) = plt.gca().lines  # the wanted rate, and no curve that it would cross
    assert line.get_label() == "wanted"


def interval(mu, tau):
    return tau * np.log(mu / (mu - 1))


def lif(reset=True, lower=False, leak=True, tau=True):
    def step(v, u, tau_m, dt):
        v = v + (dt / tau_m if tau else dt) * (u - v if leak else u)
        spiked = v > 1
        return (np.where(spiked, v - 1 if lower else 0.0, v) if reset else v), spiked

    return step


def in_place(r, spiked, tau, dt):
    r += -dt / tau * r + spiked / tau
    return r


def update(with_mu=True, transposed=False, keep=False, sign=1.0):
    def step(W, P, r, f, mu):
        k = P @ r
        c = 1 / (1 + r @ k)
        error = W @ r + (mu if with_mu else 0) - f
        change = np.outer(k, error) if transposed else np.outer(error, k)
        return W - sign * c * change, P if keep else P - c * np.outer(k, k)

    return step


# What attendees write for each check, and what it says.
VERDICTS = {
    exercises.check_mean_input: [
        (1.157, "✓"), (1.1, "this gives 41.7 Hz: choose a larger"),
        (1.5, "smaller"), (0.9, "never fires"),
        (None, "… not written yet"), ([1.157], "must be one number"), ("1,157", "not 1,5. Got '1"),
    ],
    exercises.check_interval_rate: [
        (lambda mu, tau: 1000 / interval(mu, tau) if mu > 1 else 0.0, "✓"),
        (lambda mu, tau: 1000 / interval(mu, 10.0) if mu > 1 else 0.0, "use its argument tau_m"),
        (lambda mu, tau: 1 / interval(mu, tau) if mu > 1 else 0.0, "per ms"),
        (lambda mu, tau: interval(mu, tau) if mu > 1 else 0.0, "1000 over it"),
        (lambda mu, tau: -1000 / interval(mu, tau) if mu > 1 else 0.0, "the sign is wrong"),
        (lambda mu, tau: 1000 / interval(mu, tau) if mu > 1 else 1.0, "must be 0"),
        (lambda mu, tau: 1000 / interval(mu, tau), "✗"),
        (lambda mu, tau: 100.0 if mu > 1 else 0.0, "should be 55.81 Hz, got 100.00"),
    ],
    exercises.check_lif_step: [
        (lif(), "✓"), (lambda *given: list(lif()(*given)), "✓"),
        (lif(reset=False), "must go back to 0"), (lif(lower=True), "not lowered by 1"),
        (lif(leak=False), "leak -v is missing"), (lif(tau=False), "divide dt by tau_m"),
        (lambda v, u, tau_m, dt: (v, v > 1), "should spike"),
        (lambda v, u, tau_m, dt: v, "must return two things: the voltages and the spikes"),
        (lambda v, u, tau_m, dt: lif()(v, u + 2 * v, tau_m, dt), "the leak has the wrong sign"),
        (lambda *given: lif()(*given)[::-1], "swapped: the voltages must come first"),
    ],
    exercises.check_synapse_step: [
        (lambda r, s, tau, dt: r - dt / tau * r + s / tau, "✓"),
        (lambda r, s, tau, dt: r * np.exp(-dt / tau) + s / tau, "✓"),
        (lambda r, s, tau, dt: r - dt / tau * r + s, "the area under it is 1"),
        (lambda r, s, tau, dt: r - dt / tau * r + s * dt / tau, "without dt"),
        (lambda r, s, tau, dt: r + s / tau, "decay is missing"),
        (lambda r, s, tau, dt: s / tau, "remember"),
        (lambda r, s, tau, dt: r + dt / tau * r + s / tau, "not grow"),
        (lambda r, s, tau, dt: r, "the filtered spikes: step"),
        (in_place, "changed its argument r in place"),
    ],
    exercises.check_network_update: [
        (update(), "✓"), (update(sign=-1.0), "✗"), (update(keep=True), "P never changed"),
        (update(with_mu=False), "mu is missing"), (update(transposed=True), "W is transposed"),
        (lambda W, P, r, f, mu: (W, P), "the new W: step 1 is the first with a difference"),
        (lambda W, P, r, f, mu: W, "must return two things"),
    ],
}


@pytest.mark.parametrize(("check", "attempt", "line"), [
    (check, *row) for check, rows in VERDICTS.items() for row in rows
])
def test_right_answers_pass_and_each_mistake_is_named(check, attempt, line, capsys):
    assert line in verdict(check, attempt, capsys)


def test_what_the_checks_compare_with_is_the_librarys():
    inputs = np.array([0.7, 1.1, 1.5, 3.0])
    run = simulate(LIFParameters(noise=0.0), inputs, 50.0, np.random.default_rng(0),
                   traced=range(4))
    v, counts = run.voltage[:, 0], 0
    for expected in run.voltage.T[1:]:
        v, spiked = exercises.lif_step(v, inputs, 10.0, 0.1)
        np.testing.assert_allclose(v, expected, atol=1e-12)
        counts = counts + spiked
    np.testing.assert_array_equal(counts, run.counts)
    rng = np.random.default_rng(1)
    state, rows = (np.zeros((3, 3)), np.eye(3) / 0.5), np.zeros((3, 3))
    kernels = [ReadoutRLS(3, ridge=0.5) for _ in range(3)]
    for _ in range(9):
        r, f = rng.random(3), rng.normal(size=3)
        state = exercises.network_update()(*state, r, f, 0.7)
        for w, kernel, target in zip(rows, kernels, f, strict=True):
            kernel.update(w, r, 0.7 + w @ r - target)
    np.testing.assert_allclose(state[0], rows, atol=1e-10)
