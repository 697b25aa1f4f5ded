"""Binary frames: what a page draws, as blocks of numbers that it reads without copying.

A frame is blocks one after the other, each a header of 32 bytes and its numbers, filled up with zeros to a
multiple of 8. Everything is little-endian::

    u32 magic "SHL1" · u16 kind · u16 side · u32 run · u32 epoch · u32 P · u32 G · f32 low · f32 high

=====  =========  ======================  ============================================================
kind   name       numbers                 what they are
=====  =========  ======================  ============================================================
1      functions  i16 (P, G)              every network on the grid: low + (v + 32767)/65534·(high − low)
2      scores     f32, f32, u8, each (P)  losses in training and validation, and ``Reason``
3      picked     f32 (P, G)              the outputs of the picked network on the fine grid
4      units      f32 (P, G)              its hidden units on the grid, layer after layer
5      maps       u8 (P, G)               every network on the grid: low + v/255·(high − low)
6      losses     f32 (2, G)              its objective and validation loss, from the first epoch on
7      theta      f32 (1, G)              its parameters
8      decisions  u8 (P, G)               of ``high`` classes the likeliest one, and how sure each network is
=====  =========  ======================  ============================================================

``web/src/frames.ts`` reads the same, and files that both read are held to both (``tests/lab/golden``).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from shoal.errors import DataError
from shoal.shapes import Array

PROTOCOL = 1
MAGIC = 0x314C4853  # the letters SHL1
HEADER = struct.Struct("<IHHIIIIff")
STEPS = 65534
"""Of a function's 16 bits: from low to high."""


class BlockKind(IntEnum):
    """What the numbers of a block are."""

    FUNCTIONS = 1
    SCORES = 2
    PICKED = 3
    UNITS = 4
    MAPS = 5
    LOSSES = 6
    THETA = 7
    DECISIONS = 8


@dataclass(frozen=True)
class Block:
    """Numbers of one kind: of one side of a fork, at an epoch of the run of that number.

    ``values`` (P, G) are floats, of ``SCORES`` (3, P): training loss, validation loss, and reason.
    """

    kind: BlockKind
    run: int
    epoch: int
    values: Array
    side: int = 0
    low: float = 0.0
    high: float = 1.0


def decisions(probabilities: Array) -> Array:
    """Return what networks decide by probabilities (P, K, G), in a byte each (P, G), as floats::

        c · s + round(r · (s − 1)),   s = ⌊256 / K⌋,   r = (max_k p_k − 1/K) / (1 − 1/K)

    of the likeliest class c, and r how sure a network is of it; r is 0 where p is no number.

    >>> decisions(np.array([[[1.0, 0.2], [0.0, 0.5], [0.0, 0.3]]]))
    array([[ 84., 106.]])
    """
    K = probabilities.shape[1]
    steps = 256 // K
    known = np.nan_to_num(probabilities, nan=0.0)
    sure = np.clip((known.max(axis=1) - 1 / K) / (1 - 1 / K), 0, 1)
    return np.asarray(known.argmax(axis=1) * float(steps) + np.rint(sure * (steps - 1)))


def write(blocks: list[Block]) -> bytes:
    """Return a frame of these blocks."""
    parts = []
    for block in blocks:
        P, G = block.values.shape
        if block.kind is BlockKind.SCORES:
            P, G = G, 0
        head = (MAGIC, block.kind, block.side, block.run, block.epoch, P, G, block.low, block.high)
        body = _packed(block)
        parts += [HEADER.pack(*head), body, bytes(-len(body) % 8)]
    return b"".join(parts)


def read(frame: bytes) -> Iterator[Block]:
    """Yield the blocks of a frame, as a page reads them; raise ``DataError`` for anything else."""
    at = 0
    while at < len(frame):
        if len(frame) - at < HEADER.size:
            raise DataError(f"a frame ends within a header, {len(frame) - at} bytes after its last block")
        magic, kind, side, run, epoch, P, G, low, high = HEADER.unpack_from(frame, at)
        if magic != MAGIC or kind not in set(BlockKind):
            raise DataError(f"byte {at} of a frame begins no block: magic {magic:#x}, kind {kind}")
        at += HEADER.size
        size = _size(BlockKind(kind), P, G)
        if len(frame) - at < size:
            raise DataError(f"a frame ends {size - len(frame) + at} bytes before the end of its block")
        values = _unpacked(BlockKind(kind), frame[at : at + size], P, G, low, high)
        yield Block(BlockKind(kind), run, epoch, values, side, low, high)
        at += size + -size % 8


def _packed(block: Block) -> bytes:
    values = block.values
    if block.kind in (BlockKind.FUNCTIONS, BlockKind.MAPS):
        span = block.high - block.low
        share = np.clip(np.nan_to_num((values - block.low) / span, nan=0.0, posinf=1.0, neginf=0.0), 0, 1)
        maps = block.kind is BlockKind.MAPS
        steps: Array = np.rint(share * 255) if maps else np.rint(share * STEPS) - STEPS // 2
        return steps.astype("u1" if maps else "<i2").tobytes()
    if block.kind is BlockKind.DECISIONS:
        return values.astype("u1").tobytes()
    if block.kind is BlockKind.SCORES:
        return _floats(values[:2]).tobytes() + np.asarray(values[2], "u1").tobytes()
    return _floats(values).tobytes()


def _floats(values: Array) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore"):  # what is too large for 32 bits is infinite on the page
        return values.astype("<f4")


def _unpacked(kind: BlockKind, body: bytes, P: int, G: int, low: float, high: float) -> Array:
    if kind is BlockKind.DECISIONS:
        return np.frombuffer(body, "u1").reshape(P, G).astype(np.float64)
    if kind is BlockKind.MAPS:
        return np.asarray(low + np.frombuffer(body, "u1").reshape(P, G) / 255 * (high - low))
    if kind is BlockKind.FUNCTIONS:
        steps = np.frombuffer(body, "<i2").reshape(P, G).astype(np.float64) + STEPS // 2
        return np.asarray(low + steps / STEPS * (high - low))
    if kind is BlockKind.SCORES:
        losses = np.frombuffer(body[: 8 * P], "<f4").reshape(2, P)
        return np.vstack([losses, np.frombuffer(body[8 * P :], "u1")]).astype(np.float64)
    return np.frombuffer(body, "<f4").reshape(P, G).astype(np.float64)


def _size(kind: BlockKind, P: int, G: int) -> int:
    if kind is BlockKind.SCORES:
        return 9 * P
    return P * G * {BlockKind.FUNCTIONS: 2, BlockKind.MAPS: 1, BlockKind.DECISIONS: 1}.get(kind, 4)
