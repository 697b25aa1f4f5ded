"""MNIST as rows of numbers, in the parts that it is published in.

The validation part is the last 10 000 of the 60 000 training images. What has to be chosen is chosen on it;
the test images are for one final number of each row.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from shoal.data.images.idx import read_idx
from shoal.data.images.image_set import ImageSet
from shoal.shapes import Array, IntArray

Part = Literal["validation", "test"]
SHAPE = (1, 28, 28)
VALIDATION = 10_000


@dataclass(frozen=True)
class Digits:
    """Pixels X (N, 784), float32 from 0 to 1, and the digits y (N,) that they show."""

    X: Array
    y: IntArray

    def __len__(self) -> int:
        return len(self.y)

    def rows(self, start: int, stop: int | None) -> Digits:
        """Return some of them."""
        return Digits(self.X[start:stop], self.y[start:stop])


def read(folder: Path | None, part: Part) -> tuple[Digits, Digits]:
    """Return the images to train on and those to judge by.

    ``folder`` holds the four published files; None is ``mnist`` in the folder that ``SHOAL_DATA`` names.
    """
    if folder is None:
        folder = Path(os.environ.get("SHOAL_DATA", "")) / "mnist"
    if not folder.is_dir():
        raise SystemExit(
            f"{folder} is no folder; set SHOAL_DATA, or give --data the folder with MNIST's files"
        )
    images = read_idx(folder)
    assert images.test is not None
    train = _digits(images.train)
    if part == "validation":
        return train.rows(0, -VALIDATION), train.rows(-VALIDATION, None)
    return train, _digits(images.test)


def _digits(images: ImageSet) -> Digits:
    assert images.labels is not None
    X = images.pixels.reshape(len(images), -1).astype(np.float32) / 255
    return Digits(X, np.array(images.labels).astype(np.intp))
