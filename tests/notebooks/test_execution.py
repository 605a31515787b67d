"""Every notebook of the project runs in full size from its first cell to its last."""

from pathlib import Path

import pytest

from tools.execute_notebooks import execute

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NONE = pytest.param(None, id="none", marks=pytest.mark.skip(reason="there is no notebook yet"))


@pytest.mark.soak
@pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("*.ipynb")) or [NONE], ids=lambda path: path.stem
)
def test_notebook_runs_and_draws(path):
    done = execute(path)
    outputs = [output for cell in done.notebook.cells for output in cell.get("outputs", [])]
    assert 0 < done.first_plot < done.seconds
    assert 50 < done.peak_mb < 1500
    assert any("image/png" in output.get("data", {}) for output in outputs)
