"""Self-checks of the exercises of Part 1: what is wrong, and the expected plot."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from course.feedback import (
    Wrong,
    check_attempt,
    expect_array,
    expect_number,
    expect_unchanged,
)
from src_part1.connectivity import random_weights
from src_part1.parameters import RateNetworkParameters
from src_part1.plotting import COLOURS
from src_part1.rls import ReadoutRLS
from src_part1.simulator import simulate

# Theory says 1. Eigenvalues of 400 units scatter by some hundredths around their circle, so that
# with one draw of the weights activity lasts from 1.0 on, with another from 1.1.
_LASTS_FROM, _LASTS_SURELY = 0.95, 1.15


def textbook_rls_update(w, P, rates, target):
    """One step of textbook RLS for one readout, in plain NumPy.

    Parameters
    ----------
    w : ndarray, shape (n,)
        Weights before the step.
    P : ndarray, shape (n, n)
        Inverse correlation matrix before the step.
    rates : ndarray, shape (n,)
        Regressors of the new sample.
    target : float
        What ``w @ rates`` should be.

    Returns
    -------
    w, P : ndarray
        New arrays after the step (Sussillo & Abbott 2009, equations 4 and 5).

    Raises
    ------
    ValueError
        If P is not finite.
    """
    if not np.isfinite(P).all():
        raise ValueError(
            "P must be finite: it starts as the identity over lambda, so lambda must not be 0."
        )
    k = P @ rates
    c = 1 / (1 + rates @ k)
    return w - c * (w @ rates - target) * k, P - c * np.outer(k, k)


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
    """Check the smallest gain, to 0.1, with which activity lasts.

    Parameters
    ----------
    gain : float or None
        The attempt.
    """
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
               title="activity dies below a critical gain and lasts above it")
        ax.legend()

    check_attempt(gain, judge, draw, praise="theory says 1 for infinitely many units; a network of "
                  "400 units may need 1.1.")


def check_rate_step(function):
    """Check one Euler step of a rate network.

    Parameters
    ----------
    function : callable
        ``function(rates, weights, tau, dt)`` returns the rates a time ``dt`` (ms) later.
    """
    network_parameters = RateNetworkParameters(
        n_units=100, tau=10.0, gain=1.5, transfer="tanh", dt=0.5
    )
    rng = np.random.default_rng(1)
    weights = random_weights(network_parameters, rng)
    start = rng.uniform(-0.5, 0.5, 100)
    # The record begins with the start itself.
    run = simulate(weights, network_parameters, 200.5, initial_rates=start, record_every=0.5)
    expected = run.rates[:, 1:]

    def own_run(step):
        rates, run = start, []
        for _ in range(400):
            given = rates.copy(), weights.copy()
            new = expect_array(step(*given, 10.0, 0.5), (100,), "the new rates")
            expect_unchanged((rates, weights), given, ("rates", "weights"))
            rates = new
            run.append(rates)
        return np.array(run).T

    def judge(step):
        run = own_run(step)
        if np.allclose(run, expected, atol=1e-3):
            return run
        for mistake, sentence in (
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
            (lambda r, w, tau, dt: -r + np.tanh(w @ r),
             "this is tau dr/dt: add dt / tau times it to the rates."),
        ):
            with np.errstate(all="ignore"):
                wrong = start
                for _ in range(3):
                    wrong = mistake(wrong, weights, 10.0, 0.5)
            if np.allclose(run[:, 2], wrong):
                raise Wrong(sentence, run)
        raise Wrong(
            f"after one step the largest difference is {np.abs(run - expected)[:, 0].max():.2g}.",
            run,
        )

    def draw(run):
        _, ax = plt.subplots(figsize=(8, 4))
        time = 0.5 * np.arange(1, 401)
        ax.plot(time, expected[:3].T, color="0.7", lw=5)
        if run is not None and np.abs(run[:3]).max() < 10:
            ax.plot(time, run[:3].T, "--", color=COLOURS["vermilion"])
        ax.set(xlabel="time (ms)", ylabel="rate",
               title="three units: the library (grey) and your steps (dashed)")

    check_attempt(function, judge, draw, praise="your network runs like the library's.")


def check_rls_update(function):
    """Check one step of RLS against the library's kernel and the ridge solution.

    Parameters
    ----------
    function : callable
        ``function(w, P, r, target)`` returns the new (w, P).
    """
    rng = np.random.default_rng(2)
    n, ridge = 12, 0.5
    samples, targets = rng.normal(size=(60, n)), rng.normal(size=60)
    kernel = ReadoutRLS(n, ridge=ridge)
    expected = np.zeros(n)
    for sample, target in zip(samples, targets, strict=True):
        kernel.update(expected, sample, expected @ sample - target)
    batch = np.linalg.solve(samples.T @ samples + ridge * np.eye(n), samples.T @ targets)

    def run(update, n_steps=60):
        w, P = np.zeros(n), np.eye(n) / ridge
        for sample, target in zip(samples[:n_steps], targets, strict=False):
            w, P = update(w, P, sample, target)
        return w, P

    def mistaken(*, sign=1.0, one=1.0, keep=False, late=False, error_sign=1.0):
        def update(w, P, r, target):
            k = P @ r
            c = 1 / (one + r @ k)
            new_P = P if keep else P - sign * c * np.outer(k, k)
            gain = new_P @ r if late else c * k
            return w - error_sign * (w @ r - target) * gain * (c if late else 1.0), new_P
        return update

    def guarded(update):
        def step(w, P, r, target):
            given = w.copy(), P.copy(), r.copy()
            result = update(*given, target)
            if not isinstance(result, tuple) or len(result) != 2:
                raise Wrong("the function must return two things, the new w and the new P.")
            expect_unchanged((w, P, r), given, ("w", "P", "r"))
            return (
                expect_array(result[0], (n,), "the new w"),
                expect_array(result[1], (n, n), "the new P"),
            )
        return step

    def judge(update):
        three, _ = run(guarded(update), 3)
        for options, sentence in (
            ({"sign": -1.0}, "P grew: each sample makes it smaller, so subtract."),
            ({"one": 0.0}, "the 1 in 1 / (1 + r · k) is missing."),
            ({"keep": True}, "P never changed: it has to be returned smaller than before."),
            ({"error_sign": -1.0}, "w moves away from the target: the error is w · r - target."),
            ({"late": True},
             "w was moved with the new P and with c as well: c k is already P_new r."),
        ):
            with np.errstate(all="ignore"):
                wrong, _ = run(mistaken(**options), 3)
            if np.allclose(three, wrong):
                raise Wrong(sentence, three)
        w, P = run(guarded(update))
        if not np.allclose(P, P.T, rtol=1e-6):
            raise Wrong("P is no longer symmetric: the outer product must be that of k with k.", w)
        if not np.allclose(w, expected, rtol=1e-7, atol=1e-9):
            raise Wrong(
                f"after 60 samples the largest difference of a weight is "
                f"{np.abs(w - expected).max():.2g}.", w,
            )
        return w

    def draw(w):
        _, ax = plt.subplots(figsize=(8, 4))
        ax.plot(batch, "o", ms=13, mfc="none", mew=2.5, color="0.5", label="ridge solution")
        ax.plot(expected, ".", color=COLOURS["blue"], label="library")
        if w is not None:
            ax.plot(w, "x", ms=9, mew=3, color=COLOURS["vermilion"], label="yours")
        ax.set(xlabel="weight", ylabel="value", title="weights after 60 samples")
        ax.legend()

    check_attempt(function, judge, draw, praise="your RLS gives the weights of the library and of "
                  "ridge regression.")


def check_target_currents(function):
    """Check the inputs that make rates follow given time courses.

    Parameters
    ----------
    function : callable
        ``function(rates, tau, dt)`` returns the input at each time; both times in ms.
    """
    tau, dt = 20.0, 1.0
    time = dt * np.arange(400)
    phases = np.array([0.0, 1.0, 2.5])[:, None]
    angle = 2 * np.pi * time / 200 + phases
    rates = 2 + np.sin(angle)
    expected = rates + tau * 2 * np.pi / 200 * np.cos(angle)

    def judge(invert):
        given = rates.copy()
        currents = expect_array(invert(given, tau, dt), rates.shape, "the input")
        expect_unchanged([rates], [given], ["rates"])
        inner = np.s_[:, 2:-2]
        for wrong, sentence in (
            (rates, "the derivative is missing."),
            (rates - tau * np.gradient(rates, dt, axis=1), "the derivative has the wrong sign."),
            (rates + np.gradient(rates, dt, axis=1), "the derivative must be multiplied by tau."),
        ):
            if np.allclose(currents[inner], wrong[inner], atol=1e-3):
                raise Wrong(sentence, currents)
        worst = np.abs(currents - expected)[inner].max()
        if worst > 0.02:
            raise Wrong(f"the largest difference is {worst:.2g}: is time the last axis?", currents)
        return currents

    def draw(currents):
        _, ax = plt.subplots(figsize=(8, 4))
        ax.plot(time, rates[0], ":", color="0.3", label="wanted rate")
        ax.plot(time, expected[0], color="0.7", lw=6, label="input, expected")
        if currents is not None:
            ax.plot(time, currents[0], "--", color=COLOURS["vermilion"], label="input, yours")
        ax.set(xlabel="time (ms)", ylabel="rate or input",
               title="the rate lags behind its input, so the input must be ahead")
        ax.legend()

    check_attempt(function, judge, draw, praise="the unit's leak is undone exactly.")


def check_gain_without_self(function):
    """Check the RLS gain of one unit without its own rate, from the shared P.

    Parameters
    ----------
    function : callable
        ``function(P, r, i)`` returns the gains of all units onto unit i, shape (n,).
    """
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
        if np.allclose(gains, expected):
            return gains
        if np.allclose(gains, P @ r):
            raise Wrong("this is P r for all units: subtract the share of unit i.", gains)
        if np.abs(np.diag(gains)).max() > 1e-9:
            raise Wrong("a unit has no synapse onto itself: gain i must be 0.", gains)
        raise Wrong(f"the largest difference is {np.abs(gains - expected).max():.2g}.", gains)

    def draw(gains):
        _, ax = plt.subplots(figsize=(8, 4))
        ax.plot(expected.ravel(), "o", ms=11, mfc="none", mew=2, color="0.5",
                label="one P for each unit")
        if gains is not None:
            ax.plot(gains.ravel(), "x", color=COLOURS["vermilion"], mew=2, label="yours")
        ax.set(xlabel="connection (8 × 8)", ylabel="gain",
               title="one P gives the gains of all units")
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

    check_attempt(function, judge, draw, praise="one matrix serves all units, exactly.")
