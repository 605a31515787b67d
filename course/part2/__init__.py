"""What only the notebook of Part 2 needs: exercises with feedback, interactive demos, a drawing.

Modules
-------
``exercises``
    The checks of the exercises, one function each.
``demos``
    Plots that answer a slider within two seconds.
``schematics``
    A drawing of the network and its filtered spikes with the numbers of their parameters.
``warmup``
    `warm_kernels`: compile every kernel on a tiny problem.
"""

from course.live import WatchLoops
from course.part2.demos import demo_noise, demo_synapse
from course.part2.exercises import (
    check_interval_rate,
    check_lif_step,
    check_mean_input,
    check_network_update,
    check_synapse_step,
)
from course.part2.schematics import draw_filtered_spikes
from course.part2.warmup import warm_kernels
from course.sizes import numbers, sized
from course.sliders import sliders
from course.stopping import stop_quietly
