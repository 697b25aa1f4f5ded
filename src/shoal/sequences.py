"""Sequences of unequal lengths: how long each is belongs to the data, and no layer has to be told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt

from shoal.errors import DataError
from shoal.shapes import Array, IntArray, require_unmasked, whole_number


@dataclass(frozen=True, eq=False)
class Sequences:
    """Samples ``X`` (N, C, T) whose last axis is time, of which the first ``lengths`` (N,) steps are valid.

    They stand wherever X does: ``train(network, Sequences(X, lengths), y)``, ``population.predict``. What
    lies beyond a sequence's end is of no account: it may be NaN, and layers find zeros there. So neither T
    nor the other sequences change a result.

    Raises ``DataError`` for lengths that are no whole numbers from 1 to T, one for each sample.

    >>> Sequences(np.ones((2, 1, 3)), [3, 1]).X[1]
    array([[1., 0., 0.]])
    """

    X: Array
    lengths: IntArray

    def __init__(self, X: npt.ArrayLike, lengths: npt.ArrayLike) -> None:
        require_unmasked(X, "X")
        try:
            padded = np.array(X, dtype=np.float32 if np.asarray(X).dtype == np.float32 else np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"X must be numbers (N, C, T), padded to one T ({error}); pad sequences by Sequences.of"
            ) from None
        if padded.ndim < 2:
            raise DataError(f"X must have shape (N, C, T), one sequence for each sample, got {padded.shape}")
        steps = np.asarray(lengths)
        N, T = len(padded), padded.shape[-1]
        if steps.shape != (N,) or steps.dtype.kind not in "iu":
            raise DataError(
                f"lengths must be {N} whole numbers, one for each sample, got {steps.dtype} of shape "
                f"{steps.shape}"
            )
        wrong = np.flatnonzero((steps < 1) | (steps > T))
        if wrong.size:
            raise DataError(
                f"lengths must be from 1 to the {T} steps of X, got {steps[wrong[0]]} for sample {wrong[0]}; "
                "leave out sequences without a step"
            )
        beyond = np.arange(T) >= steps[:, None]
        np.moveaxis(padded, -1, 1)[beyond] = 0
        object.__setattr__(self, "X", padded)
        object.__setattr__(self, "lengths", steps.astype(np.intp))

    @classmethod
    def of(cls, series: Iterable[npt.ArrayLike], steps: int | None = None) -> Sequences:
        """Return arrays (C, T_i), or (T_i,) of one channel, padded to ``steps``, None: to the longest.

        >>> both = Sequences.of([[1, 2, 3], [4]])
        >>> both.X.tolist(), both.lengths.tolist()
        ([[[1.0, 2.0, 3.0]], [[4.0, 0.0, 0.0]]], [3, 1])
        """
        try:
            arrays = [np.atleast_2d(np.asarray(each, dtype=np.float64)) for each in series]
        except (TypeError, ValueError) as error:
            raise DataError(f"a sequence is an array (C, T) of numbers: {error}") from None
        if not arrays:
            raise DataError("there is no sequence; at least one sample is needed")
        lengths = [array.shape[-1] for array in arrays]
        T = max(lengths) if steps is None else whole_number(steps, "steps")
        for number, array in enumerate(arrays):
            if array.shape[:-1] != arrays[0].shape[:-1] or array.ndim != 2:
                raise DataError(
                    f"sequence {number} has shape {array.shape} and the first {arrays[0].shape}; "
                    "all must be (C, T) with the same channels C"
                )
            if lengths[number] > T:
                raise DataError(f"sequence {number} has {lengths[number]} steps, more than steps={T}")
        padded = np.zeros((len(arrays), len(arrays[0]), T))
        for row, array in zip(padded, arrays, strict=True):
            row[:, : array.shape[-1]] = array
        return cls(padded, lengths)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        if copy is None:  # which NumPy 1 does not know
            return np.asarray(self.X, dtype=dtype)
        return np.array(self.X, dtype=dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, rows: slice | npt.NDArray[np.integer]) -> Self:
        """Return some of the samples, padded as they are."""
        return self._sharing(self.X[rows], self.lengths[rows])

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of X, (N, C, T)."""
        return self.X.shape

    @property
    def nbytes(self) -> int:
        """The bytes of X."""
        return self.X.nbytes

    def astype(self, dtype: npt.DTypeLike, copy: bool = True) -> Self:
        """Return the same in another precision; without ``copy`` what is in it already is shared."""
        return self.with_values(self.X.astype(dtype, copy=copy))

    def with_values(self, X: Array) -> Self:
        """Return the same sequences of other numbers X (N, C, T), whose zeros are where those of this are."""
        return self._sharing(X, self.lengths)

    def padded(self, steps: int) -> Self:
        """Return the same padded to ``steps``, at least as many as there are; that changes no result.

        >>> Sequences.of([[1, 2]]).padded(3).X
        array([[[1., 2., 0.]]])
        """
        more = steps - self.X.shape[-1]
        if more < 0:
            raise DataError(f"sequences of {self.X.shape[-1]} steps cannot be padded to {steps}")
        room = [(0, 0)] * (self.X.ndim - 1) + [(0, more)]
        return self._sharing(np.pad(self.X, room), self.lengths) if more else self

    @classmethod
    def _sharing(cls, X: Array, lengths: IntArray) -> Self:
        """Return sequences of arrays that were checked, and are not copied."""
        new = object.__new__(cls)
        object.__setattr__(new, "X", X)
        object.__setattr__(new, "lengths", lengths)
        return new


Rows: TypeAlias = Array | Sequences
"""Samples as networks take them: an array (N, n), or sequences."""


def width(X: Rows) -> int:
    """Return how many numbers a sample is, laid flat.

    >>> width(np.ones((5, 2))), width(Sequences.of([[1, 2, 3]]))
    (2, 3)
    """
    return math.prod(X.shape[1:])


def joined(parts: Sequence[Rows]) -> Rows:
    """Return the samples of several parts, one after the other; sequences are padded to the longest part.

    >>> joined([Sequences.of([[1, 2]]), Sequences.of([[3]])]).lengths.tolist()
    [2, 1]
    """
    series = [part for part in parts if isinstance(part, Sequences)]
    if len(series) < len(parts):
        return np.concatenate([np.asarray(part) for part in parts])
    steps = max(part.X.shape[-1] for part in series)
    alike = [part.padded(steps) for part in series]
    lengths = np.concatenate([part.lengths for part in alike])
    return Sequences._sharing(np.concatenate([part.X for part in alike]), lengths)


def lengths_of(X: npt.ArrayLike) -> IntArray | None:
    """Return the valid steps (N,) of users' samples, or None where every step is.

    >>> lengths_of(np.ones((2, 1, 3))), lengths_of(Sequences(np.ones((2, 1, 3)), [3, 3]))
    (None, None)
    """
    if not isinstance(X, Sequences) or (X.lengths == X.X.shape[-1]).all():
        return None
    return X.lengths


def filled(series: Array) -> Array:
    """Return a series (C, T) with a straight line over each gap, and the nearest value before and after all.

    A channel without a value stays as it is.

    >>> filled(np.array([[np.nan, 1.0, np.nan, np.nan, 4.0]]))
    array([[1., 1., 2., 3., 4.]])
    """
    lines = series.copy()
    for channel in lines:
        known = ~np.isnan(channel)
        if known.any() and not known.all():
            places = np.flatnonzero(known)
            channel[~known] = np.interp(np.flatnonzero(~known), places, channel[known])
    return lines
