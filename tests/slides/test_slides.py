"""Every slide of both sessions in a real browser: title, size, formulas, notes, console, network.

Needs ``make slides`` to have run, Playwright (the extra ``site``) and Chromium; what is missing is
the reason for the skip.
"""

import shutil
from pathlib import Path

import pytest

from tools.build_slides import HEIGHT, SESSIONS, WIDTH

SLIDES = Path(__file__).resolve().parents[2] / "build" / "slides"
MISSING = [
    reason for reason, here in (
        ("the slides are not built: make slides", list(SLIDES.glob("*.html"))),
        ("Chromium is not installed: apt install chromium", shutil.which("chromium")),
    ) if not here
]
pytestmark = pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING) or "complete")

# What is drawn on the slide that is shown, in pixels of the window; notes are for the speaker.
BOXES = """() => {
  const slide = Reveal.getCurrentSlide();
  const seen = [...slide.querySelectorAll('h1, h2, p, li, img, table, pre, blockquote, svg')]
    .filter(e => !e.closest('aside') && e.getClientRects().length);
  return seen.map(e => {
    const b = e.getBoundingClientRect();
    return [e.tagName, b.left, b.top, b.right, b.bottom, e.scrollWidth - e.clientWidth];
  });
}"""


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: pip install '.[site]'"
    )
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()


@pytest.mark.parametrize("name", SESSIONS)
def test_every_slide_in_a_browser(browser, name):
    path = SLIDES / f"{name}.html"
    troubles, outside = [], []
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith(("data:", "blob:", path.as_uri()))
            else outside.append(r.url))
    page.goto(path.as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    total = page.evaluate("Reveal.getTotalSlides()")
    titles, plots = [], 0
    for number in range(total):
        page.evaluate(f"Reveal.slide({number})")
        page.wait_for_function(f"Reveal.getSlidePastCount() === {number}")
        slide = "Reveal.getCurrentSlide()"
        title = page.evaluate(f"{slide}.querySelector('h1, h2').innerText.trim()")
        titles.append(title)
        assert len(title) > 3, number
        for tag, left, top, right, bottom, hidden in page.evaluate(BOXES):
            inside = -1 <= left <= right <= WIDTH + 1 and -1 <= top <= bottom <= HEIGHT + 1
            assert inside, (title, tag, left, top, right, bottom)
            assert hidden <= 1 or tag in ("svg", "IMG"), (title, tag)
        text = page.evaluate(
            f"[...{slide}.childNodes].filter(e => e.tagName !== 'ASIDE')"
            ".map(e => e.innerText || '').join(' ')"
        )
        assert len(text.split()) <= 100, (title, "a slide has few words")
        assert "$" not in text and "{{" not in text, title
        for width, height, alt in page.evaluate(
            f"[...{slide}.querySelectorAll('img')].map(i => "
            "[i.naturalWidth && i.getBoundingClientRect().width, "
            "i.getBoundingClientRect().height, i.alt])"
        ):
            plots += 1
            assert width > 500 and height > 200, title
            assert len(alt) > 40, title
    notes = page.evaluate("document.querySelectorAll('aside.notes').length")
    formulas = page.locator("mjx-container").count()
    wrong = page.locator("[data-mml-node=merror]").count()
    page.close()
    assert troubles == []
    assert outside == [], "slides must not need a network"
    assert total >= 20 and plots >= 10 and formulas >= 5 and wrong == 0
    assert notes >= titles.count("Think, then look") >= 4
    assert titles[-1] == "Exit ticket"
