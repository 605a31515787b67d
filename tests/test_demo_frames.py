"""Frames of demos and the HTML that shows them without Jupyter and without network."""

import re

import ipywidgets
import matplotlib.pyplot as plt
import nbformat
import pytest

from tools import demo_frames
from tools.build_site import prepare
from tools.offline_html import to_html

TEXT = r"""Weights $w_{ij}$ obey
$$\tau\frac{dr}{dt} = -r .$$

Go on with [Part 2](part2_spiking_rnn.ipynb). It costs `$5`.

<details><summary>Hint</summary>Look again.</details>"""


GRID = {"slope": (-3.0, -2.0, -1.0, -0.2), "power": (0.1, 3.0, 100.0)}


def demo_line(slope=2.0, power=1.0, n=3):
    plt.subplots()[1].plot([0, slope * power])
    plt.title(rf"$\alpha$ = {slope:g}")


@pytest.fixture
def drawn(monkeypatch):
    """Draw a demo's frames as a kernel does and return what it displays."""
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))

    def draw(most=100, **changes):
        monkeypatch.setitem(demo_frames.GRIDS, "demo_line", GRID | changes)
        monkeypatch.setenv(demo_frames.MOST_VALUES, str(most))
        demo_frames.show(
            demo_line, slope=ipywidgets.FloatSlider(-2.0, min=-3.0, max=-0.2, step=0.2),
            power=ipywidgets.FloatLogSlider(3.0, min=-1, max=2), n=ipywidgets.IntSlider(3, 1, 5),
        )
        return shown.pop()

    return draw


def test_frames_cover_the_grid_and_say_what_they_show(drawn):
    data = drawn()[demo_frames.MIME]
    assert len(data["frames"]) == 12 and data["stay"] == {"n": "3"}
    assert [dial["start"] for dial in data["dials"]] == [1, 1]
    assert data["frames"][4][1] == "Plot of demo_line at slope = -2, power = 3. alpha = -2"
    assert plt.get_fignums() == []
    few = drawn(most=3)[demo_frames.MIME]
    assert few["dials"][0] == {"name": "slope", "values": ["-3", "-2", "-0.2"], "start": 1}


@pytest.mark.parametrize("slope", [(-3.0, -1.0), (-4.0, -2.0), (-2.0, 0.0)])
def test_a_grid_keeps_within_its_slider_and_holds_its_start(drawn, slope):
    with pytest.raises(ValueError, match="frames' values of slope must lie between -3 and -0.2"):
        drawn(slope=slope)


def notebook(drawn):
    new = nbformat.v4
    widget = {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "interactive(children="}
    display = [new.new_output("display_data", data) for data in (drawn(), widget)]
    metadata = {"tags": ["demo"], "alt": "A line that rises with its slope."}
    demo = new.new_code_cell("sliders()", outputs=display, metadata=metadata)
    return new.new_notebook(cells=[new.new_markdown_cell(TEXT), demo])


def test_html_needs_no_network(drawn):
    page = to_html(notebook(drawn), "lesson")
    assert not re.search(r"""(src|href)=["']?https?:|import .* from|@import|url\(http""", page)
    assert page.count("<math") == 2
    assert "<mfrac>" in page and "<code>$5</code>" in page
    assert 'href="part2_spiking_rnn.html"' in page
    assert not re.search(r'href="[^"]*\.ipynb|interactive\(children', page)
    assert re.search(r"summary \{ display: list-item", page)
    assert len(re.findall('<input [^>]*type="range"', page)) == 2
    assert page.count("data:image/webp;base64,") == 13  # one is shown
    assert page.count("A line that rises with its slope.") == 2
    assert 'document.addEventListener("input"' in page


def test_a_page_of_the_site_holds_addresses_and_each_picture_once(drawn, tmp_path):
    _, demo = prepare(notebook(drawn), tmp_path).cells
    assert len(list((tmp_path / "demo_line").glob("*.webp"))) == 12
    (output,) = demo.outputs
    panel = output.data["text/html"]
    assert 'src="_static/demo_line/demo_line-04.webp"' in panel
    assert "A line that rises with its slope." in panel and "base64" not in panel
