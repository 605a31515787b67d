"""Make the README's plots anew: ``python -m tools.readme_plots``.

Executes the notebooks on the embedded synthetic data. A cell tagged ``readme-NAME`` in a
notebook gives ``docs/plots/NAME.png``.
"""

from __future__ import annotations

import base64

from tools.execute_notebooks import ROOT, execute

PREFIX = "readme-"


def main():
    """Execute the notebooks that hold such a cell and write its last plot."""
    folder = ROOT / "docs" / "plots"
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if PREFIX not in path.read_text(encoding="utf-8"):
            continue
        for cell in execute(path).notebook.cells:
            for tag in cell.metadata.get("tags", []):
                if tag.startswith(PREFIX):
                    picture = [o for o in cell.outputs if "image/png" in o.get("data", {})][-1]
                    target = folder / f"{tag.removeprefix(PREFIX)}.png"
                    target.write_bytes(base64.b64decode(picture.data["image/png"]))
                    print(f"wrote {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
