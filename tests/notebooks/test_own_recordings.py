"""Notebooks take recordings with any number of conditions and other bins."""

import numpy as np
import pytest

from src_part1 import recordings_from_arrays
from tests.notebooks.harness import SOLUTIONS, Session

RECORDS = [(1, 10.0), (3, 50.0), (5, 10.0)]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Recordings of 60 neurons over a second."""
    folder, paths = tmp_path_factory.mktemp("own"), []
    for n_conditions, bin_width in RECORDS:
        time = np.arange(-1000.0 + bin_width / 2, 0.0, bin_width)
        phase = np.random.default_rng(1).uniform(0, 6, (n_conditions, 60, 1))
        rates = 12.0 + 9.0 * np.sin(2 * np.pi * time / 700.0 + phase)
        names = [f"odour {i}" for i in range(n_conditions)]
        record = recordings_from_arrays(rates, time, names, smoothing=100.0)
        paths.append(record.save(folder / f"{n_conditions}-{bin_width:g}.npz"))
    return paths


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_a_notebook_runs_with_recordings_of_ones_own(path, files):
    with Session.open(path) as session:
        session.front_matter()
        headings, changes = [session.section_of("source")], {}
        if path.stem.startswith("part3"):
            headings = [heading for heading in session.sections if heading[:1] in ("2", "4", "6")]
            assert len(headings) == 3
            changes = {"use_live_network": "True"}
        for file in files:
            changes["source"] = repr(str(file))
            assert session.run_sections(*headings, **changes) is None, file.name
