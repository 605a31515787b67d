"""Sphinx settings of the course site; ``python -m tools.build_site`` calls Sphinx with them."""

project = "Recurrent networks that reproduce recorded neurons"
author = "the recorded-rnn developers"
extensions = [
    "myst_nb",
    "sphinx_design",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "numpydoc",
    "sphinx-mathjax-offline",  # equations without internet
]
html_theme = "sphinx_book_theme"
html_title = "Networks that reproduce recorded neurons"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["course.css", "frames.css"]
html_js_files = ["frames.js"]
html_theme_options = {"use_download_button": False, "show_toc_level": 2}
html_sidebars = {"**": ["navbar-logo.html", "sbt-sidebar-nav.html"]}  # the header has a search
html_context = {"default_mode": "light"}
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # tools/build_site.py has executed them
nb_merge_streams = True
numpydoc_show_class_members = False
autodoc_preserve_defaults = True  # the words of the code, not paths of the machine that built it
autodoc_member_order = "bysource"
# One name may be exported by several parts; it is described where a reader looks for it.
suppress_warnings = ["ref.python", "mystnb.unknown_mime_type", "app.add_directive"]
