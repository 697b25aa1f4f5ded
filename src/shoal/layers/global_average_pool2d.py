"""Global average pooling: of every feature map, its mean goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from shoal.errors import ConfigurationError
from shoal.layers.base import Cache, Context, Layer, Parameters
from shoal.shapes import Array, Shape


@dataclass(frozen=True)
class GlobalAveragePool2D(Layer):
    """The mean of every channel over the whole image: (C, H, W) becomes (C,), wherever the pattern was.

    Forward and backward::

        a[c] = 1/(H·W) Σ_yx a_in[c, y, x]
        ∂J/∂a_in[c, y, x] = 1/(H·W) ∂J/∂a[c]

    Source: Lin, Chen & Yan 2014, "Network in network", 3.2.

    >>> GlobalAveragePool2D().output_shape((64, 7, 7))
    (64,)
    """

    name: ClassVar[str] = "global_average_pool2d"

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 3:
            raise ConfigurationError(
                f"a layer {self.name} takes images of shape (C, H, W), got samples of shape {shape}; "
                "leave it out"
            )
        return shape[:1]

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        P, C, H, W, N = a.shape
        total: Array = a.reshape(P, C, H * W, N).sum(axis=2)
        return total / (H * W), a.shape

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        if not propagate:
            return None
        _, C, H, W, N = cache
        part = grad_a[:, :, None, None] / (H * W)
        return np.broadcast_to(part, (len(grad_a), C, H, W, N)).copy()
