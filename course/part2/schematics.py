"""The schematic of Part 2: what the network learns from, and what it is compared with."""

from __future__ import annotations

import numpy as np

from course.schematics import ERROR, FIXED, LEARNS, Schematic
from src_part1.plotting import OUTPUT, TARGET

_SPIKES = np.array([40.0, 95.0, 110.0, 230.0, 330.0, 345.0, 390.0])  # ms, made up


def draw_filtered_spikes(neuron_parameters, n_neurons, timing):
    """Draw spikes, the filter that makes regressors of them, and the loop that learns."""
    s = Schematic(11.0, 3.8, "Spikes, filtered by synapses, are what the weights learn from")
    s.population(1.5, 1.8, 1.1, units=20)
    s.text(1.5, 0.38, f"{n_neurons} LIF neurons, $τ_m$ = {neuron_parameters.tau_m:g} ms")
    s.arrow((2.65, 1.8), (3.3, 1.8))
    s.ax.vlines(3.45 + 1.6 * _SPIKES / 400, 1.6, 2.0, color="black", lw=2)
    s.text(4.25, 2.4, "spikes of neuron j")
    s.arrow((5.15, 1.8), (5.8, 1.8))
    elapsed = np.arange(0.0, 400.0, 2.0)[:, None] - _SPIKES
    tau = min(neuron_parameters.tau_syn, 200.0)  # slower ones would look like a line
    filtered = (np.exp(-np.maximum(elapsed, 0) / tau) * (elapsed >= 0)).sum(axis=1)
    s.trace(6.7, 1.8, 1.6, 0.6, filtered, FIXED)
    s.text(6.7, 2.4, "filtered: $r_j$")
    s.text(6.7, 1.3, f"$τ_s$ = {neuron_parameters.tau_syn:g} ms")
    s.arrow((7.6, 1.8), (9.1, 1.8), colour=LEARNS, width=4)
    s.text(8.3, 1.5, "weights learn", colour=LEARNS)
    s.population(9.6, 1.8, 0.42, colour=OUTPUT)
    s.text(9.6, 1.8, "$u_i$", colour=OUTPUT, size=16)
    s.path([(9.6, 1.36), (9.6, 0.8), (2.7, 0.8), (2.45, 1.0)], colour=OUTPUT)
    s.text(6.2, 0.57, "input of neuron i, with a constant μ", colour=OUTPUT)
    s.arrow((9.6, 2.24), (9.6, 2.66), colour=OUTPUT)
    s.box(9.6, 2.95, 1.25, 0.55, "μ + $u_i$ − $f_i$", colour=ERROR)
    s.arrow((10.85, 2.35), (10.2, 2.66), colour=TARGET)
    s.text(10.85, 2.15, "target $f_i$", ha="right")
    s.path([(8.97, 2.95), (8.3, 2.95), (8.3, 2.0)], colour=ERROR)
    s.text(7.35, 3.0, f"RLS, every {timing.learn_every:g} ms", colour=LEARNS)
    return s
