"""Self-checks of the exercises of Part 2: what is wrong, and a plot of what is expected."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from course.feedback import (
    Wrong,
    check_attempt,
    check_step,
    compare,
    draw_lines,
    expect_number,
    rls_step,
)
from src_part1.plotting import COLOURS
from src_part2.siegert import siegert_rate

_WANTED = 50.0  # Hz


def check_mean_input(mean_input):
    """Check the mean input at which a neuron without noise fires at 50 Hz; None is not chosen."""
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
        # Without an attempt no line leads to the answer.
        inputs = np.linspace(0.8, 1.6, 400)
        _, ax = plt.subplots(figsize=(8, 4))
        ax.axhline(_WANTED, color="0.5", ls=":", label="wanted")
        if value is not None:
            ax.plot(inputs, siegert_rate(inputs, 0.0), color="0.6", lw=4, label="closed form")
            ax.plot(value, siegert_rate(value, 0.0), "x", ms=12, mew=3,
                    color=COLOURS["vermilion"], label="yours")
        ax.set(xlabel=r"mean input $\mu$", ylabel="rate (Hz)", title="rate without noise",
               xlim=(0.8, 1.6), ylim=(-5, 110))
        ax.legend()

    check_attempt(mean_input, judge, draw, praise="20 ms from reset to threshold.")


def check_interval_rate(function):
    """Check the closed form of the rate (Hz) without noise, ``function(mu, tau_m)``."""
    inputs = np.array([0.5, 0.9, 1.0, 1.05, 1.2, 1.5, 2.0, 5.0])
    expected = siegert_rate(inputs, 0.0)

    def judge(rate_of):
        rates = np.array(
            [expect_number(rate_of(float(mu), 10.0), f"the rate at mu = {mu:g}") for mu in inputs]
        )
        if np.any(rates[inputs <= 1] != 0):
            raise Wrong("at and below the threshold of 1 the rate must be 0.", rates)
        interval = np.where(inputs > 1, 1 / np.maximum(expected, 1e-9), 0)  # s
        found = compare(rates, expected, (
            (expected / 1000, "this is the rate per ms: in Hz it is 1000 times as large."),
            (-expected, "the sign is wrong: the logarithm of a number above 1 is positive."),
            (interval, "this is the interval T: the rate is one over it."),
            (1000 * interval, "this is the interval T in ms: the rate is 1000 over it."),
        ), f"at mu = 1.2 the rate should be {expected[4]:.2f} Hz, got {rates[4]:.2f}.")
        slow = expect_number(rate_of(1.2, 20.0), "the rate at tau_m = 20 ms")
        if not np.isclose(2 * slow, expected[4], rtol=1e-6):
            raise Wrong(
                f"with tau_m = 20 ms everything takes twice as long: {expected[4] / 2:.2f} Hz at "
                f"mu = 1.2, got {slow:.2f}. Does your function use its argument tau_m?", found
            )
        return found

    def draw(rates):
        fine = np.linspace(0.5, 2.0, 300)
        ax = draw_lines(fine, siegert_rate(fine, 0.0), None, xlabel=r"mean input $\mu$",
                        ylabel="rate (Hz)", title="rate without noise")
        if rates is not None:
            ax.plot(inputs[:-1], rates[:-1], "x", ms=10, mew=3, color=COLOURS["vermilion"],
                    label="yours")
        ax.legend()

    check_attempt(function, judge, draw, praise="the interval formula, and silence below.")


def lif_step(v, total_input, tau_m, dt):
    """One Euler step of LIF neurons: new voltages, and which neurons spiked."""
    v = v + dt / tau_m * (-v + total_input)
    return np.where(v > 1, 0.0, v), v > 1


def check_lif_step(function):
    """Check one Euler step of LIF neurons, ``function(v, total_input, tau_m, dt)``.

    It returns the new voltages and a boolean array of spikes.
    """
    inputs, dt, n_steps = np.array([0.7, 1.1, 1.5, 3.0]), 0.1, 1000

    def mistaken(leak=1.0, divided=True, reset=None):
        def step(v, u, tau_m, dt):
            v = v + (dt / tau_m if divided else dt) * (u - leak * v)
            return np.where(v > 1, 0.0 if reset is None else reset(v), v), v > 1
        return step

    def counts(steps):
        return np.sum(np.array(steps[1]) > 0, axis=0)

    def spikes_and_resets(steps):
        return counts(steps), counts((steps[0], np.equal(steps[0], 0) & (np.array(steps[1]) > 0)))

    def draw(expected, found):
        ax = draw_lines(dt * np.arange(1, n_steps + 1), expected, found, pick=np.s_[:, 2],
                        label="library, input 1.5", xlabel="time (ms)", ylabel="voltage",
                        title="climb to 1, back to 0")
        ax.axhline(1, color="0.5", ls=":", lw=1)
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

    def tell(expected, found):
        return (f"in 100 ms neurons with inputs {inputs} should spike {counts(expected)} times, "
                f"but yours spike {counts(found)} times.")

    check_step(
        function, lif_step,
        (
            (mistaken(reset=lambda v: v), "after a spike the voltage must go back to 0."),
            (mistaken(reset=lambda v: v - 1),
             "the voltage is set to 0 after a spike, not lowered by 1."),
            (mistaken(leak=0.0), "the leak -v is missing."),
            (mistaken(leak=-1.0), "the leak has the wrong sign: it pulls v back to 0."),
            (mistaken(divided=False), "the time constant is missing: divide dt by tau_m."),
        ),
        state=(np.zeros(4),), samples=[(inputs, 10.0, dt)] * n_steps,
        results=("the voltages", "the spikes"), see=spikes_and_resets, tell=tell, draw=draw,
        atol=0.5, praise="the same spikes as the library's.",
    )


def synapse_step(r, spiked, tau_syn, dt):
    """One Euler step of the filter of spikes; r in 1/ms."""
    return r - dt / tau_syn * r + spiked / tau_syn


def check_synapse_step(function):
    """Check one step of the filter of spikes, ``function(r, spiked, tau_syn, dt)``, r in 1/ms."""
    rng = np.random.default_rng(5)
    tau, dt = 20.0, 0.1
    spikes = rng.random((3000, 3)) < 0.002
    spikes[100] = True

    def draw(expected, found):
        ax = draw_lines(dt * np.arange(1, len(spikes) + 1), expected, found, pick=np.s_[:, 0],
                        xlabel="time (ms)", ylabel="filtered spikes (1/ms)",
                        title="each spike adds 1/τ, which decays with τ")
        ax.legend(loc="upper right")

    check_step(
        function, synapse_step,
        (
            (lambda r, s, tau, dt: r - dt / tau * r + s,
             "a spike adds 1 / tau_syn, so that the area under it is 1, whatever tau_syn is."),
            (lambda r, s, tau, dt: r - dt / tau * r + s * dt / tau,
             "a spike is a delta: it adds 1 / tau_syn at once, without dt."),
            (lambda r, s, tau, dt: r + s / tau, "the decay is missing."),
            (lambda r, s, tau, dt: s / tau, "r must remember earlier spikes."),
            (lambda r, s, tau, dt: r + dt / tau * r + s / tau, "r must decay, not grow."),
        ),
        state=(np.zeros(3),), samples=[(spiked, tau, dt) for spiked in spikes],
        results=("the filtered spikes",), draw=draw, rtol=0.02, atol=1e-4,
        praise="each spike has the area 1.",
    )


def network_update(with_mu=True, **mistakes):
    """One RLS update of all rows of W with one P, right or with one of the usual mistakes."""
    def update(W, P, r, targets, mu):
        return rls_step(**mistakes)(W, P, r, targets - with_mu * mu)
    return update


def check_network_update(function):
    """Check an RLS update of a whole network, ``function(W, P, r, targets, mu)``.

    It returns the new (W, P); every neuron may have a synapse onto itself here, so that one P
    serves all of them as it is.
    """
    rng = np.random.default_rng(6)
    n, ridge, mu = 10, 0.5, 0.7
    rates = rng.random((50, n))
    targets = mu + 0.3 * rng.normal(size=(50, n))

    def draw(expected, found):
        _, ax = plt.subplots(figsize=(5, 5))
        wanted = expected[-1].ravel()
        low, high = wanted.min(), wanted.max()
        ax.plot([low, high], [low, high], color="0.6", label="equal")
        if found is not None:
            ax.plot(wanted, np.clip(found[-1].ravel(), 3 * low, 3 * high), "x",
                    color=COLOURS["vermilion"], label="yours")
        ax.set(xlabel="weight, library", ylabel="weight, yours", title="100 weights")
        ax.legend()

    check_step(
        function, network_update(),
        (
            (network_update(with_mu=False), "the constant input mu is missing in the error."),
            (network_update(transposed=True),
             "W is transposed: row i holds the inputs of neuron i."),
            (network_update(keep=True), "P never changed."),
            (network_update(sign=-1.0), "W moves away from the targets: check the sign."),
            (network_update(one=0.0), "the 1 in 1 / (1 + r · k) is missing."),
        ),
        state=(rng.normal(size=(n, n)), np.eye(n) / ridge),
        samples=[(r, f, mu) for r, f in zip(rates, targets, strict=True)],
        results=("the new W", "the new P"), draw=draw, first=5,
        praise="with one P every neuron learns its own target.",
    )
