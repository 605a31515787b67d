"""Training of the balanced network, loop after loop, and going on from any loop."""

from __future__ import annotations

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from src_part1.common.fields import check_fields, choice, flag, integer, real
from src_part1.common.metrics import correlation
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import check_integer, check_like, check_type
from src_part1.training_loop import TrainingDivergedError
from src_part3.plastic_targets import PlasticTargetAverage
from src_part3.rls import SparseRLS, recurrent_prior
from src_part3.state import PlasticWeights
from src_part3.task import BalancedTask
from src_part3.trials import run_trial


@dataclass(frozen=True)
class TrainingParameters:
    """Numbers of the training; the defaults were chosen by measurement.

    Attributes
    ----------
    total_loops : int
        Passes through all conditions, in all calls of ``run`` together.
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
    average_balanced_input : bool
        Whether the balanced input in the plastic target is averaged over all trials so far.
    smoothing : float
        Width of the moving mean over the balanced input in the plastic target (ms); 0 for none.
    common_modes : int
        Number of time courses, common to all neurons, that the averaged input may consist of:
        the rest is noise. 0 for no limit.
    regressor_window : float
        Loops over which the filtered spikes that RLS learns from are averaged at equal trial
        time (exponential window): noise in them would weaken what is learned. 1 for none.
    correction_rate : float
        Part of each loop's remaining error of the total input that is added to the plastic target.
    correction_from : int
        Loops before that correction starts.
    max_rate : float
        Mean rate of all neurons in a trial (Hz) above which the training counts as diverged.
    rls_precision : {"float64", "float32"}
        Type of all numbers in the RLS.
    """

    total_loops: int = integer(100, at_least=1)
    trials_per_loop: int = integer(4, at_least=1)
    learn_every: float = real(40.0, unit="ms", above=0)
    ridge_recurrent: float = real(0.02, above=0)
    row_sum: float = real(4.0, at_least=0)
    ridge_feedforward: float = real(0.02, above=0)
    memory: float = real(20.0, unit="loops", at_least=1, infinite=True)
    average_balanced_input: bool = flag(True)
    smoothing: float = real(160.0, unit="ms", at_least=0)
    common_modes: int = integer(12, at_least=0)
    regressor_window: float = real(4.0, unit="loops", at_least=1)
    correction_rate: float = real(0.02, at_least=0, at_most=1)
    correction_from: int = integer(15, at_least=0)
    max_rate: float = real(100.0, unit="Hz", above=0)
    rls_precision: str = choice("float64", "float64", "float32")

    def __post_init__(self):
        check_fields(self)


class Training:
    """A training that can be interrupted at any time and goes on from where it was.

    In each loop every condition is shown in a few trials with frozen weights, two or more at a
    time on as many cores. Then exact RLS (`SparseRLS`) learns from the means over these trials,
    with targets from `PlasticTargetAverage`. A loop's random numbers depend on ``seed`` and the
    loop's number only, so that a loop that was interrupted is simply done again: training in
    one go, in several calls, or from a saved file gives the same bits.

    Parameters
    ----------
    task : BalancedTask
        Network, targets, cues and feed-forward rates.
    training_parameters : TrainingParameters, optional
        How to learn.
    seed : int, optional
        Source of the trials' randomness.

    Attributes
    ----------
    task : BalancedTask
        As given.
    parameters : TrainingParameters
        As given.
    n_done : int
        Loops done so far.
    recurrent_weights : ndarray, shape (n_trained, n_plastic)
        Weights of the recurrent plastic synapses now, in the type of the RLS.
    rls : SparseRLS
        State of the learning rule.
    plastic_targets : PlasticTargetAverage
        Averages of inputs.
    regressors : dict of str to ndarray
        Running averages of filtered spikes at the times of the updates.
    curve : list of ndarray
        For each loop and condition, the median over neurons of the correlation of target and
        total input, averaged over the last loops (each with the weights it had).
    """

    def __init__(self, task, training_parameters=None, *, seed=0):
        check_type("task", task, BalancedTask)
        parameters = TrainingParameters() if training_parameters is None else training_parameters
        check_type("training_parameters", parameters, TrainingParameters)
        network, p = task.network, task.network.parameters
        self.task, self.parameters = task, parameters
        self.seed = check_integer("seed", seed, at_least=0)
        width = task.trial_parameters.bin_width
        self._stride = n_steps_of(
            "TrainingParameters.learn_every", parameters.learn_every, width,
            of="the width of a bin",
        )
        n_updates = task.n_bins // self._stride
        dtype = np.dtype(parameters.rls_precision)
        self.recurrent_weights = network.initial_weights().recurrent_weights.astype(dtype)
        self.rls = SparseRLS(
            network.plastic.pre_index,
            recurrent_prior(p.n_plastic_exc, p.n_plastic_inh,
                            ridge=parameters.ridge_recurrent, row_sum=parameters.row_sum),
            network.n_inputs, n_conditions=task.n_conditions,
            ridge_shared=parameters.ridge_feedforward,
            forgetting=float(np.exp(-1 / (parameters.memory * n_updates * task.n_conditions))),
            dtype=dtype,
        )
        self.plastic_targets = PlasticTargetAverage(
            np.ascontiguousarray(task.targets.swapaxes(1, 2)), parameters, width
        )
        self.regressors = {
            "spikes": np.zeros((task.n_conditions, n_updates, p.n_neurons)),
            "feedforward": np.zeros((task.n_conditions, n_updates, network.n_inputs)),
        }
        self.n_done = 0
        self.curve = []
        self._sound = True

    @property
    def weights(self):
        """The weights of each condition now, a tuple of `PlasticWeights`."""
        dtype = self.task.network.dtype
        recurrent_weights = self.recurrent_weights.astype(dtype)
        return tuple(
            PlasticWeights(
                recurrent_weights,
                np.ascontiguousarray(
                    self.rls.shared_weights(self.recurrent_weights, c).T, dtype=dtype
                ),
            )
            for c in range(self.task.n_conditions)
        )

    def run(self, total_loops=None, *, progress=True, n_threads=None, after_loop=None):
        """Train until so many loops are done in all calls together.

        An interrupt from the keyboard ends the call with a warning; nothing is lost but the
        loop at hand. Call it again to go on.

        Parameters
        ----------
        total_loops : int, optional
            Number of loops, ``parameters.total_loops`` by default.
        progress : bool, optional
            Show a bar with loops, time left and the current correlation.
        n_threads : int, optional
            Trials at a time; all cores by default. It does not change the result.
        after_loop : callable, optional
            Called with this training after each loop, for example to save or to plot.

        Returns
        -------
        Training
            Itself.

        Raises
        ------
        TypeError, ValueError
            If a number is wrong.
        TrainingDivergedError
            If rates pass ``max_rate``, and this training, which is the error's ``result``, is as it
            was after the last loop; or if RLS diverged, and this training neither goes on nor can
            be saved any more (``result`` is None).
        """
        self._check_sound()
        total_loops = self.parameters.total_loops if total_loops is None else total_loops
        total_loops = check_integer("total_loops", total_loops, at_least=1)
        n_threads = os.cpu_count() if n_threads is None else n_threads
        n_threads = check_integer("n_threads", n_threads, at_least=1)
        bar = tqdm(
            total=total_loops, initial=self.n_done, desc="training", unit="loop",
            disable=not progress,
        )
        with bar, ThreadPoolExecutor(n_threads) as pool, ThreadPoolExecutor(1) as learner:
            try:
                while self.n_done < total_loops:
                    self._loop(pool, learner)
                    bar.update()
                    bar.set_postfix(correlation=f"{np.mean(self.curve[-1]):.3f}")
                    if after_loop is not None:
                        after_loop(self)
            except KeyboardInterrupt:
                warnings.warn(
                    f"interrupted after {self.n_done} of {total_loops} loops; call run again to "
                    "go on.", stacklevel=2,
                )
            except FloatingPointError as error:
                raise TrainingDivergedError(
                    f"training diverged in loop {self.n_done + 1}: {error} Use a stronger "
                    "prior (ridge_recurrent, row_sum, ridge_feedforward) or a lower "
                    "correction_rate.", self if self._sound else None,
                ) from error
        return self

    def _loop(self, pool, learner):
        n_trials, conditions = self.parameters.trials_per_loop, range(self.task.n_conditions)
        weights = self.weights
        running = [
            [pool.submit(self._trial, c, k, weights[c]) for k in range(n_trials)]
            for c in conditions
        ]
        try:
            trials = [[future.result() for future in futures] for futures in running]
        except BaseException:
            for future in sum(running, []):
                future.cancel()
            raise
        n_bins = self.task.n_bins
        rate = 1000 * np.mean([
            float(trial.filtered_spikes[:n_bins].mean())
            for of_condition in trials for trial in of_condition
        ])
        if not rate <= self.parameters.max_rate:
            raise FloatingPointError(
                f"the network fires at {rate:.0f} Hz, more than max_rate = "
                f"{self.parameters.max_rate:g} Hz."
            )
        # An interrupt reaches the main thread only: the learner always ends what it began.
        learning = learner.submit(self._learn, trials)
        try:
            learning.result()
        except KeyboardInterrupt:
            learning.result()
            raise

    def _trial(self, condition, k, weights):
        """Run the k-th trial of a condition in this loop."""
        task = self.task
        key = (self.n_done, condition, k)
        return run_trial(
            task.network, task.trial_parameters,
            np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key)),
            weights=weights, filtered=True, **task.trial_options(condition),
        )

    def _check_sound(self):
        if not self._sound:
            raise TrainingDivergedError(
                f"RLS diverged in loop {self.n_done + 1} of this training, which is of no use any "
                "more; go on from a file of an earlier loop, or begin anew."
            )

    def _learn(self, trials):
        """Take in the trials of a loop: averages first, then RLS from the averages."""
        self._sound = False
        n_bins = self.task.n_bins
        # An update comes at the end of every _stride-th bin.
        at = slice(self._stride - 1, n_bins, self._stride)
        # A running mean in the first loops, an exponential window from then on.
        share = 1 / min(self.n_done + 1, self.parameters.regressor_window)
        for condition, of_condition in enumerate(trials):
            def mean(name, of_condition=of_condition):
                values = [getattr(trial, name) for trial in of_condition]
                return np.mean(values, axis=0, dtype=np.float64)

            self.plastic_targets.update(
                condition, mean("balanced_input")[:n_bins], mean("plastic_input")[:n_bins]
            )
            for name, average in self.regressors.items():
                average[condition] += share * (mean(f"filtered_{name}")[at] - average[condition])
        # The inputs of all conditions are in before the first one is learned: the common time
        # courses of the plastic targets are those of all conditions together.
        quality = []
        for condition, targets in enumerate(self.plastic_targets.plastic_targets()):
            self.rls.update(
                self.recurrent_weights,
                *(average[condition] for average in self.regressors.values()),
                targets[at], condition=condition,
            )
            of_neurons = correlation(
                self.plastic_targets.total[condition], self.plastic_targets.targets[condition],
                axis=0,
            )
            quality.append(np.nanmedian(of_neurons))
        self.curve.append(np.array(quality))
        self.n_done += 1
        self._sound = True

    def _arrays(self):
        """Arrays that learning changes in place, by name, without those of the RLS."""
        parts = {"plastic_targets": self.plastic_targets.state(), "regressors": self.regressors}
        arrays = {f"{part}.{name}": a for part, d in parts.items() for name, a in d.items()}
        return {"recurrent_weights": self.recurrent_weights} | arrays

    def state(self):
        """Everything that training has changed, as named arrays.

        Returns
        -------
        dict of str to ndarray
            Views, not copies, except for the curve and the number of loops.

        Raises
        ------
        TrainingDivergedError
            If RLS diverged.
        """
        self._check_sound()
        curve = np.reshape(self.curve, (-1, self.task.n_conditions))
        rls = {f"rls.{name}": array for name, array in self.rls.state().items()}
        return self._arrays() | rls | {"curve": curve, "n_done": np.array(self.n_done)}

    def restore(self, state):
        """Continue from what `state` returned, bit for bit.

        Parameters
        ----------
        state : mapping of str to ndarray
            Arrays with the names and shapes that `state` gives.

        Raises
        ------
        TypeError, ValueError
            If an array is missing or belongs to another task. Nothing is changed then.
        """
        mine = self._arrays()
        for name, array in mine.items():
            check_like(f"state[{name!r}]", state.get(name), array)
        n_done = np.asarray(state.get("n_done"))[()]
        n_done = check_integer("state['n_done']", n_done, at_least=0)
        curve = state.get("curve")
        shape = n_done, self.task.n_conditions
        check_like("state['curve']", curve, np.broadcast_to(0.0, shape))
        self.rls.restore({k[4:]: a for k, a in state.items() if k.startswith("rls.")})
        for name, array in mine.items():
            array[...] = state[name]
        self.curve, self.n_done, self._sound = list(curve), n_done, True
