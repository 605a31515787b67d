"""Schematics: nothing lies on anything, and the numbers are those of the parameters."""

import itertools
import xml.etree.ElementTree

import numpy as np
import pytest

import src_part1 as one
from course.part1 import draw_every_unit, draw_force_loop, draw_mouse_task
from course.part2 import draw_filtered_spikes
from course.part3 import draw_stages, draw_synapses
from src_part2 import LIFParameters
from src_part3 import BalancedNetworkParameters, FeedforwardParameters, make_task
from tests.part3.small import small_task


def task(n_units, timing=None):
    timing = one.TrialTiming() if timing is None else timing
    targets = np.random.default_rng(0).random((1, n_units, timing.update_times.size))
    parameters = one.RateNetworkParameters(n_units=n_units)
    return one.RateTask(parameters, timing, targets, np.zeros((1, n_units)))


def spiking_task(n_inputs, clock):
    return make_task(
        one.load_recordings("synthetic").select(300, rng=np.random.default_rng(0)), seed=1,
        network_parameters=BalancedNetworkParameters(
            n_exc=1200, n_inh=1100, out_degree=460, n_plastic_exc=132, n_plastic_inh=131
        ),
        feedforward_parameters=FeedforwardParameters(clock=clock, n_inputs=n_inputs),
    )


LATE = one.TrialTiming(2800.0, 2900.0, learn_on=2950.0, learn_off=3000.0, learn_every=0.5)
AT_ONCE = one.TrialTiming(0.0, 50.0, learn_on=50.0, learn_off=2130.0, learn_every=20.0)


def own(*conditions):
    rates = 20 * np.random.default_rng(0).random((len(conditions), 3, 20))
    return one.recordings_from_arrays(rates, np.arange(20) * 10.0, conditions)


OWN = own("odour A", "win 5$ (p=50%)$", "_c")
DRAWINGS = {
    "FORCE": lambda: draw_force_loop(one.ForceParameters()),
    "FORCE, long numbers": lambda: draw_force_loop(
        one.ForceParameters(n_units=20_000, gain=1.25, learn_every=12.0, dt=0.5)
    ),
    "every unit": lambda: draw_every_unit(task(100)),
    "every unit of two": lambda: draw_every_unit(task(2)),
    "every unit of 1824": lambda: draw_every_unit(task(1824, AT_ONCE)),
    "filtered spikes": lambda: draw_filtered_spikes(LIFParameters(tau_syn=200.0), 100, LATE),
    "mice": lambda: draw_mouse_task(one.load_recordings("synthetic")),
    "own recordings": lambda: draw_mouse_task(OWN),
    "many own recordings": lambda: draw_mouse_task(own(*(f"{k} " + 60 * "m" for k in range(9)))),
    "synapses": lambda: draw_synapses(spiking_task(300, "none")),
    "synapses with a clock": lambda: draw_synapses(spiking_task(300, "common")),
    "synapses of a small network": lambda: draw_synapses(small_task()),
    "stages": draw_stages,
}


def words(drawing):
    return "\n".join(text.get_text() for text in drawing.ax.texts)


@pytest.mark.parametrize("name", DRAWINGS)
def test_words_lie_apart_from_words_and_lines_and_on_the_sheet(name):
    drawing = DRAWINGS[name]()
    drawing.figure.canvas.draw()
    renderer = drawing.figure.canvas.get_renderer()
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in drawing.ax.texts]
    assert len(boxes) >= 5
    sheet = drawing.figure.bbox
    for text, box in boxes:
        inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= sheet.x1 and box.y1 <= sheet.y1
        assert inside, f"{text!r} leaves the sheet"
    for (first, at), (second, there) in itertools.combinations(boxes, 2):
        assert not at.overlaps(there), f"{first!r} and {second!r}"
    assert all(text.get_size() >= 13 for text in drawing.ax.texts)
    if name in ("FORCE", "every unit", "filtered spikes", "mice", "stages"):
        drawn = [line for line in drawing.ax.lines if line.get_linestyle() != "None"]
        for line, (text, box) in itertools.product(drawn, boxes):
            path = line.get_transform().transform_path(line.get_path())
            assert not path.intersects_bbox(box, filled=False), text


def test_counts_and_times_are_those_of_the_parameters():
    force = one.ForceParameters(n_units=123, gain=1.7, learn_every=3.0)
    mine = draw_mouse_task(OWN)
    for drawing, parts in (
        (draw_force_loop(force), ("123 units", "g = 1.7", "every 3 ms")),
        (draw_every_unit(task(37, AT_ONCE)),
         ("37 units", "unit 37", "every 20 ms", "50 ms", "errors of all 37")),
        (draw_filtered_spikes(LIFParameters(tau_m=12.0, tau_syn=37.0), 123, LATE),
         ("123 LIF neurons, $τ_m$ = 12 ms", "$τ_s$ = 37 ms", "every 0.5 ms")),
        (draw_mouse_task(one.load_recordings("synthetic")), ("−2000 to 0 ms", "lick right")),
        (mine, ("odour A", r"win 5\$ (p=50%)\$", "3 conditions, 3 neurons", "0 to 190 ms")),
        (draw_synapses(spiking_task(77, "common")),
         ("trained E\n300", "other E\n900", "I\n1100", "132 from trained E", "131 from I",
          "240 from E", "220 from I", "77 Poisson neurons")),
        (draw_synapses(spiking_task(77, "none")), ("none here",)),
    ):
        assert [part for part in parts if part not in words(drawing)] == []
    assert not any(part in words(mine) for part in ("mice", "lick", "go cue"))


def test_every_shown_trace_is_the_units_own_target():
    t = task(40)
    lines = [line.get_ydata() for line in draw_every_unit(t).ax.lines]
    traces = [line for line in lines if len(line) == t.targets.shape[2]]
    for trace, unit in zip(traces, (0, 1, 39), strict=True):
        assert np.corrcoef(trace, t.targets[0, unit])[0, 1] == pytest.approx(1)


def test_a_notebook_gets_vectors_with_a_title_and_the_same_every_time():
    bundles = [draw_stages()._repr_mimebundle_() for _ in range(2)]
    assert bundles[0]["image/svg+xml"] == bundles[1]["image/svg+xml"]
    assert bundles[0]["image/png"].startswith(b"\x89PNG")
    root = xml.etree.ElementTree.fromstring(bundles[0]["image/svg+xml"])
    assert root.find("{http://www.w3.org/2000/svg}title").text == draw_stages().title
    # As wide as its page, and no wider than it was drawn.
    assert "width" not in root.attrib and "height" not in root.attrib
    assert root.attrib["viewBox"] and root.attrib["style"] == "max-width: 11in"
    assert not root.findall(".//{http://www.w3.org/2000/svg}image")
