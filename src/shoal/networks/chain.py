"""The architecture of a network, as engines know it: immutable, and without parameters of its own."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.activations import ACTIVATIONS, Identity
from shoal.draws import Constant, Draw
from shoal.errors import ConfigurationError
from shoal.initializers import INITIALIZERS
from shoal.layers import LAYERS, Dense, Layer
from shoal.layers.base import Context, Role
from shoal.losses import LOSSES, Loss
from shoal.registry import from_config, resolve, to_config
from shoal.sequences import lengths_of
from shoal.shapes import Array, BoolArray, Shape, finite_rows, whole_number

_FIELD_FAMILIES: dict[str, Mapping[str, type[Any]]] = {
    "activation": ACTIVATIONS,
    "initializer": INITIALIZERS,
    "recurrent_initializer": INITIALIZERS,
}


_SHAPES = 8
"""Of a sample between layers, at most, in a line."""


@dataclass(frozen=True)
class Slot:
    """The place of one parameter array in a network's flat arena of D numbers."""

    layer: int
    name: str
    shape: Shape
    role: Role
    start: int
    stop: int


@dataclass(frozen=True)
class Chain:
    """A stack of layers over ``inputs``, and the loss that its last outputs are judged by: see ``Network``.

    What engines compute and training is asked of. ``slots`` says which part of a row of ``theta`` (P, D) is
    which parameter.
    """

    inputs: int | tuple[int, ...]
    layers: Sequence[Layer]
    loss: Loss | str = "squared_error"

    def __post_init__(self) -> None:
        inputs = _inputs(self.inputs)
        layers = tuple(self.layers) if isinstance(self.layers, Iterable) else ()
        if not layers or not all(isinstance(layer, Layer) for layer in layers):
            raise ConfigurationError(
                f"layers must be a list such as [Dense(8, 'tanh'), Dense(1)], got {self.layers!r}"
            )
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "layers", layers)
        object.__setattr__(self, "loss", resolve("loss", self.loss, LOSSES))
        self._check_last_layer()
        for layer in itertools.islice(self.walk(), 1, None):
            if layer.takes_data:
                raise ConfigurationError(f"{layer!r} takes data alone, so it must be the first layer")
        if not self.n_parameters:
            raise ConfigurationError(f"no layer has parameters to train, add a Dense to {self.layers!r}")

    def __str__(self) -> str:
        """Return the shapes of a sample between the layers, and the loss.

        >>> from shoal.populations.network import Network
        >>> str(Network(4, [Dense(8, "tanh"), Dense(3)], loss="cross_entropy"))
        '4-8-3 (cross_entropy)'
        """
        shapes = ["×".join(map(str, shape)) for shape in self.shapes]
        if len(shapes) > _SHAPES:
            shapes = [*shapes[: _SHAPES - 2], "…", shapes[-1]]
        return f"{'-'.join(shapes)} ({self.criterion.name})"

    def _repr_html_(self) -> str:
        from shoal.fragments import fragment

        return fragment(f"{type(self).__name__} {self}", table=self.layer_table())

    def layer_table(self) -> list[tuple[str, str, str]]:
        """Return a row for each layer, below their heads: the layer, what it gives, its parameters."""
        counts = [0] * len(self.layers)
        for slot in self.slots:
            counts[slot.layer] += slot.stop - slot.start
        shapes = ["×".join(map(str, shape)) for shape in self.shapes[1:]]
        rows = zip(map(repr, self.layers), shapes, (f"{count:,}" for count in counts), strict=True)
        return [("layer", "gives", "parameters"), *rows]

    def _check_last_layer(self) -> None:
        last = next((each for each in reversed(self.layers) if each.name != "flatten"), self.layers[-1])
        if len(self.shapes[-1]) != 1:
            raise ConfigurationError(
                f"the last layer must give samples of shape (K,), got {self.shapes[-1]}; "
                "end with Flatten() and Dense(K)"
            )
        if self.criterion.has_link and not (isinstance(last, Dense) and isinstance(last.g, Identity)):
            raise ConfigurationError(
                f"{self.criterion.name} applies its own link to the last layer's z, so that layer must be "
                f"Dense(K) without an activation, got {last!r}"
            )

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Of all layers it takes a tenth of the time of a prediction, which asks for it twice.

        What has no fields has the hash of nothing, so losses and activations are told apart by their classes.
        """
        activations = (type(getattr(layer, "g", None)) for layer in self.walk())
        return hash((self.inputs, self.layers, self.loss, type(self.loss), *activations))

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields alone: the hash of a name is another one in every process."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def criterion(self) -> Loss:
        """The loss, resolved."""
        return resolve("loss", self.loss, LOSSES)

    @property
    def input_shape(self) -> Shape:
        """The shape of one sample before the first layer: (n,), (C, H, W), (C, T), …"""
        return self.inputs if isinstance(self.inputs, tuple) else (self.inputs,)

    @property
    def n_inputs(self) -> int:
        """The numbers that one sample holds, n, the product of its extents."""
        return math.prod(self.input_shape)

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """The shape of one sample before the first layer and after each layer."""
        shapes: list[Shape] = [self.input_shape]
        for layer in self.layers:
            shapes.append(layer.output_shape(shapes[-1]))
        return tuple(shapes)

    @property
    def n_outputs(self) -> int:
        """The number of outputs, K."""
        return self.shapes[-1][0]

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """Every parameter's place in the arena, layer by layer."""
        slots: list[Slot] = []
        stop = 0
        for index, (layer, shape) in enumerate(zip(self.layers, self.shapes, strict=False)):
            for name, extent in layer.parameter_shapes(shape).items():
                start, stop = stop, stop + math.prod(extent)
                slots.append(Slot(index, name, extent, layer.role(name), start, stop))
        return tuple(slots)

    @property
    def n_parameters(self) -> int:
        """The number of parameters of one network, D."""
        return self.slots[-1].stop if self.slots else 0

    @cached_property
    def operations(self) -> int:
        """About how many multiplications and additions, counted together, one sample takes forward."""
        return sum(layer.operations(shape) for layer, shape in zip(self.layers, self.shapes, strict=False))

    @cached_property
    def weight_mask(self) -> BoolArray:
        """Which of the D parameters are weights (D,): penalties and decay leave biases alone."""
        return self._mask(Role.WEIGHT)

    @cached_property
    def statistic_mask(self) -> BoolArray:
        """Which of the D parameters are running statistics (D,): observed on the batches, not learnt."""
        return self._mask(Role.STATISTIC)

    def _mask(self, role: Role) -> BoolArray:
        mask = np.zeros(self.n_parameters, dtype=np.bool_)
        for slot in self.slots:
            mask[slot.start : slot.stop] = slot.role is role
        return mask

    def rows(self, X: npt.ArrayLike, name: str, checked: bool = False) -> Array:
        """Return users' samples ``X``, (N, n) or (N, *input_shape), as rows (N, n); see ``finite_rows``.

        Raises ``DataError``, which calls them ``name``, where they do not fit, and ``ConfigurationError``
        where they are ``Sequences`` of unequal lengths and a layer does not know of those.
        """
        lengths = lengths_of(X)
        if lengths is not None:
            context = Context(lengths=lengths[None])
            for layer, shape in zip(self.layers, self.shapes[1:], strict=True):
                context = context.after(layer)
                if context.lengths is not None and len(shape) < 2:
                    raise ConfigurationError(
                        f"sequences have channels and steps, (C, T), but {layer!r} gives samples of shape "
                        f"{shape}; give the network inputs=(C, T)"
                    )
        shape = self.input_shape if len(self.input_shape) > 1 else ()
        rows = finite_rows(X, name, self.n_inputs, shape, checked)
        self.layers[0].require(rows, name)
        return rows

    def views(self, theta: Array) -> list[dict[str, Array]]:
        """Return ``theta`` (P, D) layer by layer as named views (P, \\*shape) that write through."""
        layers: list[dict[str, Array]] = [{} for _ in self.layers]
        for slot in self.slots:
            part = theta[:, slot.start : slot.stop]
            layers[slot.layer][slot.name] = part.reshape(theta.shape[0], *slot.shape)
        return layers

    def initialize(self, rng: np.random.Generator) -> Array:
        """Return the initial parameters of one member (D,), drawn layer by layer, in float64."""
        [theta] = self.initialize_all([rng], 1)
        return np.asarray(theta)

    def draws(self) -> list[tuple[slice, Draw]]:
        """Return the place of every parameter array, and how it begins, in the order of a member's draws."""
        places = {(slot.layer, slot.name): slice(slot.start, slot.stop) for slot in self.slots}
        draws: list[tuple[slice, Draw]] = []
        for index, (layer, shape) in enumerate(zip(self.layers, self.shapes, strict=False)):
            drawn, parameters = layer.draws(shape), layer.parameter_shapes(shape)
            if drawn.keys() != parameters.keys():
                raise ConfigurationError(
                    f"{layer!r} has the parameters {', '.join(parameters)} and says how "
                    f"{', '.join(drawn) or 'none of them'} begins; its draws must name each of them"
                )
            draws += [(places[index, name], draw) for name, draw in drawn.items()]
        return draws

    def initialize_all(self, streams: Iterable[np.random.Generator], size: int) -> Array:
        """Return the initial parameters of ``size`` members (P, D), each from the stream that is its own.

        A stream is done with before the next is asked for.
        """
        theta, draws = np.empty((size, self.n_parameters)), self.draws()
        fills = [(place, draw.fill) for place, draw in draws if not isinstance(draw, Constant)]
        for row, rng in zip(theta, streams, strict=True):
            for place, fill in fills:
                fill(rng, row[place])
        for place, draw in draws:
            draw.finish(theta[:, place])
        return theta

    def to_config(self) -> dict[str, Any]:
        """Return the architecture as plain values for JSON."""
        return {
            "inputs": list(self.inputs) if isinstance(self.inputs, tuple) else self.inputs,
            "layers": [to_config(layer) for layer in self.layers],
            "loss": to_config(self.criterion),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Chain:
        """Return the network that ``to_config`` described, or raise ``ConfigurationError``."""
        try:
            layers = [_layer_from_config(layer) for layer in config["layers"]]
            return cls(config["inputs"], layers, from_config("loss", config["loss"], LOSSES))
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ConfigurationError(f"not a network's description: {type(error).__name__} {error}") from None

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def walk(self) -> Iterator[Layer]:
        """Yield every layer, those inside others too, in the order in which they are counted."""
        for layer in self.layers:
            yield from layer.walk()


def _inputs(value: object) -> int | tuple[int, ...]:
    """Return the inputs of a network, checked: a whole number, or the shape of a sample."""
    if not isinstance(value, tuple | list):
        return whole_number(value, "the inputs of a network")
    if not value:
        raise ConfigurationError(
            f"the inputs of a network are a number of features or a shape such as (C, H, W), got {value!r}"
        )
    shape = tuple(whole_number(extent, "each of the inputs, such as (C, H, W),") for extent in value)
    return shape if len(shape) > 1 else shape[0]


def _layer_from_config(config: Mapping[str, Any]) -> Layer:
    fields = {
        key: from_config(key, value, _FIELD_FAMILIES[key]) if key in _FIELD_FAMILIES else value
        for key, value in config.items()
    }
    if "layer" in fields:
        fields["layer"] = _layer_from_config(fields["layer"])
    if "layers" in fields:
        fields["layers"] = [_layer_from_config(layer) for layer in fields["layers"]]
    return from_config("layer", fields, LAYERS)
