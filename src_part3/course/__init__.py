"""What only the notebook of Part 3 needs: exercises with feedback and interactive demos.

Modules
-------
``exercises``
    The checks of the exercises, one function each.
``demos``
    Plots that answer a slider within two seconds.
``drawing``
    Plots that only the notebook needs.
``schematics``
    `draw_synapses`: which neuron gets which synapse; `draw_stages`: hold, learn, let go.
``reading``
    What the numbers of a test say, in sentences that depend on them.
``warmup``
    `warm_kernels`: compile every kernel on a tiny problem.
"""

from src_part1.course import WatchLoops, sized, sliders, stop_quietly
from src_part3.course.demos import demo_balance, demo_sparseness
from src_part3.course.drawing import draw_ends, draw_lesions, draw_spread
from src_part3.course.exercises import (
    check_balanced_rates,
    check_corrected_correlation,
    check_noise_prior,
    check_regime,
    check_rls_update,
    check_target_input,
)
from src_part3.course.reading import pattern_quality, tell_memory, tell_quality
from src_part3.course.schematics import draw_stages, draw_synapses
from src_part3.course.warmup import warm_kernels

__all__ = [
    "WatchLoops",
    "check_balanced_rates",
    "check_corrected_correlation",
    "check_noise_prior",
    "check_regime",
    "check_rls_update",
    "check_target_input",
    "demo_balance",
    "demo_sparseness",
    "draw_ends",
    "draw_lesions",
    "draw_spread",
    "draw_stages",
    "draw_synapses",
    "pattern_quality",
    "sized",
    "sliders",
    "stop_quietly",
    "tell_memory",
    "tell_quality",
    "warm_kernels",
]
