"""Make the notebooks and the badges from their sources: ``python -m tools.build_notebooks``.

Each ``notebooks/source/NAME.py`` (jupytext's percent format) becomes ``notebooks/NAME.ipynb``,
where exercises wait for an answer, and, if it has exercises, ``notebooks/solutions/NAME.ipynb``
(`tools.exercise_cells`); both without outputs. The markdown cell tagged ``badges``, the code cell
tagged ``setup`` and ``{{repository}}``, ``{{tag}}``, ``{{version}}``, ``{{feedback}}`` are filled
in from pyproject.toml, where alone the repository's address stands, and
``notebooks/setup_cell.py``; no address is shown while its owner is ``OWNER``. Markdown tagged
``slide`` is for `tools.build_slides`.
README.md, CITATION.cff and the page for instructors get what is made for them. With ``--check``
nothing is written and the exit status is 1 if anything would change.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

import jupytext
import nbformat

from tools.exercise_cells import BEGIN, apply_exercises
from tools.questions import answers_page

ROOT = Path(__file__).resolve().parents[1]
PLACEHOLDER = "OWNER"
NO_BADGES = ("*This notebook runs inside a copy of the project's folder, from its folder "
             "`notebooks`; the README says how to begin.*")
NO_FORM = "Please tell your instructor, who may have a form for it."
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def project_facts(root=ROOT):
    """Read what the placeholders stand for from pyproject.toml."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    project = pyproject["project"]
    form = pyproject.get("tool", {}).get("recorded-rnn", {}).get("feedback_form", "")
    version = project["version"]
    address = project["urls"]["Repository"]
    repository = "" if address.rsplit("/", 2)[1] == PLACEHOLDER else address
    feedback = f"Please tell us in [the feedback form]({form})." if form else NO_FORM
    return {"repository": repository, "version": version, "tag": f"v{version}",
            "feedback": feedback}


def fill(text, facts):
    """Return ``text`` with ``{{name}}`` replaced for every name in ``facts``."""
    for name, value in facts.items():
        text = text.replace("{{" + name + "}}", value)
    return text


def badges(path, facts):
    """Return the Binder and Colab badges of one notebook as Markdown."""
    if not facts["repository"]:
        return ()
    place = facts["repository"].removeprefix("https://github.com/")
    binder = f"https://mybinder.org/v2/gh/{place}/{facts['tag']}?urlpath=lab/tree/{path}"
    colab = f"https://colab.research.google.com/github/{place}/blob/{facts['tag']}/{path}"
    return (
        f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({binder})",
        f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab})",
    )


def build_notebook(source, facts, path, *, solution=False, slides=False):
    """Return one of the notebooks that one source makes."""
    notebook = jupytext.reads(source, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(KERNEL)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    marked = {
        ("markdown", "badges"): "\n".join(badges(path, facts)) or NO_BADGES,
        ("code", "setup"): (ROOT / "notebooks/setup_cell.py").read_text(encoding="utf-8").rstrip(),
    }
    for (kind, tag), text in marked.items():
        cells = [c for c in notebook.cells if tag in c.metadata.get("tags", [])]
        if len(cells) != 1 or cells[0].cell_type != kind:
            raise ValueError(f"The source of {path} must hold exactly one {kind} cell tagged "
                             f"{tag!r}, got {[cell.cell_type for cell in cells]}.")
        cells[0].source = text
    notebook.cells = apply_exercises(
        [c for c in notebook.cells if slides or "slide" not in c.metadata.get("tags", [])],
        solution=solution,
    )
    seen = Counter()
    for cell in notebook.cells:
        cell.metadata.pop("lines_to_next_cell", None)
        # An id follows from the cell alone, so that an edit changes those of the edited cells only.
        same = cell.cell_type, cell.source
        cell.id = hashlib.sha256(f"{same[0]}:{seen[same]}:{same[1]}".encode()).hexdigest()[:12]
        seen[same] += 1
        cell.source = fill(cell.source, facts)
    nbformat.validate(notebook)
    return notebook


def _title(notebook):
    heading = re.match(r"# (.+)$", notebook.cells[0].source, re.MULTILINE)
    if not heading:
        raise ValueError("A notebook must open with a heading of the first level.")
    return heading[1].strip()


def _replace_block(text, name, block):
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise ValueError("README.md and the page for instructors must hold the comments of the "
                         f"block {name!r} exactly once.")
    return pattern.sub(lambda match: f"{match[1]}{block}\n{match[2]}", text)


def build_readme(text, notebooks, facts):
    """Return the README with its badges and its clone command made anew."""
    shown = bool(facts["repository"])
    if shown:
        folder = facts["repository"].rsplit("/", 1)[1]
        clone = f"git clone {facts['repository']}\ncd {folder}"
        needs = "Python 3.11 or later, git and make"
        rows = ["Without an installation:", "", "| notebook | open it |", "| --- | --- |"]
    else:
        clone = "cd recorded-rnn    # your copy of this folder, whatever its name"
        needs = "Python 3.11 or later and make, in a copy of this folder"
        rows = [
            "The project has no public address yet: copy this folder and begin as above. On Google",
            "Colab, upload a notebook, put a copy of the folder into the files of the session and",
            "begin with `%cd` and its name.",
            "", "| notebook |", "| --- |",
        ]
    rows += [
        " ".join([f"| [{_title(notebook)}]({path}) |", *badges(path, facts), "|" * shown]).rstrip()
        for path, notebook in notebooks.items()
    ]
    begin = f"On Linux or macOS, with {needs}:\n\n```sh\n{clone}\nmake tutorial\n```"
    text = _replace_block(text, "badges", "\n".join(rows))
    return _replace_block(text, "clone", begin)


def build_citation(text, facts):
    """Return CITATION.cff with the address and the version of the project."""
    address = facts["repository"]
    lines = {
        "version": f'version: "{facts["version"]}"',
        "repository-code": f'repository-code: "{address}"' if address else
                           "# repository-code: set once the project has a public address",
    }
    for key, line in lines.items():
        text, count = re.subn(rf"(?m)^(# )?{key}: .*$", lambda _, line=line: line, text)
        if count != 1:
            raise ValueError(f"CITATION.cff must hold the key {key!r} exactly once.")
    return text


def build_all(root=ROOT):
    """Make every generated text of the project."""
    facts = project_facts(root)
    notebooks, texts = {}, {}
    for source in sorted((root / "notebooks/source").glob("*.py")):
        text = source.read_text(encoding="utf-8")
        path, solved = (f"notebooks/{folder}{source.stem}.ipynb" for folder in ("", "solutions/"))
        notebooks[path] = build_notebook(text, facts, path)
        texts[root / path] = nbformat.writes(notebooks[path]) + "\n"
        if BEGIN in text:
            solution = build_notebook(text, facts, solved, solution=True)
            texts[root / solved] = nbformat.writes(solution) + "\n"
    readme, citation = root / "README.md", root / "CITATION.cff"
    texts[readme] = build_readme(readme.read_text(encoding="utf-8"), notebooks, facts)
    texts[citation] = build_citation(citation.read_text(encoding="utf-8"), facts)
    page = root / "docs/site/instructor.md"
    answers = answers_page({_title(notebook): notebook for notebook in notebooks.values()})
    texts[page] = _replace_block(page.read_text(encoding="utf-8"), "answers", answers)
    return texts


def main(argv=None, root=ROOT):
    """Write, or with ``--check`` compare, every generated file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if anything differs")
    check = parser.parse_args(argv).check
    texts = build_all(root)
    stale = [path for path, text in texts.items()
             if not path.is_file() or path.read_text(encoding="utf-8") != text]
    found = {*root.glob("notebooks/*.ipynb"), *root.glob("notebooks/solutions/*.ipynb")}
    orphans = sorted(found - set(texts))
    for path in orphans:
        print(f"{path.relative_to(root)} has no source in notebooks/source", file=sys.stderr)
    for path in stale:
        name = path.relative_to(root)
        if check:
            print(f"{name} differs from its source: run 'make notebooks'", file=sys.stderr)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(texts[path], encoding="utf-8", newline="\n")
            print(f"wrote {name}")
    return int(bool(orphans or (check and stale)))


if __name__ == "__main__":
    sys.exit(main())
