"""What all trainings of the balanced network share: loops that can be interrupted and repeated."""

from __future__ import annotations

import os
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tqdm.auto import tqdm

from src_part1.common.blas import one_blas_thread
from src_part1.common.validation import check_integer, check_like, check_type
from src_part1.training_loop import TrainingDivergedError
from src_part3.task import BalancedTask
from src_part3.trials import run_trial


class LoopedTraining:
    """A training that can be interrupted at any time and continued from there.

    In each loop every condition is shown in a few trials with frozen weights, which run in
    parallel on all cores; then ``_learn`` learns from them. A loop's random numbers depend only on
    ``seed`` and the loop's number, so that an interrupted loop is simply repeated: training in one
    call, in several calls, or from a saved file gives the same bits.

    ``last_outputs`` (n_conditions, n_trained, n_bins) is the mean total input (voltage) of the
    trained neurons that the last entry in the curve is about, None before the first loop; it is
    not saved.

    A subclass has a class attribute ``parameters_type``, the property ``weights`` and two methods:
    ``_learn(trials)`` with ``trials[condition]`` the list of trials of the loop, which also sets
    ``last_outputs``, and ``_arrays()`` with all arrays that learning changes, by name. Its
    parameters have ``total_loops``, ``trials_per_loop`` and ``max_rate``.

    Parameters
    ----------
    task : BalancedTask
        Network, targets, cues and feed-forward rates.
    training_parameters : object, optional
        How to learn, of type ``parameters_type``.
    seed : int, optional
        Source of the trials' randomness.
    """

    parameters_type = None
    remedy = ""  # what to change if the training diverges

    def __init__(self, task, training_parameters=None, *, seed=0):
        self.task = check_type("task", task, BalancedTask)
        parameters = self.parameters_type() if training_parameters is None else training_parameters
        self.parameters = check_type("training_parameters", parameters, self.parameters_type)
        self.seed = check_integer("seed", seed, at_least=0)
        self.n_done = 0
        self.curve = []
        self.last_outputs = None
        self._sound = True

    def run(self, total_loops=None, *, progress=True, n_threads=None, after_loop=None):
        """Train until so many loops are done in all calls together.

        An interrupt from the keyboard ends the call with a warning, and only the current loop is
        lost. Call it again to go on.

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
        LoopedTraining
            Itself.

        Raises
        ------
        TypeError, ValueError
            If a number is wrong.
        TrainingDivergedError
            If rates exceed ``max_rate``: this training, which is the error's ``result``, is then as
            it was after the last loop. Or if the weights diverged: this training can then neither
            be continued nor saved (``result`` is None).
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
                # Without a bar this training is a step of something larger, which ends.
                if not progress:
                    raise
                warnings.warn(
                    f"interrupted after {self.n_done} of {total_loops} loops; call run again to "
                    "go on.", stacklevel=2,
                )
            except FloatingPointError as error:
                raise TrainingDivergedError(
                    f"training diverged in loop {self.n_done + 1}: {error} {self.remedy}",
                    self if self._sound else None,
                ) from error
        return self

    def _loop(self, pool, learner):
        n_trials, conditions = self.parameters.trials_per_loop, range(self.task.n_conditions)
        weights = self._trial_weights()
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
        rate = 1000 * np.mean([
            float(trial.filtered_spikes[self.task.first_bin :].mean())
            for of_condition in trials for trial in of_condition
        ])
        if not rate <= self.parameters.max_rate:
            raise FloatingPointError(
                f"the network fires at {rate:.0f} Hz, more than max_rate = "
                f"{self.parameters.max_rate:g} Hz."
            )
        # An interrupt reaches the main thread only: the learner always ends what it began.
        learning = learner.submit(self._take_in, trials)
        try:
            learning.result()
        except KeyboardInterrupt:
            learning.result()
            raise

    def _take_in(self, trials):
        """Learn from the trials of a loop; a training that fails in it is not sound any more."""
        self._sound = False
        # A training must not depend on the machine.
        with one_blas_thread():
            self.curve.append(np.asarray(self._learn(trials)))
        self.n_done += 1
        self._sound = True

    @property
    def train_correlation(self):
        """The curve as an array, shape (n_loops, n_conditions)."""
        return np.reshape(self.curve, (-1, self.task.n_conditions))

    def _trial_weights(self):
        """Weights of each condition in the trials of this loop."""
        return self.weights

    def _trial(self, condition, k, weights):
        """Run the k-th trial of a condition in this loop."""
        return run_trial(
            self.task.network, self.task.trial_parameters, self._rng(condition, k),
            weights=weights, filtered=True, **self.task.trial_options(condition),
        )

    def _rng(self, condition, k):
        key = (self.n_done, condition, k)
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))

    def _check_sound(self):
        if not self._sound:
            raise TrainingDivergedError(
                f"the weights diverged in loop {self.n_done + 1} of this training, which is of no "
                "further use; go on from a file of an earlier loop, or start a new training."
            )

    def state(self):
        """Everything that training has changed, as named arrays.

        Returns
        -------
        dict of str to ndarray
            Views, not copies, except for the curve and the number of loops.

        Raises
        ------
        TrainingDivergedError
            If the weights diverged.
        """
        self._check_sound()
        return self._arrays() | {"curve": self.train_correlation, "n_done": np.array(self.n_done)}

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
        for name, array in mine.items():
            array[...] = state[name]
        self.curve, self.n_done, self._sound = list(curve), n_done, True
        self.last_outputs = None
