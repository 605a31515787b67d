"""Part 1: a rate RNN in which every unit learns to follow its own target.

Modules
-------
``parameters``
    Numbers of a rate network, of a FORCE network and of a trial.
``connectivity``
    Random recurrent weights.
``simulator``
    The time loop of the rate network.
``rls``
    Exact recursive least squares: for one readout, and for all units with one matrix.
``kernels``
    The compiled loops behind `simulator` and `rls`.
``training``
    Training of all recurrent weights, and the test with frozen weights.
``training_loop``
    The one loop of every training (interrupts, divergence), and what a training returns.
``targets``
    Target signals: sines, square waves, the Lorenz system.
``force``
    Original FORCE: one readout that is fed back.
``population``
    A recorded population as a task, with a common ramp if wanted.
``distractors``
    The other condition's cue during a trial, and where the trial ends.
``sweeps``
    One function over many settings and seeds, on all cores or on a cluster.
``plotting``
    Plots; import it by itself.

Folders
-------
``common``
    Checks, time grid, moving mean, measures of quality and files, for all parts.
``recordings``
    Recorded firing rates: the record and the ways in which rates become one.
"""

from src_part1.common.metrics import correlation, normalised_error, r2
from src_part1.connectivity import random_weights
from src_part1.distractors import run_distractors
from src_part1.force import force_network, run_force, train_force
from src_part1.parameters import ForceParameters, RateNetworkParameters, TrialTiming
from src_part1.population import (
    make_task,
    run_population,
    with_held_ramps,
    with_ramp,
)
from src_part1.recordings import (
    Recordings,
    load_recordings,
    pool_recordings,
    psth_from_spikes,
    recordings_from_arrays,
)
from src_part1.rls import AllToAllRLS, ReadoutRLS
from src_part1.simulator import simulate
from src_part1.sweeps import sweep
from src_part1.targets import lorenz, noisy_sine, sine_targets, square_wave, sum_of_sines
from src_part1.training import (
    RateTask,
    forced_start,
    run_frozen,
    run_frozen_outputs,
    train,
)

__all__ = [
    "AllToAllRLS",
    "ForceParameters",
    "RateNetworkParameters",
    "RateTask",
    "ReadoutRLS",
    "Recordings",
    "TrialTiming",
    "correlation",
    "force_network",
    "forced_start",
    "load_recordings",
    "lorenz",
    "make_task",
    "noisy_sine",
    "normalised_error",
    "pool_recordings",
    "psth_from_spikes",
    "r2",
    "random_weights",
    "recordings_from_arrays",
    "run_distractors",
    "run_force",
    "run_frozen",
    "run_frozen_outputs",
    "run_population",
    "simulate",
    "sine_targets",
    "square_wave",
    "sum_of_sines",
    "sweep",
    "train",
    "train_force",
    "with_held_ramps",
    "with_ramp",
]
