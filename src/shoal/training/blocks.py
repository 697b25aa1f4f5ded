"""Samples on disk, more than fit into memory, read in blocks.

A random row costs a page of the disk, a block of neighbours hardly more. So an epoch takes the blocks in a
random order, some into a buffer at a time, and the rows of a buffer in a random order. Blocks are small and
the buffer has many of them, so that a minibatch is a mixture even where the file is sorted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np

from shoal.errors import DataError, reason
from shoal.randomness import SHARED, Purpose, permutation
from shoal.shapes import Array, IntArray

BLOCK, SHORT_BLOCK, BUFFER = 1024, 256, 256
"""Rows of a block, of one with wide rows, and blocks of a buffer: numbers depend on these, on no memory."""
WIDE = 64
"""Features above which a row is wide."""
_OF_AN_EPOCH = 2**32
"""Random streams that an epoch may need: one for its blocks, and one for the rows of each buffer."""
_TYPE = np.dtype("<f4")
_AT_ONCE = 2**24
"""Bytes that a checksum looks at together."""


@dataclass(frozen=True)
class BlockFile:
    """A file of ``rows`` samples with ``inputs`` features and a target each, as float32, row after row.

    ``classes`` says that targets are the numbers of classes, 0 … C−1. ``digest`` is the SHA-256 of the file.
    """

    path: Path
    rows: int
    inputs: int
    classes: bool
    digest: str
    seen: Callable[[Array], Array] | None = None
    """What members are given of features (M, n); None is all, as they are."""

    @classmethod
    def of(cls, path: Path, inputs: int, classes: bool) -> Self:
        """Return what lies at a path; ``DataError`` for a file of other rows, or that cannot be read."""
        try:
            size, width = path.stat().st_size, _TYPE.itemsize * (inputs + 1)
            if not size or size % width:
                raise DataError(f"{path} does not hold rows of {inputs + 1} numbers; remove it")
            with path.open("rb") as file:
                digest = _sha256(file)
        except OSError as error:
            raise _unreadable(path, error) from None
        return cls(path, size // width, inputs, classes, digest)

    def seen_by(self, seen: Callable[[Array], Array]) -> Self:
        """Return the same file for members who are given this of its features."""
        return replace(self, seen=seen)

    def sizes(self) -> list[int]:
        """Return about how many rows each buffer has: the last block, a shorter one, is in any."""
        most = rows_at_once(self.inputs)
        whole, rest = divmod(self.rows, most)
        return [most] * whole + [rest] * bool(rest)

    def buffers(self, seed: int, epoch: int) -> Iterator[tuple[Array, Array, IntArray]]:
        """Yield X (M, n) and y (M,) of all rows, some at a time, and the order to take them in (M,).

        Raises ``DataError`` for a file that ends early, or cannot be read.
        """
        count = -(-self.rows // rows_of_block(self.inputs))
        blocks = permutation(count, seed, SHARED, Purpose.ORDER, epoch * _OF_AN_EPOCH)
        try:
            with self.path.open("rb", buffering=0) as file:
                for number, first in enumerate(range(0, count, BUFFER), start=1):
                    X, y = self._read(file, blocks[first : first + BUFFER])
                    order = permutation(len(y), seed, SHARED, Purpose.ORDER, epoch * _OF_AN_EPOCH + number)
                    yield X, y, order
                    del X, y, order  # before there are others
        except OSError as error:
            raise _unreadable(self.path, error) from None

    def _read(self, file: BinaryIO, blocks: IntArray) -> tuple[Array, Array]:
        """Return X (M, n), as it is seen, and y (M,) of the rows of blocks."""
        size, at, X = rows_of_block(self.inputs), 0, np.empty((0, 0), _TYPE)
        lengths = np.minimum((blocks + 1) * size, self.rows) - blocks * size
        y = np.empty(lengths.sum(), np.int64 if self.classes else np.float64)
        scratch = np.empty((size, self.inputs + 1), _TYPE)
        for block, length in zip(blocks.tolist(), lengths.tolist(), strict=True):
            rows = scratch[:length]
            self._fill(file, block * scratch.nbytes, rows)
            seen = rows[:, :-1] if self.seen is None else self.seen(rows[:, :-1])
            if not at:
                X = np.empty((len(y), seen.shape[1]), _TYPE)
            X[at : at + length], y[at : at + length] = seen, rows[:, -1]
            at += length
        return X, y

    def _fill(self, file: BinaryIO, place: int, rows: Array) -> None:
        """Read rows from a place in the file."""
        file.seek(place)
        left = memoryview(rows).cast("B")  # type: ignore[arg-type]
        while left.nbytes:
            count = file.readinto(left)  # type: ignore[attr-defined]
            if not count:
                raise DataError(f"{self.path} ends too early; it was changed, so fit anew")
            left = left[count:]


def rows_of_block(inputs: int) -> int:
    """Return how many rows of so many features lie together."""
    return BLOCK if inputs <= WIDE else SHORT_BLOCK


def rows_at_once(inputs: int) -> int:
    """Return how many rows of so many features a buffer has."""
    return rows_of_block(inputs) * BUFFER


def write_rows(file: BinaryIO, X: Array, y: Array) -> None:
    """Write samples X (N, n) with targets y (N,) behind those that are there."""
    rows = np.empty((len(X), X.shape[1] + 1), _TYPE)
    rows[:, :-1], rows[:, -1] = X, y
    file.write(rows.data)


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while content := file.read(_AT_ONCE):
        digest.update(content)
    return digest.hexdigest()


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(f"{path} cannot be read ({reason(error)}); check the disk")
