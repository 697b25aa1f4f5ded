"""How the documentation is built: `make docs`. The figures of the lecture are computed on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shoal import __version__
from shoal.lecture.runner import run_lecture
from shoal.lecture.studies import STUDIES

project = "shoal"
version = release = __version__
project_copyright = "the shoal contributors"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax"]
exclude_patterns = ["lecture/made"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing"]  # links to files of the source tree, which are not pages
html_theme = "furo"
html_title = f"shoal {version}"
html_extra_path = ["lecture/made/lecture.html"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072b2", "color-brand-content": "#0072b2"}
}
autodoc_typehints = "none"
autodoc_member_order = "bysource"

MADE = Path(__file__).parent / "lecture" / "made"


def setup(app: Any) -> None:
    """Compute the lecture before pages are read, and show docstrings as they stand."""
    app.connect("config-inited", make_lecture)
    app.connect("autodoc-process-docstring", as_it_stands)


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


def as_it_stands(app: Any, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Keep a docstring's lines: they are written for a terminal, with equations in their own layout."""
    lines[:] = [".. code-block:: text", "", *(f"   {line}" for line in lines), ""]
