import itertools
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest

from src_part1 import plotting

TIME = np.arange(50.0)
# What a user may call a condition: read as a formula, hidden from a legend, or no formula at all.
NAMES = ("$5 vs $10", "win 5$ (p=50%)$", "_left", r"a\$b^2_", "x_1^{", "ünïcødé ω")
ROWS = np.random.default_rng(0).random((4, 50))


@pytest.mark.parametrize("draw", [
    lambda ax: plotting.plot_traces(TIME, ROWS, ax=ax),
    lambda ax: plotting.plot_targets_and_outputs(TIME, ROWS, ROWS, ax=ax),
    lambda ax: plotting.plot_weights(ROWS, ax=ax),
    lambda ax: plotting.plot_eigenvalues(ROWS[:, :4], ax=ax, radius=1.0),
    lambda ax: plotting.plot_learning_curve(ROWS.T[:, :2], names=("a", "b"), ax=ax),
    lambda ax: plotting.plot_population(TIME, ROWS, ax=ax),
    lambda ax: plotting.plot_distractors(TIME, {"a": ROWS, "b": ROWS[:1]}, ax=ax),
    lambda ax: plotting.plot_histogram({"a": ROWS[0], "b": ROWS[1]}, ax=ax),
    lambda ax: plotting.plot_paths(ROWS[None], ROWS[None] + 1, names=("a",), ax=ax),
])
def test_every_function_draws_on_the_given_axes_and_names_them(draw):
    fig, ax = plt.subplots()
    assert draw(ax) is ax
    assert ax.has_data()
    assert ax.get_xlabel() and ax.get_ylabel()
    fig.canvas.draw()
    assert draw(None) is not ax


def test_condition_styles_are_all_different():
    colours, lines = zip(*(s.values() for s in plotting.condition_styles(50)), strict=True)
    assert colours[:4] == plotting.CONDITION_COLOURS
    assert len(set(colours[:6])) == 6 and len(set(lines[:4])) == 4
    assert len(set(zip(colours[:24], lines[:24], strict=True))) == 24
    assert not {plotting.TARGET, plotting.COLOURS["yellow"]} & set(colours)
    for n in range(3):
        assert plotting.condition_styles(n) == plotting.condition_styles(50)[:n]


@pytest.mark.parametrize("n", [1, 4, 5, 8, 13])
def test_a_learning_curve_shows_every_condition_under_its_own_name(n):
    curve = np.arange(3.0)[:, None] + 10 * np.arange(n)
    names = [f"condition {k}" for k in range(n)]
    ax = plotting.plot_learning_curve(curve, names=names)
    assert len(ax.lines) == n
    handles, labels = ax.get_legend_handles_labels()
    assert labels == names == [text.get_text() for text in ax.get_legend().get_texts()]
    for k, (handle, style) in enumerate(zip(handles, plotting.condition_styles(n), strict=True)):
        np.testing.assert_array_equal(handle.get_ydata(), curve[:, k])
        assert (handle.get_color(), handle.get_linestyle()) == tuple(style.values())


def shown(text):
    """What a text shows after matplotlib has looked for formulas; it must have found none."""
    words, formula = text._preprocess_math(text.get_text())
    assert formula is False, text
    return words.removeprefix("\u200b")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_drawn_as_it_is_in_every_plot(name):
    pair = (name, "other")
    for ax, entries in (
        (plotting.plot_learning_curve(np.ones((3, 2)), names=pair), "{}"),
        (plotting.plot_histogram(dict(zip(pair, ROWS[:2], strict=True))), "{}: median"),
        (plotting.plot_neuron(TIME, ROWS[:2], ROWS[2:], names=pair), "{}, recorded"),
        (plotting.plot_paths(ROWS[None].repeat(2, 0), ROWS[None].repeat(2, 0), names=pair),
         "{}, recorded"),
        (plotting.plot_distractors(TIME, dict(zip(pair, (ROWS, ROWS), strict=True))), "{}"),
    ):
        texts = [shown(text) for text in ax.legend().get_texts()]
        assert any(text.startswith(entries.format(name)) for text in texts), texts
        ax.figure.canvas.draw()
    assert shown(plotting.plot_population(TIME, ROWS, title=name).title) in ("", name)


def test_a_name_finds_a_font_that_has_its_letters():
    before = list(plt.rcParams["font.family"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        letter = "\u1d81"  # in STIX, which comes with matplotlib, but not in its first font
        assert plotting.plain(letter) == letter
        added = plt.rcParams["font.family"][len(before):]
        assert len(added) == 1 and "Last Resort" not in added[0]
        figure = plt.figure()
        figure.text(0, 0, plotting.plain(letter))
        figure.canvas.draw()  # a letter without a glyph warns


def test_letters_that_no_font_has_are_told_apart_and_a_sentence_says_so(monkeypatch):
    monkeypatch.setattr(plotting, "_fonts", list)
    with pytest.warns(UserWarning, match="No font of this computer has 左右: .* codes instead"):
        assert plotting.plain("左 or 右") == "[U+5DE6] or [U+53F3]"


@pytest.mark.parametrize("names", [("a",), ("a", "b", "c"), ()])
def test_names_that_are_not_as_many_as_the_conditions_are_refused(names):
    with pytest.raises(ValueError, match="names must name the 2 conditions of the curve, got"):
        plotting.plot_learning_curve(np.zeros((3, 2)), names=names)
    assert not plt.get_fignums()


def test_targets_and_one_curve_are_drawn_as_they_are():
    ax = plotting.plot_targets_and_outputs(TIME, ROWS[:1], ROWS[1:2])
    np.testing.assert_array_equal([line.get_ydata() for line in ax.lines], ROWS[:2])
    assert plotting.plot_learning_curve(np.zeros(3)).get_ylabel() == "mean correlation"
    ax = plotting.plot_learning_curve([0.1, 0.2], ylabel="median correlation")
    assert ax.get_ylabel() == "median correlation" and len(ax.lines) == 1


@pytest.mark.parametrize("n", [1, 4, 5, 8])
def test_a_histogram_shows_every_condition(n):
    values = {f"condition {k}": np.array([k, k + 0.5, np.nan, k + 1.0]) for k in range(n)}
    ax = plotting.plot_histogram(values)
    labels = {text.get_text() for text in ax.get_legend().get_texts()}
    assert labels == {f"condition {k}: median {k + 0.5:.3f}" for k in range(n)}
    assert sorted(line.get_xdata()[0] for line in ax.lines) == [k + 0.5 for k in range(n)]
    ax = plotting.plot_histogram({"test": np.full(5, np.nan)}, xlabel="test correlation")
    assert "no test correlation is defined" in ax.texts[0].get_text()


def test_distractors_are_drawn_as_mean_and_standard_error_or_as_dots_side_by_side():
    values = np.array([[1.0, 2.0], [3.0, 2.0], [5.0, 2.0]])
    ax = plotting.plot_distractors([-500.0, 0.0], {"three": values, "one": values[:1]})
    three, one = ax.containers
    np.testing.assert_allclose(three.lines[0].get_ydata(), [3.0, 2.0])
    bars = three.lines[2][0].get_segments()
    np.testing.assert_allclose([bar[:, 1] for bar in bars],
                               [[3 - 2 / np.sqrt(3), 3 + 2 / np.sqrt(3)], [2.0, 2.0]])
    np.testing.assert_allclose(one.lines[0].get_ydata(), values[0])
    assert not one.has_yerr
    ax = plotting.plot_distractors([-500.0, 0.0], {"a": values, "b": values}, dots=True)
    dots = [line for line in ax.lines if line.get_marker() == "."]
    np.testing.assert_array_equal(np.sort(dots[0].get_ydata()), np.sort(values, axis=None))
    places = [set(line.get_xdata()) for line in dots]
    assert len(places) == 2 and not places[0] & places[1]


def test_a_neuron_is_drawn_in_each_condition_as_it_is():
    ax = plotting.plot_neuron(TIME, ROWS[:2], ROWS[2:], names=("left", "right"), kind="measured")
    for line, expected in zip(ax.lines, ROWS[[0, 2, 1, 3]], strict=True):
        np.testing.assert_array_equal(line.get_ydata(), expected)
    assert ax.get_legend_handles_labels()[1] == [
        "left, measured", "left, network", "right, measured", "right, network"
    ]


def test_paths_of_a_flat_population_keep_their_distances():
    # Two conditions that move in one plane of 30 dimensions: nothing is lost in the projection.
    rng = np.random.default_rng(1)
    plane = np.linalg.qr(rng.standard_normal((30, 2)))[0]
    inside = rng.standard_normal((2, 2, 50))
    rates = 5 + plane @ inside
    across = rates + np.linalg.svd(plane)[0][:, 2:3]  # moved at right angles to the plane
    ax = plotting.plot_paths(rates, across, names=("left", "right"))
    paths = [line.get_xydata() for line in ax.lines if len(line.get_xdata()) == 50]
    np.testing.assert_allclose(paths[0], paths[1], atol=1e-12)
    np.testing.assert_allclose(paths[2], paths[3], atol=1e-12)
    found = np.concatenate([paths[0], paths[2]])
    expected = np.concatenate(list(inside.transpose(0, 2, 1)))
    np.testing.assert_allclose(
        np.linalg.norm(found[:, None] - found, axis=2),
        np.linalg.norm(expected[:, None] - expected, axis=2), atol=1e-9,
    )


# --- colours that everybody can tell apart, letters that can be read from the last row ---

# Machado, Oliveira & Fernandes (2009), severity 1: linear RGB seen without one kind of cone.
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}
# From linear sRGB to CIE XYZ (D65, IEC 61966-2-1).
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour):
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* of linear sRGB."""
    scaled = XYZ @ np.clip(rgb, 0, 1) / XYZ.sum(axis=1)
    f = np.where(scaled > 216 / 24389, np.cbrt(scaled), (24389 / 27 * scaled + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def smallest_distance(colours, see):
    pairs = itertools.combinations([lab(see @ linear(c)) for c in colours], 2)
    return min(np.linalg.norm(a - b) for a, b in pairs)


def test_colours_differ_for_every_kind_of_colour_vision_and_in_grey():
    assert np.allclose(lab(linear("#ff0000")), [53.24, 80.09, 67.20], atol=0.05)
    for see in (np.eye(3), *map(np.array, BLINDNESS.values())):
        assert smallest_distance(plotting.CONDITION_COLOURS[:2], see) > 40
        assert smallest_distance(plotting.CONDITION_COLOURS, see) > 10
        assert smallest_distance(plotting.COLOURS.values(), see) > 8
    grey = [lab(linear(c))[0] for c in (*plotting.CONDITION_COLOURS[:2], plotting.COLOURS["black"])]
    assert min(abs(a - b) for a, b in itertools.combinations(grey, 2)) > 8


def test_letters_are_large():
    plotting.use_course_style()
    for name in ("font.size", "xtick.labelsize", "ytick.labelsize", "legend.fontsize"):
        size = plt.rcParams[name]
        assert (plt.rcParams["font.size"] if isinstance(size, str) else size) >= 11, name
