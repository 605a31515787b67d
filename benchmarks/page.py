"""All benchmarks in one run: a JSON file and a page with tables, plots, minutes and the machine."""

from __future__ import annotations

import html
import io
import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from matplotlib.figure import Figure

from src_part1.recordings import load_recordings

_OURS = "shared", "src_part", "ours"  # names of what is ours; peers are grey
_PACKAGES = ("numpy", "scipy", "numba", "brian2", "brainevent", "jax", "nest-simulator")
PUBLISHED = """\
Published for TrainSpikingNet.jl (Arthur, Kim, Chen, Preibisch & Darshan 2023), not measured here:
3.9, about 8 and 22 s a loop for 10, 20, 50 thousand neurons on CPU, cores not stated; all neurons
learn sinusoids, K = 512, 45 + 45 plastic inputs, 1 s of training with an update every 10 ms, P in
float32. Without static recurrence, 66,002 neurons and 64 + 64 plastic inputs: 4.39 s a loop,
correlation 0.647 after 100 loops. part3-tsn does the first of these jobs with our rule."""
_STYLE = """\
body { font: 16px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
pre { overflow-x: auto; background: #f4f4f4; padding: 0.8rem; font-size: 0.8rem; }
table { border-collapse: collapse; } td, th { padding: 0.1rem 0.8rem; text-align: left; }
td.number { text-align: right; }
svg { max-width: 100%; height: auto; }"""


def environment():
    """Describe machine and versions.

    Returns
    -------
    dict of str
        Processor, number of cores, memory, system, Python and the versions of the packages.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next(line.split(":")[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        processor = platform.processor() or platform.machine()
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    memory = "unknown"
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
        memory = f"{gigabytes:.1f} GB"
    return {
        "processor": processor, "cores": str(os.cpu_count()), "memory": memory,
        "system": platform.platform(), "python": platform.python_version(), **versions,
    }


def run_one(name, options=()):
    """Run one benchmark in a process of its own.

    Parameters
    ----------
    name : str
        For example ``part1-rls``.
    options : sequence of str, optional
        Its options, as on the command line.

    Returns
    -------
    dict
        ``command`` and ``report`` (str), ``result`` (dict, or None if it failed), ``seconds``, and
        the machine's load ``load_before`` and ``load_after``.
    """
    start, before = time.perf_counter(), os.getloadavg()[0]
    words = ["-m", "benchmarks", name, *options]
    done = subprocess.run(
        [sys.executable, *words, "--json"], capture_output=True, text=True, check=False,
    )
    if done.returncode:
        reason = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        report, result = f"not measured: {reason[-1]}", None
    else:
        report, _, last = done.stdout.rstrip().rpartition("\n")
        result = json.loads(last)
    return {
        "command": " ".join(["python", *words]), "report": report, "result": result,
        "seconds": time.perf_counter() - start, "load_before": before,
        "load_after": os.getloadavg()[0],
    }


def _svg(fig):
    text = io.StringIO()
    fig.savefig(text, format="svg", bbox_inches="tight")
    return text.getvalue()[text.getvalue().index("<svg") :]


def _bars(values, label):
    fig = Figure(figsize=(7, 0.5 + 0.35 * len(values)))
    axes = fig.subplots()
    colours = ["#0072b2" if name.startswith(_OURS) else "#999999" for name in values]
    axes.barh(list(values), list(values.values()), color=colours)
    axes.set(xlabel=label, xscale="log")
    axes.invert_yaxis()
    axes.bar_label(axes.containers[0], fmt=" %.3g")
    axes.margins(x=0.15)
    axes.spines[["top", "right"]].set_visible(False)
    return _svg(fig)


def _rules(result):
    names = [key.removesuffix("_s") for key in result if key.endswith("_s")]
    return _bars({
        f"{name.replace('_', ' ')}, {n} inputs": 1e3 * result[f"{name}_s"][n]
        for n in result["shared_s"] for name in names if n in result[f"{name}_s"]
    }, "ms for one update (log)")


def _simulators(result):
    seconds = {}
    for tool, of_tool in result["run_s"].items():
        if isinstance(of_tool, dict):
            seconds |= {f"{tool}, N = {n}": value for n, value in of_tool.items()}
        else:
            seconds[tool] = of_tool
    return _bars(seconds, f"seconds for {result['duration_ms']:g} ms of the network (log)")


def _curves(result):
    names = [name for name in result["curves"] if name in result["exponents"]]
    fig = Figure(figsize=(3.2 * max(len(names), 1), 5.6), layout="constrained")
    upper, lower = fig.subplots(2, len(names), sharex="col", squeeze=False)
    for name, seconds, memory in zip(names, upper, lower, strict=True):
        points, slopes = result["curves"][name], result["exponents"][name]
        key = next(k for k in points[0] if len({p[k] for p in points}) == len(points))
        sizes = [p[key] for p in points]
        for axes, what, label, style in (
            (seconds, "trials_s", "trials", {"marker": "o", "color": "#0072b2"}),
            (seconds, "rls_s", "RLS", {"marker": "s", "color": "#d55e00", "linestyle": "--"}),
            (memory, "memory_mb", "all arrays", {"marker": "o", "color": "#009e73"}),
        ):
            label = f"{label}, exponent {slopes[what]:.2f}" if what in slopes else label
            axes.plot(sizes, [p[what] for p in points], label=label, **style)
            axes.set(xscale="log", yscale="log")
            axes.set_xticks(sizes, [f"{size:g}" for size in sizes], rotation=45)
            axes.minorticks_off()
            axes.spines[["top", "right"]].set_visible(False)
        low, high = seconds.get_ylim()
        seconds.set_ylim(low, 4 * high)  # room for the legend
        low, high = memory.get_ylim()
        memory.set_ylim(low / 2, 2 * high)
        seconds.set(ylabel="seconds a loop", title=f"size: {name}")
        memory.set(xlabel=name, ylabel="MB beyond Python")
        for axes in (seconds, memory):
            axes.legend(fontsize="small", frameon=False, loc="upper left")
    return _svg(fig)


_PLOTS = {
    "part1-rls": _rules, "part2-rls": _rules, "part3-rls": _rules, "part3-scaling": _curves,
    "part2-simulation": _simulators, "part3-simulation": _simulators,
}


def _times(benchmarks):
    """What each benchmark took, and all together."""
    rows = "".join(
        f"<tr><td><a href='#{name}'>{name}</a></td><td class='number'>{one['seconds']:.0f}</td>"
        f"<td>{'' if one['result'] else 'not measured'}</td></tr>"
        for name, one in benchmarks.items()
    )
    minutes = sum(one["seconds"] for one in benchmarks.values()) / 60
    return (
        f"<p>{len(benchmarks)} benchmarks, {minutes:.1f} minutes in all.</p>"
        f"<table><tr><th>benchmark</th><th>seconds</th><th></th></tr>{rows}</table>"
    )


def page(measured):
    """Write the page.

    Parameters
    ----------
    measured : dict
        What `run_all` puts into the JSON file.

    Returns
    -------
    str
        A complete HTML file without links to anything else.
    """
    about = ", ".join(f"{key} {value}" for key, value in measured["environment"].items())
    parts = [
        f"<h1>Benchmarks</h1><p>{html.escape(about)}.</p>{_times(measured['benchmarks'])}"
        f"<p>{html.escape(PUBLISHED)}</p>"
    ]
    for name, one in measured["benchmarks"].items():
        plot = ""
        if one["result"] is not None and name in _PLOTS:
            plot = _PLOTS[name](one["result"])
        parts.append(
            f"<h2 id='{name}'>{name}</h2><p><code>{html.escape(one['command'])}</code>: "
            f"{one['seconds']:.0f} s, load {one['load_before']:.1f} before and "
            f"{one['load_after']:.1f} after.</p>{plot}<pre>{html.escape(one['report'])}</pre>"
        )
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Benchmarks</title>"
        f"<style>{_STYLE}</style>{''.join(parts)}</html>\n"
    )


def run_all(options, folder):
    """Run benchmarks one after the other and write ``benchmarks.json`` and ``benchmarks.html``.

    Both files are written anew after each benchmark.

    Parameters
    ----------
    options : dict of str to sequence of str
        Which ones, and the options of each.
    folder : path-like
        Where to write.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    about = environment() | {"recordings": load_recordings().source}
    measured = {"environment": about, "published": PUBLISHED, "benchmarks": {}}
    for name, words in options.items():
        print(f"== {name}", flush=True)
        one = measured["benchmarks"][name] = run_one(name, words)
        print(f"{one['report']}\n({one['seconds']:.0f} s)", flush=True)
        (folder / "benchmarks.json").write_text(json.dumps(measured, indent=1) + "\n")
        (folder / "benchmarks.html").write_text(page(measured), encoding="utf-8")
