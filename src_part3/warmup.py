"""Compile every kernel of this part on a tiny problem, for machines where waiting hurts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from src_part3.connectivity import draw_plastic
from src_part3.parameters import NetworkParameters, TrialParameters
from src_part3.state import build_network
from src_part3.trials import run_trial


def warm_kernels():
    """Call each kernel once in both precisions; numba keeps them on disk."""
    rng = np.random.default_rng(0)
    parameters = NetworkParameters(n_exc=6, n_inh=6, out_degree=3, n_plastic_exc=2,
                                   n_plastic_inh=2)
    trial = TrialParameters(duration=20.0, stim_on=0.0, stim_off=0.0)
    for precision in ("float64", "float32"):
        network = build_network(parameters, rng, precision=precision)
        network = replace(network, plastic=draw_plastic(parameters, np.arange(4), rng))
        run_trial(network, trial, rng, weights=network.initial_weights())
