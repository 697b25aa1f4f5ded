"""Names and constants of an ONNX graph under construction."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError

pytest.importorskip("onnx")

from shoal.export.graph import Graph, TensorProto, no_form
from shoal.export.names import identifier


def test_a_name_that_is_taken_is_numbered() -> None:
    graph = Graph(["x"], ["x", "y"])
    assert [graph.unused("x"), graph.unused("x"), graph.unused("y")] == ["x_3", "x_4", "y_2"]


def test_outputs_like_inputs_have_names_of_their_own() -> None:
    graph = Graph(["x"], ["x"])
    graph.output(graph.input("x", TensorProto.DOUBLE, 1), TensorProto.DOUBLE, ("rows", 1))
    model = graph.model("copies")
    assert [value.name for value in model.graph.output] == ["x_2"]


def test_equal_constants_are_stored_once_and_others_not() -> None:
    graph = Graph(["x"], ["y"])
    x = graph.input("x", TensorProto.DOUBLE, 1)
    for constant in (np.float64(2), np.float64(2), np.float32(2), np.array([2.0]), np.float64(-0.0)):
        graph.add("Mul", x, constant)
    graph.add("Mul", x, np.float64(0.0))  # not −0
    assert len(graph.constants) == 5


@pytest.mark.parametrize(
    ("name", "plain"),
    [("_a1", "_a1"), ("a-b c", "a_b_c"), ("é", "e"), ("__", "__"), ("%", "target"), ("1", "_1"), ("a.", "a")],
)
def test_identifiers(name: str, plain: str) -> None:
    assert identifier(name) == plain


def test_what_has_no_form_says_what_to_do() -> None:
    error = no_form("the layer X")
    assert isinstance(error, ConfigurationError)
    assert str(error).startswith("the layer X has no ONNX form in shoal.export; use another")
