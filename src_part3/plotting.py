"""Plots of Part 3. Those of the earlier parts are offered here as well."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np

from src_part1.common.validation import check_type
from src_part2.plotting import (
    COLOURS,
    CONDITION_COLOURS,
    OUTPUT,
    TARGET,
    condition_styles,
    plot_histogram,
    plot_learning_curve,
    plot_population,
    plot_traces,
    plot_trial_spread,
    use_course_style,
)
from src_part3.balance import REGULAR_BELOW, SYNCHRONOUS_ABOVE, StatePlane
from src_part3.perturbations import DistractorResult, LesionStudy

__all__ = [
    "COLOURS",
    "CONDITION_COLOURS",
    "EXCITATORY",
    "INHIBITORY",
    "OUTPUT",
    "TARGET",
    "condition_styles",
    "plot_correlations",
    "plot_distractors",
    "plot_ei_raster",
    "plot_feedforward",
    "plot_histogram",
    "plot_input_balance",
    "plot_learning_curve",
    "plot_lesions",
    "plot_matching",
    "plot_population",
    "plot_rate_distribution",
    "plot_rate_sweep",
    "plot_rate_to_input",
    "plot_state_plane",
    "plot_traces",
    "plot_trial_spread",
    "use_course_style",
]

EXCITATORY, INHIBITORY = COLOURS["vermilion"], COLOURS["blue"]
# Bars of one colour come with different hatches, as lines do with different styles.
_HATCHES = ("", "//", "xx", "..", "\\\\", "--", "||", "oo")
_POPULATIONS = (("E", EXCITATORY), ("I", INHIBITORY))


def _axes(ax):
    return plt.subplots()[1] if ax is None else ax


def _inside(window, trial):
    """The window, or one as long as possible that ends with the trial if it reaches beyond it."""
    start, stop = window
    beyond = max(0.0, stop - trial.duration)
    return max(0.0, start - beyond), stop - beyond


def plot_input_balance(trial, external_input, probe=0, *, window=(500.0, 800.0), v_th=1.0, ax=None):
    """Draw the large inputs of one neuron that cancel, and what is left against threshold.

    Parameters
    ----------
    trial : Trial
        A trial with probes.
    external_input : float
        External input of the neuron (voltage); it is drawn as part of the excitation.
    probe : int, optional
        Which of the probes.
    window : tuple of float, optional
        Time shown (ms), moved to the end of a shorter trial.
    v_th : float, optional
        Threshold.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _axes(ax)
    window = _inside(window, trial)
    dt = trial.recorder.dt
    first, last = (round(t / dt) for t in window)
    time = dt * (np.arange(first, last) + 1)
    exc, inh, plastic, _ = np.moveaxis(trial.recorder.traces[first:last, probe], -1, 0)
    ax.plot(time, external_input + exc, color=EXCITATORY, linewidth=1, label="external + E")
    ax.plot(time, inh, color=INHIBITORY, linewidth=1, label="I")
    total = external_input + exc + inh + plastic
    ax.plot(time, total, color="black", linewidth=1.2, label="total")
    ax.axhline(v_th, color="0.5", linestyle="--", linewidth=1, label="threshold")
    ax.set(xlabel="time (ms)", ylabel="input (voltage)", xlim=window)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncol=4, fontsize="small")
    return ax


def plot_ei_raster(trial, n_exc, *, n_shown=100, window=None, ax=None):
    """Draw the spikes of some E neurons and of as many I neurons above them.

    Parameters
    ----------
    trial : Trial
        A trial with spikes.
    n_exc : int
        Number of excitatory neurons, which come first.
    n_shown : int, optional
        Neurons shown of each kind, taken evenly.
    window : tuple of float, optional
        Time shown (ms), moved to the end of a shorter trial; the whole trial by default.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _axes(ax)
    start, stop = (0.0, trial.duration) if window is None else _inside(window, trial)
    # A spike has the time at the end of its step.
    inside = (trial.spike_times > start) & (trial.spike_times <= stop)
    times, neurons = trial.spike_times[inside], trial.spike_ids[inside]
    base = 0
    ranges = ((0, n_exc), (n_exc, trial.n_neurons))
    for (name, colour), (first, end) in zip(_POPULATIONS, ranges, strict=True):
        chosen = np.unique(np.linspace(first, end - 1, n_shown).astype(int))
        row = np.full(trial.n_neurons, -1)
        row[chosen] = base + np.arange(chosen.size)
        shown = row[neurons] >= 0
        ax.plot(times[shown], row[neurons[shown]], ".", color=colour, markersize=2.5, label=name)
        base += chosen.size
    ax.set(xlabel="time (ms)", ylabel="neuron", xlim=(start, stop), ylim=(-1, base))
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), markerscale=4)
    return ax


def plot_rate_distribution(rates, n_exc, *, expected=None, ax=None):
    """Draw how firing rates are distributed over E and over I neurons.

    Parameters
    ----------
    rates : ndarray, shape (n_neurons,)
        Rates (Hz).
    n_exc : int
        Number of excitatory neurons.
    expected : ndarray, shape (2,), optional
        Mean rates of theory, drawn as triangles.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _axes(ax)
    parts = rates[:n_exc], rates[n_exc:]
    bins = np.linspace(0, np.percentile(rates, 99.5), 41)
    for i, ((name, colour), part) in enumerate(zip(_POPULATIONS, parts, strict=True)):
        ax.hist(part, bins, histtype="step", linewidth=2.5, color=colour,
                label=f"{name}: mean {part.mean():.1f} Hz")
        ax.axvline(part.mean(), color=colour, linestyle="--", linewidth=1)
        if expected is not None:
            ax.plot(expected[i], 0, "^", color=colour, markersize=11, clip_on=False, zorder=5,
                    label=f"{name}, theory: {expected[i]:.1f} Hz")
    ax.set(xlabel="firing rate (Hz)", ylabel="number of neurons", xlim=(0, bins[-1]))
    ax.legend()
    return ax


def plot_correlations(correlations, n_bins, *, ax=None):
    """Draw how correlations of pairs are distributed, against independent neurons.

    Parameters
    ----------
    correlations : ndarray, shape (n_pairs,)
        Correlations of spike counts.
    n_bins : int
        Number of bins over which they were computed.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _axes(ax)
    sd = 1 / np.sqrt(n_bins)
    bins = np.linspace(-5, 5, 61) * sd
    ax.hist(correlations, bins, density=True, color="0.7",
            label=f"measured: mean {correlations.mean():.4f}")
    density = np.exp(-((bins / sd) ** 2) / 2) / np.sqrt(2 * np.pi) / sd
    ax.plot(bins, density, color="black", label="independent neurons")
    ax.set(xlabel="correlation of spike counts", ylabel="density of pairs")
    ax.legend()
    return ax


def plot_rate_sweep(sweep, *, ax=None, xlabel="K, E inputs of a neuron", logarithmic=False):
    """Draw simulated rates along a sweep beside both theories.

    Parameters
    ----------
    sweep : RateSweep
        The sweep.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    xlabel : str, optional
        What was changed.
    logarithmic : bool, optional
        Whether the horizontal axis is logarithmic.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _axes(ax)
    for i, (name, colour) in enumerate(_POPULATIONS):
        ax.plot(sweep.values, sweep.leading_order[:, i], "--", color=colour, linewidth=1.2,
                label=f"{name}, balance equations")
        ax.plot(sweep.values, sweep.mean_field[:, i], color=colour, label=f"{name}, mean field")
        ax.plot(sweep.values, sweep.simulated[:, i], "o", color=colour, markersize=8,
                label=f"{name}, simulated")
    ax.set(xlabel=xlabel, ylabel="mean rate (Hz)", ylim=(0, None))
    if logarithmic:
        ax.set_xscale("log")
        ax.set_xticks(sweep.values, [f"{value:g}" for value in sweep.values], minor=False)
        ax.minorticks_off()
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize="small")
    return ax


def plot_state_plane(plane, *, course_network=None, ax=None):
    """Draw Brunel's plane: colour for irregularity, in each field the state and the E rate.

    Parameters
    ----------
    plane : StatePlane
        What was measured.
    course_network : tuple of float, optional
        ``(drive, j_ei)`` of a network to mark by a frame, at the nearest field.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. States are asynchronous or synchronous (A, S), irregular or regular (I, R); a
        line runs around the asynchronous irregular ones, the balanced state. Fields in which
        inhibition does not hold the rates are hatched.
    """
    check_type("plane", plane, StatePlane)
    ax = plt.subplots(figsize=(9, 5.5))[1] if ax is None else ax
    colours = plt.get_cmap("cividis").with_extremes(bad="0.8")
    image = ax.imshow(plane.cv, vmin=0, vmax=1, cmap=colours, aspect="auto", origin="lower")
    balanced = np.pad((plane.cv >= REGULAR_BELOW) & (plane.synchrony <= SYNCHRONOUS_ABOVE), 1)
    for (row, column), cv in np.ndenumerate(plane.cv):
        rate, synchrony = plane.rates[row, column, 0], plane.synchrony[row, column]
        if np.isnan(rate):
            ax.add_patch(plt.Rectangle((column - 0.5, row - 0.5), 1, 1, hatch="///",
                                       facecolor="white", edgecolor="0.6", linewidth=0))
            continue
        state = "silent"
        if np.isfinite(synchrony):
            state = "S" if synchrony > SYNCHRONOUS_ABOVE else "A"
            state += "?" if np.isnan(cv) else "R" if cv < REGULAR_BELOW else "I"
        ax.text(column, row, f"{state}\n{rate:.1f} Hz", ha="center", va="center",
                color="white" if cv < REGULAR_BELOW else "black")
    # The border runs between two fields of which one is balanced; the first index is the padding.
    rows, columns = np.nonzero(balanced[1:] != balanced[:-1])
    ax.hlines(rows - 0.5, columns - 1.5, columns - 0.5, color="black", linewidth=3)
    rows, columns = np.nonzero(balanced[:, 1:] != balanced[:, :-1])
    ax.vlines(columns - 0.5, rows - 1.5, rows - 0.5, color="black", linewidth=3)
    if course_network is not None:
        drive, j_ei = course_network
        column, row = np.abs(plane.drive - drive).argmin(), np.abs(plane.j_ei - j_ei).argmin()
        ax.add_patch(plt.Rectangle((column - 0.48, row - 0.47), 0.96, 0.94, fill=False,
                                   edgecolor=OUTPUT, linewidth=4))
    ax.set(xlabel="external input of E neurons over threshold",
           ylabel="inhibition onto E neurons, j_ei",
           xticks=range(plane.drive.size), xticklabels=[f"{x:g}" for x in plane.drive.round(2)],
           yticks=range(plane.j_ei.size), yticklabels=[f"{x:g}" for x in plane.j_ei])
    ax.figure.colorbar(image, ax=ax, label="CV of the intervals (0 clock, 1 Poisson)")
    return ax


def plot_rate_to_input(rates, inputs, *, ax=None, max_points=4000):
    """Draw which mean input stands for which recorded rate.

    Parameters
    ----------
    rates : ndarray
        Recorded rates (Hz), any shape.
    inputs : ndarray
        Targets for the mean input (voltage), the same shape.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    max_points : int, optional
        At most so many entries are drawn, taken evenly in order of the rate.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _axes(ax)
    order = np.argsort(rates, axis=None)
    chosen = order[np.linspace(0, order.size - 1, min(max_points, order.size)).astype(int)]
    ax.plot(rates.ravel()[chosen], inputs.ravel()[chosen], ".", color=TARGET, markersize=3)
    ax.axhline(1, color="0.5", linestyle="--", linewidth=1)
    ax.annotate("threshold", (ax.get_xlim()[1], 1), ha="right", va="bottom", color="0.4")
    ax.set(xlabel="recorded rate (Hz)", ylabel="mean input that causes it")
    return ax


def plot_matching(recorded, model, matched, *, ax=None):
    """Draw the rate of each model neuron against that of its recorded neuron.

    Parameters
    ----------
    recorded : ndarray, shape (n_recorded,)
        Mean recorded rates (Hz).
    model : ndarray, shape (n_exc,)
        Rates of the untrained model neurons (Hz).
    matched : ndarray of int, shape (n_recorded,)
        Model neuron of each recorded neuron.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _axes(ax)
    top = max(recorded.max(), model[matched].max()) * 1.05
    ax.plot([0, top], [0, top], color="0.6", linewidth=1, label="equal")
    ax.plot(recorded, model[matched], ".", color=OUTPUT, markersize=4,
            label=f"{len(matched)} pairs")
    ax.set(xlabel="recorded neuron (Hz)", ylabel="its model neuron, untrained (Hz)",
           xlim=(0, top), ylim=(0, top))
    ax.legend(loc="upper left")
    return ax


def plot_feedforward(feedforward_rates, *, n_shown=4, ax=None):
    """Draw the rates of some Poisson neurons, each condition in its style.

    Parameters
    ----------
    feedforward_rates : FeedforwardRates
        The rates.
    n_shown : int, optional
        Number of neurons, drawn above each other.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _axes(ax)
    rates = feedforward_rates.rates[:, :, :n_shown]
    if not rates.size:
        ax.text(0.5, 0.5, "no Poisson neurons", ha="center", transform=ax.transAxes)
    else:
        first, dt = feedforward_rates.start, feedforward_rates.dt
        time = dt * (first + np.arange(rates.shape[1]))
        for condition, style in zip(rates, condition_styles(len(rates)), strict=True):
            plot_traces(
                time, condition.T, spacing=float(rates.max()), ax=ax, colour=style["color"],
                linestyle=style["linestyle"],
            )
    ax.set(xlabel="time (ms)", ylabel="Poisson neuron")
    return ax


def plot_lesions(study, measure="median_correlation", *, ax=None):
    """Bars of one measure under all lesions, conditions beside each other.

    Parameters
    ----------
    study : LesionStudy
        The tests.
    measure : str, optional
        A measure of ``Evaluation.summary``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    check_type("study", study, LesionStudy)
    values = study.measure(measure)
    n_conditions = len(study.conditions)
    tall = 0.9 + max(0.42, 0.14 * n_conditions) * len(values)
    ax = plt.subplots(figsize=(9, tall))[1] if ax is None else ax
    height = 0.8 / n_conditions
    styles = condition_styles(n_conditions)
    for c, (name, style) in enumerate(zip(study.conditions, styles, strict=True)):
        places = np.arange(len(values)) + height * (c - (n_conditions - 1) / 2)
        ax.barh(places, values[:, c], 0.95 * height, color=style["color"],
                hatch=_HATCHES[c % len(_HATCHES)], edgecolor="white", label=name)
    ax.set(yticks=range(len(values)), yticklabels=list(study.lesions),
           xlabel=measure.replace("_", " "))
    ax.axvline(0, color="0.3", lw=1)
    ax.invert_yaxis()
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax


def plot_distractors(results, *, from_time=0.0, axes=None):
    """Ends of trials against the time of the distractor, a panel for each condition.

    Parameters
    ----------
    results : mapping of str to DistractorResult
        Results by name, all of the same conditions.
    from_time : float, optional
        Time that is drawn as 0 (ms), for example the end of the cue.
    axes : sequence of matplotlib.axes.Axes, optional
        Where to draw, one for each condition; a new figure by default.

    Returns
    -------
    sequence of matplotlib.axes.Axes
        The axes. Dots are single trials, those at "none" without a distractor; markers and bars
        are means and standard errors over trials.
    """
    check_type("results", results, Mapping)
    for name, result in results.items():
        check_type(f"results[{name!r}]", result, DistractorResult)
    conditions = next(iter(results.values())).conditions
    for name, result in results.items():
        if result.conditions != conditions:
            raise ValueError(
                f"results[{name!r}] must have the conditions {', '.join(conditions)}, "
                f"got {', '.join(result.conditions)}."
            )
    n = len(conditions)
    if axes is None:
        axes = plt.subplots(1, n, figsize=(2 + 4 * n, 4.2), sharey=True, squeeze=False)[1][0]
    if len(axes) != n:
        raise ValueError(f"axes must be {n}, one for each condition, got {len(axes)}.")
    times = np.unique(np.concatenate([r.times for r in results.values()])) - from_time
    step = np.diff(times).min(initial=np.ptp(times) or 100.0)
    none = times[0] - step
    styles = condition_styles(len(results))
    drawn = np.concatenate(
        [x.ravel() for r in results.values() for x in (r.undisturbed, r.positions)]
    )
    limits = min(drawn.min() - 0.05, -0.25), max(drawn.max() + 0.05, 1.25)
    for c, (ax, condition) in enumerate(zip(axes, conditions, strict=True)):
        for k, ((name, result), style) in enumerate(zip(results.items(), styles, strict=True)):
            aside = 0.12 * step * (k - (len(results) - 1) / 2)
            places = np.append(none, result.times - from_time) + aside
            ends = np.concatenate([result.undisturbed[c][None], result.positions[c]])
            mean, error = ends.mean(axis=1), ends.std(axis=1, ddof=1) / np.sqrt(ends.shape[1])
            ax.plot(np.repeat(places, ends.shape[1]), ends.ravel(), ".", color=style["color"],
                    alpha=0.3, zorder=1)
            bars = {"marker": "o", "capsize": 4} | style
            ax.errorbar(places[1:], mean[1:], error[1:], **bars, label=name)
            ax.errorbar(places[:1], mean[:1], error[:1], **bars)
        for level in (0, 1):
            ax.axhline(level, color="0.3", lw=1)
        ax.set(xlabel="time of the distractor (ms)", title=condition, ylim=limits,
               xticks=[none, *times], xticklabels=["none", *(f"{t:g}" for t in times)])
    axes[0].set_ylabel("end: 0 own, 1 other condition")
    axes[-1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return axes
