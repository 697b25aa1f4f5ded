"""The words of sentences: a count with its noun, and what a setting is called by whoever asked.

It is an option on the command line, an argument in Python. A message names settings by `setting`, and each
edge says once, with `spoken`, what they are called there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeAlias

NOTHING: Final = object()
"""No value: the setting itself is meant."""
Wording: TypeAlias = Callable[[str, Any], str]


def as_argument(name: str, value: Any = NOTHING) -> str:
    """Return a setting as Python has it.

    >>> as_argument("test_share"), as_argument("test_share", 0.2), as_argument("task", "regression")
    ('test_share', 'test_share=0.2', "task='regression'")
    """
    return name if value is NOTHING else f"{name}={value!r}"


def as_option(name: str, value: Any = NOTHING) -> str:
    """Return a setting as the command line has it; a flag has the value True.

    >>> as_option("test_share"), as_option("test_share", 0.2), as_option("strict", True)
    ('--test-share', '--test-share 0.2', '--strict')
    """
    option = f"--{name.replace('_', '-')}"
    if value is NOTHING or value is True:
        return option
    return f"{option} {value:g}" if isinstance(value, float) else f"{option} {value}"


_WORDING: ContextVar[Wording] = ContextVar("wording", default=as_argument)


def setting(name: str, value: Any = NOTHING) -> str:
    """Return what a setting, and its value where there is one, is called by whoever asked.

    >>> with spoken(as_option):
    ...     setting("batch_size", 32)
    '--batch-size 32'
    >>> setting("batch_size", 32)
    'batch_size=32'
    """
    return _WORDING.get()(name, value)


@contextmanager
def spoken(wording: Wording) -> Iterator[None]:
    """Call settings so for the time of a block."""
    before = _WORDING.set(wording)
    try:
        yield
    finally:
        _WORDING.reset(before)


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """Return ``count`` and the noun that goes with it.

    >>> plural(1, "class", "classes"), plural(2048, "row")
    ('1 class', '2,048 rows')
    """
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"
