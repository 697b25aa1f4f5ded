"""The compiled module, the instruction set that it is run with, and how many threads.

Importing this raises ``ImportError`` where there is none: see ``engines.choose_engine``.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shoal import _native
else:  # by its name: the check of the layers takes a module that it cannot read for the whole package
    _native = import_module("shoal._native")

native = _native

INSTRUCTION_SET = os.environ.get("SHOAL_INSTRUCTION_SET") or next(iter(native.instruction_sets()), "")
"""What the kernels are run with: the machine's best, or what the environment asks for."""


def unknown_instruction_set() -> str | None:
    """Return the instruction set asked for, in words, where this machine does not have it, or None."""
    if INSTRUCTION_SET in native.instruction_sets():
        return None
    known = ", ".join(native.instruction_sets()) or "none"
    return f"the instruction set {INSTRUCTION_SET!r} on this machine, which has {known}"


def threads(n_jobs: int) -> int:
    """Return how many threads ``n_jobs`` asks for.

    0 is all cores, at most ``OMP_NUM_THREADS``, but 1 inside a worker process, whose siblings have the rest.
    """
    if n_jobs:
        return n_jobs
    multiprocessing = sys.modules.get("multiprocessing")  # a worker process has it; others need not load it
    if multiprocessing is not None and multiprocessing.parent_process() is not None:
        return 1
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return min(native.cores(), int(limit)) if limit.isdigit() and int(limit) > 0 else native.cores()
