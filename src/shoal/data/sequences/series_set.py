"""What reading sequences gives, whatever they came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from shoal.data.frames import pl
from shoal.data.names import names_shown
from shoal.data.notes import tell
from shoal.errors import DataError
from shoal.shapes import Array, IntArray


@dataclass(frozen=True)
class SeriesSet:
    """Series (C, T_i) of as many channels, NaN where a value is missing, with their names and targets.

    ``names`` are what a reader of the file would call them, such as a line or an identifier. ``targets``
    are labels or numbers, null where there is none; None where the source has none at all. ``metadata`` has a
    row for each with what else is known of it, None where nobody asks.
    """

    series: tuple[Array, ...]
    names: tuple[str, ...]
    targets: pl.Series | None = None
    metadata: pl.DataFrame | None = None

    def __len__(self) -> int:
        return len(self.series)

    @property
    def lengths(self) -> IntArray:
        """The steps (N,) of each."""
        return np.array([each.shape[1] for each in self.series], dtype=np.intp)

    def rows(self, rows: Iterable[int]) -> SeriesSet:
        """Return some of the series, in this order."""
        some = [int(row) for row in rows]
        targets = None if self.targets is None else self.targets.gather(some)
        metadata = self.metadata[some] if self.metadata is not None and self.metadata.width else self.metadata
        return SeriesSet(
            tuple(self.series[row] for row in some), tuple(self.names[row] for row in some), targets, metadata
        )


@dataclass(frozen=True)
class SequenceData:
    """The series of one source, by what they are for, and what its channels and its target are called.

    ``task`` is what the source itself says of its targets, None where it does not.
    """

    train: SeriesSet
    channels: tuple[str, ...]
    target: str
    test: SeriesSet | None = None
    task: str | None = None

    def with_channels(self, names: Sequence[str], source: str, strict: bool = False) -> SequenceData:
        """Return the series of a ``source``, their channels in the order of these ``names``, those fitted.

        They go by their places where the source, or what was fitted, has no names for them. Another order is
        a note, an error if ``strict``. Raises ``DataError`` for other channels.
        """
        if self.channels == tuple(names):
            return self
        if len(self.channels) != len(names):
            raise DataError(
                f"{source} has {len(self.channels)} channels, expected {len(names)}; give those fitted"
            )
        if channel_names(len(names)) in (self.channels, tuple(names)):
            return self
        if set(self.channels) != set(names):
            raise DataError(
                f"{source} has the channels {names_shown(self.channels)}, expected {names_shown(names)}; "
                "give those fitted, by their names"
            )
        tell(
            f"the channels of {source} stand in another order than those fitted",
            "they go by their names",
            strict,
        )
        places = [self.channels.index(name) for name in names]
        parts = [
            part and replace(part, series=tuple(np.ascontiguousarray(each[places]) for each in part.series))
            for part in (self.train, self.test)
        ]
        assert parts[0] is not None
        return replace(self, train=parts[0], test=parts[1], channels=tuple(names))


def channel_names(count: int) -> tuple[str, ...]:
    """Return names for channels that have none.

    >>> channel_names(2)
    ('channel 1', 'channel 2')
    """
    return tuple(f"channel {number}" for number in range(1, count + 1))


def shown_lengths(lengths: IntArray | Sequence[int]) -> str:
    """Return the lengths of series as a sentence has them.

    >>> shown_lengths([24, 24]), shown_lengths([7, 29, 12])
    ('24 steps', '7 to 29 steps (median 12)')
    """
    low, high = int(np.min(lengths)), int(np.max(lengths))
    if low == high:
        return f"{low} step{'s' * (low != 1)}"
    return f"{low} to {high} steps (median {np.median(lengths):g})"
