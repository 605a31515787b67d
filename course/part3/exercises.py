"""Self-checks of the exercises of Part 3: what is wrong, and the expected plot."""

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
from course.part3.demos import demo_balance
from src_part1.plotting import COLOURS
from src_part2.siegert import siegert_mean_input, siegert_rate
from src_part2.statistics import firing_rates, interval_cv
from src_part3.balance import in_degrees, leading_order_rates
from src_part3.network import build_network
from src_part3.parameters import BalancedNetworkParameters, TrialParameters
from src_part3.trials import run_trial

_REGULAR = 0.5
# Inhibition onto E neurons of five networks whose rates are to be predicted.
_STRENGTHS = (-1.2, -0.75, -0.5, -0.35, -0.25)
_SIGMA = 0.31


def check_regime(j_ei):
    """Check a strength of inhibition with which E neurons fire regularly; None is not chosen."""
    def judge(value):
        value = expect_number(value, "my_j_ei")
        if not -0.75 <= value <= -0.19:
            raise Wrong(f"my_j_ei must lie between -0.75 and -0.19, got {value:g}.")
        p = BalancedNetworkParameters(j_ei=value)
        trial = run_trial(
            build_network(p, np.random.default_rng(0), precision="float32"),
            TrialParameters(duration=2000.0, stim_on=0.0, stim_off=0.0, cue_amplitude=0.0),
            np.random.default_rng(1), spikes=True,
        )
        cv = float(np.nanmedian(interval_cv(trial)[: p.n_exc]))
        rate = firing_rates(trial)[: p.n_exc].mean()
        if cv >= _REGULAR:
            raise Wrong(
                f"E neurons fire at {rate:.0f} Hz with a CV of {cv:.2f}: still irregular. "
                "Weaken inhibition further.", value,
            )
        return value

    # Without an attempt the network of the course, which fires irregularly: no answer is shown.
    check_attempt(
        j_ei, judge, lambda value: demo_balance(**({} if value is None else {"j_ei": value})),
        praise="the network fires regularly.",
    )


def check_balanced_rates(function):
    """Check a solver of the two balance equations, ``function(total, external)``; rates in Hz."""
    networks = [BalancedNetworkParameters(j_ei=strength) for strength in _STRENGTHS]
    expected = np.array([leading_order_rates(p) for p in networks])

    def judge(solve):
        rates = []
        for p in networks:
            given = p.weights * in_degrees(p), p.external_input[[0, -1]]
            copies = [a.copy() for a in given]
            rates.append(expect_array(solve(*copies), (2,), "the rates"))
            expect_unchanged(given, copies, ("total", "external"))
        transposed = [
            -1000 * np.linalg.solve((p.weights * in_degrees(p)).T, p.external_input[[0, -1]])
            for p in networks
        ]
        e, i = rates[1]
        return compare(np.array(rates), expected, (
            (-expected, "the sign is wrong: the recurrent input cancels the external one."),
            (expected / 1000, "these are spikes per ms: in Hz they are 1000 times as large."),
            (expected[:, ::-1], "E and I are swapped: rows of total are receivers, E first."),
            (transposed, "total was transposed: its rows are receivers, columns senders."),
        ), f"for j_ei = {_STRENGTHS[1]:g} the rates should be {expected[1, 0]:.1f} and "
           f"{expected[1, 1]:.1f} Hz, got {e:.1f} and {i:.1f} Hz.")

    def draw(rates):
        _, ax = plt.subplots(figsize=(8, 4))
        for i, (name, colour) in enumerate((("E", "vermilion"), ("I", "blue"))):
            at = np.arange(len(networks)) + 0.4 * i - 0.2
            ax.bar(at, expected[:, i], 0.38, color=COLOURS[colour], hatch="/" * 2 * i,
                   edgecolor="white", label=f"{name}, expected")
            if rates is not None:
                ax.plot(at, rates[:, i], "kx", ms=12, mew=3, label="yours" if i else None)
        ax.set(xticks=range(len(networks)), xticklabels=_STRENGTHS, ylabel="rate (Hz)",
               xlabel="inhibition onto E neurons, j_ei", title="rates that balance all inputs")
        ax.legend()

    check_attempt(function, judge, draw, praise="these rates cancel all large inputs.")


def check_target_input(function):
    """Check an inverse of Siegert's formula, ``function(rates, sigma)``: Hz to mean input."""
    rates = np.geomspace(0.2, 80.0, 60)
    expected = siegert_mean_input(rates, _SIGMA)

    def judge(invert):
        given = rates.copy()
        mean = expect_array(invert(given, _SIGMA), rates.shape, "the mean input")
        expect_unchanged([rates], [given], ["rates"])
        difference = np.abs(mean - expected)
        if difference.max() < 0.005:
            return mean
        if np.allclose(mean, np.sort(mean)[::-1]) and mean[0] > mean[-1]:
            raise Wrong("more input means a higher rate, but yours falls.", mean)
        # Beyond its ends a table gives its first and its last value.
        if mean[0] == mean[1]:
            raise Wrong(f"low rates all get {mean[0]:.3g}: the table must begin further below the "
                        "threshold.", mean)
        if mean[-1] == mean[-2]:
            raise Wrong(f"high rates all get {mean[-1]:.3g}: the table must reach further up.",
                        mean)
        if np.median(difference) < 0.05:
            raise Wrong("nearly: the table is too coarse (errors above 0.005).", mean)
        worst = difference.argmax()
        raise Wrong(
            f"a rate of {rates[worst]:.1f} Hz needs a mean input of {expected[worst]:.3f}, yours "
            f"is {mean[worst]:.3f}, at which the neuron fires at "
            f"{siegert_rate(mean[worst], _SIGMA):.1f} Hz.", mean,
        )

    def draw(mean):
        ax = draw_lines(rates, expected, mean, xscale="log", xlabel="rate (Hz)",
                        ylabel="mean input (voltage)",
                        title="the mean input that makes a neuron fire at a rate")
        ax.legend()

    check_attempt(function, judge, draw, praise="every rate gets the mean input that causes it.")


def rls_update(one_slot=False, both=False, **mistakes):
    """Textbook RLS, right or with one of the usual mistakes."""
    def update(w, P, recurrent, shared, condition, target):
        x = np.zeros(w.size)
        x[: recurrent.size] = recurrent
        x[recurrent.size + (0 if one_slot else condition * shared.size) :][: shared.size] = shared
        if both:
            x[recurrent.size :] = np.tile(shared, 2)
        return rls_step(**mistakes)(w, P, x, target)
    return update


def check_rls_update(function):
    """Check an RLS update, ``function(w, P, recurrent, shared, condition, target)``.

    It returns the new (w, P), with weights of their own for each of two conditions.
    """
    rng = np.random.default_rng(3)
    n_own, n_shared, ridge = 4, 5, 0.5
    n_all = n_own + 2 * n_shared

    def draw(expected, found):
        ax = draw_points(expected, found, pick=-1,
                         xlabel="weight: 4 recurrent, 5 of condition 1, 5 of condition 2",
                         ylabel="value", title="the weights of one neuron after 80 updates")
        for edge in (n_own, n_own + n_shared):
            ax.axvline(edge - 0.5, color="0.7", ls=":")
        ax.legend()

    check_step(
        function, rls_update(),
        (
            (rls_update(one_slot=True),
             "both conditions use the same places of r: what one learns, the other overwrites."),
            (rls_update(both=True),
             "r holds the Poisson neurons in the places of both conditions: those of the other "
             "condition must be zero."),
            (rls_update(keep=True), "P never changed: its update is missing."),
            (rls_update(sign=-1.0),
             "the error has the wrong sign: w must move towards the target."),
            (rls_update(grow=-1.0), "P grew, but each sample makes it smaller: check the sign."),
            (rls_update(one=0.0), "the 1 in c = 1 / (1 + r . k) is missing."),
            (rls_update(with_c=False),
             "c = 1 / (1 + r . k) was left out: both steps are too large."),
        ),
        state=(np.concatenate([rng.normal(size=n_own), np.zeros(2 * n_shared)]),
               np.eye(n_all) / ridge),
        samples=[(rng.random(n_own), rng.random(n_shared), k % 2, rng.normal())
                 for k in range(80)],
        results=("the new w", "the new P"), draw=draw, first=4,
        hint=f"r must have a place for each of the {n_all} weights: {n_own} recurrent ones and "
             f"{n_shared} for each of the two conditions.",
        praise="the same weights as the library's, which needs one matrix for all neurons.",
    )


def check_corrected_correlation(function):
    """Check a corrected correlation by halves, ``function(even_mean, odd_mean, target)``."""
    rng = np.random.default_rng(11)
    time = np.linspace(0, 1, 400)
    target = np.sin(2 * np.pi * time)
    signal = np.sin(2 * np.pi * time + 0.45)  # a correlation of cos(0.45) = 0.90
    noise = np.linspace(0.1, 1.2, 8)
    halves = [signal + s * rng.normal(size=(2, time.size)) for s in noise]

    def corrected(even, odd):
        r = np.corrcoef((even + odd) / 2, target)[0, 1]
        rho = np.corrcoef(even, odd)[0, 1]
        return r, rho, r / np.sqrt(2 * rho / (1 + rho))

    plain, split, expected = np.array([corrected(*pair) for pair in halves]).T

    def judge(correct):
        given = [(even.copy(), odd.copy()) for even, odd in halves]
        values = np.array(
            [expect_number(correct(*pair, target.copy()), "the corrected correlation")
             for pair in given]
        )
        reliability = 2 * split / (1 + split)
        return compare(values, expected, (
            (plain, "this is the plain correlation r: divide it by the root of the reliability."),
            (plain / reliability, "the square root is missing."),
            (plain / np.sqrt(split),
             "rho belongs to half of the trials: the mean over all has 2 rho / (1 + rho)."),
            (plain * np.sqrt(reliability),
             "divide by the root of the reliability, do not multiply."),
        ), f"with the strongest noise {expected[-1]:.2f} was expected, got {values[-1]:.2f}.")

    def draw(values):
        _, ax = plt.subplots(figsize=(8, 4))
        ax.axhline(np.cos(0.45), color="0.6", ls=":", label="without noise")
        ax.plot(noise, plain, "s--", color=COLOURS["blue"], label="plain")
        ax.plot(noise, expected, "o-", color="0.6", ms=12, lw=5, label="corrected, expected")
        if values is not None:
            ax.plot(noise, values, "x", color=COLOURS["vermilion"], ms=11, mew=3, label="yours")
        ax.set(xlabel="noise of the mean over half of the trials", ylabel="correlation",
               ylim=(0, 1.25), title="noise hides a correlation; two halves reveal it")
        ax.legend(loc="lower left", ncols=2)

    check_attempt(function, judge, draw, praise="noise no longer hides what was learned.")


def _noise_prior(X, D, y, kappa, ridge):
    rows = D.reshape(-1, D.shape[2])
    S = X.T @ X + kappa / (len(D) - 1) * rows.T @ rows + ridge * np.eye(X.shape[1])
    return np.linalg.solve(S, X.T @ y)


def check_noise_prior(function):
    """Check a regression whose prior is the noise of trials, ``function(X, D, y, kappa, ridge)``.

    X (n_times, n_inputs) is the mean over trials, D (n_trials, n_times, n_inputs) the deviations
    from it, y (n_times,) the target; the result are the weights (n_inputs,).
    """
    rng = np.random.default_rng(5)
    n_trials, n_times, n_inputs, kappa, ridge = 12, 60, 8, 0.3, 0.5
    time = np.linspace(0, 1, n_times)
    y = np.sin(2 * np.pi * time)
    slow = np.sin(np.outer(time, np.pi * np.arange(1, n_inputs + 1)) + rng.normal(size=n_inputs))
    # The inputs that carry most of the signal are also the noisiest.
    X = slow + np.outer(y, np.linspace(0, 1, n_inputs))
    D = rng.normal(size=(n_trials, n_times, n_inputs)) * np.linspace(0.2, 2.5, n_inputs)
    D -= D.mean(axis=0)
    expected = _noise_prior(X, D, y, kappa, ridge)

    def judge(solve):
        given = X.copy(), D.copy(), y.copy()
        try:
            weights = solve(*given, kappa, ridge)
        except ValueError as error:
            raise Wrong(
                f"S must have a row and a column for each of the {n_inputs} inputs: X.T @ X, and "
                "not X @ X.T; and D has to become a table with a row for each trial and time. "
                f"(NumPy: {str(error).split(', with gufunc')[0]})"
            ) from error
        expect_unchanged((X, D, y), given, ("X", "D", "y"))
        if np.shape(weights) == (n_times,):
            raise Wrong(
                f"{n_times} numbers, one for each time: is X transposed? S = X.T @ X has a row for "
                "each input, and the result is one weight for each input."
            )
        weights = expect_array(weights, (n_inputs,), "the weights")
        scaled = np.sqrt(n_trials - 1) * D
        return compare(weights, expected, (
            (_noise_prior(X, 0 * D, y, kappa, ridge),
             "the noise is left out: the deviations D belong into S, with the factor "
             "kappa / (n - 1)."),
            (_noise_prior(X, D, y, kappa, 0.0),
             "lambda is left out: add ridge times the identity to S."),
            (_noise_prior(X, 0 * D, y, kappa, 0.0), "both the noise and lambda are left out."),
            (_noise_prior(X, scaled, y, kappa, ridge),
             "the deviations are not scaled: their sum of squares over n trials is n - 1 times the "
             "variance."),
            (_noise_prior(X, scaled / np.sqrt(n_trials), y, kappa, ridge),
             "nearly: the variance over trials divides by n - 1, and not by n."),
            (_noise_prior(X, D / np.sqrt(n_times), y, kappa, ridge),
             "the variance is averaged over time, but the errors are summed: take the sum over "
             "time for both."),
            (_noise_prior(X, np.sqrt(kappa) * D, y, kappa, ridge),
             "kappa acts twice: multiply the products by kappa, or the rows by its root."),
            (_noise_prior(X, D / np.sqrt(kappa), y, kappa, ridge),
             "kappa is missing: it says how much the noise counts against the error."),
        ), f"the largest difference of a weight is {np.abs(weights - expected).max():.2g}: compare "
           "S and b with the formula.")

    def draw(weights):
        _, ax = plt.subplots(figsize=(8, 4.2))
        ax.plot(time, y, color="black", lw=3.5, label="target y")

        def output(w, colour, name, line):
            noise = (D @ w).std(axis=0, ddof=1).mean()
            ax.plot(time, X @ w, color=colour, ls=line, lw=2.5, label=f"{name}: noise {noise:.2f}")

        plain = _noise_prior(X, 0 * D, y, kappa, ridge)
        output(plain, COLOURS["blue"], "without the noise in S", ":")
        output(expected, "0.55", "expected", "-")
        if weights is not None and np.abs(weights).max() < 1e3:
            output(weights, COLOURS["vermilion"], "yours", "--")
        ax.set(xlabel="time", ylabel="w · r, mean over trials",
               title="noise: standard deviation of w · r over trials")
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

    check_attempt(
        function, judge, draw,
        praise="the fit is a little worse, and much less noise comes with it.",
    )
