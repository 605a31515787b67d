"""Plots of Part 1. Each function takes results, draws on ``ax`` and returns the Axes."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from src_part1.common.validation import check_integer

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
    """Return line properties that tell conditions apart, in colour and in grey.

    Parameters
    ----------
    n_conditions : int
        Number of conditions.

    Returns
    -------
    list of dict
        ``color`` and ``linestyle`` for each condition, to be handed to ``Axes.plot``. The first
        four have the `CONDITION_COLOURS` and four different line styles. The first six differ in
        colour, all others up to 24 in colour or line style; then they repeat.

    Raises
    ------
    TypeError, ValueError
        If ``n_conditions`` is negative or not a whole number.
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


def _axes(ax):
    return plt.subplots()[1] if ax is None else ax


def plot_traces(time, traces, *, spacing=None, ax=None, colour=None, label=None, **line):
    """Draw several traces above each other.

    Parameters
    ----------
    time : ndarray of shape (n_time,)
        Time (ms).
    traces : ndarray of shape (n_traces, n_time)
        One row for each trace; the first is drawn at the bottom.
    spacing : float, optional
        Distance between the traces; by default the largest range of a trace.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    colour : str, optional
        Colour of all traces.
    label : str, optional
        Name in the legend, given once.
    **line
        Further arguments of ``Axes.plot``.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _axes(ax)
    traces = np.atleast_2d(traces)
    spacing = np.ptp(traces, axis=1).max() * 1.1 if spacing is None else spacing
    for row, trace in enumerate(traces):
        ax.plot(
            time, trace + row * spacing, color=colour, label=label if row == 0 else None, **line
        )
    ax.set(xlabel="time (ms)", yticks=spacing * np.arange(len(traces)))
    ax.set_yticklabels(np.arange(1, len(traces) + 1))
    ax.set_ylabel("unit")
    return ax


def plot_targets_and_outputs(time, targets, outputs, *, ax=None):
    """Draw targets (black) and what the network does (coloured) for a few units.

    Parameters
    ----------
    time : ndarray of shape (n_time,)
        Time (ms).
    targets, outputs : ndarray of shape (n_traces, n_time)
        One row for each unit shown.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    spacing = np.ptp(targets, axis=1).max() * 1.2
    ax = plot_traces(
        time, targets, spacing=spacing, ax=ax, colour=TARGET, label="target", linewidth=3.5
    )
    plot_traces(time, outputs, spacing=spacing, ax=ax, colour=OUTPUT, label="network")
    ax.legend(loc="lower right", ncols=2, bbox_to_anchor=(1.0, 0.99), fontsize=11)
    return ax


def plot_weights(weights, *, limit=None, ax=None, title="recurrent weights W"):
    """Show a weight matrix, rows are the receiving units.

    Parameters
    ----------
    weights : ndarray of shape (n_post, n_pre)
        Weights [post, pre].
    limit : float, optional
        Value of the deepest colour; by default the 99th percentile of the absolute weights.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title : str, optional
        Title of the panel.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _axes(ax)
    limit = np.percentile(np.abs(weights), 99) if limit is None else limit
    image = ax.imshow(weights, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="equal")
    ax.figure.colorbar(image, ax=ax, shrink=0.8, label="weight")
    ax.set(xlabel="from unit", ylabel="to unit", title=title)
    return ax


def plot_eigenvalues(weights, *, ax=None, radius=None, title="eigenvalues of W", **points):
    """Draw the eigenvalues of a weight matrix in the complex plane.

    Parameters
    ----------
    weights : ndarray of shape (n, n)
        Weights.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    radius : float, optional
        Draw the circle that random-matrix theory predicts (radius g).
    title : str, optional
        Title of the panel.
    **points
        Further arguments of ``Axes.plot``.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _axes(ax)
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
    """Draw how well outputs follow their targets against the loop.

    Parameters
    ----------
    curve : array_like of shape (n_loops, n_conditions) or (n_loops,)
        Correlations, or another measure of quality.
    names : sequence of str, optional
        Names of the conditions.
    ylabel : str, optional
        What the curve holds.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there are more or fewer names than conditions.
    """
    curve = np.asarray(curve)
    curve = curve[:, None] if curve.ndim == 1 else curve
    n_conditions = curve.shape[1]
    if names is not None and len(names) != n_conditions:
        raise ValueError(
            f"names must name the {n_conditions} conditions of the curve, got {len(names)}."
        )
    ax = _axes(ax)
    loops = np.arange(1, len(curve) + 1)
    labels = [None] * n_conditions if names is None else names
    for column, label, style in zip(curve.T, labels, condition_styles(n_conditions), strict=True):
        ax.plot(loops, column, marker=".", label=label, **style)
    if names is not None:
        ax.legend()
    ax.set(xlabel="loop", ylabel=ylabel, title="learning curve")
    return ax


def plot_population(time, rates, *, order=None, ax=None, title=""):
    """Show the rates of a population as an image, each neuron scaled to [0, 1].

    Parameters
    ----------
    time : ndarray of shape (n_time,)
        Time (ms).
    rates : ndarray of shape (n_neurons, n_time)
        Rates (Hz).
    order : ndarray of shape (n_neurons,), optional
        Order of the neurons from top to bottom; by default by the time of the largest rate.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title : str, optional
        Title of the panel.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _axes(ax)
    order = np.argsort(rates.argmax(axis=1)) if order is None else order
    low, high = rates.min(axis=1, keepdims=True), rates.max(axis=1, keepdims=True)
    scaled = (rates - low) / np.where(high > low, high - low, 1.0)
    image = ax.imshow(
        scaled[order], cmap="viridis", vmin=0, vmax=1,
        extent=(time[0], time[-1], len(rates), 0),
    )
    ax.figure.colorbar(image, ax=ax, shrink=0.8, label="rate (0 = lowest, 1 = highest)")
    ax.set(xlabel="time (ms)", ylabel="neuron", title=title)
    return ax


def plot_histogram(values_by_name, *, bins=None, ax=None, xlabel="correlation"):
    """Draw how a measure of quality is distributed over neurons, with its medians.

    Parameters
    ----------
    values_by_name : dict of str to ndarray
        Values for each name (a condition, say).
    bins : array_like, optional
        Edges; 40 bins over the range of the data by default.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    xlabel : str, optional
        What the values are.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; a sentence in them if no value is finite.
    """
    ax = _axes(ax)
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
        label = f"{name}: median {np.median(v):.3f}"
        ax.hist(v, bins, histtype="step", linewidth=2.5, label=label, **style)
        ax.axvline(np.median(v), linewidth=1, **style)
    ax.legend(loc="upper left")
    return ax


def plot_neuron(time, recorded, network, *, names, kind="recorded", ax=None):
    """Draw the rates of one neuron, recorded and of the network, in each condition.

    Parameters
    ----------
    time : ndarray of shape (n_time,)
        Time relative to the go cue (ms).
    recorded, network : ndarray of shape (n_conditions, n_time)
        Rates (Hz): thick pale lines and thin lines.
    names : sequence of str
        Names of the conditions.
    kind : str, optional
        How the legend calls the recorded rates.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _axes(ax)
    styles = condition_styles(len(names))
    for name, wanted, found, style in zip(names, recorded, network, styles, strict=True):
        ax.plot(time, wanted, color=style["color"], lw=5, alpha=0.35, label=f"{name}, {kind}")
        ax.plot(time, found, lw=1.8, label=f"{name}, network", **style)
    return ax


def plot_paths(recorded, network, *, names, kind="recorded", ax=None):
    """Draw the path of a population in the plane of its first two principal components.

    Parameters
    ----------
    recorded, network : ndarray of shape (n_conditions, n_neurons, n_time)
        Rates, in any unit that makes the neurons comparable. The components are those of the
        recorded rates, about their mean.
    names : sequence of str
        Names of the conditions.
    kind : str, optional
        How the legend calls the recorded rates.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _axes(ax)
    centre = recorded.mean(axis=(0, 2))[:, None]
    paths = np.concatenate(list(recorded - centre), axis=1)
    components = np.linalg.svd(paths, full_matrices=False)[0][:, :2].T
    styles = condition_styles(len(names))
    for name, wanted, found, style in zip(names, recorded, network, styles, strict=True):
        path = components @ (wanted - centre)
        ax.plot(*path, color=style["color"], lw=6, alpha=0.35, label=f"{name}, {kind}")
        path = components @ (found - centre)
        ax.plot(*path, label=f"{name}, network", **style)
        ax.plot(*path[:, 0], "o", color=style["color"])
    ax.set(xlabel="component 1", ylabel="component 2", title="path of the population (● start)")
    return ax


def plot_distractors(time, values_by_name, *, ylabel="end error", ax=None):
    """Draw what a distractor does against the time at which it comes.

    Parameters
    ----------
    time : ndarray of shape (n_times,)
        When the distractor begins, relative to the go cue (ms).
    values_by_name : dict of str to array_like of shape (n_networks, n_times)
        End errors or shares of switched trials, a row for each network. The mean is drawn, and
        bars of the standard error if there are several networks.
    ylabel : str, optional
        What the values are.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _axes(ax)
    styles = condition_styles(len(values_by_name))
    for (name, values), style in zip(values_by_name.items(), styles, strict=True):
        values = np.asarray(values)
        n_networks = len(values)
        bars = values.std(axis=0, ddof=1) / np.sqrt(n_networks) if n_networks > 1 else None
        ax.errorbar(time, values.mean(axis=0), bars, marker="o", capsize=3, label=name, **style)
    ax.axhline(0.0, color="0.6", linewidth=1, zorder=0)
    ax.set(xlabel="time of the distractor to the go cue (ms)", ylabel=ylabel)
    return ax
