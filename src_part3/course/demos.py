"""Interactive demos of Part 3: plots that answer a slider within two seconds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import matplotlib.pyplot as plt
import numpy as np

from src_part1.common.metrics import correlation, summarise
from src_part1.common.one_line import one_line
from src_part1.common.validation import check_integer, check_real, check_rng, check_type
from src_part1.plotting import condition_styles
from src_part2.statistics import firing_rates, interval_cv
from src_part3.balance import excitation_wins
from src_part3.evaluation import smooth_bins
from src_part3.network import build_network
from src_part3.parameters import BalancedNetworkParameters, TrialParameters
from src_part3.plotting import plot_ei_raster, plot_input_balance
from src_part3.task import BalancedTask
from src_part3.trials import run_trial

# Rates to leading order (Hz) beyond which a simulation would take long and show nothing new.
_FASTEST = 250.0
# Time over which the balanced input is averaged in the plastic target of the fit (ms).
_TARGET_WINDOW = 160.0


def demo_balance(out_degree=1000, external=0.0, j_ei=-0.75, *, seed=0):
    """Simulate the untrained network for 2 s and draw one neuron's inputs and many spikes.

    Where inhibition is too weak to hold the rates, a sentence says so instead of the plots.

    Parameters
    ----------
    out_degree : int, optional
        Synapses that each neuron sends out; half of it is K.
    external : float, optional
        Constant input added to the E neurons (voltage).
    j_ei : float, optional
        Strength of I to E synapses; excitation between E neurons has 0.15.
    seed : int, optional
        Source of all random parts.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit.
    """
    external = check_real("external", external)
    p = BalancedNetworkParameters(out_degree=out_degree, j_ei=j_ei)
    p = replace(p, mu_exc=p.mu_exc + external / np.sqrt(p.in_degree))
    if excitation_wins(p, _FASTEST):
        _, ax = plt.subplots(figsize=(12, 4))
        ax.set_axis_off()
        ax.text(0.5, 0.5, "Inhibition is too weak for this drive: the network would fire "
                f"at more than {_FASTEST:.0f} Hz.\nStrengthen the inhibition (j_ei = {j_ei:g}) or "
                "lower the external input.", ha="center", va="center")
        return
    network = build_network(p, np.random.default_rng(seed), precision="float32")
    trial = run_trial(
        network, TrialParameters(duration=2000.0, stim_on=0.0, stim_off=0.0, cue_amplitude=0.0),
        np.random.default_rng(seed + 1), spikes=True, probes=(0,),
    )
    rates, cv = firing_rates(trial)[: p.n_exc], interval_cv(trial)[: p.n_exc]
    _, (left, right) = plt.subplots(1, 2, figsize=(12, 4))
    plot_input_balance(trial, p.external_input[0], window=(500.0, 800.0), ax=left)
    plot_ei_raster(trial, p.n_exc, window=(500.0, 800.0), ax=right)
    left.set_title(f"out-degree {out_degree}, so K = {p.in_degree:.0f}; j_ei = {j_ei:g}, "
                   f"external {external:+g}")
    irregularity = f"{np.nanmedian(cv):.2f}" if np.isfinite(cv).any() else "not defined"
    right.set_title(f"E neurons: {rates.mean():.1f} Hz, CV {irregularity}")


@dataclass(frozen=True, eq=False)
class RegressorSamples:
    """What plastic synapses could learn from: means over trials, in two independent halves.

    Attributes
    ----------
    spikes : ndarray, shape (2, n_conditions, n_bins, n_neurons)
        Filtered spikes of all neurons (1/ms), first axis the half.
    feedforward : ndarray, shape (2, n_conditions, n_bins, n_inputs)
        The same of the Poisson neurons.
    plastic_targets : ndarray, shape (n_conditions, n_bins, n_trained)
        Target minus balanced input, averaged over all trials and 160 ms (voltage).
    trained : ndarray of int
        The trained neurons.
    n_exc : int
        Number of E neurons.
    conditions : tuple of str
        Name of each condition.
    """

    spikes: np.ndarray
    feedforward: np.ndarray
    plastic_targets: np.ndarray
    trained: np.ndarray
    n_exc: int
    conditions: tuple[str, ...]

    __repr__ = one_line


def sample_regressors(task, weights, rng, *, n_trials=4):
    """Run a trained network and keep what the fit of `demo_plastic_synapses` needs.

    Parameters
    ----------
    task : BalancedTask
        The task.
    weights : sequence of PlasticWeights
        Weights of each condition.
    rng : numpy.random.Generator
        Randomness of the trials.
    n_trials : int, optional
        Trials of each condition in each half.

    Returns
    -------
    RegressorSamples
        The means.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """
    check_type("task", task, BalancedTask)
    weights = task.check_weights(weights)
    check_rng("rng", rng)
    n_trials = check_integer("n_trials", n_trials, at_least=1)

    def run(c):
        return run_trial(
            task.network, task.trial_parameters, rng, weights=weights[c], filtered=True,
            **task.trial_options(c),
        )

    trials = [
        [[run(c) for _ in range(n_trials)] for c in range(task.n_conditions)] for _ in range(2)
    ]

    after_cue = slice(task.first_bin, task.first_bin + task.n_bins)

    def mean(name):
        return np.array([
            [np.mean([getattr(t, name)[after_cue] for t in of_condition], axis=0, dtype=float)
             for of_condition in half]
            for half in trials
        ])

    balanced = mean("balanced_input").mean(axis=0)
    n_smooth = round(_TARGET_WINDOW / task.trial_parameters.bin_width)
    smooth = np.array([smooth_bins(of_condition, n_smooth) for of_condition in balanced])
    return RegressorSamples(
        mean("filtered_spikes"), mean("filtered_feedforward"),
        task.targets.swapaxes(1, 2) - smooth, task.network.trained, task.network.n_exc,
        task.conditions,
    )


def demo_plastic_synapses(
    samples, n_plastic=20, with_feedforward=True, *, ridge=1e-3, n_neurons=60
):
    """Fit plastic weights to one half of the trials and draw how well they fit the other.

    For each of some trained neurons, ``n_plastic`` other trained E neurons and as many I neurons
    are drawn, and ridge regression finds the weights in one step. The network is not run again.

    Parameters
    ----------
    samples : RegressorSamples
        What `sample_regressors` returned.
    n_plastic : int, optional
        Plastic synapses from E neurons, and as many from I neurons.
    with_feedforward : bool, optional
        Whether the Poisson neurons, with weights for each condition, take part.
    ridge : float, optional
        Strength of the prior.
    n_neurons : int, optional
        Trained neurons to fit.

    Raises
    ------
    TypeError, ValueError
        If a value does not fit or nothing is left to learn from.
    """
    n_inh = samples.spikes.shape[3] - samples.n_exc
    most = min(samples.trained.size - 1, n_inh)
    n_plastic = check_integer("n_plastic", n_plastic, at_least=0)
    if n_plastic > most:
        raise ValueError(f"n_plastic must be at most {most}, got {n_plastic}.")
    check_real("ridge", ridge, above=0)
    if not n_plastic and not (with_feedforward and samples.feedforward.shape[3]):
        raise ValueError("n_plastic must be positive where with_feedforward is False, got 0.")
    n_conditions, n_bins, _ = samples.plastic_targets.shape
    shared = np.zeros((2, n_conditions, n_bins, n_conditions, samples.feedforward.shape[3]))
    for c in range(n_conditions if with_feedforward else 0):
        shared[:, c, :, c] = samples.feedforward[:, c]
    shared = shared.reshape(2, n_conditions * n_bins, -1)
    rng = np.random.default_rng(0)
    chosen = rng.permutation(samples.trained.size)[:n_neurons]
    quality = np.empty((n_conditions, chosen.size))
    for i, neuron in enumerate(chosen):
        others = np.delete(samples.trained, neuron)  # no neuron sends to itself
        pre = np.concatenate([
            rng.choice(others, n_plastic, replace=False),
            samples.n_exc + rng.choice(n_inh, n_plastic, replace=False),
        ])
        own = samples.spikes[..., pre].reshape(2, n_conditions * n_bins, -1)
        learned, tested = np.concatenate([own, shared], axis=2)
        target = samples.plastic_targets[:, :, neuron]
        # The dual form of ridge regression: as many unknowns as bins.
        dual = np.linalg.solve(
            learned @ learned.T + ridge * np.eye(len(learned)), target.ravel()
        )
        fitted = (tested @ (learned.T @ dual)).reshape(n_conditions, n_bins)
        quality[:, i] = correlation(fitted, target)
    _, ax = plt.subplots(figsize=(8, 4))
    styles = condition_styles(n_conditions)
    for name, values, style in zip(samples.conditions, quality, styles, strict=True):
        ax.hist(values, np.linspace(-1, 1, 41), histtype="step", lw=2.5, **style,
                label=f"{name}: median {summarise(values).median:.2f}")
    with_them = "with" if with_feedforward else "without"
    ax.set(xlabel="correlation of fitted input and plastic target, test trials", ylabel="neurons",
           title=f"{n_plastic} + {n_plastic} plastic synapses, {with_them} Poisson inputs")
    ax.legend(loc="upper left")
