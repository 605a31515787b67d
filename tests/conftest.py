"""Settings that make every run of the tests the same."""

import os

import hypothesis
import matplotlib

# No test depends on what a machine has in its cache or can fetch.
os.environ["MOTOR_CORTEX_SOURCE"] = "synthetic"
os.environ.pop("MOTOR_CORTEX_DIR", None)
# A user's own kernel called python3 must not take the place of this environment's.
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"

matplotlib.use("Agg")

# The first call of a kernel compiles it, hence no deadline; the same examples on every machine.
hypothesis.settings.register_profile("project", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("project")
