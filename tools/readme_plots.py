"""Make the README's plots anew: ``python -m tools.readme_plots``.

A cell tagged ``readme-NAME`` in a part gives ``docs/plots/NAME.png``.
"""

import base64

from tools.execute_notebooks import ROOT, execute

if __name__ == "__main__":
    for path in sorted((ROOT / "notebooks").glob("part*.ipynb")):
        if "readme-" not in path.read_text(encoding="utf-8"):
            continue
        for cell in execute(path).notebook.cells:
            for tag in cell.metadata.get("tags", []):
                if tag.startswith("readme-"):
                    picture = [o for o in cell.outputs if "image/png" in o.get("data", {})][-1]
                    target = ROOT / f"docs/plots/{tag.removeprefix('readme-')}.png"
                    target.write_bytes(base64.b64decode(picture.data["image/png"]))
                    print(f"wrote {target.relative_to(ROOT)}")
