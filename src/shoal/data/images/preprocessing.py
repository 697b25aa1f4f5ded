"""From pixels to what a network takes: rows of numbers, channel by channel, standardised."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from shoal.data.images.image_set import Size
from shoal.errors import ModelFolderError
from shoal.shapes import Array

FORMAT, KIND = 1, "images"
_BRIGHTEST = 255


@dataclass(frozen=True)
class ImagePreprocessor:
    """Images of ``size`` (rows, columns), and the mean and deviation of each channel of those trained on.

    Pixels p, bytes divided by 255, become ``x = (p − mean_c) / deviation_c`` of their channel c.

    >>> black_and_white = np.array([[[[0], [255]]]], dtype=np.uint8)
    >>> ImagePreprocessor.fit(black_and_white).transform(black_and_white)
    array([[-1.,  1.]], dtype=float32)
    """

    size: Size
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def fit(cls, pixels: Array) -> Self:
        """Learn the mean and deviation of each channel of ``pixels`` (N, H, W, C); one without any gets 1."""
        moments = [_moments(pixels[..., channel]) for channel in range(pixels.shape[3])]
        return cls(
            (pixels.shape[1], pixels.shape[2]),
            tuple(mean for mean, _ in moments),
            tuple(deviation or 1.0 for _, deviation in moments),
        )

    @property
    def channels(self) -> int:
        """The number of channels, C."""
        return len(self.mean)

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of one sample as a network takes it: (C, H, W)."""
        return self.channels, *self.size

    def transform(self, pixels: Array, dtype: npt.DTypeLike = np.float32) -> Array:
        """Return images (N, H, W, C) as rows (N, C·H·W), each in the order channel, row, column."""
        rows = np.empty((len(pixels), *self.shape), dtype=dtype)
        for channel, (mean, deviation) in enumerate(zip(self.mean, self.deviation, strict=True)):
            plane = pixels[..., channel]
            scale = _BRIGHTEST if plane.dtype == np.uint8 else 1
            np.multiply(plane, 1 / (scale * deviation), out=rows[:, channel], casting="unsafe")
            rows[:, channel] -= mean / deviation
        return rows.reshape(len(pixels), -1)

    def to_config(self) -> dict[str, Any]:
        """Return everything as plain JSON."""
        return {
            "format": FORMAT,
            "kind": KIND,
            "size": list(self.size),
            "channels": self.channels,
            "mean": list(self.mean),
            "deviation": list(self.deviation),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return the preprocessor that ``to_config`` described; ``ModelFolderError`` if it was altered."""
        try:
            rows, columns = config["size"]
            restored = cls((rows, columns), tuple(config["mean"]), tuple(config["deviation"]))
            numbers = (*restored.mean, *restored.deviation)
            sound = (
                restored.to_config() == config
                and all(isinstance(side, int) and side > 0 for side in (rows, columns))
                and all(isinstance(number, float) and math.isfinite(number) for number in numbers)
                and all(deviation > 0 for deviation in restored.deviation)
                and restored.channels in (1, 3)
                and len(restored.deviation) == restored.channels
            )
        except (KeyError, TypeError, ValueError):
            sound = False
        if not sound:
            raise ModelFolderError(
                "the saved preprocessing of images cannot be used; take the model folder as shoal wrote it, "
                "or fit again"
            )
        return restored


def _moments(plane: Array) -> tuple[float, float]:
    """Return the mean and the deviation of a channel; of bytes by counting them, which needs no copy."""
    if plane.dtype != np.uint8:
        return float(plane.mean(dtype=np.float64)), float(plane.std(dtype=np.float64))
    counts = sum(np.bincount(image.ravel(), minlength=_BRIGHTEST + 1) for image in plane)
    share, value = counts / plane.size, np.arange(_BRIGHTEST + 1) / _BRIGHTEST
    mean = float(share @ value)
    return mean, float(np.sqrt(share @ np.square(value - mean)))
