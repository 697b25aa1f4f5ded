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
from typing import BinaryIO, NamedTuple, Self

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


class Buffer(NamedTuple):
    """Samples X (M, n) with targets y (M,), what they count for, s (M,) or None, and their order (M,)."""

    X: Array
    y: Array
    s: Array | None
    order: IntArray


@dataclass(frozen=True)
class BlockFile:
    """A file of ``rows`` samples with ``inputs`` features and a target each, as float32, row after row.

    ``classes`` says that targets are the numbers of classes, 0 … C−1, and ``weighed`` that what a sample
    counts for stands behind its target: ``weight`` in all. ``digest`` is the SHA-256 of the file.
    """

    path: Path
    rows: int
    inputs: int
    classes: bool
    weighed: bool
    weight: float
    digest: str
    seen: Callable[[Array], Array] | None = None
    """What members are given of features (M, n); None is all, as they are."""
    kept: Path | None = None
    """The folder in which trainings keep, after every epoch, where they stand; None keeps nothing."""

    @classmethod
    def of(cls, path: Path, inputs: int, classes: bool, weighed: bool = False) -> Self:
        """Return what lies at a path; ``DataError`` for a file of other rows, or that cannot be read."""
        columns = inputs + 1 + weighed
        try:
            size, width = path.stat().st_size, _TYPE.itemsize * columns
            if not size or size % width:
                raise DataError(f"{path} does not hold rows of {columns} numbers; remove it")
            with path.open("rb") as file:
                digest, last = _sha256_and_sum(file, columns)
        except OSError as error:
            raise _unreadable(path, error) from None
        rows = size // width
        return cls(path, rows, inputs, classes, weighed, last if weighed else float(rows), digest)

    def seen_by(self, seen: Callable[[Array], Array]) -> Self:
        """Return the same file for members who are given this of its features."""
        return replace(self, seen=seen)

    def sizes(self) -> list[int]:
        """Return about how many rows each buffer has: the last block, a shorter one, is in any."""
        most = rows_at_once(self.inputs)
        whole, rest = divmod(self.rows, most)
        return [most] * whole + [rest] * bool(rest)

    def buffers(self, seed: int, epoch: int) -> Iterator[Buffer]:
        """Yield all rows, some at a time, with the order to take them in.

        Raises ``DataError`` for a file that ends early, or cannot be read.
        """
        count = -(-self.rows // rows_of_block(self.inputs))
        blocks = permutation(count, seed, SHARED, Purpose.ORDER, epoch * _OF_AN_EPOCH)
        try:
            with self.path.open("rb", buffering=0) as file:
                for number, first in enumerate(range(0, count, BUFFER), start=1):
                    yield self._read(
                        file, blocks[first : first + BUFFER], seed, epoch * _OF_AN_EPOCH + number
                    )
        except OSError as error:
            raise _unreadable(self.path, error) from None

    def _read(self, file: BinaryIO, blocks: IntArray, seed: int, number: int) -> Buffer:
        """Return the rows of blocks, as they are seen, in the order of the random stream of that number."""
        size, at, X = rows_of_block(self.inputs), 0, np.empty((0, 0), _TYPE)
        lengths = np.minimum((blocks + 1) * size, self.rows) - blocks * size
        count = int(lengths.sum())
        y = np.empty(count, np.int64 if self.classes else np.float64)
        s = np.empty(count) if self.weighed else None
        scratch = np.empty((size, self.inputs + 1 + self.weighed), _TYPE)
        for block, length in zip(blocks.tolist(), lengths.tolist(), strict=True):
            rows = scratch[:length]
            self._fill(file, block * scratch.nbytes, rows)
            features = rows[:, : self.inputs]
            seen = features if self.seen is None else self.seen(features)
            if not at:
                X = np.empty((count, seen.shape[1]), _TYPE)
            X[at : at + length], y[at : at + length] = seen, rows[:, self.inputs]
            if s is not None:
                s[at : at + length] = rows[:, -1]
            at += length
        return Buffer(X, y, s, permutation(count, seed, SHARED, Purpose.ORDER, number))

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


def write_rows(file: BinaryIO, X: Array, y: Array, s: Array | None = None) -> None:
    """Write samples X (N, n) with targets y (N,), and what they count for, s (N,), behind those there."""
    inputs = X.shape[1]
    rows = np.empty((len(X), inputs + 1 + (s is not None)), _TYPE)
    rows[:, :inputs], rows[:, inputs] = X, y
    if s is not None:
        rows[:, -1] = s
    file.write(rows.data)


def _sha256_and_sum(file: BinaryIO, columns: int) -> tuple[str, float]:
    """Return the SHA-256 of a file, and the sum of the last of its columns."""
    digest, total, of_a_row = hashlib.sha256(), 0.0, _TYPE.itemsize * columns
    while content := file.read(max(_AT_ONCE // of_a_row, 1) * of_a_row):
        digest.update(content)
        total += float(np.frombuffer(content, _TYPE)[columns - 1 :: columns].sum(dtype=np.float64))
    return digest.hexdigest(), total


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(f"{path} cannot be read ({reason(error)}); check the disk")
