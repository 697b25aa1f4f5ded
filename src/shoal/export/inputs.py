"""What a network of ONNX is given: rows, or sequences of any number of steps beside their lengths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shoal.errors import ConfigurationError
from shoal.export.graph import FLOAT_TYPES, Graph, TensorProto
from shoal.export.network_graph import INDEX, NetworkGraph
from shoal.networks.chain import Chain


def takes_sequences(network: Chain) -> bool:
    """Return whether samples are sequences (C, T), or (T,) of words."""
    return len(network.input_shape) == 2 or network.layers[0].takes_data


def add_inputs(graph: Graph, network: Chain, dtype: np.dtype[np.floating]) -> tuple[str, str | None]:
    """Declare the inputs of a network, and return their names: ``X``, and ``lengths`` of sequences.

    ``X`` is (N, n), one sample to a row; of sequences (N, T, C), as users hold them, or (N, T) of words, with
    as many valid steps of each as ``lengths`` (N,) says. T is free unless a layer has parameters for every
    step.
    """
    kind = FLOAT_TYPES[dtype.name]
    if not takes_sequences(network):
        return graph.input("X", kind, network.n_inputs, explanation="one sample to a row"), None
    *channels, T = network.input_shape
    steps = "steps" if _is_free(network) else T
    if network.layers[0].takes_data:
        X = graph.input("X", TensorProto.INT64, steps, explanation="one sequence of words to a row")
    else:
        X = graph.input("X", kind, steps, *channels, explanation="one sequence to a row, padded behind")
    return X, graph.input("lengths", TensorProto.INT32, explanation="the valid steps of each sequence")


def add_samples(net: NetworkGraph, network: Chain, X: str, lengths: str | None) -> str:
    """Add ``X`` as layers take it, and return its name: (N, \\*input_shape), of sequences (N, C, T).

    What lies beyond a sequence's end is 0, and there are as many steps as the widest window needs.
    """
    add = net.graph.add
    if lengths is None:
        shape = network.input_shape
        return X if len(shape) == 1 else add("Reshape", X, np.array([-1, *shape]))
    net.lengths = add("Cast", lengths, to=TensorProto.INT64)
    if network.layers[0].takes_data:
        a = add("Unsqueeze", X, np.array([1]))
        a = add("Where", net.valid(a), a, INDEX.type(0))
    else:
        a = net.kept(add("Transpose", X, perm=[0, 2, 1]))
    fewest = _fewest_steps(network) if _is_free(network) else 1
    if fewest == 1:
        return a
    there = add("Gather", add("Shape", a), np.array([2]))
    missing = add("Max", add("Sub", INDEX.type(fewest), there), INDEX.type(0))
    padded = add("Pad", a, add("Concat", np.zeros(5, np.int64), missing, axis=0))
    net.lengths = add("Identity", net.lengths)  # of more steps, so that they are looked at again
    return padded


def _is_free(network: Chain) -> bool:
    """Return whether a sequence's steps change neither the parameters nor the outputs."""
    longer = _with_steps(network, network.input_shape[-1] + 1)
    return longer.n_parameters == network.n_parameters and longer.shapes[-1] == network.shapes[-1]


def _fewest_steps(network: Chain) -> int:
    """Return how many steps all windows of the network need."""
    T = network.input_shape[-1]
    return next((steps for steps in range(1, T) if _fits(network, steps)), T)


def _fits(network: Chain, steps: int) -> bool:
    try:
        _with_steps(network, steps)
    except ConfigurationError:
        return False
    return True


def _with_steps(network: Chain, steps: int) -> Chain:
    *channels, _ = network.input_shape
    return replace(network, inputs=(*channels, steps) if channels else steps)
