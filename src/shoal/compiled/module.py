"""The compiled module, and the instruction set that it is run with.

Importing this raises ``ImportError`` where there is none: see ``engines.choose_engine``.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from shoal.errors import ConfigurationError

if TYPE_CHECKING:
    from shoal import _native
else:  # by its name: the check of the layers takes a module that it cannot read for the whole package
    _native = import_module("shoal._native")

native = _native

ASKED = os.environ.get("SHOAL_INSTRUCTION_SET", "")
"""What the environment asks the kernels to be run with; empty: whatever is best."""
INSTRUCTION_SET = ASKED or next(iter(native.instruction_sets()), "")
"""What they are run with."""


def require_instruction_set() -> None:
    """Raise ``ConfigurationError`` where the environment asks for an instruction set that is not here."""
    if ASKED and ASKED not in native.instruction_sets():
        known = ", ".join(native.instruction_sets()) or "none"
        raise ConfigurationError(
            f"SHOAL_INSTRUCTION_SET={ASKED} asks for what this machine does not have, which has {known}; "
            "set it to one of these, or unset it"
        )


def unknown_instruction_set() -> str | None:
    """Return the instruction set asked for, in words, where this machine does not have it, or None."""
    if INSTRUCTION_SET in native.instruction_sets():
        return None
    known = ", ".join(native.instruction_sets()) or "none"
    return f"the instruction set {INSTRUCTION_SET!r} on this machine, which has {known}"
