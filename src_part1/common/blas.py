"""BLAS on one thread, where the last bits of a result must not depend on the machine."""

from __future__ import annotations

from threadpoolctl import ThreadpoolController

_CONTROLLER = []


def one_blas_thread():
    """Limit BLAS to one thread in a ``with`` block: its sums depend on how threads share them."""
    if not _CONTROLLER:  # it knows the libraries that are loaded when it is made
        import scipy.linalg  # noqa: F401  has a BLAS of its own; here, for a quick import of us

        _CONTROLLER.append(ThreadpoolController())
    return _CONTROLLER[0].limit(limits=1, user_api="blas")
