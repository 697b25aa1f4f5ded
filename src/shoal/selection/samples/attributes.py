"""What samples have besides features and targets: the group they are of, their time, what they weigh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from shoal.errors import ConfigurationError, DataError
from shoal.selection.samples.dividers import AtRandom, ByGroup, Divider, Forward, Settled
from shoal.selection.samples.splits import of_one_class
from shoal.shapes import require_finite, require_unmasked

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from shoal.shapes import Array, IntArray

HEAVIEST = 1e150
"""Of weights: their sums, and those of their squares, are numbers."""
_FINER = ("ns", "ps", "fs", "as")
"""Units of time of which float64 does not tell every two of a date of today apart."""


@dataclass(frozen=True)
class Attributes:
    """``groups`` (N,) as whole numbers, ``times`` (N,) and ``weights`` (N,) of samples, None where none are.

    ``fold`` (N,) is the one that each sample is held out in, where that is settled: 0 … k − 1, −1 in none.

    >>> Attributes.of(3, groups=["a", "b", "a"], sample_weight=[1, 2, 0.5]).take(np.array([0, 2]))
    Attributes(groups=array([0, 0]), times=None, weights=array([1. , 0.5]), fold=None)
    """

    groups: IntArray | None = None
    times: Array | None = None
    weights: Array | None = None
    fold: IntArray | None = None

    @classmethod
    def of(
        cls,
        n: int,
        groups: npt.ArrayLike | None = None,
        times: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
        fold: npt.ArrayLike | None = None,
    ) -> Self:
        """Return users' arrays of n entries: groups of any kind, times as numbers or ``datetime64``.

        Raises ``DataError`` for other lengths, missing entries, times without an order, weights that are
        negative or all 0; ``ConfigurationError`` for groups and times at once.
        """
        if groups is not None and times is not None:
            raise ConfigurationError(
                "groups and times were given; samples are divided by one of them, leave one out"
            )
        return cls(
            None if groups is None else _codes(groups, n),
            None if times is None else _instants(times, n),
            None if sample_weight is None else checked_weights(sample_weight, n),
            None if fold is None else _folds(fold, n),
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """What a study is given of them, by its names for them."""
        named = {"groups": self.groups, "times": self.times, "sample_weight": self.weights}
        return {**named, "fold": self.fold}

    def divider(self, n: int, labels: IntArray | None = None) -> Divider:
        """Return what divides the n samples, stratified by class ``labels`` (n,) where that is possible."""
        if self.fold is not None:
            return Settled(self.fold, forward=self.times is not None)
        if self.groups is not None:
            return ByGroup(self.groups, labels)
        return AtRandom(n, labels) if self.times is None else Forward(self.times)

    def require_classes(self, splits: Sequence[tuple[IntArray, IntArray]], labels: IntArray | None) -> None:
        """Raise ``DataError`` where groups or times leave a split one of the ``labels`` alone to train on."""
        by = "groups" if self.groups is not None else "times" if self.times is not None else ""
        if by and labels is not None and (alone := of_one_class(splits, labels)):
            where = f"in {alone} of {len(splits)} folds " if len(splits) > 1 else ""
            raise DataError(
                f"{where}all samples to train on are of one class, once they are divided by {by}; give "
                "samples of two classes in several groups, or early enough"
            )

    def take(self, rows: IntArray) -> Attributes:
        """Return those of some samples."""
        arrays = self.groups, self.times, self.weights, self.fold
        return Attributes(*(None if array is None else array[rows] for array in arrays))


def checked_weights(weights: npt.ArrayLike, n: int, name: str = "sample_weight") -> Array:
    """Return weights (n,) as float64; raise ``DataError`` unless they are from 0 to 1e150, and not all 0."""
    given = _one_each(weights, n, name)
    if given.dtype.kind not in "biuf":
        raise DataError(f"{name} must be numbers, got {given.dtype}; convert them")
    found = given.astype(np.float64)
    require_finite(found, name)
    if (found < 0).any():
        row = int((found < 0).argmax())
        raise DataError(f"{name} is {found[row]:g} in row {row + 1}, expected no weight below 0")
    if found.max() > HEAVIEST:
        row = int(found.argmax())
        raise DataError(
            f"{name} is {found[row]:g} in row {row + 1}, expected none beyond {HEAVIEST:g}; what weights are "
            "to each other counts, so divide all of them"
        )
    if not found.any():
        raise DataError(f"{name} is 0 in all {n} rows; give a positive one to train on")
    return found


def _folds(fold: npt.ArrayLike, n: int) -> IntArray:
    """Return the fold of each sample; ``DataError`` for anything but whole numbers from −1 on."""
    found = _one_each(fold, n, "fold")
    if found.dtype.kind not in "iu" or (found < -1).any():
        raise DataError(
            "fold must be whole numbers, 0 … k-1 and -1 for what is held out in none, got "
            f"{found.dtype}{' from ' + str(found.min()) if found.dtype.kind in 'iu' else ''}; convert them"
        )
    return found.astype(np.intp)


def _codes(groups: npt.ArrayLike, n: int) -> IntArray:
    """Return the number of each sample's group, of which the first is 0."""
    numbers: dict[Any, int] = {}
    codes = np.empty(n, dtype=np.intp)
    for row, group in enumerate(_one_each(groups, n, "groups").tolist()):
        if group is None or group != group:
            raise DataError(f"groups is missing in row {row + 1}; fill it or leave that row out")
        codes[row] = numbers.setdefault(group, len(numbers))
    return codes


def _instants(times: npt.ArrayLike, n: int) -> Array:
    """Return times as numbers that grow with time."""
    found = _one_each(times, n, "times")
    if np.issubdtype(found.dtype, np.datetime64):
        if np.isnat(found).any():
            row = int(np.isnat(found).argmax())
            raise DataError(f"times is missing in row {row + 1}; fill it or leave that row out")
        if np.datetime_data(found.dtype)[0] in _FINER:
            found = found.astype("datetime64[us]")
        found = found.astype(np.int64)
    if found.dtype.kind not in "biuf":
        raise DataError(f"times must be numbers or datetime64, got {found.dtype}; convert them")
    require_finite(found, "times")
    return found.astype(np.float64)


def _one_each(values: npt.ArrayLike, n: int, name: str) -> npt.NDArray[Any]:
    require_unmasked(values, name)
    array = np.asarray(values)
    if array.shape != (n,):
        raise DataError(f"{name} must have one entry for each of the {n} rows, got the shape {array.shape}")
    return array
