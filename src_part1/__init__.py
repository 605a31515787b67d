"""Part 1: a rate RNN in which every unit learns to follow its own target.

New here
--------
Recordings and where they come from (`rate_record`, `recordings`, `alm_files`, `psth`), rate
networks (`parameters`, `connectivity`, `simulator`), targets (`targets`, `population`), exact
recursive least squares (`rls`), training and testing (`training`, `learning_loop`), original
FORCE (`force`), measures of quality (`metrics`), figures (`plotting`), figures to be turned by hand
(`demos`), self-checks of the exercises (`exercises`, `checking`), runs over many settings and
seeds (`sweeps`) and files that are whole (`files`).
"""

from src_part1.connectivity import random_weights, sparse_weights
from src_part1.demos import demo_gain, demo_ridge
from src_part1.exercises import (
    check_gain,
    check_gain_without_self,
    check_rate_step,
    check_rls_update,
    check_target_currents,
    textbook_rls_update,
)
from src_part1.force import ForceNetwork, ForceRun, force_network, run_force, train_force
from src_part1.learning_loop import TrainingDivergedError, TrainingResult
from src_part1.metrics import correlation, normalised_error, r2
from src_part1.parameters import ForceParameters, RateNetworkParameters, TrialTiming
from src_part1.population import PopulationTask, population_task, run_population
from src_part1.psth import psth_from_spikes
from src_part1.rate_record import Recordings
from src_part1.recordings import load_recordings, recordings_from_arrays
from src_part1.rls import ReadoutRLS, SharedRLS
from src_part1.simulator import RateTrajectory, simulate
from src_part1.sizes import sized
from src_part1.sweeps import SweepError, SweepResult, sweep
from src_part1.targets import lorenz, noisy_sine, sine_targets, square_wave, sum_of_sines
from src_part1.training import (
    TrainingTask,
    run_frozen,
    run_frozen_outputs,
    train,
)
from src_part1.warmup import warm_kernels

__all__ = [
    "ForceNetwork",
    "ForceParameters",
    "ForceRun",
    "PopulationTask",
    "RateNetworkParameters",
    "RateTrajectory",
    "ReadoutRLS",
    "Recordings",
    "SharedRLS",
    "SweepError",
    "SweepResult",
    "TrainingDivergedError",
    "TrainingResult",
    "TrainingTask",
    "TrialTiming",
    "check_gain",
    "check_gain_without_self",
    "check_rate_step",
    "check_rls_update",
    "check_target_currents",
    "correlation",
    "demo_gain",
    "demo_ridge",
    "force_network",
    "lorenz",
    "load_recordings",
    "noisy_sine",
    "normalised_error",
    "population_task",
    "psth_from_spikes",
    "r2",
    "random_weights",
    "recordings_from_arrays",
    "run_force",
    "run_frozen",
    "run_frozen_outputs",
    "run_population",
    "simulate",
    "sine_targets",
    "sized",
    "sparse_weights",
    "square_wave",
    "sum_of_sines",
    "sweep",
    "textbook_rls_update",
    "train",
    "train_force",
    "warm_kernels",
]
