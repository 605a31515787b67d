"""The same command as ``python -m benchmarks``, which knows the experiments as well."""

from benchmarks.__main__ import main

main()
