"""The data of the studies: the sinusoid of the slides, and two moons for two classes.

Every set is drawn from a stream of its own: the same seed and number give the same points.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shoal.randomness import Purpose, stream
from shoal.shapes import Array, IntArray

Floats = npt.NDArray[np.float64]

NOISE = 0.3
"""The standard deviation of the targets around the sinusoid, where nobody asks for another."""


def sinusoid(
    n: int, seed: int, number: int = 0, evenly: bool = False, noise: float = NOISE
) -> tuple[Floats, Floats]:
    """Return ``n`` points x (n,) in [0, 1] and their targets t (n,)::

        t = sin 2πx + ε,   ε ~ N(0, noise²),   x ~ U(0, 1), or evenly spaced from 0 to 1

    Source: Bishop 2006, PRML, section 1.1 and appendix A.

    >>> x, t = sinusoid(1000, seed=0)
    >>> bool(abs(np.std(t - np.sin(2 * np.pi * x)) - 0.3) < 0.02)
    True
    """
    rng = stream(seed, number, Purpose.OTHER)
    x = np.linspace(0, 1, n) if evenly else rng.uniform(size=n)
    return x, truth(x) + noise * rng.normal(size=n)


def truth(x: Array) -> Floats:
    """Return sin 2πx, which the targets scatter around."""
    return np.asarray(np.sin(2 * np.pi * x))


def moons(n: int, seed: int, number: int = 0, noise: float = 0.2) -> tuple[Floats, IntArray]:
    """Return ``n`` points (n, 2) of two interleaved half circles, and which of the two each belongs to (n,).

    The classes take turns; ``noise`` is the standard deviation of both coordinates around the curves.

    >>> X, y = moons(4, seed=0)
    >>> X.shape, y.tolist()
    ((4, 2), [0, 1, 0, 1])
    """
    rng = stream(seed, number, Purpose.OTHER)
    y = np.arange(n) % 2
    angle = rng.uniform(0, np.pi, n)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    return np.where(y[:, None] == 0, upper, lower) + noise * rng.normal(size=(n, 2)), y
