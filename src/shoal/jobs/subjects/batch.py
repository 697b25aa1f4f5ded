"""Samples of a saved model's data, as its networks are given them."""

from __future__ import annotations

from dataclasses import dataclass

from shoal.sequences import Rows
from shoal.shapes import Array


@dataclass(frozen=True)
class Batch:
    """Samples X as networks are given them, and their targets y; ``name`` is that of the first."""

    X: Rows
    y: Array
    name: str
    feature_names: tuple[str, ...] | None = None
