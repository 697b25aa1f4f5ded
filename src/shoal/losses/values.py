"""Losses of values: numbers of any kind, and counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shoal.activations import exponent_limit
from shoal.errors import ConfigurationError, DataError
from shoal.formulas.links import EXPONENTIAL
from shoal.formulas.nodes import A, Cases, Symbol, Y, call, dotted, ln, parameter
from shoal.losses.base import Loss, difference, sum_outputs
from shoal.shapes import Array


@dataclass(frozen=True)
class SquaredError(Loss):
    """Half the squared distance to the target, the negative log-likelihood of unit Gaussian noise.

    ``loss = ½ Σ_k r²``, ``δ = r``; ``z (P, K, N)``, ``y (K, N)``; unit: the target's, squared.
    Source: Bishop 2006, PRML eq. 5.11; the lecture's regression.

    >>> SquaredError().value(np.array([[[3.0], [1.0]]]), np.array([[1.0], [0.0]]))
    array([[2.5]])
    """

    name = "squared_error"
    formula, derivative_formula, delta_formulas = (A - Y) ** 2 / 2, A - Y, (A - Y,)

    def value(self, z: Array, y: Array) -> Array:
        return 0.5 * sum_outputs(np.square(difference(z, y)))

    def delta(self, z: Array, y: Array) -> Array:
        return difference(z, y)

    def curvature(self, n_outputs: int) -> float:
        return 1.0


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """The squared error averaged over the outputs, without the half.

    ``loss = (1/K) Σ_k r²``, ``δ = (2/K) r``; ``z (P, K, N)``, ``y (K, N)``; unit: the target's, squared.
    Source: Hastie, Tibshirani & Friedman 2009, ESL eq. 11.9, divided by K.

    >>> MeanSquaredError().value(np.array([[[3.0], [1.0]]]), np.array([[1.0], [0.0]]))
    array([[2.5]])
    """

    name = "mean_squared_error"
    formula, derivative_formula = (A - Y) ** 2 / Symbol("K"), 2 * (A - Y) / Symbol("K")
    delta_formulas = (derivative_formula,)

    def value(self, z: Array, y: Array) -> Array:
        loss = sum_outputs(np.square(difference(z, y)))
        loss /= z.shape[-2]
        return loss

    def delta(self, z: Array, y: Array) -> Array:
        r = difference(z, y)
        r *= 2 / z.shape[-2]
        return r

    def curvature(self, n_outputs: int) -> float:
        return 2 / n_outputs


@dataclass(frozen=True)
class AbsoluteError(Loss):
    """The absolute error, least for the median of the target.

    ``loss = Σ_k |r|``, ``δ = sign r`` (0 at r = 0); ``z (P, K, N)``, ``y (K, N)``; unit: the target's.
    Source: Koenker & Bassett 1978, "Regression quantiles", with θ = ½, twice.

    >>> AbsoluteError().delta(np.array([[[3.0, 1.0]]]), np.array([[1.0, 1.5]]))
    array([[[ 1., -1.]]])
    """

    name = "absolute_error"
    formula, derivative_formula = call("abs", A - Y), call("sign", A - Y)
    delta_formulas = (derivative_formula,)

    def value(self, z: Array, y: Array) -> Array:
        return sum_outputs(np.abs(difference(z, y)))

    def delta(self, z: Array, y: Array) -> Array:
        return np.sign(difference(z, y))


@dataclass(frozen=True)
class Huber(Loss):
    """Squared near the target and absolute beyond ``threshold``, so that outliers pull with bounded force.

    ``loss = Σ_k c (|r| − ½ c)`` with ``c = min(|r|, t)``: ``½ r²`` up to the threshold t, ``t (|r| − ½ t)``
    beyond; ``δ = r`` clipped to [−t, t]; ``z (P, K, N)``, ``y (K, N)``; ``threshold`` in the target's unit.
    Raises ``ConfigurationError`` unless ``threshold`` is finite and positive.
    Source: Huber 1964, "Robust estimation of a location parameter", where t is k.

    >>> Huber(threshold=1.0).value(np.array([[[0.5, 3.0]]]), np.zeros((1, 2)))
    array([[0.125, 2.5  ]])
    """

    threshold: float = 1.0

    name = "huber"
    formula = Cases(
        parameter("t", "threshold") * (call("abs", A - Y) - parameter("t", "threshold") / 2),
        call("abs", A - Y),
        parameter("t", "threshold"),
        (A - Y) ** 2 / 2,
    )
    derivative_formula = call(
        "max", -parameter("t", "threshold"), call("min", A - Y, parameter("t", "threshold"))
    )
    delta_formulas = (derivative_formula,)

    def __post_init__(self) -> None:
        if not 0 < self.threshold < math.inf:
            raise ConfigurationError(
                f"huber got threshold={self.threshold!r}, expected a finite number > 0; try the default 1.0"
            )

    def value(self, z: Array, y: Array) -> Array:
        distance = np.abs(difference(z, y))
        clipped = np.minimum(distance, self.threshold)
        return sum_outputs(clipped * (distance - 0.5 * clipped))

    def delta(self, z: Array, y: Array) -> Array:
        r = difference(z, y)
        return np.clip(r, -self.threshold, self.threshold, out=r)


@dataclass(frozen=True)
class Poisson(Loss):
    """The negative log-likelihood of counts with a log link, without the constant ln y!.

    ``ŷ = e^z``, ``loss = Σ_k (e^z − y z)`` in nats, ``δ = ŷ − y``; ``z (P, K, N)``, ``y (K, N)``. Where e^z
    would overflow it stays at its largest value. ``encode`` raises ``DataError`` for negative targets.
    Source: McCullagh & Nelder 1989, sec. 6.2.

    >>> Poisson().delta(np.array([[[0.0, np.log(4.0)]]]), np.array([[3.0, 4.0]])).round(4)
    array([[[-2.,  0.]]])
    """

    name = "poisson"
    has_link = True
    link = EXPONENTIAL
    formula, derivative_formula = A - Y * ln(A), 1 - Y / A
    delta_formulas = (dotted(1 - Y / A, A), A - Y)
    cancellation = (
        "The slope of the exponential is a itself: it multiplies the 1, and cancels the denominator of y / a."
    )

    def value(self, z: Array, y: Array) -> Array:
        return sum_outputs(difference(self.predict(z), np.multiply(y, z, dtype=z.dtype)))

    def delta(self, z: Array, y: Array) -> Array:
        return difference(self.predict(z), y)

    def predict(self, z: Array) -> Array:
        a = np.minimum(z, exponent_limit(z.dtype))
        return np.exp(a, out=a)

    def encode(self, y: npt.ArrayLike, n_outputs: int) -> Array:
        encoded = super().encode(y, n_outputs)
        if (encoded < 0).any():
            raise DataError(
                f"y has the value {encoded[encoded < 0][0]:g}, poisson takes counts ≥ 0; "
                "use squared_error for targets that may be negative"
            )
        return encoded
