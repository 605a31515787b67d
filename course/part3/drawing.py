"""Plots that only the notebook of Part 3 needs."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from course.part3.reading import pattern_quality
from src_part1.common.validation import check_type
from src_part3.perturbations import DistractorResult, LesionStudy
from src_part3.plotting import COLOURS, condition_styles, plot_distractors

_HATCHES = ("", "//", "xx", "..")


def draw_lesions(studies):
    """Draw the quality under each lesion and print it beside the balanced accuracy.

    Parameters
    ----------
    studies : sequence of LesionStudy
        The same lesions of the same network in several sets of trials: bars are their means, and
        lines reach from the worst to the best set.
    """
    for study in studies:
        check_type("studies", study, LesionStudy)
    names, conditions = list(studies[0].lesions), studies[0].conditions
    quality = np.array([[pattern_quality(e) for e in s.evaluations.values()] for s in studies])
    accuracy = np.array([[e.balanced_accuracy for e in s.evaluations.values()] for s in studies])
    n_trials = next(iter(studies[0].evaluations.values())).n_trials
    mean, low, high = quality.mean(axis=0), quality.min(axis=0), quality.max(axis=0)
    n_conditions = len(conditions)
    height = 0.8 / n_conditions
    _, ax = plt.subplots(figsize=(11, 1.4 + max(0.5, 0.16 * n_conditions) * len(names)))
    ends = {"ha": "left", "va": "center", "fontsize": 11}
    for c, (name, style) in enumerate(zip(conditions, condition_styles(n_conditions), strict=True)):
        places = np.arange(len(names)) + height * (c - (n_conditions - 1) / 2)
        reach = (mean[:, c] - low[:, c], high[:, c] - mean[:, c])
        ax.barh(places, mean[:, c], 0.92 * height, color=style["color"], edgecolor="white",
                hatch=_HATCHES[c % len(_HATCHES)], label=name,
                xerr=reach if len(studies) > 1 else None, error_kw={"lw": 2, "capsize": 3})
        for place, value, end in zip(places, mean[:, c], high[:, c], strict=True):
            ax.text(max(end, 0) + 0.03, place, f"{value:.2f}".replace("-", "−"), **ends)
    ax.axvline(0, color="0.3", lw=1)
    sets = f"{len(studies)} sets of " if len(studies) > 1 else ""
    ax.set(yticks=range(len(names)), yticklabels=names, xlim=(min(-0.15, low.min() - 0.05), 1.2),
           xlabel="correlation on four patterns",
           title=f"{sets}{n_trials} trials of each condition")
    ax.invert_yaxis()
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    for name, values, right in zip(names, mean, accuracy.mean(axis=0), strict=True):
        each = ", ".join(f"{c} {v:.2f}" for c, v in zip(conditions, values, strict=True))
        print(f"{name:30s} {each}; balanced accuracy {right:.2f}")
    loss = (mean[0] - mean[1:]).mean(axis=1)
    falling = [names[1:][k] for k in np.argsort(-loss) if "targets" not in names[1:][k]]
    print(f"\nFrom the largest loss to the smallest: {'; '.join(n.strip() for n in falling)}. "
          f"\nGuessing gives a balanced accuracy of {1 / n_conditions:.2f}.")


def draw_spread(groups, preference, noise, shared, *, conditions):
    """Draw how selective groups of neurons are, and what they share with the trained ones.

    Parameters
    ----------
    groups : dict of str to ndarray
        Neurons of each group.
    preference, noise : ndarray, shape (n_neurons,), or None
        Selectivity of all neurons and the standard deviation that Poisson noise gives it (Hz); None
        where there is one condition only.
    shared : dict of str to SharedVariance
        Of the untrained groups.
    conditions : sequence of str
        Names of the conditions.
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
        axes[-1].set_xlabel("rate in {} minus {} (Hz)".format(*conditions[:2]))
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


def draw_ends(result, *, from_time=0.0):
    """Draw where single trials end after a distractor, each side by itself.

    Parameters
    ----------
    result : DistractorResult
        The ends.
    from_time : float, optional
        Time that is drawn as 0 (ms).
    """
    check_type("result", result, DistractorResult)
    axes = plot_distractors({"mean ± standard error": result}, from_time=from_time)
    for ax in axes:
        ax.axhline(0.5, color="0.6", lw=1, ls=":")
        ax.set_xlabel("distractor (ms after the cue)")
    axes[0].figure.suptitle(f"ends of single trials (dots), n = {result.undisturbed.shape[1]} each",
                            y=1.06)
