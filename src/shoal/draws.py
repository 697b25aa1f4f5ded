"""How parameters begin: drawn from each member's stream one by one, and scaled for all members at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from shoal.shapes import Array


class Draw(Protocol):
    """A distribution of one parameter array of a network."""

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        """Write what a member draws into ``out`` (k,), its own part of a row, in C order."""
        ...

    def finish(self, drawn: Array) -> None:
        """Make what all members have drawn (P, k) their first values, in place."""
        ...


@dataclass(frozen=True)
class Uniform:
    """U(−limit, limit), as ``rng.uniform`` draws it."""

    limit: float

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        rng.random(out=out)

    def finish(self, drawn: Array) -> None:
        drawn *= 2 * self.limit
        drawn -= self.limit


@dataclass(frozen=True)
class Gaussian:
    """N(0, σ²), as ``rng.normal`` draws it."""

    sigma: float

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        rng.standard_normal(out=out)

    def finish(self, drawn: Array) -> None:
        drawn *= self.sigma


@dataclass(frozen=True)
class Constant:
    """One value everywhere; nothing is drawn."""

    value: float

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        pass

    def finish(self, drawn: Array) -> None:
        drawn[...] = self.value


@dataclass(frozen=True)
class Joined:
    """As many equal parts as there are draws, one after the other: the gates of a cell, say."""

    draws: tuple[Draw, ...]

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        for draw, part in zip(self.draws, np.split(out, len(self.draws)), strict=True):
            draw.fill(rng, part)

    def finish(self, drawn: Array) -> None:
        for draw, part in zip(self.draws, np.split(drawn, len(self.draws), axis=1), strict=True):
            draw.finish(part)


def parts(place: slice, draw: Draw) -> Iterator[tuple[slice, Draw]]:
    """Yield the places of what is joined, and how each begins; of others their own.

    >>> [(part.start, part.stop) for part, _ in parts(slice(2, 8), Joined((Uniform(1.0), Constant(0.0))))]
    [(2, 5), (5, 8)]
    """
    if not isinstance(draw, Joined):
        yield place, draw
        return
    size = (place.stop - place.start) // len(draw.draws)
    for i, each in enumerate(draw.draws):
        yield from parts(slice(place.start + i * size, place.start + (i + 1) * size), each)


@dataclass(frozen=True)
class Orthogonal:
    """Orthonormal rows of a matrix (m, n), m ≤ n, else orthonormal columns, times ``gain``.

    Gaussian numbers made orthogonal by Gram and Schmidt: uniform among all such matrices (Haar).
    """

    m: int
    n: int
    gain: float

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        rng.standard_normal(out=out)

    def finish(self, drawn: Array) -> None:
        rows = drawn.reshape(-1, self.m, self.n)
        wide = np.array(rows if self.m <= self.n else rows.swapaxes(1, 2), order="C")
        for _ in range(2):  # twice is enough: the second time mends what the first has rounded
            _orthonormalise(wide)
        drawn[...] = self.gain * (wide if self.m <= self.n else wide.swapaxes(1, 2)).reshape(drawn.shape)


def _orthonormalise(rows: Array) -> None:
    """Make the rows of each matrix (P, k, n) orthonormal, in place; no BLAS, whose bits depend on threads."""
    for i in range(rows.shape[1]):
        row, later = rows[:, i], rows[:, i + 1 :]
        row /= np.sqrt(np.square(row).sum(axis=-1, keepdims=True))
        later -= (later * row[:, None]).sum(axis=-1, keepdims=True) * row[:, None]


@dataclass(frozen=True)
class Drawn:
    """Whatever a function makes of a member's stream, in float64 and any shape."""

    draw: Callable[[np.random.Generator], Array]

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        out[...] = self.draw(rng).reshape(-1)

    def finish(self, drawn: Array) -> None:
        pass
