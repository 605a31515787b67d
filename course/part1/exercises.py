"""Self-checks of the exercises of Part 1: what is wrong, and the expected plot."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from course.feedback import (
    Wrong,
    check_attempt,
    check_step,
    compare,
    draw_lines,
    draw_points,
    expect_array,
    expect_number,
    expect_unchanged,
    rls_step,
)
from src_part1.connectivity import random_weights
from src_part1.parameters import RateNetworkParameters
from src_part1.plotting import COLOURS
from src_part1.simulator import simulate

# Theory says 1. Eigenvalues of 400 units scatter by some hundredths around their circle, so that
# with one draw of the weights activity lasts from 1.0 on, with another from 1.1.
_LASTS_FROM, _LASTS_SURELY = 0.95, 1.15


def textbook_rls_update(w, P, r, target):
    """One step of textbook RLS for one readout: new w (n,) and P (n, n) after regressors r (n,).

    Sussillo & Abbott (2009), equations 4 and 5; ``target`` is what ``w @ r`` should be.
    """
    if not np.isfinite(P).all() or np.diag(P).min() < 0:
        raise ValueError(
            "P must be finite and positive: it starts as the identity over lambda, so lambda must "
            "be positive."
        )
    k = P @ r
    c = 1 / (1 + r @ k)
    return w - c * (w @ r - target) * k, P - c * np.outer(k, k)


def _size_after_a_second(gain):
    network_parameters = RateNetworkParameters(
        n_units=400, tau=10.0, gain=gain, transfer="tanh", dt=0.5
    )
    rng = np.random.default_rng(0)
    weights = random_weights(network_parameters, rng)
    run = simulate(
        weights, network_parameters, 1000.0,
        initial_rates=rng.uniform(-0.5, 0.5, 400), record_every=5.0,
    )
    return np.sqrt(np.mean(run.rates**2, axis=0))


def check_gain(gain):
    """Check the smallest gain, to 0.1, with which activity lasts; None is not chosen yet."""
    def judge(value):
        value = expect_number(value, "my_gain")
        if not 0 < value <= 3:
            raise Wrong(f"my_gain must be positive and at most 3, got {value:g}.")
        if value < _LASTS_FROM:
            raise Wrong(f"with g = {value:g} all activity dies out: choose a larger gain.", value)
        if value > _LASTS_SURELY:
            raise Wrong(
                f"activity lasts, but it also lasts with g = {value - 0.1:.2g}: choose a smaller "
                "gain.", value,
            )
        if not np.isclose(10 * value, round(10 * value)):
            raise Wrong(f"close: give it to one decimal place, not {value:g}.", value)
        return value

    def draw(value):
        _, ax = plt.subplots(figsize=(8, 4))
        time = np.arange(5.0, 1001.0, 5.0)
        for gain, line in ((0.5, ":"), (1.5, "--")):
            size = _size_after_a_second(gain)
            ax.semilogy(time, size[-time.size:], line, color="0.5", label=f"g = {gain}")
        if value is not None:
            size = _size_after_a_second(value)
            ax.semilogy(time, size[-time.size:], color=COLOURS["vermilion"],
                        label=f"yours, g = {value:g}")
        ax.set(xlabel="time (ms)", ylabel="size of the rates", ylim=(1e-4, 1),
               title="does activity last?")
        ax.legend()

    check_attempt(gain, judge, draw, praise="theory says 1 for infinitely many units; a network of "
                  "400 units may need 1.1.")


def check_rate_step(function):
    """Check one Euler step of a rate network, ``function(rates, weights, tau, dt)``, in ms."""
    network_parameters = RateNetworkParameters(
        n_units=100, tau=10.0, gain=1.5, transfer="tanh", dt=0.5
    )
    rng = np.random.default_rng(1)
    weights = random_weights(network_parameters, rng)

    def draw(expected, found):
        draw_lines(0.5 * np.arange(1, 401), expected, found, pick=np.s_[:, :3],
                   xlabel="time (ms)", ylabel="rate",
                   title="three units: the library (grey) and your steps (dashed)")

    check_step(
        function, rate_step,
        (
            (lambda r, w, tau, dt: r + dt / tau * (-r + np.tanh(w.T @ r)),
             "the weights are transposed: weights[i, j] leads from j to i."),
            (lambda r, w, tau, dt: r + dt / tau * np.tanh(w @ r),
             "the leak -r is missing: nothing pulls the rates back."),
            (lambda r, w, tau, dt: r + dt / tau * (-r + w @ r), "tanh is missing."),
            (lambda r, w, tau, dt: r + dt / tau * (-r + w @ np.tanh(r)),
             "tanh is applied to each rate: in the equation it is applied to the sum."),
            (lambda r, w, tau, dt: dt / tau * (-r + np.tanh(w @ r)),
             "this is only the change in one step: add it to the old rates."),
            (lambda r, w, tau, dt: r + dt * (-r + np.tanh(w @ r)),
             "the time constant is missing: divide the step by tau."),
            (lambda r, w, tau, dt: r + tau / dt * (-r + np.tanh(w @ r)),
             "the step is upside down: it must be dt / tau, not tau / dt."),
            (lambda r, w, tau, dt: -r + np.tanh(w @ r),
             "this is tau dr/dt: add dt / tau times it to the rates."),
        ),
        state=(rng.uniform(-0.5, 0.5, 100),), samples=[(weights, 10.0, 0.5)] * 400,
        results=("the new rates",), draw=draw, first=3, atol=1e-3,
        praise="your network runs like the library's.",
    )


def rate_step(rates, weights, tau, dt):
    """One Euler step of a rate network without input."""
    return rates + dt / tau * (-rates + np.tanh(weights @ rates))


def check_rls_update(function):
    """Check one step of RLS, ``function(w, P, r, target)``, which returns the new (w, P)."""
    rng = np.random.default_rng(2)
    n, ridge = 12, 0.5
    samples, targets = rng.normal(size=(60, n)), rng.normal(size=60)
    batch = np.linalg.solve(samples.T @ samples + ridge * np.eye(n), samples.T @ targets)

    def draw(expected, found):
        ax = draw_points(batch[None], found, pick=-1, label="ridge solution", xlabel="weight",
                         ylabel="value", title="weights after 60 samples")
        ax.plot(expected[-1], ".", color=COLOURS["blue"], label="library")
        ax.legend()

    check_step(
        function, textbook_rls_update,
        (
            (rls_step(grow=-1.0), "P grew: each sample makes it smaller, so subtract."),
            (rls_step(one=0.0), "the 1 in 1 / (1 + r · k) is missing."),
            (rls_step(keep=True), "P never changed: it has to be returned smaller than before."),
            (rls_step(sign=-1.0),
             "w moves away from the target: the error is w · r - target."),
            (rls_step(late=True),
             "w was moved with the new P and with c as well: c k is already P_new r."),
            (rls_step(with_r=True),
             "P is no longer symmetric: the outer product must be that of k with k."),
        ),
        state=(np.zeros(n), np.eye(n) / ridge), samples=list(zip(samples, targets, strict=True)),
        results=("the new w", "the new P"), draw=draw, first=3, rtol=1e-7, atol=1e-9,
        praise="your RLS gives the weights of the library and of ridge regression.",
    )


def check_target_currents(function):
    """Check the inputs that make rates follow given time courses, ``function(rates, tau, dt)``.

    Rates and inputs are (n_units, n_times); both times are in ms.
    """
    tau, dt = 20.0, 0.5
    time = dt * np.arange(800)
    phases = np.array([0.0, 1.0, 2.5])[:, None]
    angle = 2 * np.pi * time / 200 + phases
    rates = 2 + np.sin(angle)
    expected = rates + tau * 2 * np.pi / 200 * np.cos(angle)
    inner = np.s_[:, 2:-2]  # at its ends a derivative may be worse

    def judge(invert):
        given = rates.copy()
        currents = expect_array(invert(given, tau, dt), rates.shape, "the input")
        expect_unchanged([rates], [given], ["rates"])
        slope = np.gradient(rates, dt, axis=1)
        return compare(currents[inner], expected[inner], [(wrong[inner], why) for wrong, why in (
            (rates, "the derivative is missing."),
            (rates - tau * slope, "the derivative has the wrong sign."),
            (rates + slope, "the derivative must be multiplied by tau."),
            (rates + tau * dt * slope, "dt is missing: the difference of two neighbours is over a "
             "time of dt, so divide by it."),
        )], "something else than r + tau dr/dt: is time the last axis?", atol=0.02)

    def draw(currents):
        ax = draw_lines(time[inner[1]], expected[inner], currents, pick=0,
                        label="input, expected", xlabel="time (ms)", ylabel="rate or input",
                        title="the rate lags behind its input, so the input must be ahead")
        ax.plot(time, rates[0], ":", color="0.3", label="wanted rate")
        ax.legend()

    check_attempt(function, judge, draw, praise="the unit's leak is undone exactly.")


def check_gain_without_self(function):
    """Check the RLS gains (n,) of all units onto unit i, from one P: ``function(P, r, i)``."""
    rng = np.random.default_rng(4)
    n = 8
    samples = rng.random((20, n))
    P = np.linalg.inv(samples.T @ samples + 0.5 * np.eye(n))
    r = rng.random(n)
    expected = np.zeros((n, n))
    for i in range(n):
        others = np.delete(np.arange(n), i)
        small = np.linalg.inv(np.linalg.inv(P)[np.ix_(others, others)])
        expected[i, others] = small @ r[others]

    def judge(gain):
        given = P.copy(), r.copy()
        gains = np.array([expect_array(gain(*given, i), (n,), "the gains") for i in range(n)])
        expect_unchanged((P, r), given, ("P", "r"))
        other = f"the largest difference is {np.abs(gains - expected).max():.2g}."
        if np.abs(np.diag(gains)).max() > 1e-9:
            other = "a unit has no synapse onto itself: gain i must be 0."
        mistake = np.tile(P @ r, (n, 1)), "this is P r for all units: subtract the share of unit i."
        return compare(gains, expected, [mistake], other)

    def draw(gains):
        ax = draw_points(expected, gains, label="one P for each unit", ylabel="gain",
                         xlabel="connection (8 × 8)", title="gains from one P")
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

    check_attempt(function, judge, draw, praise="one matrix serves all units, exactly.")
