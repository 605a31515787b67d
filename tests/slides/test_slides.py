"""Every slide of both sessions in a real browser: title, size, formulas, notes, console, network.

Needs ``make slides`` to have run, Playwright (the extra ``site``) and Chromium; what is missing is
the reason for the skip.
"""

from pathlib import Path

import pytest

from tools.build_slides import HEIGHT, SESSIONS, WIDTH

SLIDES = Path(__file__).resolve().parents[2] / "build" / "slides"
pytestmark = pytest.mark.skipif(
    not list(SLIDES.glob("*.html")), reason="the slides are not built: make slides"
)

# Of each slide, as it is shown: title, words, boxes of all that is drawn (in pixels of the window;
# notes are for the speaker), plots.
LOOK = """() => {
  const all = [];
  for (let number = 0; number < Reveal.getTotalSlides(); number++) {
    Reveal.slide(number);
    const slide = Reveal.getCurrentSlide();
    const shown = [...slide.querySelectorAll('h1, h2, p, li, img, table, pre, blockquote, svg')]
      .filter(e => !e.closest('aside') && e.getClientRects().length);
    all.push({
      title: (slide.querySelector('h1, h2') || {innerText: ''}).innerText.trim(),
      words: [...slide.children].filter(e => e.tagName !== 'ASIDE').map(e => e.innerText).join(' '),
      boxes: shown.map(e => {
        const b = e.getBoundingClientRect();
        return [e.tagName, b.left, b.top, b.right, b.bottom, e.scrollWidth - e.clientWidth];
      }),
      plots: [...slide.querySelectorAll('img')].map(e => {
        const b = e.getBoundingClientRect();
        return [e.naturalWidth, e.naturalHeight, b.width, b.height, e.alt];
      }),
    });
  }
  return all;
}"""


@pytest.mark.parametrize("name", SESSIONS)
def test_every_slide_in_a_browser(browser, name):
    path = SLIDES / f"{name}.html"
    troubles, outside = [], []
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith(("data:", "blob:", path.as_uri()))
            else outside.append(r.url))
    page.set_default_timeout(300_000)  # a busy machine is no failure
    page.goto(path.as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    slides = page.evaluate(LOOK)
    notes = page.evaluate("document.querySelectorAll('aside.notes').length")
    formulas = page.locator("mjx-container").count()
    wrong = page.locator("[data-mml-node=merror]").count()
    page.close()
    assert troubles == []
    assert outside == [], "slides must not need a network"
    for slide in slides:
        title = slide["title"]
        assert len(title) > 3, slide["words"]
        assert len(slide["words"].split()) <= 100, (title, "a slide has few words")
        assert "$" not in slide["words"] and "{{" not in slide["words"], title
        for tag, left, top, right, bottom, hidden in slide["boxes"]:
            inside = -1 <= left <= right <= WIDTH + 1 and -1 <= top <= bottom <= HEIGHT + 1
            assert inside, (title, tag, left, top, right, bottom)
            assert hidden <= 1 or tag in ("svg", "IMG"), (title, tag)
        for natural, tall, width, height, alt in slide["plots"]:
            assert natural > 300 and width > 500 and height > 200, title
            assert natural < 3 * tall, (title, "a plot fills its slide")
            assert len(alt) > 40, title
    titles = [slide["title"] for slide in slides]
    assert len(slides) >= 20 and formulas >= 5 and wrong == 0
    assert sum(len(slide["plots"]) for slide in slides) >= 10
    assert notes >= titles.count("Think, then look") >= 4
    assert titles[-1] == "Exit ticket"
