"""The network: numbers and uniformity of its synapses, the two views of each, its weights."""

import numpy as np
import pytest

from src_part3.network import draw_plastic, draw_static
from src_part3.parameters import BalancedNetworkParameters
from tests.part3.small import small_task
from tests.reference_part3 import dense_static, draw_receivers


@pytest.mark.parametrize(("size", "degree"), [(2, 1), (11, 4), (60, 59), (300, 3)])
def test_draws_equal_the_slow_twin(size, degree):
    parameters = BalancedNetworkParameters(n_exc=size // 2, n_inh=size - size // 2,
                                           out_degree=degree)
    static = draw_static(parameters, np.random.default_rng(5))
    raw = np.random.default_rng(5).integers(0, 2**32, size=(size, degree), dtype=np.uint32)
    np.testing.assert_array_equal(static.targets, draw_receivers(raw))


def test_rows_of_bits_hold_the_same_receivers():
    parameters = BalancedNetworkParameters(n_exc=400, n_inh=333, out_degree=150)
    static = draw_static(parameters, np.random.default_rng(0))
    width = 8 * static.rows.shape[1]
    connected = dense_static(static.targets)
    as_bytes = static.rows.view(np.uint8)
    for post in range(733):
        bits = (as_bytes[:, post % width] >> (post // width)) & 1
        np.testing.assert_array_equal(bits, connected[post])
    assert np.bitwise_count(static.rows).sum() == 733 * 150
    degrees = connected[:, :400].sum(axis=1), connected[:, 400:].sum(axis=1)
    np.testing.assert_array_equal(static.in_degrees(400).T, degrees)


@pytest.mark.parametrize(("out_degree", "n_rows"), [(10, 300), (9, 0)])
def test_a_sparse_network_has_lists_only(out_degree, n_rows):
    parameters = BalancedNetworkParameters(n_exc=200, n_inh=100, out_degree=out_degree)
    static = draw_static(parameters, np.random.default_rng(0))
    assert len(static.rows) == n_rows and static.targets.shape == (300, out_degree)


def test_receivers_are_uniform():
    parameters = BalancedNetworkParameters(n_exc=6, n_inh=4, out_degree=3)
    rng = np.random.default_rng(0)
    total = sum(dense_static(draw_static(parameters, rng).targets) for _ in range(3000))
    assert (np.diag(total) == 0).all()
    sd = np.sqrt(3000 * (1 / 3) * (2 / 3))
    assert abs(total[~np.eye(10, dtype=bool)] - 1000).max() < 5 * sd


def test_a_seed_keeps_its_network():
    parameters = BalancedNetworkParameters(n_exc=50, n_inh=30, out_degree=20)
    first, second, other = (
        draw_static(parameters, np.random.default_rng(seed)).digest for seed in (7, 7, 8)
    )
    assert first == second != other
    assert first == "5fea1f0ce76e310d18e36a041fa206fcdb00c97180a49716b7ad8dc78d5505c1"


def test_plastic_senders_and_both_views():
    parameters = BalancedNetworkParameters(n_exc=60, n_inh=40, out_degree=20, n_plastic_exc=5,
                                           n_plastic_inh=7)
    trained = np.random.default_rng(0).permutation(60)[:25]
    plastic = draw_plastic(parameters, trained, np.random.default_rng(1))
    assert plastic.pre_index.shape == (25, 12)
    for neuron, senders in zip(plastic.trained, plastic.pre_index, strict=True):
        assert len(set(senders.tolist())) == 12 and neuron not in senders
        assert set(senders[:5]) <= set(trained) and senders[5:].min() >= 60
    seen = set()
    for pre in range(100):
        for m in range(plastic.out_start[pre], plastic.out_start[pre + 1]):
            i, slot = divmod(plastic.out_slot[m], 12)
            assert plastic.pre_index[i, slot] == pre
            assert plastic.out_post[m] == plastic.trained[i]
            seen.add((i, slot))
    assert len(seen) == 25 * 12


def test_default_weights_are_those_of_the_original():
    parameters = BalancedNetworkParameters()
    je = 20 / np.sqrt(500)
    np.testing.assert_allclose(parameters.weights, [[0.15 * je, -0.75 * je], [je, -je]])
    np.testing.assert_allclose(parameters.external_input[[0, -1]],
                               [1.5 * 0.12 * 500**0.5, 0.12 * 500**0.5])
    np.testing.assert_allclose(parameters.plastic_weights[[0, -1]],
                               [je / 1.5, -je / 1.5 * 6.5 / 12])
    wider = BalancedNetworkParameters(n_plastic_exc=132, n_plastic_inh=132)
    assert wider.plastic_weights[:132].sum() == pytest.approx(20 * je / 1.5)


def test_initial_weights_are_those_of_the_parameters():
    network = small_task().network
    weights = network.initial_weights()
    wanted = np.tile(network.parameters.plastic_weights.astype(np.float32), (24, 1))
    np.testing.assert_array_equal(weights.recurrent_weights, wanted)
    np.testing.assert_array_equal(weights.feedforward_weights, np.zeros((15, 24)))
    weights.recurrent_weights[0, 0] = 99.0
    assert network.initial_weights().recurrent_weights[0, 0] != 99.0
