"""What only the notebook of Part 1 needs: exercises with feedback, interactive demos, drawings.

Modules
-------
``exercises``
    The checks of the exercises, one function each.
``demos``
    Plots that answer a slider within two seconds.
``schematics``
    Drawings of networks and the mice's task with the numbers of their parameters.
``warmup``
    `warm_kernels`: compile every kernel on a tiny problem.
"""

from course.live import WatchForce, WatchLoops
from course.part1.demos import demo_gain, demo_ridge, demo_rls_ellipse
from course.part1.exercises import (
    check_gain,
    check_gain_without_self,
    check_rate_step,
    check_rls_update,
    check_target_currents,
    textbook_rls_update,
)
from course.part1.schematics import draw_every_unit, draw_force_loop, draw_mouse_task
from course.part1.warmup import warm_kernels
from course.sizes import numbers, sized
from course.sliders import sliders
from course.stopping import stop_quietly
