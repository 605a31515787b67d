"""No pickle, no eval, no network but the pinned recordings: in the code, and while it runs."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from src_part1.recordings.importers import alm_files

ROOT = Path(__file__).resolve().parents[2]
# The library, and what notebooks are made of. Tools and benchmarks may start other programs.
LIBRARY = sorted(p for folder in ("src_part1", "src_part2", "src_part3", "notebooks/source")
                 for p in (ROOT / folder).rglob("*.py"))
EVERYTHING = LIBRARY + sorted(
    p for folder in ("tools", "benchmarks", "docs") for p in (ROOT / folder).rglob("*.py")
)
UNPICKLERS = {"cloudpickle", "dill", "marshal", "pickle", "shelve"}
NETWORK = {"aiohttp", "ftplib", "http", "httpx", "pooch", "requests", "socket", "urllib"}
PROCESSES = {"ctypes", "multiprocessing", "pty", "subprocess"}


def imports(tree):
    """Names of the imported top-level packages."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


def forbidden_calls(tree):
    """Calls that could run what a file or a user's text says."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name in ("eval", "exec", "compile", "__import__", "os.system", "os.popen",
                    "joblib.load", "np.fromregex"):
            yield name
        for keyword in node.keywords:
            if keyword.arg in ("allow_pickle", "shell") and not (
                isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            ):
                yield f"{name}({ast.unparse(keyword)})"
        if name == "np.load" and not any(k.arg == "allow_pickle" for k in node.keywords):
            yield "np.load that does not say allow_pickle=False"


def found_in(path):
    """All that is forbidden in a file."""
    # Cells of notebooks may hold magics, which are no Python.
    text = re.sub(r"(?m)^\s*[%!].*$", "", path.read_text(encoding="utf-8"))
    tree = ast.parse(text)
    names = set(imports(tree))
    found = [*(names & UNPICKLERS), *forbidden_calls(tree)]
    if path in LIBRARY:
        found += names & PROCESSES
        if path.name != "alm_files.py":
            found += names & NETWORK
    return found


@pytest.mark.parametrize("path", EVERYTHING, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_runs_what_a_file_says_or_reaches_for_the_network(path):
    assert not found_in(path)


@pytest.mark.parametrize("line", [
    "import pickle", "from dill import load", "eval('1')", "exec(text)", "import socket",
    "import urllib.request", "np.load(path)", "np.load(path, allow_pickle=True)",
    "run(command, shell=True)", "import subprocess",
])
def test_what_is_forbidden_is_found(line, tmp_path, monkeypatch):
    path = tmp_path / "module.py"
    path.write_text(line + "\n")
    monkeypatch.setitem(globals(), "LIBRARY", [path])
    assert found_in(path)


def test_every_file_that_is_fetched_is_pinned():
    assert alm_files.BASE_URL.startswith("https://")
    assert alm_files.SHA256
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in alm_files.SHA256.values())


def test_the_embedded_default_needs_no_network_and_no_other_program():
    program = """
import sys
FORBIDDEN = ("socket.connect", "socket.getaddrinfo", "os.system", "os.exec", "os.posix_spawn",
             "subprocess.Popen")  # Numba reads the kernels that it compiled itself by pickle
armed = []
def refuse(event, arguments):
    if armed and event in FORBIDDEN:
        raise SystemExit(f"{event} {arguments}")
import src_part1, src_part2, src_part3
sys.addaudithook(refuse)
armed.append(True)
src_part1.load_recordings("synthetic")
src_part3.load_network()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
