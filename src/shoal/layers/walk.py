"""Sequences step by step: which are valid, in which order they are taken, and products over all of them.

A series lies in blocks of ``BLOCK`` steps, (B, P, n, BLOCK, N), zeros where there is no step. Whatever sums
over steps takes one block after the other, so that steps beyond the longest sequence add exact zeros at the
end: however far sequences are padded, the sums are the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from shoal.shapes import Array, BoolArray, IntArray

BLOCK = 8
"""Steps of a block: one matrix product takes that many times N columns."""

State: TypeAlias = tuple[Array, ...]
"""What a cell hands on from step to step: h (P, m, N), and for some more of the kind."""


@dataclass(frozen=True)
class Steps:
    """The steps of a batch of sequences, as a direction takes them.

    ``valid`` (count, 1|P, 1, N) says which steps lie before a sequence's end, None where all do; ``cut``, of
    a shape that broadcasts with it, in front of which steps truncated backpropagation ends, None where
    nowhere.
    """

    order: Sequence[int]
    valid: BoolArray | None
    cut: BoolArray | None

    @classmethod
    def of(cls, T: int, lengths: IntArray | None, reverse: bool, truncate: int | None) -> Steps:
        """Return the steps of sequences padded to T, of ``lengths`` (1|P, N); none beyond the longest."""
        count = T if lengths is None else int(lengths.max())
        step = np.arange(count)[:, None, None, None]
        ends = np.full((1, 1, 1), T) if lengths is None else lengths[:, None, :]
        taken = (
            ends - 1 - step if reverse else step
        )  # how many steps came before, from a sequence's own start
        order = range(count)
        return cls(
            order[::-1] if reverse else order,
            None if lengths is None else step < ends,
            None if truncate is None else (taken > 0) & (taken % truncate == 0),
        )

    def valid_or(self, t: int, new: Array, old: Array | float) -> Array:
        """Return ``new`` (P, n, N) of sequences that have a step t, and ``old`` of those that have ended."""
        if self.valid is None or self.valid[t].all():
            return new
        chosen: Array = np.where(self.valid[t], new, old)
        return chosen.astype(new.dtype, copy=False)

    def uncut(self, t: int, grad: Array) -> Array:
        """Return a gradient (P, n, N) that goes back from step t, zeros where it ends in front of it."""
        if self.cut is None:
            return grad
        kept: Array = np.where(self.cut[t], grad.dtype.type(0), grad)
        return kept


def empty(count: int, P: int, n: int, N: int, dtype: np.dtype[np.floating]) -> Array:
    """Return a series of ``count`` steps of zeros."""
    return np.zeros((-(-count // BLOCK), P, n, BLOCK, N), dtype)


def in_blocks(a: Array, count: int) -> Array:
    """Return the first ``count`` steps of a (P, n, T, N) as a series."""
    P, n, _, N = a.shape
    series = empty(count, P, n, N, a.dtype)
    for first in range(0, count, BLOCK):
        part = a[:, :, first : min(first + BLOCK, count)]
        series[first // BLOCK, :, :, : part.shape[2]] = part
    return series


def in_line(series: Array, T: int) -> Array:
    """Return a series as (P, n, T, N), zeros for steps that it does not hold."""
    B, P, n, _, N = series.shape
    a = np.zeros((P, n, T, N), series.dtype)
    for block in range(B):
        part = a[:, :, block * BLOCK : (block + 1) * BLOCK]
        part[...] = series[block, :, :, : part.shape[2]]
    return a


def at(series: Array, t: int) -> Array:
    """Return step t of a series (P, n, N), a view."""
    step: Array = series[t // BLOCK, :, :, t % BLOCK]
    return step


def times(W: Array, series: Array) -> Array:
    """Return W (P, m, n) times every step of a series, a series with m in the place of n."""
    B, P, n, _, N = series.shape
    product: Array = np.matmul(W, series.reshape(B, P, n, BLOCK * N))
    return product.reshape(B, product.shape[1], -1, BLOCK, N)


def outer(delta: Array, series: Array, out: Array) -> None:
    """Write Σ_t δ_t x_tᵀ (P, m, n), over the samples too, into ``out``."""
    out[...] = 0
    for block, seen in zip(_columns(delta), _columns(series), strict=True):  # one product at a time is held
        out += block @ seen.swapaxes(-1, -2)


def total(series: Array, out: Array) -> None:
    """Write the sum over steps and samples (P, n, 1) into ``out``."""
    out[...] = 0
    for part in _columns(series).sum(axis=-1, keepdims=True):
        out += part


def _columns(series: Array) -> Array:
    return series.reshape(*series.shape[:3], -1)
