"""Settings that make every run of the tests the same."""

import contextlib
import os
import shutil
import sys
import types
from pathlib import Path

import hypothesis
import matplotlib
import numba
import pytest

# No test depends on what a machine has in its cache or can fetch.
os.environ["MOTOR_CORTEX_SOURCE"] = "synthetic"
# Those that check the recordings themselves ask for the fixture `alm_folder` by name. Processes
# that run tests side by side inherit the environment as it is after this line.
ALM_FOLDER = os.environ.setdefault("ALM_FOLDER_OF_TESTS", os.environ.pop("MOTOR_CORTEX_DIR", ""))
# A user's own kernel called python3 must not take the place of this environment's.
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"

matplotlib.use("Agg")

# The first call of a kernel compiles it, hence no judgement of time; the same examples everywhere.
hypothesis.settings.register_profile(
    "project", deadline=None, derandomize=True, database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("project")


@pytest.fixture(autouse=True)
def own_figures():
    """No test sees the plots or the style of another."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # a fixture of a whole module may have set a style
        yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def alm_folder():
    """Folder of the real recordings: MOTOR_CORTEX_DIR or the user's cache, else the test skips."""
    from src_part1.recordings.importers import alm_files

    folder = Path(ALM_FOLDER) if ALM_FOLDER else alm_files.cache_folder()
    if not all((folder / name).is_file() for name in alm_files.SHA256):
        pytest.skip("the real recordings are neither in MOTOR_CORTEX_DIR nor in the user's cache")
    return folder


@contextlib.contextmanager
def threads(n_threads):
    """Run the block with so many threads."""
    before = numba.get_num_threads()
    numba.set_num_threads(n_threads)
    try:
        yield
    finally:
        numba.set_num_threads(before)


@pytest.fixture(scope="session")
def thread_counts():
    """``with thread_counts.use(1):``; skips on a machine that has no second thread."""
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("only one thread on this machine: nothing to compare")
    return types.SimpleNamespace(use=threads)


@pytest.fixture(scope="module")
def browser():
    """Chromium; skips, with the reason, where it or Playwright is not installed."""
    if not shutil.which("chromium"):
        pytest.skip("Chromium is not installed: apt install chromium")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: pip install '.[site]'"
    )
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()
