"""Part 2: spiking networks that learn any pattern.

Modules
-------
``parameters``
    The LIF neuron, and the all-to-all network of such neurons.
``siegert``
    The firing rate of a noisy LIF neuron in closed form, forwards and backwards.
``connectivity``
    Random weights.
``state``
    What a run of LIF neurons holds: its state, and what it records.
``simulator``
    Networks of LIF neurons of any size.
``kernels``
    The compiled time loop behind `simulator`, and the noise that it draws.
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

From Part 1 come recordings, the timing of a trial, the learning rule with one exact P for all
neurons, the result and the error of a training, sines, and measures of quality.
"""

from src_part1.common.metrics import correlation, normalised_error, r2
from src_part1.parameters import TrialTiming
from src_part1.recordings import Recordings, load_recordings, recordings_from_arrays
from src_part1.rls import AllToAllRLS
from src_part1.targets import sine_targets
from src_part1.training_loop import TrainingDivergedError, TrainingResult
from src_part2.connectivity import random_weights
from src_part2.limits import (
    Quality,
    QualitySweep,
    TrainingSettings,
    frozen_quality,
    sweep_setting,
    train_and_test,
)
from src_part2.parameters import LIFNetworkParameters, LIFParameters
from src_part2.siegert import (
    euler_equivalent,
    siegert_mean_input,
    siegert_rate,
    white_noise_sigma,
)
from src_part2.simulator import SpikingRun, simulate
from src_part2.statistics import firing_rates, interval_cv, spike_intervals
from src_part2.targets import chaotic_targets, ou_targets, recorded_targets
from src_part2.tasks import (
    RecordedLIFTask,
    make_pattern_task,
    make_task,
    simulated_psth,
    untrained_input,
)
from src_part2.training import LIFTask, run_frozen, run_frozen_outputs, train

__all__ = [
    "AllToAllRLS",
    "LIFNetworkParameters",
    "LIFParameters",
    "LIFTask",
    "Quality",
    "QualitySweep",
    "RecordedLIFTask",
    "Recordings",
    "SpikingRun",
    "TrainingDivergedError",
    "TrainingResult",
    "TrainingSettings",
    "TrialTiming",
    "chaotic_targets",
    "correlation",
    "euler_equivalent",
    "firing_rates",
    "frozen_quality",
    "interval_cv",
    "load_recordings",
    "make_pattern_task",
    "make_task",
    "normalised_error",
    "ou_targets",
    "r2",
    "random_weights",
    "recorded_targets",
    "recordings_from_arrays",
    "run_frozen",
    "run_frozen_outputs",
    "siegert_mean_input",
    "siegert_rate",
    "simulate",
    "simulated_psth",
    "sine_targets",
    "spike_intervals",
    "sweep_setting",
    "train",
    "train_and_test",
    "untrained_input",
    "white_noise_sigma",
]
