"""Self-checks of the exercises of Part 2: what is wrong, and a plot of what is expected."""

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
from src_part1.plotting import COLOURS
from src_part1.rls import ReadoutRLS
from src_part2.parameters import LIFParameters
from src_part2.siegert import siegert_rate
from src_part2.simulator import simulate

_WANTED = 50.0  # Hz


def check_mean_input(mean_input):
    """Check the mean input at which a neuron without noise fires at 50 Hz.

    Parameters
    ----------
    mean_input : float or None
        The attempt.
    """
    def judge(value):
        value = expect_number(value, "my_mean_input")
        rate = float(siegert_rate(value, 0.0))
        if value <= 1:
            raise Wrong("without noise a neuron never fires below the threshold of 1.", value)
        if abs(rate - _WANTED) > 1:
            way = "larger" if rate < _WANTED else "smaller"
            raise Wrong(f"this gives {rate:.1f} Hz: choose a {way} input.", value)
        return value

    def draw(value):
        inputs = np.linspace(0.8, 1.6, 400)
        _, ax = plt.subplots(figsize=(8, 4))
        ax.plot(inputs, siegert_rate(inputs, 0.0), color="0.6", lw=4, label="closed form")
        ax.axhline(_WANTED, color="0.5", ls=":", label="wanted")
        if value is not None:
            ax.plot(value, siegert_rate(value, 0.0), "x", ms=12, mew=3,
                    color=COLOURS["vermilion"], label="yours")
        ax.set(xlabel=r"mean input $\mu$", ylabel="rate (Hz)", title="rate without noise")
        ax.legend()

    check_attempt(mean_input, judge, draw, praise="20 ms from reset to threshold.")


def check_interval_rate(function):
    """Check the closed form of the rate without noise.

    Parameters
    ----------
    function : callable
        ``function(mu, tau_m)`` returns the rate (Hz) for one mean input.
    """
    inputs = np.array([0.5, 0.9, 1.0, 1.05, 1.2, 1.5, 2.0, 5.0])
    expected = siegert_rate(inputs, 0.0)

    def judge(rate_of):
        rates = np.array(
            [expect_number(rate_of(float(mu), 10.0), f"the rate at mu = {mu:g}") for mu in inputs]
        )
        silent = inputs <= 1
        if np.any(rates[silent] != 0):
            raise Wrong("at and below the threshold of 1 the rate must be 0.", rates)
        ratio = rates[~silent] / expected[~silent]
        if np.allclose(ratio, 1e-3):
            raise Wrong("this is the rate per ms: in Hz it is 1000 times as large.", rates)
        if np.allclose(ratio, -1):
            raise Wrong("the sign is wrong: the logarithm of a number above 1 is positive.", rates)
        if np.allclose(rates[~silent] * expected[~silent], 1e6) or np.allclose(
            rates[~silent] * expected[~silent], 1e3
        ):
            raise Wrong("this is the interval T: the rate is one over it.", rates)
        if np.allclose(ratio, 1, rtol=1e-6):
            slow = expect_number(rate_of(1.2, 20.0), "the rate at tau_m = 20 ms")
            if not np.isclose(2 * slow, expected[4], rtol=1e-6):
                raise Wrong(
                    f"with tau_m = 20 ms everything takes twice as long: {expected[4] / 2:.2f} Hz "
                    f"at mu = 1.2, got {slow:.2f}. Does your function use its argument tau_m?",
                    rates,
                )
        else:
            raise Wrong(
                f"at mu = 1.2 the rate should be {expected[4]:.2f} Hz, got {rates[4]:.2f}.", rates
            )
        return rates

    def draw(rates):
        _, ax = plt.subplots(figsize=(8, 4))
        fine = np.linspace(0.5, 2.0, 300)
        ax.plot(fine, siegert_rate(fine, 0.0), color="0.6", lw=4, label="expected")
        if rates is not None:
            ax.plot(inputs[:-1], rates[:-1], "x", ms=10, mew=3, color=COLOURS["vermilion"],
                    label="yours")
        ax.set(xlabel=r"mean input $\mu$", ylabel="rate (Hz)", title="rate without noise")
        ax.legend()

    check_attempt(function, judge, draw, praise="the interval formula, and silence below.")


def check_lif_step(function):
    """Check one Euler step of LIF neurons with reset.

    Parameters
    ----------
    function : callable
        ``function(v, total_input, tau_m, dt)`` returns the new voltages and a boolean array of
        spikes.
    """
    inputs = np.array([0.7, 1.1, 1.5, 3.0])
    neuron_parameters = LIFParameters(noise=0.0)
    tau_m, dt = neuron_parameters.tau_m, neuron_parameters.dt
    n_steps = 1000
    run = simulate(
        neuron_parameters, inputs, n_steps * dt, np.random.default_rng(0), traced=range(4)
    )
    start = run.voltage[:, 0]

    def mistaken(leak=True, tau=True):
        def step(v, u, tau_m, dt):
            v = v + (dt / tau_m if tau else dt) * (u - v if leak else u)
            return np.where(v > 1, 0.0, v), v > 1
        return step

    def counts(step, check=False):
        v, total = start.copy(), np.zeros(4)
        trace = []
        for _ in range(n_steps):
            given = v.copy(), inputs.copy()
            result = step(*given, tau_m, dt)
            if check:
                if not isinstance(result, tuple) or len(result) != 2:
                    raise Wrong("the function must return two things: voltages and spikes.")
                if np.asarray(result[0]).dtype == bool:
                    raise Wrong("the results are swapped: the voltages come first.")
                expect_unchanged((v, inputs), given, ("v", "total_input"))
                result = (
                    expect_array(result[0], (4,), "the voltages"),
                    expect_array(result[1], (4,), "the spikes"),
                )
                after = result[0][result[1] > 0]
                if np.any(after > 1):
                    raise Wrong("after a spike the voltage must go back to 0.")
                if np.any(after != 0):
                    raise Wrong("the voltage is set to 0 after a spike, not lowered by 1.")
            v, spiked = result
            total += spiked
            trace.append(v)
        return total, np.array(trace)

    def judge(step):
        total, trace = counts(step, check=True)
        if np.array_equal(total, run.counts):
            return trace
        for options, sentence in (
            ({"leak": False}, "the leak -v is missing."),
            ({"tau": False}, "the time constant is missing: divide dt by tau_m."),
        ):
            if np.array_equal(total, counts(mistaken(**options))[0]):
                raise Wrong(sentence, trace)
        raise Wrong(
            f"in 100 ms neurons with inputs {inputs} should spike {run.counts} times, "
            f"but yours spike {total.astype(int)} times.", trace,
        )

    def draw(trace):
        _, ax = plt.subplots(figsize=(8, 4))
        times = dt * np.arange(1, n_steps + 1)
        ax.plot(run.time, run.voltage[2], color="0.7", lw=5, label="library, input 1.5")
        if trace is not None:
            ax.plot(times, np.clip(trace[:, 2], -1, 3), "--", color=COLOURS["vermilion"],
                    label="yours")
        ax.axhline(1, color="0.5", ls=":", lw=1)
        ax.set(xlabel="time (ms)", ylabel="voltage", title="climb to 1, back to 0")
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

    check_attempt(function, judge, draw, praise="the same spikes as the library's.")


def check_synapse_step(function):
    """Check one step of the filter that turns spikes into regressors.

    Parameters
    ----------
    function : callable
        ``function(r, spiked, tau_syn, dt)`` returns the filtered spikes (1/ms) after the step.
    """
    rng = np.random.default_rng(5)
    tau, dt = 20.0, 0.1
    spikes = rng.random((3000, 3)) < 0.002
    spikes[100] = True

    def follow(step):
        r, path = np.zeros(3), []
        for spiked in spikes:
            r = step(r, spiked, tau, dt)
            path.append(r)
        return np.array(path)

    def exact(r, spiked, tau, dt):
        return r - dt / tau * r + spiked / tau

    expected = follow(exact)

    def judge(step):
        def guarded(r, spiked, tau, dt):
            given = r.copy(), spiked.copy()
            new = expect_array(step(*given, tau, dt), (3,), "the filtered spikes")
            expect_unchanged((r, spiked), given, ("r", "spiked"))
            return new

        path = follow(guarded)
        if np.allclose(path, expected, rtol=0.02, atol=1e-4):
            return path
        for mistake, sentence in (
            (lambda r, s, tau, dt: r - dt / tau * r + s,
             "a spike adds 1 / tau_syn, so that the area under it is 1, whatever tau_syn is."),
            (lambda r, s, tau, dt: r - dt / tau * r + s * dt / tau,
             "a spike is a delta: it adds 1 / tau_syn at once, without dt."),
            (lambda r, s, tau, dt: r + s / tau, "the decay is missing."),
            (lambda r, s, tau, dt: s / tau, "r must remember earlier spikes."),
            (lambda r, s, tau, dt: r + dt / tau * r + s / tau, "r must decay, not grow."),
        ):
            with np.errstate(all="ignore"):
                wrong = follow(mistake)
            if np.allclose(path, wrong, rtol=1e-6):
                raise Wrong(sentence, path)
        raise Wrong(f"the largest difference is {np.abs(path - expected).max():.2g} per ms.", path)

    def draw(path):
        _, ax = plt.subplots(figsize=(8, 4))
        time = dt * np.arange(1, len(spikes) + 1)
        ax.plot(time, expected[:, 0], color="0.7", lw=5, label="expected")
        if path is not None:
            ax.plot(time, np.clip(path[:, 0], 0, 3 * expected[:, 0].max()), "--",
                    color=COLOURS["vermilion"], label="yours")
        ax.set(xlabel="time (ms)", ylabel="filtered spikes (1/ms)",
               title="each spike adds 1/τ, which decays with τ")
        ax.legend(loc="upper right")

    check_attempt(function, judge, draw, praise="each spike has the area 1.")


def check_network_update(function):
    """Check an RLS update of a whole network on filtered spikes.

    Parameters
    ----------
    function : callable
        ``function(W, P, r, targets, mu)`` returns the new (W, P); every neuron may have a synapse
        onto itself here, so that one P serves all of them as it is.
    """
    rng = np.random.default_rng(6)
    n, ridge, mu = 10, 0.5, 0.7
    rates = rng.random((50, n))
    targets = mu + 0.3 * rng.normal(size=(50, n))
    start = rng.normal(size=(n, n))
    expected = start.copy()
    for i in range(n):
        kernel, w = ReadoutRLS(n, ridge=ridge), start[i].copy()
        for r, target in zip(rates, targets[:, i], strict=True):
            kernel.update(w, r, mu + w @ r - target)
        expected[i] = w

    def mistaken(with_mu=True, transposed=False, keep=False, sign=1.0):
        def update(W, P, r, f, mu):
            k = P @ r
            c = 1 / (1 + r @ k)
            error = W @ r + (mu if with_mu else 0.0) - f
            change = c * (np.outer(k, error) if transposed else np.outer(error, k))
            return W - sign * change, P if keep else P - c * np.outer(k, k)
        return update

    def learn(update, check=False):
        W, P = start.copy(), np.eye(n) / ridge
        for r, target in zip(rates, targets, strict=True):
            given = W.copy(), P.copy(), r.copy(), target.copy()
            result = update(*given, mu)
            if check:
                if not isinstance(result, tuple) or len(result) != 2:
                    raise Wrong("the function must return two things, the new W and the new P.")
                expect_unchanged((W, P, r, target), given, ("W", "P", "r", "targets"))
                result = (
                    expect_array(result[0], (n, n), "the new W"),
                    expect_array(result[1], (n, n), "the new P"),
                )
            W, P = result
        return W

    def judge(update):
        W = learn(update, check=True)
        if np.allclose(W, expected, rtol=1e-6, atol=1e-8):
            return W
        for options, sentence in (
            ({"with_mu": False}, "the constant input mu is missing in the error."),
            ({"transposed": True}, "W is transposed: row i holds the inputs of neuron i."),
            ({"keep": True}, "P never changed."),
            ({"sign": -1.0}, "W moves away from the targets: check the sign."),
        ):
            with np.errstate(all="ignore"):
                if np.allclose(W, learn(mistaken(**options)), rtol=1e-6, atol=1e-8):
                    raise Wrong(sentence, W)
        raise Wrong(
            f"after 50 updates the largest difference is {np.abs(W - expected).max():.2g}.", W
        )

    def draw(W):
        _, ax = plt.subplots(figsize=(5, 5))
        low, high = expected.min(), expected.max()
        ax.plot([low, high], [low, high], color="0.6", label="equal")
        if W is not None:
            ax.plot(expected.ravel(), np.clip(W.ravel(), 3 * low, 3 * high), "x",
                    color=COLOURS["vermilion"], label="yours")
        ax.set(xlabel="weight, library", ylabel="weight, yours", title="100 weights")
        ax.legend()

    check_attempt(
        function, judge, draw, praise="with one P every neuron learns its own target.",
    )
