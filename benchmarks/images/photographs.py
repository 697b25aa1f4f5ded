"""Patches of photographs that packages ship: which of ten pictures a patch is of, and what is a face.

They are scikit-learn's and scikit-image's, whose wheel has them; of the latter nothing but these is used.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.images.made import Labels, Pixels

PICTURES = (
    *("sklearn/datasets/images/china.jpg", "sklearn/datasets/images/flower.jpg"),
    *("skimage/data/astronaut.png", "skimage/data/chelsea.png", "skimage/data/coffee.png"),
    *("skimage/data/hubble_deep_field.jpg", "skimage/data/ihc.png", "skimage/data/motorcycle_left.png"),
    *("skimage/data/retina.jpg", "skimage/data/rocket.jpg"),
)
FACES = "skimage/data/lfw_subset.npy"
HEIGHT, CELL, TESTED = 384, 48, 3
"""Rows that a picture is brought to, pixels of its square cells, and of how many of these one tests."""


def patches(n: int, side: int, rng: np.random.Generator, *, test: bool) -> tuple[Pixels, Labels]:
    """Return coloured patches (n, side, side, 3), and which picture each is of.

    Patches lie within cells; those of a cell either all train or all test, so that no test pixel was seen.
    """
    pixels, labels = np.empty((n, side, side, 3), np.uint8), rng.integers(len(PICTURES), size=n)
    pictures = [_picture(name) for name in PICTURES]
    for row, label in enumerate(labels):
        picture = pictures[label]
        down, across = (extent // CELL for extent in picture.shape[:2])
        cells = [(i, j) for i in range(down) for j in range(across) if ((i + j) % TESTED == 0) == test]
        corner = CELL * np.array(cells[rng.integers(len(cells))]) + rng.integers(CELL - side + 1, size=2)
        pixels[row] = picture[corner[0] :, corner[1] :][:side, :side]
    return pixels, labels


def faces() -> tuple[Pixels, Labels]:
    """Return grey images (200, 25, 25, 1): faces, then what is none."""
    pixels = np.rint(255 * np.load(_place(FACES))).astype(np.uint8)
    return pixels[..., None], np.repeat((1, 0), len(pixels) // 2)


def _picture(name: str) -> Pixels:
    with Image.open(_place(name)) as picture:
        wide = round(picture.width * HEIGHT / picture.height)
        return np.asarray(picture.convert("RGB").resize((wide, HEIGHT)))


def _place(name: str) -> Path:
    package, _, rest = name.partition("/")
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"{package} is not there, whose pictures are asked for; install scikit-image")
    return Path(found.submodule_search_locations[0]) / rest
