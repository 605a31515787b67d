"""Part 3: a balanced network of excitatory and inhibitory neurons that learns recorded activity.

Modules
-------
``parameters``
    Numbers of the balanced network, of its clock and of a trial.
``network``
    The network: static and plastic synapses, and the weights that are trained.
``clock``
    The clock: Poisson neurons whose rates wander.
``kernels``
    The compiled time loop behind `trials`.
``trials``
    What acts on the network, what is written down, and whole trials on all cores.
``balance``
    Theory of the balanced state, and simulated networks beside it.
``transfer``
    From recorded rates to targets: the measured curve from mean input to rate.
``task``
    The whole task: network, targets, cues and the clock's rates.
``rls``
    Exact RLS for many neurons that each read a few of the same sources.
``training``
    A teacher holds the network first, then RLS goes on in the closed loop.
``storage``
    Files of trained networks and of unfinished trainings.
``evaluation``
    Measures of quality over many test trials.
``perturbations``
    What a trained network does without one of its parts, or after a push.
``analysis``
    What a network does beyond its task: groups, components, selectivity, correlations.
``plotting``
    Plots; import it by itself.

The statistics of spikes and Siegert's rate come from Part 2, recordings from Part 1.
"""

from src_part1.recordings import load_recordings, recordings_from_arrays
from src_part2.siegert import siegert_rate
from src_part2.statistics import firing_rates, interval_cv
from src_part3.analysis import (
    neuron_groups,
    pairwise_correlations,
    principal_components,
    selectivity,
    shared_variance,
    strongest_modulated,
)
from src_part3.balance import (
    leading_order_rates,
    mean_field,
    measure_state_plane,
    sweep_external_input,
    sweep_in_degree,
)
from src_part3.evaluation import evaluate
from src_part3.network import build_network
from src_part3.parameters import (
    CLOCKED,
    RECURRENT,
    BalancedNetworkParameters,
    FeedforwardParameters,
    TrialParameters,
)
from src_part3.perturbations import Lesion, run_distractors, study_lesions
from src_part3.rls import SparseRLS
from src_part3.storage import load_network, load_training, save_network, save_training
from src_part3.task import make_task
from src_part3.training import Training, TrainingParameters, train
from src_part3.trials import run_trial

__all__ = [
    "BalancedNetworkParameters", "CLOCKED", "FeedforwardParameters", "Lesion", "RECURRENT",
    "SparseRLS", "Training", "TrainingParameters", "TrialParameters", "build_network", "evaluate",
    "firing_rates", "interval_cv", "leading_order_rates", "load_network", "load_recordings",
    "load_training", "make_task", "mean_field", "measure_state_plane", "neuron_groups",
    "pairwise_correlations", "principal_components", "recordings_from_arrays", "run_distractors",
    "run_trial", "save_network", "save_training", "selectivity", "shared_variance",
    "siegert_rate", "strongest_modulated", "study_lesions", "sweep_external_input",
    "sweep_in_degree", "train",
]
