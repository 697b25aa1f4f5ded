"""Activations with bounds on both sides, and the logistic function that others are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from shoal.activations.base import Activation
from shoal.formulas.nodes import A, Z, call, exp

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
