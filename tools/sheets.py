"""Fill the sheets of the site: one printed page for each part.

A sheet, ``docs/site/sheet_partN.md``, holds equations and a table with the columns symbol, name
and "what breaks it". The columns between, unit, default and what is allowed, come from the field
that the name gives (``RateNetworkParameters.tau``, or ``train.ridge`` for an argument), or, where
it is no such field, from the glossary's symbols. `tools.build_site` calls `write` and `print_pdf`.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import inspect
import re
import shutil

HEADER = "| symbol | in the code | what breaks it |\n| --- | --- | --- |\n"
FILLED = f"| symbol | in the code | unit | default | allowed | what breaks it |\n{'| --- ' * 6}|\n"
_ROW = re.compile(r"(?m)^\| (.+?) \| `(.+?)` \| (.*?) \|$")
_BOUNDS = {"above": ">", "at_least": "≥", "below": "<", "at_most": "≤"}
# The style of a printed page is in docs/site/_static/course.css; a sheet is small enough for one.
_END = """
<style>@page {{ size: A4; margin: 11mm; }} @media print {{ html {{ font-size: 11px; }} }}</style>
<p class="no-print"><a href="sheet_part{}.pdf">This sheet as PDF</a></p>
"""


def fields_of(part):
    """Unit, default and rule of each parameter that a part exports, by ``Record.field``."""
    package = importlib.import_module(f"src_part{part}")
    found = {}
    for name in package.__all__:
        value = getattr(package, name)
        if inspect.isclass(value) and dataclasses.is_dataclass(value):
            for field in dataclasses.fields(value):
                bounds = field.metadata.get("bounds")
                if bounds is not None:
                    rules = [f"{sign} {bounds[k]:g}" for k, sign in _BOUNDS.items() if k in bounds]
                    rules += [", ".join(bounds.get("choices", ()))] * ("choices" in bounds)
                    found[f"{name}.{field.name}"] = (
                        bounds.get("unit", "–"), str(field.default), ", ".join(rules) or "–"
                    )
        elif inspect.isfunction(value):
            for argument in inspect.signature(value).parameters.values():
                if isinstance(argument.default, int | float):
                    found[f"{name}.{argument.name}"] = "–", str(argument.default), "–"
    return found


def sheet(text, part, glossary):
    """Return a sheet with its table filled; a name that nobody knows is an error."""
    fields = fields_of(part)
    # | symbols | names in the code | unit | meaning |
    known = dict(re.findall(r"(?m)^\| (\$.+?) \| .+? \| (.+?) \| .+? \|$", glossary))

    def filled(match):
        symbol, name, breaks = match.groups()
        if name in fields:
            unit, default, rule = fields[name]
        elif symbol in known:
            unit, default, rule = known[symbol], "–", "–"
        else:
            raise ValueError(f"Part {part} has no parameter {name!r}, the glossary no {symbol}.")
        return f"| {symbol} | `{name}` | {unit} | {default} | {rule} | {breaks} |"

    if text.count(HEADER) != 1:
        raise ValueError(f"A sheet must hold the header {HEADER!r} exactly once.")
    before, rows = text.split(HEADER)
    return before + FILLED + _ROW.sub(filled, rows) + _END.format(part)


def write(pages):
    """Fill all sheets in a copy of ``docs/site``."""
    glossary = (pages / "glossary.md").read_text(encoding="utf-8")
    for path in sorted(pages.glob("sheet_part*.md")):
        part = int(path.stem.removeprefix("sheet_part"))
        path.write_text(sheet(path.read_text(encoding="utf-8"), part, glossary), encoding="utf-8")


def print_pdf(site):
    """Print the sheets of the built site with Chromium, if Playwright and it are here."""
    chromium = shutil.which("chromium")
    if chromium is None or importlib.util.find_spec("playwright") is None:
        return
    from playwright.sync_api import sync_playwright
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        for path in sorted(site.glob("sheet_part*.html")):
            page.goto(path.as_uri(), wait_until="networkidle")
            page.pdf(path=path.with_suffix(".pdf"), prefer_css_page_size=True)
