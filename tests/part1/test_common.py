"""What all parts share: declared fields, the time grid and the moving mean."""

import dataclasses
import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src_part1.common.fields import check_fields, choice, flag, integer, real
from src_part1.common.smoothing import moving_mean
from src_part1.common.time_grid import MOST_STEPS, check_time_step, n_steps_of


@dataclasses.dataclass(frozen=True)
class Cell:
    """A record with a field of each kind."""

    tau: float = real(10.0, unit="ms", above=0)
    rate: float = real(0.0, unit="Hz", at_least=0, at_most=100)
    share: float = real(0.5, at_least=0, below=1)
    rest: float = real(float("inf"), unit="ms", above=0, infinite=True)
    n_inputs: int = integer(3, at_least=1, at_most=9)
    kind: str = choice("E", "E", "I")
    plastic: bool = flag(True)
    note: object = None

    def __post_init__(self):
        check_fields(self)


# --- fields ---


@pytest.mark.parametrize("values", [
    {}, {"tau": 1}, {"tau": np.float32(2.5)}, {"rate": 0}, {"rate": 100.0}, {"share": 0.0},
    {"rest": 5.0}, {"rest": float("inf")}, {"n_inputs": 1}, {"n_inputs": np.int32(9)},
    {"kind": "I"}, {"plastic": False}, {"plastic": np.True_}, {"note": [1, "anything"]},
])
def test_a_record_takes_what_its_fields_allow(values):
    cell = Cell(**values)
    assert all(getattr(cell, name) == value for name, value in values.items())


@pytest.mark.parametrize(("field", "value", "error", "message"), [
    ("tau", 0.0, ValueError, r"must be positive \(ms\), got 0.0"),
    ("tau", "x", TypeError, r"must be a real number \(ms\), got 'x'"),
    ("tau", True, TypeError, "must be a real number"),
    ("tau", None, TypeError, "must be a real number"),
    ("tau", float("nan"), ValueError, "must be finite"),
    ("tau", float("inf"), ValueError, "must be finite"),
    ("rate", -1e-9, ValueError, r"must be at least 0 \(Hz\)"),
    ("rate", 100.1, ValueError, r"must be at most 100 \(Hz\)"),
    ("share", 1.0, ValueError, "must be below 1, got 1.0"),
    ("rest", float("nan"), ValueError, "must be finite"),
    ("rest", -float("inf"), ValueError, "must be positive"),
    ("n_inputs", 0, ValueError, "must be at least 1, got 0"),
    ("n_inputs", 10, ValueError, "must be at most 9, got 10"),
    ("n_inputs", 3.0, TypeError, "must be a whole number, got 3.0"),
    ("n_inputs", True, TypeError, "must be a whole number"),
    ("kind", "X", ValueError, "must be one of 'E', 'I', got 'X'"),
    ("plastic", 1, TypeError, "must be True or False, got 1"),
])
def test_a_record_refuses_and_names_record_field_and_value(field, value, error, message):
    for call in (Cell, functools.partial(dataclasses.replace, Cell())):
        with pytest.raises(error, match=rf"^Cell\.{field} {message}"):
            call(**{field: value})


# --- the time grid ---


@given(n=st.integers(0, 10**6), step=st.sampled_from([0.05, 0.1, 0.3, 1.0, 20.0, 1 / 3]))
def test_whole_multiples_are_counted(n, step):
    assert n_steps_of("duration", n * step, step) == n


@given(duration=st.floats(1e-300, 1e6), step=st.floats(1e-300, 1e6))
def test_a_positive_duration_has_at_least_one_step_or_is_refused(duration, step):
    try:
        n_steps = n_steps_of("duration", duration, step)
    except ValueError:
        return
    assert 1 <= n_steps <= MOST_STEPS
    assert n_steps * step == pytest.approx(duration, abs=1e-6 * step)


@pytest.mark.parametrize(("duration", "step", "message"), [
    (1e-9, 0.1, "record_every must be a whole multiple of the bin = 0.1 ms, got 1e-09"),
    (0.25, 0.1, "record_every must be a whole multiple of the bin = 0.1 ms, got 0.25"),
    (3e9, 1.0, r"record_every must be at most 2147483647 times the bin = 1 ms, got 3e\+09"),
    (1e300, 1e-300, "record_every must be at most 2147483647 times the bin"),
])
def test_other_durations_are_refused_and_the_step_is_named(duration, step, message):
    with pytest.raises(ValueError, match=message):
        n_steps_of("record_every", duration, step, of="the bin")
    with pytest.raises(ValueError, match="whole multiple of the time step dt = 0.2 ms, got 0.5"):
        n_steps_of("duration", 0.5, 0.2)


def test_a_time_step_is_at_most_a_fifth_of_the_shortest_time_constant():
    check_time_step("Cell.dt", 2.0, 10.0, 30.0)
    check_time_step("Cell.dt", 0.1 * 3, 1.5)  # 0.30000000000000004
    with pytest.raises(ValueError, match=r"^Cell.dt must be at most a fifth .* \(2 ms\), got 2.1"):
        check_time_step("Cell.dt", 2.1, 30.0, 10.0)


# --- the moving mean ---


def naive_moving_mean(values, before, after):
    """The definition, along the first axis."""
    smooth = np.empty(values.shape)
    for t in range(len(values)):
        smooth[t] = values[max(t - before, 0) : t + after + 1].mean(axis=0)
    return smooth


@given(
    seed=st.integers(0, 2**32 - 1), shape=st.lists(st.integers(1, 7), min_size=1, max_size=3),
    before=st.integers(0, 10), after=st.none() | st.integers(0, 10), data=st.data(),
)
def test_the_moving_mean_is_that_of_the_naive_loop(seed, shape, before, after, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    values = np.random.default_rng(seed).standard_normal(shape)
    given, along = values.copy(), np.moveaxis(values, axis, 0)
    expected = naive_moving_mean(along, before, before if after is None else after)
    found = moving_mean(values, before, after, axis=axis)
    np.testing.assert_array_equal(values, given)
    np.testing.assert_allclose(np.moveaxis(found, axis, 0), expected, atol=1e-13)
    assert found.shape == values.shape and found.dtype == np.float64


@given(
    values=st.lists(st.just(0.0) | st.floats(0, 1e12), min_size=1, max_size=40),
    before=st.integers(0, 8), after=st.integers(0, 8),
)
def test_means_of_rates_are_never_negative_and_zeros_stay_zero(values, before, after):
    found = moving_mean(values, before, after)
    assert (found >= 0).all()
    for t, mean in enumerate(found):
        if not any(values[max(t - before, 0) : t + after + 1]):
            assert mean == 0


def test_a_window_longer_than_the_values_and_the_values_themselves():
    values = np.array([1.0, 2.0, 6.0])
    np.testing.assert_allclose(moving_mean(values, 3), 3.0)
    np.testing.assert_allclose(moving_mean(values, 10**30), 3.0)
    np.testing.assert_allclose(moving_mean(values, 0, 10**30), [3.0, 4.0, 6.0])
    same = moving_mean(values, 0)
    np.testing.assert_array_equal(same, values)
    assert not np.shares_memory(same, values)
    assert moving_mean(np.zeros((2, 0)), 3).shape == (2, 0)


@pytest.mark.parametrize(("arguments", "error", "message"), [
    ((-1,), ValueError, "before must be at least 0, got -1"),
    ((1, -1), ValueError, "after must be at least 0, got -1"),
    ((1, True), TypeError, "after must be a whole number, got True"),
])
def test_a_window_that_cannot_be_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        moving_mean(np.zeros(3), *arguments)
