"""The page over the studies: one HTML file that opens offline, its figures inside."""

from __future__ import annotations

from collections.abc import Sequence

from shoal._version import __version__
from shoal.lecture.report import Report
from shoal.report.templates import source, template


def render(reports: Sequence[Report]) -> str:
    """Return a page with a section a study, in the order given.

    Raises ``MissingDependencyError`` without jinja2.
    """
    page = template("shoal.lecture", "page.html.j2", "a page")
    return page.render(reports=reports, style=source("shoal.lecture", "page.css"), version=__version__)
