"""Rectifiers without a kink."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.activations.base import Activation
from shoal.activations.saturating import sigmoid
from shoal.formulas.nodes import A, Number, Z, call, exp, ln

if TYPE_CHECKING:
    from shoal.shapes import Array


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
