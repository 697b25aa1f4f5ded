"""How many threads or processes an ``n_jobs`` asks for: one reading, scikit-learn's, wherever it is given."""

from __future__ import annotations

import math
import os
import sys
from contextlib import AbstractContextManager
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shoal.errors import ConfigurationError

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Where Linux says how much time of its cores a container has: microseconds, and in how many of them."""


def count_workers(n_jobs: int | None = None, name: str = "n_jobs") -> int:
    """Return how many threads or processes ``n_jobs`` asks for, at least 1.

    None and −1 are all cores, −2 all but one, and so on; of cores there are at most ``OMP_NUM_THREADS``.
    None is 1 inside a worker process, whose siblings have the rest.

    Raises ``ConfigurationError``, which calls it ``name``, for 0 and for what is no whole number.

    Source: scikit-learn's glossary, "n_jobs".

    >>> count_workers(3), count_workers(-1) == max(count_workers(-2), 1) + (count_workers(-1) > 1)
    (3, True)
    """
    if n_jobs is not None and (
        isinstance(n_jobs, bool) or not isinstance(n_jobs, int | np.integer) or n_jobs == 0
    ):
        raise ConfigurationError(
            f"{name} must be a whole number other than 0 (-1: all cores), got {n_jobs!r}"
        )
    if n_jobs is not None and n_jobs > 0:
        return int(n_jobs)
    multiprocessing = sys.modules.get("multiprocessing")  # a worker process has it; others need not load it
    if n_jobs is None and multiprocessing is not None and multiprocessing.parent_process() is not None:
        return 1
    return max(_allowed(cores()) + 1 + int(-1 if n_jobs is None else n_jobs), 1)


def cores() -> int:
    """Return the number of cores that this process may keep busy."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(max(1, min(found, _quota(QUOTA))))


@cache
def _quota(path: Path) -> float:
    """Return how many cores a container grants, or ∞; read once, for one prediction takes hardly longer."""
    try:
        share, period = path.read_text().split()
        return math.ceil(int(share) / int(period))
    except (OSError, ValueError):  # no container, or one without a limit, which says "max"
        return math.inf


def _allowed(cores: int) -> int:
    """Return how many of the cores ``OMP_NUM_THREADS`` allows, of whose levels (4,2) the first counts."""
    limit = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return min(cores, int(limit)) if limit.isdecimal() and int(limit) > 0 else cores


def one_thread() -> AbstractContextManager[object]:
    """Hold linear algebra to one thread in a ``with`` block, for several add up in another order."""
    limits: AbstractContextManager[object] = _threadpools(len(sys.modules)).limit(limits=1)
    return limits


@lru_cache(maxsize=1)
def _threadpools(modules: int) -> ThreadpoolController:
    """Return the libraries that have threads: to look for them takes ten milliseconds.

    They are looked for anew where other ``modules`` are loaded than before, and so may be other libraries.
    """
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
