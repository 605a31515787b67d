"""SparseRLS against the textbook, the closed ridge solution and its promises."""

import numba
import numpy as np
import pytest

from src_part3 import rls_kernels
from src_part3.rls import SparseRLS, recurrent_prior
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


def start(setup, **changes):
    """An RLS object and its weights."""
    ours = dict(setup) | changes
    weights = np.array(ours.pop("weights"), dtype=ours.get("dtype", np.float64))
    return SparseRLS(**ours), weights


def learn(rls, weights, step):
    condition, *arrays = step
    rls.update(weights, *arrays, condition=condition)


def copied(rls):
    return {name: array.copy() for name, array in rls.state().items()}


def assert_same_state(rls, state):
    assert rls.state().keys() == state.keys()
    for name, array in rls.state().items():
        np.testing.assert_array_equal(array, state[name])


def assert_close(actual, expected, tolerance):
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("time_by_time", [False, True])
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
def test_equals_the_textbook_over_all_conditions(rng, sizes, forgetting, time_by_time):
    setup, data = problem(rng, **sizes)
    ours, weights = start(setup, forgetting=forgetting, time_by_time=time_by_time)
    textbook = TextbookRLS(**setup, forgetting=forgetting)
    for step in data:
        learn(ours, weights, step)
        textbook.update(*step)
        assert_close(weights, textbook.weights[:, : textbook.n_own], 1e-9)
    for condition in range(setup["n_conditions"] if setup["n_shared"] else 0):
        assert_close(
            ours.shared_weights(weights, condition), textbook.shared_weights(condition), 1e-9
        )


@pytest.mark.parametrize("case", range(12))
def test_equals_the_textbook_in_random_cases_with_many_times_in_a_call(case):
    rng = np.random.default_rng(case)
    n_conditions, n_shared = int(rng.integers(1, 4)), int(rng.integers(0, 25))
    setup, _ = problem(
        rng, n=int(rng.integers(1, 30)), n_exc=int(rng.integers(1, 15)),
        n_inh=int(rng.integers(0, 15)), n_shared=n_shared, n_conditions=n_conditions,
    )
    forgetting = [1.0, 0.995, 0.97][case % 3]
    ours, weights = start(setup, forgetting=forgetting)
    textbook = TextbookRLS(**setup, forgetting=forgetting)
    for n_time in (int(rng.integers(1, 30)), 150, 64):
        condition = int(rng.integers(n_conditions))
        block = [rng.random((n_time, size)) for size in (N_RATES, n_shared, len(weights))]
        learn(ours, weights, (condition, *block))
        for step in zip(*block, strict=True):
            textbook.update(condition, *step)
        assert_close(weights, textbook.weights[:, : textbook.n_own], 1e-8)
        if n_shared:
            assert_close(
                ours.shared_weights(weights, condition), textbook.shared_weights(condition), 1e-8
            )


@pytest.mark.parametrize("sizes", [{}, {"_SHORT": 10, "_STRIP": 4}, {"_SHORT": 10, "_STRIP": 1}])
@pytest.mark.parametrize("forgetting", [1.0, 0.97])
def test_equals_the_textbook_in_many_blocks_and_strips(rng, monkeypatch, sizes, forgetting):
    # As with thousands of neurons and hundreds of inputs: by default all neurons of these tests
    # fit into one block, and their matrices are factored side by side.
    for name, size in {"_ENTRIES": 500, "_ROWS": 10, **sizes}.items():
        monkeypatch.setattr(rls_kernels, name, size)
    setup, _ = problem(rng, n=37)
    ours, weights = start(setup, forgetting=forgetting)
    textbook = TextbookRLS(**setup, forgetting=forgetting)
    block = [rng.random((12, size)) for size in (N_RATES, 17, 37)]
    learn(ours, weights, (1, *block))
    for step in zip(*block, strict=True):
        textbook.update(1, *step)
    assert_close(weights, textbook.weights[:, : textbook.n_own], 1e-9)
    assert_close(ours.shared_weights(weights, 1), textbook.shared_weights(1), 1e-9)


def test_equals_the_textbook_at_the_full_number_of_inputs(rng):
    # 20 + 20 + 300 + 300 inputs, rates in spikes per ms and the priors of the network.
    setup, data = problem(rng, n=2, n_exc=20, n_inh=20, n_shared=300)
    setup["ridge_shared"] = 1.0
    (ours, weights), textbook = start(setup), TextbookRLS(**setup)
    for condition, rates, shared, targets in data:
        step = condition, 0.01 * rates, 0.01 * shared, targets
        learn(ours, weights, step)
        textbook.update(*step)
    assert_close(weights, textbook.weights[:, :40], 1e-8)
    for condition in (0, 1):
        assert_close(
            ours.shared_weights(weights, condition), textbook.shared_weights(condition), 1e-8
        )


def test_equals_the_ridge_solution(rng):
    setup, data = problem(rng)
    (ours, weights), textbook = start(setup), TextbookRLS(**setup)
    for step in data:
        learn(ours, weights, step)
    for i in range(len(weights)):
        x = np.array([textbook.regressors(i, *step[:3]) for step in data])
        y = np.array([step[3][i] for step in data])
        first = textbook.weights[i]
        solution = first + np.linalg.solve(x.T @ x + textbook.prior, x.T @ (y - x @ first))
        assert_close(weights[i], solution[:11], 1e-9)
        assert_close(ours.shared_weights(weights, 0)[i], solution[11:28], 1e-9)
        assert_close(ours.shared_weights(weights, 1)[i], solution[28:], 1e-9)


@pytest.mark.parametrize("n_shared", [0, 17])
@pytest.mark.parametrize("forgetting", [1.0, 0.97])
@pytest.mark.parametrize("n_time", [1, 3, 7, 64, 90])
def test_learning_a_block_of_times_equals_learning_them_one_by_one(
    rng, n_time, forgetting, n_shared
):
    setup, _ = problem(rng, n=37, n_shared=n_shared)
    one_by_one, weights = start(setup, forgetting=forgetting)
    blocks, of_blocks = start(setup, forgetting=forgetting)
    for condition in (0, 1, 0):
        block = [rng.random((n_time, size)) for size in (N_RATES, n_shared, 37)]
        learn(blocks, of_blocks, (condition, *block))
        for step in zip(*block, strict=True):
            learn(one_by_one, weights, (condition, *step))
    assert_close(of_blocks, weights, 1e-11)
    for name, array in one_by_one.state().items():
        if array.size:
            assert_close(blocks.state()[name], array, 1e-11)


@pytest.mark.parametrize("n_time", [1, 90])
def test_time_by_time_learns_the_same_and_keeps_the_inverse(rng, n_time):
    setup, _ = problem(rng, n=37)
    block, once = start(setup, forgetting=0.97), start(setup, forgetting=0.97, time_by_time=True)
    for condition in (0, 1, 0):
        data = [rng.random((n_time, size)) for size in (N_RATES, 17, 37)]
        for rls, weights in (block, once):
            learn(rls, weights, (condition, *data))
    assert_close(once[1], block[1], 1e-11)
    n_own = block[1].shape[1]
    full = np.zeros((2, 37, n_own, n_own))
    r, c = np.tril_indices(n_own)
    for matrix, triangle in zip(full, (block[0].state()["S"], once[0].state()["Q"]), strict=True):
        matrix[:, r, c] = matrix[:, c, r] = triangle
    np.testing.assert_allclose(full[0] @ full[1], np.tile(np.eye(n_own), (37, 1, 1)), atol=1e-9)


def test_other_conditions_keep_what_they_learned(rng):
    setup, data = problem(rng)
    ours, weights = start(setup)
    for step in data:
        learn(ours, weights, step)
    before = ours.state()["v"][1].copy()
    of_shared = ours.shared_weights(weights, 1)
    learn(ours, weights, (0, *data[0][1:]))
    np.testing.assert_array_equal(ours.state()["v"][1], before)
    assert np.abs(ours.shared_weights(weights, 1) - of_shared).max() > 1e-6


def test_shared_weights_can_be_set_and_read_back(rng):
    setup, data = problem(rng)
    ours, weights = start(setup)
    for step in data:
        learn(ours, weights, step)
    values = rng.normal(size=(9, 17))
    other = ours.shared_weights(weights)
    ours.set_shared_weights(weights, values, 1)
    np.testing.assert_allclose(ours.shared_weights(weights, 1), values, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(ours.shared_weights(weights, 0), other)


@pytest.mark.parametrize("time_by_time", [False, True])
@pytest.mark.parametrize("n_own", [11, 132])
def test_result_does_not_depend_on_the_number_of_threads(rng, n_own, time_by_time):
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one thread only")
    n = 150 if n_own == 11 else 40
    setup, _ = problem(rng, n=n, n_shared=200)
    setup["pre_index"] = rng.integers(0, 2000, (n, n_own))
    setup |= {"prior": np.eye(n_own), "weights": rng.normal(size=(n, n_own))}
    block = [rng.random((70, size)) for size in (2000, 200, n)]
    results = []
    for threads in (1, 2):
        numba.set_num_threads(threads)
        ours, weights = start(setup, time_by_time=time_by_time)
        for condition in (0, 1):
            learn(ours, weights, (condition, *block))
        results.append((ours.state(), weights))
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    assert_same_state(ours, results[0][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


def test_D_inverse_stays_symmetric_and_positive(rng):
    setup, data = problem(rng, n_exc=20, n_inh=20)
    ours, weights = start(setup, forgetting=0.99)
    for step in data:
        learn(ours, weights, step)
    learn(ours, weights, (0, *(rng.random((50, size)) for size in (N_RATES, 17, 9))))
    for D_inverse in ours.state()["D_inverse"]:
        np.testing.assert_array_equal(D_inverse, D_inverse.T)
        assert np.linalg.eigvalsh(D_inverse).min() > 0


def test_float32_stays_close_over_a_long_training(rng):
    setup, _ = problem(rng, n_exc=20, n_inh=20, n_shared=50)
    double, weights = start(setup)
    single, of_single = start(setup, dtype=np.float32)
    for step in range(40):
        block = (
            step % 2, 0.01 * rng.random((100, N_RATES)), 0.01 * rng.random((100, 50)),
            0.05 * rng.normal(size=(100, 9)),
        )
        learn(double, weights, block)
        learn(single, of_single, block)
    assert all(array.dtype == np.float32 for array in single.state().values())
    assert single.shared_weights(of_single).dtype == np.float32
    assert_close(of_single, weights, 2e-3)


@pytest.mark.parametrize("time_by_time", [False, True])
def test_state_goes_on_bit_for_bit(rng, time_by_time):
    setup, data = problem(rng)
    setup["time_by_time"] = time_by_time
    (whole, weights), (first, _) = start(setup), start(setup)
    again = weights.copy()
    for step in data[:30]:
        learn(whole, weights, step)
        learn(first, again, step)
    second, _ = start(setup)
    second.restore(copied(first))
    for step in data[30:]:
        learn(whole, weights, step)
        learn(second, again, step)
    np.testing.assert_array_equal(again, weights)
    assert_same_state(second, whole.state())


def test_restore_refuses_another_size_and_changes_nothing(rng):
    ours, _ = start(problem(rng)[0])
    before = copied(ours)
    state = dict(start(problem(rng, n=10)[0])[0].state())
    with pytest.raises(ValueError, match="RLS state S must be float64 of shape"):
        ours.restore(state)
    with pytest.raises(ValueError, match="RLS state v must be .* got nothing"):
        ours.restore({name: before[name] + 1 for name in ("S", "D_inverse", "G")})
    with pytest.raises(TypeError, match="state must be of type"):
        ours.restore(None)
    assert_same_state(ours, before)


def test_only_weights_are_changed_and_nothing_is_kept(rng):
    setup, data = problem(rng)
    copies = {k: np.copy(v) for k, v in setup.items()}
    (ours, weights), (twin, of_twin) = start(setup), start(setup)
    given = weights.copy()
    for condition, *arrays in data:
        before = [array.copy() for array in arrays]
        learn(ours, weights, (condition, *arrays))
        learn(twin, of_twin, (condition, *arrays))
        for array, copy in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(array, copy)
            array[:] = np.nan
    for name, value in copies.items():
        np.testing.assert_array_equal(setup[name], value)
    assert np.abs(weights - given).max() > 1e-3
    np.testing.assert_array_equal(weights, of_twin)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pre_index": np.zeros((2, 3))}, "whole numbers"),
        ({"pre_index": np.full((9, 11), -1)}, "not be negative"),
        ({"prior": np.eye(10)}, "prior must have shape .11, 11., got .10, 10."),
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
    del setup["weights"]
    with pytest.raises(ValueError, match=message):
        SparseRLS(**setup)


def read_only(weights):
    weights = weights.copy()
    weights.flags.writeable = False
    return weights


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (np.ndarray.tolist, TypeError, "weights must be a writeable .* array .*, got list"),
        (lambda w: w.astype(np.float32), TypeError, "float64 array .*, got float32"),
        (lambda w: w[:, :-1], ValueError, "weights must be .* of shape .9, 11.,.* got .* .9, 10."),
        (read_only, ValueError, "writeable .* got .*, read-only"),
        (np.asfortranarray, ValueError, "C-contiguous .* got .*, not contiguous"),
        (lambda w: w * np.inf, ValueError, "weights must be finite"),
    ],
)
def test_weights_that_cannot_be_learned_are_refused(rng, change, error, message):
    setup, data = problem(rng)
    ours, weights = start(setup)
    before = copied(ours)
    with pytest.raises(error, match=message):
        learn(ours, change(weights), data[0])
    assert_same_state(ours, before)


def test_bad_updates_change_nothing(rng):
    setup, data = problem(rng)
    ours, weights = start(setup)
    before, given = copied(ours), weights.copy()
    _, rates, shared, targets = data[0]
    with pytest.raises(ValueError, match="condition must be at most 1"):
        ours.update(weights, rates, shared, targets, condition=2)
    with pytest.raises(ValueError, match="rates must be finite"):
        ours.update(weights, np.full(N_RATES, np.nan), shared, targets)
    with pytest.raises(ValueError, match="rates must hold at least"):
        ours.update(weights, rates[:5], shared, targets)
    with pytest.raises(ValueError, match="shared must have shape"):
        ours.update(weights, rates, shared[:-1], targets)
    with pytest.raises(ValueError, match="targets must have shape"):
        ours.update(weights, rates, shared, 1.0)
    with pytest.raises(TypeError, match="targets must hold real numbers"):
        ours.update(weights, rates, shared, targets * 1j)
    with pytest.raises(ValueError, match="values must be finite"):
        ours.set_shared_weights(weights, np.full((9, 17), np.inf))
    with pytest.raises(ValueError, match="weights must be finite"):
        ours.set_shared_weights(weights * np.nan, np.zeros((9, 17)))
    assert_same_state(ours, before)
    np.testing.assert_array_equal(weights, given)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("name", ["S", "Q"])
def test_divergence_is_reported_and_leaves_the_weights(rng, name):
    setup, data = problem(rng)
    setup["time_by_time"] = name == "Q"
    ours, weights = start(setup)
    before, given = copied(ours), weights.copy()
    ours.state()[name][3] = -1e6
    with pytest.raises(FloatingPointError, match="RLS diverged: .* 1 of 9 .* neuron 3"):
        learn(ours, weights, data[0])
    np.testing.assert_array_equal(weights, given)
    ours.restore(before)
    learn(ours, weights, data[0])
    twin, of_twin = start(setup)
    learn(twin, of_twin, data[0])
    np.testing.assert_array_equal(weights, of_twin)
    ours.state()["D_inverse"][0] = np.inf
    with pytest.raises(FloatingPointError, match="D.-1 of the shared inputs is not finite"):
        learn(ours, weights, (0, *data[1][1:]))
    np.testing.assert_array_equal(weights, of_twin)


def test_prior_penalises_row_sums():
    prior = recurrent_prior(2, 3, ridge=0.5, row_sum=4.0)
    change = np.array([1.0, -1.0, 2.0, 0.0, 1.0])
    expected = 0.5 * (1 + 1 + 4 + 1) + 4.0 * (0.0**2 + 3.0**2)
    assert change @ prior @ change == pytest.approx(expected)
    with pytest.raises(ValueError, match="ridge must be positive"):
        recurrent_prior(2, 3, ridge=0.0)
