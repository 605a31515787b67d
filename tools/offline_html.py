"""Executed notebooks as single HTML files that need no network.

Formulas become MathML, which browsers draw by themselves; demos turn through the frames that
`tools.demo_frames` drew; links to the other notebooks lead to the files beside.
"""

from __future__ import annotations

import re

from jinja2 import pass_context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from tools import demo_frames

_STYLE = """
summary { display: list-item; cursor: pointer; }
math { font-size: 1.15em; }
.rendered_html math[display="block"] { margin: 1em 0; overflow-x: auto; }
"""


class _Renderer(IPythonRenderer):
    def block_math(self, body):
        return convert(body, display="block")

    def inline_math(self, body):
        return convert(body)


class _Exporter(HTMLExporter):
    @pass_context
    def markdown2html(self, context, source):
        return MarkdownWithMath(renderer=_Renderer(escape=False)).render(source)


def without_widgets(notebook):
    """Empty the outputs that only a live notebook can show, as bars, and what went to stderr."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [
                o for o in cell.outputs
                if (o.name == "stdout" if o.output_type == "stream"
                    else "application/vnd.jupyter.widget-view+json" not in o.get("data", {}))
            ]
    return notebook


def to_html(notebook, name):
    """Return an executed notebook as HTML with everything inside."""
    for cell in without_widgets(notebook).cells:
        if (output := demo_frames.frames_of(cell)) is not None:
            panel = demo_frames.html(output.data[demo_frames.MIME], cell.metadata["alt"])
            output.data = {"text/html": panel}
    # Of nbconvert's templates this one takes a plot's alternative text from its cell.
    exporter = _Exporter(template_name="classic", embed_images=True)
    html, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": name}})
    head, body = html.split("</head>", 1)
    # All scripts of the head are fetched from elsewhere, and none is needed.
    head = re.sub(r"<script\b.*?</script>", "", head, flags=re.DOTALL)
    style = _STYLE + demo_frames.STYLE.read_text(encoding="utf-8")
    script = demo_frames.SCRIPT.read_text(encoding="utf-8")
    body = re.sub(r'href="([\w-]+)\.ipynb', r'href="\1.html', body)
    body = body.replace("</body>", f"<script>\n{script}</script>\n</body>")
    return f"{head}<style>{style}</style>\n</head>{body}"
