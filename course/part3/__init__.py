"""What only the notebook of Part 3 needs: exercises with feedback and interactive demos.

Modules
-------
``exercises``
    The checks of the exercises, one function each.
``board``
    `challenge`: score a trained network and keep a local board.
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

from course.live import WatchLoops
from course.part3.board import challenge
from course.part3.demos import demo_balance, demo_sparseness
from course.part3.drawing import draw_ends, draw_lesions, draw_spread
from course.part3.exercises import (
    check_balanced_rates,
    check_corrected_correlation,
    check_noise_prior,
    check_regime,
    check_rls_update,
    check_target_input,
)
from course.part3.reading import pattern_quality, tell_memory, tell_quality
from course.part3.schematics import draw_stages, draw_synapses
from course.part3.warmup import warm_kernels
from course.sizes import numbers, sized
from course.sliders import sliders
from course.stopping import stop_quietly
