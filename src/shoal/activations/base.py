"""What an activation is, and the one that changes nothing.

Both functions of one work elementwise on arrays of any shape, in the engine ``(P, m, N)``, keep the dtype and
are finite for every finite z. ``derivative`` is given z and a, since one of the two is often cheaper: the
lecture's ``g'(z) = a (1 − a)`` needs no second exponential. At a kink it takes the left derivative.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.formulas.nodes import Expression, Number, Z, call
from shoal.registry import Named

if TYPE_CHECKING:
    from shoal.shapes import Array


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
