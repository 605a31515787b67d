"""Part 3: a balanced network of excitatory and inhibitory neurons that carries recorded activity.

New here
--------
The balanced network (`parameters`, `connectivity`, `state`) and its simulator (`simulator`,
`recorder`), what drives it (`drive`, `feedforward`), whole trials (`trials`), theory of the
balanced state and measurements against it (`balance`, `scans`, `spike_statistics`), targets for
its neurons (`input_targets`, `matching`), the whole task (`task`), its training by exact RLS
(`rls`, `labels`, `training`), files (`storage`), test (`evaluation`), analysis
(`analysis`), the rule of the original for comparison (`original`) and figures (`plotting`).

From Part 2
-----------
The firing rate of a noisy LIF neuron and its inverse, and statistics of spikes.

From Part 1
-----------
Recordings and measures of quality.
"""

from src_part1.metrics import correlation, normalised_error, r2
from src_part1.recordings import Recordings, load_recordings, recordings_from_arrays
from src_part2.siegert import siegert_mean_input, siegert_rate
from src_part2.statistics import firing_rates, interval_cv, spike_intervals
from src_part3.analysis import (
    cross_projection,
    neuron_groups,
    perturb,
    principal_components,
    selectivity,
    strongest_modulated,
)
from src_part3.balance import MeanField, leading_order_rates, linear_response, mean_field
from src_part3.connectivity import (
    PlasticConnectivity,
    StaticConnectivity,
    draw_plastic,
    draw_static,
    plastic_from_index,
)
from src_part3.demos import demo_balance, demo_plastic_synapses, sample_regressors
from src_part3.drive import Drive, draw_cues, make_drive
from src_part3.evaluation import Evaluation, evaluate
from src_part3.exercises import (
    check_balanced_rates,
    check_corrected_correlation,
    check_regime,
    check_rls_update,
    check_target_input,
)
from src_part3.feedforward import FeedforwardRates, draw_rates, draw_spikes
from src_part3.input_targets import InputStatistics, input_targets, measure_inputs
from src_part3.matching import match_by_rate
from src_part3.original import OriginalResult, train_original
from src_part3.parameters import FeedforwardParameters, NetworkParameters, TrialParameters
from src_part3.recorder import Recorder
from src_part3.scans import RateScan, scan_external_input, scan_in_degree
from src_part3.simulator import advance, refresh_plastic_input
from src_part3.spike_statistics import fano_factors, pairwise_correlations
from src_part3.state import Network, NetworkState, PlasticWeights, build_network, initial_state
from src_part3.storage import (
    StorageError,
    load_network,
    load_training,
    save_network,
    save_training,
)
from src_part3.task import CortexTask, make_task
from src_part3.training import Training, TrainingDivergedError
from src_part3.training_parameters import TrainingParameters
from src_part3.trials import Trial, run_trial, run_trials
from src_part3.warmup import warm_kernels

__all__ = [
    "CortexTask",
    "Drive",
    "Evaluation",
    "FeedforwardParameters",
    "FeedforwardRates",
    "InputStatistics",
    "MeanField",
    "Network",
    "NetworkParameters",
    "NetworkState",
    "OriginalResult",
    "PlasticConnectivity",
    "PlasticWeights",
    "RateScan",
    "Recorder",
    "Recordings",
    "StaticConnectivity",
    "StorageError",
    "Training",
    "TrainingDivergedError",
    "TrainingParameters",
    "Trial",
    "TrialParameters",
    "advance",
    "build_network",
    "check_balanced_rates",
    "check_corrected_correlation",
    "check_regime",
    "check_rls_update",
    "check_target_input",
    "correlation",
    "cross_projection",
    "demo_balance",
    "demo_plastic_synapses",
    "draw_cues",
    "draw_plastic",
    "draw_rates",
    "draw_spikes",
    "draw_static",
    "evaluate",
    "fano_factors",
    "firing_rates",
    "initial_state",
    "input_targets",
    "interval_cv",
    "leading_order_rates",
    "linear_response",
    "load_network",
    "load_recordings",
    "load_training",
    "make_drive",
    "make_task",
    "match_by_rate",
    "mean_field",
    "measure_inputs",
    "neuron_groups",
    "normalised_error",
    "pairwise_correlations",
    "perturb",
    "plastic_from_index",
    "principal_components",
    "r2",
    "recordings_from_arrays",
    "refresh_plastic_input",
    "run_trial",
    "run_trials",
    "sample_regressors",
    "save_network",
    "save_training",
    "scan_external_input",
    "scan_in_degree",
    "selectivity",
    "siegert_mean_input",
    "siegert_rate",
    "spike_intervals",
    "strongest_modulated",
    "train_original",
    "warm_kernels",
]
