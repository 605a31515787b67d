"""A wheel, built and installed elsewhere, brings its data along and does the work of each part."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import setuptools

ROOT = Path(__file__).resolve().parents[1]
# What a user does after `pip install`, away from any copy of the project: a job of each part.
JOBS = """
import json, warnings
import numpy as np
import src_part1, src_part2, src_part3
from course import report

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
auto = src_part1.load_recordings("auto")
standin = src_part1.load_recordings("synthetic")
few = standin.select(40)
made = src_part1.make_task(few, rng)
rate = src_part1.train(made.task, made.initial_weights, n_loops=5, progress=False)
made = src_part2.make_task(few, src_part2.LIFParameters(tau_syn=100.0, noise=0.1), rng)
spiking = src_part2.train(made.task, made.initial_weights, rng, ridge=0.05, n_loops=8,
                          progress=False)
task, weights = src_part3.load_network()
trial = src_part3.run_trial(task.network, task.trial_parameters, rng, weights=weights[0],
                            **task.trial_options(0))
print(json.dumps({
    "place": src_part1.__file__, "standin": standin.describe(), "auto": auto.source,
    "rate": rate.train_correlation.tolist(), "spiking": spiking.train_correlation.tolist(),
    "report": report.notebook_for("mine.npz", {}, None).cells[0].source,
    "n_trained": task.n_trained, "spikes": float(trial.bin_counts.sum()),
}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Where the wheel of a copy is installed, and what the jobs print, offline and uncached."""
    folder = tmp_path_factory.mktemp("wheel")
    copy, skip = folder / "copy", shutil.ignore_patterns("__pycache__")
    for name in ("src_part1", "src_part2", "src_part3", "course", "data", "notebooks"):
        shutil.copytree(ROOT / name, copy / name, ignore=skip)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    words = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, copy]
    subprocess.run([*pip, *words], check=True, capture_output=True)
    shutil.rmtree(copy)
    (wheel,) = folder.glob("*.whl")
    words = ["install", "--no-deps", "--no-index", "--target", folder / "site", wheel]
    subprocess.run([*pip, *words], check=True, capture_output=True)
    proxy, home = "http://127.0.0.1:9", str(folder / "home")
    environment = os.environ | {
        "HTTPS_PROXY": proxy, "https_proxy": proxy, "XDG_CACHE_HOME": home, "LOCALAPPDATA": home,
        "HOME": home, "PYTHONPATH": str(folder / "site"), "NUMBA_CACHE_DIR": str(folder / "numba"),
    }
    for name in ("MOTOR_CORTEX_DIR", "MOTOR_CORTEX_SOURCE", "NO_PROXY", "no_proxy"):
        environment.pop(name, None)
    done = subprocess.run([sys.executable, "-c", JOBS], cwd=folder, env=environment, text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site", json.loads(done.stdout)


def test_an_installed_wheel_has_the_standin_and_the_trained_network(installed):
    site, found = installed
    assert Path(found["place"]).is_relative_to(site)
    assert found["standin"].startswith("500 synthetic neurons in 2 conditions")
    assert found["auto"] == "synthetic" and found["n_trained"] == 500
    assert found["report"].startswith("# Your own recordings: `mine.npz`")
    names = {path.name for path in site.iterdir()}
    parts = {"src_part1", "src_part2", "src_part3", "course"}
    assert {name for name in names if not name.endswith(".dist-info")} == parts


def test_an_installed_wheel_does_a_job_of_each_part(installed):
    _, found = installed
    first, *_, last = (sum(loop) / 2 for loop in found["spiking"])
    assert last > first + 0.03, found["spiking"]
    assert sum(found["rate"][-1]) / 2 > 0.75, found["rate"]
    assert found["spikes"] > 1000


def test_each_package_is_listed():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = setuptools.find_packages(str(ROOT), include=["src_part*", "course*"])
    assert sorted(declared["tool"]["setuptools"]["packages"]) == sorted(
        [*found, "src_part1.data", "course.notebooks"]
    )
