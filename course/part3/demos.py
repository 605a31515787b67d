"""Interactive demos of Part 3: plots that answer a slider within two seconds."""

from __future__ import annotations

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from src_part1.common.blas import one_blas_thread
from src_part1.common.validation import check_integer, check_real
from src_part1.plotting import COLOURS
from src_part2.statistics import firing_rates, interval_cv
from src_part3.balance import excitation_wins
from src_part3.network import build_network
from src_part3.parameters import BalancedNetworkParameters, TrialParameters
from src_part3.plotting import plot_ei_raster, plot_input_balance
from src_part3.trials import run_trial

# Rates to leading order (Hz) beyond which a simulation would take long and show nothing new.
_FASTEST = 250.0
# Units of the linear network whose eigenvalues are shown.
_UNITS = 400


def demo_balance(out_degree=1000, external=0.0, j_ei=-0.75, *, seed=0):
    """Simulate the untrained network for 2 s and draw one neuron's inputs and many spikes.

    Where inhibition is too weak to hold the rates, a sentence says so instead of the plots.
    """
    external = check_real("external", external)
    p = BalancedNetworkParameters(out_degree=out_degree, j_ei=j_ei)
    p = replace(p, mu_exc=p.mu_exc + external / np.sqrt(p.in_degree))
    if excitation_wins(p, _FASTEST):
        _, ax = plt.subplots(figsize=(12, 4))
        ax.set_axis_off()
        ax.text(0.5, 0.5, "Inhibition is too weak for this drive: the network would fire "
                f"at more than {_FASTEST:.0f} Hz.\nStrengthen the inhibition (j_ei = {j_ei:g}) or "
                "lower the external input.", ha="center", va="center")
        return
    network = build_network(p, np.random.default_rng(seed), precision="float32")
    trial = run_trial(
        network, TrialParameters(duration=2000.0, stim_on=0.0, stim_off=0.0, cue_amplitude=0.0),
        np.random.default_rng(seed + 1), spikes=True, probes=(0,),
    )
    rates, cv = firing_rates(trial)[: p.n_exc], interval_cv(trial)[: p.n_exc]
    _, (left, right) = plt.subplots(1, 2, figsize=(12, 4))
    plot_input_balance(trial, p.external_input[0], window=(500.0, 800.0), ax=left)
    plot_ei_raster(trial, p.n_exc, window=(500.0, 800.0), ax=right)
    left.set_title(f"out-degree {out_degree}, so K = {p.in_degree:.0f}; j_ei = {j_ei:g}, "
                   f"external {external:+g}")
    irregularity = f"{np.nanmedian(cv):.2f}" if np.isfinite(cv).any() else "not defined"
    right.set_title(f"E neurons: {rates.mean():.1f} Hz, CV {irregularity}")


def demo_sparseness(n_synapses=264, n_patterns=8, *, seed=0):
    """Draw the eigenvalues of weights that keep some patterns, read from few synapses each.

    Four hundred linear units are to keep ``n_patterns`` random patterns m: with all synapses the
    weights are sum(m_i m_j) / 400, and each pattern sustains itself (eigenvalue 1). Here each unit
    reads ``n_synapses`` others only, so that each of these weights is larger by as much.
    """
    n_synapses = check_integer("n_synapses", n_synapses, at_least=1, at_most=_UNITS - 1)
    n_patterns = check_integer("n_patterns", n_patterns, at_least=1, at_most=_UNITS // 10)
    rng = np.random.default_rng(seed)
    patterns = np.linalg.qr(rng.standard_normal((_UNITS, n_patterns)))[0] * np.sqrt(_UNITS)
    read = rng.random((_UNITS, _UNITS)).argpartition(n_synapses, axis=1)[:, :n_synapses]
    weights = np.zeros((_UNITS, _UNITS))
    rows = np.arange(_UNITS)[:, None]
    weights[rows, read] = (patterns @ patterns.T)[rows, read] / n_synapses
    gain = np.sqrt((weights**2).sum(axis=1).mean())
    with one_blas_thread():  # several are slower on so small a matrix
        values = np.linalg.eigvals(weights)
    _, ax = plt.subplots(figsize=(8, 4.6))
    ax.plot(values.real, values.imag, ".", color="0.55", ms=5, label="eigenvalues")
    angle = np.linspace(0, 2 * np.pi, 200)
    ax.plot(gain * np.cos(angle), gain * np.sin(angle), color=COLOURS["blue"], lw=2,
            label="circle of radius g")
    ax.axvline(1, color="black", ls="--", lw=1.5, label="1: kept as it is")
    says = "every deviation grows" if gain > 1 else "deviations fade"
    ax.set(xlabel="real part", ylabel="imaginary part", aspect="equal", xlim=(-1.8, 1.8),
           ylim=(-1.3, 1.3), title=f"{n_patterns} patterns from L = {n_synapses} synapses: "
           f"g = {gain:.2f}, {says}")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
