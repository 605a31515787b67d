"""Every notebook of the project runs in full size from its first cell to its last."""

import pytest

from tests.notebooks.harness import NOTEBOOKS
from tools.execute_notebooks import execute


@pytest.mark.soak
@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook_runs_and_draws(path):
    done = execute(path)
    outputs = [output for cell in done.notebook.cells for output in cell.get("outputs", [])]
    assert 0 < done.first_plot < done.seconds
    assert 50 < done.peak_mb < 1500
    assert any("image/png" in output.get("data", {}) for output in outputs)
