"""Initialisers: the distributions that the first weights of a layer are drawn from.

Shapes: ``W (m, n)`` and ``b (m, 1)`` of one layer of one network, float64. Scaled initialisers keep the
variance of the signal about the same from layer to layer, which is what lets deep networks train; the
factor depends on the activation, so each activation names the initialiser that suits it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shoal import draws
from shoal.draws import Constant, Draw, Drawn, Gaussian, Uniform
from shoal.errors import ConfigurationError
from shoal.registry import Named, family

if TYPE_CHECKING:
    from shoal.shapes import Array


class Initializer(Named, ABC):
    """A distribution of the weights of a layer with n inputs and m units; biases begin at zero."""

    @abstractmethod
    def weights(self, rng: np.random.Generator, m: int, n: int) -> Array:
        """Return W (m, n), drawn from ``rng``."""

    def biases(self, rng: np.random.Generator, m: int) -> Array:
        """Return b (m, 1); zeros, without drawing from ``rng``."""
        return np.zeros((m, 1))

    def draws(self, m: int, n: int) -> dict[str, Draw]:
        """Return how W and b are drawn for whole populations: what the methods above give."""
        drawn = type(self).biases is not Initializer.biases
        return {
            "W": Drawn(lambda rng: self.weights(rng, m, n)),
            "b": Drawn(lambda rng: self.biases(rng, m)) if drawn else Constant(0.0),
        }


@dataclass(frozen=True)
class Normal(Initializer):
    """Small Gaussian numbers for weights and biases alike, whatever the size of the layer.

    ``W, b ~ N(0, σ²)``; ``W (m, n)``, ``b (m, 1)``. Raises ``ConfigurationError`` unless ``sigma`` is finite
    and positive. Source: the lecture's "small values, N(0, 0.1)", read as a standard deviation.

    >>> rng = np.random.default_rng(0)
    >>> Normal().weights(rng, m=1, n=2).round(4)
    array([[ 0.0126, -0.0132]])
    >>> Normal().biases(rng, m=1).round(4)
    array([[0.064]])
    """

    sigma: float = 0.1

    name = "normal"

    def __post_init__(self) -> None:
        if not 0 < self.sigma < math.inf:
            raise ConfigurationError(
                f"normal got sigma={self.sigma!r}, expected a finite number > 0; try the default 0.1"
            )

    def weights(self, rng: np.random.Generator, m: int, n: int) -> Array:
        return rng.normal(0, self.sigma, (m, n))

    def biases(self, rng: np.random.Generator, m: int) -> Array:
        return rng.normal(0, self.sigma, (m, 1))

    def draws(self, m: int, n: int) -> dict[str, Draw]:
        return {"W": Gaussian(self.sigma), "b": Gaussian(self.sigma)}


@dataclass(frozen=True)
class Glorot(Initializer):
    """Uniform numbers that keep the variance both forwards and backwards, for sigmoid and tanh.

    ``W ~ U(−√(6 / (n + m)), √(6 / (n + m)))``, ``b = 0``; ``W (m, n)``, ``b (m, 1)``.
    Source: Glorot & Bengio 2010, eq. 16.

    >>> Glorot().weights(np.random.default_rng(0), m=1, n=2).round(4)
    array([[ 0.3874, -0.6511]])
    """

    name = "glorot"

    def weights(self, rng: np.random.Generator, m: int, n: int) -> Array:
        limit = math.sqrt(6 / (n + m))
        return rng.uniform(-limit, limit, (m, n))

    def draws(self, m: int, n: int) -> dict[str, Draw]:
        return {"W": Uniform(math.sqrt(6 / (n + m))), "b": Constant(0.0)}


@dataclass(frozen=True)
class He(Initializer):
    """Gaussian numbers that keep the variance through rectifiers, which halve it.

    ``W ~ N(0, 2 / n)``, ``b = 0``; ``W (m, n)``, ``b (m, 1)``. Source: He et al. 2015, eq. 10.

    >>> He().weights(np.random.default_rng(0), m=1, n=2).round(4)
    array([[ 0.1257, -0.1321]])
    """

    name = "he"

    def weights(self, rng: np.random.Generator, m: int, n: int) -> Array:
        return rng.normal(0, math.sqrt(2 / n), (m, n))

    def draws(self, m: int, n: int) -> dict[str, Draw]:
        return {"W": Gaussian(math.sqrt(2 / n)), "b": Constant(0.0)}


@dataclass(frozen=True)
class Lecun(Initializer):
    """Gaussian numbers that keep the variance of linear and self-normalising units.

    ``W ~ N(0, 1 / n)``, ``b = 0``; ``W (m, n)``, ``b (m, 1)``. Source: LeCun et al. 1998, "Efficient
    BackProp", eq. 16; Klambauer et al. 2017, sec. "Initialization".

    >>> Lecun().weights(np.random.default_rng(0), m=1, n=2).round(4)
    array([[ 0.0889, -0.0934]])
    """

    name = "lecun"

    def weights(self, rng: np.random.Generator, m: int, n: int) -> Array:
        return rng.normal(0, math.sqrt(1 / n), (m, n))

    def draws(self, m: int, n: int) -> dict[str, Draw]:
        return {"W": Gaussian(math.sqrt(1 / n)), "b": Constant(0.0)}


@dataclass(frozen=True)
class Orthogonal(Initializer):
    """Orthonormal rows, or columns where there are fewer, which keep the length of what they multiply.

    ``W Wᵀ = gain² I`` for m ≤ n, else ``Wᵀ W = gain² I``, uniform among all such matrices; ``b = 0``;
    ``W (m, n)``, ``b (m, 1)``. Raises ``ConfigurationError`` unless ``gain`` is finite and positive.
    Source: Saxe, McClelland & Ganguli 2014, "Exact solutions to the nonlinear dynamics of learning in deep
    linear neural networks", sec. 3; Le, Jaitly & Hinton 2015 for recurrent weights that keep lengths.

    >>> W = Orthogonal().weights(np.random.default_rng(0), m=2, n=3)
    >>> (W @ W.T).round(12) + 0
    array([[1., 0.],
           [0., 1.]])
    """

    gain: float = 1.0

    name = "orthogonal"

    def __post_init__(self) -> None:
        if not 0 < self.gain < math.inf:
            raise ConfigurationError(
                f"orthogonal got gain={self.gain!r}, expected a finite number > 0; try the default 1.0"
            )

    def weights(self, rng: np.random.Generator, m: int, n: int) -> Array:
        draw, drawn = draws.Orthogonal(m, n, self.gain), np.empty((1, m * n))
        draw.fill(rng, drawn[0])
        draw.finish(drawn)
        return drawn.reshape(m, n)

    def draws(self, m: int, n: int) -> dict[str, Draw]:
        return {"W": draws.Orthogonal(m, n, self.gain), "b": Constant(0.0)}


@dataclass(frozen=True)
class Zeros(Initializer):
    """Zeros, for a network without hidden units; the units of a hidden layer would stay copies of each other.

    ``W = 0``, ``b = 0``; ``W (m, n)``, ``b (m, 1)``. Source: the symmetry is Bishop 2006, PRML sec. 5.1.1.

    >>> Zeros().weights(np.random.default_rng(0), m=1, n=2)
    array([[0., 0.]])
    """

    name = "zeros"

    def weights(self, rng: np.random.Generator, m: int, n: int) -> Array:
        return np.zeros((m, n))

    def draws(self, m: int, n: int) -> dict[str, Draw]:
        return {"W": Constant(0.0), "b": Constant(0.0)}


INITIALIZERS: dict[str, type[Initializer]] = family(Normal, Glorot, He, Lecun, Orthogonal, Zeros)
