"""The one loop of every training (interrupts, divergence), and what Parts 1 and 2 return."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from src_part1.common.metrics import correlation, is_constant
from src_part1.common.one_line import one_line
from src_part1.common.validation import check_array, check_integer, check_type
from src_part1.rls import AllToAllRLS


class TrainingDivergedError(RuntimeError):
    """A training whose rates or weights left the sound range.

    The message says loop, cause and remedy. ``result`` is what is left: the result as it was after
    the last sound loop (Parts 1 and 2), or the training itself (Part 3); None if nothing is.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import RateNetworkParameters, RateTask, TrialTiming, train
    >>> from src_part1.training_loop import TrainingDivergedError
    >>> timing = TrialTiming(0.0, 1.0, 1.0, 3.0, learn_every=1.0)
    >>> p = RateNetworkParameters(n_units=2, dt=0.5)
    >>> task = RateTask(p, timing, np.eye(2)[None] * 1e300, np.full((1, 2), 1e300))
    >>> try:
    ...     train(task, np.zeros((2, 2)), progress=False)
    ... except TrainingDivergedError as error:
    ...     print(str(error)[:26], error.result.train_correlation.shape)
    training diverged in loop  (0, 1)
    """

    def __init__(self, message, result=None):
        super().__init__(message)
        self.result = result


def run_loops(
    step, n_loops, *, result, remedy, to_go_on, progress=True, first=0, unit="loop",
    description="training", after_loop=None, stacklevel=3,
):
    """Call ``step(k)`` for k from ``first`` on until ``n_loops`` are done.

    ``step`` may return a text for the progress bar. An interrupt from the keyboard ends the loops
    with a warning, and a FloatingPointError with a `TrainingDivergedError` that holds ``result()``:
    what an unfinished step has changed must not show in it. ``after_loop(result())`` is called
    after each step. The warning points to who called the caller (``stacklevel`` 3).
    """
    done = first
    bar = tqdm(
        total=n_loops, initial=first, desc=description, unit=unit, disable=not progress
    )
    try:
        with bar:
            for k in range(first, n_loops):
                text = step(k)
                done = k + 1
                if text is not None:
                    bar.set_postfix_str(text, refresh=False)
                bar.update()
                if after_loop is not None:
                    after_loop(result())
    except FloatingPointError as error:
        raise TrainingDivergedError(
            f"training diverged in {unit} {done + 1}: {str(error).rstrip('.')}. {remedy}", result()
        ) from error
    except KeyboardInterrupt:
        warnings.warn(
            f"interrupted after {done} of {n_loops} {unit}s; {to_go_on()}", stacklevel=stacklevel
        )


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """What a training learned.

    Attributes
    ----------
    weights : ndarray of shape (n_units, n_units)
        Recurrent weights [post, pre] after the last update.
    initial_weights : ndarray of shape (n_units, n_units)
        Weights before the first update of this call.
    rls : AllToAllRLS
        State of the learning rule; pass it to the next call to go on from here.
    train_correlation : ndarray of shape (n_loops, n_conditions)
        Mean over units of the correlation of the trained input, as it was just before
        each update, with its target; one row for each completed loop. Units whose target
        is constant have no correlation and do not count.
    last_outputs : ndarray of shape (n_conditions, n_units, n_updates) or None
        The trained input just before each update in the last loop; None before the first.
    """

    weights: np.ndarray
    initial_weights: np.ndarray
    rls: AllToAllRLS
    train_correlation: np.ndarray
    last_outputs: np.ndarray | None = None

    __repr__ = one_line


def train_in_loops(
    one_loop, targets, weights, *, ridge, n_loops, rls, progress, average_last=1, after_loop=None
):
    """Train all recurrent weights and return a `TrainingResult`; see ``train`` of Parts 1 and 2.

    ``one_loop(weights, rls, outputs)`` shows each condition once, changes ``weights`` (D, if
    ``rls`` has a basis) and ``rls`` in place, writes the input before each update to ``outputs``
    (n_conditions, n_updates, n_units), and raises FloatingPointError when it diverges.
    """
    n_conditions, n, n_updates = targets.shape
    check_integer("n_loops", n_loops, at_least=1)
    check_integer("average_last", average_last, at_least=1, at_most=n_loops)
    initial = check_array("weights", weights, (n, n)).copy()
    if np.any(np.diagonal(initial)):
        raise ValueError("weights must have a zero diagonal, because no unit drives itself.")
    rls = AllToAllRLS(n, ridge=ridge) if rls is None else check_type("rls", rls, AllToAllRLS)
    if rls.n_units != n:
        raise ValueError(f"rls must be made for {n} units, got one for {rls.n_units}.")
    weights = rls.project(initial)
    if not np.allclose(rls.expand(weights), initial, rtol=0, atol=1e-8 * np.abs(initial).max()):
        raise ValueError("weights must be of the form D V' of rls, as forced_start returns them.")

    constant = np.flatnonzero(is_constant(targets).any(axis=0))
    if constant.size:
        names = ", ".join(map(str, constant[:10])) + (", ..." if constant.size > 10 else "")
        warnings.warn(
            f"the targets of {constant.size} of {n} units are constant in at least one condition "
            f"and do not count in its train_correlation: {names}.", stacklevel=3,
        )
    outputs = np.empty((n_conditions, n_updates, n))
    curve, last_outputs, averaged = [], None, None
    sound_weights, sound_state = weights.copy(), _copy(rls.state())

    def step(loop):
        nonlocal last_outputs, averaged, sound_state
        try:
            one_loop(weights, rls, outputs)
            if not np.isfinite(weights).all():
                raise FloatingPointError("the weights are not finite any longer")
        except (FloatingPointError, KeyboardInterrupt):
            weights[:] = sound_weights
            rls.restore(sound_state)
            raise
        last_outputs = outputs.swapaxes(1, 2).copy()
        curve.append(_mean_correlation(last_outputs, targets))
        sound_weights[:], sound_state = weights, _copy(rls.state())
        n_averaged = loop + 1 - (n_loops - average_last)
        if average_last > 1 and n_averaged > 0:
            averaged = weights.copy() if averaged is None else averaged
            averaged += (weights - averaged) / n_averaged
        return f"correlation={np.mean(curve[-1]):.3f}"

    def result():
        learned = rls.expand(weights if averaged is None else averaged)
        return TrainingResult(
            learned, initial, rls, np.reshape(curve, (-1, n_conditions)), last_outputs
        )

    run_loops(
        step, n_loops, result=result, progress=progress, after_loop=after_loop,
        remedy="Use a larger ridge, update more often (learn_every), or lower the targets. The "
               "exception's `result` holds the state after the last sound loop.",
        to_go_on=lambda: "to go on, call train again with the returned weights and rls.",
        stacklevel=4,
    )
    return result()


def _copy(state):
    return {name: array.copy() for name, array in state.items()}


def _mean_correlation(outputs, targets):
    # A constant target has no correlation and is left out.
    by_unit = correlation(outputs, targets)
    defined = np.isfinite(by_unit)
    with np.errstate(invalid="ignore"):
        return np.where(defined, by_unit, 0.0).sum(-1) / defined.sum(-1)
