"""What makes the tables of notebooks and pages: ``python -m experiments NAME [--json]``."""
