import numpy as np
import pytest

from src_part1 import RateNetworkParameters, TrialTiming, random_weights


def test_update_times_start_at_learn_on_and_stay_before_learn_off():
    np.testing.assert_allclose(TrialTiming().update_times, np.arange(110.0, 610.0, 5.0))
    uneven = TrialTiming(learn_every=300.0).update_times
    np.testing.assert_allclose(uneven, [110.0, 410.0])


def test_random_weights_have_the_stated_spread_and_no_autapse():
    network_parameters = RateNetworkParameters(n_units=400, gain=1.3)
    weights = random_weights(network_parameters, np.random.default_rng(0))
    assert not np.diagonal(weights).any()
    off = weights[~np.eye(400, dtype=bool)]
    assert off.std() == pytest.approx(1.3 / 20, rel=0.01)
    assert abs(off.mean()) < 1e-3
    assert np.abs(np.linalg.eigvals(weights)).max() == pytest.approx(1.3, rel=0.1)
