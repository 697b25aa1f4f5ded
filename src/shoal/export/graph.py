"""An ONNX graph under construction: nodes, the constants they take, and names that never clash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from shoal._version import __version__
from shoal.errors import ConfigurationError, MissingDependencyError

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError as error:
    raise MissingDependencyError(
        f"exporting to ONNX needs the package onnx, and {error.name} is not installed; "
        "pip install 'shoal[onnx]'"
    ) from None

__all__ = ["FLOAT_TYPES", "ML", "Graph", "TensorProto", "Value", "onnx"]

Value: TypeAlias = "str | npt.NDArray[Any] | np.generic"
"""What a node takes: the name of a tensor, or a constant."""

ML = "ai.onnx.ml"
OPSETS = {"": 15, ML: 2}
"""What runtimes have understood since 2021; nothing newer is needed."""
IR_VERSION = 8

FLOAT_TYPES = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}


class Graph:
    """Collects nodes; ``add`` returns the name of a node's output, which later nodes take.

    ``inputs`` and ``outputs`` are names that nothing inside the graph may have. An output that is called like
    an input, or like an output before it, is given a name like it that is free. Equal constants are stored
    once.

    >>> graph = Graph(["x"], ["twice"])
    >>> graph.input("x", TensorProto.DOUBLE, 1)
    'x'
    >>> graph.output(graph.add("Mul", "x", np.float64(2)), TensorProto.DOUBLE, ("rows", 1))
    >>> [node.op_type for node in graph.model("doubles a number").graph.node]
    ['Mul', 'Identity']
    """

    def __init__(self, inputs: Iterable[str], outputs: Iterable[str] = ()) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._taken = set(inputs)
        self._numbers: dict[str, int] = {}  # up to which all are taken, or else each name would try them all
        self._free = iter([self.unused(name) for name in outputs])
        self._known: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def unused(self, wanted: str) -> str:
        """Return ``wanted``, or the first of wanted_2, wanted_3, … that is free, and reserve it."""
        name, number = wanted, self._numbers.get(wanted, 1)
        while name in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        self._taken.add(name)
        self._numbers[wanted] = number
        return name

    def input(self, name: str, kind: int, *shape: int | str, explanation: str = "") -> str:
        """Declare an input of shape (rows, \\*shape), a free extent by a name, and return its name."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, ["rows", *shape], explanation))
        return name

    def output(self, value: str, kind: int, shape: tuple[str | int, ...]) -> None:
        """Declare the tensor ``value`` the next of the outputs."""
        name = next(self._free)
        self.nodes.append(helper.make_node("Identity", [value], [name], name=self.unused("Identity")))
        self._outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def add(self, op: str, *inputs: Value, domain: str = "", skipped: int = 0, **attributes: Any) -> str:
        """Add a node, and return the name of its first output, or of the one after those that are skipped.

        An input that is left out is the name "".
        """
        names = [value if isinstance(value, str) else self._constant(value) for value in inputs]
        result = self.unused(f"{op}_out")
        outputs = [*("" for _ in range(skipped)), result]
        node = helper.make_node(op, names, outputs, name=self.unused(op), domain=domain, **attributes)
        self.nodes.append(node)
        return result

    def model(self, explanation: str, properties: Mapping[str, str] | None = None) -> onnx.ModelProto:
        """Return the finished model, checked against the ONNX standard."""
        graph = helper.make_graph(self.nodes, "shoal", self._inputs, self._outputs, self.constants)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid(domain, version) for domain, version in OPSETS.items()],
            ir_version=IR_VERSION,
            producer_name="shoal",
            producer_version=__version__,
            doc_string=explanation,
        )
        helper.set_model_props(model, dict(properties or {}))
        onnx.checker.check_model(model, full_check=True)
        return model

    def _constant(self, value: npt.NDArray[Any] | np.generic) -> str:
        array = np.asarray(value)
        known = (array.dtype.str, array.shape, hashlib.sha256(array.tobytes()).digest())
        if known not in self._known:
            self._known[known] = self.unused("constant")
            self.constants.append(numpy_helper.from_array(array, self._known[known]))
        return self._known[known]


def no_form(what: str) -> ConfigurationError:
    """Return the error for something that is not translated to ONNX."""
    return ConfigurationError(
        f"{what} has no ONNX form in shoal.export; use another, or write its form there"
    )
