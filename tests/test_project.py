"""The files around the code agree with each other."""

import itertools
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools.build_notebooks import project_facts

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
# The lock files, each with the extra that it pins.
LOCKS = {"requirements.lock": "test"} | {
    f"requirements-{extra}.lock": extra for extra in ("bench", "oracle", "site")
}
SYSTEMS = [("linux", "Linux", "posix", "x86_64"), ("darwin", "Darwin", "posix", "arm64"),
           ("darwin", "Darwin", "posix", "x86_64"), ("win32", "Windows", "nt", "AMD64")]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))


def environments():
    for (platform, system, name, machine), python in itertools.product(SYSTEMS, PYTHONS):
        yield default_environment() | {
            "sys_platform": platform, "platform_system": system, "os_name": name,
            "platform_machine": machine, "python_version": python,
            "python_full_version": f"{python}.0",
        }


def pins(name):
    """Return each pin of a lock as a requirement."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line.removesuffix("\\")) for line in lines if re.match(r"[a-z0-9]", line)]


def applies(requirement, environment):
    return requirement.marker is None or requirement.marker.evaluate(environment)


def tracked_files():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what is tracked cannot be asked")
    listing = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
    return [ROOT / name for name in listing.split("\0") if name]


def test_conda_environment_names_what_pyproject_names():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    conda = {r.name: r.specifier for r in map(Requirement, environment["dependencies"])}
    python = conda.pop("python")
    assert conda.pop("pip") == SpecifierSet()
    # setuptools builds the project in postBuild, which isolates no build.
    wanted = PROJECT["dependencies"] + PYPROJECT["build-system"]["requires"]
    assert conda == {r.name: r.specifier for r in map(Requirement, wanted)}
    assert SpecifierSet(PROJECT["requires-python"]) == python


def test_the_same_pythons_are_declared_and_run():
    prefix = "Programming Language :: Python :: "
    declared = [c.removeprefix(prefix) for c in PROJECT["classifiers"] if c.startswith(prefix)]
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    assert declared == workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == list(PYTHONS)
    allowed = SpecifierSet(PROJECT["requires-python"])
    assert all(allowed.contains(v) for v in (*PYTHONS, "3.15")) and not allowed.contains("3.10")


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_pins_every_dependency_within_its_bounds_everywhere(lock):
    dependencies = PROJECT["dependencies"] if lock == "requirements.lock" else []
    dependencies = dependencies + PROJECT["optional-dependencies"][LOCKS[lock]]
    wanted, locked = [Requirement(r) for r in dependencies], pins(lock)
    for environment, requirement in itertools.product(environments(), wanted):
        if applies(requirement, environment):
            name = canonicalize_name(requirement.name)
            found = [pin for pin in locked if pin.name == name and applies(pin, environment)]
            assert len(found) == 1, (requirement, environment)
            (pin,) = found[0].specifier
            assert pin.operator == "=="
            assert requirement.specifier.contains(Version(pin.version)), requirement


@pytest.mark.parametrize("lock", list(LOCKS)[1:])
def test_all_locks_pin_the_same_versions(lock):
    main = {}
    for pin in pins("requirements.lock"):
        main.setdefault(pin.name, set()).add(pin.specifier)
    for pin in pins(lock):
        assert pin.specifier in main.get(pin.name, {pin.specifier}), pin


@pytest.mark.parametrize("name", LOCKS)
def test_lock_is_hashed_and_names_no_index(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"(?m)^\s*--?(index|extra|find|trusted|[ief]\b)", text)
    entries = re.split(r"(?m)^(?=[a-z0-9])", text)[1:]
    assert len(entries) == len(pins(name))
    assert all("--hash=sha256:" in entry for entry in entries)


def test_repository_address_stands_in_pyproject_and_where_it_is_generated_only():
    address = PROJECT["urls"]["Repository"]
    shown = project_facts(ROOT)["repository"] == address  # and not while it is a placeholder
    owner, name = address.rsplit("/", 2)[1:]
    generated = {ROOT / "README.md", ROOT / "CITATION.cff", *NOTEBOOKS}
    for path in tracked_files():
        if path.suffix in {".npz", ".png", ".svg", ".lock"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        if path == ROOT / "pyproject.toml":
            assert text.count(address) == 1
        elif path not in generated or not shown:
            assert f"{owner}/{name}" not in text, path
        # Sites that show the repository write its owner and name in their own addresses.
        owners = re.findall(rf"/([\w.-]+)/{re.escape(name)}(?=[/\s\"')\\]|$)", text)
        assert set(owners) <= {owner}, path


def test_readme_links_lead_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    local = [link.split("#")[0] for link in links if "://" not in link]
    assert "LICENSE" in local
    assert not [link for link in local if link and not (ROOT / link).exists()]


def test_readme_tells_every_make_goal_that_it_names():
    goals = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert set(re.findall(r"`make ([a-z]+)", text)) <= goals, name


def test_citation_has_version_and_licence_of_the_project():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"] == "MIT"
    assert citation.get("repository-code", "") == project_facts(ROOT)["repository"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert citation["references"]
    assert all(f"https://doi.org/{r['doi']}" in readme for r in citation["references"])


def test_no_recordings_are_tracked():
    recordings = {".jld", ".jld2", ".nwb", ".mat", ".h5", ".hdf5"}
    assert not [path for path in tracked_files() if path.suffix.lower() in recordings]
