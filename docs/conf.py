"""How the pages are built: `make docs`, or `sphinx-build -W docs docs/_build`. No network is needed."""

import re
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from accessible import mend_pages  # noqa: E402  (found beside this file)
from generate import study_page, write_pages  # noqa: E402  (found beside this file)

project = "compute-futures"
author = "compute-futures contributors"
copyright = "2026, compute-futures contributors"

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # notebooks may go from a title to a part of a part
highlight_language = "none"

html_theme = "furo"
html_title = "compute-futures"
html_show_sphinx = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["outputs.css"]


def setup(app):
    """Write the pages that come from the program itself before any is read."""
    app.connect("config-inited", lambda app, _: write_pages(Path(app.srcdir) / "generated"))
    app.connect("source-read", point_inside)
    app.connect("build-finished", lambda app, error: error or mend_pages(Path(app.outdir)))


def point_inside(app, docname, source):
    """Links to pages at the top of the repository and below `results/` lead to their copies among the documents."""
    for name in ("CONTRIBUTING", "CHANGELOG"):
        source[0] = source[0].replace(f"](../{name}.md", f"](generated/{name.lower()}.md")
    source[0] = source[0].replace("](../results/README.md", "](generated/results.md")
    source[0] = re.sub(r"\]\(\.\./results/(studies/[^)]+)/README\.md", lambda m: f"](generated/{study_page(m[1])}.md",
                       source[0])
