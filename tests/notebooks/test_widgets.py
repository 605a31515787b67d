"""Sliders and the stop button, in a kernel as Jupyter runs it."""

import contextlib

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

from tests.notebooks.harness import Session, printed

FRONT = """\
import ipywidgets
import matplotlib.pyplot as plt
from course import part1 as course
"""
DRAW = """\
def draw(x):
    plt.subplots()[1].plot([0, x])
course.sliders(draw, x=ipywidgets.IntSlider(1, 0, 5))
"""
LOOK = """\
instances = list(ipywidgets.widgets.widget._instances.values())
(out,) = [w for w in instances if isinstance(w, ipywidgets.Output)]
(slider,) = [w for w in instances if isinstance(w, ipywidgets.IntSlider)]
"""
SHOWN = "print(len(out.outputs), [o['output_type'] for o in out.outputs], out.layout.min_height)"


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """A kernel that has imported the course."""
    path = tmp_path_factory.mktemp("widgets") / "empty.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(FRONT)]), path)
    with Session.open(path) as session:
        session.run(session.notebook.cells[0])
        yield session


def run(session, source):
    """Run a cell, whatever becomes of it, and return its outputs."""
    cell = nbformat.v4.new_code_cell(source)
    session.notebook.cells.append(cell)
    with contextlib.suppress(CellExecutionError):
        session.run(cell)
    return cell.outputs


def errors(outputs):
    return ["\n".join(o.traceback) for o in outputs if o.output_type == "error"]


@pytest.mark.parametrize("magic", ["", "%matplotlib inline\n"])
def test_a_demo_shows_one_figure_before_and_after_a_change(session, magic):
    session.execute("ipywidgets.Widget.close_all()")
    outputs = run(session, magic + DRAW)
    assert not [o for o in outputs if "image/png" in o.get("data", {})]  # only in the panel
    session.execute(LOOK)
    assert session.execute(SHOWN) == "1 ['display_data'] 400px\n"
    session.execute("slider.value = 4")
    assert session.execute(SHOWN) == "1 ['display_data'] 400px\n"


def test_a_figure_is_drawn_once(session):
    outputs = run(session, """
from src_part1 import plotting
plotting.use_course_style()
drawn, (fig, _) = [], plt.subplots()
fig.canvas.draw_idle = lambda: drawn.append("before it is shown")""")
    assert sum("image/png" in o.get("data", {}) for o in outputs) == 1
    assert session.execute("print(drawn)") == "[]\n"


def test_a_stopped_cell_ends_with_one_sentence(session):
    session.execute("course.stop_quietly()")
    outputs = run(session, "kept = 1\nraise KeyboardInterrupt\nkept = 2")
    assert printed(outputs) == (
        "Stopped: this cell ended here. Results that it had not yet stored are lost; all variables "
        "keep the values that they had. Run the cell again to start over.\n"
    )
    assert errors(outputs) == []
    assert session.execute("print(kept)") == "1\n"


def test_an_error_of_the_library_is_the_cells_line_and_a_sentence(session):
    session.execute("import src_part1\ncourse.stop_quietly()")
    source = "gain = -1.5\ndef make(g):\n    src_part1.RateNetworkParameters(gain=g)\nmake(gain)"
    (error,) = errors(run(session, source))
    assert error.splitlines() == [
        "line 4:  make(gain)", "line 3:  src_part1.RateNetworkParameters(gain=g)",
        "(The library's own lines are left out. %tb shows them.)",
        "ValueError: RateNetworkParameters.gain must be at least 0, got -1.5.",
    ]
    assert "check_fields" in errors(run(session, "%tb"))[0]
    (own,) = errors(run(session, "1 / 0"))
    assert "ZeroDivisionError" in own and "left out" not in own


def test_an_answer_whose_cell_failed_is_not_judged(session):
    session.execute("course.stop_quietly()")

    def check(name):
        return printed(run(session, f"course.check_{name}(my_{name})"))

    run(session, "my_rate_step = lambda r, w, tau, dt: r")
    assert "with a difference" in check("rate_step")
    run(session, "def my_rate_step(r, w, tau, dt):\n    return r − 1")
    for _ in range(2):
        said = check("rate_step")
        assert "✗ not judged: the cell with my_rate_step stopped with SyntaxError" in said
        assert "Type the minus of the keyboard" in said and "difference" not in said
    run(session, "my_rate_step = lambda r, w, tau, dt: r")
    assert "with a difference" in check("rate_step")
    run(session, "my_gain = 1.0")
    run(session, "my_gain = unknown_name")
    assert "not judged: the cell with my_gain stopped with NameError" in check("gain")
