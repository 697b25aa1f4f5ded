"""The window that convolution and pooling move over a sample: where it lies, sees, and hands back.

Samples are (P, C, \\*places, N), samples last: an image has rows and columns of places, a sequence steps. At
one offset within the window, windows that are ``stride`` apart see every stride-th place; so one slice for
each offset gathers all windows at once, and the same slice adds up what they hand back. That is all that
convolution and pooling are made of here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from shoal.errors import ConfigurationError
from shoal.shapes import Array, IntArray, Shape, pair, whole_number

PADDINGS = {1: ("valid", "same", "causal"), 2: ("valid", "same")}
"""By the number of a window's axes."""


@dataclass(frozen=True)
class Window:
    """A window on ``size`` places, ``dilation`` apart, that moves by ``stride``; one number for each axis.

    Along every axis alike, with the extent e = (k − 1)·dilation + 1 of the window::

        valid:  H_out = ⌊(H − e) / stride⌋ + 1        windows that lie within the sample
        same:   H_out = ⌈H / stride⌉                  max((H_out − 1)·stride + e − H, 0) zeros around it,
                                                      half of them before, the odd one behind

    ``stride`` and ``dilation`` are 1 where they are left out. Over time the zeros before a sequence must not
    depend on how far it is padded: ``before`` says how many there are, in the place of half of them.

    >>> Window((5, 5)).output_extent((28, 28))
    (24, 24)
    >>> Window((3, 3), stride=(2, 2), same=True).output_extent((28, 27))
    (14, 14)
    """

    size: tuple[int, ...]
    stride: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()
    same: bool = False
    before: int | None = None

    def __post_init__(self) -> None:
        ones = (1,) * len(self.size)
        object.__setattr__(self, "stride", self.stride or ones)
        object.__setattr__(self, "dilation", self.dilation or ones)

    @property
    def extent(self) -> tuple[int, ...]:
        """The places from the window's first to its last, along each axis."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.size, self.dilation, strict=True))

    @property
    def offsets(self) -> Iterator[tuple[int, ...]]:
        """The places within a window, in C order: (i, j) row by row."""
        return itertools.product(*map(range, self.size))

    def output_extent(self, places: Shape) -> Shape:
        """Return how many windows there are along each axis of a sample with so many places."""
        if self.same:
            return tuple(-(-n // s) for n, s in zip(places, self.stride, strict=True))
        spare = (n - e for n, e in zip(places, self.extent, strict=True))
        return tuple(n // s + 1 for n, s in zip(spare, self.stride, strict=True))

    def padding(self, places: Shape) -> tuple[tuple[int, int], ...]:
        """Return the zeros (before, behind) along each axis: (above, below) and (left, right) of an image."""
        if not self.same:
            return ((0, 0),) * len(places)
        over = zip(self.output_extent(places), self.stride, self.extent, places, strict=True)
        needed = [(out - 1) * s + e - n for out, s, e, n in over]
        if self.before is not None:
            return tuple((self.before, max(n - self.before, 0)) for n in needed)
        return tuple((max(n, 0) // 2, max(n, 0) - max(n, 0) // 2) for n in needed)

    def lengths_after(self, lengths: IntArray) -> IntArray:
        """Return how many windows over the steps of each sequence are its own, at least one.

        A sequence that is shorter than a window has one, which sees zeros after its end.
        """
        [stride], [extent] = self.stride, self.extent
        return -(-lengths // stride) if self.same else np.maximum((lengths - extent) // stride + 1, 1)

    def gather(self, a: Array) -> Array:
        """Return what every window sees of a (P, C, H, W, N): a copy (P, C, kh, kw, H_out, W_out, N)."""
        P, C, *places, N = a.shape
        around = self.padding(tuple(places))
        padded = np.pad(a, ((0, 0), (0, 0), *around, (0, 0))) if self.same else a
        out = self.output_extent(tuple(places))
        seen = np.empty((P, C, *self.size, *out, N), a.dtype)
        for offset in self.offsets:
            seen[_within(offset)] = self.at(padded, offset, out)
        return seen

    def scatter(self, seen: Array, places: Shape) -> Array:
        """Return what ``gather`` takes apart, put together: sums (P, C, H, W, N) over the windows of a place.

        It is the transpose of ``gather``, so it turns the windows' gradient into the sample's.
        """
        (P, C), N = seen.shape[:2], seen.shape[-1]
        out = seen.shape[2 + len(places) : -1]
        around = self.padding(places)
        padded = (before + n + behind for (before, behind), n in zip(around, places, strict=True))
        total = np.zeros((P, C, *padded, N), seen.dtype)
        for offset in self.offsets:
            self.at(total, offset, out)[...] += seen[_within(offset)]
        inside = (slice(before, before + n) for (before, _), n in zip(around, places, strict=True))
        return total[_within(inside)]

    def at(self, a: Array, offset: tuple[int, ...], out: Shape) -> Array:
        """Return the view (P, C, H_out, W_out, N) of the places at that offset within every window."""
        places = zip(offset, self.stride, self.dilation, out, strict=True)
        return a[_within(slice(o * d, o * d + (n - 1) * s + 1, s) for o, s, d, n in places)]

    def require_fit(self, shape: Shape, layer: str) -> None:
        """Raise ``ConfigurationError`` unless samples have the window's axes, and room for it."""
        samples, axes, places = _WORDS[len(self.size)]
        if len(shape) != 1 + len(self.size):
            raise ConfigurationError(
                f"a layer {layer} takes {samples} of shape {axes}, got samples of shape {shape}; "
                f"give the network inputs={axes}, and put Flatten after the last such layer"
            )
        there = _by(shape[1:])
        if not self.same and any(n < e for n, e in zip(shape[1:], self.extent, strict=True)):
            raise ConfigurationError(
                f"a window of {_by(self.extent)} {places} does not fit into the {there} that reach the layer "
                f"{layer}; make it smaller, or pool less before"
            )
        # Farther apart, all places of a window but one are zeros around the sample, any number of them.
        if any(k > 1 and d > n for k, d, n in zip(self.size, self.dilation, shape[1:], strict=True)):
            raise ConfigurationError(
                f"{places} of a window that are {_by(self.dilation)} apart are never both in the {there} "
                f"that reach the layer {layer}; make its dilation smaller"
            )


_WORDS = {1: ("sequences", "(C, T)", "steps"), 2: ("images", "(C, H, W)", "pixels")}
"""What samples with so many axes of places are called, their shape, and one of their places."""


def _within(places: Iterable[int | slice]) -> tuple[int | slice, ...]:
    """Return what picks those places of every member's channels: the axes that follow (P, C)."""
    return (slice(None), slice(None), *places)


def _by(extents: Shape) -> str:
    return " × ".join(map(str, extents))


def window_of(
    size: object,
    stride: object,
    layer: str,
    dilation: object = 1,
    padding: object = "valid",
    axes: int = 2,
    called: str = "size",
) -> Window:
    """Return the window that a layer's fields describe; raise ``ConfigurationError`` for impossible ones.

    ``called`` is the field that says its size.
    """
    known = PADDINGS[axes]
    if padding not in known:
        names = " or ".join([", ".join(map(repr, known[:-1])), repr(known[-1])])
        raise ConfigurationError(f"the padding of {layer} must be {names}, got {padding!r}")

    def extents(value: object, name: str) -> tuple[int, ...]:
        whole = f"the {name} of {layer}"
        return pair(value, whole) if axes > 1 else (whole_number(value, whole),)

    window = Window(
        extents(size, called), extents(stride, "stride"), extents(dilation, "dilation"), padding != "valid"
    )
    if axes > 1 or padding == "valid":
        return window
    around = window.extent[0] - 1
    return replace(window, before=around if padding == "causal" else around // 2)
