"""Made images, of which it is known whether a mirror, a turn or the colour leaves their classes alone.

They are drawn four times as large and made small, so that edges are as smooth as those of photographs.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Pixels: TypeAlias = npt.NDArray[np.uint8]
Labels: TypeAlias = npt.NDArray[np.int64]
Points: TypeAlias = list[tuple[float, float]]
"""Corners (x, y) of an outline in the square from −1 to 1, y downwards."""

FINER = 4
CLASSES = 10


def clothes(mirrored: float, n: int, side: int, rng: np.random.Generator) -> tuple[Pixels, Labels]:
    """Return grey images (n, side, side, 1) of ten kinds of clothes, woven in many ways, on black.

    A share of them is ``mirrored``: of a half a mirror changes nothing, of none all shoes point to one side.
    A shirt is a T-shirt with buttons, a coat a pullover that is open, and their sleeves and hems are drawn
    from ranges that overlap.
    """
    labels = rng.integers(CLASSES, size=n)
    pixels = np.stack([_worn(int(label), side, rng, mirrored) for label in labels])
    return pixels[..., None], labels


def _worn(kind: int, side: int, rng: np.random.Generator, mirrored: float) -> Pixels:
    outline, holes = CLOTHES[kind](rng)
    place = _placed(rng, turned=6.0)
    mask = _filled(outline, side, place)
    for hole in holes:
        mask = mask * (1 - _filled(hole, side, place))
    image = 255 * np.clip(_woven(side, rng) + 0.06 * rng.normal(size=(side, side)), 0.05, 1) * mask
    image = image[:, ::-1] if rng.uniform() < mirrored else image
    return image.clip(0, 255).astype(np.uint8)


def _woven(side: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return the brightness of a cloth: plain, striped along or across, checked, or shaded."""
    y, x = np.indices((side, side)) / side
    waves = 0.5 + 0.5 * np.sin(
        2 * np.pi * (rng.uniform(2, 7) * np.stack([x, y]) + rng.uniform(size=(2, 1, 1)))
    )
    weave = (np.zeros_like(x), waves[0], waves[1], waves[0] * waves[1], x, y)[rng.integers(6)]
    cloth: npt.NDArray[np.float64] = rng.uniform(0.3, 0.9) + rng.uniform(-0.35, 0.35) * (weave - 0.5)
    return cloth


Drawn: TypeAlias = tuple[Points, list[Points]]
"""An outline, and what is cut out of it."""


def _top(rng: np.random.Generator, sleeve: tuple[float, float], hem: tuple[float, float]) -> Drawn:
    s, h, w = rng.uniform(*sleeve), rng.uniform(*hem), rng.uniform(0.38, 0.5)
    half = [(0.15, -0.8), (w, -0.7), (w + 0.35 * s, -0.6 + s), (w + 0.35 * s - 0.2, -0.55 + s)]
    half += [(w - 0.03, -0.3), (w + rng.uniform(-0.05, 0.1), h)]
    return _both(half), []


def _opened(drawn: Drawn, width: float) -> Drawn:
    lowest = max(y for _, y in drawn[0])
    return drawn[0], [[(-width, -0.75), (width, -0.75), (width, lowest), (-width, lowest)]]


def _trousers(rng: np.random.Generator) -> Drawn:
    w, gap = rng.uniform(0.28, 0.4), rng.uniform(0.03, 0.12)
    return _both([(w, -0.85), (w + rng.uniform(-0.08, 0.1), 0.85), (gap, 0.85), (0.02, -0.2)]), []


def _dress(rng: np.random.Generator) -> Drawn:
    w, hem = rng.uniform(0.25, 0.35), rng.uniform(0.3, 0.6)
    return _both([(0.12, -0.85), (w, -0.8), (w - 0.05, -0.2), (hem, 0.85)]), []


def _shoe(rng: np.random.Generator, shaft: float, heel: float) -> Drawn:
    toe, back = rng.uniform(0.75, 0.9), rng.uniform(0.75, 0.85)
    upper = [(-back, shaft), (-0.2, shaft), (-0.05, rng.uniform(0.0, 0.15)), (toe, 0.25), (toe, 0.5)]
    return [*upper, (-0.25, 0.5), (-0.3, 0.5 + heel), (-back, 0.5 + heel)], []


def _sandal(rng: np.random.Generator) -> Drawn:
    outline, _ = _shoe(rng, rng.uniform(-0.3, 0.0), rng.uniform(0.05, 0.3))
    cuts = np.sort(rng.uniform(-0.6, 0.6, size=2))
    return outline, [[(c, -0.5), (c + 0.2, -0.5), (c + 0.3, 0.35), (c + 0.1, 0.35)] for c in cuts]


def _bag(rng: np.random.Generator) -> Drawn:
    w, top, low = rng.uniform(0.5, 0.8), rng.uniform(-0.3, 0.0), rng.uniform(0.5, 0.8)
    handle = rng.uniform(0.2, 0.4)
    outline = _both([(handle - 0.05, top - 0.45), (handle + 0.05, top), (w, top), (w, low)])
    return outline, [_both([(handle - 0.13, top - 0.36), (handle - 0.05, top)])]


CLOTHES: tuple[Callable[[np.random.Generator], Drawn], ...] = (
    lambda rng: _top(rng, (0.25, 0.5), (0.5, 0.8)),
    _trousers,
    lambda rng: _top(rng, (0.85, 1.2), (0.5, 0.8)),
    _dress,
    lambda rng: _opened(_top(rng, (0.85, 1.2), (0.6, 0.9)), rng.uniform(0.02, 0.05)),
    _sandal,
    lambda rng: _opened(_top(rng, (0.3, 0.7), (0.5, 0.8)), rng.uniform(0.015, 0.035)),
    lambda rng: _shoe(rng, rng.uniform(-0.2, 0.05), rng.uniform(0.0, 0.08)),
    _bag,
    lambda rng: _shoe(rng, rng.uniform(-0.8, -0.4), rng.uniform(0.0, 0.25)),
)


SIGNS: tuple[Points, ...] = (
    [(-0.4, -0.8), (0.5, -0.8), (0.5, -0.5), (-0.1, -0.5), (-0.1, -0.1), (0.3, -0.1),
     (0.3, 0.2), (-0.1, 0.2), (-0.1, 0.8), (-0.4, 0.8)],
    [(-0.5, -0.8), (-0.2, -0.8), (-0.2, 0.5), (0.5, 0.5), (0.5, 0.8), (-0.5, 0.8)],
    [(-0.8, -0.2), (0.1, -0.2), (0.1, -0.6), (0.8, 0.0), (0.1, 0.6), (0.1, 0.2), (-0.8, 0.2)],
    [(-0.6, -0.7), (0.2, -0.7), (0.2, 0.4), (0.6, 0.4), (0.6, 0.7), (-0.1, 0.7), (-0.1, -0.4), (-0.6, -0.4)],
    [(-0.5, -0.8), (-0.2, -0.8), (-0.2, -0.1), (0.5, -0.1), (0.5, 0.8), (-0.5, 0.8)],
)  # fmt: skip
"""What no mirror leaves as it is: F, L, an arrow, Z and b."""
EVEN: tuple[Points, ...] = (
    [(0.0, -0.8), (0.7, 0.6), (-0.7, 0.6)],
    [(-0.6, -0.6), (0.6, -0.6), (0.6, 0.6), (-0.6, 0.6)],
    [(-0.2, -0.8), (0.2, -0.8), (0.2, -0.2), (0.7, -0.2), (0.7, 0.2), (0.2, 0.2), (0.2, 0.8), (-0.2, 0.8),
     (-0.2, 0.2), (-0.7, 0.2), (-0.7, -0.2), (-0.2, -0.2)],
    [(-0.7, -0.7), (0.7, -0.7), (0.7, -0.4), (0.2, -0.4), (0.2, 0.7), (-0.2, 0.7), (-0.2, -0.4),
     (-0.7, -0.4)],
    [(0.0, -0.8), (0.6, 0.0), (0.0, 0.8), (-0.6, 0.0)],
    [(-0.7, -0.7), (-0.4, -0.7), (-0.4, 0.4), (0.4, 0.4), (0.4, -0.7), (0.7, -0.7), (0.7, 0.7),
     (-0.7, 0.7)],
    [(-0.8, -0.2), (0.8, -0.2), (0.8, 0.2), (-0.8, 0.2)],
    [(-0.7, 0.6), (0.0, -0.7), (0.7, 0.6), (0.35, 0.6), (0.0, -0.1), (-0.35, 0.6)],
    [(-0.15, -0.8), (0.15, -0.8), (0.15, 0.1), (0.7, 0.1), (0.0, 0.8), (-0.7, 0.1), (-0.15, 0.1)],
    [(0.0, -0.8), (0.2, -0.25), (0.8, -0.2), (0.3, 0.2), (0.5, 0.8), (0.0, 0.45), (-0.5, 0.8), (-0.3, 0.2),
     (-0.8, -0.2), (-0.2, -0.25)],
)  # fmt: skip
"""What a mirror leaves as it is."""


def signs(pairs: int, n: int, side: int, rng: np.random.Generator) -> tuple[Pixels, Labels]:
    """Return grey images (n, side, side, 1) of ten signs before clutter, of which so many pairs are mirrored.

    Classes 2k and 2k + 1, k below ``pairs``, are one sign and its mirror image. The others are even.
    """
    labels = rng.integers(CLASSES, size=n)
    outlines = [_mirrored(sign) if hand else sign for sign in SIGNS[:pairs] for hand in (0, 1)]
    outlines += EVEN[: CLASSES - len(outlines)]
    pixels = np.empty((n, side, side, 1), np.uint8)
    for row, label in enumerate(labels):
        mask = _filled(outlines[label], side, _placed(rng, turned=8.0, smallest=0.55))
        ground = _clutter(side, rng).mean(axis=2)
        level = (ground.mean() + rng.choice((-1, 1)) * rng.uniform(70, 128)) % 256
        image = ground + mask * (level - ground) + 10 * rng.normal(size=(side, side))
        pixels[row, ..., 0] = image.clip(0, 255)
    return pixels, labels


def marks(n: int, side: int, rng: np.random.Generator) -> tuple[Pixels, Labels]:
    """Return coloured images (n, side, side, 3) of five shapes, warm or cold, before clutter of any colour.

    Class k is shape k // 2, reddish if k is even, else bluish; both are as bright.
    """
    labels = rng.integers(CLASSES, size=n)
    pixels = np.empty((n, side, side, 3), np.uint8)
    for row, label in enumerate(labels):
        mask = _filled(EVEN[label // 2], side, _placed(rng, turned=15.0, smallest=0.45))[..., None]
        hue = (0.0 if label % 2 == 0 else 0.55) + rng.uniform(-0.08, 0.12)
        colour = np.array(colorsys.hsv_to_rgb(hue % 1, rng.uniform(0.5, 1), 1))
        colour *= rng.uniform(70, 130) / colour.mean()
        image = _clutter(side, rng)
        image += mask * (colour - image) + 12 * rng.normal(size=image.shape)
        pixels[row] = image.clip(0, 255)
    return pixels, labels


def _clutter(side: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return a ground (side, side, 3) of bars and discs of any colour."""
    ground = Image.new("RGB", (side, side), tuple(rng.integers(60, 196, size=3).tolist()))
    draw = ImageDraw.Draw(ground)
    for _ in range(rng.integers(3, 8)):
        x, y = rng.uniform(-0.2, 1, size=2) * side
        wide, high = rng.uniform(0.1, 0.6, size=2) * side
        shape = draw.rectangle if rng.uniform() < 0.5 else draw.ellipse
        shape((x, y, x + wide, y + high), fill=tuple(rng.integers(256, size=3).tolist()))
    return np.asarray(ground, np.float64)


Place: TypeAlias = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def _placed(rng: np.random.Generator, turned: float, smallest: float = 0.8) -> Place:
    """Return a random matrix and shift: turned by so many degrees at most, smaller, off the middle."""
    angle = np.deg2rad(rng.uniform(-turned, turned))
    size = rng.uniform(smallest, 0.95, size=2) if smallest >= 0.8 else np.full(2, rng.uniform(smallest, 0.9))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    room = 1 - size.max() + 0.05
    return turn * size, rng.uniform(-room, room, size=2)


def _filled(outline: Points, side: int, place: Place) -> npt.NDArray[np.float64]:
    """Return how much of each pixel is within an outline, (side, side)."""
    matrix, shift = place
    fine = side * FINER
    corners = (np.array(outline) @ matrix.T + shift + 1) / 2 * fine
    mask = Image.new("L", (fine, fine))
    ImageDraw.Draw(mask).polygon([tuple(corner) for corner in corners.tolist()], fill=255)
    small: npt.NDArray[np.float64] = (
        np.asarray(mask, np.float64).reshape(side, FINER, side, FINER).mean((1, 3))
    )
    return small / 255


def _both(half: Points) -> Points:
    """Return an outline of its right half, from the top down."""
    return [*half, *reversed(_mirrored(half))]


def _mirrored(outline: Points) -> Points:
    return [(-x, y) for x, y in outline]
