"""Schematics: who sends to whom, and when, with the numbers of the parameters that they are given.

One symbol for one thing in all parts. A circle is a population; a black trace is a target, a
vermilion one what the network makes of it. Green is what learns, grey what is fixed. An arrow ends
in a head where it excites or may do either, and in a disc where it inhibits.
"""

from __future__ import annotations

import io
import re

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from src_part1.plotting import COLOURS

LEARNS, FIXED, CUE = COLOURS["green"], "0.55", COLOURS["sky"]
ERROR = "#9C4A7E"  # the palette's purple, dark enough for letters
_LETTERS = 13


class Schematic:
    """A drawing that a notebook shows as vector graphics, as wide as its page at most.

    ``title`` stands above it, and screen readers tell it. The methods add to ``ax`` of ``figure``:
    ``x`` and ``y`` are centres in inches from the lower left corner, widths of lines are in points,
    and ``patch`` and ``font`` are further properties.
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
        # Without a width the picture takes that of its page; the other one is for what shows no
        # vector graphics.
        vectors = re.sub(r'(<svg [^>]*?)width="[^"]*" height="[^"]*"',
                         rf'\1style="max-width: {self.figure.get_figwidth():g}in"',
                         self._written("svg").decode(), count=1)
        return {"image/svg+xml": vectors, "image/png": self._written("png"),
                "text/plain": repr(self)}

    def _written(self, kind):
        written = io.BytesIO()
        metadata = {"Title": self.title, "Date": None} if kind == "svg" else None
        # The same letters on every machine, and the same file for the same drawing.
        with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": self.title}):
            self.figure.savefig(written, format=kind, dpi=90, metadata=metadata)
        return written.getvalue()

    def text(self, x, y, words, *, colour="black", ha="center", va="center", size=_LETTERS, **font):
        """Write words at a point; ``ha`` and ``va`` say which side of them it is."""
        self.ax.text(x, y, words, color=colour, ha=ha, va=va, size=size, **font)

    def population(self, x, y, radius, *, colour=FIXED, units=0, **patch):
        """Draw a circle with some units in it, always at the same places."""
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
        """Draw a connection; ``bend`` is a share of its length."""
        self.ax.add_patch(FancyArrowPatch(
            start, end, arrowstyle="-" if inhibits else "-|>", mutation_scale=9 + 4 * width,
            connectionstyle=f"arc3,rad={bend}", color=colour, lw=width,
            **{"shrinkA": 0, "shrinkB": 0} | patch,
        ))
        if inhibits:
            self.ax.plot(*end, "o", ms=5 + 2.2 * width, color=colour)

    def path(self, points, *, colour=FIXED, width=2.0, **patch):
        """Draw a connection with corners, which ends in an arrow."""
        style = patch.get("linestyle", "-")
        self.ax.plot(*zip(*points[:-1], strict=True), color=colour, lw=width, ls=style,
                     solid_joinstyle="miter")
        self.arrow(points[-2], points[-1], colour=colour, width=width, **patch)

    def box(self, x, y, width, height, words="", *, colour="black", **patch):
        """Draw a box with words in it."""
        self.ax.add_patch(FancyBboxPatch(
            (x - width / 2, y - height / 2), width, height,
            boxstyle="round,pad=0,rounding_size=0.12",
            **{"facecolor": "white", "edgecolor": colour, "lw": 2} | patch,
        ))
        if words:
            self.text(x, y, words, colour=colour)

    def trace(self, x, y, width, height, values, colour, *, line=2.5):
        """Draw values over time into a place, as large as they fit."""
        values = np.asarray(values, dtype=float)
        spread = np.ptp(values)
        scaled = (values - values.min()) / spread - 0.5 if spread else np.zeros(values.size)
        along = np.linspace(-0.5, 0.5, values.size)
        self.ax.plot(x + width * along, y + height * scaled, color=colour, lw=line)
