"""Notebooks in JupyterLab, without internet and 1280 x 800 pixels, as an attendee sees them.

The first steps of the README, every output of every notebook, a demo's slider, the stop button.
Needs JupyterLab, Playwright (the extra ``site``) and Chromium; what is missing is the reason for
the skip. `make site` runs it.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

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
README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
FIRST_HOUR = " ".join((ROOT / "docs/site/first_hour.md").read_text(encoding="utf-8").split())
PAGES = sorted(path.name for path in NOTEBOOKS.glob("part*.ipynb"))
# Whether all cells have run without an error within so many milliseconds.
RUN_ALL = """limit => Promise.race([jupyterapp.commands.execute('notebook:run-all-cells'),
                                new Promise(end => setTimeout(end, limit))])"""
# Of each output that does not fit its page or is a warning: what it is and shows.
MISFITS = """() => [...document.querySelectorAll('.jp-OutputArea-output')].flatMap(output => {
  const wide = [output, ...output.querySelectorAll('img, svg, pre, table')].filter(e => {
    const right = output.parentElement.getBoundingClientRect().right;
    return e.getBoundingClientRect().right > right + 1 || e.scrollWidth > e.clientWidth + 1
      && e.clientWidth; });
  const warns = output.dataset.mimeType == 'application/vnd.jupyter.stderr';
  return wide.length || warns ? [[output.dataset.mimeType, output.innerText.slice(0, 200)]] : [];
})"""


@pytest.fixture(scope="module")
def address():
    """A JupyterLab with copies of the notebooks, and the demo of Part 1 between cells from here."""
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    part1 = nbformat.read(NOTEBOOKS / "part1_rate_rnn.ipynb", as_version=4)
    demo = next(cell.source for cell in part1.cells if "demo" in tags(cell))
    cells = [nbformat.v4.new_code_cell(source)
             for source in (FRONT, demo, LONG, 'print("still", 40 + 2)')]
    (ROOT / "build").mkdir(exist_ok=True)
    # Below the project's folder, where the notebooks' first cells find the code.
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        for name in PAGES:
            shutil.copy(NOTEBOOKS / name, folder)
        # Without a kernel in its metadata JupyterLab would ask for one.
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=part1.metadata),
                       f"{folder}/lesson.ipynb")
        # All cells are in the page, not only those in the window.
        settings = Path(folder, "config/lab/user-settings/@jupyterlab/notebook-extension")
        settings.mkdir(parents=True)
        (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
        yield from _lab(Path(folder))


def _lab(folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = kernel_environment() | {
        "COURSE_FAST": "1", "PYTHONPATH": str(ROOT), "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "https_proxy": "http://127.0.0.1:9", "XDG_CACHE_HOME": str(folder / "cache"),
    }
    del environment["MOTOR_CORTEX_SOURCE"]
    environment["PATH"] = os.path.dirname(sys.executable) + os.pathsep + environment["PATH"]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}",
         "--expose-app-in-browser", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"],
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


def _open(browser, address, name):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(WAIT)
    # Without it JupyterLab also opens the notebooks of the pages before, with their kernels.
    page.goto(f"{address}/lab/tree/{name}?reset")
    page.locator(".jp-CodeCell").first.wait_for()
    page.get_by_text("| Idle").wait_for()
    return page


def test_the_first_steps_of_the_readme_change_the_plot(browser, address):
    before, after = re.search(r"change `(gains = .+?)` to `(gains = .+?)`", README).groups()
    assert f"`{before}`. Change it to `{after}`." in FIRST_HOUR
    page = _open(browser, address, "part1_rate_rnn.ipynb")
    drawn = page.locator(".jp-CodeCell", has_text="for g in course.numbers").locator("img")
    page.locator(".jp-Cell").first.click()
    for _ in range(30):
        page.keyboard.press("Shift+Enter")
        page.wait_for_timeout(100)
        if page.locator(".jp-mod-active", has_text="for g in course.numbers").count():
            page.keyboard.press("Shift+Enter")
            break
    drawn.wait_for()
    picture = drawn.get_attribute("src")
    cell = page.locator(".jp-CodeCell", has_text=before)
    cell.get_by_text(before).click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.type(after)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(
        "before => [...document.querySelectorAll('.jp-CodeCell')].some(c => c.innerText"
        ".includes('for g in course.numbers') && c.querySelector('img')?.src != before)",
        arg=picture,
    )
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_output_fits_its_page_and_none_is_a_warning(browser, address, name):
    page = _open(browser, address, name)
    assert page.evaluate(RUN_ALL, 10 * WAIT), "a cell failed, or time was up"
    page.wait_for_function("[...document.images].every(image => image.complete)")
    assert page.locator(".jp-OutputArea-output img").count() > 10
    assert page.evaluate(MISFITS) == []
    page.close()


def test_a_slider_redraws_one_figure_and_a_stopped_training_ends_its_cell(browser, address):
    page = _open(browser, address, "lesson.ipynb")
    cells = page.locator(".jp-CodeCell")
    cells.nth(0).locator(".cm-content").press("Shift+Enter")
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
