"""Compile the kernels once, so that the first cells do not wait: ``python -m tools.warm_kernels``.

Numba keeps the compiled code on disk. Binder does this while it builds the image.
"""

import importlib
import time

if __name__ == "__main__":
    for part in ("part1", "part2", "part3"):
        start = time.perf_counter()
        importlib.import_module(f"course.{part}.warmup").warm_kernels()
        print(f"{part}: compiled in {time.perf_counter() - start:.1f} s")
