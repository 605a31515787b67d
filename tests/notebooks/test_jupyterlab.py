"""A notebook in JupyterLab, as an attendee sees it: a demo's slider, and the stop button.

Needs JupyterLab, Playwright (the extra ``site``) and Chromium; what is missing is the reason for
the skip.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest

from tests.notebooks.harness import NOTEBOOKS, tags
from tools.execute_notebooks import ROOT, kernel_environment

pytestmark = pytest.mark.soak
FRONT = """\
%matplotlib inline
import ipywidgets as widgets, numpy as np
import src_part1 as part1
from course import part1 as course
elapsed = lambda: None
course.stop_quietly()
made = part1.make_task(
    part1.load_recordings("synthetic").select(30), np.random.default_rng(0)
)
print("ready")
"""
LONG = """\
training = part1.train(
    made.task, made.initial_weights, ridge=10.0, n_loops=100_000
)
print("returned")
"""
WAIT = 120_000  # ms; a machine that others use is slow


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A JupyterLab with one notebook: the demo of Part 1 between two cells of this file."""
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    part1 = nbformat.read(NOTEBOOKS / "part1_rate_rnn.ipynb", as_version=4)
    demo = next(cell.source for cell in part1.cells if "demo" in tags(cell))
    folder = tmp_path_factory.mktemp("lab")
    cells = [nbformat.v4.new_code_cell(source)
             for source in (FRONT, demo, LONG, 'print("still", 40 + 2)')]
    # Without a kernel in its metadata JupyterLab would ask for one.
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=part1.metadata),
                   folder / "lesson.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = kernel_environment() | {
        "COURSE_FAST": "1", "PYTHONPATH": str(ROOT), "JUPYTER_CONFIG_DIR": str(folder / "config"),
    }
    environment["PATH"] = os.path.dirname(sys.executable) + os.pathsep + environment["PATH"]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}",
         "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(WAIT // 500):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=5)
                break
            except OSError:
                assert server.poll() is None, "JupyterLab has ended"
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def test_a_slider_redraws_one_figure_and_a_stopped_training_ends_its_cell(browser, address):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(WAIT)
    page.goto(f"{address}/lab/tree/lesson.ipynb")
    cells = page.locator(".jp-CodeCell")
    cells.nth(3).wait_for()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    cells.nth(0).locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    cells.nth(0).get_by_text("ready", exact=True).wait_for()

    page.keyboard.press("Shift+Enter")
    pictures = cells.nth(1).locator(".jp-OutputArea img")
    pictures.first.wait_for()
    dial = cells.nth(1).locator("[role=slider]").first
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        before = pictures.first.get_attribute("src")
        height = cells.nth(1).bounding_box()["height"]
        dial.focus()
        page.keyboard.press(key)
        page.wait_for_function(
            "before => { const all = document.querySelectorAll('.jp-CodeCell')[1]"
            ".querySelectorAll('.jp-OutputArea img');"
            " return all.length == 1 && all[0].src != before; }", arg=before,
        )
        assert pictures.count() == 1
        assert abs(cells.nth(1).bounding_box()["height"] - height) < 40

    cells.nth(2).locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    cells.nth(2).locator(".jp-OutputArea-output").first.wait_for()
    page.wait_for_timeout(1000)
    page.locator("[data-command='notebook:interrupt-kernel']").first.click()
    cells.nth(2).get_by_text("returned", exact=True).wait_for()
    assert cells.nth(2).locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    cells.nth(3).locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    cells.nth(3).get_by_text("still 42", exact=True).wait_for()
    page.close()
