"""Dropout: a random part of the activations is set to zero in every training step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.errors import ConfigurationError
from shoal.layers.base import Cache, Context, Layer, Parameters, Shape
from shoal.shapes import Array, IntArray, is_number


@dataclass(frozen=True)
class Dropout(Layer):
    """Each activation is dropped with probability ``rate`` while training, and passed on otherwise.

    Forward and backward, with a fresh mask r ~ Bernoulli(1 − rate) for every sample and step::

        a = r · a_in / (1 − rate)              a, r: (P, n, N)
        ∂J/∂a_in = r · ∂J/∂a / (1 − rate)

    The division ("inverted dropout") keeps E[a] = a_in, so that predicting needs no correction. A mask over
    a sequence (C, T) is drawn step by step, so that padding changes no draw.

    Raises ``ConfigurationError`` unless 0 ≤ rate < 1.

    Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".

    >>> Dropout(0.2).output_shape((16,))
    (16,)
    """

    name: ClassVar[str] = "dropout"
    rate: float = 0.5

    def __post_init__(self) -> None:
        if not is_number(self.rate) or not 0 <= self.rate < 1:
            raise ConfigurationError(f"a dropout rate is a number ≥ 0 and below 1, got {self.rate!r}")

    @property
    def random(self) -> bool:
        return True

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        return lengths

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        if context.noise is None or self.rate == 0:
            return a, None
        keep, (*shape, N) = 1 - self.rate, a.shape[1:]
        if len(shape) == 2:
            kept = np.ascontiguousarray(context.noise.keep(keep, (*shape[::-1], N)).swapaxes(1, 2))
        else:
            kept = context.noise.keep(keep, (*shape, N))
        mask = kept.astype(a.dtype)
        mask /= keep
        return a * mask, mask

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        return grad_a if cache is None else grad_a * cache
