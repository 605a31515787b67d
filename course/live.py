"""Plots that are drawn anew while a network learns, in one output of a notebook."""

from __future__ import annotations

import io
import time

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine

from course.stopping import running_shell
from src_part1.common.validation import check_array, check_integer, check_real
from src_part1.plotting import COLOURS, OUTPUT, TARGET, condition_styles, plain

_MARGINS = {"left": 0.06, "right": 0.97, "bottom": 0.17, "top": 0.78, "wspace": 0.28}
# Above the titles, where no line runs.
_LEFT = {"loc": "upper left", "bbox_to_anchor": (0.05, 1.0), "ncols": 2, "borderaxespad": 0.1}
_RIGHT = _LEFT | {"loc": "upper right", "bbox_to_anchor": (0.98, 1.0), "ncols": 4}


class LivePlot:
    """One picture of a training, drawn anew while the training runs.

    Use it in a ``with`` statement and pass it to the training, which calls it after each step. In
    Jupyter, Colab and VS Code the picture appears at the beginning, changes at most three times a
    second and in at most 8% of the time, and shows the last state at the end. Elsewhere only the
    last state is drawn, on a ``figure`` of pyplot. ``n_frames`` says how often it was drawn
    meanwhile, ``used`` how many seconds that took.

    A subclass has ``_prepare``, which draws axes and empty lines, and ``_draw(*state)``, which gets
    what the training passes and moves the lines.
    """

    share, interval = 0.08, 0.3  # of the time, and in seconds
    size = 13.0, 4.6  # inches

    def __init__(self):
        self.figure, self.n_frames, self.used = None, 0, 0.0
        self._state = self._handle = None

    def __enter__(self):
        # With "none" matplotlib 3.11 goes over to constrained layout at the second picture.
        options = {"figsize": self.size, "layout": PlaceHolderLayoutEngine(True, True)}
        live = _is_live()
        # A figure of pyplot would be shown by the notebook a second time.
        self.figure = Figure(**options) if live else plt.figure(**options)
        self._prepare()
        if live:
            self._show()
            begun = time.perf_counter()
            self._show()  # the first picture takes longer than all others
            self._cost = time.perf_counter() - begun
        self._begin = self._last = time.perf_counter()
        return self

    def __call__(self, *state):
        """Draw the state that the training passes, if there is time for it."""
        self._state = state
        now = time.perf_counter()
        due = self._handle is not None and now - self._last >= self.interval
        if due and self.used + self._cost <= self.share * (now - self._begin):
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

        written = io.BytesIO()
        self.figure.savefig(written, format="png", dpi=90)
        picture = Image(data=written.getvalue(), format="png")
        if self._handle is None:
            self._handle = display(picture, display_id=True)
        else:
            self._handle.update(picture)


def _is_live():
    """Whether this runs in a kernel, whose front end can change what it has shown."""
    return getattr(running_shell(), "kernel", None) is not None


class WatchForce(LivePlot):
    """Output and target (n_steps,) of FORCE, and how fast the readout still changes.

    The output is drawn from left to right, as on an oscilloscope, on pages of ``window`` ms; ``dt``
    (ms) is the time step. Pass it as ``after_update``.
    """

    def __init__(self, target, *, dt, window):
        super().__init__()
        self._target = check_array("target", target, ("n_steps",))
        self._dt = check_real("dt", dt, unit="ms", above=0)
        check_real("window", window, unit="ms", at_least=dt)
        self._n_shown = min(round(window / dt), self._target.size)

    def _prepare(self):
        self._left, self._right = self.figure.subplots(
            1, 2, width_ratios=(2, 1), gridspec_kw=_MARGINS
        )
        (self._target_line,) = self._left.plot([], [], color=TARGET, lw=3.5, label="target f")
        (self._output_line,) = self._left.plot([], [], color=OUTPUT, label="output z")
        low, high = self._target.min(), self._target.max()
        room = 0.2 * max(high - low, 1e-9)
        self._left.set(ylim=(low - room, high + room), xlabel="time of learning (ms)",
                       title="output while it is corrected")
        self.figure.legend(*self._left.get_legend_handles_labels(), **_LEFT)
        (self._change,) = self._right.semilogy([], [], color=COLOURS["blue"])
        self._right.set(xlabel="time of learning (ms)", ylabel="|change of w|",
                        title="how much the weights still change",
                        xlim=(0, self._target.size * self._dt))
        self._draw(np.empty(0), [])

    def _draw(self, output, changes):
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
            low, high = np.floor(np.log10([means.min(), 10 * means.max()]))  # whole decades
            self._right.set_ylim(10**low, 10**high)


class WatchLoops(LivePlot):
    """Targets and outputs of a few units, and the learning curve, of a training in loops.

    ``targets`` are (n_conditions, n_units, n_times) at ``times`` (ms); ``n_loops`` is how many
    loops there will be; ``units`` says which units are drawn, by default the first four. The other
    arguments are words: names of the conditions; what the curve holds (``ylabel``); what a unit is
    called (``unit``); the drawn units' names; and ``pale``, name and label of a second curve of the
    training, an attribute like ``train_correlation``. What is NaN is left out. Pass it as
    ``after_loop``.
    """

    def __init__(self, times, targets, n_loops, *, units=None, conditions=None,
                 ylabel="mean correlation", unit="unit", names=None, pale=None):
        super().__init__()
        self._targets = check_array("targets", targets, ("n_conditions", "n_units", "n_times"))
        self._times = check_array("times", times, (self._targets.shape[2],))
        self._n_loops = check_integer("n_loops", n_loops, at_least=1)
        n_conditions, n_units = self._targets.shape[:2]
        self._units = [check_integer("units", unit, at_least=0, at_most=n_units - 1)
                       for unit in (range(min(4, n_units)) if units is None else units)]
        self._names = self._units if names is None else names
        for what, called, n in (("conditions", conditions, n_conditions),
                                ("units", self._names, len(self._units))):
            if called is not None and len(called) != n:
                raise ValueError(f"the {n} {what} must have {n} names, got {len(called)}.")
        self._conditions = None if conditions is None else list(map(plain, conditions))
        self._ylabel, self._unit, self._pale = ylabel, unit, pale

    def _prepare(self):
        n_conditions, shown = len(self._targets), self._targets[:, self._units]
        *panels, self._right = self.figure.subplots(
            1, n_conditions + 1, width_ratios=[2 / n_conditions] * n_conditions + [1],
            gridspec_kw=_MARGINS,
        )
        spacing = 1.3 * max(np.ptp(shown, axis=2).max(), 1e-9)
        places = np.arange(len(self._units)) * spacing
        self._shift = places - shown.mean(axis=(0, 2))
        self._lines = []
        for c, ax in enumerate(panels):
            moved = (shown[c] + self._shift[:, None]).T
            targets = ax.plot(self._times, moved, color=TARGET, lw=3.5)
            outputs = [ax.plot([], [], color=OUTPUT)[0] for _ in self._units]
            self._lines.append(outputs)
            ax.set(xlabel="time in the trial (ms)", xlim=self._times[[0, -1]],
                   ylim=(-0.8 * spacing, (len(self._units) - 0.1) * spacing), yticks=places,
                   yticklabels=[plain(name) for name in self._names] if c == 0 else [],
                   title=self._conditions[c] if self._conditions else "")
        panels[0].set_ylabel(self._unit)
        self.figure.legend([targets[0], outputs[0]], ["target", "network"], **_LEFT)
        styles = condition_styles(n_conditions)
        names = self._conditions or [None] * n_conditions
        self._curves = [self._right.plot([], [], marker=".", label=name, **style)[0]
                        for name, style in zip(names, styles, strict=True)]
        self._pale_curves = [
            self._right.plot([], [], lw=5, alpha=0.3, color=style["color"],
                             label=self._pale[1] if c == 0 else None)[0]
            for c, style in enumerate(styles) if self._pale
        ]
        if self._pale:  # two curves leave no room in the panel
            self.figure.legend(*self._right.get_legend_handles_labels(), **_RIGHT)
        elif self._conditions is not None:
            self._right.legend(loc="lower right")
        self._right.set(xlabel="loop", ylabel=self._ylabel, title="learning curve",
                        xlim=(0, self._n_loops + 1), ylim=(-0.05, 1.05))

    def _draw(self, training):
        """Draw what a training passes after a loop: itself, or its result so far."""
        for name, lines in (("train_correlation", self._curves),
                            (self._pale and self._pale[0], self._pale_curves)):
            if not lines:
                continue
            curve = np.reshape(getattr(training, name), (-1, len(lines)))
            for line, column in zip(lines, curve.T, strict=True):
                line.set_data(np.arange(1, len(curve) + 1), column)
            self._right.set_xlim(0, max(self._n_loops, len(curve)) + 1)
            low = np.nanmin(curve) if np.isfinite(curve).any() else 0.0
            self._right.set_ylim(min(self._right.get_ylim()[0], np.floor(10 * low) / 10), 1.05)
        if training.last_outputs is not None:
            for lines, outputs in zip(self._lines, training.last_outputs, strict=True):
                for line, unit, shift in zip(lines, self._units, self._shift, strict=True):
                    line.set_data(self._times, outputs[unit] + shift)
