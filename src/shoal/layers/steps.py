"""Sequences in layers: which of their steps are valid, and sums over steps that padding does not change.

A sample's activations are (P, C, T, N), its valid steps ``lengths`` (1|P, N). How far a sequence is padded
must not change a bit. So what is added up over time is added step by step: zeros at the end change no such
sum. Matrix products over all steps are those of ``walk``.
"""

from __future__ import annotations

import numpy as np

from shoal.errors import ConfigurationError
from shoal.shapes import Array, BoolArray, IntArray, Shape


def require_sequence(shape: Shape, layer: str) -> None:
    """Raise ``ConfigurationError`` unless samples of that shape are sequences (C, T)."""
    if len(shape) != 2:
        raise ConfigurationError(
            f"a layer {layer} takes sequences of shape (C, T), got samples of shape {shape}; "
            + ("leave it out" if len(shape) == 1 else "put one that makes sequences before it")
        )


def valid(lengths: IntArray, shape: Shape) -> BoolArray:
    """Return which steps of a ``shape`` (P, …, T, N) are valid, with all of its axes: (1|P, 1, T, N)."""
    steps = np.arange(shape[-2])[:, None] < lengths[:, None, :]
    there: BoolArray = steps.reshape(len(lengths), *(1 for _ in shape[1:-2]), *steps.shape[1:])
    return there


def kept(a: Array, lengths: IntArray | None, beyond: float = 0) -> Array:
    """Return activations (P, \\*shape, N) with zeros, or another number, ``beyond`` their lengths."""
    return a if lengths is None else np.where(valid(lengths, a.shape), a, a.dtype.type(beyond))


def counted(lengths: IntArray | None, a: Array) -> Array:
    """Return the valid steps of each sample of (P, C, T, N) as numbers to divide by: (1|P, N) or (1, 1)."""
    return np.full((1, 1), a.shape[2], a.dtype) if lengths is None else lengths.astype(a.dtype)


def total(a: Array) -> Array:
    """Return the sum over time of (P, C, T, N), step by step: (P, C, N)."""
    added = a[:, :, 0].copy()
    for t in range(1, a.shape[2]):
        added += a[:, :, t]
    return added
