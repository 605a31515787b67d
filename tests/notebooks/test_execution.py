"""Every notebook of the project runs from its first cell to its last."""

from pathlib import Path

import pytest

from tools.execute_notebooks import execute

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NONE = pytest.param(None, id="none", marks=pytest.mark.skip(reason="there is no notebook yet"))


@pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("*.ipynb")) or [NONE], ids=lambda path: path.stem
)
def test_notebook_runs_and_draws(path):
    outputs = [output for cell in execute(path).cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)
