"""Run one benchmark by name, for example ``python -m benchmarks part1-rls --json``, or ``all``.

Every module ``partN_<topic>.py`` of `benchmarks` and of `experiments` is one. It offers
``add_arguments(parser)``, ``run(arguments) -> dict`` (the measurement, fit for JSON) and
``report(result) -> str`` (the table for people). Its docstring is its help text. A long one has
``BRIEF``, the options with which ``all`` runs it, so that all together take about 50 minutes;
``all --full`` runs each with its own defaults, as it does alone.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import time

import benchmarks
import experiments
from benchmarks.page import run_all


def benchmark_modules():
    """Return the names of all benchmarks and their modules' names.

    Returns
    -------
    dict of str
        ``{"part1-rls": "benchmarks.part1_rls", ...}``, sorted by name.
    """
    found = {
        module.name.replace("_", "-"): f"{package.__name__}.{module.name}"
        for package in (benchmarks, experiments)
        for module in pkgutil.iter_modules(package.__path__) if module.name.startswith("part")
    }
    return dict(sorted(found.items()))


def main(argv=None):
    """Parse the command line, run one benchmark (or all) and print its table.

    Parameters
    ----------
    argv : list of str, optional
        Arguments; those of the process by default.
    """
    modules = benchmark_modules()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    commands = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    for name, module_name in modules.items():
        module = importlib.import_module(module_name)
        command = commands.add_parser(
            name, help=module.__doc__.splitlines()[0], description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument(
            "--json", action="store_true", help="print one JSON object on the last line"
        )
        module.add_arguments(command)
        command.set_defaults(module=module)
    command = commands.add_parser("all", help="run all, write benchmarks.json and benchmarks.html")
    command.add_argument("--only", nargs="+", choices=modules, default=list(modules))
    command.add_argument("--output", default="build", help="folder of the two files")
    command.add_argument(
        "--full", action="store_true", help="all networks and loops of the long ones (hours)"
    )
    arguments = parser.parse_args(argv)
    if arguments.name == "all":
        run_all({name: _options(modules[name], arguments.full) for name in arguments.only},
                arguments.output)
        return
    start = time.perf_counter()
    result = arguments.module.run(arguments)
    print(arguments.module.report(result))
    if arguments.json:
        print(json.dumps(result | {"benchmark_seconds": time.perf_counter() - start}))


def _options(module_name, full):
    return () if full else getattr(importlib.import_module(module_name), "BRIEF", ())


if __name__ == "__main__":
    main()
