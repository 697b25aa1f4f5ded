"""Average pooling: of every window, the mean goes on; the lecture's subsampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shoal.layers.pooling import AveragePool


@dataclass(frozen=True)
class AveragePool2D(AveragePool):
    """The mean of every window of ``size`` = kh × kw pixels, in each channel by itself.

    Forward and backward, with stride s::

        a[c, y, x] = 1/(kh·kw) Σ_ij a_in[c, y·s + i, x·s + j]
        ∂J/∂a_in[c, y·s + i, x·s + j] += 1/(kh·kw) ∂J/∂a[c, y, x]        for every i, j

    ``stride=None`` sets windows side by side. Windows that the image's edge would cut are left out. ``size``
    and ``stride`` are one number or (rows, columns).

    Raises ``ConfigurationError`` for numbers below 1, and for an image smaller than a window.

    Source: LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition",
    II.A, without its coefficient and bias.

    >>> AveragePool2D(2).output_shape((6, 24, 25))
    (6, 12, 12)
    """

    name: ClassVar[str] = "average_pool2d"
    size: int | tuple[int, int] = 2
    stride: int | tuple[int, int] | None = None
