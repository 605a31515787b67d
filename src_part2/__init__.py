"""Part 2: spiking networks that learn any pattern.

New here
--------
The LIF neuron (`parameters`) and its firing rate in closed form (`siegert`), a simulator of LIF
networks of any size (`simulator`, `connectivity`), statistics of spikes (`statistics`), training on
filtered spikes (`training`), patterns to learn (`targets`, `tasks`), what limits learning
(`limits`), figures (`plotting`), figures to be turned by hand (`demos`) and self-checks of the
exercises (`exercises`).

From Part 1
-----------
Recordings, the timing of a trial, the learning rule with one exact P for all neurons, the result
and the error of a training, sines, and measures of quality.
"""

from src_part1.learning_loop import TrainingDivergedError, TrainingResult
from src_part1.metrics import correlation, normalised_error, r2
from src_part1.parameters import TrialTiming
from src_part1.recordings import Recordings, load_recordings, recordings_from_arrays
from src_part1.rls import SharedRLS
from src_part1.targets import sine_targets
from src_part2.connectivity import random_weights
from src_part2.demos import demo_noise, demo_synapse
from src_part2.exercises import (
    check_interval_rate,
    check_lif_step,
    check_mean_input,
    check_network_update,
    check_synapse_step,
)
from src_part2.limits import (
    LearningSettings,
    Quality,
    Sweep,
    frozen_quality,
    learn,
    sweep_setting,
)
from src_part2.parameters import LIFParameters, NetworkParameters
from src_part2.siegert import (
    euler_equivalent,
    siegert_mean_input,
    siegert_rate,
    white_noise_sigma,
)
from src_part2.simulator import NetworkState, SpikingRun, simulate
from src_part2.statistics import firing_rates, interval_cv, spike_intervals
from src_part2.targets import chaotic_targets, ou_targets, recorded_targets
from src_part2.tasks import (
    RecordedTask,
    pattern_task,
    recorded_task,
    simulated_psth,
    untrained_input,
    warm_kernels,
)
from src_part2.training import SpikingTask, run_frozen, run_frozen_outputs, train

__all__ = [
    "LIFParameters",
    "LearningSettings",
    "NetworkParameters",
    "NetworkState",
    "Quality",
    "RecordedTask",
    "Recordings",
    "SharedRLS",
    "SpikingRun",
    "SpikingTask",
    "Sweep",
    "TrainingDivergedError",
    "TrainingResult",
    "TrialTiming",
    "chaotic_targets",
    "check_interval_rate",
    "check_lif_step",
    "check_mean_input",
    "check_network_update",
    "check_synapse_step",
    "correlation",
    "demo_noise",
    "demo_synapse",
    "euler_equivalent",
    "firing_rates",
    "interval_cv",
    "learn",
    "load_recordings",
    "normalised_error",
    "ou_targets",
    "pattern_task",
    "r2",
    "random_weights",
    "recorded_targets",
    "recorded_task",
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
    "frozen_quality",
    "train",
    "untrained_input",
    "warm_kernels",
    "white_noise_sigma",
]
