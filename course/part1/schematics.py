"""The schematics of Part 1: FORCE, a network whose units follow targets, the mice."""

from __future__ import annotations

import numpy as np

from course.schematics import CUE, ERROR, FIXED, LEARNS, Schematic
from src_part1.plotting import CONDITION_COLOURS, OUTPUT, TARGET, condition_styles, plain
from src_part1.recordings.importers.alm_files import CONDITIONS

_UNITS_SHOWN, _MOST_LETTERS = 3, 24


def draw_force_loop(force_parameters):
    """Draw the loop of original FORCE: network, readout, target, error, RLS and feedback."""
    p = force_parameters
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
    s.box(8.67, 1.85, 0.85, 0.55, "z − f", colour=ERROR)
    s.path([(8.67, 2.13), (8.67, 3.0), (5.6, 3.0)], colour=ERROR)
    s.text(7.15, 3.23, "error e", colour=ERROR)
    s.box(4.5, 3.0, 2.1, 0.62, f"RLS, every {p.learn_every:g} ms", colour=LEARNS)
    s.arrow((4.5, 2.68), (4.5, 2.0), colour=LEARNS, linestyle="--")
    return s


def draw_every_unit(task):
    """Draw a network whose units follow targets: those of the first condition of a `RateTask`."""
    n, timing = task.network_parameters.n_units, task.timing
    s = Schematic(11.0, 4.3, "Every unit follows its own target: no separate readout or feedback")
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
        s.box(6.63, y, 0.85, 0.45, "u − f", colour=ERROR)
        s.arrow((8.2, y), (7.11, y), colour=TARGET)
        s.text(7.7, y + 0.2, "target f")
        s.trace(9.55, y, 2.3, 0.5, target, TARGET)
    s.path([(6.63, heights[0] + 0.23), (6.63, 3.6), (4.1, 3.6)], colour=ERROR)
    s.text(7.9, 3.6, f"errors of all {n} units", colour=ERROR)
    s.box(2.95, 3.6, 2.2, 0.5, f"RLS, every {timing.learn_every:g} ms", colour=LEARNS)
    s.arrow((2.95, 3.33), (2.95, 2.75), colour=LEARNS, linestyle="--")
    return s


def draw_mouse_task(recordings):
    """Draw the task of the mice whose motor cortex was recorded (Finkelstein et al. 2021).

    `Recordings` of other conditions come from another task: what is drawn then are their conditions
    and times.
    """
    first, last = (f"{time:g}".replace("-", "−") for time in recordings.time[[0, -1]])
    if recordings.conditions != CONDITIONS:
        return _draw_conditions(recordings, f"{first} to {last} ms")
    s = Schematic(11.0, 3.7, "The task of the mice: report by a lick whether there was a flash")
    flash, delay, go, lick = 2.55, 4.2, 8.4, 9.75
    for x, name in ((flash, "stimulus"), ((delay + go) / 2, "delay: hold the decision"),
                    (go, "go cue"), (lick, "answer")):
        s.text(x, 2.95, name, weight="bold")
    whats = "light activates neurons of\nthe somatosensory cortex", "no light"
    for y, what, answer, colour in zip((2.2, 1.3), whats, CONDITIONS, CONDITION_COLOURS,
                                       strict=False):
        s.text(flash, y, what)
        s.arrow((delay, y), (go - 0.12, y), colour=colour, width=3)
        s.arrow((go + 0.12, y), (lick - 0.6, y), colour=colour, width=3)
        s.text(lick, y, answer, colour=colour, weight="bold")
    s.ax.plot([0.85, 0.7, 0.9, 0.7], [2.55, 2.22, 2.26, 1.9], color=CUE, lw=4)
    s.ax.plot([go, go], [0.9, 2.75], color="black", lw=2, ls="--")
    s.ax.plot([delay, delay, go, go], [0.8, 0.65, 0.65, 0.8], color="black", lw=2)
    s.text((delay + go) / 2, 0.38, f"our rates: {first} to {last} ms, relative to the go cue")
    return s


def _draw_conditions(recordings, times):
    n = recordings.n_conditions
    s = Schematic(11.0, 1.35 + 0.5 * n, "What was recorded")
    for k, (name, style) in enumerate(zip(recordings.conditions, condition_styles(n), strict=True)):
        y = 0.45 + 0.5 * (n - k)
        name = name if len(name) <= _MOST_LETTERS else f"{name[: _MOST_LETTERS - 1]}…"
        s.text(0.4, y, plain(name), colour=style["color"], ha="left", weight="bold")
        s.arrow((5.6, y), (10.4, y), colour=style["color"], width=3)
    s.text(0.4, 0.35, f"{n} conditions, {recordings.n_neurons} neurons", ha="left")
    s.text(8.0, 0.35, f"rates: {times}")
    return s
