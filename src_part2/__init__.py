"""Part 2: spiking networks that learn any pattern.

New here: the LIF neuron with its firing rate in closed form, a simulator of LIF networks, and
training on filtered spikes.

From Part 1: trial timing, the learning rule (one exact P for all), the training's result and
its error, and the measures of quality.
"""

from src_part1.metrics import correlation, normalised_error, r2
from src_part1.parameters import TrialTiming
from src_part1.rls import SharedRLS
from src_part1.training import TrainingDivergedError, TrainingResult
from src_part2.connectivity import random_weights
from src_part2.parameters import LIFParameters, NetworkParameters
from src_part2.siegert import (
    euler_equivalent,
    siegert_mean_input,
    siegert_rate,
    white_noise_sigma,
)
from src_part2.simulator import NetworkState, SpikingRun, simulate
from src_part2.training import SpikingTask, run_frozen, run_frozen_outputs, train

__all__ = [
    "LIFParameters",
    "NetworkParameters",
    "NetworkState",
    "SharedRLS",
    "SpikingRun",
    "SpikingTask",
    "TrainingDivergedError",
    "TrainingResult",
    "TrialTiming",
    "correlation",
    "euler_equivalent",
    "normalised_error",
    "r2",
    "random_weights",
    "run_frozen",
    "run_frozen_outputs",
    "siegert_mean_input",
    "siegert_rate",
    "simulate",
    "train",
    "white_noise_sigma",
]
