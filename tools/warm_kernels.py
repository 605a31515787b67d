"""Compile the kernels once, so that the first cells do not wait: ``python -m tools.warm_kernels``.

``course.partN.warmup.warm_kernels()`` calls each of its kernels on a tiny network.
Numba then keeps the compiled code on disk. Binder does this while it builds the image.
"""

from __future__ import annotations

import importlib
import time

PARTS = ("part1", "part2", "part3")


def main():
    """Warm every part and print the seconds it took."""
    for part in PARTS:
        start = time.perf_counter()
        importlib.import_module(f"course.{part}.warmup").warm_kernels()
        print(f"{part}: compiled in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
