"""What a network of ONNX is given: shapes that are told, steps that are free, and what lies beyond an end."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest

from shoal.export.graph import Graph, TensorProto
from shoal.export.inputs import add_inputs, add_samples, takes_sequences
from shoal.export.network_graph import NetworkGraph
from shoal.layers import GRU, Conv1D, Conv2D, Dense, Embedding, Flatten, GlobalMaxPool1D, LastStep, MaxPool1D
from shoal.populations.network import Network
from shoal.shapes import Array

SINGLE = np.dtype(np.float32)
ROWS = Network(3, [Dense(1)])
IMAGES = Network((2, 3, 4), [Conv2D(1, 2), Flatten(), Dense(1)])
FREE = Network((2, 6), [GRU(3), Dense(1)])
FIXED = Network((2, 6), [Flatten(), Dense(1)])
WORDS = Network(6, [Embedding(9, 2), GRU(3), Dense(1)])
WINDOWS = Network((2, 8), [Conv1D(1, 3, padding="valid"), MaxPool1D(2), LastStep(), Dense(1)])


def shapes(network: Network) -> dict[str, list[Any]]:
    """Return the shapes of the inputs that a graph declares."""
    graph = Graph(["X", "lengths"], ["y"])
    X, lengths = add_inputs(graph, network, SINGLE)
    assert (X, lengths) == ("X", "lengths" if takes_sequences(network) else None)
    graph.output(graph.add("Identity", "X"), TensorProto.FLOAT, ("rows",))
    return {
        each.name: [d.dim_param or d.dim_value for d in each.type.tensor_type.shape.dim]
        for each in graph._inputs
    }


def samples(network: Network, X: Any, lengths: Any = None) -> tuple[Array, Any]:
    """Return what layers are given, and which of its steps count."""
    graph = Graph(["X", "lengths"], ["a", "valid"])
    names = add_inputs(graph, network, SINGLE)
    net = NetworkGraph(graph, SINGLE, {})
    a = add_samples(net, network, *names)
    words = network.layers[0].takes_data
    shape = ("rows", *"abc"[: len(network.input_shape) + words])
    graph.output(a, TensorProto.INT64 if words else TensorProto.FLOAT, shape)
    if lengths is not None:
        graph.output(net.valid(a), TensorProto.BOOL, ("rows", 1, "steps"))
    session = onnxruntime.InferenceSession(
        graph.model("inputs").SerializeToString(), providers=["CPUExecutionProvider"]
    )
    given = {"X": np.array(X, dtype=np.int64 if words else np.float32)}
    if lengths is not None:
        given["lengths"] = np.array(lengths, dtype=np.int32)
    found = session.run(None, given)
    return found[0], found[1][:, 0].tolist() if lengths is not None else None


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (ROWS, {"X": ["rows", 3]}),
        (IMAGES, {"X": ["rows", 24]}),
        (FREE, {"X": ["rows", "steps", 2], "lengths": ["rows"]}),
        (FIXED, {"X": ["rows", 6, 2], "lengths": ["rows"]}),
        (WORDS, {"X": ["rows", "steps"], "lengths": ["rows"]}),
    ],
    ids=["rows", "images", "free", "fixed", "words"],
)
def test_steps_are_free_unless_a_layer_has_parameters_for_each(
    network: Network, expected: dict[str, list[Any]]
) -> None:
    assert shapes(network) == expected


def test_a_network_that_answers_every_step_is_of_as_many() -> None:
    """Its outputs are as many as there are steps, so that another number is another network."""
    assert shapes(Network((2, 6), [Conv1D(1, 3, padding="same"), Flatten()]))["X"] == ["rows", 6, 2]


def test_rows_go_as_they_come_and_images_in_their_shape() -> None:
    X = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(samples(ROWS, X)[0], X)
    X = np.arange(48.0).reshape(2, 24)
    np.testing.assert_array_equal(samples(IMAGES, X)[0], X.reshape(2, 2, 3, 4))


def test_sequences_have_channels_first_and_zeros_beyond_their_ends() -> None:
    X = np.arange(1.0, 13).reshape(2, 3, 2)
    found, valid = samples(FREE, X, [3, 1])
    np.testing.assert_array_equal(found, [[[1, 3, 5], [2, 4, 6]], [[7, 0, 0], [8, 0, 0]]])
    assert valid == [[True, True, True], [True, False, False]]


def test_what_is_no_number_beyond_an_end_is_a_zero() -> None:
    found, _ = samples(FREE, [[[1, 2], [np.nan, np.inf]]], [1])
    np.testing.assert_array_equal(found, [[[1, 0], [2, 0]]])


def test_words_are_one_channel_and_the_zeroth_beyond_their_ends() -> None:
    found, valid = samples(WORDS, [[3, 4, 5], [6, 7, 8]], [2, 3])
    np.testing.assert_array_equal(found, [[[3, 4, 0]], [[6, 7, 8]]])
    assert valid == [[True, True, False], [True, True, True]]


@pytest.mark.parametrize(("steps", "given"), [(1, 4), (3, 4), (4, 4), (7, 7)])
def test_there_are_as_many_steps_as_all_windows_need(steps: int, given: int) -> None:
    """A window of 3 and one of 2 behind it need 4 steps; what is missing is zeros that do not count."""
    X = np.ones((1, steps, 2))
    found, valid = samples(WINDOWS, X, [steps])
    np.testing.assert_array_equal(found, np.tile([1.0] * steps + [0.0] * (given - steps), (1, 2, 1)))
    assert valid == [[True] * steps + [False] * (given - steps)]


def test_pools_over_all_steps_need_one() -> None:
    network = Network((2, 6), [GlobalMaxPool1D(), Dense(1)])
    assert samples(network, np.ones((1, 1, 2)), [1])[0].shape == (1, 2, 1)
