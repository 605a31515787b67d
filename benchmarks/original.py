"""Training as the original tutorial did it, for comparison only: RLS within a trial.

It differs from `Training` in four ways. One P serves both conditions, although the feed-forward
weights are separate, so that what one condition learns disturbs the other. The plastic target
holds the balanced input of the moment with all its fluctuation. Weights change every 20 ms within a
trial. And the prior is another: a ridge, and a penalty on the sum of a neuron's plastic E weights
and on that of its plastic I weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from tqdm.auto import tqdm

from src_part1.common.one_line import one_line
from src_part1.common.validation import check_integer, check_rng, check_type
from src_part3.evaluation import evaluate
from src_part3.network import PlasticWeights
from src_part3.task import BalancedTask
from src_part3.trials import simulate_trial

_RIDGE_RECURRENT, _ROW_SUM, _RIDGE_FEEDFORWARD = 0.04, 8.0, 1.0


@dataclass(frozen=True, eq=False)
class OriginalResult:
    """What the original's rule learned."""

    weights: tuple[PlasticWeights, ...]  # of each condition
    # By loop: mean over neurons of the correlation of a single trial's total input in the first
    # condition with its target.
    correlation: dict[int, float]

    __repr__ = one_line


def train_original(task, rng, *, n_loops=50, measure_every=10, n_trials=4, progress=True):
    """Train with the original's rule and measure with the original's metric, as `OriginalResult`.

    ``task`` comes from ``make_task(original=True)``; updates come at its bins, which the original
    has every 20 ms. In each of ``n_loops`` all conditions are shown once. Every ``measure_every``
    loops the metric is averaged over ``n_trials`` test trials, at least 2 (the original takes one).
    """
    check_type("task", task, BalancedTask)
    check_rng("rng", rng)
    check_integer("n_loops", n_loops, at_least=1)
    rls = OriginalRLS(task.network)
    feedforward = [np.zeros((task.n_trained, task.network.n_inputs)) for _ in set(task.weight_sets)]

    def all_weights():
        return [_weights(task.network, rls.w, feedforward[s]) for s in task.weight_sets]

    curve = {}
    bar = tqdm(range(1, n_loops + 1), desc="original", unit="loop", disable=not progress)
    for loop in bar:
        for condition, weight_set in enumerate(task.weight_sets):
            # One P, but feed-forward weights of each condition: they are put in and taken out.
            rls.v = feedforward[weight_set] + rls.of_own()
            _train_trial(task, condition, rls, all_weights()[condition], rng)
            feedforward[weight_set] = rls.feedforward()
        if loop % measure_every == 0:
            test = evaluate(task, all_weights(), rng, n_trials=n_trials)
            curve[loop] = float(test.single_trial_correlation[0].mean())
            bar.set_postfix(correlation=f"{curve[loop]:.3f}")
    return OriginalResult(tuple(all_weights()), curve)


class OriginalRLS:
    """The textbook's RLS, sample by sample, with the shared inputs partialled out.

    Q is each neuron's P for what is left of its own inputs, D_inverse the P of the shared inputs
    alone, G what these tell of each rate; ``w`` (n_trained, n_own) are the recurrent weights and
    ``v - G w`` those of the shared inputs.
    """

    def __init__(self, network):
        p, n = network.parameters, network.trained.size
        prior = np.zeros((p.n_plastic_exc + p.n_plastic_inh,) * 2)
        prior[: p.n_plastic_exc, : p.n_plastic_exc] = _ROW_SUM
        prior[p.n_plastic_exc :, p.n_plastic_exc :] = _ROW_SUM
        prior += _RIDGE_RECURRENT * np.eye(len(prior))
        self.index = network.plastic.pre_index
        self.w = network.initial_weights().recurrent_weights.astype(np.float64)
        self.v = np.zeros((n, network.n_inputs))
        self.Q = np.tile(np.linalg.inv(prior), (n, 1, 1))
        self.G = np.zeros((p.n_neurons, network.n_inputs))
        self.D_inverse = np.eye(network.n_inputs) / _RIDGE_FEEDFORWARD

    def update(self, rates, shared, targets):
        """Learn what the plastic input of each neuron should have been."""
        rates, shared, targets = (np.asarray(x, dtype=float) for x in (rates, shared, targets))
        learn_sample(self.w, self.v, self.Q, self.G, self.D_inverse, self.index, rates, shared,
                     targets)

    def of_own(self):
        """What shared inputs' weights owe to the neuron's own, ``G w`` (n_trained, n_inputs)."""
        return np.array([w @ self.G[own] for w, own in zip(self.w, self.index, strict=True)])

    def feedforward(self):
        """Weights of the shared inputs, (n_trained, n_inputs)."""
        return self.v - self.of_own()


@njit(nogil=True, cache=True)
def learn_sample(w, v, Q, G, D_inverse, index, r, s, targets):
    """One step of RLS for all neurons, from rates r, shared inputs s and targets."""
    d = D_inverse @ s
    a = s @ d
    eps = r - G @ s  # what the shared inputs do not tell of the rates
    for i in range(index.shape[0]):
        eps_i = eps[index[i]]
        k = Q[i] @ eps_i
        c = 1 / (1 + a + eps_i @ k)
        error = w[i] @ eps_i + v[i] @ s - targets[i]
        w[i] -= c * error * k
        Q[i] -= c * np.outer(k, k)
        v[i] += ((w[i] @ eps_i) / (1 + a) - c * error) * d
    G += np.outer(eps / (1 + a), d)
    D_inverse -= np.outer(d / (1 + a), d)


def _train_trial(task, condition, rls, weights, rng):
    """Run one trial in which RLS learns at the end of each bin after the cue."""
    network, trained = task.network, task.network.trained

    def learn(b, state):
        b -= task.first_bin
        if not 0 <= b < task.n_bins:
            return None
        target = task.targets[condition, :, b] - network.external_input[trained]
        rls.update(state.r_plastic, state.s_feedforward, target - state.u_balanced[trained])
        # The input that has come in already stays what it was: only new spikes see new weights.
        return _weights(network, rls.w, rls.feedforward())

    simulate_trial(
        network, task.trial_parameters, rng, weights=weights, after_bin=learn,
        **task.trial_options(condition),
    )


def _weights(network, recurrent, feedforward):
    return PlasticWeights(
        recurrent.astype(network.dtype), np.ascontiguousarray(feedforward.T, dtype=network.dtype)
    )
