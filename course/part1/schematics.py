"""Schematics: who sends to whom, and when, with the numbers of the parameters that they are given.

One symbol for one thing in all parts. A circle is a population; a black trace is a target, a
vermilion one what the network makes of it. Green is what learns, grey what is fixed. An arrow ends
in a head where it excites or may do either, and in a disc where it inhibits.
"""

from __future__ import annotations

import io

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle

from src_part1.common.validation import check_type
from src_part1.parameters import ForceParameters, TrialTiming
from src_part1.plotting import COLOURS, CONDITION_COLOURS, OUTPUT, TARGET
from src_part1.recordings import Recordings
from src_part1.recordings.importers.alm_files import CONDITIONS
from src_part1.training import RateTask

LEARNS, FIXED, CUE = COLOURS["green"], "0.55", COLOURS["sky"]
# The palette's purple and green, dark enough for letters.
_ERROR, _LEARNS_IN_WORDS = "#9C4A7E", "#00795A"
_LETTERS = 13
_UNITS_SHOWN = 3


class Schematic:
    """A drawing that a notebook shows as vector graphics, and `save` writes to a file.

    Its coordinates are inches from the lower left corner.

    Parameters
    ----------
    width, height : float
        Size (inches).
    title : str
        What it shows; also the title of the vector graphics, which screen readers tell.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The drawing.
    ax : matplotlib.axes.Axes
        Its only axes, as large as the figure.
    """

    def __init__(self, width, height, title):
        self.title = title
        self.figure = Figure(
            (width, height), facecolor="white", layout=PlaceHolderLayoutEngine(True, True)
        )
        FigureCanvasAgg(self.figure)
        self.ax = self.figure.add_axes((0, 0, 1, 1))
        self.ax.set(xlim=(0, width), ylim=(0, height))
        self.ax.set_axis_off()
        self.text(0.15, height - 0.27, title, ha="left", size=_LETTERS + 1, weight="bold")

    def __repr__(self):
        return f"Schematic({self.title!r})"

    def _repr_mimebundle_(self, include=None, exclude=None):
        # The picture in points is for what shows no vector graphics.
        return {
            "image/svg+xml": self._written("svg").decode(), "image/png": self._written("png"),
            "text/plain": repr(self),
        }

    def _written(self, kind):
        written = io.BytesIO()
        metadata = {"Title": self.title, "Date": None} if kind == "svg" else None
        # The same letters on every machine, and the same file for the same drawing.
        with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": self.title}):
            self.figure.savefig(written, format=kind, dpi=90, metadata=metadata)
        return written.getvalue()

    def save(self, path):
        """Write the drawing to a file.

        Parameters
        ----------
        path : str or pathlib.Path
            Where; the ending says in which format.
        """
        self.figure.savefig(path)

    def text(self, x, y, words, *, colour="black", ha="center", va="center", size=_LETTERS, **font):
        """Write words at a point.

        Parameters
        ----------
        x, y : float
            Where.
        words : str
            What.
        colour : str, optional
            Colour of the letters.
        ha, va : str, optional
            Which side of the words the point is.
        size : float, optional
            Size of the letters (points).
        **font
            Further properties of ``Axes.text``.
        """
        self.ax.text(x, y, words, color=colour, ha=ha, va=va, size=size, **font)

    def population(self, x, y, radius, *, colour=FIXED, units=0, **patch):
        """Draw a circle with some units in it.

        Parameters
        ----------
        x, y, radius : float
            Centre and size.
        colour : str, optional
            Colour of the rim and of the units.
        units : int, optional
            How many to draw; their places are always the same.
        **patch
            Further properties of the circle.
        """
        self.ax.add_patch(
            Circle((x, y), radius, **{"facecolor": "white", "edgecolor": colour, "lw": 2} | patch)
        )
        # A sunflower's seeds: even, without a pattern that would mean something.
        number = np.arange(units)
        distance = 0.82 * radius * np.sqrt((number + 0.5) / max(units, 1))
        angle = number * np.pi * (3 - np.sqrt(5))
        self.ax.plot(x + distance * np.cos(angle), y + distance * np.sin(angle), "o", ms=5,
                     color=colour, linestyle="none")

    def arrow(self, start, end, *, colour=FIXED, inhibits=False, width=2.0, bend=0.0, **patch):
        """Draw a connection.

        Parameters
        ----------
        start, end : tuple of float
            Where it leaves and where it ends.
        colour : str, optional
            Its colour.
        inhibits : bool, optional
            Whether it ends in a disc.
        width : float, optional
            Of the line (points).
        bend : float, optional
            How far it is bent, as a share of its length.
        **patch
            Further properties of the line.
        """
        self.ax.add_patch(FancyArrowPatch(
            start, end, arrowstyle="-" if inhibits else "-|>", mutation_scale=9 + 4 * width,
            connectionstyle=f"arc3,rad={bend}", color=colour, lw=width,
            **{"shrinkA": 0, "shrinkB": 0} | patch,
        ))
        if inhibits:
            self.ax.plot(*end, "o", ms=5 + 2.2 * width, color=colour)

    def path(self, points, *, colour=FIXED, width=2.0, **patch):
        """Draw a connection with corners, which ends in an arrow.

        Parameters
        ----------
        points : sequence of tuple of float
            Its corners, from start to end.
        colour : str, optional
            Its colour.
        width : float, optional
            Of the line (points).
        **patch
            Further properties of the arrow.
        """
        style = patch.get("linestyle", "-")
        self.ax.plot(*zip(*points[:-1], strict=True), color=colour, lw=width, ls=style,
                     solid_joinstyle="miter")
        self.arrow(points[-2], points[-1], colour=colour, width=width, **patch)

    def box(self, x, y, width, height, words="", *, colour="black", **patch):
        """Draw a box with words in it.

        Parameters
        ----------
        x, y, width, height : float
            Centre and size.
        words : str, optional
            What stands in it.
        colour : str, optional
            Of rim and words.
        **patch
            Further properties of the box.
        """
        self.ax.add_patch(FancyBboxPatch(
            (x - width / 2, y - height / 2), width, height,
            boxstyle="round,pad=0,rounding_size=0.12",
            **{"facecolor": "white", "edgecolor": colour, "lw": 2} | patch,
        ))
        if words:
            self.text(x, y, words, colour=colour)

    def trace(self, x, y, width, height, values, colour, *, line=2.5):
        """Draw a course of time into a place, as large as it fits.

        Parameters
        ----------
        x, y, width, height : float
            Centre and size of the place.
        values : array_like of shape (n,)
            The course.
        colour : str
            Its colour.
        line : float, optional
            Width of the line (points).
        """
        values = np.asarray(values, dtype=float)
        spread = np.ptp(values)
        scaled = (values - values.min()) / spread - 0.5 if spread else np.zeros(values.size)
        along = np.linspace(-0.5, 0.5, values.size)
        self.ax.plot(x + width * along, y + height * scaled, color=colour, lw=line)


def draw_force_loop(force_parameters):
    """Draw the loop of original FORCE: network, readout, target, error, RLS and feedback.

    Parameters
    ----------
    force_parameters : ForceParameters
        Number of units, gain and time between two updates.

    Returns
    -------
    Schematic
        The drawing.

    Raises
    ------
    TypeError
        If the argument is something else.
    """
    p = check_type("force_parameters", force_parameters, ForceParameters)
    s = Schematic(11.0, 3.9, "FORCE: only the readout learns, and its output is fed back")
    s.population(2.0, 1.85, 1.25, units=28)
    for start, end in (((1.35, 2.2), (2.2, 2.6)), ((2.6, 2.3), (2.3, 1.3)), ((1.3, 1.3), (1.6, 2))):
        s.arrow(start, end, width=1.5, bend=0.3)
    s.text(2.0, 0.32, f"{p.n_units} units, weights J fixed, g = {p.gain:g}")
    s.population(6.15, 1.85, 0.4, colour=OUTPUT)
    s.text(6.15, 1.85, "z", colour=OUTPUT, size=18, style="italic")
    s.arrow((3.3, 1.85), (5.7, 1.85), colour=LEARNS, width=4)
    s.text(4.5, 1.58, "readout weights learn", colour=LEARNS)
    s.path([(6.15, 1.42), (6.15, 0.8), (3.3, 0.8), (2.95, 1.03)])
    s.text(4.75, 0.57, "feedback weights, fixed", colour="0.35")
    s.arrow((6.6, 1.85), (8.2, 1.85), colour=OUTPUT)
    wave = np.linspace(0, 2 * np.pi, 80)
    wave = np.sin(wave) + 0.6 * np.sin(2 * wave) + 0.5 * np.sin(3 * wave)
    s.trace(7.35, 1.4, 1.1, 0.4, wave + 0.1 * np.sin(25 * wave), OUTPUT)
    s.text(7.35, 2.1, "output z", colour=OUTPUT)
    s.arrow((10.6, 1.85), (9.15, 1.85), colour=TARGET)
    s.trace(9.95, 1.4, 1.1, 0.4, wave, TARGET)
    s.text(9.95, 2.1, "target f", colour=TARGET)
    s.box(8.67, 1.85, 0.85, 0.55, "z − f", colour=_ERROR)
    s.path([(8.67, 2.13), (8.67, 3.0), (5.6, 3.0)], colour=_ERROR)
    s.text(7.15, 3.23, "error e", colour=_ERROR)
    s.box(4.5, 3.0, 2.1, 0.62, f"RLS, every {p.learn_every:g} ms", colour=LEARNS)
    s.arrow((4.5, 2.68), (4.5, 2.0), colour=LEARNS, linestyle="--")
    return s


def draw_every_unit(task):
    """Draw a network of which every unit follows a target of its own.

    Parameters
    ----------
    task : RateTask
        Targets and times; the traces are the targets of the first units in the first condition.

    Returns
    -------
    Schematic
        The drawing.

    Raises
    ------
    TypeError
        If the argument is something else.
    """
    check_type("task", task, RateTask)
    n, timing = task.network_parameters.n_units, task.timing
    s = Schematic(11.0, 4.3, "Every unit follows its own target: no readout, no feedback loop")
    s.population(2.95, 1.85, 1.3)
    s.arrow((0.3, 1.85), (1.6, 1.85), colour=CUE, width=3)
    s.text(0.9, 2.15, "cue")
    s.text(0.9, 1.55, f"{timing.stim_off - timing.stim_on:g} ms")
    shown = min(_UNITS_SHOWN, n)
    numbers = [*range(1, shown), n]
    heights = 1.85 + 0.8 * (np.arange(shown)[::-1] - (shown - 1) / 2)
    places = [(3.45 + 0.25 * (0 < k < shown - 1), y) for k, y in enumerate(heights)]
    others = [(2.25, 2.4), (2.0, 1.65), (2.5, 1.05)]
    for k, place in enumerate(others):
        seen, following = places[k % shown], others[(k + 1) % 3]
        for start, end in ((place, following), (place, seen), (seen, others[(k + 2) % 3])):
            s.arrow(start, end, colour=LEARNS, width=1.5, bend=0.15, shrinkA=8, shrinkB=9)
    s.ax.plot(*zip(*others, strict=True), "o", ms=11, color=FIXED)
    s.text(2.95, 0.3, f"{n} units, all weights learn", colour=LEARNS)
    of_shown = task.targets[0, np.array(numbers) - 1]
    for (x, y), number, target in zip(places, numbers, of_shown, strict=True):
        s.ax.plot(x, y, "o", ms=15, color=OUTPUT)
        s.arrow((x + 0.15, y), (6.15, y), colour=OUTPUT)
        s.text(5.15, y + 0.2, f"input u of unit {number}", colour=OUTPUT)
        s.box(6.63, y, 0.85, 0.45, "u − f", colour=_ERROR)
        s.arrow((8.2, y), (7.11, y), colour=TARGET)
        s.text(7.7, y + 0.2, "target f")
        s.trace(9.55, y, 2.3, 0.5, target, TARGET)
    s.path([(6.63, heights[0] + 0.23), (6.63, 3.6), (4.1, 3.6)], colour=_ERROR)
    s.text(7.9, 3.6, f"errors of all {n} units", colour=_ERROR)
    s.box(2.95, 3.6, 2.2, 0.5, f"RLS, every {timing.learn_every:g} ms", colour=LEARNS)
    s.arrow((2.95, 3.33), (2.95, 2.75), colour=LEARNS, linestyle="--")
    return s


def draw_trial(timing):
    """Draw the course of one trial, learning and test, to scale.

    Parameters
    ----------
    timing : TrialTiming
        When the cue acts and when the network learns.

    Returns
    -------
    Schematic
        The drawing.

    Raises
    ------
    TypeError
        If the argument is something else.
    """
    t = check_type("timing", timing, TrialTiming)
    s = Schematic(11.0, 3.1, "One trial: learning and test begin with the same cue")
    left, right = 1.6, 10.7
    scale = (right - left) / t.learn_off
    cue_on, cue_off = left + scale * t.stim_on, left + scale * t.stim_off
    learn_on = left + scale * t.learn_on
    for y, name in ((1.7, "learning"), (0.85, "test")):
        s.text(0.15, y, name, ha="left", weight="bold")
        s.ax.plot([left, right], [y - 0.17] * 2, color="black", lw=2)
        s.ax.add_patch(Rectangle((cue_on, y - 0.17), max(cue_off - cue_on, 0.04), 0.34,
                                 facecolor=CUE, edgecolor=CUE))
    n_updates = t.update_times.size
    s.ax.add_patch(Rectangle((learn_on, 1.53), right - learn_on, 0.34, facecolor="#CDEBE1"))
    ticks = left + scale * t.update_times[:: max(1, n_updates // 100)]
    s.ax.vlines(ticks, 1.53, 1.87, color=LEARNS, lw=1)
    s.ax.add_patch(Rectangle((learn_on, 0.68), right - learn_on, 0.34, facecolor="0.9"))
    s.text(right, 2.48, f"learning window, {t.learn_on:g} to {t.learn_off:g} ms: an update every "
           f"{t.learn_every:g} ms, {n_updates} in all", colour=_LEARNS_IN_WORDS, ha="right")
    s.text(min(cue_on, 8.0), 2.08, f"cue, {t.stim_on:g} to {t.stim_off:g} ms", colour="#2A7DB0",
           ha="left")
    s.text(right, 0.45, "test window, the same times: weights frozen, nothing is corrected",
           colour="0.25", ha="right")
    s.text(left, 0.45, "0 ms", ha="left")
    return s


def draw_mouse_task(recordings):
    """Draw the task of the mice whose motor cortex was recorded (Finkelstein et al. 2021).

    Parameters
    ----------
    recordings : Recordings
        What is shown of a trial: the times of its bins.

    Returns
    -------
    Schematic
        The drawing.

    Raises
    ------
    TypeError
        If the argument is something else.
    """
    check_type("recordings", recordings, Recordings)
    s = Schematic(11.0, 3.7, "The task of the mice: report by a lick whether there was a flash")
    flash, delay, go, lick = 2.55, 4.2, 8.4, 9.75
    for x, name in ((flash, "stimulus"), ((delay + go) / 2, "delay: hold the decision"),
                    (go, "go cue"), (lick, "answer")):
        s.text(x, 2.95, name, weight="bold")
    for y, what, answer, colour in (
        (2.2, "light activates neurons of\nthe somatosensory cortex", CONDITIONS[0],
         CONDITION_COLOURS[0]),
        (1.3, "no light", CONDITIONS[1], CONDITION_COLOURS[1]),
    ):
        s.text(flash, y, what)
        s.arrow((delay, y), (go - 0.12, y), colour=colour, width=3)
        s.arrow((go + 0.12, y), (lick - 0.6, y), colour=colour, width=3)
        s.text(lick, y, answer, colour=colour, weight="bold")
    s.ax.plot([0.85, 0.7, 0.9, 0.7], [2.55, 2.22, 2.26, 1.9], color=CUE, lw=4)
    s.ax.plot([go, go], [0.9, 2.75], color="black", lw=2, ls="--")
    # Somebody's own recordings come from another task.
    if recordings.conditions == CONDITIONS:
        s.ax.plot([delay, delay, go, go], [0.8, 0.65, 0.65, 0.8], color="black", lw=2)
        first, last = (f"{time:g}".replace("-", "−") for time in recordings.time[[0, -1]])
        s.text((delay + go) / 2, 0.38, f"our rates: {first} to {last} ms, seen from the go cue")
    return s
