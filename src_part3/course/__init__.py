"""What only the notebook of Part 3 needs: exercises with feedback and interactive demos.

Modules
-------
``exercises``
    The checks of the exercises, one function each.
``demos``
    Plots that answer a slider within two seconds.
``schematics``
    `draw_synapses`: which neuron gets which synapse.
``warmup``
    `warm_kernels`: compile every kernel on a tiny problem.
"""

from src_part1.course import WatchLoops, sized, sliders, stop_quietly
from src_part3.course.demos import demo_balance, demo_plastic_synapses, sample_regressors
from src_part3.course.exercises import (
    check_balanced_rates,
    check_corrected_correlation,
    check_regime,
    check_rls_update,
    check_target_input,
)
from src_part3.course.schematics import draw_synapses
from src_part3.course.warmup import warm_kernels

__all__ = [
    "WatchLoops",
    "check_balanced_rates",
    "check_corrected_correlation",
    "check_regime",
    "check_rls_update",
    "check_target_input",
    "demo_balance",
    "demo_plastic_synapses",
    "draw_synapses",
    "sample_regressors",
    "sized",
    "sliders",
    "stop_quietly",
    "warm_kernels",
]
