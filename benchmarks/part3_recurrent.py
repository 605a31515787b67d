"""The main job of Part 3: all recorded neurons in a network without a clock.

The same weights serve both conditions, nothing but a cue of 200 ms tells them apart. For each seed,
and by condition: measures of frozen weights in free trials; the same with the cues exchanged,
against the targets of the cue that was shown (``other_cue``, under the name of the trial's own
condition), and with the recurrent weights from before learning (``recurrent_learning_undone``). At
the top level stands the worst seed of each: the lowest quality, the highest of what should be low,
and the rate ratio that is furthest from 1. Seconds are those of a whole training with its compiled
kernels loaded, from recordings to weights.
"""

from __future__ import annotations

import numpy as np

from benchmarks.measurement import machine, peak_rss_mb, table
from experiments import networks
from experiments.networks import by_condition, tested, train_network
from src_part1.recordings import load_recordings
from src_part3.analysis import weight_gain
from src_part3.perturbations import Lesion, study_lesions
from src_part3.trials import run_trials

MEASURES = (
    "corrected_correlation", "r2", "r2_corrected", "psth_r2", "modulation_slope",
    "median_correlation", "psth_correlation", "single_trial_correlation", "split_half",
    "side_decoded", "n_unreliable",
)
# What should be low, so that the worst seed has the highest.
_LOW = (
    "n_unreliable", "balanced_accuracy_untrained", "recurrent_learning_undone", "seconds",
    "peak_rss_mb", "weight_gain",
)
_NOISE_TRIALS = 20
_OTHER, _UNDONE = "other_cue", "recurrent_learning_undone"
_LESIONS = {_OTHER: Lesion(cue="other", target="cue"),
            _UNDONE: Lesion(with_recurrent_learning=False)}
# One network, and half of the test trials.
BRIEF = ("--seeds", "0", "--trials", "50")


def add_arguments(parser):
    """Declare the options of this benchmark."""
    networks.add_arguments(parser, seeds=(0, 1, 2))


def run(arguments):
    """Measure; see the module's docstring."""
    recordings = load_recordings(arguments.source)
    seeds = {str(seed): _sample(recordings, seed, arguments) for seed in arguments.seeds}
    return worst(list(seeds.values())) | networks.about(arguments, recordings) | {
        "seeds": seeds, "machine": machine()
    }


def _sample(recordings, seed, arguments):
    trained = train_network("none", recordings, seed, arguments)
    task, conditions = trained.task, trained.task.conditions
    test = tested(trained, seed, arguments)
    lesioned = study_lesions(task, trained.weights, np.random.default_rng(seed + 3), _LESIONS,
                             n_trials=arguments.trials).evaluations
    gains = test.mode_gains(min(8, task.n_bins, task.n_trained)).tolist()
    return by_condition(test, conditions, MEASURES) | {
        name: by_condition(lesioned[name], conditions, MEASURES) for name in _LESIONS
    } | {
        "mode_gains": dict(zip(conditions, gains, strict=True)),
        "rate_ratio": test.rate_ratio.tolist(), "balanced_accuracy": test.balanced_accuracy,
        "balanced_accuracy_untrained": lesioned[_UNDONE].balanced_accuracy,
        "weight_gain": weight_gain(task, trained.weights),
        "n_rls_updates": trained.record["n_rls_updates"],
        "plastic_noise": _plastic_noise(trained, seed, arguments),
        "plastic_noise_assumed": task.plastic_noise, "seconds": trained.record["seconds"],
        "peak_rss_mb": max(trained.record["peak_rss_mb"], peak_rss_mb()),
        "n_plastic": int(task.network.plastic.pre_index.shape[1]),
    }


def _plastic_noise(trained, seed, arguments):
    """Standard deviation of the plastic input over trials: root of its mean square (voltage)."""
    task, rng = trained.task, np.random.default_rng(seed + 4)
    variances = []
    for condition, weights in enumerate(trained.weights):
        inputs = [t.plastic_input[task.first_bin :] for t in run_trials(
            task.network, task.trial_parameters, min(arguments.trials, _NOISE_TRIALS), rng,
            weights=weights, **task.trial_options(condition),
        )]
        variances.append(np.var(inputs, axis=0, ddof=1).mean())
    return float(np.sqrt(np.mean(variances)))


def worst(samples, low=False):
    """The worst of several networks, number by number; the highest of those that should be low."""
    if isinstance(samples[0], dict):
        return {
            key: (_furthest if key == "rate_ratio" else worst)(
                [s[key] for s in samples], low or key in _LOW
            ) for key in samples[0]
        }
    if isinstance(samples[0], list):
        return [worst(values, low) for values in zip(*samples, strict=True)]
    # A measure that is not defined for one network (NaN) is not defined for the worst.
    return (np.max if low else np.min)(samples).item()


def _furthest(samples, _low):
    ratios = np.array(samples)
    return ratios[np.abs(ratios - 1).argmax(axis=0), np.arange(ratios.shape[1])].tolist()


def report(result):
    """Return the table for people: the worst of all networks."""
    names = result["conditions"]
    parts = {"": result, "other cue: ": result[_OTHER], "undone: ": result[_UNDONE]}
    rows = [
        (f"{part}{measure}", *(values[measure][name] for name in names))
        for part, values in parts.items() for measure in MEASURES
    ]
    gains = "; ".join(
        f"{name} " + " ".join(f"{gain:.2f}" for gain in of_condition)
        for name, of_condition in result["mode_gains"].items()
    )
    ratios = " ".join(f"{ratio:.2f}" for ratio in result["rate_ratio"])
    return (
        f"{table(('worst network', *names), rows)}\n"
        f"gains of the targets' strongest courses: {gains}\n"
        f"simulated over recorded rate, slow to fast neurons: {ratios}\n"
        f"balanced accuracy {result['balanced_accuracy']:.2f}, before learning "
        f"{result['balanced_accuracy_untrained']:.2f}; gain of the learned weights "
        f"{result['weight_gain']:.2f}; noise of the plastic input {result['plastic_noise']:.3f} "
        f"(assumed {result['plastic_noise_assumed']:.3f})\n"
        f"{result['n_plastic']} plastic synapses; RLS learned in {result['n_rls_updates']} loops; "
        f"{result['seconds']:.0f} s, peak memory {result['peak_rss_mb']:.0f} MB\n"
        f"{networks.footnote(result)}"
    )
