"""The compiled module, and the instruction set that it is run with.

Importing this raises ``ImportError`` where there is none: see ``engines.choose_engine``.
"""

from __future__ import annotations

import os
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
