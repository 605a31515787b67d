"""Files damaged at random: a result or the documented error, no crash, no hang, no code run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="Unix alone has alarms against hanging")
@pytest.mark.parametrize("number", [300, pytest.param(100_000, marks=pytest.mark.soak)])
def test_damaged_files_are_read_or_refused(number):
    done = subprocess.run(
        [sys.executable, "-m", "tests.trust.fuzz_files", "--number", str(number)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)
    readers = {"load_training", "load_network", "load_recordings", "sweep"}
    allowed = {f"{reader}: {end}" for reader in readers for end in ("read", "refused")}
    assert outcomes.keys() <= allowed
    assert sum(outcomes.values()) == number
    for reader in readers:
        assert outcomes[f"{reader}: refused"] > number / 10
