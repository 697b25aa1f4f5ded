"""The compiled engine; absent from an installation made with ``SHOAL_NATIVE=0``."""

from typing import Literal

def instruction_set() -> Literal["x86-64-v4", "x86-64-v3", "x86-64-v2", "x86-64-v1", "aarch64", "generic"]:
    """Return the highest instruction set level that this processor runs."""
