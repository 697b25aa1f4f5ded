"""The one place that imports the frame libraries: polars at once, narwhals for the frames of others."""

from __future__ import annotations

import sys
from typing import Any

from shoal.errors import MissingDependencyError

try:
    import polars as pl
except ImportError:
    raise MissingDependencyError(
        "tables need polars, which is not installed; pip install 'shoal[frames]'"
    ) from None

__all__ = ["narwhals", "pl", "without_narwhals"]


def narwhals() -> Any:
    """Return the library that knows the frames of others, whose import takes half as long as polars'."""
    try:
        import narwhals as nw
    except ImportError:
        raise MissingDependencyError(
            "frames of other libraries than polars need narwhals, which is not installed; "
            "pip install 'shoal[frames]'"
        ) from None
    return nw


def without_narwhals(obj: Any) -> Any:
    """Return what a frame or a series of narwhals stands for, and anything else as it is."""
    nw = sys.modules.get("narwhals")  # without which there is none of its objects, nor while it is imported
    to_native = getattr(nw, "to_native", None)
    return obj if to_native is None else to_native(obj, pass_through=True)
