"""Part 2: spiking networks that learn any pattern.

Modules
-------
``parameters``
    The LIF neuron, and the all-to-all network of such neurons.
``siegert``
    The firing rate of a noisy LIF neuron in closed form, forwards and backwards.
``connectivity``
    Random weights.
``simulator``
    Networks of LIF neurons of any size.
``kernels``
    The compiled time loop behind `simulator`.
``statistics``
    Statistics of spike trains: rates, intervals and their regularity.
``targets``
    Patterns to learn: random paths, chaotic rates, recorded neurons.
``tasks``
    Complete tasks: network, cue, learning window and targets.
``training``
    RLS on filtered spikes, and the test with frozen weights.
``limits``
    What limits learning: one setting changes, everything else is kept.
``plotting``
    Plots; import it by itself.

From Part 1 come recordings, the timing of a trial, and measures of quality; the learning rule with
one exact P for all neurons and the loop of a training are Part 1's, too.
"""

from src_part1.common.metrics import correlation, r2
from src_part1.parameters import TrialTiming
from src_part1.recordings import Recordings, load_recordings, recordings_from_arrays
from src_part2.connectivity import random_weights
from src_part2.limits import TrainingSettings, frozen_quality, sweep_setting
from src_part2.parameters import LIFNetworkParameters, LIFParameters
from src_part2.siegert import euler_equivalent, siegert_mean_input, siegert_rate
from src_part2.simulator import simulate
from src_part2.statistics import firing_rates, interval_cv
from src_part2.tasks import make_pattern_task, make_task, simulated_psth
from src_part2.training import LIFTask, run_frozen, run_frozen_outputs, train

__all__ = [
    "LIFNetworkParameters",
    "LIFParameters",
    "LIFTask",
    "Recordings",
    "TrainingSettings",
    "TrialTiming",
    "correlation",
    "euler_equivalent",
    "firing_rates",
    "frozen_quality",
    "interval_cv",
    "load_recordings",
    "make_pattern_task",
    "make_task",
    "r2",
    "random_weights",
    "recordings_from_arrays",
    "run_frozen",
    "run_frozen_outputs",
    "siegert_mean_input",
    "siegert_rate",
    "simulate",
    "simulated_psth",
    "sweep_setting",
    "train",
]
