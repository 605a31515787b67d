"""What a process may do after `fork`, with numba's threads left behind in the parent.

GNU OpenMP, numba's threading layer on most Linux machines, does not work in a process that was
forked from one in which it ran: numba then ends the process, and a ``multiprocessing.Pool`` waits
for ever for the answer. The kernels' serial twins need no threads.
"""

from __future__ import annotations

import os

import numba

_without_threads = False


def without_threads():
    """Tell whether this process must not run parallel kernels.

    Returns
    -------
    bool
        Whether it was forked after numba had begun threads of OpenMP.
    """
    return _without_threads


def _after_fork():
    global _without_threads
    try:
        layer = numba.threading_layer()
    except ValueError:  # no parallel kernel has run yet, so that this process can begin threads
        return
    _without_threads = layer == "omp"


if hasattr(os, "register_at_fork"):  # Windows cannot fork
    os.register_at_fork(after_in_child=_after_fork)
