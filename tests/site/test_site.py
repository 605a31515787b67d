"""Every page of the built site in a real browser, on wide and small screens and on paper.

Needs ``make site`` to have run, Playwright (the extra ``site``) and Chromium (the Debian package
``chromium``); what is missing is the reason for the skip.
"""

import contextlib
import functools
import http.server
import json
import re
import threading
import zipfile
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
    page = browser.new_page(viewport={"width": width, "height": 900}, has_touch=width < 1000)
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
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with opened(browser, address, name) as page:
        _look(page, address, name)
        for width in (1280, 800, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(500)  # what scrolls becomes reachable by key a little later
            assert beyond(page) == [], width
            if width == 800 or (width == 390 and "api" in name):
                continue  # axe-core takes long on a long page
            faults = axe.run(page, options={"preload": False}).response["violations"]
            assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults
                    if fault["impact"] in ("serious", "critical")] == [], width
        page.set_viewport_size({"width": 718, "height": 900})  # A4 less its margins
        page.emulate_media(media="print")
        assert beyond(page) == [], "on paper"


def beyond(page):
    """What is wider than the page, or code or a formula on paper that is cut."""
    return page.evaluate("""() => {
        const wide = e => e.scrollWidth > e.clientWidth + 1;
        const cut = matchMedia('print').matches ? 'pre, mjx-container[display]' : 'pre';
        return [document.documentElement, ...document.querySelectorAll(cut)].filter(wide)
            .map(e => e.tagName + ': ' + e.innerText.slice(0, 200)); }""")


def _look(page, address, name):
    for image in page.locator("img[loading=lazy]").all():
        in_view(page, image)
    plots = page.eval_on_selector_all(
        ".cell_output img",
        "all => all.map(i => [i.src, i.alt, i.naturalWidth, i.closest('a, .demo-frames')?.href])",
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
    for source, text, width, whole in plots:
        assert len(text) > 40, source
        assert width > 300 or source.endswith(".svg"), source
        assert whole in (source, None), "a plot leads to itself, as large as it is"
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


@pytest.mark.parametrize("by", ["touch", "keyboard"])
@pytest.mark.parametrize("width", [390, 800])
def test_menu_search_and_demos_work(browser, address, width, by):
    def use(element):
        if by == "touch":
            return element.tap()
        element.focus()
        page.keyboard.press("Enter")

    with opened(browser, address, "index.html", width=width) as page:
        use(page.get_by_role("button", name="Toggle primary sidebar"))
        use(page.locator(".bd-sidebar-primary, dialog").get_by_role("link", name="Part 1").first)
        page.wait_for_url("**/part1_rate_rnn.html")
        dial = page.get_by_role("slider").first
        image = page.locator(".demo-frames img").first
        before = image.get_attribute("src")
        if by == "touch":
            dial.tap(position={"x": 2, "y": 5})
        else:
            dial.press("Home")
        assert image.get_attribute("src") != before
        use(page.get_by_role("button", name="Search").first)
        page.keyboard.type("Siegert")
        page.keyboard.press("Enter")
        page.locator("#search-results li a").first.wait_for()


@pytest.mark.parametrize("word", ["Siegert", "lesion", "stop", "least squares"])
def test_a_search_finds_the_course_first(browser, address, word):
    with opened(browser, address, f"search.html?q={word}") as page:
        page.locator("#search-results li a").first.wait_for()
        found = page.eval_on_selector_all("#search-results li a", "all => all.map(a => a.href)")
    assert any(page in found[0] for page in COURSE), found[:5]
    assert not any("instructor" in link for link in found)


def test_no_two_pages_have_the_same_title():
    titles = [re.search("<title>(.*?)</title>", (SITE / name).read_text("utf-8"), re.DOTALL)[1]
              for name in PAGES]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("part", [1, 2, 3])
def test_a_sheet_prints_on_one_page(part):
    printed = (SITE / f"sheet_part{part}.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_a_visitor_gets_the_course():
    with zipfile.ZipFile(SITE / "course.zip") as course:
        assert {"recorded-rnn/Makefile", "recorded-rnn/notebooks/part1_rate_rnn.ipynb"} <= set(
            course.namelist())
