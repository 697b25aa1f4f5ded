"""Parameter norm penalties: what is added to J, and to its gradient, for the size of the weights.

The caller leaves the biases out. Shapes: weights W of every layer laid flat ``(P, D)``, strength λ ``(P,)``
and number of training samples m ``(P,)`` (the sum of the sample weights), so that λ weighs against the sum
of the losses rather than their mean and need not change with the size of the sample.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shoal.registry import Named, family

if TYPE_CHECKING:
    from shoal.shapes import Array


class Penalty(Named, ABC):
    """A function of the weights that grows with their size."""

    @abstractmethod
    def value(self, W: Array, strength: Array, m: Array) -> Array:
        """Return the penalty of every member (P,), in the dtype of W."""

    @abstractmethod
    def gradient(self, W: Array, strength: Array, m: Array) -> Array:
        """Return the derivative of the penalty with respect to W (P, D), in the dtype of W."""

    def curvature(self, W: Array, strength: Array, m: Array) -> Array:
        """Return the second derivative with respect to each weight (P, D); 0 where a penalty names none.

        It speeds up solvers that know the curvature of J, and changes none of its minima.
        """
        return np.zeros_like(W)


@dataclass(frozen=True)
class L2(Penalty):
    """The squared Euclidean norm, a Gaussian prior on the weights.

    ``λ / (2 m) Σ W²``, ``∂/∂W = (λ / m) W``; ``W (P, D)``, ``strength λ (P,)``, ``m (P,)``.
    Source: Bishop 2006, PRML eq. 5.112, over m; the lecture's J_regularized.

    >>> W, strength, m = np.array([[3.0, -1.0]]), np.array([2.0]), np.array([10.0])
    >>> L2().value(W, strength, m)
    array([1.])
    >>> L2().gradient(W, strength, m)
    array([[ 0.6, -0.2]])
    """

    name = "l2"

    def value(self, W: Array, strength: Array, m: Array) -> Array:
        return _rate(strength, m, W) / 2 * _sum_weights(np.square(W, order="C"))

    def gradient(self, W: Array, strength: Array, m: Array) -> Array:
        gradient: Array = _rate(strength, m, W)[:, None] * W
        return gradient

    def curvature(self, W: Array, strength: Array, m: Array) -> Array:
        curvature: Array = _rate(strength, m, W)[:, None] * np.ones_like(W)
        return curvature


@dataclass(frozen=True)
class L1(Penalty):
    """The sum of absolute values, a Laplace prior that drives weights to zero.

    ``(λ / m) Σ |W|``, ``∂/∂W = (λ / m) sign W`` (0 at W = 0); ``W (P, D)``, ``strength λ (P,)``, ``m (P,)``.
    Source: Tibshirani 1996, eq. 1, in its Lagrangian form; Bishop 2006, PRML eq. 3.29 with q = 1.

    >>> W, strength, m = np.array([[3.0, -1.0]]), np.array([2.0]), np.array([10.0])
    >>> L1().value(W, strength, m)
    array([0.8])
    >>> L1().gradient(W, strength, m)
    array([[ 0.2, -0.2]])
    """

    name = "l1"

    def value(self, W: Array, strength: Array, m: Array) -> Array:
        return _rate(strength, m, W) * _sum_weights(np.abs(W, order="C"))

    def gradient(self, W: Array, strength: Array, m: Array) -> Array:
        gradient: Array = _rate(strength, m, W)[:, None] * np.sign(W)
        return gradient


def _rate(strength: Array, m: Array, W: Array) -> Array:
    """Return λ / m (P,) in the dtype of W; 0 where m is 0, as for a minibatch of samples of weight 0."""
    rate = np.divide(strength, m, out=np.zeros(len(m)), where=np.asarray(m) > 0)
    return rate.astype(W.dtype)


def _sum_weights(terms: Array) -> Array:
    """Return the sum of every member's terms (P, D) as (P,).

    The terms must be C-contiguous: in another layout NumPy adds in another order, and the last bits of a
    member would depend on how many others there are.
    """
    total: Array = terms.sum(axis=1)
    return total


PENALTIES: dict[str, type[Penalty]] = family(L2, L1)
