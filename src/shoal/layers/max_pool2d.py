"""Max pooling: of every window, only the strongest response goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shoal.layers.pooling import MaxPool


@dataclass(frozen=True)
class MaxPool2D(MaxPool):
    """The largest number of every window of ``size`` pixels, in each channel by itself.

    Forward and backward, with stride s and (i*, j*) the first place in row order where the maximum stands::

        a[c, y, x] = max_ij a_in[c, y·s + i, x·s + j]
        ∂J/∂a_in[c, y·s + i*, x·s + j*] += ∂J/∂a[c, y, x]

    ``stride=None`` sets windows side by side. Windows that the image's edge would cut are left out. ``size``
    and ``stride`` are one number or (rows, columns).

    Raises ``ConfigurationError`` for numbers below 1, and for an image smaller than a window.

    Source: Ranzato, Huang, Boureau & LeCun 2007, "Unsupervised learning of invariant feature hierarchies";
    Goodfellow, Bengio & Courville, *Deep Learning*, 9.3.

    >>> MaxPool2D(2).output_shape((6, 24, 25))
    (6, 12, 12)
    """

    name: ClassVar[str] = "max_pool2d"
    size: int | tuple[int, int] = 2
    stride: int | tuple[int, int] | None = None
