"""What a trained network does without one of its parts, or after a push; it is not trained again.

A lesion takes a part away for the whole trial. A distractor is a brief cue of another condition
while the network remembers its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from tqdm.auto import tqdm

from src_part1.common.fields import check_fields, choice, flag, real
from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import (
    check_array,
    check_integer,
    check_real,
    check_rng,
    check_type,
)
from src_part3.evaluation import DECODED_WINDOW, Evaluation, evaluate
from src_part3.network import PlasticWeights
from src_part3.task import BalancedTask
from src_part3.trials import run_trials


@dataclass(frozen=True)
class Lesion:
    """What is taken away; by default nothing."""

    # Whether the recurrent plastic synapses keep what they learned, or have the weights from
    # before learning.
    with_recurrent_learning: bool = flag(True)
    with_feedforward: bool = flag(True)  # whether the clock's neurons spike
    # Cue in the trials of a condition: its own, none, or that of the next condition (the first
    # one's in the last).
    cue: str = choice("own", "own", "none", "other")
    # Whether a trial is compared with the targets of its own condition, whose clock it has, or of
    # the condition whose cue it is shown.
    target: str = choice("own", "own", "cue")
    # Part of the trained neurons that do not spike; they receive input and are evaluated.
    silenced_fraction: float = real(0.0, at_least=0, at_most=1)
    coupling_scale: float = real(1.0, above=0)  # factor of all static weights

    def __post_init__(self):
        check_fields(self)


def standard_lesions():
    """Lesions that every trained network should be asked about, by name, the intact one first."""
    return {
        "intact": Lesion(),
        "recurrent learning undone": Lesion(with_recurrent_learning=False),
        "no clock": Lesion(with_feedforward=False),
        "no cue": Lesion(cue="none"),
        "other cue": Lesion(cue="other"),
        "other cue, its targets": Lesion(cue="other", target="cue"),
        "10% silent": Lesion(silenced_fraction=0.1),
        "30% silent": Lesion(silenced_fraction=0.3),
        "90% silent": Lesion(silenced_fraction=0.9),
        "static weights halved": Lesion(coupling_scale=0.5),
    }


@dataclass(frozen=True, eq=False)
class LesionStudy:
    """A trained network under one lesion after the other, with the same random numbers."""

    lesions: dict[str, Lesion]  # what was taken away, by name
    evaluations: dict[str, Evaluation]  # and the measures under each
    conditions: tuple[str, ...]

    __repr__ = one_line

    def measure(self, name):
        """One measure of `Evaluation.summary` under all lesions, (n_lesions, n_conditions)."""
        summaries = [test.summary() for test in self.evaluations.values()]
        if name not in summaries[0][0]:
            raise ValueError(f"name must be one of {', '.join(summaries[0][0])}, got {name!r}.")
        return np.array([[condition[name] for condition in summary] for summary in summaries])


def study_lesions(task, weights, rng, lesions=None, *, n_trials=20, n_threads=None):
    """Test a trained network under several lesions.

    Parameters
    ----------
    task, weights
        As in `evaluate`.
    rng : numpy.random.Generator
        Randomness of the trials and of the choice of silenced neurons. All lesions get the same
        random numbers, so that they differ only by what was taken away.
    lesions : dict of str to Lesion, optional
        What to take away, by name. By default those `standard_lesions` that the task allows: no
        other cue in a task with one condition, and no lesion of a clock that does not exist.
    n_trials, n_threads : int, optional
        See `evaluate`.

    Returns
    -------
    LesionStudy
        The measures under each lesion.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import Lesion, load_network, study_lesions
    >>> task, weights = load_network()  # the network that comes with the project
    >>> study = study_lesions(task, weights, np.random.default_rng(0),
    ...                       {"no cue": Lesion(cue="none")}, n_trials=2)
    >>> study.measure("r2").shape  # lesions, conditions
    (1, 2)
    """
    check_type("task", task, BalancedTask)
    weights = task.check_weights(weights)
    if lesions is None:
        lesions = {
            name: lesion for name, lesion in standard_lesions().items()
            if (lesion.cue != "other" or task.n_conditions > 1)
            and (lesion.with_feedforward or task.network.n_inputs)
        }
    check_type("lesions", lesions, Mapping)
    if not lesions:
        raise ValueError("lesions must name at least one lesion, got none.")
    for name, lesion in lesions.items():
        check_type(f"lesions[{name!r}]", lesion, Lesion)
        if lesion.cue == "other" and task.n_conditions < 2:
            raise ValueError(
                f"lesions[{name!r}].cue must not be 'other' where the task has one condition only."
            )
    seed = check_rng("rng", rng).integers(2**63)
    evaluations = {}
    for name, lesion in lesions.items():
        own = np.random.default_rng(seed)
        lesioned_task, lesioned_weights = apply_lesion(task, weights, lesion)
        n_silenced = round(lesion.silenced_fraction * task.n_trained)
        evaluations[name] = evaluate(
            lesioned_task, lesioned_weights, own.spawn(1)[0], n_trials=n_trials,
            n_threads=n_threads, with_feedforward=lesion.with_feedforward,
            silenced=own.permutation(task.network.trained)[:n_silenced],
        )
    return LesionStudy(dict(lesions), evaluations, task.conditions)


def apply_lesion(task, weights, lesion):
    """Task and weights of each condition as a lesion wants them.

    Silent neurons and a clock that is off are not in them: they are options of a trial.
    """
    if not lesion.with_recurrent_learning:
        untrained = task.network.initial_weights().recurrent_weights
        weights = [PlasticWeights(untrained, w.feedforward_weights) for w in weights]
    parameters = task.network.parameters
    parameters = replace(parameters, weight_scale=lesion.coupling_scale * parameters.weight_scale)
    next_condition = np.roll(np.arange(task.n_conditions), -1)
    cues = {"own": task.cues, "none": 0 * task.cues, "other": task.cues[next_condition]}
    changed = replace(
        task, cues=cues[lesion.cue], network=replace(task.network, parameters=parameters)
    )
    if lesion.target == "cue" and lesion.cue == "other":
        changed = replace(
            changed, targets=task.targets[next_condition],
            recorded_rates=task.recorded_rates[next_condition],
        )
    return changed, list(weights)


@dataclass(frozen=True, eq=False)
class DistractorResult:
    """Where trials ended after a distractor, on the axis between two conditions.

    An end is the total input of the trained neurons in the last 400 ms; a position of 0 is the mean
    end of undisturbed trials of its own condition, 1 that of the next, whose cue the distractor is.
    """

    times: np.ndarray  # (n_times,): when the distractor began (ms from the start of the trial)
    positions: np.ndarray  # (n_conditions, n_times, n_trials): ends of trials with a distractor
    undisturbed: np.ndarray  # (n_conditions, n_trials): ends of as many trials without one
    conditions: tuple[str, ...]

    __repr__ = one_line

    @property
    def end_error(self):
        """Mean position over trials, shape (n_conditions, n_times)."""
        return self.positions.mean(axis=2)

    @property
    def switched_share(self):
        """Share of trials that ended nearer to the other end, shape (n_conditions, n_times)."""
        return (self.positions > 0.5).mean(axis=2)


def run_distractors(
    task, weights, times, rng, *, strength=1.0, duration=100.0, n_trials=20, n_threads=None,
    progress=False,
):
    """Give the next condition's cue during a trial and look where the trial ends.

    Parameters
    ----------
    task, weights
        As in `evaluate`; of at least two conditions.
    times : array_like, shape (n_times,)
        When the distractor begins (ms from the start of the trial), at the beginning of a bin
        after the cue.
    rng : numpy.random.Generator
        Randomness of the trials. Trials with and without distractor get the same random numbers.
    strength : float, optional
        Factor of the cue.
    duration : float, optional
        How long it lasts (ms), a whole number of bins.
    n_trials, n_threads : int, optional
        Trials of each condition and time, at least 2; trials at a time, all cores by default.
    progress : bool, optional
        Show a progress bar.

    Returns
    -------
    DistractorResult
        Where the trials ended.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import load_network, run_distractors
    >>> task, weights = load_network()  # the network that comes with the project
    >>> result = run_distractors(
    ...     task, weights, [1600.0], np.random.default_rng(0), duration=100.0, n_trials=2)
    >>> result.positions.shape  # conditions, times, trials
    (2, 1, 2)
    """
    check_type("task", task, BalancedTask)
    weights = task.check_weights(weights)
    check_rng("rng", rng)
    if task.n_conditions < 2:
        raise ValueError(
            f"task must have at least 2 conditions for a distractor, got {task.n_conditions}."
        )
    times = check_array("times", times, (None,))
    check_real("strength", strength)
    check_integer("n_trials", n_trials, at_least=2)
    trial, width = task.trial_parameters, task.trial_parameters.bin_width
    bins = {"of": "the width of a bin"}
    length = n_steps_of("duration", duration, width, **bins)
    first = []
    for time in times:
        if not trial.stim_off <= time <= trial.duration - duration:
            raise ValueError(
                f"times must leave room for {duration:g} ms between the end of the cue "
                f"({trial.stim_off:g} ms) and that of the trial ({trial.duration:g} ms), "
                f"got {time:g}."
            )
        first.append(n_steps_of("times", time, width, **bins))
    seed = rng.integers(2**63)
    last = max(round(DECODED_WINDOW / width), 1)

    def ends(condition, begins):
        n_bins, dtype = round(trial.duration / width), task.network.dtype
        distractor = np.zeros((n_bins, task.cues.shape[1]), dtype)
        if begins is not None:
            other = task.cues[(condition + 1) % task.n_conditions]
            distractor[begins : begins + length] = strength * other
        trials = run_trials(
            task.network, trial, n_trials, np.random.default_rng([condition, seed]),
            n_threads=n_threads, weights=weights[condition], bin_input=distractor,
            **task.trial_options(condition),
        )
        name = task.conditions[condition]
        trials = tqdm(trials, name, n_trials, leave=False, disable=not progress)
        return np.array([t.total_input[task.first_bin :][-last:].mean(axis=0) for t in trials])

    undisturbed = [ends(c, None) for c in range(task.n_conditions)]
    centres = np.array([of_condition.mean(axis=0) for of_condition in undisturbed])
    axes = np.roll(centres, -1, axis=0) - centres

    def position(condition, values):
        axis = axes[condition]
        return (values - centres[condition]) @ axis / (axis @ axis)

    return DistractorResult(
        times,
        np.array([[position(c, ends(c, begins)) for begins in first]
                  for c in range(task.n_conditions)]),
        np.array([position(c, undisturbed[c]) for c in range(task.n_conditions)]),
        task.conditions,
    )
