"""Part 3: a balanced network of excitatory and inhibitory neurons that learns recorded activity.

Modules
-------
``parameters``
    Numbers of the balanced network, of its Poisson inputs and of a trial.
``network``
    The network: static and plastic synapses, and the weights that are trained.
``clock``
    Poisson neurons whose rates wander, grow or stay.
``kernels``
    The compiled time loop behind `trials`.
``trials``
    What acts on the network, what is written down, and whole trials on all cores.
``balance``
    Theory of the balanced state, and simulated networks beside it.
``transfer``
    From recorded rates to targets: the measured curve from mean input to rate.
``task``
    The whole task: network, targets, cues and feed-forward rates.
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
``original``
    The rule of the original tutorial, for comparison.
``plotting``
    Plots; import it by itself.

From Part 2 come the firing rate of a noisy LIF neuron, its inverse, and statistics of spikes; from
Part 1 recordings, measures of quality and the error of a training.
"""

from src_part1.common.metrics import correlation
from src_part1.recordings import Recordings, load_recordings, recordings_from_arrays
from src_part1.training_loop import TrainingDivergedError
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
from src_part3.evaluation import Evaluation, evaluate
from src_part3.network import BalancedNetwork, PlasticWeights, build_network
from src_part3.parameters import (
    CLOCKED,
    RECURRENT,
    BalancedNetworkParameters,
    FeedforwardParameters,
    TrialParameters,
)
from src_part3.perturbations import (
    Lesion,
    run_distractors,
    study_lesions,
)
from src_part3.rls import SparseRLS
from src_part3.storage import (
    StorageError,
    load_network,
    load_training,
    save_network,
    save_training,
)
from src_part3.task import BalancedTask, make_task
from src_part3.training import Training, TrainingParameters, train
from src_part3.trials import Trial, run_trial, run_trials

__all__ = [
    "BalancedNetwork",
    "BalancedNetworkParameters",
    "BalancedTask",
    "CLOCKED",
    "Evaluation",
    "FeedforwardParameters",
    "Lesion",
    "PlasticWeights",
    "RECURRENT",
    "Recordings",
    "SparseRLS",
    "StorageError",
    "Training",
    "TrainingDivergedError",
    "TrainingParameters",
    "Trial",
    "TrialParameters",
    "build_network",
    "correlation",
    "evaluate",
    "firing_rates",
    "interval_cv",
    "leading_order_rates",
    "load_network",
    "load_recordings",
    "load_training",
    "make_task",
    "mean_field",
    "measure_state_plane",
    "neuron_groups",
    "pairwise_correlations",
    "principal_components",
    "recordings_from_arrays",
    "run_distractors",
    "run_trial",
    "run_trials",
    "save_network",
    "save_training",
    "selectivity",
    "shared_variance",
    "siegert_rate",
    "strongest_modulated",
    "study_lesions",
    "sweep_external_input",
    "sweep_in_degree",
    "train",
]
