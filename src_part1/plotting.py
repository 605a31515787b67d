"""Plots of Part 1. Each function takes results, draws on ``ax`` and returns the Axes.

Names that a user gave (of conditions, neurons, networks) pass through `plain`, so that they are
drawn as they are.
"""

from __future__ import annotations

import functools
import warnings

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import font_manager

from src_part1.common.validation import check_integer

__all__ = [
    "COLOURS",
    "CONDITION_COLOURS",
    "OUTPUT",
    "TARGET",
    "condition_styles",
    "plain",
    "plot_distractors",
    "plot_eigenvalues",
    "plot_histogram",
    "plot_learning_curve",
    "plot_neuron",
    "plot_paths",
    "plot_population",
    "plot_targets_and_outputs",
    "plot_traces",
    "plot_weights",
    "use_course_style",
]

# Okabe & Ito's palette, distinguishable with every common form of colour blindness.
COLOURS = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "purple": "#CC79A7",
}
TARGET, OUTPUT = COLOURS["black"], COLOURS["vermilion"]
CONDITION_COLOURS = (COLOURS["blue"], COLOURS["vermilion"], COLOURS["green"], COLOURS["purple"])
# Black is the target's, and yellow is too pale for a line.
_LINE_COLOURS = (*CONDITION_COLOURS, COLOURS["orange"], COLOURS["sky"])
_LINE_STYLES = ("-", "--", ":", "-.")


def condition_styles(n_conditions):
    """Line properties that tell conditions apart, in colour and in grey.

    A list of dicts with ``color`` and ``linestyle`` for ``Axes.plot``. The first four have the
    `CONDITION_COLOURS` and four line styles. The first six differ in colour, all others up to 24 in
    colour or line style; then they repeat.
    """
    n_conditions = check_integer("n_conditions", n_conditions, at_least=0)
    n_colours, n_styles = len(_LINE_COLOURS), len(_LINE_STYLES)
    return [
        # Each time the colours are through, the line styles are moved on by one.
        {"color": _LINE_COLOURS[i % n_colours],
         "linestyle": _LINE_STYLES[(i + i // n_colours) % n_styles]}
        for i in range(n_conditions)
    ]


def use_course_style():
    """Set matplotlib's defaults for plots that can be read from the last row."""
    plt.rcParams.update({
        "figure.figsize": (9.0, 4.0),
        "figure.dpi": 90,
        "figure.constrained_layout.use": True,
        "font.size": 13,
        "axes.titlesize": 13,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": plt.cycler(color=[c for n, c in COLOURS.items() if n != "yellow"]),
        "legend.frameon": False,
        "lines.linewidth": 1.8,
        "image.aspect": "auto",
        "image.interpolation": "nearest",
    })
    if "inline" in plt.get_backend():
        # A cell's end draws its figures to show them. The hook that the backend brings along would
        # draw them before, in vain.
        plt.switch_backend(plt.get_backend())
        plt.uninstall_repl_displayhook()


def plain(text):
    """Return a user's text such that matplotlib draws it as it is, in a label, title or legend.

    A dollar sign begins no formula, and an underscore at the beginning hides nothing from a legend.
    If the font lacks a letter, the first installed one that has it is added to
    ``rcParams["font.family"]``. If there is none, a warning says so, and the letter's code is
    drawn: "U+5DE6" for "左".
    """
    text, own, lost = str(text), _letters(font_manager.findfont(None)), ""
    for letter in dict.fromkeys(text):
        if ord(letter) in own or not letter.isprintable():
            continue
        font = next((f.name for f in _fonts() if ord(letter) in _letters(f.fname)), None)
        if font is None:
            lost += letter
            text = text.replace(letter, f"[U+{ord(letter):04X}]")
        elif font not in plt.rcParams["font.family"]:
            plt.rcParams["font.family"] = [*plt.rcParams["font.family"], font]
    if lost:
        warnings.warn(
            f"No font of this computer has {lost}: plots show codes instead. Install a font with "
            "these letters, for example Noto Sans CJK, and restart the kernel.", stacklevel=2,
        )
    text = text.replace("$", r"\$")
    return f"\u200b{text}" if text.startswith("_") else text  # a space without width


def _fonts():
    """Installed fonts that are upright and neither bold nor light."""
    return [f for f in font_manager.fontManager.ttflist
            if f.style == "normal" and f.weight == 400 and "Last Resort" not in f.name]


@functools.cache
def _letters(path):
    return frozenset(font_manager.get_font(path).get_charmap())


def axes_or_new(ax):
    """``ax``, or the axes of a new figure if it is None."""
    return plt.subplots()[1] if ax is None else ax


def plot_traces(time, traces, *, spacing=None, ax=None, colour=None, label=None, **line):
    """Draw traces (n_traces, n_time) against time (n_time,; ms) above each other, from the bottom.

    ``spacing`` is the distance between two of them, by default the largest range of a trace;
    ``label`` stands in the legend once; ``line`` goes to ``Axes.plot``.
    """
    ax = axes_or_new(ax)
    traces = np.atleast_2d(traces)
    spacing = np.ptp(traces, axis=1).max() * 1.1 if spacing is None else spacing
    for row, trace in enumerate(traces):
        ax.plot(
            time, trace + row * spacing, color=colour, label=label if row == 0 else None, **line
        )
    ax.set(xlabel="time (ms)", ylabel="unit", yticks=spacing * np.arange(len(traces)),
           yticklabels=range(1, len(traces) + 1))
    return ax


def plot_targets_and_outputs(time, targets, outputs, *, ax=None):
    """Draw targets (black) and what the network does (coloured), both (n_traces, n_time)."""
    spacing = np.ptp(targets, axis=1).max() * 1.2
    ax = plot_traces(
        time, targets, spacing=spacing, ax=ax, colour=TARGET, label="target", linewidth=3.5
    )
    plot_traces(time, outputs, spacing=spacing, ax=ax, colour=OUTPUT, label="network")
    ax.legend(loc="lower right", ncols=2, bbox_to_anchor=(1.0, 0.99), fontsize=11)
    return ax


def plot_weights(weights, *, limit=None, ax=None, title="recurrent weights W"):
    """Show a matrix of weights [post, pre]; the deepest colour is at ``limit`` and beyond.

    By default this is the 99th percentile of the absolute weights.
    """
    ax = axes_or_new(ax)
    limit = np.percentile(np.abs(weights), 99) if limit is None else limit
    image = ax.imshow(weights, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="equal")
    ax.figure.colorbar(image, ax=ax, shrink=0.8, label="weight")
    ax.set(xlabel="from unit", ylabel="to unit", title=title)
    return ax


def plot_eigenvalues(weights, *, ax=None, radius=None, title="eigenvalues of W", **points):
    """Draw the eigenvalues of weights (n, n) in the complex plane, and a line where activity lasts.

    ``radius`` draws a circle: random weights of gain g fill one of radius g; ``points`` goes to
    ``Axes.plot``.
    """
    ax = axes_or_new(ax)
    values = np.linalg.eigvals(weights)
    style = {"marker": ".", "linestyle": "none", "color": COLOURS["blue"]} | points
    ax.plot(values.real, values.imag, **style)
    if radius is not None:
        angle = np.linspace(0, 2 * np.pi, 200)
        ax.plot(radius * np.cos(angle), radius * np.sin(angle), color="0.5", linewidth=1)
    ax.axvline(1.0, color=COLOURS["vermilion"], linestyle="--", linewidth=1)
    ax.set(xlabel="real part", ylabel="imaginary part", title=title)
    ax.set_aspect("equal", adjustable="datalim")
    return ax


def plot_learning_curve(curve, *, names=None, ylabel="mean correlation", ax=None):
    """Draw a measure of quality, (n_loops,) or (n_loops, n_conditions), against the loop."""
    curve = np.asarray(curve)
    curve = curve[:, None] if curve.ndim == 1 else curve
    n_conditions = curve.shape[1]
    if names is not None and len(names) != n_conditions:
        raise ValueError(
            f"names must name the {n_conditions} conditions of the curve, got {len(names)}."
        )
    ax = axes_or_new(ax)
    labels = [None] * n_conditions if names is None else map(plain, names)
    for column, label, style in zip(curve.T, labels, condition_styles(n_conditions), strict=True):
        ax.plot(np.arange(1, len(curve) + 1), column, marker=".", label=label, **style)
    if names is not None:
        ax.legend()
    ax.set(xlabel="loop", ylabel=ylabel, title="learning curve")
    return ax


def plot_population(time, rates, *, order=None, ax=None, title=""):
    """Show rates (n_neurons, n_time) as an image, each neuron scaled to [0, 1].

    ``order`` lists the neurons from top to bottom, by default by the time of the largest rate.
    """
    ax = axes_or_new(ax)
    order = np.argsort(rates.argmax(axis=1)) if order is None else order
    low, high = rates.min(axis=1, keepdims=True), rates.max(axis=1, keepdims=True)
    scaled = (rates - low) / np.where(high > low, high - low, 1.0)
    image = ax.imshow(
        scaled[order], cmap="viridis", vmin=0, vmax=1,
        extent=(time[0], time[-1], len(rates), 0),
    )
    ax.figure.colorbar(image, ax=ax, shrink=0.8, label="rate (0 = lowest, 1 = highest)")
    ax.set(xlabel="time (ms)", ylabel="neuron", title=plain(title))
    return ax


def plot_histogram(values_by_name, *, bins=None, ax=None, xlabel="correlation"):
    """Draw how values are distributed over neurons, with their medians; what is NaN is left out.

    ``values_by_name`` has an array for each name (a condition, say); ``bins`` are edges, by default
    40 bins over the range of all values. If no value is finite, a sentence says so.
    """
    ax = axes_or_new(ax)
    ax.set(xlabel=xlabel, ylabel="neurons")
    values = {name: v[np.isfinite(v)] for name, v in values_by_name.items()}
    everything = np.concatenate([np.empty(0), *values.values()])
    if not everything.size:
        ax.text(0.5, 0.5, f"no {xlabel} is defined,\nbecause nothing varies", ha="center",
                va="center", transform=ax.transAxes)
        return ax
    if bins is None:
        bins = np.linspace(everything.min(), everything.max(), 41)
    for (name, v), style in zip(values.items(), condition_styles(len(values)), strict=True):
        if not v.size:
            continue
        label = f"{plain(name)}: median {np.median(v):.3f}"
        ax.hist(v, bins, histtype="step", linewidth=2.5, label=label, **style)
        ax.axvline(np.median(v), linewidth=1, **style)
    ax.legend(loc="upper left")
    return ax


def plot_neuron(time, recorded, network, *, names, kind="recorded", ax=None):
    """Draw one neuron's rates (n_conditions, n_time; Hz): recorded pale and thick, network thin.

    ``names`` are those of the conditions; ``kind`` is what the legend calls the recorded rates.
    """
    ax = axes_or_new(ax)
    styles = condition_styles(len(names))
    for name, wanted, found, style in zip(names, recorded, network, styles, strict=True):
        ax.plot(time, wanted, color=style["color"], lw=5, alpha=0.35,
                label=f"{plain(name)}, {kind}")
        ax.plot(time, found, lw=1.8, label=f"{plain(name)}, network", **style)
    return ax


def plot_paths(recorded, network, *, names, kind="recorded", ax=None):
    """Draw paths of a population in the plane of the recorded rates' first two components.

    ``recorded`` and ``network`` are (n_conditions, n_neurons, n_time), in any unit that makes the
    neurons comparable; ``names`` and ``kind`` are as in `plot_neuron`.
    """
    ax = axes_or_new(ax)
    centre = recorded.mean(axis=(0, 2))[:, None]
    paths = np.concatenate(list(recorded - centre), axis=1)
    components = np.linalg.svd(paths, full_matrices=False)[0][:, :2].T
    styles = condition_styles(len(names))
    for name, wanted, found, style in zip(names, recorded, network, styles, strict=True):
        ax.plot(*components @ (wanted - centre), color=style["color"], lw=6, alpha=0.35,
                label=f"{plain(name)}, {kind}")
        path = components @ (found - centre)
        ax.plot(*path, label=f"{plain(name)}, network", **style)
        ax.plot(*path[:, 0], "o", color=style["color"])
    ax.set(xlabel="component 1", ylabel="component 2", title="path of the population (● start)")
    return ax


def plot_distractors(time, values_by_name, *, ylabel="end error", dots=False, ax=None):
    """Draw what a distractor does against the time at which it comes (n_times,; ms).

    ``values_by_name`` has an array (n, n_times) for each name, a row for each network or trial:
    their mean is drawn, and bars of its standard error if n > 1; with ``dots`` each value as well.
    """
    ax = axes_or_new(ax)
    time, styles = np.asarray(time, dtype=float), condition_styles(len(values_by_name))
    # Names stand beside each other where their values might be equal.
    step = np.diff(np.unique(time)).min(initial=np.ptp(time) or 100.0) if dots else 0.0
    for k, ((name, values), style) in enumerate(zip(values_by_name.items(), styles, strict=True)):
        values, at = np.asarray(values), time + 0.12 * step * (k - (len(styles) - 1) / 2)
        n = len(values)
        bars = values.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else None
        if dots:
            ax.plot(np.tile(at, n), values.ravel(), ".", color=style["color"], alpha=0.3, zorder=1)
        ax.errorbar(at, values.mean(axis=0), bars, marker="o", capsize=3, label=plain(name),
                    **style)
    ax.axhline(0.0, color="0.6", linewidth=1, zorder=0)
    ax.set(xlabel="time of the distractor (ms)", ylabel=ylabel)
    return ax
