"""What a process tells of itself when workers are mustered.

A worker is asked for ``ENTRY`` by name, with ``pkgutil.resolve_name`` of the standard library: so nothing of
shoal is sent to a worker that may lack it, and what comes back are texts, which every version can read.
"""

from __future__ import annotations

import platform
import socket
from typing import TypedDict

import numpy as np

from shoal._version import __version__
from shoal.engines import ENGINES, INSTRUCTION_SETS

WHERE = f"{__name__}:ENTRY"
"""What to ask a worker for."""


class Entry(TypedDict):
    """The ``version`` of shoal, the label of its fastest ``engine``, instruction ``sets``, the ``host``.

    ``runs_on`` are Python and NumPy, without the numbers of their corrections.
    """

    version: str
    engine: str
    sets: list[str]
    host: str
    runs_on: str


def _minor(version: str) -> str:
    """Return a version without its last number."""
    return ".".join(version.split(".")[:2])


ENTRY = Entry(
    version=__version__,
    engine=next(iter(ENGINES.values())).label,
    sets=list(INSTRUCTION_SETS),
    host=socket.gethostname(),
    runs_on=f"Python {_minor(platform.python_version())} with NumPy {_minor(np.__version__)}",
)
"""Those of this process."""
