"""Commands of the project: ``python -m tools.NAME`` from the root of a checkout."""
