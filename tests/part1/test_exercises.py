"""Right answers pass, and each usual mistake is called by its name."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course.part1 import exercises
from src_part1 import RateNetworkParameters, ReadoutRLS, random_weights, simulate


def verdict(check, attempt, capsys):
    check(attempt)
    assert plt.get_fignums()  # the expected plot is drawn in any case
    (line,) = capsys.readouterr().out.splitlines()
    return line


@pytest.mark.parametrize(("gain", "line"), [
    (1.0, "✓"), (1.1, "✓"), (0.9, "activity dies out: choose a larger gain"),
    (1.2, "also lasts with g = 1.1: choose a smaller gain"),
    (1.5, "also lasts with g = 1.4: choose a smaller gain"),
    (-1, "must be positive"), (None, "… not written yet"),
    ("one", "must be one number, with a decimal point: 1.5, not 1,5. Got 'one'"),
    ((1, 0), "1.5, not 1,5. Got (1, 0)"), (True, "must be one number"), ([1.1], "Got [1.1]"),
    (0.95, "one decimal place, not 0.95"), (np.float32(1.1), "✓"), (np.array(1.0), "✓"),
])
def test_gain(gain, line, capsys):
    assert line in verdict(exercises.check_gain, gain, capsys)


def test_no_draw_of_the_weights_contradicts_the_verdict_on_the_gain():
    def last(gain, seed):
        rng = np.random.default_rng(seed)
        parameters = RateNetworkParameters(400, tau=10.0, gain=gain, transfer="tanh", dt=0.5)
        weights, start = random_weights(parameters, rng), rng.uniform(-0.5, 0.5, 400)
        run = simulate(weights, parameters, 1000.0, initial_rates=start, record_every=5.0)
        return np.sqrt(np.mean(run.rates[:, -1] ** 2))

    assert max(last(0.9, seed) for seed in range(4)) < 0.02
    assert min(last(1.2, seed) for seed in range(4)) > 0.05


def test_what_is_not_attempted_shows_no_answer(capsys):
    exercises.check_gain(None)
    labels = plt.gca().get_legend_handles_labels()[1]
    assert labels == ["g = 0.5", "g = 1.5"]


def in_place(rates, weights, tau, dt):
    rates += dt / tau * (-rates + np.tanh(weights @ rates))
    return rates


@pytest.mark.parametrize(("step", "line"), [
    (lambda r, w, tau, dt: r + dt / tau * (-r + np.tanh(w @ r)), "✓"),
    (lambda r, w, tau, dt: r + dt / tau * (-r + np.tanh(w.T @ r)), "transposed"),
    (lambda r, w, tau, dt: r + dt / tau * np.tanh(w @ r), "leak -r is missing"),
    (lambda r, w, tau, dt: r + dt / tau * (-r + w @ r), "tanh is missing"),
    (lambda r, w, tau, dt: r + dt * (-r + np.tanh(w @ r)), "divide the step by tau"),
    (lambda r, w, tau, dt: -r + np.tanh(w @ r), "add dt / tau times it"),
    (lambda r, w, tau, dt: r + dt / tau * (-r + w @ np.tanh(r)), "applied to the sum"),
    (lambda r, w, tau, dt: dt / tau * (-r + np.tanh(w @ r)), "add it to the old rates"),
    (lambda r, w, tau, dt: r, "the new rates: step 1 is the first with a difference"),
    (lambda r, w, tau, dt: r + tau / dt * (-r + np.tanh(w @ r)), "must be dt / tau, not tau"),
    (lambda r, w, tau, dt: 1e30 * r, "Something in your step makes it grow and grow"),
    (lambda r, w, tau, dt: r / 0, "Was something divided by zero?"),
    (lambda r, w, tau, dt: list(r + dt / tau * (-r + np.tanh(w @ r))), "✓"),
    (lambda r, w, tau, dt: 1.0, "must have shape (100,), got ()"),
    (in_place, "changed its argument rates in place"),
])
def test_rate_step(step, line, capsys):
    assert line in verdict(exercises.check_rate_step, step, capsys)


@pytest.mark.parametrize("ridge", [0.0, -1.0])
def test_textbook_rls_names_a_prior_that_is_not_positive(ridge):
    with np.errstate(all="ignore"):
        P = np.eye(2) / ridge
    with pytest.raises(ValueError, match="lambda must be positive"):
        exercises.textbook_rls_update(np.zeros(2), P, np.ones(2), 1.0)


def test_what_the_checks_compare_with_is_the_librarys():
    rng = np.random.default_rng(0)
    parameters = RateNetworkParameters(n_units=20, tau=10.0, gain=1.5, transfer="tanh", dt=0.5)
    weights, rates = random_weights(parameters, rng), rng.uniform(-0.5, 0.5, 20)
    run = simulate(weights, parameters, 10.5, initial_rates=rates, record_every=0.5)
    rls, w, textbook = ReadoutRLS(20, ridge=0.5), np.zeros(20), (np.zeros(20), np.eye(20) / 0.5)
    for expected in run.rates.T[1:]:
        rates = exercises.rate_step(rates, weights, 10.0, 0.5)
        np.testing.assert_allclose(rates, expected, atol=1e-12)
        rls.update(w, rates, w @ rates - 1.0)
        textbook = exercises.textbook_rls_update(*textbook, rates, 1.0)
        np.testing.assert_allclose(textbook[0], w, atol=1e-10)


def rls(sign=1.0, one=1.0, keep=False, late=False, error_sign=1.0, outer=False):
    def update(w, P, r, target):
        k = P @ r
        c = 1 / (one + r @ k)
        new = P if keep else P - sign * c * np.outer(k, r if outer else k)
        gain = c * (new @ r) if late else c * k
        return w - error_sign * (w @ r - target) * gain, new

    return update


@pytest.mark.parametrize(("update", "line"), [
    (exercises.textbook_rls_update, "✓ your RLS gives the weights of the library"),
    (rls(), "✓"), (rls(sign=-1.0), "P grew"), (rls(one=0.0), "is missing"),
    (rls(keep=True), "P never changed"), (rls(error_sign=-1.0), "away from the target"),
    (rls(late=True), "c k is already P_new r"), (rls(outer=True), "no longer symmetric"),
    (lambda w, P, r, f: (w, P * 0.9), "the new w: step 1 is the first with a difference"),
    (lambda w, P, r, f: w, "must return two things: the new w and the new P"),
    (lambda w, P, r, f: (P, w), "swapped: the new w must come first"),
    (lambda w, P, r, f: (w[:3], P), "the new w must have shape (12,), got (3,)"),
    (lambda w, P, r, f: list(rls()(w, P, r, f)), "✓"),
])
def test_rls_update(update, line, capsys):
    assert line in verdict(exercises.check_rls_update, update, capsys)


@pytest.mark.parametrize(("invert", "line"), [
    (lambda f, tau, dt: f + tau * np.gradient(f, dt, axis=1), "✓"),
    (lambda f, tau, dt: f, "derivative is missing"),
    (lambda f, tau, dt: f - tau * np.gradient(f, dt, axis=1), "wrong sign"),
    (lambda f, tau, dt: f + np.gradient(f, dt, axis=1), "multiplied by tau"),
    (lambda f, tau, dt: f + tau * np.gradient(f, axis=1), "dt is missing"),
    (lambda f, tau, dt: f + tau * np.gradient(f, dt, axis=0), "is time the last axis"),
])
def test_target_currents(invert, line, capsys):
    assert line in verdict(exercises.check_target_currents, invert, capsys)


@pytest.mark.parametrize(("gain", "line"), [
    (lambda P, r, i: P @ r - P[:, i] * (P @ r)[i] / P[i, i], "✓"),
    (lambda P, r, i: P @ r, "subtract the share of unit i"),
    (lambda P, r, i: P @ r - P[:, i] * (P @ r)[i], "gain i must be 0"),
    (lambda P, r, i: 0 * r, "largest difference"),
])
def test_gain_without_self(gain, line, capsys):
    assert line in verdict(exercises.check_gain_without_self, gain, capsys)
