"""Train networks on your own recordings and write a page: ``make report RECORDINGS=FILE``.

The same as ``python -m tools.report FILE``, which also takes what `load_recordings` needs for files
of spike times, for example ``--condition side --event go`` for NWB. It trains the rate network of
Part 1 and the balanced network of Part 3 and writes one HTML page with its plots inside: the record
as read, what was left out and why, quality of each neuron, learning curves, simulated beside
recorded rates, lesions, untrained neurons, and what limits it here. The trained networks are saved
beside the page. With ``COURSE_FAST=1`` all sizes are small, for tests.
"""

from __future__ import annotations

import argparse
import base64
import html
import io
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import src_part1
import src_part3
from course.sizes import sized
from src_part1 import plotting
from src_part1.common.files import replace_file
from src_part1.common.metrics import correlation, is_constant, summarise
from src_part3.plotting import plot_lesions
from src_part3.task import FEW_NEURONS as FEWEST_WITHOUT_CLOCK
from src_part3.task import network_for

ROOT = Path(__file__).resolve().parents[1]
MOST_NEURONS = 400  # of Part 1's network; Part 3 takes as many as it has E neurons
FEW_NEURONS = 30  # below, a network has little to work with
WEAK = 0.15  # temporal standard deviation over mean rate, below which a neuron hardly changes
_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "img{max-width:100%}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.3rem "
    ".6rem;text-align:left}.note{background:#fff4d6;padding:.3rem .8rem}"
)


class Page:
    """HTML that grows section by section; every text is escaped."""

    def __init__(self, title):
        self._parts = [f"<h1>{html.escape(title)}</h1>"]

    def heading(self, text):
        """Begin a section."""
        self._parts.append(f"<h2>{html.escape(text)}</h2>")

    def text(self, text, *, note=False):
        """Add a paragraph, or a warning."""
        self._parts.append(f"<p{' class=note' if note else ''}>{html.escape(text)}</p>")

    def table(self, head, rows):
        """Add a table."""
        lines = "".join(
            "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in row) + "</tr>"
            for tag, row in [("th", head), *(("td", row) for row in rows)]
        )
        self._parts.append(f"<table>{lines}</table>")

    def plot(self, figure, alt):
        """Add a plot and close it."""
        file = io.BytesIO()
        figure.savefig(file, format="png")
        plt.close(figure)
        data = base64.b64encode(file.getvalue()).decode()
        self._parts.append(
            f"<p><img alt='{html.escape(alt, quote=True)}' src='data:image/png;base64,{data}'></p>"
        )

    def write(self, path):
        """Write the page."""
        content = (
            "<!doctype html><html lang='en'><meta charset='utf-8'><title>Report</title>"
            f"<style>{_STYLE}</style>{''.join(self._parts)}</html>\n"
        )
        replace_file(path, lambda file: file.write(content.encode()))


def report(source, folder, **options):
    """Read recordings, train on them and write ``report.html``, with the networks beside it.

    Parameters
    ----------
    source : str or path-like
        As for `load_recordings`.
    folder : path-like
        Where to write; made if need be.
    **options
        As for `load_recordings`.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    FileNotFoundError, TypeError, ValueError
        If the recordings cannot be read or cannot be learned.
    """
    plotting.use_course_style()
    folder = Path(folder)
    page = Page(f"Networks trained on {source}")
    print("reading", source, flush=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        recordings = src_part1.load_recordings(source, **options)
        kept = recordings.drop_silent()
    folder.mkdir(parents=True, exist_ok=True)
    _record_section(page, recordings, kept, [str(w.message) for w in caught])
    rng = np.random.default_rng(1)
    if kept.n_neurons < 2:
        page.text("A network needs at least two neurons, so nothing was trained.", note=True)
    else:
        quality = _part1_section(page, kept, rng, folder)
        _part3_section(page, kept, rng, folder)
        _limits_section(page, kept, quality)
    path = folder / "report.html"
    page.write(path)
    print("wrote", path, flush=True)
    return path


def _record_section(page, recordings, kept, notes):
    page.heading("The record as read")
    page.text(kept.describe())
    page.text(kept.provenance)
    for note in notes:
        page.text(note, note=True)
    page.table(
        ("condition", "mean rate (Hz)", "highest rate (Hz)", "neurons of constant rate"),
        [
            (name, f"{rates.mean():.2f}", f"{rates.max():.1f}", int(is_constant(rates).sum()))
            for name, rates in zip(kept.conditions, kept.rates, strict=True)
        ],
    )
    figure, axes = plt.subplots(
        1, kept.n_conditions, figsize=(4.0 * max(2, kept.n_conditions), 4.0), squeeze=False
    )
    order = np.argsort(kept.rates[0].argmax(axis=1), kind="stable")
    for ax, name, rates in zip(axes.flat, kept.conditions, kept.rates, strict=True):
        plotting.plot_population(kept.time, rates, order=order, ax=ax, title=name)
    page.plot(figure, "Rates of all neurons over time, an image for each condition, sorted by the "
                      "time of the peak in the first condition.")
    dropped = recordings.n_neurons - kept.n_neurons
    if dropped:
        page.text(f"{dropped} silent neurons are left out of everything that follows.", note=True)


def _quality_table(page, conditions, by_neuron, what):
    page.table(
        ("condition", what),
        [(name, str(summarise(values)))
         for name, values in zip(conditions, by_neuron, strict=True)],
    )


def _quality_plots(page, recordings, simulated, by_neuron, what):
    """Distribution of the quality, and eight neurons from the best to the worst."""
    figure, ax = plt.subplots()
    defined = {
        name: values for name, values in zip(recordings.conditions, by_neuron, strict=True)
        if np.isfinite(values).any()
    }
    if defined:
        plotting.plot_histogram(defined, ax=ax, xlabel=what)
    page.plot(figure, f"Histogram over neurons of the {what}, a line for each condition.")
    filled = np.where(np.isfinite(by_neuron), by_neuron, 0.0).mean(axis=0)
    ranks = np.argsort(-filled, kind="stable")
    shown = ranks[np.linspace(0, ranks.size - 1, min(8, ranks.size)).astype(int)]
    figure, axes = plt.subplots(2, 4, figsize=(14.0, 6.0), sharex=True, squeeze=False)
    for ax, neuron in zip(axes.flat, shown, strict=False):
        styles = plotting.condition_styles(recordings.n_conditions)
        for c, style in enumerate(styles):
            ax.plot(recordings.time, recordings.rates[c, neuron], color=style["color"], lw=5,
                    alpha=0.3)
            ax.plot(recordings.time, simulated[c, neuron], **style,
                    label=recordings.conditions[c])
        ax.set_title(f"neuron {neuron}, {filled[neuron]:.2f}")
    for ax in list(axes.flat)[shown.size:]:
        ax.set_axis_off()
    axes[0, 0].legend(fontsize=9)
    axes[0, 0].set_ylabel("rate (Hz)")
    figure.supxlabel("time (ms)", fontsize=12)
    page.plot(figure, "Rates over time of eight neurons from the best to the worst; thick pale "
                      "lines are recorded, thin lines are the network's.")


def _part1_section(page, recordings, rng, folder):
    """Train the rate network; return the mean quality of each neuron of its recordings."""
    page.heading("Part 1: a network of rate units")
    print("Part 1", flush=True)
    few = recordings
    if recordings.n_neurons > MOST_NEURONS:
        few = recordings.select(MOST_NEURONS)
        page.text(
            f"This network has {MOST_NEURONS} of the {recordings.n_neurons} neurons, "
            "chosen evenly along their mean rates."
        )
    if few.n_time < 4:
        page.text(f"Targets need at least 4 time points; there are {few.n_time}.", note=True)
        return None
    made = src_part1.make_task(few, rng)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        trained = src_part1.train(
            made.task, made.initial_weights, ridge=10.0, n_loops=sized(40, fast=3)
        )
    for warning in caught:
        page.text(str(warning.message), note=True)
    simulated = src_part1.run_population(made, trained.weights)
    by_neuron = correlation(simulated, few.rates)
    page.text("Trained weights are frozen. Each trial starts with its cue and then runs freely.")
    _quality_table(page, few.conditions, by_neuron, "correlation with the recorded rates")
    figure, ax = plt.subplots()
    plotting.plot_learning_curve(trained.train_correlation, names=few.conditions, ax=ax)
    page.plot(figure, "Mean correlation of trained input and target in each loop.")
    _quality_plots(page, few, simulated, by_neuron, "correlation")
    replace_file(
        folder / "part1_network.npz",
        lambda file: np.savez_compressed(
            file, weights=trained.weights, cues=made.task.cues, hz_per_rate=made.hz_per_rate
        ),
    )
    page.text("The weights are in the file part1_network.npz beside this page.")
    return few, by_neuron


# For tests: a network so small that its synapses must be weaker to stay balanced.
_SMALL = {
    "n_exc": 150, "n_inh": 150, "out_degree": 60, "n_plastic_inh": 6, "tau_plastic": 50.0,
    "mu_exc": 0.3, "mu_inh": 0.22, "j_plastic_exc": 0.1, "j_plastic_inh": -0.1,
}
_SHORT = {"held_loops": 2, "settling_loops": 1, "held_trials": 2, "free_loops": 1,
          "free_trials": 2, "watched_trials": 1, "noise_weight": 1.0, "ridge": 20.0}
# Simulated over recorded rate, outside of which the page says that rates are wrong.
RATE_LIMITS = 0.5, 1.5


def balanced_task(recordings):
    """Make the task by the library's rule, with more neurons if there are more recorded ones."""
    clock = "none" if recordings.n_neurons >= FEWEST_WITHOUT_CLOCK else "per_condition"
    numbers = network_for(recordings.n_neurons, clock)
    numbers = replace(
        numbers, **sized({}, fast=_SMALL | {"n_plastic_exc": min(5, recordings.n_neurons - 1)})
    )
    numbers = replace(
        numbers, n_exc=max(numbers.n_exc, recordings.n_neurons),
        n_inh=max(numbers.n_inh, recordings.n_neurons),
    )
    return src_part3.make_task(recordings, network_parameters=numbers)


def _describe(page, task):
    """Say what is trained, and how."""
    p = task.network.parameters
    page.text(
        f"{task.n_trained} of {p.n_exc} excitatory neurons are trained, each with "
        f"{p.n_plastic_exc} plastic synapses from trained excitatory and {p.n_plastic_inh} from "
        f"inhibitory neurons, with a time constant of {p.tau_plastic:g} ms. A teacher holds the "
        "network first; then RLS goes on in the closed loop."
    )
    figure, ax = plt.subplots(figsize=(9.0, 1.6))
    parts = {
        "trained": task.n_trained, "other excitatory": p.n_exc - task.n_trained,
        "inhibitory": p.n_inh,
    }
    start = 0
    for (name, number), colour in zip(parts.items(), ("C1", "0.7", "C0"), strict=True):
        ax.barh(0, number, left=start, color=colour, label=f"{name}: {number}")
        start += number
    ax.set(yticks=[], xlabel="neurons", xlim=(0, start))
    ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=9)
    page.plot(figure, "A bar of all neurons, divided into trained, other excitatory and "
                      "inhibitory ones: " + ", ".join(f"{n} {k}" for k, n in parts.items()) + ".")
    if task.feedforward_parameters.clock == "none":
        page.text("The network has no clock: what follows the cue comes from its own synapses.")
        return
    page.text(
        "The network has a clock: Poisson neurons with rates of their own in each condition tell "
        "it the time and the condition. The results do not show that these neurons could sustain "
        "their activity alone; the lesion 'no clock' shows how much they depend on the clock."
    )


def _part3_section(page, recordings, rng, folder):
    page.heading("Part 3: a balanced network of spiking neurons")
    print("Part 3", flush=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            task = balanced_task(recordings)
            training = src_part3.train(
                task, sized(None, fast=src_part3.TrainingParameters(**_SHORT))
            )
        except (ValueError, src_part1.TrainingDivergedError) as error:
            page.text(f"The network could not be trained: {error}", note=True)
            training = None
    for text in dict.fromkeys(str(warning.message) for warning in caught):
        page.text(text, note=True)
    if training is None:
        return
    _describe(page, task)
    tested = src_part3.evaluate(task, training.weights, rng, n_trials=sized(50, fast=4))
    page.text(
        f"The network was tested with frozen weights in {tested.n_trials} trials of each "
        f"condition, in bins of {task.trial_parameters.bin_width:g} ms."
    )
    quality_section(page, task.conditions, tested)
    figure, ax = plt.subplots()
    plotting.plot_learning_curve(
        training.train_correlation, names=task.conditions, ax=ax,
        ylabel="correlation of the freely running network",
    )
    page.plot(figure, "Correlation of total input and target, in the four strongest patterns of "
                      "the targets, of the freely running network in each loop.")
    trained = task.network.trained
    since_cue = task.times - task.trial_parameters.stim_off
    shown = src_part1.recordings_from_arrays(
        task.recorded_rates, recordings.time[0] + since_cue, task.conditions
    )
    _quality_plots(page, shown, tested.rates[:, trained], tested.psth_correlation,
                   "correlation of PSTHs")
    _lesions(page, training, rng)
    _untrained(page, task, tested)
    src_part3.save_network(folder / "part3_network.npz", task, training.weights)
    page.text("The network is in part3_network.npz beside this page; load_network reads it.")


def quality_section(page, conditions, tested):
    """Add correlations, and beside each what a correlation does not see: the size of rates.

    Parameters
    ----------
    page : Page
        Where to write.
    conditions : sequence of str
        Names.
    tested : Evaluation
        The measures.
    """
    page.table(
        ("condition", "correlation of simulated and recorded PSTH", "R^2 of PSTHs",
         "size of the changes of rate", "correlation of mean input and target",
         "R^2 of the input without trial noise", "trials that end on their side"),
        [
            (name, str(summarise(tested.psth_correlation[c])), str(summarise(tested.psth_r2[c])),
             f"{tested.modulation_slope[c]:.2f}", str(summarise(tested.correlation[c])),
             str(summarise(tested.r2_corrected[c])), f"{tested.side_decoded[c]:.2f}")
            for c, name in enumerate(conditions)
        ],
    )
    ratios = tested.rate_ratio
    page.text(
        "A correlation is blind to the size of rates. Simulated over recorded mean rate, in groups "
        "of neurons from the slowest to the fastest: "
        + ", ".join(f"{ratio:.2f}" for ratio in ratios)
        + ". The size of the changes of rate is 1 where they have their recorded size."
    )
    wrong = (ratios < RATE_LIMITS[0]) | (ratios > RATE_LIMITS[1])
    if wrong.any():
        page.text(
            f"Simulated rates are wrong by half or more in {wrong.sum()} of {wrong.size} groups of "
            "neurons: do not read rates from this network, whatever the correlation.", note=True,
        )


def _lesions(page, training, rng):
    """Measures of the trained network with parts of it taken away."""
    page.heading("With parts taken away")
    print("lesions", flush=True)
    n_trials = sized(20, fast=2)
    study = src_part3.study_lesions(training.task, training.weights, rng, n_trials=n_trials)
    page.text(
        "Parts of the trained network are taken away, and it is not trained again. Shown is the "
        f"median correlation of mean input and target over {n_trials} trials of each condition; "
        "the table has the median R^2 without trial noise beside it."
    )
    page.plot(plot_lesions(study).figure, "Bars of the median correlation of mean input and "
              "target under each lesion, a bar for each condition.")
    columns = zip(
        study.lesions, study.measure("median_correlation"), study.measure("r2_corrected"),
        study.evaluations.values(), strict=True,
    )
    page.table(
        ("lesion", *study.conditions, *(f"R^2 {name}" for name in study.conditions),
         "balanced accuracy of the end"),
        [(name, *(f"{value:.2f}" for value in (*correlations, *squares, test.balanced_accuracy)))
         for name, correlations, squares, test in columns],
    )


def _untrained(page, task, tested):
    """Rates and modulation of the neurons that were not trained."""
    page.heading("The untrained neurons")
    n_exc = task.network.n_exc
    everyone = np.arange(tested.rates.shape[1])
    others = np.setdiff1d(everyone, task.network.trained)
    groups = {
        "trained": task.network.trained, "other excitatory": others[others < n_exc],
        "inhibitory": others[others >= n_exc],
    }
    page.table(
        ("neurons", "number", "mean rate (Hz)", "median change over time, s.d. (Hz)"),
        [
            (name, index.size, f"{tested.rates[:, index].mean():.2f}",
             f"{np.median(tested.rates[:, index].std(axis=2)):.2f}")
            for name, index in groups.items() if index.size
        ],
    )
    page.text(
        "Only the trained neurons had targets. Changes in the rates of the others come from the "
        "trained neurons, from the cue, or from trial noise."
    )


def _limits_section(page, recordings, quality):
    """Say what limits the quality for these recordings."""
    page.heading("What limits the quality here")
    found = []
    spread = recordings.rates.std(axis=2).max(axis=0)
    weak = spread < WEAK * recordings.rates.mean(axis=(0, 2))
    if recordings.n_neurons < FEW_NEURONS:
        found.append(
            f"There are only {recordings.n_neurons} neurons: the network of Part 1 has no more "
            "units, and in Part 3 only so many trained neurons drive one another."
        )
    if weak.any():
        found.append(
            f"{weak.sum()} of {recordings.n_neurons} neurons change by less than {100 * WEAK:.0f}% "
            "of their mean rate (s.d. over time). There is little to learn from them, and trial "
            "noise hides it."
        )
    if recordings.smoothing == 0 and recordings.bin_width < 50.0:
        found.append(
            "According to the record, its rates were not smoothed. If they were, state the "
            "half-width of the moving mean (smoothing), so that simulated PSTHs are smoothed in "
            "the same way before the comparison."
        )
    if quality is not None:
        few, by_neuron = quality
        each = np.where(np.isfinite(by_neuron), by_neuron, 0.0).mean(axis=0)
        order = np.argsort(few.rates.std(axis=2).mean(axis=0))
        third = max(1, order.size // 3)
        found.append(
            f"In Part 1 the median correlation is {np.median(each[order[-third:]]):.2f} for the "
            f"third of the neurons that change most, and {np.median(each[order[:third]]):.2f} for "
            "the third that change least."
        )
    for sentence in found:
        page.text(sentence)


def _options(arguments):
    """Return what the command line says for `load_recordings`."""
    options = {
        name: value for name, value in vars(arguments).items()
        if name not in ("file", "output") and value is not None
    }
    if "condition" in options and len(options["condition"]) == 1:
        options["condition"] = options["condition"][0]
    for name in ("where", "units"):
        if name in options:
            rules = {}
            for rule in options[name]:
                column, _, value = rule.partition("=")
                rules.setdefault(column, []).append(value)
            options[name] = rules
    return options


def main(argv=None):
    """Read the command line and write the report.

    Parameters
    ----------
    argv : list of str, optional
        Arguments; those of the process by default.

    Returns
    -------
    int
        Exit status: 1 if the recordings cannot be read or learned; the reason is printed.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tools.report", description=__doc__.splitlines()[0]
    )
    parser.add_argument("file", help="a .npz, .mat or .nwb file, or 'synthetic'")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "report")
    parser.add_argument("--condition", nargs="+", help="NWB: column(s) of the table of trials")
    parser.add_argument("--event", help="NWB: column or time series of the event (s)")
    parser.add_argument("--trials", help="NWB: another table of intervals")
    parser.add_argument("--where", nargs="+", metavar="COLUMN=VALUE", help="NWB: trials to use")
    parser.add_argument("--units", nargs="+", metavar="COLUMN=VALUE", help="NWB: units to use")
    parser.add_argument("--conditions", nargs="+", help="the conditions to use, in this order")
    parser.add_argument("--window", nargs=2, type=float, metavar=("START", "END"), help="ms")
    parser.add_argument("--bin-width", type=float, help="ms")
    parser.add_argument("--smoothing", type=float, help="half-width of the moving mean, ms")
    parser.add_argument("--minimum-rate", type=float, help="Hz, in every condition")
    arguments = parser.parse_args(argv)
    try:
        report(arguments.file, arguments.output, **_options(arguments))
    except (ImportError, OSError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
