"""Parameter records refuse what cannot be simulated, and say what is allowed."""

from dataclasses import fields

import numpy as np
import pytest

from src_part2.limits import TrainingSettings
from src_part2.parameters import LIFNetworkParameters, LIFParameters


def test_the_original_network():
    parameters = LIFNetworkParameters()
    assert parameters.weight_sd == pytest.approx(0.15 * 2 / np.sqrt(100) * 10)
    assert parameters.mean_input == pytest.approx(0.6 * 0.12 * np.sqrt(100))


@pytest.mark.parametrize(
    ("record", "changes", "message"),
    [
        (LIFParameters, {"tau_syn": 0.4}, r"dt must be at most a fifth .*\(0.08 ms\), got 0.1"),
        (LIFParameters, {"tau_syn": 200.0, "dt": 3.0}, r"\(2 ms\), got 3.0"),
        (LIFParameters, {"tau_m": -1.0}, r"LIFParameters.tau_m must be positive \(ms\), got -1"),
        (LIFNetworkParameters, {"n_neurons": 0}, "n_neurons must be at least 1"),
        (LIFNetworkParameters, {"coupling": -1.0}, "coupling must be at least 0"),
        (TrainingSettings, {"n_neurons": 1}, "TrainingSettings.n_neurons must be at least 2"),
        (TrainingSettings, {"kind": "squares"}, "TrainingSettings.kind must be one of 'sines'"),
        (TrainingSettings, {"tau_syn": 0.4}, "TrainingSettings.tau_syn must be at least 0.5"),
    ],
)
def test_bad_values_are_refused(record, changes, message):
    with pytest.raises(ValueError, match=message):
        record(**changes)


def test_the_fastest_allowed_synapse_of_a_training_can_be_simulated():
    assert LIFParameters(tau_syn=TrainingSettings(tau_syn=0.5).tau_syn, dt=0.1).tau_syn == 0.5


def test_every_setting_of_a_training_has_a_rule():
    for field in fields(TrainingSettings):
        with pytest.raises((TypeError, ValueError), match=f"TrainingSettings.{field.name} must be"):
            TrainingSettings(**{field.name: None})
