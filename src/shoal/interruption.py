"""Ending work that runs on a thread of its own, which no signal reaches."""

from __future__ import annotations

import threading
from collections.abc import Callable

_thread = threading.local()


class Cancelled(BaseException):
    """Whoever began the work of this thread no longer wants it."""


def heed(cancelled: threading.Event) -> None:
    """Have the work of this thread end with ``Cancelled``, at its next checkpoint, once the event is set.

    >>> cancelled = threading.Event()
    >>> thread = threading.Thread(target=heed, args=[cancelled])
    """
    _thread.cancelled = cancelled


def checkpoint() -> Callable[[], None] | None:
    """Return what long work of this thread has to call now and then, or None where nobody can cancel it."""
    cancelled: threading.Event | None = getattr(_thread, "cancelled", None)
    if cancelled is None:
        return None

    def check() -> None:
        if cancelled.is_set():
            raise Cancelled

    return check
