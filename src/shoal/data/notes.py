"""What is decided for the user while data are read: a note, or an error where that is asked for."""

from __future__ import annotations

import warnings

from shoal.errors import DataError, ShoalWarning
from shoal.words import setting


def tell(message: str, remedy: str, strict: bool) -> None:
    """Warn (``ShoalWarning``) that something was decided for the user; a ``DataError`` where ``strict``.

    >>> tell("3 rows are left out", "fill them", strict=True)
    Traceback (most recent call last):
    shoal.errors.DataError: 3 rows are left out, and strict was given; fill them
    """
    if strict:
        raise DataError(f"{message}, and {setting('strict')} was given; {remedy}")
    warnings.warn(f"{message}; {remedy}", ShoalWarning, stacklevel=3)
