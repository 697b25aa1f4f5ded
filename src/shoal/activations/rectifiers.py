"""Activations that let positive numbers through, and of negative ones less or nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.activations.base import Activation
from shoal.errors import ConfigurationError
from shoal.formulas.nodes import A, Cases, Number, Z, call, exp, parameter

if TYPE_CHECKING:
    from shoal.shapes import Array


@dataclass(frozen=True)
class Relu(Activation):
    """The rectified linear unit.

    ``a = max(z, 0)``, ``g'(z) = 1`` where ``z > 0``, else 0; shapes ``(…)`` to ``(…)``.
    Source: Nair & Hinton 2010.

    >>> Relu().forward(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """

    name = "relu"
    recommended_initializer = "he"
    formula, derivative_formula = call("max", Z, 0), Cases(Number(1), Z, Number(0), Number(0))

    def forward(self, z: Array) -> Array:
        return np.maximum(z, 0)

    def derivative(self, z: Array, a: Array) -> Array:
        return (z > 0).astype(z.dtype)


@dataclass(frozen=True)
class LeakyRelu(Activation):
    """A rectifier that lets ``slope`` of a negative input through, so that no unit dies.

    ``a = max(z, slope · z)``, ``g'(z) = 1`` where ``z > 0``, else ``slope``; shapes ``(…)`` to ``(…)``.
    Raises ``ConfigurationError`` unless ``0 ≤ slope < 1``. Source: Maas, Hannun & Ng 2013, sec. 2.

    >>> LeakyRelu(slope=0.1).forward(np.array([-2.0, 3.0]))
    array([-0.2,  3. ])
    """

    slope: float = 0.01

    name = "leaky_relu"
    recommended_initializer = "he"
    formula = call("max", Z, parameter("s", "slope") * Z)
    derivative_formula = Cases(Number(1), Z, Number(0), parameter("s", "slope"))

    def __post_init__(self) -> None:
        if not 0 <= self.slope < 1:
            raise ConfigurationError(
                f"leaky_relu got slope={self.slope!r}, expected 0 ≤ slope < 1; try the default 0.01"
            )

    def forward(self, z: Array) -> Array:
        a = z * self.slope
        return np.maximum(z, a, out=a)

    def derivative(self, z: Array, a: Array) -> Array:
        slope: Array = np.where(z > 0, z.dtype.type(1), z.dtype.type(self.slope))
        return slope


@dataclass(frozen=True)
class Elu(Activation):
    """The exponential linear unit, which saturates at ``−alpha``.

    ``a = z`` where ``z > 0``, else ``α (e^z − 1)``; ``g'(z) = 1``, else ``a + α``; shapes ``(…)`` to ``(…)``.
    Raises ``ConfigurationError`` unless ``alpha`` is finite and positive.
    Source: Clevert, Unterthiner & Hochreiter 2016, sec. 3.

    >>> Elu().forward(np.array([-np.log(2.0), 2.0]))
    array([-0.5,  2. ])
    """

    alpha: float = 1.0

    name = "elu"
    recommended_initializer = "he"
    formula = Cases(Z, Z, Number(0), parameter("α", "alpha") * (exp(Z) - 1))
    derivative_formula = Cases(Number(1), Z, Number(0), A + parameter("α", "alpha"))

    def __post_init__(self) -> None:
        if not 0 < self.alpha < math.inf:
            raise ConfigurationError(
                f"elu got alpha={self.alpha!r}, expected a finite number > 0; try the default 1.0"
            )

    def forward(self, z: Array) -> Array:
        a = np.minimum(z, 0)
        np.expm1(a, out=a)
        a *= self.alpha
        return np.where(z > 0, z, a)

    def derivative(self, z: Array, a: Array) -> Array:
        return np.where(z > 0, z.dtype.type(1), a + self.alpha)


@dataclass(frozen=True)
class Selu(Activation):
    """The scaled exponential linear unit, which pulls activations towards mean 0 and variance 1.

    ``a = λ z`` where ``z > 0``, else ``λ α (e^z − 1)``; ``g'(z) = λ``, else ``a + λ α``, with
    ``α ≈ 1.6733`` and ``λ ≈ 1.0507``; shapes ``(…)`` to ``(…)``.
    Source: Klambauer et al. 2017, eq. 2.

    >>> Selu().forward(np.array([-1e4, 1.0])).round(4)
    array([-1.7581,  1.0507])
    """

    name = "selu"
    recommended_initializer = "lecun"
    alpha: ClassVar[float] = 1.6732632423543772
    scale: ClassVar[float] = 1.0507009873554805
    formula = parameter("λ", "scale") * Cases(Z, Z, Number(0), parameter("α", "alpha") * (exp(Z) - 1))
    derivative_formula = Cases(
        parameter("λ", "scale"), Z, Number(0), A + parameter("λ", "scale") * parameter("α", "alpha")
    )

    def forward(self, z: Array) -> Array:
        a = np.minimum(z, 0)
        np.expm1(a, out=a)
        a *= self.scale * self.alpha
        return np.where(z > 0, z * self.scale, a)

    def derivative(self, z: Array, a: Array) -> Array:
        return np.where(z > 0, z.dtype.type(self.scale), a + self.scale * self.alpha)
