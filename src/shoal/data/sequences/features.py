"""From sources of series to the features that networks are given: standardised, convolved, standardised."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from shoal.data.memory import require_memory
from shoal.data.sequences.origins import Origin, origin_from_config, origin_to_config
from shoal.data.sequences.plain_rows import statistics
from shoal.data.sequences.preprocessing import SequencePreprocessor
from shoal.errors import DataError, ModelFolderError, ShoalError
from shoal.mixtures.random_convolutions import KERNELS, Dilated, RandomConvolutions
from shoal.sequences import Sequences
from shoal.shapes import Array

FORMAT, KIND = 1, "sequences"
LEAST, MOST = 4 * len(KERNELS), 8000
"""Features at least (one of each kernel, of values and of differences, by two numbers), and usually."""
NUMBERS = 2**25
"""Features of all series together at most, where nobody asks for more."""
SHARE = 0.3
"""Deviation of all statistics together, that of all convolutions being 1: few of them say much of sounds."""
LEAST_DEVIATION = 1e-6
"""Features that vary less are constant."""


def count_features(steps: int, samples: int, work: float) -> int:
    """Return how many features samples of so many ``steps`` together get, for ``work`` as features × steps.

    >>> count_features(steps=30_000, samples=200, work=4e9), count_features(10**9, 10**6, work=4e9)
    (8000, 336)
    """
    affordable = min(NUMBERS // max(samples, 1), int(work // max(steps, 1)))
    return min(max(affordable, LEAST), MOST)


@dataclass(frozen=True, eq=False)
class SequenceFeatures:
    """What series are read by, the moments of their channels, convolutions, and the moments of features.

    Series become standardised sequences (`SequencePreprocessor`), these features of random convolutions
    (`RandomConvolutions`) and statistics of channels, and a feature f becomes ``(f − mean_f) / deviation_f``;
    one that is the same for all series trained on is 0. The deviations of statistics are made so much smaller
    that they weigh ``SHARE`` of what the convolutions do.
    """

    origin: Origin
    channels: SequencePreprocessor
    convolutions: RandomConvolutions
    mean: Array
    deviation: Array

    @classmethod
    def fit(
        cls,
        origin: Origin,
        names: Sequence[str],
        series: Sequence[Array],
        features: int,
        seed: int,
        n_jobs: int | None = None,
    ) -> Self:
        """Learn all moments, and draw the convolutions, of ``series`` (C, T_i), the ones trained on."""
        require_memory(
            4 * features * len(series), f"{features:,} features of {len(series):,} series", "use fewer"
        )
        channels = SequencePreprocessor.fit(series, names)
        sequences = channels.transform(series)
        convolutions = RandomConvolutions.fit(sequences, features, seed, differences=True, means=True)
        found = _found(convolutions, sequences, n_jobs)
        deviation = found.std(axis=0, dtype=np.float64)
        deviation[deviation < LEAST_DEVIATION] = 0.0
        drawn = convolutions.features
        deviation[drawn:] /= SHARE * math.sqrt(drawn / (found.shape[1] - drawn))
        return cls(origin, channels, convolutions, found.mean(axis=0, dtype=np.float64), deviation)

    @property
    def count(self) -> int:
        """The number of features, F."""
        return len(self.mean)

    def transform(self, series: Sequence[Array], dtype: str = "float32", n_jobs: int | None = None) -> Array:
        """Return the features (N, F) of series (C, T_i); those of one do not depend on the others.

        Raises ``DataError`` for other channels, and for values so far from those fitted that sums overflow.
        """
        found = _found(self.convolutions, self.channels.transform(series), n_jobs)
        if not np.isfinite(found).all():
            row = int(np.argwhere(~np.isfinite(found))[0][0])
            raise DataError(
                f"series {row + 1} has values so far from those fitted that its features are no numbers; "
                "correct them"
            )
        scale = np.divide(1.0, self.deviation, where=self.deviation > 0, out=np.zeros_like(self.deviation))
        return ((found - self.mean) * scale).astype(dtype)

    def to_config(self) -> dict[str, Any]:
        """Return everything as plain JSON."""
        return {
            "format": FORMAT,
            "kind": KIND,
            "origin": origin_to_config(self.origin),
            "series": self.channels.to_config(),
            "means": self.convolutions.means,
            "convolutions": [_part_to_config(part) for part in self.convolutions.parts],
            "mean": self.mean.tolist(),
            "deviation": self.deviation.tolist(),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return the features that ``to_config`` described; ``ModelFolderError`` if they were altered."""
        try:
            channels = SequencePreprocessor.from_config(config["series"])
            inputs = channels.shape[0]
            parts = tuple(_part_from_config(part, inputs) for part in config["convolutions"])
            mean, deviation = (_floats(config[name]) for name in ("mean", "deviation"))
            convolutions = RandomConvolutions(parts, config["means"])
            restored = cls(origin_from_config(config["origin"]), channels, convolutions, mean, deviation)
            sound = (
                config["means"] is True
                and len(mean) == len(deviation) == convolutions.features + 6 * inputs + 1
                and bool((deviation >= 0).all())
                and restored.to_config() == config
            )
        except (LookupError, TypeError, ValueError, ShoalError, OverflowError):
            sound = False
        if not sound:
            raise ModelFolderError(
                "the saved preprocessing of sequences cannot be used; take the model folder as shoal wrote "
                "it, or fit again"
            )
        return restored


def _found(convolutions: RandomConvolutions, sequences: Sequences, n_jobs: int | None) -> Array:
    """Return what is found in sequences: the convolutions' features, then the statistics (N, F)."""
    return np.concatenate([convolutions.transform(sequences, n_jobs), statistics(sequences)], axis=1)


def _part_to_config(part: Dilated) -> dict[str, Any]:
    return {
        "difference": part.difference,
        "dilation": part.dilation,
        "channels": [np.flatnonzero(row).tolist() for row in part.channels],
        "biases": part.biases.tolist(),
    }


def _part_from_config(config: Mapping[str, Any], inputs: int) -> Dilated:
    """Return a part over so many input channels; raise ``ValueError`` or the like for what is none."""
    chosen = np.zeros((len(KERNELS), inputs), dtype=np.bool_)
    for row, places in zip(chosen, config["channels"], strict=True):
        if not places or min(places) < 0:
            raise ValueError("a kernel sees no channel")
        row[places] = True
    biases = np.array(config["biases"], dtype=np.float32)
    difference, dilation = config["difference"], config["dilation"]
    if biases.ndim != 2 or len(biases) != len(KERNELS) or not np.isfinite(biases).all():
        raise ValueError("biases are none")
    if type(difference) is not int or difference not in (0, 1) or type(dilation) is not int or dilation < 1:
        raise ValueError("no dilation")
    return Dilated(difference, dilation, chosen, biases)


def _floats(values: Sequence[float]) -> Array:
    if not all(isinstance(value, float) and math.isfinite(value) for value in values):
        raise ValueError("moments are finite numbers")
    return np.array(values, dtype=np.float64)
