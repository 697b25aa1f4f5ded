"""What reading images gives, whatever they came from, and the notes that are made on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.data.frames import pl
from shoal.data.memory import require_memory
from shoal.data.notes import tell
from shoal.shapes import Array
from shoal.words import setting

LONGEST_SIDE = 96
"""Images with a longer side are made smaller unless a size is asked for: what small networks can use."""

Size = tuple[int, int]
"""Rows and columns of pixels."""


@dataclass(frozen=True)
class ImageSet:
    """Images of one size: ``pixels`` (N, H, W, C), their ``names``, and their ``labels`` or None.

    Pixels are uint8, or float32 from 0 to 1; C is 1 (grey) or 3 (red, green, blue). Names are paths within a
    folder, or numbers counted from 0.
    """

    pixels: Array
    names: tuple[str, ...]
    labels: tuple[str, ...] | None
    metadata: pl.DataFrame | None = None
    """A row for each image with what else is known of it; None where nobody asks."""

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class ImageData:
    """The images of one source, by what they are for; most sources have only ``train``."""

    train: ImageSet
    validation: ImageSet | None = None
    test: ImageSet | None = None


@dataclass(frozen=True)
class Wish:
    """How images should come out (None: as they are), and whether notes are errors."""

    size: Size | None = None
    channels: int | None = None
    strict: bool = False

    def note(self, message: str, remedy: str) -> None:
        """Warn (``ShoalWarning``) that something was decided for the user; a ``DataError`` where strict."""
        tell(message, remedy, self.strict)


def require_room(count: int, size: Size, channels: int, what: str) -> None:
    """Raise ``CapacityError`` if so many images are more than the memory can take, once as float32."""
    require_memory(
        count * size[0] * size[1] * channels * np.dtype(np.float32).itemsize,
        f"{what}: {count:,} images of {shown(size)} pixels and {channels} channel{'s' * (channels > 1)}",
        f"use fewer of them, or a smaller {setting('image_size')}",
    )


def shown(size: Size) -> str:
    """Return a size as people write it, rows first.

    >>> shown((28, 20))
    '28×20'
    """
    return f"{size[0]}×{size[1]}"


def within(size: Size, longest: int = LONGEST_SIDE) -> Size:
    """Return ``size`` made so much smaller that no side is longer than ``longest``.

    >>> within((480, 640)), within((28, 28))
    ((72, 96), (28, 28))
    """
    factor = min(1.0, longest / max(size))
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))
