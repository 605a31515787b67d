"""Demos of the notebooks for readers without Jupyter: a dial that turns through drawn frames.

While a tool executes a notebook, `show` takes the place of ``course.sliders``. It calls the same
function over a coarse grid of the sliders' values and leaves the pictures in the cell's output,
from which `html` makes a panel with one or two dials. The grids are chosen here, by hand: dense
where something happens, and over the two sliders that matter.
"""

from __future__ import annotations

import base64
import html as markup
import io
import itertools
import json
import os
from pathlib import Path

MIME = "application/vnd.recorded-rnn.frames+json"
SCRIPT = Path(__file__).resolve().parents[1] / "docs" / "site" / "_static" / "frames.js"
STYLE = SCRIPT.with_suffix(".css")
GRIDS = {
    "demo_gain": {"gain": (0.1, 0.5, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0, 2.5, 3.0),
                  "n_units": (30, 100, 300, 600)},
    "demo_ridge": {"ridge": (1e-4, 1e-2, 1.0, 3.0, 10.0, 100.0, 1000.0),
                   "noise": (0.0, 0.1, 0.3, 0.6, 1.0, 2.0)},
    "demo_rls_ellipse": {"n_samples": (0, 1, 2, 3, 4, 6, 8), "noise": (0.0, 0.1, 0.5, 1.0)},
    "demo_noise": {"noise": (0.0, 0.05, 0.1, 0.2, 0.4, 0.8),
                   "mean_input": (0.2, 0.5, 0.7, 0.9, 1.0, 1.2, 1.6)},
    "demo_synapse": {"tau_syn": (5.0, 20.0, 50.0, 100.0, 200.0, 400.0),
                     "period": (100.0, 200.0, 500.0, 1000.0, 2000.0)},
    "demo_balance": {"j_ei": (-1.5, -1.0, -0.75, -0.5, -0.35, -0.25, -0.2),
                     "out_degree": (100, 200, 500, 1000, 1500)},
    "demo_sparseness": {"n_synapses": (5, 10, 20, 40, 66, 132, 264), "n_patterns": (2, 8, 20)},
}
# What a cell runs first; how many values a dial has at most is in the environment.
REPLACE_SLIDERS = "import tools.demo_frames; course.sliders = tools.demo_frames.show"
MOST_VALUES = "DEMO_FRAMES_MOST_VALUES"
_COLOURS = 32


def show(demo, **controls):
    """Draw the frames of a demo and display them as one output."""
    from IPython.display import display

    most = int(os.environ.get(MOST_VALUES, "1000"))
    starts = {name: widget.value for name, widget in controls.items()}
    grid = {
        name: _few(_fitting(name, values, controls[name]), starts[name], most)
        for name, values in GRIDS[demo.__name__].items()
    }
    frames = []
    for values in itertools.product(*grid.values()):
        chosen = dict(zip(grid, values, strict=True))
        picture, size, titles = _draw(demo, starts | chosen)
        words = ", ".join(f"{name} = {value:g}" for name, value in chosen.items())
        frames.append([picture, f"Plot of {demo.__name__} at {words}. {titles}".strip()])
    dials = [{"name": name, "values": [f"{value:g}" for value in values],
              "start": values.index(starts[name])} for name, values in grid.items()]
    # A slider has a lowest value, what is fixed has not.
    stay = {n: f"{starts[n]:g}" for n, w in controls.items() if n not in grid and hasattr(w, "min")}
    data = {"name": demo.__name__, "dials": dials, "stay": stay, "frames": frames, "size": size}
    display({MIME: data, "text/plain": f"{len(frames)} frames of {demo.__name__}"}, raw=True)


def _fitting(name, values, widget):
    base = getattr(widget, "base", None)  # a logarithmic slider counts exponents
    least, most = (base**end if base else end for end in (widget.min, widget.max))
    slack = 1e-9 * (most - least)
    outside = [value for value in values if not least - slack <= value <= most + slack]
    if outside or widget.value not in values:
        raise ValueError(f"the frames' values of {name} must lie between {least:g} and {most:g} "
                         f"and hold {widget.value:g}, got {values}.")
    return values


def _few(values, start, most):
    return values if len(values) <= most else tuple(sorted({values[0], start, values[-1]}))


def _draw(demo, values):
    import matplotlib.pyplot as plt
    import numpy as np
    from PIL import Image

    plt.close("all")
    demo(**values)
    figure = plt.gcf()
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    words = [words for ax in figure.axes for words in (
        map(ax.get_title, ("left", "center")) if ax.axison else (t.get_text() for t in ax.texts))]
    plt.close("all")
    few = Image.fromarray(pixels).quantize(_COLOURS, dither=Image.Dither.NONE)
    file = io.BytesIO()
    few.save(file, "webp", lossless=True, quality=100, method=4)
    titles = ". ".join(" ".join(w.split()) for w in words if w).translate({36: None, 92: None})
    return base64.b64encode(file.getvalue()).decode(), few.size, titles


def frames_of(cell):
    """Return the output of a cell that holds frames."""
    return next((o for o in cell.get("outputs", []) if MIME in o.get("data", {})), None)


def html(data, start_alt, folder=None):
    """Return the panel of a demo; its pictures are in it, or in a folder of ``_static``.

    ``start_alt`` is the alternative text of the picture with which the demo begins.
    """
    sources = [[f"data:image/webp;base64,{picture}", alt] for picture, alt in data["frames"]]
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for number, source in enumerate(sources):
            path = folder / f"{data['name']}-{number:02d}.webp"
            path.write_bytes(base64.b64decode(data["frames"][number][0]))
            source[0] = f"_static/{folder.name}/{path.name}"
    shown, dials = 0, ""
    for dial in data["dials"]:
        name, values, start = dial["name"], dial["values"], dial["start"]
        shown = shown * len(values) + start
        dials += (
            f'<label>{name} <input type="range" name="{name}" min="0" max="{len(values) - 1}" '
            f'value="{start}" data-values="{markup.escape(json.dumps(values))}" '
            f'aria-valuetext="{values[start]}" autocomplete="off">'
            f"<output>{values[start]}</output></label>"
        )
    sources[shown][1] = f"{sources[shown][1].rstrip('.')}. {start_alt}"
    source, alt = sources[shown]
    stay = "".join(f" {name} stays at {value}." for name, value in data["stay"].items())
    return (
        f'<div class="demo-frames" role="group" aria-label="{data["name"]}">{dials}'
        f'<img loading="lazy" src="{source}" alt="{markup.escape(alt)}" '
        f'width="{data["size"][0]}" height="{data["size"][1]}">'
        f"<p>Drawn beforehand by the function that the cell names.{stay} In Jupyter the sliders "
        f"take every value.</p>"
        f'<script type="application/json">{json.dumps(sources).replace("<", chr(92) + "u003c")}'
        f"</script></div>"
    )
