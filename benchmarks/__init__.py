"""Side-by-side measurements: ``python -m benchmarks NAME [--json]`` from the root of a checkout."""
