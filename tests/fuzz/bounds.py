"""What a case may take: seconds of the processor, addresses, and the memory that readers are told of."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from shoal.data import memory

FREE = 1 << 28
"""Bytes of memory that are free as far as readers know, on every machine."""
BOMB = FREE // 4
"""Bytes that are one too many for a table to unpack to, and do no harm to who makes them."""
ADDRESSES = 1 << 31
"""Bytes of addresses that a case may take, beside what its process had; pyarrow reserves a half at once."""


class NeverEndsError(BaseException):
    """A case took longer than anything that reads a few kilobytes may."""


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise ``NeverEndsError`` when the block has used so much of the processor."""

    def late(*_: object) -> None:
        raise NeverEndsError(f"more than {seconds:g} s of the processor")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def little_memory() -> Iterator[None]:
    """Have readers believe that ``FREE`` bytes are free."""
    with (
        mock.patch.object(memory, "_free_of_system", return_value=FREE),
        mock.patch.object(memory, "_free_of_container", return_value=None),
    ):
        yield


def limit_addresses() -> None:
    """Let this process take ``ADDRESSES`` more than it has, where the system says what that is."""
    table = Path("/proc/self/statm")
    if table.exists():
        limit = int(table.read_text().split()[0]) * resource.getpagesize() + ADDRESSES
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
