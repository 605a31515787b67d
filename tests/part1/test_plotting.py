import matplotlib.colors
import matplotlib.pyplot as plt
import numpy as np
import pytest

from src_part1 import plotting

TIME = np.arange(50.0)
ROWS = np.random.default_rng(0).random((4, 50))


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plotting.plot_traces(TIME, ROWS, ax=ax),
        lambda ax: plotting.plot_targets_and_outputs(TIME, ROWS, ROWS, ax=ax),
        lambda ax: plotting.plot_weights(ROWS, ax=ax),
        lambda ax: plotting.plot_eigenvalues(ROWS[:, :4], ax=ax, radius=1.0),
        lambda ax: plotting.plot_learning_curve(ROWS.T[:, :2], names=("a", "b"), ax=ax),
        lambda ax: plotting.plot_population(TIME, ROWS, ax=ax),
        lambda ax: plotting.plot_histogram({"a": ROWS[0], "b": ROWS[1]}, ax=ax),
    ],
)
def test_every_figure_draws_on_the_given_axes_and_names_them(draw):
    fig, ax = plt.subplots()
    assert draw(ax) is ax
    assert ax.has_data()
    assert ax.get_xlabel() and ax.get_ylabel()
    fig.canvas.draw()
    new = draw(None)
    assert new is not ax
    plt.close("all")


def test_targets_are_drawn_as_they_are():
    ax = plotting.plot_targets_and_outputs(TIME, ROWS[:1], ROWS[1:2])
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), ROWS[0])
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), ROWS[1])
    plt.close("all")


def test_colours_are_distinguishable_in_grey():
    # Neighbours in the cycle differ in luminance (Rec. 709) by at least 5%.
    luminance = [
        np.dot(matplotlib.colors.to_rgb(c), (0.2126, 0.7152, 0.0722))
        for c in plotting.CONDITION_COLOURS[:2]
    ]
    assert abs(luminance[0] - luminance[1]) > 0.05
