"""Notebooks take recordings with any number of conditions and other bins."""

import numpy as np
import pytest

from src_part1 import recordings_from_arrays
from tests.notebooks.harness import SOLUTIONS, Session

RECORDS = [(1, 10.0), (3, 50.0), (5, 10.0)]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Recordings of 60 neurons over a second."""
    folder = tmp_path_factory.mktemp("own")
    paths = []
    for n_conditions, bin_width in RECORDS:
        time = np.arange(-1000.0 + bin_width / 2, 0.0, bin_width)
        phase = np.random.default_rng(1).uniform(0, 6, (n_conditions, 60, 1))
        rates = 12.0 + 9.0 * np.sin(2 * np.pi * time / 700.0 + phase)
        names = [f"odour {i}" for i in range(n_conditions)]
        record = recordings_from_arrays(rates, time, names, smoothing=100.0)
        paths.append(record.save(folder / f"{n_conditions}-{bin_width:g}.npz"))
    return paths


@pytest.mark.parametrize("path", SOLUTIONS[:2], ids=lambda path: path.stem)
def test_a_notebook_runs_with_recordings_of_ones_own(path, files):
    with Session.open(path) as session:
        session.front_matter()
        heading = session.section_of("source")
        for file in files:
            assert session.run_sections(heading, source=repr(str(file))) is None, file.name


def test_part_3_runs_with_recordings_of_ones_own(files):
    (path,) = (path for path in SOLUTIONS if path.stem.startswith("part3"))
    with Session.open(path) as session:
        session.front_matter()
        numbered = [heading for heading in session.sections if heading[:1] in ("2", "4", "6")]
        assert len(numbered) == 3
        for file in files:
            changes = {"source": repr(str(file)), "use_live_network": "True"}
            assert session.run_sections(*numbered, **changes) is None, file.name
