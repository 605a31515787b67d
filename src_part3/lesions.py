"""What a trained network does without one of its parts, when it is not trained again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from src_part1.common.fields import check_fields, choice, flag, real
from src_part1.common.one_line import one_line
from src_part1.common.validation import check_rng, check_type
from src_part3.evaluation import Evaluation, evaluate
from src_part3.state import PlasticWeights
from src_part3.task import BalancedTask


@dataclass(frozen=True)
class Lesion:
    """What is taken away; by default nothing.

    Attributes
    ----------
    with_recurrent_learning : bool
        Whether the recurrent plastic synapses keep what they learned; if not, they have their
        weights from before learning.
    with_feedforward : bool
        Whether the Poisson neurons of the clock spike.
    cue : {"own", "none", "other"}
        Cue that is shown in the trials of a condition: its own, none, or that of the next condition
        (the first one's in the last).
    target : {"own", "cue"}
        Whether a trial is compared with the targets of its own condition, whose clock it has, or
        of the condition whose cue it is shown.
    silenced_fraction : float
        Part of the trained neurons that do not spike. They still receive input and are evaluated.
    coupling_scale : float
        Factor of all static weights.
    """

    with_recurrent_learning: bool = flag(True)
    with_feedforward: bool = flag(True)
    cue: str = choice("own", "own", "none", "other")
    target: str = choice("own", "own", "cue")
    silenced_fraction: float = real(0.0, at_least=0, at_most=1)
    coupling_scale: float = real(1.0, above=0)

    def __post_init__(self):
        """Check every field."""
        check_fields(self)


def standard_lesions():
    """Return the lesions that every trained network should be asked about.

    Returns
    -------
    dict of str to Lesion
        By name, the intact network first.
    """
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
    """A trained network under one lesion after the other.

    Attributes
    ----------
    lesions : dict of str to Lesion
        What was taken away, by name.
    evaluations : dict of str to Evaluation
        The measures under each lesion, from trials with the same random numbers.
    conditions : tuple of str
        Name of each condition.
    """

    lesions: dict[str, Lesion]
    evaluations: dict[str, Evaluation]
    conditions: tuple[str, ...]

    __repr__ = one_line

    def measure(self, name):
        """One measure of `Evaluation.summary` under all lesions.

        Parameters
        ----------
        name : str
            The measure, for example ``"corrected_correlation"``.

        Returns
        -------
        ndarray, shape (n_lesions, n_conditions)
            Its values, in the order of ``lesions``.
        """
        summaries = [test.summary() for test in self.evaluations.values()]
        if name not in summaries[0][0]:
            raise ValueError(f"name must be one of {', '.join(summaries[0][0])}, got {name!r}.")
        return np.array([[condition[name] for condition in summary] for summary in summaries])


def study_lesions(task, weights, rng, lesions=None, *, n_trials=20, n_threads=None):
    """Test a trained network under several lesions.

    Parameters
    ----------
    task : BalancedTask
        The task.
    weights : sequence of PlasticWeights
        Weights of each condition.
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

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """
    check_type("task", task, BalancedTask)
    weights = task.check_weights(weights)
    lesions = _possible(task) if lesions is None else check_type("lesions", lesions, Mapping)
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


def _possible(task):
    return {
        name: lesion for name, lesion in standard_lesions().items()
        if (lesion.cue != "other" or task.n_conditions > 1)
        and (lesion.with_feedforward or task.network.n_inputs)
    }


def apply_lesion(task, weights, lesion):
    """Change task and weights as a lesion says.

    Silent neurons and a clock that is off are not in them: they are options of a trial.

    Parameters
    ----------
    task : BalancedTask
        The task.
    weights : sequence of PlasticWeights
        Weights of each condition.
    lesion : Lesion
        What to take away.

    Returns
    -------
    task : BalancedTask
        With cues, targets and static weights as the lesion wants them.
    weights : list of PlasticWeights
        Weights of each condition.
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
