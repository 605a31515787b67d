"""Plots that only the notebook of Part 3 needs."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from course.part3.reading import pattern_quality
from src_part3.perturbations import DistractorResult
from src_part3.plotting import COLOURS, condition_styles, plain, plot_distractors, plot_lesions


def draw_lesions(studies):
    """Draw the quality under each lesion and print it beside the balanced accuracy.

    ``studies`` are the same lesions of the same network in several sets of trials: bars are their
    means, and lines reach from the worst to the best set.
    """
    def measure(study):
        tests = list(study.evaluations.values())
        said = list(study.lesions), study.conditions, tests[0].n_trials
        return [pattern_quality(e) for e in tests], [e.balanced_accuracy for e in tests], said

    # One set after the other: each holds the rates of all neurons in each test.
    quality, accuracy, (said, *_) = zip(*map(measure, studies), strict=True)
    (names, conditions, n_trials), n_conditions = said, len(said[1])
    quality, accuracy = np.array(quality), np.array(accuracy)
    _, ax = plt.subplots(figsize=(11, 1.4 + max(0.5, 0.16 * n_conditions) * len(names)))
    plot_lesions(quality, names, conditions, ax=ax)
    mean, low, high = quality.mean(axis=0), quality.min(), quality.max(axis=0)
    for place, (values, ends) in enumerate(zip(mean, high, strict=True)):
        for c, (value, end) in enumerate(zip(values, ends, strict=True)):
            ax.text(max(end, 0) + 0.03, place + 0.8 / n_conditions * (c - (n_conditions - 1) / 2),
                    f"{value:.2f}".replace("-", "−"), va="center", fontsize=11)
    sets = f"{len(quality)} sets of " if len(quality) > 1 else ""
    ax.set(xlim=(min(-0.15, low - 0.05), 1.2), xlabel="correlation on four patterns",
           title=f"{sets}{n_trials} trials of each condition")
    for name, values, right in zip(names, mean, accuracy.mean(axis=0), strict=True):
        each = ", ".join(f"{c} {v:.2f}" for c, v in zip(conditions, values, strict=True))
        print(f"{name:30s} {each}; balanced accuracy {right:.2f}")
    loss = (mean[0] - mean[1:]).mean(axis=1)
    falling = [names[1:][k] for k in np.argsort(-loss) if "targets" not in names[1:][k]]
    print(f"\nFrom the largest loss to the smallest: {'; '.join(n.strip() for n in falling)}. "
          f"\nGuessing gives a balanced accuracy of {1 / n_conditions:.2f}.")


def draw_spread(groups, preference, noise, shared, *, conditions):
    """Draw how selective groups of neurons are, and what they share with the trained ones.

    ``groups`` has the neurons of each group by name; ``preference`` and ``noise`` (n_neurons,) are
    the selectivity and the standard deviation that Poisson noise gives it (Hz), or None where
    there is one condition only; ``shared`` has the `SharedVariance` of the untrained groups.
    """
    figure = plt.figure(figsize=(13, 5.2))
    left, right = figure.subfigures(1, 2, width_ratios=(1.5, 1))
    styles = condition_styles(len(groups))
    if preference is not None:
        axes = left.subplots(len(groups), 1, sharex=True)
        limit = max(np.quantile(np.abs(preference), 0.98), 1e-3)
        bins = np.linspace(-limit, limit, 41)
        middle = (bins[1:] + bins[:-1]) / 2
        for ax, (name, members), style in zip(axes, groups.items(), styles, strict=True):
            ax.hist(preference[members], bins, density=True, color=style["color"], alpha=0.6)
            sd = np.maximum(noise[members], 0.05 * limit)
            by_noise = np.exp(-((middle[:, None] / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))
            ax.plot(middle, by_noise.mean(axis=1), color="black", lw=2, ls="--",
                    label="Poisson noise alone")
            ax.set(yticks=[], ylabel=name)
        axes[0].legend(loc="upper right", fontsize=11)
        axes[0].set_title("selectivity")
        axes[-1].set_xlabel("rate in {} minus {} (Hz)".format(*map(plain, conditions[:2])))
    ax = right.subplots()
    for x, found in enumerate(shared.values()):
        total = max(found.total, np.finfo(float).tiny)
        ax.bar(x - 0.2, found.shared / total, 0.38, color=COLOURS["vermilion"],
               label="measured" if x == 0 else None)
        ax.bar(x + 0.2, found.shifted.mean() / total, 0.38, color="0.75", hatch="//",
               edgecolor="white", label="shifted in time (chance)" if x == 0 else None)
    ax.set(xticks=range(len(shared)), xticklabels=list(shared), ylim=(0, 1.25),
           ylabel="share of the variance without noise", title="in the trained neurons' components")
    ax.legend(loc="upper right", fontsize=11)


def draw_ends(results, *, from_time=0.0):
    """Draw where single trials end after a distractor, a panel for each condition.

    ``results`` is a `DistractorResult`, or several of the same conditions by name. Dots are
    trials, those at "none" without a distractor; markers and bars are means and standard errors.
    ``from_time`` (ms), the end of the cue, is drawn as 0.
    """
    if isinstance(results, DistractorResult):
        results = {"mean ± standard error": results}
    conditions = next(iter(results.values())).conditions
    for name, result in results.items():
        if result.conditions != conditions:
            raise ValueError(f"results[{name!r}] must have the conditions {', '.join(conditions)}, "
                             f"got {', '.join(result.conditions)}.")
    n = len(conditions)
    axes = plt.subplots(1, n, figsize=(2 + 4 * n, 4.2), sharey=True, squeeze=False)[1][0]
    times = np.unique(np.concatenate([r.times for r in results.values()]))
    none = times[0] - np.diff(times).min(initial=np.ptp(times) or 100.0)
    # What is NaN at the first time keeps a line from "none" away.
    drawn_times = np.array([none, times[0], *times]) - from_time
    for c, (ax, condition) in enumerate(zip(axes, conditions, strict=True)):
        ends = {}
        for name, result in results.items():
            ends[name] = np.full((result.undisturbed.shape[1], drawn_times.size), np.nan)
            ends[name][:, 0] = result.undisturbed[c]
            ends[name][:, 2 + np.searchsorted(times, result.times)] = result.positions[c].T
        plot_distractors(drawn_times, ends, dots=True, ylabel="", ax=ax)
        for level, line in ((0.5, ":"), (1, "-")):
            ax.axhline(level, color="0.6", lw=1, ls=line, zorder=0)
        ax.set(xlabel=f"distractor (ms after {'the cue' if from_time else 'the start'})",
               title=plain(condition), xticks=np.delete(drawn_times, 1),
               xticklabels=["none", *(f"{t:g}" for t in times - from_time)])
    low, high = axes[0].get_ylim()
    axes[0].set_ylim(min(low, -0.25), max(high, 1.25))
    axes[0].set_ylabel("end: 0 own, 1 other condition")
    axes[-1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    n_trials = " and ".join(map(str, {r.undisturbed.shape[1] for r in results.values()}))
    axes[0].figure.suptitle(f"ends of single trials (dots), n = {n_trials} each", y=1.06)
    return axes
