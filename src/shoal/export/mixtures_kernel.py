"""The view by likeness as ONNX: what series are like in a few numbers, and the kernel over training's."""

from __future__ import annotations

import numpy as np
from scipy.fft import dct

from shoal.export.graph import Graph, TensorProto
from shoal.export.mixtures_series import END, TIME, SeriesInGraph, add_valid
from shoal.export.network_graph import INDEX
from shoal.mixtures.descriptions import MOST_CHANNELS, PARTS
from shoal.mixtures.kernel_view import WIDTH, FittedKernel

ZERO = np.float64(0)


def add_scores(graph: Graph, view: FittedKernel, series: SeriesInGraph) -> str:
    """Add the scores (rows, K) of a view: b + Σ_i α_i k(d, d_i), in double precision."""
    add = graph.add
    d = add("Mul", add("Sub", _described(graph, series, view.channels), view.mean), view.scale)
    own = add("ReduceSum", add("Mul", d, d), np.array([1]), keepdims=1)
    product = add("MatMul", d, np.ascontiguousarray(-2 * view.known.T))
    squares = add("Add", add("Add", own, product), np.square(view.known).sum(axis=1))
    share = np.float64(-WIDTH / view.known.shape[1])
    likeness = add("Exp", add("Mul", add("Max", squares, ZERO), share))
    return add("Add", add("MatMul", likeness, view.alpha), view.b)


def _described(graph: Graph, series: SeriesInGraph, channels: int) -> str:
    """Add ``shoal.mixtures.descriptions.described`` of the first channels: (rows, F)."""
    add = graph.add
    first = add("Slice", series.X, np.array([0]), np.array([channels]), np.array([1]))
    cosines = dct(np.eye(channels), axis=0, norm="ortho")[:MOST_CHANNELS]
    u = add("MatMul", cosines, add("Cast", first, to=TensorProto.DOUBLE))
    valid = add_valid(graph, series.steps, series.lengths)
    mean, deviation = _moments(graph, u, valid, series.lengths)
    extremes = [
        add(op, add("Where", valid, u, np.float64(beyond)), axes=[2], keepdims=1)
        for op, beyond in (("ReduceMin", np.inf), ("ReduceMax", -np.inf))
    ]
    later = add("Slice", add("Pad", u, np.array([0, 0, 0, 0, 0, 1])), np.array([1]), np.array([END]), TIME)
    fewer = add("Sub", series.lengths, INDEX.type(1))
    between = add_valid(graph, series.steps, fewer)
    changes = add("Where", between, add("Sub", later, u), ZERO)
    _, of_steps = _moments(graph, changes, between, add("Max", fewer, INDEX.type(1)))
    parts = add("Transpose", _parts(graph, u, series), perm=[0, 2, 1])  # part by part, not channel by channel
    columns = [mean, deviation, *extremes, of_steps]
    length = add("Log", _column(graph, series.lengths))
    return add("Concat", *(add("Flatten", each) for each in (*columns, parts)), length, axis=1)


def _moments(graph: Graph, u: str, valid: str, lengths: str) -> tuple[str, str]:
    """Add the mean and the deviation over valid steps of series (rows, C, T), 0 beyond: both (rows, C, 1)."""
    add = graph.add
    count = add("Unsqueeze", _column(graph, lengths), TIME)
    mean = add("Div", add("ReduceSum", u, TIME, keepdims=1), count)
    centred = add("Where", valid, add("Sub", u, mean), ZERO)
    squares = add("ReduceSum", add("Mul", centred, centred), TIME, keepdims=1)
    return mean, add("Sqrt", add("Div", squares, count))


def _parts(graph: Graph, u: str, series: SeriesInGraph) -> str:
    """Add the means (rows, C, 12) of equal parts: of each step t … t + 1 what lies between a part's ends."""
    add = graph.add
    length = add("Unsqueeze", _column(graph, series.lengths), TIME)
    starts, ends = (
        add("Mul", length, np.arange(first, first + PARTS) / PARTS)
        for first in (0, 1)  # (rows, 1, 12)
    )
    t = add("Unsqueeze", add("Cast", series.steps, to=TensorProto.DOUBLE), np.array([1]))  # (T, 1)
    inside = add("Sub", add("Min", ends, add("Add", t, np.float64(1))), add("Max", starts, t))
    sums = add("MatMul", u, add("Max", inside, ZERO))
    return add("Div", add("Mul", sums, np.float64(PARTS)), length)


def _column(graph: Graph, numbers: str) -> str:
    """Add whole numbers (rows,) as ones to compute with, (rows, 1)."""
    return graph.add("Cast", graph.add("Unsqueeze", numbers, np.array([1])), to=TensorProto.DOUBLE)
