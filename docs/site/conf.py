"""Sphinx settings of the course site; ``python -m tools.build_site`` calls Sphinx with them."""

from pathlib import Path

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
html_theme_options = {
    "use_download_button": False, "show_toc_level": 2,
    # A header that the theme hides, and in which its script would look for the menu's buttons.
    "navbar_start": [], "navbar_center": [], "navbar_end": [], "navbar_persistent": [],
}
html_sidebars = {"**": ["navbar-logo.html", "search-button-field.html", "sbt-sidebar-nav.html"]}
html_search_scorer = str(Path(__file__).with_name("scorer.js"))
html_context = {"default_mode": "light"}
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # tools/build_site.py has executed them
nb_merge_streams = True
nb_code_prompt_show, nb_code_prompt_hide = "Show the code", "Hide the code"
numpydoc_show_class_members = False
autodoc_preserve_defaults = True  # the words of the code, not paths of the machine that built it
autodoc_member_order = "bysource"
autodoc_default_options = {"ignore-module-all": True}  # what stands in a module, not what it lists
add_module_names = False  # they stand above
# One name may be exported by several parts; it is described where a reader looks for it.
suppress_warnings = ["ref.python", "mystnb.unknown_mime_type", "app.add_directive"]
