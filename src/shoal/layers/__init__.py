"""Layers, one to a file; a new one is registered here."""

from shoal.layers.base import Layer
from shoal.layers.dense import Dense
from shoal.layers.dropout import Dropout
from shoal.registry import family

LAYERS: dict[str, type[Layer]] = family(Dense, Dropout)

__all__ = ["LAYERS", "Dense", "Dropout", "Layer"]
