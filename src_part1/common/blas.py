"""BLAS on one thread, where the last bits of a result must not depend on the machine."""

from __future__ import annotations

import scipy.linalg  # noqa: F401  has a BLAS of its own, which compiled code calls
from threadpoolctl import ThreadpoolController

# It knows the libraries that are loaded now.
_CONTROLLER = ThreadpoolController()


def one_blas_thread():
    """Limit BLAS to one thread in a ``with`` block: its sums depend on how threads share them."""
    return _CONTROLLER.limit(limits=1, user_api="blas")
