"""From series with gaps to what a network takes: standardised channels, and where values were there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from shoal.data.memory import require_memory
from shoal.data.sequences.series_set import channel_names
from shoal.errors import DataError
from shoal.sequences import Sequences, filled
from shoal.shapes import Array


@dataclass(frozen=True)
class SequencePreprocessor:
    """The mean and deviation of each channel of the series trained on, and which of them have ``gaps``.

    A value x of channel c becomes ``(x − mean_c) / deviation_c``; one that is missing is the last before it,
    or the mean where none came before. A channel with gaps in training is followed, after all others, by one
    of 1 and 0 that says where a value was there. A channel without any value in training has a deviation of
    0 and is 0 everywhere.

    >>> series = [np.array([[1.0, np.nan, 5.0]]), np.array([[np.nan, 3.0]])]
    >>> prepared = SequencePreprocessor.fit(series)
    >>> prepared.transform(series, dtype="float64").X[0].round(2).tolist()
    [[-1.22, -1.22, 1.22], [1.0, 0.0, 1.0]]
    """

    channels: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    gaps: tuple[bool, ...]
    steps: int

    @classmethod
    def fit(
        cls, series: Sequence[Array], channels: Sequence[str] | None = None, steps: int | None = None
    ) -> Self:
        """Learn the moments of every channel of ``series``, arrays (C, T_i) with NaN for what is missing.

        ``steps`` is what they are padded to, None: the longest of them.
        """
        channels = channel_names(len(series[0])) if channels is None else channels
        means, deviations, gaps = [], [], []
        for channel in range(len(channels)):
            values = np.concatenate([each[channel] for each in series])
            known = values[~np.isnan(values)]
            with np.errstate(over="ignore"):
                means.append(float(known.mean()) if known.size else 0.0)
                deviations.append(float(known.std()) or 1.0 if known.size else 0.0)
            gaps.append(0 < known.size < values.size)
        longest = max(each.shape[1] for each in series)
        return cls(tuple(channels), tuple(means), tuple(deviations), tuple(gaps), steps or longest)

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of one sample as a network takes it: (C, T), with the channels of gaps."""
        return len(self.channels) + sum(self.gaps), self.steps

    @property
    def features(self) -> tuple[str, ...]:
        """What the channels that a network takes are called."""
        told = (f"{name} was there" for name, gap in zip(self.channels, self.gaps, strict=True) if gap)
        return (*self.channels, *told)

    def transform(
        self, series: Sequence[Array], steps: int | None = None, dtype: npt.DTypeLike = np.float32
    ) -> Sequences:
        """Return arrays (C, T_i) as padded sequences of ``steps``, None: as many as in training, or more.

        Raises ``DataError`` for another number of channels, ``CapacityError`` where the memory is too small.
        """
        longest = max((each.shape[1] for each in series), default=1)
        padded = max(steps or self.steps, longest)
        size = len(series) * self.shape[0] * padded * np.dtype(dtype).itemsize
        require_memory(2 * size, f"{len(series):,} series padded to {padded:,} steps", "use fewer of them")
        X = np.zeros((len(series), self.shape[0], padded), dtype=dtype)
        for row, each in zip(X, series, strict=True):
            if len(each) != len(self.channels):
                raise DataError(
                    f"a series has {len(each)} channels, expected {len(self.channels)}; give those fitted"
                )
            row[:, : each.shape[1]] = self._of_one(each)
        return Sequences(X, [each.shape[1] for each in series])

    def _of_one(self, x: Array) -> Array:
        known = ~np.isnan(x)
        last = np.maximum.accumulate(np.where(known, np.arange(x.shape[1]), -1), axis=1)
        scale = np.array([1 / d if d else 0.0 for d in self.deviation])[:, None]
        z = (np.take_along_axis(x, np.maximum(last, 0), axis=1) - np.array(self.mean)[:, None]) * scale
        z[last < 0] = 0.0
        z[np.array(self.deviation) == 0] = 0.0
        told: Array = np.concatenate([z, known[list(self.gaps)]])
        return told

    def to_config(self) -> dict[str, Any]:
        """Return everything as plain JSON."""
        return {
            "channels": list(self.channels),
            "mean": list(self.mean),
            "deviation": list(self.deviation),
            "gaps": list(self.gaps),
            "steps": self.steps,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return the preprocessor that ``to_config`` described; ``ValueError`` if it was altered."""
        channels, mean, deviation, gaps = (
            tuple(config[name]) for name in ("channels", "mean", "deviation", "gaps")
        )
        restored = cls(channels, mean, deviation, gaps, config["steps"])
        if restored.to_config() != config or not restored._is_sound():
            raise ValueError("its channels are none")
        return restored

    def _is_sound(self) -> bool:
        parts = (self.channels, self.mean, self.deviation, self.gaps)
        return (
            len({len(part) for part in parts}) == 1
            and len(self.channels) > 0
            and all(isinstance(name, str) for name in self.channels)
            and all(isinstance(x, float) and math.isfinite(x) for x in (*self.mean, *self.deviation))
            and min(self.deviation) >= 0
            and all(isinstance(gap, bool) for gap in self.gaps)
            and type(self.steps) is int
            and self.steps > 0
        )


def without_values(channels: Sequence[str], series: Iterable[Array]) -> list[str]:
    """Return the names of channels that hold no value in any series.

    >>> without_values(["a", "b"], [np.array([[1.0], [np.nan]])])
    ['b']
    """
    known = np.zeros(len(channels), dtype=bool)
    for each in series:
        known |= ~np.isnan(each).all(axis=1)
    return [name for name, any_value in zip(channels, known, strict=True) if not any_value]


def prepared(
    preprocessor: SequencePreprocessor, series: Sequence[Array], dtype: npt.DTypeLike = np.float32
) -> Sequences:
    """Return series (C, T_i) as models take them: standardised, lines over gaps, and where those were.

    Raises ``DataError`` for other channels, and for values so far from those fitted that they overflow.
    """
    bare = replace(preprocessor, gaps=(False,) * len(preprocessor.gaps))
    with np.errstate(over="ignore"):
        values = bare.transform([filled(each) for each in series], dtype=dtype)
    finite = np.isfinite(values.X).all(axis=(1, 2))
    if not finite.all():
        raise DataError(
            f"series {int(np.argmin(finite)) + 1} has values so far from those fitted that they are no "
            "numbers any more; correct them"
        )
    if not any(preprocessor.gaps):
        return values
    with np.errstate(over="ignore"):
        told = preprocessor.transform(series, values.X.shape[-1], dtype).X[:, len(preprocessor.gaps) :]
    return Sequences(np.concatenate([values.X, told], axis=1), values.lengths)
