"""The loop over trials that the trainings of Parts 1 and 2 share."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from src_part1.common.metrics import correlation, is_constant
from src_part1.common.one_line import one_line
from src_part1.common.validation import check_array, check_integer, check_type
from src_part1.rls import AllToAllRLS, LowRankRLS


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """What a training learned.

    Attributes
    ----------
    weights : ndarray of shape (n_units, n_units)
        Recurrent weights [post, pre] after the last update.
    initial_weights : ndarray of shape (n_units, n_units)
        Weights before the first update of this call.
    rls : AllToAllRLS or LowRankRLS
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
    rls: AllToAllRLS | LowRankRLS
    train_correlation: np.ndarray
    last_outputs: np.ndarray | None = None

    __repr__ = one_line


class TrainingDivergedError(RuntimeError):
    """A training whose rates or weights left the sound range.

    Parameters
    ----------
    message : str
        Loop, cause and remedy.
    result : object, optional
        What is left. Parts 1 and 2: the `TrainingResult` of the last loop that was sound. Part 3:
        the ``Training`` itself; its message says whether it can go on.
    """

    def __init__(self, message, result=None):
        super().__init__(message)
        self.result = result


def train_in_loops(
    train_trial, targets, weights, *, ridge, n_loops, rls, progress, average_last=1,
    low_rank=False, after_loop=None,
):
    """Show every condition once in each loop, in the order of its index.

    Parameters
    ----------
    train_trial : callable
        ``train_trial(condition, weights, rls, outputs)`` runs one trial, changes ``weights`` and
        ``rls`` in place, writes the input before each update to ``outputs`` (n_updates,
        n_units), and raises FloatingPointError when it diverges. With ``low_rank`` the weights
        are D of `LowRankRLS`, ``condition`` is the slice of all, and ``outputs`` has the shape
        (n_conditions, n_updates, n_units).
    targets : ndarray of shape (n_conditions, n_units, n_updates)
        What the outputs are compared with.
    weights : array_like of shape (n_units, n_units)
        Weights to start from; they are copied and must have a zero diagonal.
    ridge : float
        Strength of the prior, if ``rls`` is not given.
    n_loops : int
        Number of loops.
    rls : AllToAllRLS, LowRankRLS (with ``low_rank``) or None
        State of an earlier training to go on from, updated in place.
    progress : bool
        Show a progress bar with the current correlation.
    average_last : int, optional
        Over how many loops at the end the weights of the result are averaged.
    low_rank : bool, optional
        Whether the weights are of the form D V', and all conditions run side by side.
    after_loop : callable, optional
        Called with the result so far after each loop.

    Returns
    -------
    TrainingResult
        After the last loop, or after an interrupt from the keyboard if progress is shown.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value.
    TrainingDivergedError
        If a trial diverges; weights and ``rls`` are back at the last sound loop.
    """
    n_conditions, n, n_updates = targets.shape
    check_integer("n_loops", n_loops, at_least=1)
    check_integer("average_last", average_last, at_least=1, at_most=n_loops)
    initial = check_array("weights", weights, (n, n)).copy()
    if np.any(np.diagonal(initial)):
        raise ValueError("weights must have a zero diagonal, because no unit drives itself.")
    rls = AllToAllRLS(n, ridge=ridge) if rls is None else rls
    check_type("rls", rls, LowRankRLS if low_rank else AllToAllRLS)
    if rls.n_units != n:
        raise ValueError(f"rls must be made for {n} units, got one for {rls.n_units}.")

    constant = np.flatnonzero(is_constant(targets).any(axis=0))
    if constant.size:
        first = ", ".join(map(str, constant[:10])) + (", ..." if constant.size > 10 else "")
        warnings.warn(
            f"the targets of {constant.size} of {n} units are constant in at least one condition "
            f"and do not count in its train_correlation: {first}.", stacklevel=3,
        )
    weights = rls.project(initial) if low_rank else initial.copy()
    expand = rls.expand if low_rank else np.asarray
    if not np.allclose(expand(weights), initial, rtol=0, atol=1e-8 * np.abs(initial).max()):
        raise ValueError("weights must be of the form D V' of rls, as forced_start returns them.")
    groups = [slice(None)] if low_rank else range(n_conditions)
    outputs = np.empty((n_conditions, n_updates, n))
    curve, last_outputs, averaged = [], None, None
    sound = _copies(weights, rls)

    def result():
        learned = expand(weights if averaged is None else averaged)
        return TrainingResult(
            learned, initial, rls, np.reshape(curve, (-1, n_conditions)), last_outputs
        )

    bar = tqdm(range(n_loops), desc="training", unit="loop", disable=not progress)
    try:
        for _ in bar:
            for group in groups:
                train_trial(group, weights, rls, outputs[group])
            if not np.isfinite(weights).all():
                raise FloatingPointError("the weights are not finite any longer")
            last_outputs = outputs.swapaxes(1, 2).copy()
            curve.append(_mean_correlation(last_outputs, targets))
            bar.set_postfix(correlation=f"{np.mean(curve[-1]):.3f}")
            sound = _copies(weights, rls)
            n_averaged = len(curve) - (n_loops - average_last)
            if average_last > 1 and n_averaged > 0:
                averaged = weights.copy() if averaged is None else averaged
                averaged += (weights - averaged) / n_averaged
            if after_loop is not None:
                after_loop(result())
    except FloatingPointError as error:
        weights[:], learned = sound
        rls.restore(learned)
        raise TrainingDivergedError(
            f"training diverged in loop {len(curve) + 1}: {str(error).rstrip('.')}. Use a larger "
            "ridge, update more often (learn_every), or lower the targets. The exception's "
            "`result` holds the state after the last sound loop.", result(),
        ) from error
    except KeyboardInterrupt:
        # Without a bar nobody watches this training: it is a step of something larger, which ends.
        if not progress:
            raise
        warnings.warn(
            f"interrupted after {len(curve)} of {n_loops} loops; to go on, call train again "
            "with the returned weights and rls.", stacklevel=3,
        )
    return result()


def _copies(weights, rls):
    return weights.copy(), {name: array.copy() for name, array in rls.state().items()}


def _mean_correlation(outputs, targets):
    # A constant target has no correlation and is left out.
    by_unit = correlation(outputs, targets)
    defined = np.isfinite(by_unit)
    with np.errstate(invalid="ignore"):
        return np.where(defined, by_unit, 0.0).sum(-1) / defined.sum(-1)
