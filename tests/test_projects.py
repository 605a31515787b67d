"""The cells with which projects begin run, and the page has a measure and a result for each."""

import re

import pytest

from tools.build_notebooks import ROOT

PROJECTS = (ROOT / "docs/site/projects.md").read_text(encoding="utf-8").split("\n## ")[1:]


def test_there_are_five_projects_with_a_measure_and_a_first_result():
    assert len(PROJECTS) == 5
    for text in PROJECTS:
        for part in ("*Measure*", "**First result**: ", "**Next**: "):
            assert part in text
        compile(re.findall(r"```python\n(.+?)```", text, re.DOTALL)[0], "project", "exec")


@pytest.mark.soak
@pytest.mark.parametrize("number", range(5))
def test_the_cell_of_a_project_runs(number, capsys):
    exec(re.findall(r"```python\n(.+?)```", PROJECTS[number], re.DOTALL)[0], {})
    assert capsys.readouterr().out
