"""Training of the balanced network, loop after loop, and going on from any loop."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tqdm.auto import tqdm

from src_part1.metrics import correlation
from src_part1.parameters import n_steps_of
from src_part1.validation import check_integer, check_like, check_type
from src_part3.labels import LabelAverage
from src_part3.rls import SharedInputRLS, recurrent_prior
from src_part3.samples import sample_trial
from src_part3.state import PlasticWeights
from src_part3.task import CortexTask
from src_part3.training_parameters import TrainingParameters


class TrainingDivergedError(RuntimeError):
    """A training whose rates, inputs or weights ran away; the message names loop and cause."""


class Training:
    """A training that can be interrupted at any time and goes on from where it was.

    In each loop every condition is shown in a few trials with frozen weights, two or more at a
    time on as many cores. Then exact RLS (`SharedInputRLS`) learns from the means over these
    trials, with labels from `LabelAverage`. A loop's random numbers depend on ``seed`` and the
    loop's number only, so that a loop that was interrupted is simply done again: training in
    one go, in several calls, or from a saved file gives the same bits.

    Parameters
    ----------
    task : CortexTask
        Network, targets, cues and feed-forward rates.
    parameters : TrainingParameters, optional
        How to learn.
    seed : int, optional
        Source of the trials' randomness.

    Attributes
    ----------
    n_done : int
        Loops done so far.
    rls : SharedInputRLS
        State of the learning rule.
    labels : LabelAverage
        Averages of inputs.
    regressors : dict of str to ndarray
        Running averages of filtered spikes at the times of the updates.
    curve : list of ndarray
        For each loop and condition, the median over neurons of the correlation of target and
        total input, averaged over the last loops (each with the weights it had).
    """

    def __init__(self, task, parameters=None, *, seed=0):
        parameters = TrainingParameters() if parameters is None else parameters
        check_type("task", task, CortexTask)
        check_type("parameters", parameters, TrainingParameters)
        network, p = task.network, task.network.parameters
        self.task, self.parameters = task, parameters
        self.seed = check_integer("seed", seed, at_least=0)
        width = task.trial.bin_width
        self._stride = n_steps_of("TrainingParameters.learn_every", parameters.learn_every, width)
        n_updates = task.n_bins // self._stride
        self.rls = SharedInputRLS(
            network.plastic.pre_index, network.initial_weights().recurrent,
            recurrent_prior(p.n_plastic_exc, p.n_plastic_inh,
                            ridge=parameters.ridge_recurrent, row_sum=parameters.row_sum),
            network.n_inputs, n_conditions=task.n_conditions,
            ridge_shared=parameters.ridge_feedforward,
            forgetting=float(np.exp(-1 / (parameters.memory * n_updates * task.n_conditions))),
            dtype=np.dtype(parameters.rls_precision),
        )
        self.labels = LabelAverage(
            np.ascontiguousarray(task.targets.swapaxes(1, 2)), parameters, width
        )
        self.regressors = {
            "rates": np.zeros((task.n_conditions, n_updates, p.n_neurons)),
            "shared": np.zeros((task.n_conditions, n_updates, network.n_inputs)),
        }
        self.n_done = 0
        self.curve = []
        self._sound = True

    @property
    def weights(self):
        """The weights of each condition now, a tuple of `PlasticWeights`."""
        recurrent = self.rls.weights.astype(self.task.network.dtype)
        dtype = self.task.network.dtype
        return tuple(
            PlasticWeights(
                recurrent, np.ascontiguousarray(self.rls.shared_weights(c).T, dtype=dtype)
            )
            for c in range(self.task.n_conditions)
        )

    def run(self, n_loops=None, *, progress=True, n_threads=None, after_loop=None):
        """Train until ``n_loops`` loops are done in all.

        An interrupt from the keyboard ends the call with a warning; nothing is lost but the
        loop at hand. Call it again to go on.

        Parameters
        ----------
        n_loops : int, optional
            Total number of loops, ``parameters.n_loops`` by default.
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
        TrainingDivergedError
            If rates pass ``max_rate``, and this training is as it was after the last loop; or if
            RLS diverged, and this training neither goes on nor can be saved any more.
        """
        self._check_sound()
        n_loops = self.parameters.n_loops if n_loops is None else n_loops
        n_loops = check_integer("n_loops", n_loops, at_least=1)
        n_threads = os.cpu_count() if n_threads is None else n_threads
        n_threads = check_integer("n_threads", n_threads, at_least=1)
        bar = tqdm(
            total=n_loops, initial=self.n_done, desc="training", unit="loop",
            disable=not progress,
        )
        with bar, ThreadPoolExecutor(n_threads) as pool, ThreadPoolExecutor(1) as learner:
            try:
                while self.n_done < n_loops:
                    self._loop(pool, learner)
                    bar.update()
                    bar.set_postfix(correlation=f"{np.mean(self.curve[-1]):.3f}")
                    if after_loop is not None:
                        after_loop(self)
            except KeyboardInterrupt:
                warnings.warn(
                    f"interrupted after {self.n_done} of {n_loops} loops; call run again to "
                    "go on.", stacklevel=2,
                )
            except FloatingPointError as error:
                raise TrainingDivergedError(
                    f"training diverged in loop {self.n_done + 1}: {error} Use a stronger "
                    "prior (ridge_recurrent, row_sum, ridge_feedforward) or a lower "
                    "correction_rate."
                ) from error
        return self

    def _loop(self, pool, learner):
        n_trials, conditions = self.parameters.trials_per_loop, range(self.task.n_conditions)
        weights = self.weights
        running = [
            [pool.submit(sample_trial, self.task, c, weights[c], self._generator(c, k))
             for k in range(n_trials)]
            for c in conditions
        ]
        try:
            samples = [[future.result() for future in futures] for futures in running]
        except BaseException:
            for future in sum(running, []):
                future.cancel()
            raise
        rate = np.mean([trial.mean_rate for trials in samples for trial in trials])
        if not rate <= self.parameters.max_rate:
            raise FloatingPointError(
                f"the network fires at {rate:.0f} Hz, more than max_rate = "
                f"{self.parameters.max_rate:g} Hz."
            )
        # An interrupt reaches the main thread only: the learner always ends what it began.
        learning = learner.submit(self._learn, samples)
        try:
            learning.result()
        except KeyboardInterrupt:
            learning.result()
            raise

    def _generator(self, condition, k):
        key = (self.n_done, condition, k)
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))

    def _check_sound(self):
        if not self._sound:
            raise TrainingDivergedError(
                f"RLS diverged in loop {self.n_done + 1} of this training, which is of no use any "
                "more; go on from a file of an earlier loop, or begin anew."
            )

    def _learn(self, samples):
        self._sound = False
        at = slice(self._stride - 1, None, self._stride)
        weight = 1 / min(self.n_done + 1, self.parameters.regressor_window)
        for condition, trials in enumerate(samples):
            mean = {
                name: np.mean([getattr(trial, name) for trial in trials], axis=0, dtype=np.float64)
                for name in ("rates", "shared", "balanced", "plastic")
            }
            self.labels.update(condition, mean["balanced"], mean["plastic"])
            for name, average in self.regressors.items():
                average[condition] += weight * (mean[name][at] - average[condition])
        quality = []
        for condition, label in enumerate(self.labels.labels()):
            self.rls.update(
                condition, *(average[condition] for average in self.regressors.values()),
                label[at],
            )
            of_neurons = correlation(
                self.labels.total[condition], self.labels.targets[condition], axis=0
            )
            quality.append(np.nanmedian(of_neurons))
        self.curve.append(np.array(quality))
        self.n_done += 1
        self._sound = True

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
        parts = {
            "rls": self.rls.state(), "labels": self.labels.state(), "regressors": self.regressors,
        }
        arrays = {f"{part}.{name}": a for part, d in parts.items() for name, a in d.items()}
        curve = np.reshape(self.curve, (-1, self.task.n_conditions))
        return arrays | {"curve": curve, "n_done": np.array(self.n_done)}

    def restore(self, state: Mapping[str, np.ndarray]):
        """Continue from what `state` returned, bit for bit.

        Parameters
        ----------
        state : mapping of str to ndarray
            Arrays with the names and shapes that `state` gives.

        Raises
        ------
        ValueError
            If an array is missing or belongs to another task. Nothing is changed then.
        """
        mine = {f"labels.{name}": array for name, array in self.labels.state().items()}
        mine |= {f"regressors.{name}": array for name, array in self.regressors.items()}
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
