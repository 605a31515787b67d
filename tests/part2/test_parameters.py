"""Parameter records refuse what cannot be simulated, and say what is allowed."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from src_part2.parameters import LIFParameters, NetworkParameters


def test_the_original_network():
    network = NetworkParameters()
    assert network.weight_sd == pytest.approx(0.15 * 2 / np.sqrt(100) * 10)
    assert network.mean_input == pytest.approx(0.6 * 0.12 * np.sqrt(100))


def test_records_do_not_change():
    with pytest.raises(FrozenInstanceError):
        LIFParameters().tau_m = 5.0
    assert replace(LIFParameters(), tau_syn=200.0).tau_syn == 200.0


def test_the_longest_time_step_is_a_fifth_of_the_shortest_time_constant():
    assert LIFParameters(tau_syn=0.5, dt=0.1).dt == 0.1
    with pytest.raises(ValueError, match=r"dt must be at most a fifth .*\(0.08 ms\), got 0.1"):
        LIFParameters(tau_syn=0.4, dt=0.1)
    with pytest.raises(ValueError, match=r"\(2 ms\), got 3.0"):
        LIFParameters(tau_syn=200.0, dt=3.0)


@pytest.mark.parametrize(
    ("record", "changes", "message"),
    [
        (LIFParameters, {"tau_m": -1.0}, r"LIFParameters.tau_m must be positive \(ms\), got -1"),
        (LIFParameters, {"tau_syn": 0.0}, "LIFParameters.tau_syn must be positive"),
        (LIFParameters, {"v_reset": 1.0}, "LIFParameters.v_reset must be below 1"),
        (LIFParameters, {"noise": -0.1}, "LIFParameters.noise must be not negative"),
        (LIFParameters, {"dt": np.nan}, "LIFParameters.dt must be finite"),
        (NetworkParameters, {"n_units": 0}, "NetworkParameters.n_units must be at least 1"),
        (NetworkParameters, {"coupling": -1.0}, "NetworkParameters.coupling must be not negative"),
    ],
)
def test_bad_values_are_refused(record, changes, message):
    with pytest.raises(ValueError, match=message):
        record(**changes)
