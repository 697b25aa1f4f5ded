"""A residual block: layers that add to what they are given, instead of replacing it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from shoal.activations import Activation
from shoal.draws import Draw
from shoal.errors import ConfigurationError
from shoal.layers import stack, steps
from shoal.layers.base import Cache, Context, Layer, Parameters, Role
from shoal.layers.weighted import Activated
from shoal.shapes import Array, IntArray, Shape


@dataclass(frozen=True)
class Residual(Activated):
    """The input, and beside it what a stack of ``layers`` makes of it, f(a_in).

    Forward and backward::

        z = a_in + f(a_in)                a = g(z)
        δ = ∂J/∂a · g'(z)                 ∂J/∂a_in = δ + f'ᵀ δ

    The gradient reaches a_in by the sum itself, whatever the layers do to it on their way; that is what lets
    networks of many layers train. ``layers`` must give what they take, (n,), (C, H, W) or (C, T): with as
    many filters as there are channels and ``padding="same"``.

    A parameter of the i-th layer inside is called "i.W", "i.b" and so on, counted from 0.

    Raises ``ConfigurationError`` for something else than layers, and where they change a sample's shape;
    ``UnknownNameError`` for an unknown activation.

    Source: He, Zhang, Ren & Sun 2016, "Deep residual learning for image recognition", equation 1; for the
    gradient their "Identity mappings in deep residual networks", equation 5.

    >>> from shoal.layers import Dense
    >>> block = Residual([Dense(8, "relu"), Dense(3)])
    >>> block.parameter_shapes((3,))
    {'0.W': (8, 3), '0.b': (8, 1), '1.W': (3, 8), '1.b': (3, 1)}
    """

    name: ClassVar[str] = "residual"
    layers: Sequence[Layer]
    activation: Activation | str = "identity"

    def __post_init__(self) -> None:
        layers = tuple(self.layers) if isinstance(self.layers, Iterable) else ()
        if not layers or not all(isinstance(layer, Layer) for layer in layers):
            raise ConfigurationError(
                "the layers of residual must be a list such as [Dense(8, 'relu'), Dense(8)], "
                f"got {self.layers!r}"
            )
        object.__setattr__(self, "layers", layers)
        self.resolve_names()

    def walk(self) -> Iterator[Layer]:
        yield self
        for layer in self.layers:
            yield from layer.walk()

    def shapes(self, shape: Shape) -> list[Shape]:
        """Return the shape of one sample before the first layer and after each."""
        shapes = [shape]
        for layer in self.layers:
            shapes.append(layer.output_shape(shapes[-1]))
        return shapes

    def output_shape(self, shape: Shape) -> Shape:
        last = self.shapes(shape)[-1]
        if last != shape:
            raise ConfigurationError(
                f"the layers of residual must give what they take, {shape}, but give {last}; use as many "
                "filters as there are channels, and padding='same'"
            )
        return shape

    def parameter_shapes(self, shape: Shape) -> dict[str, Shape]:
        return {
            f"{index}.{name}": extent
            for index, (layer, given) in enumerate(zip(self.layers, self.shapes(shape), strict=False))
            for name, extent in layer.parameter_shapes(given).items()
        }

    def draws(self, shape: Shape) -> dict[str, Draw]:
        return {
            f"{index}.{name}": draw
            for index, (layer, given) in enumerate(zip(self.layers, self.shapes(shape), strict=False))
            for name, draw in layer.draws(given).items()
        }

    def operations(self, shape: Shape) -> int:
        return sum(
            layer.operations(given) for layer, given in zip(self.layers, self.shapes(shape), strict=False)
        )

    def kept(self, shape: Shape) -> int:
        return sum(layer.kept(given) for layer, given in zip(self.layers, self.shapes(shape), strict=False))

    def role(self, name: str) -> Role:
        index, _, own = name.partition(".")
        return self.layers[int(index)].role(own)

    def lengths_after(self, lengths: IntArray) -> IntArray | None:
        inside: IntArray | None = lengths
        for layer in self.layers:
            inside = None if inside is None else layer.lengths_after(inside)
        return inside

    def forward(self, parameters: Parameters, a: Array, context: Context) -> tuple[Array, Cache]:
        first = 0 if context.noise is None else context.noise.layer + 1
        f, caches = stack.forward(self.layers, self.apart(parameters), a, context, first)
        z = a + f
        a_out = steps.kept(self.g.forward(z), context.lengths)
        return a_out, (caches, z, a_out)

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        caches, z, a_out = cache
        delta = grad_a * self.g.derivative(z, a_out)
        grad_f = stack.backward(
            self.layers, self.apart(parameters), caches, delta, self.apart(gradients), propagate
        )
        return None if grad_f is None else delta + grad_f

    def apart(self, parameters: Parameters) -> list[Parameters]:
        """Return each inner layer's own of the parameters, by the names that it knows."""
        own: list[dict[str, Any]] = [{} for _ in self.layers]
        for name, array in parameters.items():
            index, _, inner = name.partition(".")
            own[int(index)][inner] = array
        return [*own]
