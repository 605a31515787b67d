"""What only the notebook of Part 1 needs: exercises with feedback, interactive demos, sizes.

Modules
-------
``exercises``
    The checks of the exercises, one function each.
``feedback``
    What the checks of all parts share: run an attempt and say what is wrong.
``demos``
    Plots that answer a slider within two seconds.
``sliders``
    `sliders`: a demo below its sliders, one figure that stays where it is.
``stopping``
    `stop_quietly`: one sentence where a cell is stopped, no traceback.
``live``
    `WatchForce`, `WatchLoops`: plots that are drawn anew while a network learns.
``schematics``
    Drawings of networks and trials with the numbers of their parameters.
``sizes``
    `sized`: small sizes for tests.
``warmup``
    `warm_kernels`: compile every kernel on a tiny problem.
"""

from src_part1.course.demos import demo_gain, demo_ridge
from src_part1.course.exercises import (
    check_gain,
    check_gain_without_self,
    check_rate_step,
    check_rls_update,
    check_target_currents,
    textbook_rls_update,
)
from src_part1.course.live import WatchForce, WatchLoops
from src_part1.course.schematics import (
    draw_every_unit,
    draw_force_loop,
    draw_mouse_task,
    draw_trial,
)
from src_part1.course.sizes import sized
from src_part1.course.sliders import sliders
from src_part1.course.stopping import stop_quietly
from src_part1.course.warmup import warm_kernels

__all__ = [
    "WatchForce",
    "WatchLoops",
    "check_gain",
    "check_gain_without_self",
    "check_rate_step",
    "check_rls_update",
    "check_target_currents",
    "demo_gain",
    "demo_ridge",
    "draw_every_unit",
    "draw_force_loop",
    "draw_mouse_task",
    "draw_trial",
    "sized",
    "sliders",
    "stop_quietly",
    "textbook_rls_update",
    "warm_kernels",
]
