"""Rehearse the session in full, as on Colab and as on Binder: ``python -m tools.rehearse``.

For each Python of Colab an environment with Colab's versions is made, and the project is cloned
and not installed. All notebooks run in full size, with an empty kernel cache and on one core, as on
Binder, and then once more on all cores. It fails if a cell fails, if a first plot comes later
than 20 s after the first cell, or if a kernel takes more than 1.5 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COLAB_PYTHONS = ("3.12", "3.13")
LATEST_PLOT = 20.0  # s
MOST_MEMORY = 1500.0  # MB


def find_python(version):
    """Return the interpreter of one version, from PATH or pyenv.

    Parameters
    ----------
    version : str
        For example ``3.12``.

    Returns
    -------
    str or None
        Its path, if there is one.
    """
    candidates = [shutil.which(f"python{version}")]
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates += sorted(versions.glob(f"{version}.*/bin/python"))
    for candidate in filter(None, candidates):
        done = subprocess.run(
            [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True, text=True, check=False,
        )
        if done.stdout.strip() == version:
            return str(candidate)
    return None


def rehearse(python, folder):
    """Make an environment and a clone in a folder and run all notebooks there.

    Parameters
    ----------
    python : str
        Interpreter from which the environment is made.
    folder : pathlib.Path
        An empty folder.

    Returns
    -------
    dict
        By number of cores and notebook: seconds, seconds to the first plot, memory.

    Raises
    ------
    subprocess.CalledProcessError
        If a step fails; its output has been printed.
    """
    subprocess.run([python, "-m", "venv", folder / "venv"], check=True)
    own = str(folder / "venv/bin/python")
    pip = [own, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "-r", ROOT / "tools/colab-requirements.txt"], check=True)
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    measured = {}
    for cores in sorted({1, os.cpu_count()}):
        environment = {
            **os.environ, "NUMBA_CACHE_DIR": str(folder / f"cache-{cores}"),
            "JUPYTER_PREFER_ENV_PATH": "1", "COURSE_FAST": "0",
        }
        result = folder / f"{cores}.json"
        subprocess.run(
            [own, "-m", "tools.execute_notebooks", "--cores", str(cores), "--json", result,
             "--values", "0", "--output", folder / "html"],
            cwd=clone, env=environment, check=True,
        )
        measured[cores] = json.loads(result.read_text(encoding="utf-8"))
    return measured


def complaints(measured):
    """Return a sentence for each number that is out of bounds.

    Parameters
    ----------
    measured : dict
        What `rehearse` returns.

    Returns
    -------
    list of str
        Empty if all is well.
    """
    found = []
    for cores, notebooks in measured.items():
        for name, run in notebooks.items():
            where = f"{name} on {cores} core{'s' if int(cores) > 1 else ''}"
            if not run["first_figure_s"] <= LATEST_PLOT:
                found.append(
                    f"{where}: first plot after {run['first_figure_s']:.0f} s, "
                    f"not within {LATEST_PLOT:.0f} s"
                )
            if run["peak_mb"] > MOST_MEMORY:
                found.append(f"{where}: {run['peak_mb']:.0f} MB, more than {MOST_MEMORY:.0f}")
    return found


def main(argv=None):
    """Rehearse with each Python that the command line names.

    Parameters
    ----------
    argv : list of str, optional
        Arguments; those of the process by default.

    Returns
    -------
    int
        Exit status: 1 if anything failed or was out of bounds.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tools.rehearse", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--pythons", nargs="+", default=list(COLAB_PYTHONS), metavar="VERSION")
    failures = 0
    for version in parser.parse_args(argv).pythons:
        python = find_python(version)
        if python is None:
            print(f"Python {version} is not installed here", file=sys.stderr)
            failures += 1
            continue
        with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
            try:
                measured = rehearse(python, Path(folder))
            except subprocess.CalledProcessError as error:
                print(f"Python {version}: {error}", file=sys.stderr)
                failures += 1
                continue
        print(f"Python {version}, Colab's versions, empty kernel cache")
        print("| notebook | cores | first plot (s) | total (s) | peak memory (MB) |")
        print("| --- | --- | --- | --- | --- |")
        for cores, notebooks in measured.items():
            for name, run in notebooks.items():
                print(
                    f"| {name} | {cores} | {run['first_figure_s']:.1f} | "
                    f"{run['seconds']:.0f} | {run['peak_mb']:.0f} |"
                )
        for sentence in complaints(measured):
            print(f"Python {version}: {sentence}", file=sys.stderr)
            failures += 1
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
