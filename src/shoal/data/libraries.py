"""The one place that imports the frame libraries."""

from __future__ import annotations

from shoal.errors import MissingDependencyError

try:
    import narwhals as nw
    import polars as pl
except ImportError as error:
    raise MissingDependencyError(
        f"tables need narwhals and polars, and {error.name} is not installed; pip install 'shoal[frames]'"
    ) from None

__all__ = ["nw", "pl"]
