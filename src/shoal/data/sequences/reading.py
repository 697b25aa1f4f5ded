"""From sources of series to the sequences that networks are given, as a model keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy.typing as npt

from shoal.data.sequences.origins import Origin, origin_from_config, origin_to_config
from shoal.data.sequences.preprocessing import SequencePreprocessor, prepared
from shoal.data.sequences.series_set import SeriesSet
from shoal.errors import ModelFolderError, ShoalError
from shoal.sequences import Sequences
from shoal.shapes import Array, Shape

FORMAT, KIND = 1, "sequences"


@dataclass(frozen=True)
class SequenceReading:
    """What series are read by, and the moments of their channels: see ``prepared``."""

    origin: Origin
    channels: SequencePreprocessor

    @classmethod
    def fit(cls, origin: Origin, names: Sequence[str], series: Sequence[Array]) -> Self:
        """Learn all moments of ``series`` (C, T_i), the ones trained on."""
        return cls(origin, SequencePreprocessor.fit(series, names))

    @property
    def shape(self) -> Shape:
        """The shape (C, T) of a sample, with the channels that say where values were."""
        return self.channels.shape

    def read(self, source: str) -> SeriesSet:
        """Return the series of another source, by the channels of those fitted; ``DataError`` for others."""
        return self.origin.read(source).with_channels(self.channels.channels, source).train

    def transform(self, series: Sequence[Array], dtype: npt.DTypeLike = "float32") -> Sequences:
        """Return series (C, T_i) as sequences of T steps as in training, or more where one is longer.

        Raises ``DataError`` for other channels, and for values so far from those fitted that sums overflow.
        """
        return prepared(self.channels, series, dtype)

    def to_config(self) -> dict[str, Any]:
        """Return everything as plain JSON."""
        return {
            "format": FORMAT,
            "kind": KIND,
            "origin": origin_to_config(self.origin),
            "series": self.channels.to_config(),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return the reading that ``to_config`` described; ``ModelFolderError`` if it was altered."""
        try:
            channels = SequencePreprocessor.from_config(config["series"])
            restored = cls(origin_from_config(config["origin"]), channels)
            sound = restored.to_config() == config
        except (LookupError, TypeError, ValueError, ShoalError, OverflowError):
            sound = False
        if not sound:
            raise ModelFolderError(
                "the saved preprocessing of sequences cannot be used; take the model folder as shoal wrote "
                "it, or fit again"
            )
        return restored
