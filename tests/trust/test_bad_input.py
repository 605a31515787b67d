"""Bad input: each is refused in a sentence with name, rule and value, and changes nothing."""

import dataclasses
import functools
import inspect
import io
import pickle
import re
import types
import zipfile

import joblib
import numpy as np
import pytest
from scipy import sparse

import src_part1 as one
import src_part2 as two
import src_part3 as three
from course import part1 as course
from course.part3 import demo_sparseness
from src_part1 import plotting
from src_part1.common.metrics import summarise
from src_part1.common.validation import check_choice, check_flag, check_integer, check_real
from src_part1.connectivity import sparse_weights
from src_part1.force import ForceNetwork
from src_part2.limits import train_and_test
from src_part2.targets import recorded_targets
from src_part2.tasks import untrained_input
from src_part3 import trials
from src_part3.storage import StorageError
from tests.part3.small import NETWORK, TRAINING, TRIAL, small_recordings, small_task

NAN, INF = float("nan"), float("inf")
RECORD = "a text in the place of a record"
changed = dataclasses.replace  # a record is made again, and checked


@functools.cache
def world():
    """Valid arguments of everything, which no refused call may change."""
    w = types.SimpleNamespace()
    w.rng = np.random.default_rng(1)
    w.timing = one.TrialTiming(
        stim_on=10.0, stim_off=20.0, learn_on=20.0, learn_off=60.0, learn_every=5.0
    )
    w.time = np.arange(0.0, 40.0, 5.0)
    w.rate = one.RateNetworkParameters(n_units=6, dt=0.5)
    w.weights = one.random_weights(w.rate, w.rng)
    n_updates = len(w.timing.update_times)
    w.targets = np.ones((1, 6, n_updates))
    w.cues = np.ones((1, 6))
    w.task = one.RateTask(w.rate, w.timing, w.targets, w.cues)
    w.two_sides = one.RateTask(w.rate, w.timing, np.ones((2, 6, n_updates)), np.eye(2, 6))
    w.recorded_rate_task = one.make_task(small_recordings(), w.rng)
    w.all_to_all, w.r = one.AllToAllRLS(4), np.ones(4)
    w.force = one.force_network(one.ForceParameters(n_units=20), w.rng)
    w.recordings = small_recordings()
    w.rates = np.ones((2, 3, 4))
    w.bins = 20.0 * np.arange(4)
    w.spikes = [[np.array([1.0, 30.0]), np.array([5.0])]]

    w.lif = two.LIFParameters(noise=0.1)
    w.lif_network = two.LIFNetworkParameters(n_neurons=6)
    w.lif_weights = two.random_weights(w.lif_network, w.rng)
    w.mean_input = np.full(6, 0.9)
    w.lif_task = two.LIFTask(w.lif, w.mean_input, w.timing, w.targets, w.cues)
    w.run = two.simulate(w.lif, np.full(6, 2.0), 50.0, w.rng, record_spikes=False)
    w.settings = two.TrainingSettings(n_neurons=10, n_loops=1)

    w.balanced = small_task()
    w.network = w.balanced.network
    w.plastic_weights = w.network.initial_weights()
    w.training = three.Training(w.balanced, TRAINING, seed=2)
    w.learned = (w.plastic_weights,) * 2
    w.sparse = three.SparseRLS([[0, 1], [1, 2]], 5, 1.0, n_shared=2)
    w.sparse.update(np.ones((2, 5)), np.ones((2, 2)))
    return w


def calls(w):
    """Valid arguments of functions by name; ``self`` is the object whose method is called."""
    held = one.with_ramp(w.recorded_rate_task, np.random.default_rng(0))
    learned = {"task": w.balanced, "weights": w.learned, "rng": w.rng}
    swept = {"network_parameters": NETWORK, "rng": w.rng}
    lif = {"neuron_parameters": w.lif, "rng": w.rng}
    return {
        one.random_weights: {"network_parameters": w.rate, "rng": w.rng},
        sparse_weights: {"force_parameters": w.force.parameters, "rng": w.rng},
        one.simulate: {"weights": w.weights, "network_parameters": w.rate, "duration": 10.0},
        one.sine_targets: {"n_units": 3, "time": w.time, "rng": w.rng},
        **dict.fromkeys((one.sum_of_sines, one.lorenz), {"time": w.time}),
        one.AllToAllRLS: {"n_units": 4},
        one.RateTask: {"network_parameters": w.rate, "timing": w.timing, "targets": w.targets,
                   "cues": w.cues},
        one.RateTask.hold_inputs: {"self": w.task, "time": 30.0},
        **dict.fromkeys((one.train, one.run_frozen, one.run_frozen_outputs, one.forced_start),
                        {"task": w.task, "weights": w.weights}),
        one.r2: {"output": w.r, "target": w.r},
        one.force_network: {"force_parameters": w.force.parameters, "rng": w.rng},
        one.train_force: {"network": w.force, "target": w.time},
        one.run_force: {"network": w.force, "duration": 10.0},
        ForceNetwork: {f.name: getattr(w.force, f.name) for f in dataclasses.fields(w.force)},
        one.run_distractors: {"task": w.two_sides, "weights": w.weights, "times": [25.0],
                              "rng": w.rng, "duration": 5.0},
        one.make_task: {"recordings": w.recordings, "rng": w.rng},
        one.run_population: {"recorded_task": w.recorded_rate_task, "weights": w.weights},
        one.with_ramp: {"recorded_task": w.recorded_rate_task, "rng": w.rng},
        one.with_held_ramps: {"recorded_task": held, "held_at": [500.0]},
        one.recordings_from_arrays: {"rates": w.rates, "time": w.bins},
        one.psth_from_spikes: {"spike_times": w.spikes, "trial_conditions": ["a", "b"]},
        **dict.fromkeys((one.Recordings.select, one.Recordings.select_conditions,
                         one.Recordings.drop_silent, one.Recordings.averaged_rates),
                        {"self": w.recordings}),
        one.sweep: {"function": print, "grid": {"a": [1]}},
        course.WatchForce: {"target": w.time, "dt": 1.0, "window": 5.0},
        course.WatchLoops: {"times": w.bins, "targets": np.ones((1, 2, 4)), "n_loops": 2},
        two.random_weights: {"network_parameters": w.lif_network, "rng": w.rng},
        two.simulate: lif | {"mean_input": w.mean_input, "duration": 10.0},
        two.firing_rates: {"run": w.run},
        two.siegert_mean_input: {"rate": 5.0, "sigma": 0.3, "t_ref": 2.0},
        two.siegert_rate: {"mu": 0.8, "sigma": 0.3},
        two.make_task: lif | {"recordings": w.recordings},
        two.make_pattern_task: lif | {"kind": "ou", "network_parameters": w.lif_network,
                                      "timing": w.timing},
        recorded_targets: {"recordings": w.recordings, "neuron_parameters": w.lif, "time": w.time},
        untrained_input: lif | {"network_parameters": w.lif_network, "weights": w.lif_weights},
        **dict.fromkeys(
            (two.train, two.run_frozen, two.run_frozen_outputs, two.frozen_quality),
            {"task": w.lif_task, "weights": w.lif_weights, "rng": w.rng}),
        two.sweep_setting: {"settings": w.settings, "setting": "noise", "values": [1.0]},
        train_and_test: {"settings": w.settings, "rng": w.rng},
        three.build_network: swept,
        three.mean_field: {"network_parameters": NETWORK},
        three.sweep_in_degree: swept | {"out_degrees": [10]},
        three.sweep_external_input: swept | {"extra": [0.1]},
        three.measure_state_plane: swept | {"j_ei": [-0.7], "drives": [2.0]},
        three.run_trial: {"network": w.network, "trial_parameters": TRIAL, "rng": w.rng,
                          "weights": w.plastic_weights},
        trials.run_trials: {"network": w.network, "trial_parameters": TRIAL, "rng": w.rng,
                            "n_trials": 1, "weights": w.plastic_weights},
        three.make_task: {
            "recordings": w.recordings, "network_parameters": NETWORK, "trial_parameters": TRIAL,
            "feedforward_parameters": three.FeedforwardParameters()},
        **dict.fromkeys((three.Training, three.train),
                        {"task": w.balanced, "training_parameters": TRAINING}),
        **dict.fromkeys((three.Training.run, three.Training.restore), {"self": w.training}),
        **dict.fromkeys((three.evaluate, three.study_lesions), learned),
        three.run_distractors: learned | {"times": [120.0]},
        three.neuron_groups: {"task": w.balanced},
        three.save_network: {"path": "none.npz", "task": w.balanced, "weights": w.learned},
        three.save_training: {"path": "none.npz", "training": w.training},
        three.SparseRLS: {"index": [[0]], "n_sources": 5, "ridge": 1.0},
        three.SparseRLS.update: {"self": w.sparse, "rows": np.ones((2, 5))},
        three.principal_components: {
            "rates": w.rates + np.arange(4), "neurons": [0, 1], "n_components": 1},
        three.selectivity: {"rates": w.rates, "last": 2},
    }


# The function, what is changed in its valid arguments (a function makes it of the world), and
# pieces of the sentence in order, after the name of the first changed argument: rule and value.
BAD_ARGUMENTS = [
    # --- Parameters ---
    (one.RateNetworkParameters, {"dt": 0.3, "tau": 1.0}, "a fifth of the shortest time", "0.3"),
    (one.ForceParameters, {"dt": 2.5}, "a fifth of the shortest time", "(2 ms)", "2.5"),
    (one.ForceParameters, {"learn_every": 2.5}, "multiple", "2.5"),
    (one.TrialTiming, {"stim_off": 10.0, "stim_on": 50.0}, "at least 50", "10.0"),
    (one.TrialTiming, {"learn_on": 105.0}, "at least 110", "105.0"),
    (one.TrialTiming, {"learn_off": 200.0, "learn_on": 200.0}, "above 200", "200.0"),
    (two.LIFParameters, {"v_reset": 1.5, "v_th": 1.0}, "below 1", "1.5"),
    (two.LIFParameters, {"dt": 0.1, "tau_syn": 0.05}, "a fifth of the shortest time", "0.1"),
    # --- Part 1: networks and targets ---
    (one.random_weights, {"network_parameters": lambda w: w.lif},
     "RateNetworkParameters", "LIFParameters"),
    (one.simulate, {"weights": np.zeros((6, 5))}, "shape (6, 6)", "(6, 5)"),
    (one.simulate, {"weights": np.full((6, 6), NAN)}, "finite", "(0, 0)", "nan"),
    (one.simulate, {"weights": [[1.0], [1.0, 2.0]]}, "rectangular"),
    (one.simulate, {"duration": -10.0}, "positive", "-10"),
    (one.simulate, {"duration": 10.3}, "multiple", "10.3"),
    (one.simulate, {"record_every": 1e-9}, "multiple", "1e-09"),
    (one.simulate, {"stim_off": 1.0, "stim_on": 5.0}, "at least 5", "1.0"),
    (one.simulate, {"cue": np.ones(5)}, "shape (6)", "(5,)"),
    (one.simulate, {"initial_rates": list("abcdef")}, "real numbers", "<U1"),
    (one.sine_targets, {"n_units": 0}, "at least 1", "0"),
    (one.sine_targets, {"time": []}, "shape", "(0,)"),
    (one.sine_targets, {"amplitude": INF}, "finite", "inf"),
    (one.sum_of_sines, {"period": 0.0}, "positive", "0.0"),
    (one.square_wave, {"time": [NAN]}, "finite", "nan"),
    (one.lorenz, {"initial_state": (1.0, 1.0)}, "shape (3)", "(2,)"),
    (one.lorenz, {"initial_state": (1e200, 1.0, 1.0)}, "within 1000 of 0", "1.e+200"),
    (one.lorenz, {"time": [-1.0]}, "at least 0", "-1"),
    (one.lorenz, {"time": [0.0, 1.0, 1.0]}, "increase", "the one at 2 is 1 after 1"),
    # --- Part 1: RLS and training ---
    (one.AllToAllRLS, {"ridge": 0.0}, "positive", "0.0"),
    (one.AllToAllRLS, {"n_units": 1}, "at least 2", "1"),
    (one.AllToAllRLS, {"basis": np.ones((4, 2))}, "orthonormal", "others"),
    (one.RateTask, {"targets": np.ones((1, 6, 3))}, "shape (any, 6, 8)", "(1, 6, 3)"),
    (one.RateTask, {"targets": np.full((1, 6, 8), NAN)}, "finite", "nan"),
    (one.RateTask, {"cues": np.ones((2, 6))}, "shape (1, 6)", "(2, 6)"),
    (one.RateTask, {"inputs": np.ones((1, 6, 3))}, "shape (1, 6, 8)", "(1, 6, 3)"),
    (one.RateTask.hold_inputs, {"time": 5.0}, "at least 20", "5.0"),
    (one.train, {"weights": np.eye(6)}, "zero diagonal"),
    (one.train, {"ridge": -1.0}, "positive", "-1.0"),
    (one.train, {"n_loops": 0}, "at least 1", "0"),
    (one.train, {"rls": RECORD}, "must be of type", "got str"),
    (one.train, {"rls": lambda w: w.all_to_all}, "6", "4"),
    (one.train, {"noise": -0.1}, "at least 0", "-0.1"),
    (one.train, {"rng": None, "noise": 0.1}, "Generator", "NoneType"),
    (one.train, {"average_last": 3, "n_loops": 2}, "at most 2", "3"),
    (one.train, {"weights": lambda w: w.weights,
                 "rls": lambda w: one.AllToAllRLS(6, basis=np.eye(6, 2))}, "form D V'"),
    (one.run_frozen, {"condition": 1}, "at most 0", "1"),
    (one.r2, {"target": np.ones(5)}, "shape (4)", "(5,)"),
    (one.correlation, {"output": ["a"], "target": ["b"]}, "real", "<U1"),
    (one.normalised_error, {"output": [0.0, INF], "target": [1.0, 2.0]}, "finite", "inf"),
    (summarise, {"values": np.ones((2, 2))}, "shape (n_neurons)", "(2, 2)"),
    (summarise, {"values": ["a"]}, "real numbers", "<U1"),
    (one.train_force, {"target": [0.0, NAN]}, "finite", "(1,)", "nan"),
    (one.train_force, {"target": [[1.0]]}, "shape (any)", "(1, 1)"),
    (one.run_force, {"n_recorded": -1}, "at least 0", "-1"),
    (one.run_force, {"duration": 0.5}, "multiple", "0.5"),
    (ForceNetwork, {"recurrent_weights": np.zeros((20, 20))}, "must be of type", "got ndarray"),
    (ForceNetwork, {"recurrent_weights": sparse.csr_array((9, 9))}, "shape (20, 20)", "(9, 9)"),
    (ForceNetwork, {"feedback_weights": np.zeros(19)}, "shape (20)", "(19,)"),
    (ForceNetwork, {"readout_weights": np.full(20, NAN)}, "finite", "nan"),
    (ForceNetwork, {"state": np.zeros((20, 1))}, "shape (20)", "(20, 1)"),
    (one.forced_start, {"weights": np.eye(6)}, "zero diagonal"),
    (one.forced_start, {"ridge": 0.0}, "positive", "0.0"),
    (one.forced_start, {"rank": 0}, "at least 1", "0"),
    # --- Part 1: recorded tasks, ramps and distractors ---
    (one.make_task, {"tau": 0.0}, "positive", "0.0"),
    (one.make_task, {"dt": 30.0}, "a fifth of the shortest time", "30.0"),
    (one.make_task, {"learn_every": 1e-9}, "multiple", "1e-09"),
    (one.make_task, {"cue_duration": 1.0}, "multiple", "1"),
    (one.make_task, {"cue_strength": -1.0}, "positive", "-1.0"),
    (one.make_task, {"settle": INF}, "finite", "inf"),
    (one.make_task, {"recordings": small_recordings(n_time=3)}, "at least 4 time points", "3"),
    (one.run_distractors, {"task": lambda w: w.task}, "2 conditions", "1"),
    (one.run_distractors, {"times": [15.0]}, "at least 20", "15"),
    (one.run_distractors, {"times": [25.0, 56.0]}, "5 ms", "60 ms", "56"),
    (one.run_distractors, {"times": []}, "(0,)"),
    (one.run_distractors, {"times": [25.3]}, "multiple", "25.3"),
    (one.run_distractors, {"strength": NAN}, "finite", "nan"),
    (one.run_distractors, {"n_trials": 0}, "at least 1", "0"),
    (one.with_ramp, {"strength": 0.0}, "positive", "0.0"),
    (one.with_ramp, {"recorded_task": lambda w: calls(w)[one.with_held_ramps]["recorded_task"]},
     "without inputs"),
    (one.with_held_ramps, {"recorded_task": lambda w: w.recorded_rate_task}, "ramp"),
    (one.with_held_ramps, {"held_at": [20.0]}, "at least 110", "20"),
    # --- Part 1: recordings ---
    (one.recordings_from_arrays, {"rates": np.ones((3, 4))},
     "shape (conditions, neurons, time points)", "(3, 4)"),
    (one.recordings_from_arrays, {"rates": lambda w: -w.rates}, "at least 0", "-1"),
    (one.recordings_from_arrays, {"time": lambda w: w.bins[::-1]}, "increas"),
    (one.recordings_from_arrays, {"time": lambda w: w.bins[:3]}, "4", "3"),
    (one.recordings_from_arrays, {"time": None}, "given (ms)"),
    (one.recordings_from_arrays, {"conditions": ["a", "b", "c"]},
     "2 different names", "('a', 'b', 'c')"),
    (one.recordings_from_arrays, {"rates": {"a": np.ones((3, 4))}, "conditions": ("a", "c")},
     "lacks the conditions ['c']", "['a']"),
    (one.recordings_from_arrays, {"smoothing": -1.0}, "at least 0", "-1"),
    (one.psth_from_spikes, {"trial_conditions": ["a", "b", "a"]}, "3"),
    (one.psth_from_spikes, {"window": (100.0, 0.0)}, "[1]", "above 100", "0.0"),
    (one.psth_from_spikes, {"spike_times": [[np.array([NAN]), np.array([5.0])]]}, "finite", "nan"),
    (one.psth_from_spikes, {"observed": [(0.0, -1.0)] * 2}, "a start and a later end",
     "(0.0, -1.0)"),
    (one.Recordings.select, {"neurons": [0, 99]}, "23", "99"),
    (one.Recordings.select, {"neurons": 1000, "rng": lambda w: w.rng}, "24", "1000"),
    (one.Recordings.select_conditions, {"conditions": "up"},
     "different names out of ('right', 'left')", "'up'"),
    (one.Recordings.drop_silent, {"below": 0.0}, "positive", "0.0"),
    (one.Recordings.averaged_rates, {"width": 0.0}, "positive", "0.0"),
    (one.pool_recordings, {"sessions": []}, "at least one", "none"),
    (one.pool_recordings, {"sessions": [RECORD]}, "[0] must be of type", "got str"),
    (one.pool_recordings, {"sessions": lambda w: [w.recordings, w.recordings.rebin(40.0)]},
     "[1]", "times of the first session", "steps of 40"),
    (one.load_recordings, {"source": 7}, "word or a path", "int", "use recordings_from_arrays"),
    (one.load_recordings, {"window": (0, 1), "source": "synthetic"}, ".nwb files only", "synth"),
    # --- Part 1: sweeps and plots ---
    (plotting.condition_styles, {"n_conditions": -1}, "at least 0", "-1"),
    (one.sweep, {"grid": {"a": "text"}}, "['a']", "sequence", "'text'"),
    (one.sweep, {"grid": {"a": []}}, "['a']", "empty"),
    (one.sweep, {"seeds": (1, 1)}, "differ", "[1, 1]"),
    (one.sweep, {"n_jobs": 0}, "-1 or at least 1", "0"),
    (course.demo_gain, {"n_units": 0}, "at least", "0"),
    (course.demo_ridge, {"ridge": 0.0}, "positive", "0.0"),
    (course.demo_ridge, {"noise": -0.1}, "at least 0", "-0.1"),
    (course.demo_rls_ellipse, {"n_samples": -1}, "at least 0", "-1"),
    (course.demo_rls_ellipse, {"noise": -0.1}, "at least 0", "-0.1"),
    (course.demo_rls_ellipse, {"ridges": (0.0,)}, "positive", "0.0"),
    (demo_sparseness, {"n_synapses": 400}, "at most 399", "400"),
    (course.WatchForce, {"target": np.ones((2, 2))}, "shape (n_steps)", "(2, 2)"),
    (course.WatchForce, {"dt": 0.0}, "positive", "0.0"),
    (course.WatchForce, {"window": 0.5}, "at least 1", "0.5"),
    (course.WatchLoops, {"times": np.ones(3)}, "shape (4)", "(3,)"),
    (course.WatchLoops, {"targets": np.ones((2, 4))}, "n_conditions, n_units", "(2, 4)"),
    (course.WatchLoops, {"n_loops": 0}, "at least 1", "0"),
    (course.WatchLoops, {"units": (2,)}, "at most 1", "2"),
    (course.WatchLoops, {"conditions": ("a", "b")}, "must have 1 names", "2"),
    (course.WatchLoops, {"names": ("a",)}, "got 1"),
    # --- Part 2 ---
    (two.simulate, {"mean_input": np.full(6, NAN)}, "finite", "nan"),
    (two.simulate, {"traced": [6]}, "0 to 5", "6"),
    (two.interval_cv, {"run": lambda w: w.run}, "spikes must be recorded"),
    (two.firing_rates, {"start": 50.0}, "below 50", "50.0"),
    (two.siegert_mean_input, {"rate": 600.0}, "500", "600"),
    (two.siegert_mean_input, {"rate": -1.0}, "-1"),
    (two.siegert_rate, {"sigma": -0.3}, "at least 0", "-0.3"),
    (two.make_pattern_task, {"kind": "square"}, "'sines', 'ou', 'chaos'", "'square'"),
    (two.sweep_setting, {"setting": "colour"}, "one of", "'colour'"),
    (two.train, {"max_rate": 0}, "positive", "0"),
    (two.train, {"rls": RECORD}, "must be of type", "got str"),
    (two.run_frozen_outputs, {"n_trials": 0}, "at least 1", "0"),
    # --- Part 3: network and simulator ---
    (three.BalancedNetworkParameters, {"dt": 2.9}, "a fifth of the shortest time constant", "2.9"),
    (three.BalancedNetworkParameters, {"out_degree": 240, "n_exc": 120, "n_inh": 120},
     "at most", "239", "240"),
    (three.build_network, {"precision": "float16"}, "'float64', 'float32'", "'float16'"),
    (three.run_trial, {"weights": None}, "must be given"),
    (three.run_trial, {"weights": lambda w: w.plastic_weights.recurrent_weights},
     "PlasticWeights", "ndarray"),
    (three.run_trial, {"weights": lambda w: changed(
        w.plastic_weights, recurrent_weights=w.plastic_weights.recurrent_weights[:, 1:])},
     "shape (24, 11)", "(24, 10)"),
    (three.run_trial, {"silenced": [240]}, "0 to 239", "240"),
    (three.run_trial, {"probes": [-1]}, "0 to 239", "-1"),
    (three.run_trial, {"condition": 2, "feedforward_rates": lambda w: w.balanced.feedforward_rates},
     "at most 1", "2"),
    (three.run_trial, {"filtered": True, "network": lambda w: w.network.without_plastic(),
                       "weights": None}, "plastic synapses"),
    (three.run_trial, {"bin_input": np.zeros((10, 240))}, "(15, 240)", "(10, 240)"),
    (trials.run_trials, {"n_trials": -1}, "at least 0", "-1"),
    (trials.run_trials, {"n_threads": 0}, "at least 1", "0"),
    (three.sweep_external_input, {"extra": 0.1}, "shape", "()"),
    (three.measure_state_plane, {"j_ei": [0.5]}, "at most 0", "0.5"),
    (three.measure_state_plane, {"drives": [NAN]}, "finite"),
    (three.measure_state_plane, {"settle": -1.0}, "at least 0", "-1"),
    (three.measure_state_plane, {"settle": 1.0}, "the width of a bin", "1"),
    # --- Part 3: training, test, analysis ---
    (three.make_task, {"seed": -1}, "at least 0", "-1"),
    (three.make_task, {"plastic_noise": -0.1}, "at least 0", "-0.1"),
    (three.make_task, {"original": 1}, "bool", "int"),
    (three.SparseRLS, {"index": [[0, 3]], "n_shared": 2}, "0 to 2", "3"),
    (three.SparseRLS, {"index": [0, 1]}, "(n_neurons, n_own)", "(2,)"),
    (three.SparseRLS, {"ridge": 0.0}, "positive", "0.0"),
    (three.SparseRLS.update, {"rows": np.ones((2, 4))}, "(n_rows, 5)", "(2, 4)"),
    (three.SparseRLS.update, {"targets": np.ones((3, 2))}, "(2, 2)", "(3, 2)"),
    (three.SparseRLS.update, {"forgetting": -0.1}, "at least 0", "-0.1"),
    (three.Training.run, {"total_loops": 1.5}, "whole number", "1.5"),
    (three.Training.restore, {"state": RECORD}, "dict", "str"),
    (three.Training.restore, {"state": {}}, "[", "shape", "nothing"),
    (three.Training.restore, {"state": lambda w: {k: np.ones(3) for k in w.training.state()}},
     "shape", "(3,)"),
    (three.Training.restore,
     {"state": lambda w: w.training.state() | {"curves": np.ones((3, 2))}},
     "['curves']", "(2, 0, 2)", "(3, 2)"),
    (three.evaluate, {"n_trials": 1}, "at least 2", "1"),
    (three.evaluate, {"weights": lambda w: w.learned[:1]}, "each of 2 conditions", "1"),
    (three.evaluate, {"weights": (RECORD, RECORD)}, "must be of type", "got str"),
    (three.study_lesions, {"lesions": {}}, "at least one", "none"),
    (three.study_lesions, {"lesions": RECORD}, "must be of type", "got str"),
    (three.study_lesions, {"lesions": {"a": {}}}, "['a']", "Lesion", "dict"),
    (three.run_distractors, {"times": [260.0]}, "leave room for 100 ms", "260"),
    (three.save_network, {"weights": lambda w: (w.learned[0], changed(
        w.learned[1], recurrent_weights=2 * w.learned[1].recurrent_weights))},
     "same recurrent weights in all conditions"),
    (three.principal_components, {"n_components": 5}, "at most 2", "5"),
    (three.principal_components, {"neurons": [0, 7]}, "0 to 2", "7"),
    (three.pairwise_correlations, {"counts": np.zeros((9, 4))}, "two neurons", "10"),
    (three.pairwise_correlations, {"counts": np.ones(9)}, "shape (bins, neurons)", "(9,)"),
    (three.selectivity, {"rates": np.ones((1, 3, 4))}, "at least 2 conditions", "1"),
    (three.selectivity, {"pair": (1, 1)}, "two different", "(1, 1)"),
    (three.selectivity, {"pair": (0, 2)}, "2"),
    (three.selectivity, {"last": 5}, "at most 4", "5"),
]
# Where the sentence names something else than an argument: what is done, and pieces in order.
BAD_INPUT = {
    "updates between time steps": (
        lambda w: changed(w.task, timing=changed(w.timing, learn_every=0.7)),
        "learn_every", "multiple", "0.7"),
    "no inputs to hold": (lambda w: w.task.hold_inputs(30.0), "inputs", "given", "None"),
    "bins finer than they are": (lambda w: w.recordings.rebin(1.0),
                                 "width", "at least the bin width of 20 ms", "1"),
    "windows outside": (lambda w: w.recordings.rates_at([1e6], 50.0), "window", "overlap", "0"),
    "recorded targets in a PSTH": (lambda w: two.simulated_psth(RECORD, w.lif_weights, w.rng),
                                   "recorded_task must be of type", "got str"),
    "in-degree 0 to sweep": (lambda w: three.sweep_in_degree(NETWORK, [0], w.rng),
                             "out_degree", "at least 1", "0"),
    "no balanced state": (
        lambda w: three.leading_order_rates(changed(NETWORK, j_ee=1.0, j_ei=-1.0)),
        "balanced state", "j_ee"),
    "no drive to a plane": (
        lambda w: three.measure_state_plane(changed(NETWORK, mu_exc=0.0), [-0.7], [2.0], w.rng),
        "mu_exc", "positive", "0.0"),
    "bins that do not fit": (
        lambda w: three.run_trial(w.network, changed(TRIAL, bin_width=7.0), w.rng,
                                  weights=w.plastic_weights), "multiple", "7", "300"),
    "more plastic senders than neurons": (
        lambda w: three.make_task(
            w.recordings, network_parameters=changed(NETWORK, n_plastic_exc=24)),
        "n_plastic_exc", "at most 23", "24"),
    "fewer recorded neurons than plastic synapses": (
        lambda w: three.make_task(w.recordings.select(4), network_parameters=NETWORK),
        "n_plastic_exc", "at most 3", "5"),
    "more recorded than E neurons": (
        lambda w: three.make_task(w.recordings, network_parameters=changed(NETWORK, n_exc=20)),
        "n_exc", "at least 24", "20"),
}


KINDS = {check_choice: "one of", check_flag: "True or False", check_integer: "whole number",
         check_real: "real number"}


def beyond(check, bounds):
    """Yield bad values for a field of a record, each with its rule."""
    yield from ((None, KINDS[check]), ("text", KINDS[check]))
    for rule, step, words in (("above", 0, "above|positive"), ("at_least", -1, "at least"),
                              ("below", 0, "below"), ("at_most", 1, "at most")):
        if rule in bounds:
            yield bounds[rule] + step, words


RECORDS = (
    one.RateNetworkParameters, one.TrialTiming, one.ForceParameters, two.LIFParameters,
    two.LIFNetworkParameters, two.TrainingSettings, three.BalancedNetworkParameters,
    three.TrialParameters, three.FeedforwardParameters, three.TrainingParameters, three.Lesion,
)
# What the fields of all records say of themselves: the record, the field, a bad value, the rule.
BAD_FIELDS = [
    (record, field.name, value, rule)
    for record in RECORDS for field in dataclasses.fields(record)
    for value, rule in beyond(field.metadata["check"], field.metadata["bounds"])
    if value is not None or field.default is not None
]


@pytest.mark.parametrize("record", RECORDS)
def test_each_field_of_a_record_keeps_its_bounds(record):
    for of_record, field, value, rule in BAD_FIELDS:
        if of_record is record:
            with pytest.raises((TypeError, ValueError)) as caught:
                record(**{field: value})
            words = rf"^{record.__name__}\.{field} must be .*({rule}).*, got {value!r}\."
            assert re.search(words, str(caught.value)), caught.value


def refused(call, pieces, kinds=(TypeError, ValueError, FloatingPointError)):
    """Let a call be refused in a sentence with these pieces, and change nothing."""
    w = world()
    before = joblib.hash(w)
    with pytest.raises(kinds) as caught:
        call(w)
    message = str(caught.value)
    assert re.search(".*".join(re.escape(piece) for piece in pieces), message, re.DOTALL), message
    assert joblib.hash(w) == before


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_refused_in_a_sentence(case):
    call, *pieces = BAD_INPUT[case]
    refused(call, pieces)


@pytest.mark.parametrize(
    ("function", "changes", "pieces"), [(f, changes, rest) for f, changes, *rest in BAD_ARGUMENTS],
    ids=[f"{f.__qualname__}-{next(iter(changes))}" for f, changes, *_ in BAD_ARGUMENTS],
)
def test_a_bad_argument_is_refused_in_a_sentence(function, changes, pieces):
    def call(w):
        made = {k: v(w) if inspect.isfunction(v) else v for k, v in changes.items()}
        function(**calls(w).get(function, {}) | made)

    refused(call, [next(iter(changes)), *pieces])


def wrong_types():
    """Each function with a record or a generator among its valid arguments, and its name."""
    for function, arguments in calls(world()).items():
        for name, value in arguments.items():
            library = type(value).__module__.startswith("src_part")
            if name != "self" and (library or name == "rng"):
                yield function, name


def test_a_record_or_generator_of_the_wrong_type_is_a_type_error():
    for function, name in wrong_types():
        refused(lambda w, f=function, n=name: f(**calls(w)[f] | {n: RECORD}),
                [f"{name} must be", "got str"], TypeError)


def archive(**arrays):
    """Return the bytes of an .npz file."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def other_archive(name, content):
    """Return the bytes of a zip file with one member."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as target:
        target.writestr(name, content)
    return file.getvalue()


def longer_than_it_is():
    """Return an array's file whose header promises ten thousand million numbers."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f8", "fortran_order": False, "shape": (10**10,)}
    )
    return file.getvalue()


BAD_FILES = {
    "empty": b"",
    "text": b"time,rate\n0,1\n",
    "pickle": pickle.dumps({"rates": 1}),
    "pickle in an archive": archive(meta=np.array([{"format": 1}], dtype=object)),
    "archive of nothing": archive(),
    "archive of something else": archive(x=np.ones(3)),
    "document": other_archive("word/document.xml", "<text/>"),
    "only the first half": archive(rates=np.ones((2, 3, 40)))[:300],
    "promises more than it holds": other_archive("rates.npy", longer_than_it_is()),
    "metadata that is no JSON": archive(meta=np.frombuffer(b"{", np.uint8), checksum=np.zeros(4)),
}


@pytest.mark.parametrize("reader", [one.load_recordings, three.load_network, three.load_training])
@pytest.mark.parametrize("content", BAD_FILES)
def test_bad_files_are_refused_by_name_and_left_alone(reader, content, tmp_path):
    path = tmp_path / "mine.npz"
    path.write_bytes(BAD_FILES[content])
    with pytest.raises((ValueError, StorageError)) as caught:
        reader(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) > len(str(path)) + 20
    assert path.read_bytes() == BAD_FILES[content]


@pytest.mark.parametrize("reader", [one.load_recordings, three.load_network, three.load_training])
def test_a_missing_file_is_missed_by_name(reader, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.npz"):
        reader(tmp_path / "nowhere.npz")
