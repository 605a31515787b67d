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
from src_part1.course.sizes import sized
from src_part1.course.sliders import sliders
from src_part1.course.stopping import stop_quietly
from src_part1.course.warmup import warm_kernels

__all__ = [
    "check_gain",
    "check_gain_without_self",
    "check_rate_step",
    "check_rls_update",
    "check_target_currents",
    "demo_gain",
    "demo_ridge",
    "sized",
    "sliders",
    "stop_quietly",
    "textbook_rls_update",
    "warm_kernels",
]
