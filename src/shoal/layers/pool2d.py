"""What max and average pooling share: their windows, and the shape that they leave."""

from __future__ import annotations

from shoal.layers.base import Layer
from shoal.layers.window import Window, window_of
from shoal.shapes import Shape


class Pool2D(Layer):
    """A layer that keeps one number of every window, in each channel by itself."""

    size: int | tuple[int, int]
    stride: int | tuple[int, int] | None

    def __post_init__(self) -> None:
        window = self.window
        object.__setattr__(self, "size", window.size)
        object.__setattr__(self, "stride", window.stride)

    @property
    def window(self) -> Window:
        """The windows, side by side unless ``stride`` says otherwise."""
        return window_of(self.size, self.size if self.stride is None else self.stride, self.name)

    def output_shape(self, shape: Shape) -> Shape:
        self.window.require_fit(shape, self.name)
        return (shape[0], *self.window.output_extent(shape[1:]))
