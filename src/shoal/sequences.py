"""Sequences of unequal lengths: how long each is belongs to the data, and no layer has to be told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shoal.errors import DataError
from shoal.shapes import Array, IntArray, whole_number


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
        return np.array(self.X, dtype=dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.X)


def lengths_of(X: npt.ArrayLike) -> IntArray | None:
    """Return the valid steps (N,) of users' samples, or None where every step is.

    >>> lengths_of(np.ones((2, 1, 3))), lengths_of(Sequences(np.ones((2, 1, 3)), [3, 3]))
    (None, None)
    """
    if not isinstance(X, Sequences) or (X.lengths == X.X.shape[-1]).all():
        return None
    return X.lengths
