"""What the stop button of a notebook says."""

from __future__ import annotations

import sys

_SENTENCE = (
    "Stopped: this cell ended here. Results that it had not yet stored are lost; all variables "
    "keep the values that they had. Run the cell again to start over."
)


def stop_quietly():
    """Say in one sentence that a cell was stopped, in the place of a traceback.

    A training that shows its progress ends by itself when it is stopped, and returns what was
    learned. All other cells end with a KeyboardInterrupt, and this makes IPython print a sentence
    for it. Outside of IPython nothing happens.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        shell.set_custom_exc((KeyboardInterrupt,), lambda *_, **__: print(_SENTENCE))
