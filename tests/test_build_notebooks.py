"""The notebooks' sources become notebooks, badges and a setup cell that works everywhere."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import build_notebooks

NOTEBOOK = "notebooks/lesson.ipynb"
FACTS = {"repository": "https://github.com/someone/some-course", "version": "1.2", "tag": "v1.2"}
SOURCE = """\
# ---
# jupyter:
#   kernelspec: {display_name: Other, language: other, name: other}
# ---

# %% [markdown]
# # A title with $x_{i}$

# %% [markdown] tags=["badges"]
# made

# %% tags=["setup"]
# made

# %% tags=["plot"] alt="a line that rises"
print("{{tag}}", "{{other}}")

# %% [markdown]
# From {{repository}}, version {{version}}.

# %%
1 + 1

# %%
1 + 1
"""
PROJECT = {
    NOTEBOOK.replace("lesson.ipynb", "source/lesson.py"): SOURCE,
    "pyproject.toml": f'[project]\nversion = "1.2"\nurls.Repository = "{FACTS["repository"]}"\n',
    "docs/site/instructor.md": "top\n<!-- answers -->\nold\n<!-- end of answers -->\n",
    "CITATION.cff": "version: 0\nrepository-code: x\n",
    "README.md": "top\n<!-- clone -->\nold\n<!-- end of clone -->\nmiddle\n"
                 "<!-- badges -->\n<!-- end of badges -->\nend\n",
}


@pytest.fixture
def project(tmp_path):
    """Return the root of a small project with one source."""
    for name, text in PROJECT.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def build(source=SOURCE, **facts):
    return build_notebooks.build_notebook(source, FACTS | facts, NOTEBOOK)


def made(root):
    """Texts of what is made of a project."""
    assert build_notebooks.main([], root=root) == 0
    assert build_notebooks.main(["--check"], root=root) == 0
    return [(root / path).read_text("utf-8") for path in ("README.md", "CITATION.cff", NOTEBOOK)]


def test_everything_generated_in_this_project_is_in_sync():
    assert build_notebooks.main(["--check"]) == 0


def test_notebook_has_badges_setup_and_filled_placeholders():
    notebook = build()
    title, badges, setup, code, prose, *rest = notebook.cells
    assert title.source == "# A title with $x_{i}$"
    for address in ("mybinder.org/v2/gh/someone/some-course/v1.2?urlpath=lab/tree",
                    "colab.research.google.com/github/someone/some-course/blob/v1.2"):
        assert f"https://{address}/{NOTEBOOK}" in badges.source
    assert 'REPOSITORY, TAG = "https://github.com/someone/some-course", "v1.2"' in setup.source
    assert "{{" not in setup.source
    assert code.source == 'print("v1.2", "{{other}}")'
    assert prose.source == "From https://github.com/someone/some-course, version 1.2."
    assert [cell.source for cell in rest] == ["1 + 1", "1 + 1"]
    # The metadata of the cells are kept, those of the header are not.
    assert code.metadata == {"tags": ["plot"], "alt": "a line that rises"}
    assert rest[0].metadata == {} and "jupytext" not in notebook.metadata
    assert notebook.metadata.kernelspec.name == "python3"
    assert all(not cell.get("outputs") for cell in notebook.cells)


def test_cell_ids_differ_and_change_only_with_the_cell():
    before = [cell.id for cell in build().cells]
    assert len(set(before)) == len(before)
    assert [cell.id for cell in build().cells] == before
    edited = SOURCE.replace("# From", "# An inserted cell.\n\n# %% [markdown]\n# From")
    after = [cell.id for cell in build(edited).cells]
    inserted = after.pop(4)
    assert after == before and inserted not in before


@pytest.mark.parametrize(("old", "new", "message"), [
    ('tags=["setup"]', "", "exactly one code cell tagged 'setup'"),
    ('tags=["plot"]', 'tags=["setup"]', "exactly one code cell tagged 'setup'"),
    ('[markdown] tags=["badges"]', 'tags=["badges"]', "exactly one markdown cell tagged"),
])
def test_source_without_its_marked_cells_is_refused(old, new, message):
    with pytest.raises(ValueError, match=message):
        build(SOURCE.replace(old, new))


def test_writes_then_finds_nothing_to_do(project, capsys):
    assert build_notebooks.main(["--check"], root=project) == 1
    assert "lesson.ipynb differs" in capsys.readouterr().err
    assert not (project / NOTEBOOK).exists()
    readme, citation, _ = made(project)
    assert "[A title with $x_{i}$](notebooks/lesson.ipynb)" in readme
    assert "git clone https://github.com/someone/some-course\ncd some-course\n" in readme
    assert "old" not in readme and readme.startswith("top\n") and readme.endswith("\nend\n")
    assert citation == f'version: "1.2"\nrepository-code: "{FACTS["repository"]}"\n'


def test_a_placeholder_shows_no_address_until_it_is_set(project):
    address = PROJECT["pyproject.toml"]
    placeholder = address.replace("github.com/someone", "github.com/OWNER")
    (project / "pyproject.toml").write_text(placeholder, encoding="utf-8")
    readme, citation, notebook = made(project)
    for text in (readme, citation, notebook):
        assert not re.search(r"OWNER|github\.com|mybinder|colab\.research|git clone", text)
    for shown in ("no public address yet: copy this folder", "make tutorial", f"({NOTEBOOK})"):
        assert shown in readme
    assert "runs inside a copy of the project's folder" in notebook
    assert "# repository-code: " in citation
    (project / "pyproject.toml").write_text(address, encoding="utf-8")
    readme, citation, notebook = made(project)
    assert all(FACTS["repository"] in text for text in (readme, citation, notebook))
    assert "no public address" not in readme and "# repository-code" not in citation
    assert readme.count("badge_logo.svg") == 1 and "badge_logo.svg" in notebook


@pytest.mark.parametrize(("read", "old", "new", "written"), [  # first an output
    (NOTEBOOK, '[]', '[{"name": "stdout", "output_type": "stream", "text": ["v1.2"]}]', NOTEBOOK),
    (NOTEBOOK, "some-course, version", "some-course, Version", NOTEBOOK),
    (NOTEBOOK, "", "", "notebooks/orphan.ipynb"),
    ("README.md", "/v1.2?", "/v1.1?", "README.md"),
])
def test_check_notices_a_change(project, read, old, new, written):
    build_notebooks.main([], root=project)
    text = (project / read).read_text(encoding="utf-8")
    assert old in text
    (project / written).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert build_notebooks.main(["--check"], root=project) == 1


def run_setup(cell, folder, *, colab, times=1):
    """Run the setup cell in a new Python that starts in ``folder``."""
    program = "\n".join([
        "import json, sys, types",
        "sys.modules['google.colab'] = types.ModuleType('google.colab')" if colab else "",
        f"cell = {cell!r}",
        f"for _ in range({times}): exec(cell, globals())",
        "print(json.dumps([os.getcwd(), sys.path]))",
    ])
    environment = os.environ | {"PYTHONSAFEPATH": "1"}
    environment.pop("PYTHONPATH", None)
    return subprocess.run([sys.executable, "-c", program], cwd=folder, env=environment, text=True,
                          capture_output=True, check=False)


def place(run):
    """Where the setup cell has led, and how often this folder is in sys.path."""
    folder, path = json.loads(run.stdout)
    root = Path(folder).resolve()
    return root, [Path(entry).resolve() for entry in path].count(root)


@pytest.mark.parametrize("colab", [False, True])
@pytest.mark.parametrize("times", [1, 2])
def test_setup_cell_finds_the_project_above(tmp_path, colab, times):
    (tmp_path / "src_part1").mkdir()
    (tmp_path / "notebooks/solutions").mkdir(parents=True)
    folder = tmp_path / "notebooks/solutions"
    run = run_setup(build().cells[2].source, folder, colab=colab, times=times)
    assert place(run) == (tmp_path.resolve(), 1)


@pytest.mark.parametrize(("repository", "colab", "words"), [
    ("", False, "no public address yet; on Colab, copy the folder into the session"),
    ("", True, "no public address yet; on Colab, copy the folder into the session"),
    (FACTS["repository"], False, "Open this notebook inside a copy of https://github.com/someone"),
])
def test_setup_cell_outside_of_the_project_says_what_to_do(tmp_path, repository, colab, words):
    run = run_setup(build(repository=repository).cells[2].source, tmp_path, colab=colab)
    assert run.returncode != 0 and words in run.stderr
    assert not list(tmp_path.iterdir())


def test_setup_cell_on_colab_clones_the_pinned_tag_once(tmp_path):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    origin = tmp_path / "some-course"
    (origin / "src_part1").mkdir(parents=True)

    def git(*words):
        name = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *name, *words], cwd=origin, check=True, capture_output=True)

    git("init")
    for tag in ("v1.2", "v1.3"):
        (origin / "src_part1/version.txt").write_text(tag, encoding="utf-8")
        for words in (["add", "."], ["commit", "-m", tag], ["tag", tag]):
            git(*words)
    cell = build(repository=origin.as_uri()).cells[2].source
    content = tmp_path / "content"
    content.mkdir()
    root = (content / "some-course-v1.2").resolve()
    assert place(run_setup(cell, content, colab=True, times=2)) == (root, 1)
    assert (root / "src_part1/version.txt").read_text(encoding="utf-8") == "v1.2"
    shutil.move(origin, tmp_path / "gone")
    assert place(run_setup(cell, content, colab=True))[0] == root
