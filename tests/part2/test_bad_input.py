"""Each bad value is refused in a sentence; `tests/trust/test_bad_input.py` has more of them."""

import numpy as np
import pytest

import src_part2 as two
from src_part2.targets import chaotic_targets, ou_targets, recorded_targets
from src_part2.tasks import untrained_input

RNG, TIMING = np.random.default_rng(0), two.TrialTiming(20.0, 30.0, 35.0, 95.0, 10.0)
NEURON = {"neuron_parameters": two.LIFParameters(), "rng": RNG}
SMALL = NEURON | {"network_parameters": two.LIFNetworkParameters(4)}
TASK = {"neuron_parameters": two.LIFParameters(), "mean_input": np.ones(8), "timing": TIMING,
        "targets": np.ones((1, 8, 6)), "cues": np.ones((1, 8))}
TRAINED = {"task": two.LIFTask(**TASK), "weights": np.zeros((8, 8)), "rng": RNG}
RATES = two.recordings_from_arrays(np.ones((1, 3, 4)), 20.0 * np.arange(4), ("go",))
# Functions with valid arguments; what is changed in these, and what is said then.
BAD = [
    (two.LIFParameters, {}, [
        ({"tau_syn": 0.4}, r"dt must be at most a fifth .*\(0.08 ms\), got 0.1"),
        ({"tau_syn": 200.0, "dt": 3.0}, r"\(2 ms\), got 3.0"),
        ({"tau_m": -1.0}, r"LIFParameters.tau_m must be positive \(ms\), got -1"),
    ]),
    (two.TrainingSettings, {}, [
        ({"tau_syn": 0.4}, r"TrainingSettings.dt must be at most a fifth .*\(0.08 ms\), got 0.1"),
    ]),
    (two.siegert_rate, {"mu": 0.5, "sigma": 0.1}, [
        ({"mu": np.nan}, "mu must be finite"), ({"mu": "fast"}, "mu must hold real numbers"),
        ({"tau_m": 0.0}, "tau_m must be positive"), ({"v_reset": 1.0}, "v_reset must be below 1"),
        ({"mu": np.zeros(3), "sigma": np.ones(2)}, r"broadcast, got \(3,\) and \(2,\)"),
    ]),
    (two.siegert_mean_input, {"rate": [1.0, 2.0], "sigma": 0.1}, [
        ({"rate": [1.0, 0.0]}, "silent bins"), ({"sigma": 0.0}, "sigma must be positive"),
    ]),
    (two.euler_equivalent, {}, [({"noise": -1.0}, "noise must be at least 0")]),
    (two.simulate, NEURON | {"mean_input": np.zeros(2), "duration": 10.0}, [
        ({"mean_input": [0.5, np.nan]}, r"mean_input must be finite, .* \(1,\) is nan"),
        ({"mean_input": 0.5}, "mean_input must have shape"),
        ({"weights": np.zeros((3, 2))}, r"weights must have shape \(2, 2\), got \(3, 2\)"),
        ({"duration": 0.0}, "duration must be positive"),
        ({"duration": 0.25}, "duration must be a whole multiple of the time step"),
        ({"cue": np.zeros(3)}, r"cue must have shape \(2\)"),
        ({"stim_on": 5.0}, "stim_off must be at least 5"),
        ({"traced": [0], "trace_every": 0.0}, "trace_every must be positive"),
        ({"traced": [0], "trace_every": 1e-9}, "trace_every must be a whole multiple"),
        ({"record_spikes": "no"}, "record_spikes must be True or False"),
    ]),
    (ou_targets, {"n_neurons": 3, "rng": RNG}, [({"time": [0.0, 0.0]}, "time must increase")]),
    (chaotic_targets, {"time": np.arange(0.0, 100.0, 20.0), "rng": RNG}, [
        ({"n_neurons": 1}, "n_neurons must be at least 2"),
        ({"n_neurons": 50, "gain": 0.5}, "not chaotic but silent"),
    ]),
    (recorded_targets, {"recordings": RATES, "time": [0.0]}, [
        ({"neuron_parameters": two.LIFParameters(noise=0.0)}, "noise must be positive")]),
    (two.make_pattern_task, SMALL | {"kind": "ou"}, [
        ({"timing": two.TrialTiming(0.0, 1.05, 2.0, 4.0, 1.0)}, "stim_off must be .* multiple"),
        ({"time_scale": 0.0}, "time_scale must be positive"),
    ]),
    (untrained_input, SMALL | {"weights": np.zeros((4, 4))}, [
        ({"duration": 50.0, "settle": 50.0}, "settle must be at most 49")]),
    (two.sweep_setting, {"settings": two.TrainingSettings(), "setting": "n_loops"}, [
        ({"values": [1.0, 2.5]}, r"values of n_loops must be whole numbers, got \[1.  2.5\]")]),
    (two.LIFTask, TASK, [
        ({"targets": np.zeros((1, 8, 7))}, "targets must have 6 points in time, .* got 7"),
        ({"targets": np.zeros((1, 7, 6))}, r"targets must have shape \(any, 8, 6\)"),
        ({"targets": np.full((1, 8, 6), np.nan)}, "targets must be finite"),
        ({"cues": np.zeros((2, 8))}, r"cues must have shape \(1, 8\), got \(2, 8\)"),
        ({"mean_input": np.full(8, np.inf)}, "mean_input must be finite"),
        ({"timing": two.TrialTiming(20.0, 30.0, 35.0, 95.0, 10.03)},
         "learn_every must be a whole multiple"),
        ({"timing": None}, "LIFTask.timing must be of type"),
        ({"neuron_parameters": {"tau_m": 10.0}}, "LIFTask.neuron_parameters must be of type"),
    ]),
    (two.train, TRAINED, [
        ({"weights": np.zeros((8, 7))}, r"weights must have shape \(8, 8\), got \(8, 7\)")]),
    (two.run_frozen, TRAINED, [({"condition": 1}, "condition must be at most 0")]),
]


@pytest.mark.parametrize(("function", "valid", "changes", "message"), [
    (function, valid, *row) for function, valid, rows in BAD for row in rows
])
def test_bad_input_is_refused(function, valid, changes, message):
    with pytest.raises((TypeError, ValueError), match=message):
        function(**valid | changes)
