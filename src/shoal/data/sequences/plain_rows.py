"""What a linear model is given of series: all steps where they are few and equal, else a few statistics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shoal.data.sequences.preprocessing import SequencePreprocessor
from shoal.sequences import Sequences
from shoal.shapes import Array, IntArray

MOST = 10_000
"""Numbers of a flattened series; longer ones are told by statistics."""


@dataclass(frozen=True)
class PlainRows:
    """Standardised series laid ``flat``, or statistics of each of their channels, and their length.

    The statistics of a channel are mean, deviation, smallest, largest, first and last value.

    >>> series = [np.array([[1.0, 3.0]]), np.array([[5.0]])]
    >>> channels = SequencePreprocessor.fit(series)
    >>> PlainRows.of(channels, [2, 1]).rows(series).shape, PlainRows.of(channels, [2, 2]).flat
    ((2, 7), True)
    """

    channels: SequencePreprocessor
    flat: bool
    longest: int

    @classmethod
    def of(cls, channels: SequencePreprocessor, lengths: Sequence[int] | IntArray) -> PlainRows:
        """Return the form that suits series of these ``lengths``: those trained on and to predict for."""
        longest = int(np.max(lengths))
        equal = int(np.min(lengths)) == longest
        return cls(channels, equal and math.prod(channels.shape) <= MOST, longest)

    def rows(self, series: Sequence[Array]) -> Array:
        """Return the rows (N, n) of series (C, T_i), in double precision."""
        found = self.channels.transform(series, dtype=np.float64)
        if self.flat:
            return found.X.reshape(len(found.X), -1)
        rows = statistics(found)
        rows[:, -1] /= self.longest
        return rows


def statistics(sequences: Sequences) -> Array:
    """Return mean, deviation, smallest, largest, first and last value of each channel, and the steps.

    >>> statistics(Sequences.of([[1, 3], [5]])).tolist()
    [[2.0, 1.0, 1.0, 3.0, 1.0, 3.0, 2.0], [5.0, 0.0, 5.0, 5.0, 5.0, 5.0, 1.0]]
    """
    return np.stack([_of_one(x[:, :steps]) for x, steps in zip(sequences.X, sequences.lengths, strict=True)])


def _of_one(x: Array) -> Array:
    columns = (x.mean(axis=1), x.std(axis=1), x.min(axis=1), x.max(axis=1), x[:, 0], x[:, -1])
    return np.append(np.concatenate(columns), x.shape[1])
