"""A network as ONNX, layer by layer: what every layer's form is given, and what it leaves to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from shoal.export.activations import DType, add_activation
from shoal.export.graph import FLOAT_TYPES, Graph, TensorProto, Value, no_form
from shoal.layers.base import Layer
from shoal.shapes import Array, Shape

Own: TypeAlias = Mapping[str, Array]
"""A layer's parameters of one network, without the axis P."""

Form: TypeAlias = Callable[["NetworkGraph", Any, Own, str, Shape], str]
"""Adds a layer over samples of a shape: (net, layer, own, a, shape), and returns the outputs' name."""

INDEX = np.dtype(np.int64)
"""The dtype of lengths and shapes inside a graph."""


class NetworkGraph:
    """Adds layers to a graph, between which samples stand first: (rows, n), (rows, C, H, W), (rows, C, T).

    ``lengths`` is the name of the sequences' valid steps (rows,), or None where there is no time, or no more.
    Runtimes have much in single precision only, so that a network in float64 is exact to that.
    """

    def __init__(self, graph: Graph, dtype: DType, forms: Mapping[str, Form]) -> None:
        self.graph, self.dtype, self.forms = graph, dtype, forms
        self.lengths: str | None = None
        self._valid: dict[str, str] = {}

    def layer(self, layer: Layer, own: Own, a: str, shape: Shape) -> str:
        """Add a layer over samples ``a`` of that shape; return the name of its outputs."""
        if layer.name not in self.forms:
            raise no_form(f"the layer {layer.name!r}")
        return self.forms[layer.name](self, layer, own, a, shape)

    def activated(self, layer: Any, z: str) -> str:
        """Add the layer's activation of ``z``; steps beyond a sequence's end are zeros again."""
        return self.kept(add_activation(self.graph, layer.g, z, self.dtype))

    def in_single(self, op: str, a: str, *others: Value, **attributes: Any) -> str:
        """Add a node that runtimes have for single precision only, between casts where that is not ours.

        Names among ``others`` stay what they are.
        """
        if self.dtype == np.float32:
            return self.graph.add(op, a, *others, **attributes)
        single = self.graph.add("Cast", a, to=TensorProto.FLOAT)
        exact = (each if isinstance(each, str) else each.astype(np.float32) for each in others)
        result = self.graph.add(op, single, *exact, **attributes)
        return self.graph.add("Cast", result, to=FLOAT_TYPES[self.dtype.name])

    def kept(self, a: str, beyond: float = 0) -> str:
        """Add ``a`` (rows, C, T) with zeros, or another number, beyond the sequences' ends."""
        if self.lengths is None:
            return a
        return self.graph.add("Where", self.valid(a), a, self.dtype.type(beyond))

    def valid(self, a: str) -> str:
        """Add which steps of ``a`` (rows, C, T) are within their sequence: (rows, 1, T)."""
        add, lengths = self.graph.add, str(self.lengths)
        if lengths not in self._valid:
            T = add("Gather", add("Shape", a), INDEX.type(2))
            steps = add("Range", INDEX.type(0), T, INDEX.type(1))
            self._valid[lengths] = add("Less", steps, add("Unsqueeze", lengths, np.array([1, 2])))
        return self._valid[lengths]
