"""Compile the kernels once, so that the first cells do not wait: ``python -m tools.warm_kernels``.

A part that has kernels offers ``warm_kernels()``, which calls each of them on a tiny network.
Numba then keeps the compiled code on disk. Binder does this while it builds the image.
"""

from __future__ import annotations

import importlib
import time

PARTS = ("src_part1", "src_part2", "src_part3")


def main():
    """Warm every part that offers it and print the seconds it took."""
    for part in PARTS:
        warm = getattr(importlib.import_module(part), "warm_kernels", None)
        if warm is None:
            print(f"{part}: offers no kernels to compile")
            continue
        start = time.perf_counter()
        warm()
        print(f"{part}: compiled in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
