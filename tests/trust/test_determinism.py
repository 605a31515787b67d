"""Same seed, same bits, whatever the threads; same numbers on every Python and every machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trust.golden import PARTS, TOLERANCE, difference, path_of

ROOT = Path(__file__).resolve().parents[2]
THREADS = "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"


@pytest.mark.parametrize("part", PARTS)
def test_numbers_are_the_golden_ones(part):
    golden = json.loads(path_of(part).read_text(encoding="utf-8"))
    numbers, _ = PARTS[part]()
    assert numbers.keys() == golden.keys()
    for name, array in numbers.items():
        assert difference(array, golden[name]) <= TOLERANCE[part], name


def bits(n_threads):
    """Checksums of all results of a new process with so many threads, of ours and of BLAS."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.trust.golden", "--digest"], cwd=ROOT, text=True,
        env=os.environ | dict.fromkeys(THREADS, str(n_threads)), capture_output=True, check=True,
    )
    return done.stdout


def test_bits_are_the_same_again_and_with_another_number_of_threads():
    one = bits(1)
    assert one.count("\n") == len(PARTS)
    assert bits(2) == bits(2) == one
