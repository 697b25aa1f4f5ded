"""Pages from the templates of a package: what is no template's own is escaped, and nothing is left open."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import TYPE_CHECKING, Any

from shoal.errors import MissingDependencyError
from shoal.printable import printable

if TYPE_CHECKING:
    from jinja2 import Template


def source(package: str, name: str) -> str:
    """Return a file of a package as text."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def template(package: str, name: str, page: str, **filters: Callable[..., Any]) -> Template:
    """Return a template of a package, with these filters; to compile it takes a quarter of a second.

    Raises ``MissingDependencyError`` without jinja2, which the ``page`` cannot be written without.
    """
    try:
        import jinja2
    except ImportError:
        raise MissingDependencyError(
            f"jinja2 is needed to write {page}; install it with: pip install 'shoal[report]'"
        ) from None
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda each: source(package, each)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    environment.filters.update(filters)
    return environment.get_template(name)


def _printable(value: object) -> object:
    """Replace what no page can hold in a string that a template is about to escape."""
    return printable(value) if type(value) is str else value
