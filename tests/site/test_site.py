"""Every page of the built site in a real browser: links, plots, console, alternative texts.

Needs ``make site`` to have run, Playwright (the extra ``site``) and Chromium (the Debian package
``chromium``); what is missing is the reason for the skip.
"""

import contextlib
import functools
import http.server
import json
import threading
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

SITE = Path(__file__).resolve().parents[2] / "build" / "site"
PAGES = sorted(path.name for path in SITE.glob("*.html"))
pytestmark = pytest.mark.skipif(not PAGES, reason="the site is not built: make site")
COURSE = ("part1_rate_rnn.html", "part2_spiking_rnn.html", "part3_balanced_network.html")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serve files without a log."""

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture(scope="module")
def address():
    handler = functools.partial(Quiet, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextlib.contextmanager
def opened(browser, address, name, width=1280):
    """A page; what its console complains of and what it asks others for must be nothing."""
    troubles, outside = [], []
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("requestfailed", lambda request: troubles.append(f"failed: {request.url}"))
    page.on("response", lambda r: troubles.append(f"{r.status}: {r.url}") if r.status > 399 else 0)
    page.on("request", lambda r: None if r.url.startswith((address, "data:", "blob:"))
            else outside.append(r.url))
    page.goto(f"{address}/{name}", wait_until="networkidle")
    yield page
    page.close()
    assert troubles == []
    assert outside == [], "a page must not need the internet"


def in_view(page, image):
    """Scroll to a picture that is loaded when it is needed, and wait for it."""
    image.scroll_into_view_if_needed()
    page.wait_for_function("i => i.complete && i.naturalWidth > 0", arg=image.element_handle())


@pytest.mark.parametrize("name", PAGES or ["none"])
def test_page_in_a_browser(browser, address, name):
    with opened(browser, address, name) as page:
        _look(page, address, name)


def _look(page, address, name):
    for image in page.locator("img[loading=lazy]").all():
        in_view(page, image)
    plots = page.eval_on_selector_all(
        ".cell_output img", "all => all.map(i => [i.src, i.alt, i.naturalWidth])"
    )
    broken = page.eval_on_selector_all(
        "img", "all => all.filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
    )
    links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
    undone = page.evaluate("document.body.innerText.match(/\\$\\$|\\\\frac|merror/g)")
    formulas = page.locator("mjx-container").count()
    assert broken == []
    if name in COURSE:
        assert len(plots) > 10
        assert formulas > 10
        assert undone is None
    for source, text, width in plots:
        assert len(text) > 40, source
        assert width > 300, source
    for link in links:
        parts = urlparse(link)
        if not link.startswith(address):
            assert parts.scheme in ("https", "mailto"), link
            assert parts.netloc or parts.scheme == "mailto", link
            continue
        target = SITE / (unquote(parts.path).lstrip("/") or "index.html")
        assert target.is_file(), link
        if parts.fragment and target.suffix == ".html":
            anchor = unquote(parts.fragment)
            assert f'id="{anchor}"' in target.read_text(encoding="utf-8"), link


def test_all_parts_are_there():
    assert set(COURSE) <= set(PAGES)


def test_the_animation_is_small_and_rests_for_those_who_want_rest(browser, address):
    animation = SITE / "_static" / "learning.gif"
    assert 10_000 < animation.stat().st_size <= 2_000_000
    for motion, shown in (("no-preference", "learning.gif"), ("reduce", "learning.png")):
        context = browser.new_context(reduced_motion=motion)
        page = context.new_page()
        page.goto(f"{address}/index.html", wait_until="networkidle")
        picture = page.locator("figure.learning img")
        assert picture.evaluate("i => i.currentSrc").endswith(shown)
        assert picture.evaluate("i => i.naturalWidth") > 800
        assert len(picture.get_attribute("alt")) > 100
        page.get_by_role("button", name="Play again").press("Enter")
        page.wait_for_function(
            "document.querySelector('figure.learning img').currentSrc.includes('learning.gif?')"
        )
        context.close()


@pytest.mark.parametrize("name", COURSE)
def test_demos_turn_by_keyboard(browser, address, name):
    with opened(browser, address, name) as page:
        demos = page.locator(".demo-frames").all()
        assert len(demos) >= 2
        for demo in demos:
            image = demo.locator("img")
            in_view(page, image)
            seen = {(image.get_attribute("src"), image.get_attribute("alt"))}
            for dial in demo.get_by_role("slider").all():
                label = dial.evaluate("d => d.labels[0].textContent")
                assert label.startswith(dial.evaluate("d => d.name"))
                values = json.loads(dial.get_attribute("data-values"))
                assert len(values) > 2
                dial.focus()
                page.keyboard.press("Home")
                for i, value in enumerate(values):
                    assert dial.get_attribute("aria-valuetext") == value
                    assert demo.locator("output").all_inner_texts().count(value) >= 1
                    assert f"{dial.evaluate('d => d.name')} = {value}" in image.get_attribute("alt")
                    in_view(page, image)
                    seen.add((image.get_attribute("src"), image.get_attribute("alt")))
                    if i < len(values) - 1:
                        page.keyboard.press("ArrowRight")
            # Each value gave a picture and words of its own; the first of a dial may be there.
            counts = [len(json.loads(d.get_attribute("data-values")))
                      for d in demo.get_by_role("slider").all()]
            assert len(seen) >= sum(counts) - len(counts) + 1
            assert len({source for source, _ in seen}) == len(seen)


@pytest.mark.parametrize("folder", sorted((SITE / "_static").glob("demo_*")), ids=lambda f: f.name)
def test_frames_of_a_demo_are_small_and_differ(folder):
    frames = [path.read_bytes() for path in folder.iterdir()]
    assert sum(map(len, frames)) < 1e6
    assert len(set(frames)) > len(frames) / 2


@pytest.mark.parametrize("name", PAGES or ["none"])
def test_nothing_leaves_a_phone(browser, address, name):
    with opened(browser, address, name, width=390) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
