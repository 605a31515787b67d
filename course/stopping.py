"""What a notebook says where a cell is stopped, or is refused by the library or the course."""

from __future__ import annotations

import linecache
import re
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_OURS = tuple(str(_ROOT / name) for name in ("src_part1", "src_part2", "src_part3", "course"))
_STOPPED = (
    "Stopped: this cell ended here. Results that it had not yet stored are lost; all variables "
    "keep the values that they had. Run the cell again to start over."
)
_FOLDED = "(The library's own lines are left out. %tb shows them.)"
_DEFINES = re.compile(r"^(?:def )?(my_\w+)", re.MULTILINE)
_failed = {}  # why the cell that defines an answer, my_..., did not run to its end


def stop_quietly():
    """Say in one sentence why a cell ended, where IPython would show a screenful of code.

    A training that shows its progress ends by itself when it is stopped, and returns what was
    learned. All other cells end with a KeyboardInterrupt, for which a sentence is printed. For an
    error of the library only the cell's own line and the error's sentence are shown. Outside of
    IPython nothing happens.
    """
    shell = running_shell()
    if shell is not None:
        shell.set_custom_exc((KeyboardInterrupt, Exception), _show_error)
        if _note_failure not in shell.events.callbacks["post_run_cell"]:
            shell.events.register("post_run_cell", _note_failure)


def failed_definition():
    """One sentence if the cell that defines the answer which this cell checks has failed."""
    shell = running_shell()
    cell = shell.user_ns.get("In", [""])[-1] if shell is not None else ""
    names = set(re.findall(r"\bmy_\w+", cell)) - set(_DEFINES.findall(cell))
    return next((_failed[name] for name in sorted(names) if name in _failed), "")


def running_shell():
    """IPython's shell, if there is one."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def _note_failure(result):
    error = result.error_before_exec or result.error_in_exec
    for name in _DEFINES.findall(result.info.raw_cell or ""):
        _failed.pop(name, None)
        if error is not None:
            message = getattr(error, "msg", str(error))
            minus = " Type the minus of the keyboard, -." if "U+2212" in message else ""
            _failed[name] = (f"the cell with {name} stopped with {type(error).__name__}: {message}."
                             f"{minus} Mend it and run it, then run this cell.")


def _show_error(shell, kind, error, trace, tb_offset=None):
    """Print a sentence for an interrupt; of an error in the library show the cell's line only."""
    if kind is KeyboardInterrupt:
        print(_STOPPED)
        return
    lines, ours, at = [], False, trace.tb_next  # the first frame is IPython's
    while at is not None and not ours:
        path = at.tb_frame.f_code.co_filename
        ours = path.startswith(_OURS)
        source = linecache.getline(path, at.tb_lineno).strip()
        if source and not ours:
            lines.append(f"line {at.tb_lineno}:  {source}")
        at = at.tb_next
    if not ours:
        shell.showtraceback((kind, error, trace), tb_offset=1)
        return
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace  # for %tb and %debug
    sentence = f"{kind.__name__}: {error}"
    shell._showtraceback(kind, error, [*lines, _FOLDED, sentence])
