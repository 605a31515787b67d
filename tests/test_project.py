"""The files around the code agree with each other."""

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
LOCKS = tuple(f"requirements{name}.lock" for name in ("", "-bench", "-oracle", "-site"))
SYSTEMS = (
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
)
MACHINES = {"linux": ("x86_64",), "darwin": ("arm64", "x86_64"), "win32": ("AMD64",)}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))


def environments():
    for system in SYSTEMS:
        for machine in MACHINES[system["sys_platform"]]:
            for python in PYTHONS:
                version = {"python_version": python, "python_full_version": f"{python}.0"}
                yield {**default_environment(), **system, **version, "platform_machine": machine}


def pins(name):
    """Return each pin of a lock as a requirement."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line.removesuffix("\\")) for line in lines if re.match(r"[a-z0-9]", line)]


def applies(requirement, environment):
    return requirement.marker is None or requirement.marker.evaluate(environment)


def tracked_files():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what is tracked cannot be asked")
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [ROOT / name for name in listing.stdout.split("\0") if name]


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


@pytest.mark.parametrize(("lock", "extra", "dependencies"), [
    ("requirements.lock", "test", PROJECT["dependencies"]),
    ("requirements-bench.lock", "bench", []),
    ("requirements-oracle.lock", "oracle", []),
    ("requirements-site.lock", "site", []),
])
def test_lock_pins_every_dependency_within_its_bounds_everywhere(lock, extra, dependencies):
    wanted = [Requirement(r) for r in dependencies + PROJECT["optional-dependencies"][extra]]
    locked = pins(lock)
    for environment in environments():
        for requirement in wanted:
            if not applies(requirement, environment):
                continue
            found = [
                pin
                for pin in locked
                if pin.name == canonicalize_name(requirement.name) and applies(pin, environment)
            ]
            assert len(found) == 1, (requirement, environment)
            (pin,) = found[0].specifier
            assert pin.operator == "=="
            assert requirement.specifier.contains(Version(pin.version)), requirement


@pytest.mark.parametrize("lock", LOCKS[1:])
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
    missing = [link for link in local if link and not (ROOT / link).exists()]
    assert not missing


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
    dois = [reference["doi"] for reference in citation["references"]]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert dois
    assert all(f"https://doi.org/{doi}" in readme for doi in dois)


def test_no_recordings_are_tracked():
    recordings = {".jld", ".jld2", ".nwb", ".mat", ".h5", ".hdf5"}
    assert not [path for path in tracked_files() if path.suffix.lower() in recordings]
