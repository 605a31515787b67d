"""The schematics of Part 3: which neuron gets which synapse, and how they learn."""

from __future__ import annotations

import numpy as np

from course.schematics import CUE, FIXED, LEARNS, Schematic
from src_part1.plotting import OUTPUT, TARGET
from src_part3.plotting import EXCITATORY, INHIBITORY


def draw_synapses(task):
    """Draw the populations of a `BalancedTask` and the synapses and inputs that each gets."""
    p, trial = task.network.parameters, task.trial_parameters
    n_trained, n_clock = task.n_trained, task.network.n_inputs
    s = Schematic(11.0, 5.0, "Who gets which synapse: only the green ones learn")
    s.box(7.1, 2.5, 7.4, 4.1, facecolor="0.97", colour="0.7")
    s.text(10.6, 4.2, "static synapses, fixed, between all:", ha="right")
    from_exc, from_inh = p.in_degree, p.out_degree - p.in_degree
    s.text(10.6, 3.9, f"on average {from_exc:.0f} from E and {from_inh:.0f} from I", ha="right")
    for (x, y, radius), colour, words in (
        ((5.4, 2.1, 0.8), EXCITATORY, f"trained E\n{n_trained}"),
        ((9.3, 3.0, 0.62), EXCITATORY, f"other E\n{p.n_exc - n_trained}"),
        ((9.3, 1.4, 0.7), INHIBITORY, f"I\n{p.n_inh}"),
    ):
        s.population(x, y, radius, colour=colour, lw=3)
        s.text(x, y, words, colour=colour)
    for start, end in (((6.15, 2.5), (8.6, 3.15)), ((8.65, 2.85), (6.22, 2.25)),
                       ((6.2, 1.95), (8.55, 1.55)), ((9.5, 2.36), (9.5, 2.13))):
        s.arrow(start, end, colour=EXCITATORY, width=1.5)
    for start, end in (((8.59, 1.3), (6.15, 1.73)), ((9.1, 2.1), (9.1, 2.32))):
        s.arrow(start, end, colour=INHIBITORY, width=1.5, inhibits=True)
    s.arrow((4.85, 2.72), (5.7, 2.9), colour=LEARNS, width=3.5, bend=-1.6)
    s.text(5.4, 3.75, f"{p.n_plastic_exc} from trained E", colour=LEARNS)
    s.arrow((8.72, 0.98), (5.85, 1.38), colour=LEARNS, width=3.5, bend=-0.15, inhibits=True)
    s.text(6.6, 0.8, f"{p.n_plastic_inh} from I", colour=LEARNS)
    for y, name, what, colour in (
        (3.9, "external input", "constant, to all", FIXED),
        (2.9, "cue", f"{trial.stim_off - trial.stim_on:g} ms, to all", CUE),
    ):
        s.arrow((2.15, y), (3.38, y), colour=colour, width=3)
        s.text(1.1, y + 0.15, name)
        s.text(1.1, y - 0.15, what)
    words = f"{n_clock} Poisson neurons" if n_clock else "none here"
    shade = LEARNS if n_clock else "0.6"
    s.arrow((2.15, 1.9), (4.58, 1.9), colour=shade, width=3, linestyle="-" if n_clock else ":")
    s.text(1.1, 2.05, "clock", colour="black" if n_clock else "0.45")
    s.text(1.1, 1.75, words, colour="black" if n_clock else "0.45")
    return s


def draw_stages():
    """Draw how a network learns: a teacher holds it, RLS learns, the teacher lets go."""
    s = Schematic(11.0, 4.6, "Hold, learn, let go")
    wave = np.linspace(0, 1, 60)
    target = np.sin(4 * wave) + 0.5 * np.sin(9 * wave)
    panels = (
        ("1. hold", "the teacher learns c", FIXED, True,
         "c ← c + (f − u) / n"),
        ("2. learn", "RLS learns w", LEARNS, True, "w · r → c"),
        ("3. let go", "RLS learns on", LEARNS, False, "w · r → w · r + error"),
    )
    for k, (name, what, shade, held, rule) in enumerate(panels):
        x = 0.2 + 3.6 * k
        s.box(x + 1.7, 2.12, 3.4, 3.85, facecolor="0.97", colour="0.7")
        s.text(x + 0.2, 3.75, name, ha="left", weight="bold")
        s.text(x + 3.2, 3.75, what, ha="right", colour=LEARNS if k else "black")
        s.population(x + 1.15, 2.15, 0.72, colour=EXCITATORY, lw=3)
        s.text(x + 1.15, 2.15, "trained", colour=EXCITATORY)
        s.arrow((x + 0.78, 1.55), (x + 1.52, 1.55), colour=shade, width=3.5 if k else 2.0, bend=1.3,
                linestyle="-" if k else ":")
        s.text(x + 2.05, 1.3, "w · r", colour=shade if k else "0.45")
        s.arrow((x + 1.15, 3.4), (x + 1.15, 2.92), colour=FIXED if held else "0.85", width=3,
                linestyle="-" if held else ":")
        s.text(x + 2.2, 3.25, "teacher, c" if held else "no teacher",
               colour="black" if held else "0.45")
        s.trace(x + 2.65, 2.2, 1.0, 0.55, target, TARGET, line=3.5)
        wiggle = (0.04, 0.04, 0.16)[k] * np.sin(30 * wave)
        s.trace(x + 2.65, 2.2, 1.0, 0.55, target + wiggle, OUTPUT)
        s.text(x + 2.65, 2.75, "target f")
        s.text(x + 2.65, 1.72, "input u", colour=OUTPUT)
        s.text(x + 1.7, 0.55, rule, colour=LEARNS if k else "black", size=14)
    return s
