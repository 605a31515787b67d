"""What Part 3 says about its results is true whatever they are."""

import re
from dataclasses import replace

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest

from course.part3 import draw_ends, draw_lesions, pattern_quality, tell_memory, tell_quality
from src_part3 import evaluate
from src_part3.perturbations import DistractorResult, Lesion, study_lesions
from tests.notebooks.harness import SOLUTIONS, tags
from tests.part3.small import small_task

(PART3,) = (path for path in SOLUTIONS if path.stem.startswith("part3"))
RESULTS = ("4 ", "5 ", "6 ", "7 ")  # sections in which networks are tested


@pytest.fixture(scope="module")
def task():
    return small_task()


@pytest.fixture(scope="module")
def tested(task):
    weights = [task.network.initial_weights()] * task.n_conditions
    return evaluate(task, weights, np.random.default_rng(0), n_trials=4)


def said(function, *arguments, capsys):
    function(*arguments)
    return " ".join(capsys.readouterr().out.split())


def quality(tested, capsys, *, r2, size, right):
    """What is said of a test of 24 neurons with these measures for both conditions."""
    recorded = tested.recorded_rates
    mean = recorded.mean(axis=2, keepdims=True)
    rates = tested.rates.copy()
    rates[:, tested.trained] = mean + size * (recorded - mean)
    own = np.arange(2)[:, None]
    decoded = np.where(np.arange(10) < 10 * np.array(right)[:, None], own, 1 - own)
    r2 = np.full_like(tested.r2, r2)
    tested = replace(tested, r2_corrected=r2, half_rates=np.array([rates, rates]), decoded=decoded)
    return said(tell_quality, tested, ("right", "left"), capsys=capsys)


def test_the_table_has_six_rows_and_says_n(tested, task, capsys):
    tell_quality(tested, task.conditions)
    text = capsys.readouterr().out
    table = text.split("\n- ")[0].splitlines()[4:]
    assert len([line for line in table if line.strip()]) == 6
    assert "n = 4 test trials" in text and text.count("\n- ") == 6


def test_a_good_network_is_called_good(tested, capsys):
    text = quality(tested, capsys, r2=0.7, size=1.0, right=(1.0, 0.9))
    assert "It is above 0" in text and "closer than a constant line" in text
    assert text.count("about as large as recorded") == 2
    assert "mean of the last row: 0.95" in text and "gets 0.50" in text
    assert "end elsewhere" not in text


def test_a_poor_network_is_called_poor(tested, capsys):
    text = quality(tested, capsys, r2=-5.0, size=0.5, right=(0.0, 1.0))
    assert "It is not above 0 for right and left" in text
    assert text.count("too small") == 2
    assert "mean of the last row: 0.50" in text
    assert "Many trials of right end elsewhere" in text
    large = quality(tested, capsys, r2=0.1, size=2.0, right=(1.0, 1.0))
    assert large.count("too large") == 2


def test_the_quality_on_patterns_is_one_for_the_targets_and_hardly_noisy(tested):
    noise = 0.3 * np.random.default_rng(0).normal(size=tested.targets.shape)
    perfect, opposite, noisy = (
        pattern_quality(replace(tested, mean_input=mean_input))
        for mean_input in (tested.targets, -tested.targets, tested.targets + noise)
    )
    np.testing.assert_allclose(perfect, 1)
    assert (opposite < 0.9).all() and (noisy > 0).all()


ENDS = {"return to their own end": (0.05, 0.02), "end at the other side": (0.95, 0.02),
        "a position which pushes move": (0.5, 0.05)}


def distracted(right, left, spread=0.05):
    rng = np.random.default_rng(3)
    undisturbed = spread * rng.normal(size=(2, 20))
    return DistractorResult(np.array([140.0]), np.array([[right], [left]]), undisturbed,
                            ("right", "left"))


@pytest.mark.parametrize("words", ENDS)
def test_the_kind_of_memory_follows_from_the_ends_of_each_side(words, capsys):
    rng = np.random.default_rng(1)
    first = next(iter(ENDS))
    other = "a position which pushes move" if words == first else first
    result = distracted(*(rng.normal(*ENDS[side], 20) for side in (words, other)))
    text = said(tell_memory, result, capsys=capsys)
    _, right, left = text.split(" - ")
    assert words in right and other in left and "spread widely" not in text
    draw_ends(result)


def test_ends_of_trials_are_drawn_for_each_condition_apart():
    positions = np.array([[[0.1, 0.3], [0.8, 0.6]], [[0.0, 0.2], [1.5, 1.1]]])
    undisturbed = np.array([[-0.1, 0.1], [-0.3, 0.3]])
    result = DistractorResult(np.array([1100.0, 1500.0]), positions, undisturbed, ("$5", "left"))
    axes = draw_ends(result, from_time=1000.0)
    assert [ax.get_title() for ax in axes] == [r"\$5", "left"]
    for ax, of_condition, before in zip(axes, positions, undisturbed, strict=True):
        dots = next(line for line in ax.lines if line.get_marker() == ".")
        drawn = {tuple(pair) for pair in np.round(dots.get_xydata(), 9) if np.isfinite(pair).all()}
        times = np.repeat([-300.0, 100.0, 500.0], 2)
        assert drawn == set(zip(times, [*before, *of_condition.ravel()], strict=True))
        (bars,) = ax.containers
        middle = [before.mean(), np.nan, *of_condition.mean(axis=1)]
        np.testing.assert_allclose(bars.lines[0].get_ydata(), middle)
        assert "none" in [label.get_text() for label in ax.get_xticklabels()]
        low, high = ax.get_ylim()
        assert low < dots.get_ydata()[0] < high
    other = replace(result, conditions=("right", "left"))
    with pytest.raises(ValueError, match=r"results\['b'\] must have the conditions \$5, left"):
        draw_ends({"a": result, "b": other})


def test_either_return_or_switch_and_noise_alone(capsys):
    both = np.repeat([0.02, 0.98], 10)
    assert "either return or switch" in said(tell_memory, distracted(both, both), capsys=capsys)
    middle = np.linspace(0.3, 0.7, 20)
    text = said(tell_memory, distracted(middle, middle, spread=0.6), capsys=capsys)
    assert text.count("spread widely as well") == 2


def test_lesions_are_listed_with_their_chance(task, capsys):
    weights = [task.network.initial_weights()] * task.n_conditions
    lesions = {"intact": Lesion(), "no cue": Lesion(cue="none"),
               "other cue, its targets": Lesion(cue="other", target="cue")}
    studies = [study_lesions(task, weights, np.random.default_rng(k), lesions, n_trials=2)
               for k in range(2)]
    text = said(draw_lesions, studies, capsys=capsys)
    assert "From the largest loss to the smallest: no cue." in text
    assert "Guessing gives a balanced accuracy of 0.50" in text
    assert len(plt.gca().patches) == 6  # lesions and conditions


def test_neither_titles_nor_texts_below_plots_tell_the_result_of_a_run():
    heading = ""
    for cell in nbformat.read(PART3, as_version=4).cells:
        if cell.cell_type == "markdown":
            heading = (re.findall(r"^## (.+)$", cell.source, re.MULTILINE) or [heading])[-1]
            notice = r"\*\*What to notice\.\*\*.*?(?=\n##|\Z)"
            for text in re.findall(notice, cell.source, re.DOTALL):
                assert not (heading.startswith(RESULTS) and re.search(r"\d\.\d", text)), text
        elif heading.startswith(RESULTS) and "exercise" not in tags(cell):
            assert not re.search(r"\d\.\d\d", cell.metadata.get("alt", "")), cell.source
            for words in re.findall(r"set_title\((.*)\)|title=(.*)[,)]", cell.source):
                assert not re.search(r"(?<![:{])\d\.\d\d", "".join(words)), words
