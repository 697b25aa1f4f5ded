"""Loads matplotlib, whose classes list their properties in their documentation while they are loaded.

That takes a third of loading it. A command has nobody who would read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_UNREAD: ContextVar[bool] = ContextVar("unread", default=False)


@contextmanager
def documentation_unread() -> Iterator[None]:
    """Have matplotlib, where the block is the first to need it, loaded without lists of properties."""
    token = _UNREAD.set(True)
    try:
        yield
    finally:
        _UNREAD.reset(token)


def figure_class() -> type[Figure]:
    """Return matplotlib's class of figures; ``ImportError`` without matplotlib."""
    from matplotlib import artist

    listed = artist.kwdoc
    if _UNREAD.get():
        artist.kwdoc = _nothing
    try:
        from matplotlib.figure import Figure
    finally:
        artist.kwdoc = listed
    return Figure


def _nothing(artist: object) -> str:
    return ""
