"""SharedInputRLS against the textbook, the closed ridge solution and its promises."""

import numba
import numpy as np
import pytest

from src_part3.rls import SharedInputRLS, recurrent_prior
from tests.reference_part3_rls import TextbookRLS

N_RATES = 70


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def problem(rng, *, n=9, n_exc=5, n_inh=6, n_shared=17, n_conditions=2, n_time=60):
    """Random inputs of the size of filtered rates, and everything an RLS object needs."""
    pre = np.array(
        [rng.choice(N_RATES, n_exc + n_inh, replace=False) for _ in range(n)], dtype=np.int64
    )
    return {
        "pre_index": pre,
        "weights": rng.normal(size=pre.shape),
        "prior": recurrent_prior(n_exc, n_inh),
        "n_shared": n_shared,
        "n_conditions": n_conditions,
        "ridge_shared": 0.3,
    }, [
        (
            t // 7 % n_conditions,
            rng.random(N_RATES),
            rng.random(n_shared),
            rng.normal(size=n),
        )
        for t in range(n_time)
    ]


def assert_close(actual, expected, tolerance):
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("forgetting", [1.0, 0.97])
@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"n_exc": 20, "n_inh": 20, "n_shared": 30},
        {"n_exc": 8, "n_inh": 0, "n_shared": 1},
        {"n_exc": 1, "n_inh": 2, "n_shared": 0},
        {"n_conditions": 1, "n": 1},
        {"n_conditions": 3, "n": 40},
    ],
)
def test_equals_the_textbook_over_all_conditions(rng, sizes, forgetting):
    setup, data = problem(rng, **sizes)
    ours = SharedInputRLS(**setup, forgetting=forgetting)
    textbook = TextbookRLS(**setup, forgetting=forgetting)
    for step in data:
        ours.update(*step)
        textbook.update(*step)
        assert_close(ours.weights, textbook.weights[:, : textbook.n_own], 1e-9)
    for condition in range(setup["n_conditions"] if setup["n_shared"] else 0):
        assert_close(
            ours.shared_weights(condition), textbook.shared_weights(condition), 1e-9
        )


def test_equals_the_textbook_at_the_full_number_of_inputs(rng):
    # 20 + 20 + 300 + 300 inputs, rates in spikes per ms and the priors of the network.
    setup, data = problem(rng, n=2, n_exc=20, n_inh=20, n_shared=300)
    setup["ridge_shared"] = 1.0
    ours, textbook = SharedInputRLS(**setup), TextbookRLS(**setup)
    for condition, rates, shared, targets in data:
        step = condition, 0.01 * rates, 0.01 * shared, targets
        ours.update(*step)
        textbook.update(*step)
    assert_close(ours.weights, textbook.weights[:, :40], 1e-8)
    for condition in (0, 1):
        assert_close(ours.shared_weights(condition), textbook.shared_weights(condition), 1e-8)


def test_equals_the_ridge_solution(rng):
    setup, data = problem(rng)
    ours, textbook = SharedInputRLS(**setup), TextbookRLS(**setup)
    for step in data:
        ours.update(*step)
    for i in range(len(setup["weights"])):
        x = np.array([textbook.regressors(i, *step[:3]) for step in data])
        y = np.array([step[3][i] for step in data])
        start = textbook.weights[i]
        solution = start + np.linalg.solve(x.T @ x + textbook.prior, x.T @ (y - x @ start))
        assert_close(ours.weights[i], solution[:11], 1e-9)
        assert_close(ours.shared_weights(0)[i], solution[11:28], 1e-9)
        assert_close(ours.shared_weights(1)[i], solution[28:], 1e-9)


@pytest.mark.parametrize("forgetting", [1.0, 0.97])
@pytest.mark.parametrize("n_time", [1, 3, 7, 8, 90])
def test_learning_a_block_of_times_equals_learning_them_one_by_one(rng, n_time, forgetting):
    setup, _ = problem(rng, n=37)
    one_by_one, blocks = (SharedInputRLS(**setup, forgetting=forgetting) for _ in range(2))
    for condition in (0, 1, 0):
        block = rng.random((n_time, N_RATES)), rng.random((n_time, 17)), rng.random((n_time, 37))
        blocks.update(condition, *block)
        for step in zip(*block, strict=True):
            one_by_one.update(condition, *step)
    for name, array in one_by_one.state().items():
        other = blocks.state()[name]
        if name == "S":  # without the lanes of the last block that belong to no neuron
            array, other = (np.concatenate(list(a), axis=1)[:, :37] for a in (array, other))
        assert_close(other, array, 1e-11)


def test_other_conditions_keep_what_they_learned(rng):
    setup, data = problem(rng)
    ours = SharedInputRLS(**setup)
    for step in data:
        ours.update(*step)
    before = ours.state()["v"][1].copy()
    weights = ours.shared_weights(1)
    ours.update(0, *data[0][1:])
    np.testing.assert_array_equal(ours.state()["v"][1], before)
    assert np.abs(ours.shared_weights(1) - weights).max() > 1e-6


def test_shared_weights_can_be_set_and_read_back(rng):
    setup, data = problem(rng)
    ours = SharedInputRLS(**setup)
    for step in data:
        ours.update(*step)
    values = rng.normal(size=(9, 17))
    other = ours.shared_weights(0)
    ours.set_shared_weights(1, values)
    np.testing.assert_allclose(ours.shared_weights(1), values, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(ours.shared_weights(0), other)


def test_result_does_not_depend_on_the_number_of_threads(rng):
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one thread only")
    setup, data = problem(rng, n=150)
    states = []
    for threads in (1, 2):
        numba.set_num_threads(threads)
        ours = SharedInputRLS(**setup)
        for step in data:
            ours.update(*step)
        states.append(ours.state())
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    for name in states[0]:
        np.testing.assert_array_equal(states[0][name], states[1][name])


def test_d_stays_symmetric_and_positive(rng):
    setup, data = problem(rng, n_exc=20, n_inh=20)
    ours = SharedInputRLS(**setup)
    for step in data:
        ours.update(*step)
    for D in ours.state()["D"]:
        np.testing.assert_array_equal(D, D.T)
        assert np.linalg.eigvalsh(D).min() > 0


def test_float32_stays_close_over_a_long_training(rng):
    setup, _ = problem(rng, n_exc=20, n_inh=20, n_shared=50)
    double, single = SharedInputRLS(**setup), SharedInputRLS(**setup, dtype=np.float32)
    for step in range(40):
        block = (
            step % 2, 0.01 * rng.random((100, N_RATES)), 0.01 * rng.random((100, 50)),
            0.05 * rng.normal(size=(100, 9)),
        )
        double.update(*block)
        single.update(*block)
    assert single.weights.dtype == np.float32
    assert_close(single.weights, double.weights, 2e-3)


def test_state_goes_on_bit_for_bit(rng):
    setup, data = problem(rng)
    whole, first = SharedInputRLS(**setup), SharedInputRLS(**setup)
    for step in data[:30]:
        whole.update(*step)
        first.update(*step)
    saved = {name: array.copy() for name, array in first.state().items()}
    second = SharedInputRLS(**setup)
    second.restore(saved)
    for step in data[30:]:
        whole.update(*step)
        second.update(*step)
    for name, array in whole.state().items():
        np.testing.assert_array_equal(second.state()[name], array)


def test_restore_refuses_another_size(rng):
    ours = SharedInputRLS(**problem(rng)[0])
    state = dict(SharedInputRLS(**problem(rng, n=10)[0]).state())
    with pytest.raises(ValueError, match="RLS state weights must be float64 of shape"):
        ours.restore(state)
    del state["weights"]
    with pytest.raises(ValueError, match="got nothing"):
        ours.restore(state)


def test_arguments_are_not_changed(rng):
    setup, data = problem(rng)
    copies = {k: np.copy(v) for k, v in setup.items()}
    ours = SharedInputRLS(**setup)
    ours.update(*data[0])
    for name, value in copies.items():
        np.testing.assert_array_equal(setup[name], value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pre_index": np.zeros((2, 3))}, "whole numbers"),
        ({"pre_index": np.full((9, 11), -1)}, "not be negative"),
        ({"weights": np.zeros((9, 10))}, "weights must have shape"),
        ({"prior": -np.eye(11)}, "positive definite"),
        ({"prior": np.triu(np.ones((11, 11)))}, "symmetric"),
        ({"ridge_shared": 0.0}, "ridge_shared must be positive"),
        ({"forgetting": 1.1}, "forgetting must be at most 1"),
        ({"n_conditions": 0}, "n_conditions must be at least 1"),
        ({"dtype": np.int64}, "dtype must be float64 or float32"),
    ],
)
def test_bad_arguments(rng, change, message):
    setup = problem(rng)[0] | change
    with pytest.raises(ValueError, match=message):
        SharedInputRLS(**setup)


def test_bad_updates_change_nothing(rng):
    setup, data = problem(rng)
    ours = SharedInputRLS(**setup)
    before = {name: array.copy() for name, array in ours.state().items()}
    _, rates, shared, targets = data[0]
    with pytest.raises(ValueError, match="condition must be at most 1"):
        ours.update(2, rates, shared, targets)
    with pytest.raises(ValueError, match="rates must be finite"):
        ours.update(0, np.full(N_RATES, np.nan), shared, targets)
    with pytest.raises(ValueError, match="rates must hold at least"):
        ours.update(0, rates[:5], shared, targets)
    with pytest.raises(ValueError, match="shared must have shape"):
        ours.update(0, rates, shared[:-1], targets)
    for name, array in before.items():
        np.testing.assert_array_equal(ours.state()[name], array)


def test_divergence_is_reported(rng):
    setup, data = problem(rng)
    ours = SharedInputRLS(**setup)
    ours.state()["S"][0, :, 3] = -1e6
    with pytest.raises(FloatingPointError, match="RLS diverged: .* 1 of 9 .* neuron 3"):
        ours.update(*data[0])


def test_prior_penalises_row_sums():
    prior = recurrent_prior(2, 3, ridge=0.5, row_sum=4.0)
    change = np.array([1.0, -1.0, 2.0, 0.0, 1.0])
    expected = 0.5 * (1 + 1 + 4 + 1) + 4.0 * (0.0**2 + 3.0**2)
    assert change @ prior @ change == pytest.approx(expected)
    with pytest.raises(ValueError, match="ridge must be positive"):
        recurrent_prior(2, 3, ridge=0.0)
