"""How the balanced network learns: every number with its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass

from src_part1.validation import check_choice, check_integer, check_real


@dataclass(frozen=True)
class TrainingParameters:
    """Numbers of the training; the defaults were chosen by measurement.

    Attributes
    ----------
    n_loops : int
        Passes through all conditions.
    trials_per_loop : int
        Trials of each condition in a loop, with frozen weights. RLS learns from their mean:
        less noise in the regressors, and one RLS step for several trials.
    learn_every : float
        Time between two updates (ms), a whole number of bins.
    ridge_recurrent : float
        Prior of each recurrent weight.
    row_sum : float
        Prior of the sum of a neuron's plastic E weights, and of its plastic I weights.
    ridge_feedforward : float
        Prior of each feed-forward weight. Filtered inputs are about 0.005 spikes per ms, so
        that 1.0 keeps these weights from learning for hundreds of loops.
    memory : float
        Loops after which the past counts 1/e; infinity forgets nothing.
    average_labels : bool
        Whether the balanced input in the label is averaged over all trials so far.
    smoothing : float
        Width of the moving mean over the balanced input in the label (ms); 0 for none.
    label_modes : int
        Number of time courses, common to all neurons, that the averaged input may consist of:
        the rest is noise. 0 for no limit.
    regressor_window : float
        Loops over which the filtered spikes that RLS learns from are averaged at equal trial
        time (exponential window): noise in them would weaken what is learned. 1 for none.
    correction_rate : float
        Part of each loop's remaining error of the total input that is added to the label.
    correction_from : int
        Loops before that correction starts.
    max_rate : float
        Mean rate of all neurons in a trial (Hz) above which the training counts as diverged.
    rls_precision : {"float64", "float32"}
        Type of all numbers in the RLS.
    """

    n_loops: int = 100
    trials_per_loop: int = 4
    learn_every: float = 40.0
    ridge_recurrent: float = 0.02
    row_sum: float = 4.0
    ridge_feedforward: float = 0.02
    memory: float = 20.0
    average_labels: bool = True
    smoothing: float = 160.0
    label_modes: int = 12
    regressor_window: float = 4.0
    correction_rate: float = 0.02
    correction_from: int = 15
    max_rate: float = 100.0
    rls_precision: str = "float64"

    def __post_init__(self):
        """Check every field."""
        owner = type(self).__name__
        for name in ("n_loops", "trials_per_loop"):
            check_integer(f"{owner}.{name}", getattr(self, name), at_least=1)
        for name in ("correction_from", "label_modes"):
            check_integer(f"{owner}.{name}", getattr(self, name), at_least=0)
        check_real(f"{owner}.regressor_window", self.regressor_window, unit="loops", at_least=1)
        check_real(f"{owner}.learn_every", self.learn_every, unit="ms", above=0)
        check_real(f"{owner}.ridge_recurrent", self.ridge_recurrent, above=0)
        check_real(f"{owner}.row_sum", self.row_sum, at_least=0)
        check_real(f"{owner}.ridge_feedforward", self.ridge_feedforward, above=0)
        if self.memory != float("inf"):
            check_real(f"{owner}.memory", self.memory, unit="loops", at_least=1)
        check_real(f"{owner}.smoothing", self.smoothing, unit="ms", at_least=0)
        check_real(f"{owner}.correction_rate", self.correction_rate, at_least=0, at_most=1)
        check_real(f"{owner}.max_rate", self.max_rate, unit="Hz", above=0)
        check_choice(f"{owner}.rls_precision", self.rls_precision, ("float64", "float32"))
        if not isinstance(self.average_labels, bool):
            raise TypeError(
                f"{owner}.average_labels must be True or False, got {self.average_labels!r}."
            )
