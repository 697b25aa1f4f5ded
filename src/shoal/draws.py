"""How parameters begin: drawn from each member's stream one by one, and scaled for all members at once."""

from __future__ import annotations

from collections.abc import Callable
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
class Drawn:
    """Whatever a function makes of a member's stream, in float64 and any shape."""

    draw: Callable[[np.random.Generator], Array]

    def fill(self, rng: np.random.Generator, out: Array) -> None:
        out[...] = self.draw(rng).reshape(-1)

    def finish(self, drawn: Array) -> None:
        pass
