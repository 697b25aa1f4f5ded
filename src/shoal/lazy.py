"""Names of a package that are imported when they are first asked for (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def front_door(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package whose names have their homes in other modules.

    What the package itself imports for whoever reads types says the same as ``homes``; tests hold it to that.

    >>> getattr_, dir_ = front_door("shoal.lazy", {"shuffle": "random"})
    >>> getattr_("shuffle").__name__, "shuffle" in dir_()
    ('shuffle', True)
    >>> getattr_("shufle")
    Traceback (most recent call last):
    AttributeError: module 'shoal.lazy' has no attribute 'shufle'
    """
    own = vars(sys.modules[package])

    def get(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        own[name] = value = getattr(import_module(homes[name]), name)
        return value

    return get, lambda: sorted({*own, *homes})
