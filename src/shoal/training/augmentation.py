"""Images that are new in every epoch: moved, stretched, turned and deformed at random.

This is the reference; ``native/augmentation.hpp`` draws the same numbers and does the same to each image.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from shoal.errors import ConfigurationError
from shoal.randomness import SHARED, Purpose, stream
from shoal.shapes import Array, Shape, is_number

AFFINE_DRAWS = 8
"""Raw words at the beginning of an image's stream that are kept for its affine map; six are drawn."""


@dataclass(frozen=True)
class Augmentation:
    """Random maps of the plane, through which each image is seen anew in each epoch::

        new(p) = old(q),   q = c + t + R(φ) diag(f) (p − c) + α (g_σ ∗ u)(p)

    - p are the pixels of the new image, c its centre. What is between pixels of the old one is interpolated
      bilinearly; what is outside is ``fill``, or the nearest pixel of the edge where ``fill`` is None.
    - ``translate``: t ~ U(−translate, translate) pixels, down and across.
    - ``scale``: f = (1 + scale)^v with v ~ U(−1, 1), down and across: 0.1 is up to a tenth, either way.
    - ``rotate``: φ ~ U(−rotate, rotate) degrees.
    - ``mirror``: f across is negative for half of the images, whose left and right change places.
    - ``elastic`` is Simard's α: u ~ U(−1, 1) at each pixel, down and across, 0 outside the image, is smoothed
      by g_σ, a Gaussian of ``sigma`` pixels, cut off after 3σ and scaled to sum 1. At a distance from the
      edges a displacement then has the standard deviation α / (σ √(12 π)) pixels, 1.4 for α = 34 and σ = 4.

    Each image of each epoch has a stream of its own, from the seed of ``train``, so it is seen alike by all
    members of a population, in whatever order they see the images, and by both engines.

    Raises ``ConfigurationError`` for negative or infinite settings.

    Source: Simard, Steinkraus & Platt 2003, "Best practices for convolutional neural networks applied to
    visual document analysis", section 2.

    >>> image = np.zeros((1, 49))
    >>> image[0, 24] = 1  # in the middle of 7 × 7 pixels
    >>> seen = Augmentation(translate=1.5).deform(image, (1, 7, 7), seed=0, epoch=3)
    >>> bool(np.isclose(seen.sum(), 1)), int((seen > 0).sum())  # between four pixels
    (True, 4)
    """

    translate: float = 0.0
    scale: float = 0.0
    rotate: float = 0.0
    elastic: float = 0.0
    sigma: float = 4.0
    mirror: bool = False
    fill: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "fill":
                fits, expected = (
                    value is None or (is_number(value) and np.isfinite(value)),
                    "a number or None",
                )
            elif field.name == "mirror":
                fits, expected = isinstance(value, bool), "True or False"
            elif field.name == "sigma":
                fits, expected = is_number(value) and 0 < value < np.inf, "a positive number"
            else:
                fits, expected = is_number(value) and 0 <= value < np.inf, "a number, 0 or more"
            if not fits:
                raise ConfigurationError(f"{field.name} of an augmentation must be {expected}, got {value!r}")

    @property
    def taps(self) -> Array:
        """The Gaussian at −3σ … 3σ whole pixels from its middle, scaled to sum 1."""
        reach = np.arange(-np.ceil(3 * self.sigma), np.ceil(3 * self.sigma) + 1)
        bell = np.exp(-0.5 * np.square(reach / self.sigma))
        taps: Array = bell / bell.sum()
        return taps

    def deform(self, X: Array, shape: Shape, seed: int, epoch: int) -> Array:
        """Return the images X (N, C·H·W) of ``shape`` (C, H, W) as they are seen in an epoch."""
        seen = np.empty_like(X)
        for sample, row in enumerate(X):
            positions = self.positions(shape[1:], seed, epoch, sample)
            seen[sample] = resample(row.reshape(shape), positions, self.fill).ravel()
        return seen

    def positions(self, shape: Shape, seed: int, epoch: int, sample: int) -> Array:
        """Return where the pixels of a new image (H, W) are taken from: (2, H, W), row and column."""
        index = (epoch << 32) | sample
        n = 2 * shape[0] * shape[1]
        words = stream(seed, SHARED, Purpose.AUGMENTATION, index).bit_generator.random_raw(
            AFFINE_DRAWS + (n + 7) // 8
        )
        down, across, high, wide, turn, side = 2 * (words[:6] >> 11) * 2.0**-53 - 1
        sign = -1 if self.mirror and side < 0 else 1
        q = affine_positions(
            shape,
            shift=(self.translate * down, self.translate * across),
            factors=((1 + self.scale) ** high, sign * (1 + self.scale) ** wide),
            angle=self.rotate * turn,
        )
        if self.elastic:
            # A byte is plenty for what is about to be smoothed: eight draws from each word, the lowest first.
            u = (words[AFFINE_DRAWS:].astype("<u8").view(np.uint8)[:n] + 0.5) / 128 - 1
            u = u.reshape(2, *shape)
            q += self.elastic * (_blur(shape[0], self.taps) @ u @ _blur(shape[1], self.taps))
        return q


def affine_positions(
    shape: Shape,
    shift: tuple[float, float] = (0.0, 0.0),
    factors: tuple[float, float] = (1.0, 1.0),
    angle: float = 0.0,
) -> Array:
    """Return q = c + t + R(φ) diag(f) (p − c) for the pixels p of an image (H, W): (2, H, W), row and column.

    ``shift`` is t in pixels and ``factors`` f, down and across; ``angle`` is φ
    in degrees, by which what is seen turns anticlockwise.

    >>> affine_positions((1, 3), shift=(0.0, 1.0))[1].tolist()
    [[1.0, 2.0, 3.0]]
    """
    centre = (np.array(shape) - 1) / 2
    p = np.indices(shape, dtype=np.float64) - centre[:, None, None]
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    y, x = factors[0] * p[0], factors[1] * p[1]
    return np.stack([cos * y + sin * x, cos * x - sin * y]) + (centre + shift)[:, None, None]


def resample(image: Array, positions: Array, fill: float | None = None) -> Array:
    """Return ``image`` (C, H, W) at ``positions`` (2, H', W'), between pixels by bilinear interpolation.

    Outside it is ``fill``, or the nearest pixel of the edge where ``fill`` is None.

    >>> resample(np.array([[[0.0, 1.0]]]), np.array([[[0.0]], [[0.25]]])).item()
    0.25
    """
    height, width = image.shape[1:]
    ring = ((0, 0), (1, 1), (1, 1))
    padded = np.pad(image, ring, "edge") if fill is None else np.pad(image, ring, constant_values=fill)
    r, c = np.clip(positions[0], -1, height) + 1, np.clip(positions[1], -1, width) + 1
    top, left = np.minimum(r.astype(int), height), np.minimum(c.astype(int), width)
    down, across = r - top, c - left
    upper = (1 - across) * padded[:, top, left] + across * padded[:, top, left + 1]
    lower = (1 - across) * padded[:, top + 1, left] + across * padded[:, top + 1, left + 1]
    return np.asarray((1 - down) * upper + down * lower)


def _blur(n: int, taps: Array) -> Array:
    """Return the matrix (n, n) whose product with a column of n numbers smooths it by ``taps``."""
    reach = len(taps) // 2
    distance = np.arange(n)[:, None] - np.arange(n)
    return np.where(abs(distance) <= reach, taps[np.clip(distance + reach, 0, 2 * reach)], 0.0)
