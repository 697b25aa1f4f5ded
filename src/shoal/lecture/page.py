"""The page over the studies: one HTML file that opens offline, its figures inside."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

from shoal._version import __version__
from shoal.errors import MissingDependencyError
from shoal.lecture.report import Report

_MISSING = "jinja2 is needed to write a page; install it with: pip install 'shoal[report]'"


def render(reports: Sequence[Report]) -> str:
    """Return a page with a section a study, in the order given.

    Raises ``MissingDependencyError`` without jinja2.
    """
    try:
        import jinja2
    except ImportError:
        raise MissingDependencyError(_MISSING) from None
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("page.html.j2")
    return template.render(reports=reports, style=_source("page.css"), version=__version__)


def _source(name: str) -> str:
    """Return a file of this package."""
    return resources.files("shoal.lecture").joinpath(name).read_text(encoding="utf-8")
