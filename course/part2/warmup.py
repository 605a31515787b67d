"""Compile every kernel of Part 2 on a tiny problem, for machines where waiting hurts."""

from __future__ import annotations

import numpy as np

from src_part1.parameters import TrialTiming
from src_part2.parameters import LIFNetworkParameters, LIFParameters
from src_part2.tasks import make_pattern_task
from src_part2.training import train


def warm_kernels():
    """Train a tiny network once; numba keeps the code on disk."""
    rng = np.random.default_rng(0)
    timing = TrialTiming(10.0, 20.0, 20.0, 60.0, 20.0)
    task, weights = make_pattern_task(
        "sines", LIFParameters(tau_syn=200.0), LIFNetworkParameters(n_neurons=4), rng, timing=timing
    )
    train(task, weights, rng, n_loops=1, progress=False)
