"""Training of the balanced network: a teacher holds it first, then RLS goes on in the closed loop.

Both stages use the same rule, `SparseRLS`, and the same rows: at each time of a trial the filtered
spikes of a neuron's inputs, averaged over the trials of a loop, and what the plastic input should
have been then. While the *teacher* holds the network, a current into the trained neurons stands
in for what the plastic synapses have to learn, so that all neurons read activity as it should be.
Then the network runs *freely*, with the weights that it has: RLS learns from the states that the
network reaches by itself (as FORCE does; Ross, Gordon & Bagnell 2011 call this DAgger), and its
target is the plastic input that it makes plus the error that remains.

Filtered spikes are noisy. Each trial's deviation from the mean is a row as well, with the target
0: weights that would carry this noise into the network's input stay small. So noise is the prior.
"""

from __future__ import annotations

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from src_part1.common.blas import one_blas_thread
from src_part1.common.fields import check_fields, integer, real
from src_part1.common.validation import check_integer, check_like, check_type
from src_part1.training_loop import TrainingDivergedError, run_loops
from src_part3.network import PlasticWeights
from src_part3.parameters import RECURRENT
from src_part3.rls import SparseRLS
from src_part3.task import BalancedTask
from src_part3.transfer import slow_noise
from src_part3.trials import simulate_trial

# The decay of static synapses and rates after the cue (ms), which all inputs share.
_FAST_DECAY = 40.0
# Every so many bins a trial's deviation from the mean is a row: filtered spikes change slowly.
_DEVIATIONS_EVERY = 4
# Largest deviation in units of its standard deviation: a trial that runs away must not rule.
_LARGEST = 15.0
# Plastic synapses of each neuron in the network of all recorded neurons.
_FULL_PLASTIC = RECURRENT.n_plastic_exc + RECURRENT.n_plastic_inh
# Patterns of the targets over neurons by which the progress is watched.
_WATCHED_PATTERNS = 4


@dataclass(frozen=True)
class TrainingParameters:
    """Numbers of the training; the defaults were chosen by measurement."""

    held_loops: int = integer(14, at_least=1)  # loops in which the teacher holds the network
    settling_loops: int = integer(2, at_least=0)  # the first of these: the teacher still learns
    held_trials: int = integer(12, at_least=2)  # trials of each condition in such a loop
    free_loops: int = integer(13, at_least=0)  # loops after that, in the closed loop
    free_trials: int = integer(48, at_least=2)  # trials of each condition in such a loop
    # Free trials beside those that the teacher holds, to see what the network can do alone: so many
    # of each condition in every so many loops. Weights are solved for when they are needed.
    watched_trials: int = integer(2, at_least=1)
    watch_every: int = integer(3, at_least=1)
    # How much the variance of a neuron's input over trials counts against its mean error, and a
    # prior beside it, in units of the variance that a Poisson neuron's filtered spikes have. None:
    # by the number of plastic synapses; without a clock, fewer must be stronger, and more noise
    # comes back through them. The rule was found by measurement.
    noise_weight: float | None = real(None, at_least=0)
    ridge: float | None = real(None, above=0)
    # Closed loops over which rows are averaged; earlier ones are forgotten.
    memory: float = real(4.0, unit="loops", at_least=1)
    # Common time courses of the filtered spikes that are learned from; common time courses that a
    # taught input may consist of, beside its mean and two decays after the cue; patterns of the
    # remaining error over neurons that the closed loop corrects. What is weaker is noise.
    regressor_courses: int = integer(40, at_least=1)
    input_courses: int = integer(14, at_least=1)
    error_patterns: int = integer(8, at_least=1)
    max_rate: float = real(100.0, unit="Hz", above=0)  # mean rate that counts as diverged

    def __post_init__(self):
        check_fields(self)

    @property
    def total_loops(self):
        """Loops of both stages."""
        return self.held_loops + self.free_loops


class Training:
    """Training by RLS that can be interrupted at any time and continued from there.

    In each loop every condition is shown in a few trials, which run in parallel on all cores; then
    RLS learns from them. A loop's random numbers depend only on ``seed`` and the loop's number:
    training in one call, in several calls, or from a saved file gives the same bits.

    Parameters
    ----------
    task : BalancedTask
        Network, targets, cues and the clock's rates.
    training_parameters : TrainingParameters, optional
        How to learn.
    seed : int, optional
        Source of the trials' randomness.

    Attributes
    ----------
    n_done : int
        Loops done so far.
    rls : SparseRLS
        State of the learning rule.
    wanted : ndarray, shape (n_conditions, n_bins, n_trained)
        What learning should add to the plastic input at the end of each bin after the cue, while
        the teacher holds the network (voltage).
    curve, held_curve : list of ndarray, shape (n_conditions,)
        For each loop, how well the mean total input follows its targets in their four strongest
        ``patterns`` (4, n_trained) over neurons: the correlation over patterns and times. ``curve``
        is that of the freely running network (NaN where none was watched), ``held_curve`` that with
        the teacher (NaN without).
    pattern_targets, last_outputs : ndarray, shape (n_conditions, 4, n_bins)
        Targets, and the free network's mean input in the last loop, on these patterns (voltage).
    """

    def __init__(self, task, training_parameters=None, *, seed=0):
        self.task = check_type("task", task, BalancedTask)
        parameters = TrainingParameters() if training_parameters is None else training_parameters
        self.parameters = check_type("training_parameters", parameters, TrainingParameters)
        n_plastic = task.network.plastic.pre_index.shape[1]
        fewer = 1.0
        if task.feedforward_parameters.clock == "none":
            fewer = min(max(_FULL_PLASTIC / max(n_plastic, 1), 1), 4)
        noise_weight, ridge = parameters.noise_weight, parameters.ridge
        self._noise_weight = 0.015 * fewer if noise_weight is None else noise_weight
        ridge = 1.5 * fewer**2 if ridge is None else ridge
        self.seed = check_integer("seed", seed, at_least=0)
        self.n_done, self.curve, self.held_curve, self.last_outputs = 0, [], [], None
        network = task.network
        # Times in bins: of the plastic synapses and of the start of the cue.
        self._width, self._tau = task.trial_parameters.bin_width, network.parameters.tau_plastic
        self._cue_on = round(task.trial_parameters.stim_on / self._width)
        self._after = slice(task.first_bin, task.first_bin + task.n_bins)
        n_sets = max(task.weight_sets) + 1
        # Columns of the regressors: neurons that send plastic synapses, then each set of clocks.
        self._senders, index = np.unique(network.plastic.pre_index, return_inverse=True)
        n_clocks = n_sets * network.n_inputs
        self.rls = SparseRLS(index.reshape(network.plastic.pre_index.shape),
                             self._senders.size + n_clocks, ridge, n_shared=n_clocks)
        self.wanted = np.zeros((task.n_conditions, task.n_bins, task.n_trained))
        self._scale = np.ones(self._senders.size + n_clocks)
        self._change = np.zeros((task.n_trained, index.size // task.n_trained + n_clocks))
        self._targets = task.targets.swapaxes(1, 2).astype(float)
        with one_blas_thread():
            self._bases = [self._basis(rates) for rates in task.recorded_rates.astype(float)]
            pooled = np.concatenate(self._targets)
            self._centre = pooled.mean(axis=0)
            self.patterns = np.linalg.svd(pooled - self._centre, full_matrices=False)[2]
            self.patterns = self.patterns[:_WATCHED_PATTERNS]
            self.pattern_targets = self.patterns @ (self._targets - self._centre).swapaxes(1, 2)
        # Each condition counts in units of its own variance, or the one with the smaller changes
        # would hardly be learned. One in which nothing changes counts like that with the largest.
        variance = self._targets.var(axis=1).mean(axis=1)
        variance[variance == 0] = max(variance.max(), 1.0)
        self._condition_weights = variance.mean() / variance
        self._sound, self._is_solved = True, True

    @property
    def weights(self):
        """The weights of each condition now, a tuple of `PlasticWeights`."""
        if self.n_done == 0:
            warnings.warn("no loop is done: these are the weights from before learning.",
                          stacklevel=2)
        return self._weights(self._learned())

    @property
    def train_correlation(self):
        """The curve as an array, shape (n_loops, n_conditions)."""
        return np.reshape(self.curve, (-1, self.task.n_conditions))

    def run(self, total_loops=None, *, progress=True, n_threads=None, after_loop=None):
        """Train until so many loops are done in all calls together; return this training.

        An interrupt from the keyboard ends the call with a warning, and only the current loop is
        lost. Call it again to go on. If rates exceed ``max_rate`` or a weight is not finite, the
        ``result`` of the `TrainingDivergedError` is this training as it was after the last loop.

        Parameters
        ----------
        total_loops : int, optional
            Number of loops, those of the parameters by default. More make the second stage longer.
        progress : bool, optional
            Show a bar with the stage, the time left and the present correlation.
        n_threads : int, optional
            Trials at a time; all cores by default. It does not change the result.
        after_loop : callable, optional
            Called with this training after each loop, for example to save or to plot.
        """
        if not self._sound:
            raise self._diverged()
        p = self.parameters
        total_loops = p.held_loops + p.free_loops if total_loops is None else total_loops
        check_integer("total_loops", total_loops, at_least=1)
        n_threads = os.cpu_count() if n_threads is None else n_threads
        check_integer("n_threads", n_threads, at_least=1)

        def to_go_on():
            unsettled = self.n_done <= p.settling_loops
            little = "before the teacher had settled, the weights are of little use yet; "
            return f"{little if unsettled else ''}call run again to go on."

        with ThreadPoolExecutor(n_threads) as pool, ThreadPoolExecutor(1) as learner:
            run_loops(
                lambda loop: self._loop(pool, learner, loop < p.held_loops), total_loops,
                first=self.n_done, progress=progress, after_loop=after_loop,
                result=lambda: self if self._sound else None, to_go_on=to_go_on,
                remedy="Use a larger noise_weight or ridge, or more plastic synapses; are the "
                       "targets rates that this network can have?",
            )
        return self

    def _loop(self, pool, learner, held):
        p, conditions = self.parameters, range(self.task.n_conditions)
        is_watched = held and (self.n_done + 1) % p.watch_every == 0
        learned = None if held and not is_watched else self._weights(self._learned())
        weights = (self.task.network.initial_weights(),) * len(conditions) if held else learned
        n_trials, times = p.held_trials if held else p.free_trials, self.task.trial_parameters
        sources = np.zeros((len(conditions), n_trials, round(times.duration / times.bin_width),
                            self._scale.size), np.float32)
        running = [
            [pool.submit(self._trial, c, k, weights[c], held, sources[c, k])
             for k in range(n_trials)] for c in conditions
        ]
        # What the network does alone is seen in trials of their own while the teacher holds it.
        watched = [
            [pool.submit(self._trial, c, -1 - k, learned[c], False)
             for k in range(p.watched_trials)] for c in conditions if is_watched
        ]
        try:
            inputs, free_inputs = ([[f.result()[0] for f in futures] for futures in some]
                                   for some in (running, watched))
        except BaseException:
            for future in sum(running + watched, []):
                future.cancel()
            raise
        rate = max(future.result()[1] for futures in running for future in futures)
        if not rate <= p.max_rate:
            raise FloatingPointError(f"the network fires at {rate:.0f} Hz, more than max_rate = "
                                     f"{p.max_rate:g} Hz.")
        # An interrupt reaches the main thread only: the learner always ends what it began.
        learning = learner.submit(self._take_in, inputs, free_inputs, sources, held)
        try:
            learning.result()
        except KeyboardInterrupt:
            learning.result()
            raise
        seen = [q for q in self.curve if np.isfinite(q).all()]
        alone = f"{np.mean(seen[-1]):.3f}" if seen else "not seen yet"
        return f"{'teacher' if held else 'closed loop'}, alone: {alone}"

    def _trial(self, condition, k, weights, held, sources=None):
        """Run one trial; with the teacher, its current is part of the plastic input.

        Returns the total input after the cue (n_bins, n_trained), and the mean rate (Hz); writes
        what is learned from, filtered spikes (n_trial_bins, n_sources) (1/ms), to ``sources``.
        """
        task, network = self.task, self.task.network
        key = self.n_done, condition, k + 2**20  # not negative
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))
        current = bin_input = None
        if held:
            at_ends = self._whole_trial(condition)
            before = np.concatenate([np.zeros_like(at_ends[:1]), at_ends[:-1]])
            noise = slow_noise(at_ends.shape, self._width / self._tau, rng)
            # What runs straight between the ends of bins has these means over them.
            current = (before + at_ends) / 2 + task.plastic_noise * noise
            bin_input = np.zeros((len(current), network.parameters.n_neurons), network.dtype)
            bin_input[:, network.trained] = current
        trial = simulate_trial(
            network, task.trial_parameters, rng, weights=weights, filtered=sources is not None,
            bin_input=bin_input, cue=task.cues[condition], condition=condition,
            feedforward_rates=task.feedforward_rates,
        )
        total = trial.balanced_input + trial.plastic_input + (0.0 if current is None else current)
        if sources is not None:
            n_inputs, first = network.n_inputs, task.weight_sets[condition] * network.n_inputs
            sources[:, : self._senders.size] = trial.filtered_spikes[:, self._senders]
            clock = sources[:, self._senders.size :]
            clock[:, first : first + n_inputs] = trial.filtered_feedforward
        rate = trial.filtered_spikes.mean() if trial.filtered_spikes.size else 0.0
        return total[self._after], 1000 * float(rate)

    def _take_in(self, inputs, alone, sources, held):
        """Learn from the trials of a loop; a training that fails in it is not sound any more."""
        self._sound = False
        with one_blas_thread():  # a training must not depend on the machine
            means, alone = (np.array([np.mean(of_condition, axis=0) for of_condition in of_all])
                            for of_all in (inputs, alone))
            # How well the network does, with the teacher and alone.
            for curve, inputs in ((self.held_curve, means if held else alone),
                                  (self.curve, alone if held else means)):
                quality = np.full(len(means), np.nan)
                if len(inputs):
                    found = self.patterns @ (inputs - self._centre).swapaxes(1, 2)
                    wanted = self.pattern_targets
                    norm = np.sqrt((found**2).sum(axis=(1, 2)) * (wanted**2).sum(axis=(1, 2)))
                    quality = (found * wanted).sum(axis=(1, 2))
                    quality = quality / np.maximum(norm, np.finfo(float).tiny)
                curve.append(quality)
            if len(inputs):
                self.last_outputs = found
            self._learn(sources, means, held)
        self.n_done += 1
        self._sound = True

    def _learn(self, sources, mean_inputs, held):
        p = self.parameters
        errors = [basis @ (basis.T @ (target - mean)) for basis, target, mean in
                  zip(self._bases, self._targets, mean_inputs, strict=True)]
        if self.n_done == 0:
            # Filtered Poisson spikes have the variance rate / (2 tau): the unit of the noise. A
            # neuron has at least that of one spike in a hundred seconds.
            rates = np.maximum(sources.mean(axis=(0, 1, 2)), 1e-5)
            self._scale[:] = np.sqrt(rates / (2 * self._tau))
        means = sources.mean(axis=1) / self._scale
        if held:
            # An integral controller, whose gain falls as 1 / n once it has settled.
            n_settled = max(self.n_done + 1 - p.settling_loops, 1)
            self.wanted += np.array(errors) / n_settled
            share, wanted = 1 / n_settled, self.wanted
        else:
            share = 1 / p.memory
            wanted = [self._output(mean[self._after]) + _strongest(error, p.error_patterns)
                      for mean, error in zip(means, errors, strict=True)]
        rows = self._rows(means)
        targets = self._rows([self._whole_trial(c, w) for c, w in enumerate(wanted)])
        # The rows' strongest common time courses; what is left of the mean is noise.
        courses = np.linalg.eigh(rows @ rows.T)[1][:, -p.regressor_courses :]
        rows, targets = (np.sqrt(share) * (courses.T @ values) for values in (rows, targets))
        self.rls.update(rows, targets, forgetting=1 - share)
        for s, mean, weight in zip(sources, means, self._condition_weights, strict=True):
            some = slice(self._after.start, self._after.stop, _DEVIATIONS_EVERY)
            apart = np.clip(s[:, some] / self._scale - mean[some], -_LARGEST, _LARGEST)
            size = share * self._noise_weight * weight * _DEVIATIONS_EVERY / (len(s) - 1)
            self.rls.update(np.sqrt(size) * apart.reshape(-1, self._scale.size))
        self._is_solved = False

    def _learned(self):
        """Change of the weights that follows from all rows so far."""
        if not self._is_solved:
            try:
                self._change[:] = np.concatenate(self.rls.solve(), axis=1)
            except FloatingPointError:
                self._sound = False
                raise
            self._is_solved = True
        return self._change

    def _output(self, means):
        """What the learned change of the weights adds to the plastic input, from scaled rows."""
        n_own = self.rls.index.shape[1]
        change = self._learned()
        found = means[:, self._senders.size :] @ change[:, n_own:].T
        for row, sources in zip(found, means, strict=True):
            row += (sources[self.rls.index] * change[:, :n_own]).sum(axis=1)
        return found

    def _weights(self, change):
        network, n_own = self.task.network, self.rls.index.shape[1]
        recurrent = change[:, :n_own] / self._scale[self.rls.index]
        recurrent = (network.initial_weights().recurrent_weights + recurrent).astype(network.dtype)
        clock = (change[:, n_own:] / self._scale[self._senders.size :]).T.astype(network.dtype)
        sets = [clock[s * network.n_inputs :][: network.n_inputs] for s in self.task.weight_sets]
        return tuple(PlasticWeights(recurrent, of_set) for of_set in sets)

    def _whole_trial(self, condition, wanted=None):
        """What learning should add to the plastic input, at the end of all bins of a trial.

        Before the cue it builds up to the mean over conditions and time, and during the cue it goes
        over to the condition's own start: else the network would start in a state that it was
        never taught.
        """
        course = self.wanted[condition] if wanted is None else wanted
        at = np.arange(1, self._after.start + 1)[:, None]
        before = -np.expm1(-at * self._width / self._tau) * self.wanted.mean(axis=(0, 1))
        # The first value belongs to the end of the first bin, the start half a bin before.
        taught = self.wanted[condition]
        start = taught[0] - (taught[min(1, len(taught) - 1)] - taught[0]) / 2
        in_cue = -np.expm1(-np.maximum(at - self._cue_on, 0) * self._width / self._tau)
        in_cue = in_cue / max(in_cue[-1, 0], np.finfo(float).tiny)
        return np.concatenate([in_cue * start + (1 - in_cue) * before, course])

    def _basis(self, rates):
        """Orthonormal time courses that a taught input may consist of, [bin, course]."""
        centred = rates.T - rates.mean(axis=1)
        spread = centred.std(axis=0)
        scored = centred[:, spread > 0] / spread[spread > 0]
        strongest = np.linalg.svd(scored, full_matrices=False)[0]
        strongest = strongest[:, : self.parameters.input_courses]
        time = (np.arange(len(centred)) + 0.5) * self._width
        decays = np.exp(-time[:, None] / [self._tau, _FAST_DECAY])
        return np.linalg.qr(np.concatenate([np.ones((len(centred), 1)), strongest, decays], 1))[0]

    def _rows(self, values):
        """Stack what the conditions have in common before the cue, and each condition from there.

        Each row is scaled by the root of the weight that it has in the regression.
        """
        before = np.mean([of_condition[: self._cue_on] for of_condition in values], axis=0)
        return np.concatenate([np.sqrt(0.5) * before] + [
            np.sqrt(weight) * of_condition[self._cue_on : self._after.stop]
            for weight, of_condition in zip(self._condition_weights, values, strict=True)
        ])

    def _diverged(self):
        return TrainingDivergedError(
            f"the weights diverged in loop {self.n_done + 1} of this training, which is of no "
            "further use; go on from a file of an earlier loop, or start a new training."
        )

    def _arrays(self):
        return {"S": self.rls.S, "b": self.rls.b, "wanted": self.wanted, "scale": self._scale}

    def state(self):
        """Return all that training has changed, as named arrays: views, but for the curves."""
        if not self._sound:
            raise self._diverged()
        curves = np.reshape(self.curve + self.held_curve, (2, self.n_done, self.task.n_conditions))
        return self._arrays() | {"curves": curves, "n_done": np.array(self.n_done)}

    def restore(self, state):
        """Continue from what `state` returned, bit for bit; it is checked before any change."""
        check_type("state", state, dict)
        mine = self._arrays()
        for name, array in mine.items():
            check_like(f"state[{name!r}]", state.get(name), array)
        n_done = check_integer("state['n_done']", np.asarray(state.get("n_done"))[()], at_least=0)
        curves = state.get("curves")
        check_like("state['curves']", curves,
                   np.broadcast_to(0.0, (2, n_done, self.task.n_conditions)))
        for name, array in mine.items():
            array[...] = state[name]
        self.curve, self.held_curve = list(curves[0]), list(curves[1])
        self.n_done, self._sound, self.last_outputs = n_done, True, None
        self._is_solved = n_done == 0
        self._change[:] = 0


def train(task, training_parameters=None, *, seed=0, total_loops=None, progress=True,
          n_threads=None, after_loop=None):
    """Train the network of a task.

    Parameters
    ----------
    task, training_parameters, seed
        See `Training`.
    total_loops, progress, n_threads, after_loop : optional
        See `Training.run`.

    Returns
    -------
    Training
        Its ``weights`` are what was learned, ``run`` goes on.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import (
    ...     BalancedNetworkParameters, FeedforwardParameters, TrainingParameters, make_task,
    ...     recordings_from_arrays, train)
    >>> time = np.arange(0.0, 220.0, 20.0)  # from the end of the cue, in two conditions
    >>> rates = 8 + 4 * np.sin(time / 60 + np.arange(48).reshape(2, 24, 1))
    >>> task = make_task(
    ...     recordings_from_arrays(rates, time, ("right", "left")),
    ...     network_parameters=BalancedNetworkParameters(
    ...         n_exc=120, n_inh=120, out_degree=48, mu_exc=0.3, mu_inh=0.22, n_plastic_exc=5,
    ...         n_plastic_inh=6, tau_plastic=50.0, j_plastic_exc=0.1, j_plastic_inh=-0.1),
    ...     feedforward_parameters=FeedforwardParameters(clock="none"))
    >>> few = TrainingParameters(held_loops=2, settling_loops=1, held_trials=2, free_loops=0)
    >>> training = train(task, few, progress=False)
    >>> training.weights[0].recurrent_weights.shape  # trained neurons, plastic synapses of each
    (24, 11)
    """
    training = Training(task, training_parameters, seed=seed)
    return training.run(total_loops, progress=progress, n_threads=n_threads, after_loop=after_loop)


def _strongest(values, n_patterns):
    """The strongest patterns of values [time, neuron]: the rest is taken for noise."""
    left, sizes, right = np.linalg.svd(values, full_matrices=False)
    return (left[:, :n_patterns] * sizes[:n_patterns]) @ right[:n_patterns]
