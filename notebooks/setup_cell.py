# Finds the course's code; on Google Colab fetches it first. Needs no edit, may be run again.
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY, TAG = "{{repository}}", "{{tag}}"

here = Path.cwd()
root = next((folder for folder in (here, *here.parents) if (folder / "src_part1").is_dir()), None)
if root is None:
    if not REPOSITORY or "google.colab" not in sys.modules:
        course = REPOSITORY or (
            "the course's folder. It has no public address yet; on Colab, copy the folder into "
            "the session's files and begin with %cd and its name"
        )
        raise FileNotFoundError(
            f"Neither {here} nor a folder above it holds the course's code (src_part1). "
            f"Open this notebook inside a copy of {course}."
        )
    root = here / f"{REPOSITORY.rsplit('/', 1)[1]}-{TAG}"
    if not (root / "src_part1").is_dir():
        git = ["git", "-c", "advice.detachedHead=false", "clone", "--quiet", "--depth", "1"]
        subprocess.run([*git, "--branch", TAG, REPOSITORY, str(root)], check=True)
os.chdir(root)
if str(root) not in sys.path:
    sys.path.insert(0, str(root))
