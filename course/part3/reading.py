"""What the numbers of a test say, in sentences that are chosen by the numbers themselves."""

from __future__ import annotations

import textwrap

import numpy as np

# How many of the targets' strongest patterns a quality looks at, as a training does.
_PATTERNS = 4
_ROWS = (
    ("input and target: correlation, corrected", "corrected_correlation"),
    ("input and target: R², corrected", "r2_corrected"),
    ("PSTH: size of the changes (1: as recorded)", "modulation_slope"),
    ("PSTH: R²", "psth_r2"),
    ("single trial and target: correlation", "single_trial_correlation"),
    ("single trials that end on their own side", "side_decoded"),
)
# Sizes of changes that are called about right, and shares that are called most.
_SIZE, _MOST = (0.8, 1.25), 0.8
# A trial has returned below, and switched above.
_RETURNED, _SWITCHED = 0.25, 0.75


def pattern_quality(evaluation):
    """Correlation of mean inputs and targets on the targets' strongest patterns over neurons.

    Noise that each neuron has for itself averages out over neurons, so that this measure hardly
    depends on the number of trials. A training watches itself by the same.
    """
    targets, inputs = (x.swapaxes(1, 2).astype(float)
                       for x in (evaluation.targets, evaluation.mean_input))
    pooled = np.concatenate(targets)
    centre = pooled.mean(axis=0)
    patterns = np.linalg.svd(pooled - centre, full_matrices=False)[2][:_PATTERNS]
    found, wanted = (((x - centre) @ patterns.T).reshape(len(x), -1) for x in (inputs, targets))
    norm = np.sqrt((found**2).sum(axis=1) * (wanted**2).sum(axis=1))
    return (found * wanted).sum(axis=1) / np.maximum(norm, np.finfo(float).tiny)


def _say(*sentences):
    print()
    for sentence in sentences:
        print(textwrap.fill(sentence, 100, initial_indent="- ", subsequent_indent="  "))


def _names(conditions, chosen):
    return " and ".join(name for name, yes in zip(conditions, chosen, strict=True) if yes)


def tell_quality(evaluation, conditions):
    """Print six measures of a test, and what they say."""
    summary = evaluation.summary()
    n, n_trained = evaluation.n_trials, evaluation.trained.size
    print(f"n = {n} test trials of each condition with frozen weights; {n_trained} neurons,\n"
          "medians except in the third and the last two rows\n")
    print(" " * 44 + "   ".join(f"{c:>10s}" for c in conditions))
    for name, measure in _ROWS:
        print(f"{name:44s}" + "   ".join(f"{s[measure]:10.2f}" for s in summary))
    value = {measure: np.array([s[measure] for s in summary]) for _, measure in _ROWS}
    left_out = ", ".join(f"{s['n_unreliable']} ({c})" for c, s in
                         zip(conditions, summary, strict=True))
    below = value["r2_corrected"] <= 0
    if below.any():
        r2 = (f"It is not above 0 for {_names(conditions, below)}: for half of the neurons a "
              "constant line at the target's mean would be as close or closer.")
    else:
        r2 = "It is above 0: for most neurons the input is closer than a constant line would be."
    size = value["modulation_slope"]
    words = np.where(size < _SIZE[0], "too small", np.where(size > _SIZE[1], "too large",
                                                            "about as large as recorded"))
    sizes = ", ".join(f"{w} ({c})" for w, c in zip(words, conditions, strict=True))
    chance = 1 / len(conditions)
    accuracy = evaluation.balanced_accuracy
    side = (f"Balanced accuracy, the mean of the last row: {accuracy:.2f}. A network that ignores "
            f"its cue may be right in all trials of one condition, but gets {chance:.2f}.")
    wrong = value["side_decoded"] < _MOST
    if wrong.any():
        side += f" Many trials of {_names(conditions, wrong)} end elsewhere."
    # From trial to trial, in windows of 100 ms.
    fluctuation = np.median(np.sqrt(evaluation.input_noise * evaluation.n_trials))
    _say(
        "Corrected: the noise that is left in a mean over n trials is taken off, so that n does "
        f"not matter. Neurons without a corrected correlation, because their mean is mostly noise: "
        f"{left_out}.",
        "A correlation asks for the right shape only; R² also asks for the right size and mean. "
        + r2,
        f"Changes of the rates are {sizes}.",
        "A PSTH is the rate over time, averaged over trials. Its R² is not corrected: what noise "
        f"is left in {n} trials counts as an error.",
        "A single trial of one neuron is mostly noise: its input fluctuates with a standard "
        f"deviation of {fluctuation:.2f}, its target with "
        f"{np.median(evaluation.targets.std(axis=2)):.3f} (medians).",
        side,
    )


def tell_memory(result, *, from_time=0.0):
    """Print where trials end after a distractor, and which kind of memory that is."""
    sentences = []
    for condition, own, pushed in zip(
        result.conditions, result.undisturbed, result.positions, strict=True
    ):
        n = own.size
        print(f"{condition} ({n} trials each): undisturbed, end 0.00 ± {own.std():.2f} "
              "(standard deviation)")
        for time, ends in zip(result.times, pushed, strict=True):
            print(f"  distractor after {time - from_time:g} ms: end {ends.mean():.2f} ± "
                  f"{ends.std():.2f}; {_share(ends > 0.5)} nearer to the other side")
        returned, switched = (pushed < _RETURNED).mean(), (pushed > _SWITCHED).mean()
        between = 1 - returned - switched
        if returned >= _MOST:
            kind = ("nearly all trials return to their own end. Pushes of this size are forgotten, "
                    "as around an attractor")
        elif switched >= _MOST:
            kind = ("nearly all trials end at the other side: the push takes them across the "
                    "border between two attractors, or there is nothing that holds this side")
        elif between >= max(returned, switched):
            kind = ("most trials end between the two sides. That is a position which pushes move, "
                    "and not a choice between two attractors")
        elif min(returned, switched) > 0.2 and between < 0.25:
            kind = "trials either return or switch, as with two attractors"
        else:
            kind = (f"mixed: {_share(pushed < _RETURNED)} return, {_share(pushed > _SWITCHED)} "
                    "switch, the others end between")
        if own.std() > 0.3 and returned < _MOST:
            kind += (". But undisturbed trials of this side spread widely as well, so that noise "
                     "alone moves this memory")
        sentences.append(f"{condition}: {kind}.")
    _say(*sentences)


def _share(chosen):
    return f"{np.mean(chosen):.0%}"
