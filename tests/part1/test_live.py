"""Plots that are drawn while a network learns: cheap, in one output, and right at the end."""

import itertools
from types import SimpleNamespace

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import src_part1 as one
from course import live
from course.part1 import WatchForce, WatchLoops
from src_part1.plotting import use_course_style
from src_part3 import Training
from tests.notebooks.harness import Session
from tests.part3.small import TRAINING, small_task

TIMING = one.TrialTiming(stim_on=0.0, stim_off=10.0, learn_on=10.0, learn_off=60.0)


def rate_task(n_conditions=1):
    rng = np.random.default_rng(0)
    parameters = one.RateNetworkParameters(n_units=12)
    shape = n_conditions, 12, TIMING.update_times.size
    task = one.RateTask(parameters, TIMING, 1 + rng.random(shape), rng.uniform(0, 4, shape[:2]))
    return task, one.random_weights(parameters, rng)


@pytest.mark.parametrize("cost", [0.001, 0.05, 0.4])
@pytest.mark.parametrize("step", [0.0004, 0.1, 2.0])
def test_drawing_takes_less_than_a_tenth_and_is_rare(monkeypatch, cost, step):
    clock = SimpleNamespace(now=0.0, shown=0)

    def show(plot):
        plot._handle = clock
        clock.shown += 1
        clock.now += cost

    monkeypatch.setattr(live, "_is_live", lambda: True)
    monkeypatch.setattr(live, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    monkeypatch.setattr(live.LivePlot, "_show", show)
    task, _ = rate_task()
    result = SimpleNamespace(train_correlation=np.ones((3, 1)), last_outputs=None)
    with WatchLoops(TIMING.update_times, task.targets, 3) as watch:
        begin = clock.now
        for _ in range(round(30 / step)):
            clock.now += step
            watch(result)
        elapsed = clock.now - begin
    assert watch.used == pytest.approx(watch.n_frames * cost)
    assert watch.used <= 0.1 * elapsed
    assert watch.n_frames <= elapsed / 0.3
    # And it is not idle: at least half of what it may do.
    assert watch.n_frames >= 0.5 * min(0.08 * elapsed / cost, elapsed / max(step, 0.3)) - 1
    assert clock.shown == watch.n_frames + 3  # two at the beginning, and the last picture


def test_panels_stay_where_they_are_from_picture_to_picture(monkeypatch):
    monkeypatch.setattr(live, "_is_live", lambda: True)
    monkeypatch.setattr(
        "IPython.display.display", lambda *_, **__: SimpleNamespace(update=lambda picture: None)
    )
    use_course_style()
    target = np.sin(np.arange(200) / 9)
    with WatchForce(target, dt=1.0, window=50.0) as watch:
        places = [ax.get_position().bounds for ax in watch.figure.axes]
        watch(target, [1.0, 2.0])
        watch._show()
    assert [ax.get_position().bounds for ax in watch.figure.axes] == places
    renderer = FigureCanvasAgg(watch.figure).get_renderer()
    legend = watch.figure.legends[0].get_window_extent(renderer)
    assert not any(legend.overlaps(ax.get_tightbbox(renderer)) for ax in watch.figure.axes)


def test_watching_changes_nothing_and_the_last_picture_holds_the_last_state():
    task, weights = rate_task(n_conditions=2)
    plain = one.train(task, weights, n_loops=2, progress=False)
    names = {"units": (3, 5), "conditions": ("a", "b")}
    with WatchLoops(TIMING.update_times, task.targets, 2, **names) as watch:
        result = one.train(task, weights, n_loops=2, progress=False, after_loop=watch)
    np.testing.assert_array_equal(plain.weights, result.weights)
    assert watch.figure in map(plt.figure, plt.get_fignums())  # no front end: a plain figure
    *panels, curve = watch.figure.axes
    for ax, outputs, targets, found in zip(panels, result.last_outputs, task.targets,
                                           result.train_correlation[-1], strict=True):
        each = [np.corrcoef(a, b)[0, 1] for a, b in zip(outputs, targets, strict=True)]
        assert np.mean(each) == pytest.approx(found)
        drawn = [line.get_ydata() for line in ax.lines]
        assert len(drawn) == 4
        for k, unit in enumerate((3, 5)):
            # Output and target are moved alike, so that their distance is what it is.
            np.testing.assert_allclose(drawn[2 + k] - drawn[k], outputs[unit] - targets[unit])
    for line, column in zip(curve.lines, result.train_correlation.T, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), column)
    assert [text.get_text() for text in curve.get_legend().get_texts()] == ["a", "b"]

    parameters = one.ForceParameters(n_units=30)
    target = np.sin(np.arange(300) / 20)
    with WatchForce(target, dt=parameters.dt, window=100.0) as watch:
        network = one.force_network(parameters, np.random.default_rng(0))
        run = one.train_force(network, target, progress=False, after_update=watch)
    left, right = watch.figure.axes
    np.testing.assert_array_equal(left.lines[0].get_ydata(), target[-100:])
    np.testing.assert_array_equal(left.lines[1].get_ydata(), run.output[-100:])
    assert right.lines[0].get_ydata()[0] == pytest.approx(run.readout_change[0])


def test_a_training_that_is_stopped_while_it_is_drawn_keeps_what_it_learned():
    task, weights = rate_task()
    with WatchLoops(TIMING.update_times, task.targets, 9) as watch:
        def stop(result):
            watch(result)
            if len(result.train_correlation) == 2:
                raise KeyboardInterrupt
        with pytest.warns(UserWarning, match="interrupted after 2 of 9 loops"):
            result = one.train(task, weights, n_loops=9, after_loop=stop)
    assert len(result.train_correlation) == 2
    assert len(watch.figure.axes[-1].lines[0].get_ydata()) == 2


def test_balanced_networks_can_be_watched():
    balanced, n_loops = small_task(), TRAINING.total_loops
    training = Training(balanced, TRAINING)
    assert training.last_outputs is None
    with WatchLoops(
        balanced.times, training.pattern_targets, n_loops, unit="pattern",
        names=("1", "2", "3", "4"), pale=("held_curve", "with the teacher"),
    ) as watch:
        watch(training)  # nothing is done yet
        training.run(progress=False, after_loop=watch)
    assert training.last_outputs.shape == training.pattern_targets.shape
    assert np.isfinite(training.last_outputs).all()
    first, *_, curves = watch.figure.axes
    target, *_, output = first.lines[:5]
    np.testing.assert_allclose(
        output.get_ydata() - target.get_ydata(),
        training.last_outputs[0, 0] - training.pattern_targets[0, 0], atol=1e-6,
    )
    assert first.get_ylabel() == "pattern"
    assert [label.get_text() for label in first.get_yticklabels()] == ["1", "2", "3", "4"]
    by_label = {line.get_label(): line.get_ydata() for line in curves.lines}
    held = np.array(training.held_curve)
    np.testing.assert_array_equal(by_label["with the teacher"], held[:, 0])
    n_held = TRAINING.held_loops
    assert np.isfinite(held[:n_held]).all() and np.isnan(held[n_held:]).all()
    alone = [line.get_ydata() for line in curves.lines if line.get_marker() == "."]
    np.testing.assert_array_equal(np.transpose(alone), training.train_correlation)
    renderer = watch.figure.canvas.get_renderer()
    for legend, ax in itertools.product(watch.figure.legends, watch.figure.axes):
        assert not legend.get_window_extent(renderer).overlaps(ax.get_window_extent(renderer))


def test_a_training_that_fails_at_once_leaves_the_targets():
    task, _ = rate_task()
    with pytest.raises(RuntimeError, match="of the training"):
        with WatchLoops(TIMING.update_times, task.targets, 2) as watch:
            raise RuntimeError("of the training")
    assert len(watch.figure.axes[0].lines) == 8


def test_in_a_notebook_one_output_remains_and_it_is_the_last_state(tmp_path):
    source = """\
import numpy as np
import src_part1 as one
from course import part1 as course
target = np.sin(np.arange(20) / 9)
course.WatchForce.interval, course.WatchForce.share = 0.0, 1e9
with course.WatchForce(target, dt=1.0, window=10.0) as watch:
    network = one.force_network(one.ForceParameters(n_units=50), np.random.default_rng(0))
    one.train_force(network, target, progress=False, after_update=watch)
print(watch.n_frames > 3)
"""
    path = tmp_path / "live.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), path)
    pictures = []
    with Session.open(path) as session:
        (cell,) = session.notebook.cells
        for _ in range(2):
            session.run(cell)
            shown = [o for o in cell.outputs if o.output_type == "display_data"]
            assert len(shown) == 1
            pictures.append(shown[0].data["image/png"])
            assert [o.text for o in cell.outputs if o.output_type == "stream"] == ["True\n"]
    assert pictures[0] == pictures[1]
