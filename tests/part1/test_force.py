from dataclasses import replace

import numpy as np
import pytest

import src_part1 as one
from src_part1.connectivity import sparse_weights
from src_part1.rls import ReadoutRLS
from src_part1.training_loop import TrainingDivergedError
from tests.reference import simulate_force


def _network(seed=0, **changes):
    values = {"n_units": 30, "connection_probability": 0.3} | changes
    return one.force_network(one.ForceParameters(**values), np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("learn_every", [1.0, 2.0, 5.0])
def test_learning_equals_the_slow_twin(seed, learn_every):
    network = _network(seed, learn_every=learn_every)
    target = np.sin(np.arange(1, 44) / 9.0)
    run = one.train_force(network, target, progress=False)
    outputs, readout = simulate_force(network, target, target.size)
    np.testing.assert_allclose(run.output, outputs, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(run.network.readout_weights, readout, rtol=1e-8, atol=1e-9)
    assert run.readout_change.size == 43 // round(learn_every)


def test_a_frozen_run_equals_the_slow_twin_and_changes_no_weight():
    network = one.train_force(_network(), np.sin(np.arange(1, 50) / 9.0), progress=False).network
    run = one.run_force(network, 30.0)
    np.testing.assert_allclose(run.output, simulate_force(network, None, 30)[0], rtol=1e-9)
    np.testing.assert_array_equal(run.network.readout_weights, network.readout_weights)


def test_two_runs_continue_each_other():
    network = _network()
    whole = one.run_force(network, 60.0)
    first = one.run_force(network, 25.0)
    second = one.run_force(first.network, 35.0)
    np.testing.assert_allclose(
        whole.rates, np.concatenate([first.rates, second.rates], axis=1), atol=1e-12
    )


@pytest.mark.parametrize("progress", [True, False])
def test_an_interrupt_returns_the_run_until_then(monkeypatch, progress):
    network, target = _network(), np.sin(np.arange(100) / 10.0)
    every = round(network.parameters.learn_every / network.parameters.dt)
    expected = one.train_force(network, target[: 3 * every], progress=False)
    update, calls = ReadoutRLS.update, []

    def interrupted(self, *arguments):
        update(self, *arguments)
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(ReadoutRLS, "update", interrupted)
    with pytest.warns(UserWarning, match="interrupted after 2 of 50 updates") as caught:
        run = one.train_force(network, target, progress=progress)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(run.output, expected.output)
    np.testing.assert_array_equal(run.time, expected.time)
    assert run.rates.shape == expected.rates.shape
    np.testing.assert_array_equal(run.network.readout_weights, expected.network.readout_weights)


def test_a_sum_of_sines_goes_on_alone_after_learning():
    period, n_periods = 600.0, 14
    network = _network(1, n_units=400, connection_probability=0.1)
    target = one.sum_of_sines(np.arange(1.0, (n_periods + 2) * period + 1), period=period)
    learned = one.train_force(network, target[: round(n_periods * period)], progress=False)
    alone = one.run_force(learned.network, 2 * period)
    assert one.normalised_error(alone.output, target[round(n_periods * period) :]) < 0.2
    untrained = one.run_force(network, 2 * period)
    assert one.normalised_error(untrained.output, target[: round(2 * period)]) > 0.9


def test_sparse_weights_have_the_stated_density_and_spread():
    force_parameters = one.ForceParameters(n_units=600, gain=1.5, connection_probability=0.1)
    weights = sparse_weights(force_parameters, np.random.default_rng(0))
    assert weights.nnz == 36_000
    assert np.std(weights.data) == pytest.approx(1.5 / np.sqrt(60), rel=0.02)
    radius = np.abs(np.linalg.eigvals(weights.toarray())).max()
    assert radius == pytest.approx(1.5, rel=0.1)


def test_a_network_that_leaves_the_finite_numbers_is_reported():
    network = replace(_network(), readout_weights=np.full(30, 1e308))
    with pytest.raises(FloatingPointError, match="not finite any longer"):
        one.run_force(network, 100.0)
    with pytest.raises(TrainingDivergedError, match="in update 1: the activity is not") as caught:
        one.train_force(network, np.zeros(100), progress=False)
    assert caught.value.result.network is network


def test_a_network_of_few_units_records_all_of_them():
    network = _network(n_units=3, connection_probability=1.0)
    assert one.run_force(network, 10.0).rates.shape == (3, 10)
    assert one.train_force(network, np.ones(10), progress=False).rates.shape == (3, 10)
