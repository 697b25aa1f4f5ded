"""The window that convolution and pooling move over an image: where it lies, sees, and hands back.

Images are (P, C, H, W, N), samples last. At their offset (i, j) windows that are ``stride`` apart see every
stride-th pixel of the image; so one slice for each offset gathers all windows at once, and the same slice
adds up what they hand back. That is all that convolution and pooling are made of here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shoal.errors import ConfigurationError
from shoal.shapes import Array, Shape, pair

PADDINGS = ("valid", "same")


@dataclass(frozen=True)
class Window:
    """A window on ``size`` pixels, ``dilation`` apart, that moves by ``stride``; each is (rows, columns).

    Along rows, and along columns alike, with the extent e = (k − 1)·dilation + 1 of the window::

        valid:  H_out = ⌊(H − e) / stride⌋ + 1        windows that lie within the image
        same:   H_out = ⌈H / stride⌉                  max((H_out − 1)·stride + e − H, 0) zeros around it,
                                                      half of them above, the odd one below

    >>> Window((5, 5)).output_extent((28, 28))
    (24, 24)
    >>> Window((3, 3), stride=(2, 2), same=True).output_extent((28, 27))
    (14, 14)
    """

    size: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    same: bool = False

    @property
    def extent(self) -> tuple[int, int]:
        """The rows and columns from the window's first pixel to its last."""
        rows, columns = ((k - 1) * d + 1 for k, d in zip(self.size, self.dilation, strict=True))
        return rows, columns

    @property
    def offsets(self) -> Iterator[tuple[int, int]]:
        """The places (i, j) within a window, row by row."""
        return itertools.product(range(self.size[0]), range(self.size[1]))

    def output_extent(self, image: Shape) -> tuple[int, int]:
        """Return how many windows (rows, columns) there are over an image of (rows, columns)."""
        if self.same:
            rows, columns = (-(-n // s) for n, s in zip(image, self.stride, strict=True))
        else:
            spare = (n - e for n, e in zip(image, self.extent, strict=True))
            rows, columns = (n // s + 1 for n, s in zip(spare, self.stride, strict=True))
        return rows, columns

    def padding(self, image: Shape) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the zeros (above, below) and (left, right) of an image of (rows, columns)."""
        if not self.same:
            return (0, 0), (0, 0)
        over = zip(self.output_extent(image), self.stride, self.extent, image, strict=True)
        rows, columns = (max((out - 1) * s + e - n, 0) for out, s, e, n in over)
        return (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2)

    def gather(self, a: Array) -> Array:
        """Return what every window sees of a (P, C, H, W, N): a copy (P, C, kh, kw, H_out, W_out, N)."""
        P, C, *image, N = a.shape
        rows, columns = self.padding(tuple(image))
        padded = np.pad(a, ((0, 0), (0, 0), rows, columns, (0, 0))) if self.same else a
        out = self.output_extent(tuple(image))
        seen = np.empty((P, C, *self.size, *out, N), a.dtype)
        for i, j in self.offsets:
            seen[:, :, i, j] = self.at(padded, i, j, out)
        return seen

    def scatter(self, seen: Array, image: Shape) -> Array:
        """Return what ``gather`` takes apart, put together: sums (P, C, H, W, N) over the windows of a pixel.

        It is the transpose of ``gather``, so it turns the windows' gradient into the image's.
        """
        P, C, _, _, *out, N = seen.shape
        (above, below), (left, right) = self.padding(image)
        H, W = image
        total = np.zeros((P, C, above + H + below, left + W + right, N), seen.dtype)
        for i, j in self.offsets:
            self.at(total, i, j, tuple(out))[...] += seen[:, :, i, j]
        return total[:, :, above : above + H, left : left + W]

    def at(self, a: Array, i: int, j: int, out: Shape) -> Array:
        """Return the view (P, C, H_out, W_out, N) of the pixels at offset (i, j) of every window."""
        places = zip((i, j), self.stride, self.dilation, out, strict=True)
        rows, columns = (slice(o * d, o * d + (n - 1) * s + 1, s) for o, s, d, n in places)
        return a[:, :, rows, columns]

    def require_fit(self, shape: Shape, layer: str) -> None:
        """Raise ``ConfigurationError`` unless samples of that shape are images with room for the window."""
        if len(shape) != 3:
            raise ConfigurationError(
                f"a layer {layer} takes images of shape (C, H, W), got samples of shape {shape}; "
                "give the network inputs=(C, H, W), and put Flatten after the last such layer"
            )
        if not self.same and any(n < e for n, e in zip(shape[1:], self.extent, strict=True)):
            raise ConfigurationError(
                f"a window of {self.extent[0]} × {self.extent[1]} pixels does not fit into the {shape[1]} × "
                f"{shape[2]} that reach the layer {layer}; make it smaller, or pool less before"
            )
        # Farther apart, all pixels of a window but one are zeros around the image, any number of them.
        if any(k > 1 and d > n for k, d, n in zip(self.size, self.dilation, shape[1:], strict=True)):
            raise ConfigurationError(
                f"pixels of a window that are {self.dilation[0]} × {self.dilation[1]} apart are never both "
                f"in the {shape[1]} × {shape[2]} that reach the layer {layer}; make its dilation smaller"
            )


def window_of(
    size: object, stride: object, layer: str, dilation: object = 1, padding: object = "valid"
) -> Window:
    """Return the window that a layer's fields describe; raise ``ConfigurationError`` for impossible ones."""
    if padding not in PADDINGS:
        raise ConfigurationError(f"the padding of {layer} must be 'valid' or 'same', got {padding!r}")
    return Window(
        pair(size, f"the size of {layer}"),
        pair(stride, f"the stride of {layer}"),
        pair(dilation, f"the dilation of {layer}"),
        padding == "same",
    )
