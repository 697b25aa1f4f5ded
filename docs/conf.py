"""How the documentation is built: `make docs`. Figures of the lecture and the gallery are made on the way."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import figures
import rendering

from shoal import __version__
from shoal.lecture.runner import run_lecture
from shoal.lecture.studies import STUDIES

project = "shoal"
version = release = __version__
project_copyright = "the shoal contributors"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
html_math_renderer = "mathml"  # pages need no network
exclude_patterns = ["lecture/made", "gallery/made"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing"]  # links to files of the source tree, which are not pages
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["shoal.css"]
html_title = f"shoal {version}"
html_extra_path = ["lecture/made/lecture.html"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072b2", "color-brand-content": "#0072b2"}
}
autodoc_member_order = "bysource"
python_maximum_signature_line_length = 90
default_role = "code"

MADE = Path(__file__).parent / "lecture" / "made"


def setup(app: Any) -> None:
    """Compute the lecture before pages are read, and say how docstrings and maths are shown."""
    app.connect("config-inited", make_lecture)
    app.connect("config-inited", lambda *_: figures.make_figures(figures.MADE))
    app.connect("autodoc-process-docstring", rendering.docstring)
    app.connect("autodoc-process-signature", rendering.signature)
    app.connect("build-finished", rendering.require_offline)
    app.add_html_math_renderer(
        "mathml", (rendering.show_inline_math, None), (rendering.show_math_block, None)
    )


def make_lecture(*_: object) -> None:
    """Run every study: pages include its words and show its figure."""
    studies = [study() for study in STUDIES.values()]
    run_lecture(
        studies,
        MADE,
        "lecture.html",
        lambda report: print(f"{report.study.name}: {report.seconds:.1f} s"),
        overwrite=True,
    )
