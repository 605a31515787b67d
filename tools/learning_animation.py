"""The animation of the site's first page, which `tools.build_site` makes.

A rate network learns the stand-in's recorded rates. After each loop its weights are frozen, and the
freely running network is drawn onto its targets: what learning brings is a network that does it by
itself.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

import src_part1 as part1
from course.part1 import WatchLoops
from src_part1 import plotting

N_NEURONS, N_LOOPS, SEED = 300, 40, 0
FIRST, LATER, LAST = 400, 150, 3000  # ms that a picture of the first three, of the others, stays
DOTS = 70  # per inch: 910 pixels wide


def pictures(n_neurons=N_NEURONS, n_loops=N_LOOPS):
    """Train a network and draw what it does by itself before the first and after each loop."""
    plotting.use_course_style()
    rng = np.random.default_rng(SEED)
    recordings = part1.load_recordings("synthetic").select(n_neurons, rng=rng)
    recorded = part1.make_task(recordings, rng)
    targets = recordings.rates / recorded.hz_per_rate[:, None]
    # Neurons whose rates change steadily in both conditions show best what is learned.
    steady = np.abs(np.diff(targets, axis=2)).sum(axis=2) / np.ptp(targets, axis=2)
    watch = WatchLoops(
        recorded.bin_times, targets, n_loops, units=np.argsort(steady.max(axis=0))[:4],
        conditions=recordings.conditions, ylabel="correlation, weights frozen",
    )
    frames, curve = [], []

    def draw(weights):
        rates = part1.run_population(recorded, weights) / recorded.hz_per_rate[:, None]
        if frames:
            curve.append(part1.correlation(rates, targets).mean(axis=1))
        watch(SimpleNamespace(train_correlation=np.array(curve), last_outputs=rates))
        watch._draw(*watch._state)
        watch.figure.canvas.draw()
        frames.append(Image.fromarray(np.asarray(watch.figure.canvas.buffer_rgba())).convert("RGB"))

    with watch:
        watch.figure.set_dpi(DOTS)
        FigureCanvasAgg(watch.figure)
        draw(recorded.initial_weights)
        part1.train(
            recorded.task, recorded.initial_weights, ridge=10.0, n_loops=n_loops, progress=False,
            after_loop=lambda result: draw(result.weights),
        )
    return frames


def write(frames, folder):
    """Write ``learning.gif``, which plays once, and its last picture as ``learning.png``."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # The colours of the last picture, in which every line is drawn, serve all.
    palette = frames[-1].quantize(64, Image.Quantize.MAXCOVERAGE)
    few_colours = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    stay = [FIRST if k < 3 else LATER for k in range(len(frames) - 1)] + [LAST]
    # Without ``loop`` it plays once, and nothing moves beside a text that is read.
    few_colours[0].save(folder / "learning.gif", save_all=True, append_images=few_colours[1:],
                        duration=stay)
    frames[-1].save(folder / "learning.png", optimize=True)
