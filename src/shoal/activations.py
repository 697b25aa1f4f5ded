"""Activation functions g of the hidden units, ``a = g(z)``, each with its derivative ``g'(z)``.

Both work elementwise on arrays of any shape, in the engine ``(P, m, N)``, keep the dtype and are finite
for every finite z. ``derivative`` is given z and a, since one of the two is often cheaper: the lecture's
``g'(z) = a (1 − a)`` needs no second exponential. At a kink it takes the left derivative.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.errors import ConfigurationError
from shoal.formulas.nodes import A, Cases, Expression, Number, Z, call, exp, ln, parameter
from shoal.registry import Named, family

if TYPE_CHECKING:
    from shoal.shapes import Array


def sigmoid(z: Array) -> Array:
    """Return the logistic function of an array (any shape), never 0 and without overflow.

    ``σ(z) = 1 / (1 + e^−z)`` (Bishop 2006, PRML eq. 4.59).

    >>> sigmoid(np.array([-1e4, 0.0, 1e4])).round(3)
    array([0. , 0.5, 1. ])
    """
    return sigmoid_of_negative(-z)


def sigmoid_of_negative(a: Array) -> Array:
    """Return ``σ(−a)`` in the place of a."""
    np.minimum(a, exponent_limit(a.dtype), out=a)
    np.exp(a, out=a)
    a += 1
    return np.reciprocal(a, out=a)


@cache
def exponent_limit(dtype: np.dtype[np.floating]) -> float:
    """Return an x at which e^x is large and still finite in ``dtype``: 87.8 or 702.6."""
    return 0.99 * math.log(np.finfo(dtype).max)


class Activation(Named, ABC):
    """An elementwise function of the pre-activations z."""

    recommended_initializer: ClassVar[str]
    """The initialiser that a layer with this activation takes where none is given."""

    formula: ClassVar[Expression] = call("g", Z)
    """``g(z)`` in the letter z, and in parameters named after the fields: for readers, not for engines."""

    derivative_formula: ClassVar[Expression] = call("g′", Z)
    """``g'(z)`` in the letters z and a."""

    @abstractmethod
    def forward(self, z: Array) -> Array:
        """Return ``a = g(z)``, of the shape and dtype of z."""

    @abstractmethod
    def derivative(self, z: Array, a: Array) -> Array:
        """Return ``g'(z)``, of the shape and dtype of z, where ``a = g(z)``."""


@dataclass(frozen=True)
class Sigmoid(Activation):
    """The logistic function, onto (0, 1).

    ``a = 1 / (1 + e^−z)``, ``g'(z) = a (1 − a)``; shapes ``(…)`` to ``(…)``.
    Source: Bishop 2006, PRML eqs. 4.59 and 4.88; the lecture's choice.

    >>> g = Sigmoid()
    >>> a = g.forward(np.array([0.0, np.log(3.0)]))
    >>> a.round(4)
    array([0.5 , 0.75])
    >>> g.derivative(np.array([0.0, np.log(3.0)]), a).round(4)
    array([0.25 , 0.1875])
    """

    name = "sigmoid"
    recommended_initializer = "glorot"
    formula, derivative_formula = 1 / (1 + exp(-Z)), A * (1 - A)

    def forward(self, z: Array) -> Array:
        return sigmoid(z)

    def derivative(self, z: Array, a: Array) -> Array:
        slope: Array = 1 - a
        slope *= a
        return slope


@dataclass(frozen=True)
class Tanh(Activation):
    """The hyperbolic tangent, onto (−1, 1).

    ``a = tanh z``, ``g'(z) = 1 − a²``; shapes ``(…)`` to ``(…)``.
    Source: Bishop 2006, PRML eqs. 5.59 and 5.60.

    >>> Tanh().derivative(np.zeros(1), np.array([0.5]))
    array([0.75])
    """

    name = "tanh"
    recommended_initializer = "glorot"
    formula, derivative_formula = call("tanh", Z), 1 - A**2

    def forward(self, z: Array) -> Array:
        return np.tanh(z)

    def derivative(self, z: Array, a: Array) -> Array:
        square = np.square(a)
        return np.subtract(1, square, out=square)


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


@dataclass(frozen=True)
class Gelu(Activation):
    """The Gaussian error linear unit, exact rather than by its tanh approximation.

    ``a = z Φ(z)``, ``Φ(z) = ½ (1 + erf(z / √2))``; ``g'(z) = Φ(z) + z e^(−z²/2) / √(2π)``;
    shapes ``(…)`` to ``(…)``. Source: Hendrycks & Gimpel 2016, sec. 2.

    >>> Gelu().forward(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """

    name = "gelu"
    recommended_initializer = "he"
    formula = Z * call("Φ", Z)
    derivative_formula = call("Φ", Z) + Z * exp(-(Z**2 / 2)) / call("sqrt", 2 * Number(math.pi, "π"))

    def forward(self, z: Array) -> Array:
        a = _normal_cdf(z)
        a *= z
        return a

    def derivative(self, z: Array, a: Array) -> Array:
        slope = np.square(z)
        slope *= -0.5
        np.exp(slope, out=slope)
        slope *= 1 / math.sqrt(2 * math.pi)
        slope *= z
        slope += _normal_cdf(z)
        return slope


def _normal_cdf(z: Array) -> Array:
    """Return Φ(z) of an array (any shape)."""
    from scipy.special import ndtr  # longer to import than NumPy: only where it is needed

    cdf: Array = ndtr(z)
    return cdf


@dataclass(frozen=True)
class Silu(Activation):
    """The sigmoid-weighted linear unit, also called swish.

    ``a = z σ(z)``, ``g'(z) = σ(z) + a (1 − σ(z))``; shapes ``(…)`` to ``(…)``.
    Source: Hendrycks & Gimpel 2016, sec. 2; Elfwing, Uchibe & Doya 2017.

    >>> Silu().forward(np.array([0.0, np.log(3.0)])).round(4)
    array([0.   , 0.824])
    """

    name = "silu"
    recommended_initializer = "he"
    formula, derivative_formula = Z * call("σ", Z), call("σ", Z) + A * (1 - call("σ", Z))

    def forward(self, z: Array) -> Array:
        a = sigmoid(z)
        a *= z
        return a

    def derivative(self, z: Array, a: Array) -> Array:
        s = sigmoid(z)
        slope: Array = 1 - s
        slope *= a
        slope += s
        return slope


@dataclass(frozen=True)
class Mish(Activation):
    """A smooth, self-gated rectifier.

    ``a = z tanh(ln(1 + e^z)) = z q / (q + 2)`` with ``w = e^z`` and ``q = w (w + 2)``;
    ``g'(z) = q / (q + 2) + 4 z w (w + 1) / (q + 2)²``; shapes ``(…)`` to ``(…)``.
    Source: Misra 2019, eq. 1.

    >>> Mish().forward(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.3034,  0.    ,  0.8651])
    """

    name = "mish"
    recommended_initializer = "he"
    formula = Z * call("tanh", ln(1 + exp(Z)))
    derivative_formula = call("tanh", ln(1 + exp(Z))) + Z * call("σ", Z) * (
        1 - call("tanh", ln(1 + exp(Z))) ** 2
    )

    linear_from: ClassVar[float] = 22.0
    """Above it q / (q + 2) is 1 to the last bit of a double, and below it (q + 2)² fits a float32."""

    def forward(self, z: Array) -> Array:
        w = np.exp(np.minimum(z, self.linear_from))
        a = w + 2
        a *= w
        a /= a + 2
        a *= z
        return a

    def derivative(self, z: Array, a: Array) -> Array:
        z = np.minimum(z, self.linear_from)
        w = np.exp(z)
        q = w * (w + 2)
        slope: Array = (q + 4 * z * w * (w + 1) / (q + 2)) / (q + 2)
        return slope


@dataclass(frozen=True)
class Softplus(Activation):
    """The smooth rectifier, onto the positive numbers.

    ``a = ln(1 + e^z) = max(z, 0) + ln(1 + e^−|z|)``, ``g'(z) = σ(z)``; shapes ``(…)`` to ``(…)``.
    Source: Dugas et al. 2001; Glorot, Bordes & Bengio 2011, sec. 3.

    >>> Softplus().forward(np.array([0.0, 1e4])).round(4)
    array([6.931e-01, 1.000e+04])
    """

    name = "softplus"
    recommended_initializer = "glorot"
    formula, derivative_formula = ln(1 + exp(Z)), call("σ", Z)

    def forward(self, z: Array) -> Array:
        a = -np.abs(z)
        np.exp(a, out=a)
        np.log1p(a, out=a)
        a += np.maximum(z, 0)
        return a

    def derivative(self, z: Array, a: Array) -> Array:
        return sigmoid(z)


@dataclass(frozen=True)
class Identity(Activation):
    """No activation: the unit is linear.

    ``a = z`` (the same array, not a copy), ``g'(z) = 1``; shapes ``(…)`` to ``(…)``.
    Source: Bishop 2006, PRML sec. 5.1, for the outputs of a regression.

    >>> Identity().derivative(np.array([2.0, 3.0]), np.array([2.0, 3.0]))
    array([1., 1.])
    """

    name = "identity"
    recommended_initializer = "glorot"
    formula, derivative_formula = Z, Number(1)

    def forward(self, z: Array) -> Array:
        return z

    def derivative(self, z: Array, a: Array) -> Array:
        return np.ones_like(z)


ACTIVATIONS: dict[str, type[Activation]] = family(
    Sigmoid, Tanh, Relu, LeakyRelu, Elu, Selu, Gelu, Silu, Mish, Softplus, Identity
)
