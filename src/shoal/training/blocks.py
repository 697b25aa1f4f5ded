"""Samples on disk, more than fit into memory, read in blocks.

A random row costs a page of the disk, a block of neighbours hardly more. So an epoch takes the blocks in a
random order, some into a buffer at a time, and the rows of a buffer in a random order. Blocks are small and
the buffer has many of them, so that a minibatch is a mixture even where the file is sorted.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

import numpy as np

from shoal.errors import DataError, reason
from shoal.randomness import SHARED, Purpose, permutation
from shoal.shapes import Array, BoolArray, IntArray

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
class BlockFolds:
    """What is held out by turns of the samples of a file, each of which says its fold, −1 … k−1.

    ``rows`` (k + 1,) and ``weights`` (k + 1,) are those of each, −1 first, which is held out in none. With
    ``forward`` what trains for a fold are those before it. ``held`` is the one held out; None is none.
    """

    rows: tuple[int, ...]
    weights: tuple[float, ...]
    forward: bool
    held: int | None = None

    def trains(self, fold: Array) -> BoolArray:
        """Return whether samples of these folds (M,) are trained on."""
        if self.held is None:
            return np.ones(len(fold), dtype=np.bool_)
        found: BoolArray = fold < self.held if self.forward else fold != self.held
        return found

    @property
    def trained(self) -> tuple[int, float]:
        """How many samples are trained on, and what they weigh."""
        trains = self.trains(np.arange(-1, len(self.rows) - 1))
        return int(np.array(self.rows)[trains].sum()), float(np.array(self.weights)[trains].sum())


@dataclass(frozen=True)
class BlockFile:
    """A file of ``rows`` samples with ``inputs`` features and a target each, as float32, row after row.

    ``classes`` says that targets are the numbers of classes, 0 … C−1, and ``weighed`` that what a sample
    counts for stands behind its target: ``weight`` in all. Where there are ``folds``, the fold of a sample
    is the last of its numbers. ``digest`` is the SHA-256 of the file.
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
    folds: BlockFolds | None = None

    @classmethod
    def of(
        cls,
        path: Path,
        inputs: int,
        classes: bool,
        weighed: bool = False,
        folds: int | None = None,
        forward: bool = False,
    ) -> Self:
        """Return what lies at a path, of so many ``folds``, which may be stretches of time (``forward``).

        Raises ``DataError`` for a file of other rows, or that cannot be read.
        """
        columns = inputs + 1 + weighed + (folds is not None)
        try:
            size, width = path.stat().st_size, _TYPE.itemsize * columns
            if not size or size % width:
                raise DataError(f"{path} does not hold rows of {columns} numbers; remove it")
            with path.open("rb") as file:
                read = _Read.through(file, columns, inputs + 1 if weighed else None, folds)
        except OSError as error:
            raise _unreadable(path, error) from None
        rows = size // width
        weights = tuple(read.weights.tolist() if weighed else map(float, read.rows.tolist()))
        parted = None if folds is None else BlockFolds(tuple(read.rows.tolist()), weights, forward)
        return cls(path, rows, inputs, classes, weighed, math.fsum(weights), read.digest, folds=parted)

    def without(self, fold: int) -> Self:
        """Return the same file for members that are trained without a fold.

        It is all of the file where there are no folds, and for those that are trained again on all of them.
        """
        if self.folds is None or fold >= len(self.folds.rows) - 1:
            return self
        folds = replace(self.folds, held=fold)
        return replace(self, folds=folds, weight=folds.trained[1])

    def seen_by(self, seen: Callable[[Array], Array]) -> Self:
        """Return the same file for members who are given this of its features."""
        return replace(self, seen=seen)

    def sizes(self) -> list[int]:
        """Return about how many rows each buffer has: the last block, a shorter one, is in any."""
        most = rows_at_once(self.inputs)
        whole, rest = divmod(self.rows, most)
        sizes = [most] * whole + [rest] * bool(rest)
        if self.folds is None:
            return sizes
        return [max(round(size * self.folds.trained[0] / self.rows), 1) for size in sizes]

    def buffers(self, seed: int, epoch: int) -> Iterator[Buffer]:
        """Yield all rows that are trained on, some at a time, with the order to take them in.

        Raises ``DataError`` for a file that ends early, or cannot be read.
        """
        count = -(-self.rows // rows_of_block(self.inputs))
        blocks = permutation(count, seed, SHARED, Purpose.ORDER, epoch * _OF_AN_EPOCH)
        try:
            with self.path.open("rb", buffering=0) as file:
                for number, first in enumerate(range(0, count, BUFFER), start=1):
                    buffer = self._read(
                        file, blocks[first : first + BUFFER], seed, epoch * _OF_AN_EPOCH + number
                    )
                    if len(buffer.y):
                        yield buffer
        except OSError as error:
            raise _unreadable(self.path, error) from None

    def _read(self, file: BinaryIO, blocks: IntArray, seed: int, number: int) -> Buffer:
        """Return the rows of blocks, as they are seen, in the order of the random stream of that number."""
        size, at, X = rows_of_block(self.inputs), 0, np.empty((0, 0), _TYPE)
        lengths = np.minimum((blocks + 1) * size, self.rows) - blocks * size
        count = int(lengths.sum())
        y = np.empty(count, np.int64 if self.classes else np.float64)
        s = np.empty(count) if self.weighed else None
        scratch = np.empty((size, self.inputs + 1 + self.weighed + (self.folds is not None)), _TYPE)
        for block, length in zip(blocks.tolist(), lengths.tolist(), strict=True):
            rows = scratch[:length]
            self._fill(file, block * scratch.nbytes, rows)
            if self.folds is not None and self.folds.held is not None:
                rows = rows[self.folds.trains(rows[:, -1])]
            features = rows[:, : self.inputs]
            seen = features if self.seen is None else self.seen(features)
            if not at:
                X = np.empty((count, seen.shape[1]), _TYPE)
            end = at + len(rows)
            X[at:end], y[at:end] = seen, rows[:, self.inputs]
            if s is not None:
                s[at:end] = rows[:, self.inputs + 1]
            at = end
        order = permutation(at, seed, SHARED, Purpose.ORDER, number) if at else np.zeros(0, dtype=np.intp)
        return Buffer(X[:at], y[:at], None if s is None else s[:at], order)

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


def write_rows(
    file: BinaryIO, X: Array, y: Array, s: Array | None = None, fold: IntArray | None = None
) -> None:
    """Write samples X (N, n) with targets y (N,) behind those there.

    What they count for, s (N,), and their ``fold`` (N,) stand behind the targets, where they have any.
    """
    inputs, further = X.shape[1], [array for array in (s, fold) if array is not None]
    rows = np.empty((len(X), inputs + 1 + len(further)), _TYPE)
    rows[:, :inputs], rows[:, inputs] = X, y
    for place, array in enumerate(further, start=inputs + 1):
        rows[:, place] = array
    file.write(rows.data)


class _Read(NamedTuple):
    """The SHA-256 of a file, and the rows (k + 1,) and weights (k + 1,) of its folds, or of all (1,)."""

    digest: str
    rows: IntArray
    weights: Array

    @classmethod
    def through(cls, file: BinaryIO, columns: int, weights: int | None, folds: int | None) -> Self:
        """Read a file of so many columns, one of them of ``weights`` perhaps, the last of ``folds``."""
        digest, of_a_row = hashlib.sha256(), _TYPE.itemsize * columns
        counted, weighed = np.zeros((folds or 0) + 1, dtype=np.intp), np.zeros((folds or 0) + 1)
        while content := file.read(max(_AT_ONCE // of_a_row, 1) * of_a_row):
            digest.update(content)
            rows = np.frombuffer(content, _TYPE).reshape(-1, columns)
            fold = np.zeros(len(rows), np.intp) if folds is None else rows[:, -1].astype(np.intp) + 1
            counted += np.bincount(fold, minlength=len(counted))
            if weights is not None:
                weighed += np.bincount(fold, rows[:, weights], len(counted))
        return cls(digest.hexdigest(), counted, weighed)


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(f"{path} cannot be read ({reason(error)}); check the disk")
