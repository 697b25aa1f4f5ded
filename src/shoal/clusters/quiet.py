"""Silence for the logs of other libraries, where an error that tells of the same is on its way."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet(library: str) -> Iterator[None]:
    """Have the loggers of a library, as they are now, say nothing for the time of a block.

    >>> with quiet("distributed"):
    ...     logging.getLogger("distributed").error("the scheduler does not answer")
    """
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] == library]
    loggers = [logging.getLogger(name) for name in {library, *names}]
    before = [logger.disabled for logger in loggers]
    try:
        for logger in loggers:
            logger.disabled = True
        yield
    finally:
        for logger, was in zip(loggers, before, strict=True):
            logger.disabled = was
