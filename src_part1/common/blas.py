"""BLAS on one thread, where the last bits of a result must not depend on the machine."""

from __future__ import annotations

from functools import cache

from threadpoolctl import ThreadpoolController


def one_blas_thread():
    """Limit BLAS to one thread in a ``with`` block: its sums depend on how threads share them."""
    return _controller().limit(limits=1, user_api="blas")


@cache
def _controller():
    import scipy.linalg  # noqa: F401  has a BLAS of its own; here, so that importing us is quick

    return ThreadpoolController()  # it knows the libraries that are loaded now
