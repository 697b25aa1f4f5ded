"""Both directions of time: a recurrent layer from the first step on, and another from the last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from shoal.draws import Draw
from shoal.errors import ConfigurationError
from shoal.layers.base import Cache, Context, Layer, Parameters, Role
from shoal.layers.recurrent import Recurrent
from shoal.shapes import Array, IntArray, Shape

SUFFIX = "_reverse"


@dataclass(frozen=True)
class Bidirectional(Layer):
    """A recurrent ``layer`` and its like in reverse, with parameters of its own; one output below the other.

    Forward and backward, of the last states (m,) or of all steps (m, T)::

        a = [forward(a_in); reverse(a_in)]       (P, 2m, N) or (P, 2m, T, N)
        ∂J/∂a_in = forwardᵀ(∂J/∂a of the upper half) + reverseᵀ(that of the lower half)

    The one begins at a sequence's first step, the other at its last valid one; their last states have both
    seen all of it, so the reverse half ends at the first step.

    The parameters in reverse are called "W_reverse", "R_reverse" and so on, as PyTorch calls them.

    Raises ``ConfigurationError`` for anything but a recurrent layer that goes forward.

    Source: Schuster & Paliwal 1997, "Bidirectional recurrent neural networks".

    >>> from shoal.layers import GRU
    >>> layer = Bidirectional(GRU(8))
    >>> layer.output_shape((2, 50)), [*layer.parameter_shapes((2, 50))]
    ((16,), ['W', 'R', 'b', 'c', 'W_reverse', 'R_reverse', 'b_reverse', 'c_reverse'])
    """

    name: ClassVar[str] = "bidirectional"
    layer: Recurrent

    def __post_init__(self) -> None:
        if not isinstance(self.layer, Recurrent):
            raise ConfigurationError(
                f"the layer of bidirectional must be a recurrent one such as GRU(8), got {self.layer!r}"
            )
        if self.layer.reverse:
            raise ConfigurationError(
                f"the layer of bidirectional is the one that goes forward, got {self.layer!r}; "
                "leave reverse out"
            )

    @property
    def both(self) -> tuple[Recurrent, Recurrent]:
        """The layer, and its like in reverse."""
        return self.layer, replace(self.layer, reverse=True)

    def walk(self) -> Iterator[Layer]:
        yield self
        yield from self.both

    def output_shape(self, shape: Shape) -> Shape:
        units, *steps = self.layer.output_shape(shape)
        return (2 * units, *steps)

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        shapes = self.layer.parameter_shapes(shape)
        return shapes | {name + SUFFIX: extent for name, extent in shapes.items()}

    def draws(self, shape: Shape) -> dict[str, Draw]:
        draws = self.layer.draws(shape)
        return draws | {name + SUFFIX: draw for name, draw in draws.items()}

    def operations(self, shape: Shape) -> int:
        return 2 * self.layer.operations(shape)

    def kept(self, shape: Shape) -> int:
        return 2 * self.layer.kept(shape)

    def role(self, name: str) -> Role:
        return self.layer.role(name.removesuffix(SUFFIX))

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        return self.layer.lengths_after(lengths)

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        first = 0 if context.noise is None else context.noise.layer + 1
        outputs, caches = zip(
            *(
                layer.forward(own, a, context.at(first + index))
                for index, (layer, own) in enumerate(zip(self.both, self.apart(parameters), strict=True))
            ),
            strict=True,
        )
        return np.concatenate(outputs, axis=1), caches

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        halves = np.split(grad_a, 2, axis=1)
        each = zip(self.both, self.apart(parameters), cache, halves, self.apart(gradients), strict=True)
        grads = [layer.backward(own, kept, half, grad, propagate) for layer, own, kept, half, grad in each]
        return None if grads[0] is None or grads[1] is None else grads[0] + grads[1]

    def apart(self, parameters: Parameters) -> tuple[Parameters, Parameters]:
        """Return the parameters of either direction, by the names that it knows."""
        forward: dict[str, Any] = {}
        reverse: dict[str, Any] = {}
        for name, array in parameters.items():
            own = reverse if name.endswith(SUFFIX) else forward
            own[name.removesuffix(SUFFIX)] = array
        return forward, reverse
