"""Embedding: a whole number becomes a column of numbers that are learnt, a word's or a character's say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.draws import Draw, Gaussian
from shoal.errors import ConfigurationError, DataError
from shoal.layers import steps
from shoal.layers.base import Cache, Context, Layer, Parameters, Role
from shoal.shapes import Array, IntArray, Shape, is_finite_number, whole_number

MOST = 2**24
"""The largest vocabulary: float32, in which X travels, has every whole number up to it."""


@dataclass(frozen=True)
class Embedding(Layer):
    """A column of ``dimensions`` learnt numbers for each of the whole numbers 0 … ``vocabulary`` − 1.

    Forward and backward, of sequences (T,) or (1, T) of such numbers k_t::

        a_t = E[k_t]                        E: (P, vocabulary, d)   a: (P, d, T, N)
        ∂J/∂E[k] = Σ_(t: k_t = k) ∂J/∂a_t

    A scatter-add, one sample after the other and its steps in order, so that its bits are always the same. E
    begins as N(0, deviation²): where words are many and rare, a small one lets what is learnt stand out from
    what was drawn. It is called no weight: penalties and decay leave it alone, which would make rare words
    smaller than common ones.

    Only data are whole numbers, so it comes first in a network. Steps beyond a sequence's end give zeros;
    what stands there counts as no word.

    Raises ``ConfigurationError`` for sizes below 1 and a vocabulary beyond 2²⁴; the network ``DataError`` for
    numbers that are not whole, or not in the vocabulary.

    Source: Bengio, Ducharme, Vincent & Jauvin 2003, "A neural probabilistic language model", section 2.

    >>> Embedding(1000, 16).output_shape((40,))
    (16, 40)
    """

    name: ClassVar[str] = "embedding"
    roles: ClassVar[Mapping[str, Role]] = {"E": Role.OFFSET}
    takes_data: ClassVar[bool] = True
    vocabulary: int
    dimensions: int
    deviation: float = 1.0

    def __post_init__(self) -> None:
        for name in "vocabulary", "dimensions":
            value = whole_number(getattr(self, name), f"the {name} of embedding")
            object.__setattr__(self, name, value)
        if self.vocabulary > MOST:
            raise ConfigurationError(f"the vocabulary of embedding is {MOST} at most, got {self.vocabulary}")
        if not is_finite_number(self.deviation) or self.deviation < 0:
            raise ConfigurationError(f"the deviation of embedding is a number ≥ 0, got {self.deviation!r}")

    def output_shape(self, shape: Shape) -> Shape:
        if shape[:-1] not in ((), (1,)):
            raise ConfigurationError(
                f"embedding takes sequences of one whole number a step, (T,) or (1, T), got {shape}"
            )
        return (self.dimensions, shape[-1])

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        return {"E": (self.vocabulary, self.dimensions)}

    def draws(self, shape: Shape) -> dict[str, Draw]:
        return {"E": Gaussian(self.deviation)}

    def operations(self, shape: Shape) -> int:
        return self.dimensions * shape[-1]

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        return lengths

    def require(self, rows: Array, name: str) -> None:
        wrong = (rows < 0) | (rows >= self.vocabulary) | (rows != np.floor(rows))
        if wrong.any():
            sample, step = np.argwhere(wrong)[0]
            raise DataError(
                f"{name} must be whole numbers from 0 to {self.vocabulary - 1}, the vocabulary's, got "
                f"{rows[sample, step]:g} in sample {sample} at step {step}"
            )

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        E, k = parameters["E"], a.reshape(len(a), *a.shape[-2:]).astype(np.intp)
        columns = np.moveaxis(E[np.arange(len(E))[:, None, None], k], -1, 1)
        return np.ascontiguousarray(steps.kept(columns, context.lengths)), (a.shape, k, context.lengths)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        shape, k, lengths = cache
        by_sample = steps.kept(grad_a, lengths).transpose(0, 3, 2, 1)  # (P, N, T, d)
        words = np.broadcast_to(k.swapaxes(1, 2), by_sample.shape[:3])
        gradients["E"][...] = 0
        for gradient, own, columns in zip(gradients["E"], words, by_sample, strict=True):
            np.add.at(gradient, own, columns)
        return np.zeros((len(grad_a), *shape[1:]), grad_a.dtype) if propagate else None
