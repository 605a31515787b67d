"""Plots of Part 3. All those of Parts 1 and 2 are offered here as well."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from src_part1.plotting import axes_or_new
from src_part2 import plotting as _part2
from src_part2.plotting import *  # noqa: F403
from src_part2.plotting import COLOURS, OUTPUT, TARGET, condition_styles, plain, plot_traces
from src_part3.balance import REGULAR_BELOW, SYNCHRONOUS_ABOVE

__all__ = [
    *_part2.__all__,
    "EXCITATORY",
    "INHIBITORY",
    "plot_correlations",
    "plot_ei_raster",
    "plot_feedforward",
    "plot_input_balance",
    "plot_lesions",
    "plot_matching",
    "plot_rate_distribution",
    "plot_rate_sweep",
    "plot_rate_to_input",
    "plot_state_plane",
]

EXCITATORY, INHIBITORY = COLOURS["vermilion"], COLOURS["blue"]
# Bars of one colour come with different hatches, as lines do with different styles.
_HATCHES = ("", "//", "xx", "..", "\\\\", "--", "||", "oo")
_POPULATIONS = (("E", EXCITATORY), ("I", INHIBITORY))


def _inside(window, trial):
    """The window, or one as long as possible that ends with the trial if it reaches beyond it."""
    start, stop = window
    beyond = max(0.0, stop - trial.duration)
    return max(0.0, start - beyond), stop - beyond


def plot_input_balance(trial, external_input, probe=0, *, window=(500.0, 800.0), v_th=1.0, ax=None):
    """Draw the large inputs of one neuron that cancel, and what is left against threshold.

    ``trial`` has probes, of which ``probe`` is drawn; ``external_input`` (voltage) counts as
    excitation; ``window`` (ms) moves to the end of a shorter trial.
    """
    ax = axes_or_new(ax)
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
    """Draw the spikes of some E neurons, the first ``n_exc``, and of I neurons above them.

    ``n_shown`` of each kind are taken evenly. ``window`` (ms) moves to the end of a shorter trial;
    by default it is the whole trial.
    """
    ax = axes_or_new(ax)
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
    """Draw how rates (n_neurons,; Hz) are distributed over E, the first ``n_exc``, and I neurons.

    ``expected`` are the mean rates of a theory (E, I), drawn as triangles.
    """
    ax = axes_or_new(ax)
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
    """Draw correlations (n_pairs,) of counts in ``n_bins`` bins, against independent neurons."""
    ax = axes_or_new(ax)
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
    """Draw the simulated rates of a `RateSweep` beside both theories."""
    ax = axes_or_new(ax)
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
    """Draw Brunel's plane, a `StatePlane`: colour is irregularity, words are the state and E rate.

    States are asynchronous or synchronous (A, S), irregular or regular (I, R); a line runs around
    the asynchronous irregular ones, the balanced state. Fields in which inhibition does not hold
    the rates are hatched. ``course_network``, the ``(drive, j_ei)`` of a network, is marked by a
    frame if the plane has a field within 5% of it.
    """
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
        if np.allclose((plane.drive[column], plane.j_ei[row]), course_network, rtol=0.05):
            ax.add_patch(plt.Rectangle((column - 0.48, row - 0.47), 0.96, 0.94, fill=False,
                                       edgecolor=OUTPUT, linewidth=4))
    ax.set(xlabel="external input of E neurons over threshold",
           ylabel="inhibition onto E neurons, j_ei",
           xticks=range(plane.drive.size), xticklabels=[f"{x:g}" for x in plane.drive.round(2)],
           yticks=range(plane.j_ei.size), yticklabels=[f"{x:g}" for x in plane.j_ei])
    ax.figure.colorbar(image, ax=ax, label="CV of the intervals (0 clock, 1 Poisson)")
    return ax


def plot_rate_to_input(rates, inputs, *, ax=None, max_points=4000):
    """Draw which mean input (voltage) stands for which recorded rate (Hz), arrays of one shape.

    At most ``max_points`` entries are drawn, taken evenly in order of the rate.
    """
    ax = axes_or_new(ax)
    order = np.argsort(rates, axis=None)
    chosen = order[np.linspace(0, order.size - 1, min(max_points, order.size)).astype(int)]
    ax.plot(rates.ravel()[chosen], inputs.ravel()[chosen], ".", color=TARGET, markersize=3)
    ax.axhline(1, color="0.5", linestyle="--", linewidth=1)
    ax.annotate("threshold", (ax.get_xlim()[1], 1), ha="right", va="bottom", color="0.4")
    ax.set(xlabel="recorded rate (Hz)", ylabel="mean input that causes it")
    return ax


def plot_matching(recorded, model, matched, *, ax=None):
    """Draw the rate (Hz) of each recorded neuron's model neuron against its own.

    ``recorded`` is (n_recorded,), ``model`` (n_exc,) before learning, and ``matched`` (n_recorded,)
    the number of the model neuron of each.
    """
    ax = axes_or_new(ax)
    top = max(recorded.max(), model[matched].max()) * 1.05
    ax.plot([0, top], [0, top], color="0.6", linewidth=1, label="equal")
    ax.plot(recorded, model[matched], ".", color=OUTPUT, markersize=4,
            label=f"{len(matched)} pairs")
    ax.set(xlabel="recorded neuron (Hz)", ylabel="its model neuron, untrained (Hz)",
           xlim=(0, top), ylim=(0, top))
    ax.legend(loc="upper left")
    return ax


def plot_feedforward(feedforward_rates, *, n_shown=4, ax=None):
    """Draw some Poisson neurons of `FeedforwardRates`, each condition in its style."""
    ax = axes_or_new(ax)
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


def plot_lesions(values, names, conditions, *, ax=None):
    """Bars of a measure under each lesion, conditions beside each other.

    ``values`` is (n_lesions, n_conditions), as `LesionStudy.measure` returns them, or that of
    several sets (n_sets, ...): then bars are means, and lines reach from the lowest to the highest.
    """
    values = np.array(values, ndmin=3)
    n = len(conditions)
    tall = 0.9 + max(0.42, 0.14 * n) * len(names)
    ax = plt.subplots(figsize=(9, tall))[1] if ax is None else ax
    mean, height = values.mean(axis=0), 0.8 / n
    reach = np.array([mean - values.min(axis=0), values.max(axis=0) - mean])
    for c, (name, style) in enumerate(zip(conditions, condition_styles(n), strict=True)):
        places = np.arange(len(names)) + height * (c - (n - 1) / 2)
        ax.barh(places, mean[:, c], 0.95 * height, color=style["color"], edgecolor="white",
                hatch=_HATCHES[c % len(_HATCHES)], label=plain(name),
                xerr=reach[..., c] if len(values) > 1 else None,
                error_kw={"lw": 2, "capsize": 3})
    ax.set(yticks=range(len(names)), yticklabels=map(plain, names))
    ax.axvline(0, color="0.3", lw=1)
    ax.invert_yaxis()
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax
