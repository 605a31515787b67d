"""What only the notebook of Part 2 needs: exercises with feedback and interactive demos.

Modules
-------
``exercises``
    The checks of the exercises, one function each.
``demos``
    Plots that answer a slider within two seconds.
``warmup``
    `warm_kernels`: compile every kernel on a tiny problem.
"""

from src_part1.course import WatchLoops, sized, sliders, stop_quietly
from src_part2.course.demos import demo_noise, demo_synapse
from src_part2.course.exercises import (
    check_interval_rate,
    check_lif_step,
    check_mean_input,
    check_network_update,
    check_synapse_step,
)
from src_part2.course.warmup import warm_kernels

__all__ = [
    "WatchLoops",
    "check_interval_rate",
    "check_lif_step",
    "check_mean_input",
    "check_network_update",
    "check_synapse_step",
    "demo_noise",
    "demo_synapse",
    "sized",
    "sliders",
    "stop_quietly",
    "warm_kernels",
]
