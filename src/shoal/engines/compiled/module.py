"""The compiled module, what it knows, and the instruction set that it is run with.

Importing this raises ``ImportError`` where there is none, and ``StaleModuleError`` where it was built from
other sources: see ``engines.choose_engine``.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from shoal.engines.compiled import StaleModuleError
from shoal.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shoal import _native
else:  # by its name: the check of the layers takes a module that it cannot read for the whole package
    _native = import_module("shoal._native")

native = _native

WIRE = 8
"""The version of what travels by name between the package and the module, in native/wire.hpp too."""


def require_wire(module: Any) -> None:
    """Raise ``StaleModuleError`` unless the module speaks this package's version of the wire."""
    spoken = getattr(module, "WIRE", 0)
    if spoken != WIRE:
        raise StaleModuleError(
            f"the compiled module is {'older' if spoken < WIRE else 'newer'} than the package around it "
            f"(wire {spoken}, not {WIRE}); build it again: pip install --force-reinstall shoal, or "
            "pip install --editable . in a source tree"
        )


require_wire(native)

KNOWN: dict[str, dict[str, list[str]]] = native.wire_fields()
"""What the module knows: the fields of each kind, by family and name; and of ``records``, one kind each."""
SETS = tuple(native.instruction_sets())
"""The instruction sets that this machine has, the best one first."""
VARIABLE = "SHOAL_INSTRUCTION_SET"
"""What of the environment chooses an instruction set."""
ASKED = os.environ.get(VARIABLE, "")
"""What the environment asks the kernels to be run with; empty: whatever is best."""
INSTRUCTION_SET = ASKED or next(iter(SETS), "")
"""What they are run with."""


def misspelt(names: Iterable[str]) -> str | None:
    """Return which of the names of variables is ``VARIABLE`` with a slip of the pen, or None."""
    return min(
        (n for n in names if n != VARIABLE and n.upper().startswith("SHOAL") and "INSTRUCTION" in n.upper()),
        default=None,
    )


MISSPELT = misspelt(os.environ)
"""A variable that would train with another instruction set without a word."""


def require_instruction_set() -> None:
    """Raise ``ConfigurationError`` where the environment asks for what is not here, or misspells it."""
    if MISSPELT:
        raise ConfigurationError(f"{MISSPELT} is no variable of shoal; name it {VARIABLE}, or unset it")
    if ASKED and ASKED not in SETS:
        known = ", ".join(SETS) or "none"
        raise ConfigurationError(
            f"SHOAL_INSTRUCTION_SET={ASKED} asks for what this machine does not have, which has {known}; "
            "set it to one of these, or unset it"
        )


def unknown_instruction_set() -> str | None:
    """Return the instruction set asked for, in words, where this machine does not have it, or None."""
    if INSTRUCTION_SET in SETS:
        return None
    known = ", ".join(SETS) or "none"
    return f"the instruction set {INSTRUCTION_SET!r} on this machine, which has {known}"
