"""The animation of the site's first page, made small."""

import numpy as np
import pytest
from PIL import Image

from tools import learning_animation
from tools.execute_notebooks import ROOT


@pytest.fixture(scope="module")
def frames():
    return learning_animation.pictures(n_neurons=20, n_loops=3)


def test_it_has_a_picture_for_each_loop_and_plays_once(frames, tmp_path):
    assert len(frames) == len({frame.tobytes() for frame in frames}) == 4
    learning_animation.write(frames, tmp_path)
    with Image.open(tmp_path / "learning.gif") as animation:
        assert animation.n_frames == 4 and "loop" not in animation.info
        animation.seek(3)
        shown = np.asarray(animation.convert("RGB"), dtype=float)
    with Image.open(tmp_path / "learning.png") as last:
        assert np.abs(shown - np.asarray(last, dtype=float)).mean() < 1.0


def test_pictures_are_as_large_as_the_page_says(frames):
    width, height = frames[0].size
    page = (ROOT / "docs/site/index.md").read_text(encoding="utf-8")
    assert f'width="{width}" height="{height}"' in page
