"""Plots that are drawn anew while a network learns, in one output of a notebook."""

from __future__ import annotations

import io
import sys
import time

import matplotlib.pyplot as plt
import numpy as np
import PIL.Image
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine

from src_part1.common.validation import check_array, check_integer, check_real
from src_part1.plotting import COLOURS, OUTPUT, TARGET, condition_styles

_SIZE = (13.0, 4.6)  # inches
_MARGINS = {"left": 0.06, "right": 0.97, "bottom": 0.17, "top": 0.78, "wspace": 0.25}
# Above the titles, where no line runs.
_LEGEND = {"loc": "upper left", "bbox_to_anchor": (0.05, 1.0), "ncols": 2, "borderaxespad": 0.1}
_RIGHT_LEGEND = _LEGEND | {"loc": "upper right", "bbox_to_anchor": (0.98, 1.0), "ncols": 4}


class LivePlot:
    """One picture of a training, drawn anew while the training runs.

    Use it in a ``with`` statement and pass it to the training, which calls it after each step. In
    Jupyter, Colab and VS Code the picture appears at the beginning, changes at most three times a
    second, and shows the last state at the end. Pictures that would take more than ``share`` of the
    time are left out. Where there is no such front end only the last state is drawn, on a figure of
    pyplot.

    A subclass has ``_prepare``, which draws what does not change and lists the lines that do in
    ``_moving``, and ``_draw(*state)``, which gets what the training passed and moves them.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The figure, from the beginning of the ``with`` statement on.
    n_frames : int
        How often it was drawn while the training ran.
    used : float
        Seconds that this took.
    """

    share = 0.08  # of the time since the beginning that drawing may take
    interval = 0.3  # seconds between two pictures, at least

    def __init__(self):
        self.figure, self.n_frames, self.used = None, 0, 0.0
        self._state, self._handle, self._cost = None, None, 0.0
        self._moving, self._background, self._limits = [], None, None

    def __enter__(self):
        live = _is_live()
        # With "none" matplotlib 3.11 goes over to constrained layout at the second picture.
        size = {"figsize": _SIZE, "layout": PlaceHolderLayoutEngine(True, True)}
        # A figure of pyplot would be shown by the notebook a second time.
        self.figure = Figure(**size) if live else plt.figure(**size)
        self._prepare()
        if live:
            FigureCanvasAgg(self.figure)
            for line in self._moving:
                line.set_animated(True)  # it is not part of the background
            self._show()
            begin = time.perf_counter()
            self._picture()
            self._cost = time.perf_counter() - begin
        self._begin = self._last = time.perf_counter()
        return self

    def __call__(self, *state):
        """Draw what the training has reached, if there is time for it.

        Parameters
        ----------
        *state
            What the training passes.
        """
        self._state = state
        if self._handle is None:
            return
        now = time.perf_counter()
        affordable = self.used + self._cost <= self.share * (now - self._begin)
        if affordable and now - self._last >= self.interval:
            self._draw(*state)
            self._show()
            self._last = time.perf_counter()
            self._cost = self._last - now
            self.used += self._cost
            self.n_frames += 1

    def __exit__(self, *error):
        if self._state is not None:
            self._draw(*self._state)
        if self._handle is not None:
            self._show()

    def _show(self):
        from IPython.display import Image, display  # here: a script needs no IPython

        picture = Image(data=self._picture(), format="png")
        if self._handle is None:
            self._handle = display(picture, display_id=True)
        else:
            self._handle.update(picture)

    def _picture(self):
        """Return the figure as a PNG. Axes and text take most of the time: drawn if they change."""
        canvas = self.figure.canvas
        limits = [ax.viewLim.bounds for ax in self.figure.axes]
        if limits != self._limits:
            canvas.draw()
            self._background = canvas.copy_from_bbox(self.figure.bbox)
            self._limits = limits
        canvas.restore_region(self._background)
        for line in self._moving:
            line.axes.draw_artist(line)
        written = io.BytesIO()
        pixels = np.asarray(canvas.buffer_rgba())[..., :3]
        PIL.Image.fromarray(pixels).save(written, format="png", compress_level=1)
        return written.getvalue()


def _is_live():
    """Whether this runs in a kernel, whose front end can change what it has shown."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


class WatchForce(LivePlot):
    """Output and target of FORCE, and how fast the readout still changes.

    The output is drawn from left to right, as on an oscilloscope; then a new page begins.

    Parameters
    ----------
    target : array_like of shape (n_steps,)
        Wanted output after each time step of the training.
    dt : float
        Time step (ms).
    window : float
        How much time a page shows (ms).

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value.
    """

    def __init__(self, target, *, dt, window):
        super().__init__()
        self._target = check_array("target", target, ("n_steps",))
        self._dt = check_real("dt", dt, unit="ms", above=0)
        check_real("window", window, unit="ms", at_least=dt)
        self._n_shown = min(round(window / dt), self._target.size)

    def _prepare(self):
        left, self._right = self.figure.subplots(1, 2, width_ratios=(2, 1), gridspec_kw=_MARGINS)
        (self._target_line,) = left.plot([], [], color=TARGET, lw=3.5, label="target f")
        (self._output_line,) = left.plot([], [], color=OUTPUT, label="output z")
        low, high = self._target.min(), self._target.max()
        room = 0.2 * max(high - low, 1e-9)
        left.set(ylim=(low - room, high + room), xlabel="time of learning (ms)",
                 title="output while it is corrected")
        self.figure.legend(*left.get_legend_handles_labels(), **_LEGEND)
        (self._change,) = self._right.semilogy([], [], color=COLOURS["blue"])
        self._right.set(xlabel="time of learning (ms)", ylabel="|change of w|",
                        title="how much the weights still change",
                        xlim=(0, self._target.size * self._dt))
        self._left = left
        self._moving = [self._target_line, self._output_line, self._change]
        self._draw(np.empty(0), [])

    def _draw(self, output, changes):
        """Draw what `train_force` passes after an update."""
        done, shown = output.size, self._n_shown
        first = max(0, done - 1) // shown * shown
        at = slice(first, first + shown)
        steps = np.arange(1, self._target.size + 1) * self._dt
        self._target_line.set_data(steps[at], self._target[at])
        self._output_line.set_data(steps[first:done], output[first:])
        self._left.set_xlim(first * self._dt, (first + shown) * self._dt)
        # Means over neighbours: single updates scatter by a factor of ten.
        each = max(1, len(changes) // 100)
        n_points = len(changes) // each
        means = np.reshape(changes[: n_points * each], (n_points, each)).mean(axis=1)
        means = np.maximum(means, np.finfo(float).tiny)
        self._change.set_data(
            (np.arange(n_points) + 0.5) * each * done / max(len(changes), 1) * self._dt, means
        )
        if n_points:
            # Whole decades, which seldom change.
            low, high = np.log10(means.min()), np.log10(means.max())
            self._right.set_ylim(10 ** np.floor(low), 10 ** np.floor(high + 1))


class WatchLoops(LivePlot):
    """Targets and outputs of a few units, and the learning curve, of a training in loops.

    Parameters
    ----------
    times : array_like of shape (n_times,)
        When the targets are compared (ms).
    targets : array_like of shape (n_conditions, n_units, n_times)
        The targets.
    n_loops : int
        How many loops there will be.
    units : sequence of int, optional
        Which units are drawn; the first four by default.
    conditions : sequence of str, optional
        Names of the conditions.
    ylabel : str, optional
        What the learning curve holds.
    unit : str, optional
        What a unit is called.
    names : sequence, optional
        What the drawn units are called; their numbers by default.
    pale : tuple of str, optional
        Name and label of a second curve of the training, an attribute like ``train_correlation``,
        which is drawn in pale lines; what is NaN in it is left out.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value.
    """

    def __init__(self, times, targets, n_loops, *, units=None, conditions=None,
                 ylabel="mean correlation", unit="unit", names=None, pale=None):
        super().__init__()
        self._targets = check_array("targets", targets, ("n_conditions", "n_units", "n_times"))
        self._times = check_array("times", times, (self._targets.shape[2],))
        self._n_loops = check_integer("n_loops", n_loops, at_least=1)
        n_conditions, n_units = self._targets.shape[:2]
        units = range(min(4, n_units)) if units is None else units
        self._units = [
            check_integer("units", unit, at_least=0, at_most=n_units - 1) for unit in units
        ]
        if conditions is not None and len(conditions) != n_conditions:
            raise ValueError(
                f"conditions must name the {n_conditions} conditions of the targets, got "
                f"{len(conditions)}."
            )
        if names is not None and len(names) != len(self._units):
            raise ValueError(f"names must name {len(self._units)} units, got {len(names)}.")
        self._conditions, self._ylabel = conditions, ylabel
        self._unit, self._names, self._pale = unit, self._units if names is None else names, pale

    def _prepare(self):
        n_conditions, shown = len(self._targets), self._targets[:, self._units]
        *panels, self._right = self.figure.subplots(
            1, n_conditions + 1, width_ratios=[2 / n_conditions] * n_conditions + [1],
            gridspec_kw=_MARGINS | {"wspace": 0.32},
        )
        self._spacing = 1.3 * max(np.ptp(shown, axis=2).max(), 1e-9)
        middle = shown.mean(axis=(0, 2))
        self._shift = np.arange(len(self._units)) * self._spacing - middle
        self._lines = []
        for c, ax in enumerate(panels):
            for k, target in enumerate(shown[c]):
                ax.plot(self._times, target + self._shift[k], color=TARGET, lw=3.5,
                        label="target" if k == 0 else None)
            self._lines.append([
                ax.plot([], [], color=OUTPUT, label="network" if k == 0 else None)[0]
                for k in range(len(self._units))
            ])
            ax.set(xlabel="time in the trial (ms)", xlim=self._times[[0, -1]],
                   ylim=(-0.8 * self._spacing, (len(self._units) - 0.1) * self._spacing),
                   yticks=np.arange(len(self._units)) * self._spacing)
            ax.set_yticklabels(self._names if c == 0 else [])
            if self._conditions is not None:
                ax.set_title(self._conditions[c])
        panels[0].set_ylabel(self._unit)
        self.figure.legend(*panels[0].get_legend_handles_labels(), **_LEGEND)
        names = self._conditions or [None] * n_conditions
        self._curves = [
            self._right.plot([], [], marker=".", label=name, **style)[0]
            for name, style in zip(names, condition_styles(n_conditions), strict=True)
        ]
        self._pale_curves = []
        if self._pale is not None:
            self._pale_curves = [
                self._right.plot([], [], lw=5, alpha=0.3, color=style["color"],
                                 label=self._pale[1] if c == 0 else None)[0]
                for c, style in enumerate(condition_styles(n_conditions))
            ]
        if self._pale is not None:  # two curves leave no room in the panel
            self.figure.legend(*self._right.get_legend_handles_labels(), **_RIGHT_LEGEND)
        elif self._conditions is not None:
            self._right.legend(loc="lower right")
        self._moving = [*sum(self._lines, []), *self._pale_curves, *self._curves]
        self._right.set(xlabel="loop", ylabel=self._ylabel, title="learning curve",
                        xlim=(0, self._n_loops + 1), ylim=(-0.05, 1.05))

    def _draw(self, training):
        """Draw what a training passes after a loop: itself, or its result so far."""
        curve = np.reshape(training.train_correlation, (-1, len(self._targets)))
        loops = np.arange(1, len(curve) + 1)
        self._right.set_xlim(0, max(self._n_loops, len(curve)) + 1)
        for line, column in zip(self._curves, curve.T, strict=True):
            line.set_data(loops, column)
        if self._pale is not None:
            pale = np.reshape(getattr(training, self._pale[0]), (-1, len(self._targets)))
            for line, column in zip(self._pale_curves, pale.T, strict=True):
                line.set_data(np.arange(1, len(pale) + 1), column)
        if len(curve):
            self._right.set_ylim(min(-0.05, np.floor(10 * curve.min()) / 10), 1.05)
        if training.last_outputs is None:
            return
        for lines, outputs in zip(self._lines, training.last_outputs, strict=True):
            for line, unit, shift in zip(lines, self._units, self._shift, strict=True):
                line.set_data(self._times, outputs[unit] + shift)


