"""Bad input: each is refused in a sentence with name, rule and value, and changes nothing."""

import dataclasses
import functools
import io
import pickle
import re
import types
import zipfile

import numpy as np
import pytest
from scipy import sparse

import src_part1 as one
import src_part2 as two
import src_part3 as three
from course import part1 as course
from src_part1.connectivity import sparse_weights
from src_part2.limits import train_and_test
from src_part2.targets import recorded_targets
from src_part2.tasks import untrained_input
from src_part3 import trials
from src_part3.storage import StorageError
from tests.part3.small import NETWORK, TRAINING, TRIAL, small_recordings, small_task

NAN, INF = float("nan"), float("inf")


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
    w.readout, w.all_to_all = one.ReadoutRLS(4), one.AllToAllRLS(4)
    w.w, w.W, w.r = np.zeros(4), np.zeros((4, 4)), np.ones(4)
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


def fingerprint(value, seen=None):
    """All that an object holds, as bytes and plain values, down to the last array."""
    seen = set() if seen is None else seen
    if isinstance(value, np.ndarray):
        return value.shape, str(value.dtype), value.tobytes()
    if sparse.issparse(value):
        return fingerprint((value.data, value.indices, value.indptr), seen)
    if isinstance(value, np.random.Generator):
        return repr(value.bit_generator.state)
    if isinstance(value, dict):
        return [(str(k), fingerprint(v, seen)) for k, v in value.items()]
    if isinstance(value, (list, tuple)):
        return [fingerprint(v, seen) for v in value]
    if id(value) in seen:
        return None
    seen.add(id(value))
    names = [f.name for f in dataclasses.fields(value)] if dataclasses.is_dataclass(value) else []
    names = names or [name for name in getattr(value, "__dict__", ()) if name != "_k"]  # scratch
    return [(name, fingerprint(getattr(value, name), seen)) for name in names] or repr(value)


def changed(record, **values):
    """Make a record again with other values, which are checked."""
    return dataclasses.replace(record, **values)


def with_entry(array, value):
    """Copy an array with another first entry."""
    array = np.array(array, dtype=float)
    array.flat[0] = value
    return array


# What is done, and pieces of the sentence in order: the name, the rule, the value.
BAD_INPUT = {
    # --- Part 1: parameters ---
    "units 0": (lambda w: one.RateNetworkParameters(n_units=0), "n_units", "at least", "0"),
    "units as float": (lambda w: one.RateNetworkParameters(n_units=100.0),
                       "n_units", "whole number", "100.0"),
    "units as boolean": (lambda w: one.RateNetworkParameters(n_units=True),
                         "n_units", "whole number", "True"),
    "tau NaN": (lambda w: one.RateNetworkParameters(tau=NAN), "tau", "finite", "nan"),
    "tau 0": (lambda w: one.RateNetworkParameters(tau=0.0), "tau", "positive", "0.0"),
    "gain as text": (lambda w: one.RateNetworkParameters(gain="1.5"), "gain", "real", "'1.5'"),
    "gain complex": (lambda w: one.RateNetworkParameters(gain=1j), "gain", "real", "1j"),
    "unknown transfer": (lambda w: one.RateNetworkParameters(transfer="sigmoid"),
                         "transfer", "one of 'relu', 'tanh'", "'sigmoid'"),
    "dt above tau / 5": (lambda w: one.RateNetworkParameters(tau=1.0, dt=0.3),
                         "dt", "a fifth of the shortest time constant", "0.3"),
    "probability 2": (lambda w: one.ForceParameters(connection_probability=2.0),
                      "connection_probability", "at most 1", "2.0"),
    "learning outside of the grid": (lambda w: one.ForceParameters(learn_every=2.5),
                                     "learn_every", "multiple", "2.5"),
    "cue ends before it starts": (lambda w: one.TrialTiming(stim_on=50.0, stim_off=10.0),
                                  "stim_off", "at least 50", "10.0"),
    "no time to learn": (lambda w: one.TrialTiming(learn_on=200.0, learn_off=200.0),
                         "learn_off", "above 200", "200.0"),
    # --- Part 1: networks and targets ---
    "seed for a generator": (lambda w: one.random_weights(w.rate, 3),
                             "rng", "numpy.random.Generator", "int"),
    "parameters of another part": (lambda w: one.random_weights(w.lif, w.rng),
                                   "network_parameters", "RateNetworkParameters", "LIFParameters"),
    "weights not square": (lambda w: one.simulate(np.zeros((6, 5)), w.rate, 10.0),
                           "weights", "shape (6, 6)", "(6, 5)"),
    "weights NaN": (lambda w: one.simulate(with_entry(w.weights, NAN), w.rate, 10.0),
                    "weights", "finite", "nan"),
    "weights of objects": (lambda w: one.simulate(w.weights.astype(object), w.rate, 10.0),
                           "weights", "real numbers", "object"),
    "weights as text": (lambda w: one.simulate(w.weights.astype(str), w.rate, 10.0),
                        "weights", "real numbers", "<U"),
    "weights ragged": (lambda w: one.simulate([[1.0], [1.0, 2.0]], w.rate, 10.0),
                       "weights", "rectangular"),
    "duration infinite": (lambda w: one.simulate(w.weights, w.rate, INF),
                          "duration", "finite", "inf"),
    "duration negative": (lambda w: one.simulate(w.weights, w.rate, -10.0),
                          "duration", "positive", "-10"),
    "duration beyond memory": (lambda w: one.simulate(w.weights, w.rate, 1e15),
                               "duration", "at most", "the time step", "1e+15"),
    "duration outside of the grid": (lambda w: one.simulate(w.weights, w.rate, 10.3),
                                     "duration", "multiple", "10.3"),
    "cue of another size": (lambda w: one.simulate(w.weights, w.rate, 10.0, cue=np.ones(5)),
                            "cue", "shape (6)", "(5,)"),
    "no time points": (lambda w: one.sine_targets(3, [], w.rng), "time", "shape", "(0,)"),
    "amplitude infinite": (lambda w: one.sine_targets(3, w.time, w.rng, amplitude=INF),
                           "amplitude", "finite", "inf"),
    "period 0": (lambda w: one.sum_of_sines(w.time, period=0.0), "period", "positive", "0.0"),
    "Lorenz from two numbers": (lambda w: one.lorenz(w.time, initial_state=(1.0, 1.0)),
                                "initial_state", "shape (3)", "(2,)"),
    # --- Part 1: RLS and training ---
    "ridge 0": (lambda w: one.AllToAllRLS(4, ridge=0.0), "ridge", "positive", "0.0"),
    "ridge negative": (lambda w: one.train(w.task, w.weights.copy(), ridge=-1.0),
                       "ridge", "positive", "-1.0"),
    "one input": (lambda w: one.AllToAllRLS(1), "n_units", "at least 2", "1"),
    "weights as integers": (lambda w: w.readout.update(np.zeros(4, int), w.r, 0.1),
                            "weights", "float64", "int64"),
    "weights as float32": (lambda w: w.all_to_all.update(w.W.astype("f4"), w.r, w.r),
                           "weights", "float64", "float32"),
    "weights in Fortran order": (lambda w: w.all_to_all.update(np.asfortranarray(w.W), w.r, w.r),
                                 "weights", "C-contiguous"),
    "weights a list": (lambda w: w.readout.update([0.0] * 4, w.r, 0.1),
                       "weights", "array", "list"),
    "rates of another size": (lambda w: w.readout.update(w.w, np.ones(5), 0.1),
                              "rates", "shape (4,)", "(5,)"),
    "rates NaN": (lambda w: w.all_to_all.update(w.W, with_entry(w.r, NAN), w.r), "rates", "finite"),
    "error infinite": (lambda w: w.readout.update(w.w, w.r, INF), "error", "finite"),
    "targets of another length": (
        lambda w: one.RateTask(w.rate, w.timing, np.ones((1, 6, 3)), w.cues),
        "targets", "shape (any, 6, 8)", "(1, 6, 3)"),
    "cues of another condition": (
        lambda w: one.RateTask(w.rate, w.timing, w.targets, np.ones((2, 6))),
        "cues", "shape (1, 6)", "(2, 6)"),
    "no loops": (lambda w: one.train(w.task, w.weights.copy(), n_loops=0),
                 "n_loops", "at least 1", "0"),
    "rule of another size": (lambda w: one.train(w.task, w.weights.copy(), rls=w.all_to_all),
                             "rls", "6", "4"),
    "condition that is not there": (lambda w: one.run_frozen(w.task, w.weights, 1),
                                    "condition", "at most 0", "1"),
    "metrics of other shapes": (lambda w: one.r2(np.ones(4), np.ones(5)),
                                "target", "shape (4)", "(5,)"),
    "metrics of text": (lambda w: one.correlation(["a"], ["b"]), "output", "real", "<U1"),
    "FORCE target NaN": (lambda w: one.train_force(w.force, with_entry(w.time, NAN)),
                         "target", "finite", "nan"),
    "FORCE target empty": (lambda w: one.train_force(w.force, []), "target", "shape", "(0,)"),
    "negative number of units": (lambda w: one.run_force(w.force, 10.0, n_recorded=-1),
                                 "n_recorded", "at least 0", "-1"),
    "inputs of another shape": (
        lambda w: one.RateTask(w.rate, w.timing, w.targets, w.cues, np.ones((1, 6, 3))),
        "inputs", "shape (1, 6, 8)", "(1, 6, 3)"),
    "no inputs to hold": (lambda w: w.task.hold_inputs(30.0), "inputs", "given", "None"),
    "held before the learning": (lambda w: w.task.hold_inputs(5.0), "time", "at least 20", "5.0"),
    "noise without a generator": (
        lambda w: one.train(w.task, w.weights.copy(), noise=0.1), "rng", "Generator", "NoneType"),
    "noise of learning negative": (
        lambda w: one.train(w.task, w.weights.copy(), noise=-0.1), "noise", "at least 0", "-0.1"),
    "average over more loops than there are": (
        lambda w: one.train(w.task, w.weights.copy(), n_loops=2, average_last=3),
        "average_last", "at most 2", "3"),
    "components that are not orthonormal": (
        lambda w: one.AllToAllRLS(4, basis=np.ones((4, 2))), "basis", "orthonormal", "others"),
    "weights of another rank": (
        lambda w: one.train(w.task, w.weights, rls=one.AllToAllRLS(6, basis=np.eye(6, 2))),
        "weights", "form D V'", ""),
    "forced start with autapses": (
        lambda w: one.forced_start(w.task, np.eye(6)), "weights", "zero diagonal"),
    "forced start without a prior": (
        lambda w: one.forced_start(w.task, w.weights, ridge=0.0), "ridge", "positive", "0.0"),
    "forced start of rank 0": (
        lambda w: one.forced_start(w.task, w.weights, rank=0), "rank", "at least 1", "0"),
    # --- Part 1: ramps and distractors ---
    "distractor in one condition": (
        lambda w: one.run_distractors(w.task, w.weights, [25.0], w.rng),
        "task", "2 conditions", "1"),
    "distractor before the delay": (
        lambda w: one.run_distractors(w.two_sides, w.weights, [15.0], w.rng, duration=5.0),
        "times", "at least 20", "15"),
    "distractor beyond the end": (
        lambda w: one.run_distractors(w.two_sides, w.weights, [25.0, 56.0], w.rng, duration=5.0),
        "times", "5 ms", "60 ms", "56"),
    "distractor at no time": (
        lambda w: one.run_distractors(w.two_sides, w.weights, [], w.rng), "times", "(0,)"),
    "distractor outside of the grid": (
        lambda w: one.run_distractors(w.two_sides, w.weights, [25.3], w.rng, duration=5.0),
        "times", "multiple", "25.3"),
    "distractor that is no number": (
        lambda w: one.run_distractors(w.two_sides, w.weights, [25.0], w.rng, strength=NAN),
        "strength", "finite", "nan"),
    "no trials with a distractor": (
        lambda w: one.run_distractors(w.two_sides, w.weights, [25.0], w.rng, n_trials=0),
        "n_trials", "at least 1", "0"),
    "ramp of no strength": (
        lambda w: one.with_ramp(w.recorded_rate_task, w.rng, strength=0.0),
        "strength", "positive", "0.0"),
    "ramp on a ramp": (
        lambda w: one.with_ramp(one.with_ramp(
            w.recorded_rate_task, np.random.default_rng(0)), np.random.default_rng(0)),
        "recorded_task", "without inputs"),
    "no ramp to hold": (
        lambda w: one.with_held_ramps(w.recorded_rate_task, [500.0]), "recorded_task", "ramp"),
    "ramp held before it starts": (
        lambda w: one.with_held_ramps(one.with_ramp(
            w.recorded_rate_task, np.random.default_rng(0)), [20.0]),
        "held_at", "at least 110", "20"),
    # --- Part 1: recordings ---
    "rates with two axes": (lambda w: one.recordings_from_arrays(np.ones((3, 4)), w.bins),
                            "rates", "shape (conditions, neurons, time points)", "(3, 4)"),
    "rates negative": (lambda w: one.recordings_from_arrays(with_entry(w.rates, -1), w.bins),
                       "rates", "at least 0", "-1"),
    "rates NaN in recordings": (
        lambda w: one.recordings_from_arrays(with_entry(w.rates, NAN), w.bins),
        "rates", "finite", "nan"),
    "time backwards": (lambda w: one.recordings_from_arrays(w.rates, w.bins[::-1]),
                       "time", "increas"),
    "time of another length": (lambda w: one.recordings_from_arrays(w.rates, w.bins[:3]),
                               "time", "4", "3"),
    "one name for two conditions": (
        lambda w: one.recordings_from_arrays(w.rates, w.bins, ["left", "left"]),
        "conditions", "differ", "left"),
    "names of three conditions": (
        lambda w: one.recordings_from_arrays(w.rates, w.bins, ["a", "b", "c"]),
        "conditions", "2 different names", "('a', 'b', 'c')"),
    "neurons that are not there": (lambda w: w.recordings.select([0, 99]),
                                   "neurons", "23", "99"),
    "more neurons than there are": (lambda w: w.recordings.select(1000, rng=w.rng),
                                    "neurons", "24", "1000"),
    "a condition for each of three trials": (
        lambda w: one.psth_from_spikes(w.spikes, ["a", "b", "a"]), "trial", "3"),
    "window backwards": (
        lambda w: one.psth_from_spikes(w.spikes, ["a", "b"], window=(100.0, 0.0)),
        "window[1]", "above 100", "0.0"),
    "spike time NaN": (
        lambda w: one.psth_from_spikes([[np.array([NAN]), np.array([5.0])]], ["a", "b"]),
        "spike_times", "finite", "nan"),
    "smoothing negative": (
        lambda w: one.recordings_from_arrays(w.rates, w.bins, smoothing=-1.0),
        "smoothing", "at least 0", "-1"),
    "rates masked": (
        lambda w: one.recordings_from_arrays(np.ma.masked_greater(w.rates, 0.0), w.bins),
        "rates", "24 entries are masked", "(0, 0, 0)"),
    "rates without times": (lambda w: one.recordings_from_arrays(w.rates), "time", "given (ms)"),
    "condition to select that is not there": (
        lambda w: w.recordings.select_conditions("up"),
        "conditions", "different names out of ('right', 'left')", "'up'"),
    "no bound of silence": (lambda w: w.recordings.drop_silent(below=0.0),
                            "below", "positive", "0.0"),
    "bins finer than they are": (lambda w: w.recordings.rebin(1.0),
                                 "width", "at least the bin width of 20 ms", "1"),
    "windows outside": (lambda w: w.recordings.rates_at([1e6], 50.0),
                        "window", "overlap", "0"),
    "average over no time": (lambda w: w.recordings.averaged_rates(0.0),
                             "width", "positive", "0.0"),
    "no session": (lambda w: one.pool_recordings([]), "sessions", "at least one", "none"),
    "sessions of other times": (
        lambda w: one.pool_recordings([w.recordings, w.recordings.rebin(40.0)]),
        "sessions[1]", "times of the first session", "steps of 40"),
    "observed backwards": (
        lambda w: one.psth_from_spikes(w.spikes, ["a", "b"], observed=[(0.0, -1.0)] * 2),
        "observed", "a start and a later end", "(0.0, -1.0)"),
    "options for a file without": (lambda w: one.load_recordings("synthetic", window=(0, 1)),
                                   "load_recordings", ".mat and .nwb files only", "synthetic"),
    "source that is a number": (lambda w: one.load_recordings(7),
                                "source", "word or a path", "int"),
    # --- Part 1: sweeps and demos ---
    "sweep over a text": (lambda w: one.sweep(print, {"a": "text"}), "grid['a']", "sequence",
                          "'text'"),
    "sweep with equal seeds": (lambda w: one.sweep(print, {"a": [1]}, seeds=(1, 1)),
                               "seeds", "differ", "[1, 1]"),
    "sweep over nothing": (lambda w: one.sweep(print, {"a": []}), "grid['a']", "empty"),
    "sweep with no processes": (lambda w: one.sweep(print, {"a": [1]}, n_jobs=0),
                                "n_jobs", "-1 or at least 1", "0"),
    "demo with no units": (lambda w: course.demo_gain(n_units=0), "n_units", "at least", "0"),
    # --- Part 2 ---
    "threshold below reset": (lambda w: two.LIFParameters(v_th=1.0, v_reset=1.5),
                              "v_reset", "below 1", "1.5"),
    "noise negative": (lambda w: two.LIFParameters(noise=-0.1), "noise", "at least 0", "-0.1"),
    "dt above tau_syn": (lambda w: two.LIFParameters(tau_syn=0.05),
                         "dt", "a fifth of the shortest time constant", "0.1"),
    "input NaN": (lambda w: two.simulate(w.lif, with_entry(w.mean_input, NAN), 10.0, w.rng),
                  "mean_input", "finite", "nan"),
    "input of no neuron": (lambda w: two.simulate(w.lif, [], 10.0, w.rng),
                           "mean_input", "shape", "(0,)"),
    "traced neuron that is not there": (
        lambda w: two.simulate(w.lif, w.mean_input, 10.0, w.rng, traced=[6]),
        "traced", "0 to 5", "6"),
    "traced by float": (lambda w: two.simulate(w.lif, w.mean_input, 10.0, w.rng, traced=[0.5]),
                        "traced", "whole numbers", "0.5"),
    "neuron as a dict": (lambda w: two.simulate({"tau_m": 10.0}, w.mean_input, 10.0, w.rng),
                         "neuron_parameters", "LIFParameters", "dict"),
    "intervals without spikes": (lambda w: two.interval_cv(w.run), "spikes must be recorded"),
    "start beyond the run": (lambda w: two.firing_rates(w.run, start=50.0),
                             "start", "below 50", "50.0"),
    "rate above 1 / t_ref": (lambda w: two.siegert_mean_input(600.0, 0.3, t_ref=2.0),
                             "rate", "500", "600"),
    "rate negative": (lambda w: two.siegert_mean_input(-1.0, 0.3), "rate", "-1"),
    "sigma negative": (lambda w: two.siegert_rate(0.8, -0.3), "sigma", "at least 0", "-0.3"),
    "kind of pattern": (
        lambda w: two.make_pattern_task("square", w.lif, w.lif_network, w.rng),
        "kind", "'sines', 'ou', 'chaos'", "'square'"),
    "setting that cannot be swept": (
        lambda w: two.sweep_setting(w.settings, "colour", [1.0]), "setting", "one of", "'colour'"),
    "settings as a dict": (lambda w: train_and_test({"kind": "ou"}, w.rng),
                           "settings", "TrainingSettings", "dict"),
    "arrays for recordings": (lambda w: recorded_targets(w.rates, w.lif, w.time),
                              "recordings", "Recordings", "ndarray"),
    "rate limit 0": (lambda w: two.train(w.lif_task, w.lif_weights.copy(), w.rng, max_rate=0),
                     "max_rate", "positive", "0"),
    "task of Part 1 in Part 2": (lambda w: two.train(w.task, w.lif_weights.copy(), w.rng),
                                 "task", "LIFTask", "RateTask"),
    "trials 0": (lambda w: two.run_frozen_outputs(w.lif_task, w.lif_weights, w.rng, n_trials=0),
                 "n_trials", "at least 1", "0"),
    "time step beyond a fifth of tau_syn in Part 3": (
        lambda w: changed(NETWORK, dt=2.9), "dt", "a fifth of the shortest time constant", "2.9"),
    # --- Part 3: network and simulator ---
    "more receivers than neurons": (lambda w: changed(NETWORK, out_degree=240),
                                    "out_degree", "at most", "239", "240"),
    "excitation below 0": (lambda w: changed(NETWORK, j_ee=-0.1), "j_ee", "at least 0", "-0.1"),
    "inhibition above 0": (lambda w: changed(NETWORK, j_ei=0.5), "j_ei", "at most 0", "0.5"),
    "more plastic senders than neurons": (
        lambda w: three.make_task(
            w.recordings, network_parameters=changed(NETWORK, n_plastic_exc=24),
            trial_parameters=TRIAL, feedforward_parameters=three.FeedforwardParameters()),
        "n_plastic_exc", "at most 23", "24"),
    "bins that do not fit": (
        lambda w: three.run_trial(w.network, changed(TRIAL, bin_width=7.0), w.rng,
                                  weights=w.plastic_weights), "multiple", "7", "300"),
    "inputs negative": (lambda w: three.FeedforwardParameters(n_inputs=-1),
                        "n_inputs", "at least 1", "-1"),
    "clock unknown": (lambda w: three.FeedforwardParameters(clock="own"),
                      "clock", "per_condition", "own"),
    "precision of half": (lambda w: three.build_network(NETWORK, w.rng, precision="float16"),
                          "precision", "'float64', 'float32'", "'float16'"),
    "weights missing": (lambda w: three.run_trial(w.network, TRIAL, w.rng),
                        "weights", "must be given"),
    "weights of another shape": (
        lambda w: three.run_trial(w.network, TRIAL, w.rng, weights=changed(
            w.plastic_weights,
            recurrent_weights=w.plastic_weights.recurrent_weights[:, 1:])),
        "recurrent", "shape (24, 11)", "(24, 10)"),
    "weights complex": (
        lambda w: three.run_trial(w.network, TRIAL, w.rng, weights=changed(
            w.plastic_weights,
            recurrent_weights=w.plastic_weights.recurrent_weights.astype(complex))),
        "recurrent", "real numbers", "complex128"),
    "weights not finite": (
        lambda w: three.run_trial(w.network, TRIAL, w.rng, weights=changed(
            w.plastic_weights,
            recurrent_weights=with_entry(w.plastic_weights.recurrent_weights, NAN))),
        "weights", "finite", "(0, 0) is nan"),
    "weights as an array": (
        lambda w: three.run_trial(
            w.network, TRIAL, w.rng, weights=w.plastic_weights.recurrent_weights),
        "weights", "PlasticWeights", "ndarray"),
    "parameters for a network": (lambda w: three.run_trial(NETWORK, TRIAL, w.rng),
                                 "network", "network.BalancedNetwork", "BalancedNetworkParameters"),
    "silenced neuron that is not there": (
        lambda w: three.run_trial(w.network, TRIAL, w.rng, weights=w.plastic_weights,
                                  silenced=[240]), "silenced", "0 to 239", "240"),
    "probe that is not there": (
        lambda w: three.run_trial(w.network, TRIAL, w.rng, weights=w.plastic_weights, probes=[-1]),
        "probes", "0 to 239", "-1"),
    "condition of no clock": (
        lambda w: three.run_trial(
            w.network, TRIAL, w.rng, weights=w.plastic_weights,
            feedforward_rates=w.balanced.feedforward_rates, condition=2),
        "condition", "at most 1", "2"),
    "trials negative": (lambda w: trials.run_trials(w.network, TRIAL, -1, w.rng),
                        "n_trials", "at least 0", "-1"),
    "no threads": (lambda w: trials.run_trials(w.network, TRIAL, 1, w.rng, n_threads=0),
                   "n_threads", "at least 1", "0"),
    "no balanced state": (
        lambda w: three.leading_order_rates(changed(NETWORK, j_ee=1.0, j_ei=-1.0)),
        "balanced state", "j_ee"),
    "a single number to sweep": (lambda w: three.sweep_external_input(NETWORK, 0.1, w.rng),
                                "extra", "shape", "()"),
    "in-degree 0 to sweep": (lambda w: three.sweep_in_degree(NETWORK, [0], w.rng),
                            "out_degree", "at least 1", "0"),
    "excitatory I synapses in a plane": (
        lambda w: three.measure_state_plane(NETWORK, [0.5], [2.0], w.rng),
        "j_ei", "at most 0", "0.5"),
    "NaN drive in a plane": (
        lambda w: three.measure_state_plane(NETWORK, [-0.75], [NAN], w.rng), "drives", "finite"),
    "negative settling in a plane": (
        lambda w: three.measure_state_plane(NETWORK, [-0.75], [2.0], w.rng, settle=-1.0),
        "settle", "at least 0", "-1"),
    "no drive to a plane": (
        lambda w: three.measure_state_plane(changed(NETWORK, mu_exc=0.0), [-0.75], [2.0], w.rng),
        "mu_exc", "positive", "0.0"),
    # --- Part 3: training, test, analysis ---
    "arrays for a task": (lambda w: three.make_task(w.rates),
                          "recordings", "Recordings", "ndarray"),
    "fewer recorded neurons than plastic synapses": (
        lambda w: three.make_task(
            w.recordings.select(4), network_parameters=NETWORK, trial_parameters=TRIAL
        ), "n_plastic_exc", "at most 3", "5"),
    "more recorded than E neurons": (
        lambda w: three.make_task(w.recordings, network_parameters=changed(NETWORK, n_exc=20)),
        "n_exc", "at least 24", "20"),
    "seed negative": (lambda w: three.make_task(w.recordings, seed=-1), "seed", "at least 0", "-1"),
    "noise of plastic synapses negative": (
        lambda w: three.make_task(w.recordings, plastic_noise=-0.1,
                                  feedforward_parameters=three.FeedforwardParameters()),
        "plastic_noise", "at least 0", "-0.1"),
    "original by number": (
        lambda w: three.make_task(w.recordings, original=1,
                                  feedforward_parameters=three.FeedforwardParameters()),
        "original", "bool", "int"),
    "memory 0": (lambda w: three.TrainingParameters(memory=0.0), "memory", "at least 1", "0.0"),
    "one trial to learn from": (lambda w: three.TrainingParameters(held_trials=1),
                                "held_trials", "at least 2", "1"),
    "weight of noise as text": (lambda w: three.TrainingParameters(noise_weight="low"),
                                "noise_weight", "real", "'low'"),
    "source that is not there": (lambda w: three.SparseRLS([[0, 3]], 5, 1.0, n_shared=2),
                                 "index", "0 to 2", "3"),
    "list of sources": (lambda w: three.SparseRLS([0, 1], 5, 1.0),
                        "index", "(n_neurons, n_own)", "(2,)"),
    "ridge 0 in Part 3": (lambda w: three.SparseRLS([[0]], 5, 0.0), "ridge", "positive", "0.0"),
    "rows of another length": (lambda w: w.sparse.update(np.ones((2, 4))),
                               "rows", "(n_rows, 5)", "(2, 4)"),
    "rows NaN": (lambda w: w.sparse.update(with_entry(np.ones((2, 5)), NAN)),
                 "rows", "finite", "nan"),
    "targets of other rows": (lambda w: w.sparse.update(np.ones((2, 5)), np.ones((3, 2))),
                              "targets", "(2, 2)", "(3, 2)"),
    "targets infinite": (lambda w: w.sparse.update(np.ones((2, 5)), np.full((2, 2), INF)),
                         "targets", "finite", "inf"),
    "forgetting more than all": (lambda w: w.sparse.update(np.ones((2, 5)), forgetting=-0.1),
                                 "forgetting", "at least 0", "-0.1"),
    "task of Part 1 in Part 3": (lambda w: three.Training(w.task),
                                 "task", "BalancedTask", "RateTask"),
    "parameters as a dict": (lambda w: three.train(w.balanced, {"held_loops": 1}),
                             "training_parameters", "TrainingParameters", "dict"),
    "loops by float": (lambda w: w.training.run(1.5), "total_loops", "whole number", "1.5"),
    "state with a part missing": (lambda w: w.training.restore({}), "state[", "shape", "nothing"),
    "state of another size": (
        lambda w: w.training.restore({k: np.ones(3) for k in w.training.state()}),
        "shape", "(3,)"),
    "state without its curves": (
        lambda w: w.training.restore(w.training.state() | {"curves": np.ones((3, 2))}),
        "state['curves']", "(2, 0, 2)", "(3, 2)"),
    "state that is no state": (lambda w: w.training.restore([]), "state", "dict", "list"),
    "one trial to test": (lambda w: three.evaluate(w.balanced, w.learned, w.rng, n_trials=1),
                          "n_trials", "at least 2", "1"),
    "cue by number": (lambda w: three.Lesion(cue=1), "cue", "one of", "1"),
    "no lesion": (lambda w: three.study_lesions(w.balanced, w.learned, w.rng, {}),
                  "lesions", "at least one", "none"),
    "lesion as a dict": (
        lambda w: three.study_lesions(w.balanced, w.learned, w.rng, {"a": {}}),
        "lesions['a']", "Lesion", "dict"),
    "weights of one condition": (
        lambda w: three.evaluate(w.balanced, w.learned[:1], w.rng, n_trials=2),
        "weights", "each of 2 conditions", "1"),
    "all and more silenced": (
        lambda w: three.Lesion(silenced_fraction=1.5),
        "silenced_fraction", "at most 1", "1.5"),
    "components 0": (lambda w: three.principal_components(w.rates, [0, 1], 0),
                     "n_components", "at least 1", "0"),
    "more components than neurons": (
        lambda w: three.principal_components(w.rates + np.arange(4), [0, 1], 5),
        "n_components", "at most 2", "5"),
    "neurons beyond the rates": (lambda w: three.principal_components(w.rates, [0, 7], 1),
                                 "neurons", "0 to 2", "7"),
    "silent neurons correlated": (lambda w: three.pairwise_correlations(np.zeros((9, 4))),
                                  "counts", "two neurons", "10"),
    "counts of one axis": (lambda w: three.pairwise_correlations(np.ones(9)),
                           "counts", "shape (bins, neurons)", "(9,)"),
    "selectivity of one condition": (lambda w: three.selectivity(w.rates[:1], 2),
                                     "rates", "at least 2 conditions", "1"),
    "selectivity of one pair": (lambda w: three.selectivity(w.rates, 2, pair=(1, 1)),
                                "pair", "two different", "(1, 1)"),
    "the third of two conditions": (lambda w: three.selectivity(w.rates, 2, pair=(0, 2)),
                                    "pair", "2"),
    "cue that starts within a bin": (
        lambda w: three.make_task(
            w.recordings, network_parameters=NETWORK,
            trial_parameters=changed(TRIAL, stim_on=50.0)),
        "TrialParameters.stim_on", "the width of a bin", "50"),
    "bins that cannot be halved": (
        lambda w: three.make_task(
            w.recordings, network_parameters=NETWORK,
            trial_parameters=changed(TRIAL, bin_width=12.5),
        ), "TrialParameters.bin_width", "twice the time step", "12.5"),
    "cue that ends within a bin": (
        lambda w: three.make_task(
            w.recordings, network_parameters=NETWORK,
            trial_parameters=changed(TRIAL, stim_off=110.0, duration=310.0),
        ), "TrialParameters.stim_off", "the width of a bin", "110"),
    "settling within a bin": (
        lambda w: three.measure_state_plane(NETWORK, [-0.75], [2.0], w.rng, settle=1.0),
        "settle", "the width of a bin", "1"),
    "filtered spikes without filters": (
        lambda w: three.run_trial(w.network.without_plastic(), TRIAL, w.rng, filtered=True),
        "filtered", "plastic synapses"),
    "input for other bins": (
        lambda w: three.run_trial(w.network, TRIAL, w.rng, weights=w.plastic_weights,
                                  bin_input=np.zeros((10, 240))),
        "bin_input", "(15, 240)", "(10, 240)"),
    "last bins": (lambda w: three.selectivity(w.rates, 5), "last", "at most 4", "5"),
    "network saved for a training": (lambda w: three.save_training("none.npz", w.balanced),
                                     "training", "Training", "BalancedTask"),
    "two recurrent matrices saved": (
        lambda w: three.save_network("none.npz", w.balanced, (w.learned[0], changed(
            w.learned[1], recurrent_weights=2 * w.learned[1].recurrent_weights))),
        "weights", "same recurrent weights in all conditions"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_refused_in_a_sentence(case):
    call, *pieces = BAD_INPUT[case]
    w = world()
    before = fingerprint(vars(w))
    with pytest.raises((TypeError, ValueError, FloatingPointError)) as caught:
        call(w)
    message = str(caught.value)
    assert re.search(".*".join(re.escape(piece) for piece in pieces), message, re.DOTALL), message
    assert fingerprint(vars(w)) == before


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


RECORD = "a text in the place of a record"
# Each promises a TypeError for a record of the wrong type: the argument's name, and the call.
WRONG_RECORDS = [
    ("network_parameters", lambda w, x: one.random_weights(x, w.rng)),
    ("force_parameters", lambda w, x: sparse_weights(x, w.rng)),
    ("network_parameters", lambda w, x: one.simulate(w.weights, x, 10.0)),
    ("force_parameters", lambda w, x: one.force_network(x, w.rng)),
    ("network", lambda w, x: one.run_force(x, 10.0)),
    ("network", lambda w, x: one.train_force(x, w.time)),
    ("recordings", lambda w, x: one.make_task(x, w.rng)),
    (r"sessions\[0\]", lambda w, x: one.pool_recordings([x])),
    ("recorded_task", lambda w, x: one.run_population(x, w.weights)),
    ("recorded_task", lambda w, x: one.with_ramp(x, w.rng)),
    ("recorded_task", lambda w, x: one.with_held_ramps(x, [500.0])),
    ("task", lambda w, x: one.run_distractors(x, w.weights, [500.0], w.rng)),
    ("task", lambda w, x: one.forced_start(x, w.weights)),
    ("task", lambda w, x: one.train(x, w.weights)),
    ("rls", lambda w, x: one.train(w.task, w.weights, rls=x)),
    ("task", lambda w, x: one.run_frozen(x, w.weights)),
    ("task", lambda w, x: one.run_frozen_outputs(x, w.weights)),
    ("network_parameters", lambda w, x: two.random_weights(x, w.rng)),
    ("neuron_parameters", lambda w, x: two.simulate(x, w.mean_input, 10.0, w.rng)),
    ("recordings", lambda w, x: two.make_task(x, w.lif, w.rng)),
    ("neuron_parameters", lambda w, x: two.make_task(w.recordings, x, w.rng)),
    ("neuron_parameters", lambda w, x: two.make_pattern_task("ou", x, w.lif_network, w.rng)),
    ("network_parameters", lambda w, x: two.make_pattern_task("ou", w.lif, x, w.rng)),
    ("timing", lambda w, x: two.make_pattern_task("ou", w.lif, w.lif_network, w.rng, timing=x)),
    ("recordings", lambda w, x: recorded_targets(x, w.lif, w.time)),
    ("neuron_parameters", lambda w, x: recorded_targets(w.recordings, x, w.time)),
    ("recorded_task", lambda w, x: two.simulated_psth(x, w.lif_weights, w.rng)),
    ("network_parameters", lambda w, x: untrained_input(w.lif, x, w.lif_weights, w.rng)),
    ("task", lambda w, x: two.train(x, w.lif_weights, w.rng)),
    ("rls", lambda w, x: two.train(w.lif_task, w.lif_weights, w.rng, rls=x)),
    ("task", lambda w, x: two.run_frozen(x, w.lif_weights, w.rng)),
    ("task", lambda w, x: two.frozen_quality(x, w.lif_weights, w.rng)),
    ("settings", lambda w, x: train_and_test(x, w.rng)),
    ("settings", lambda w, x: two.sweep_setting(x, "noise", [1.0])),
    ("network_parameters", lambda w, x: three.build_network(x, w.rng)),
    ("network", lambda w, x: three.run_trial(x, TRIAL, w.rng)),
    ("trial_parameters", lambda w, x: three.run_trial(w.network, x, w.rng)),
    ("network_parameters", lambda w, x: three.mean_field(x)),
    ("network_parameters", lambda w, x: three.sweep_in_degree(x, [10], w.rng)),
    ("network_parameters", lambda w, x: three.sweep_external_input(x, [0.1], w.rng)),
    ("network_parameters", lambda w, x: three.measure_state_plane(x, [-0.7], [2.0], w.rng)),
    ("recordings", lambda w, x: three.make_task(x)),
    ("network_parameters", lambda w, x: three.make_task(w.recordings, network_parameters=x)),
    ("trial_parameters", lambda w, x: three.make_task(w.recordings, trial_parameters=x)),
    ("feedforward_parameters",
     lambda w, x: three.make_task(w.recordings, feedforward_parameters=x)),
    ("task", lambda w, x: three.Training(x)),
    ("task", lambda w, x: three.train(x)),
    ("state", lambda w, x: w.training.restore(x)),
    ("training_parameters", lambda w, x: three.Training(w.balanced, x)),
    ("task", lambda w, x: three.evaluate(x, w.learned, w.rng)),
    ("weights", lambda w, x: three.evaluate(w.balanced, (x, x), w.rng)),
    ("task", lambda w, x: three.study_lesions(x, w.learned, w.rng)),
    ("task", lambda w, x: three.run_distractors(x, w.learned, [120.0], w.rng)),
    ("lesions", lambda w, x: three.study_lesions(w.balanced, w.learned, w.rng, x)),
    ("task", lambda w, x: three.neuron_groups(x)),
    ("task", lambda w, x: three.save_network("none.npz", x, w.learned)),
    ("training", lambda w, x: three.save_training("none.npz", x)),
]


@pytest.mark.parametrize(("argument", "call"), WRONG_RECORDS)
def test_a_record_of_the_wrong_type_is_a_type_error(argument, call):
    with pytest.raises(TypeError, match=f"{argument} must be of type .*, got str"):
        call(world(), RECORD)
