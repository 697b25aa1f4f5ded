"""Series in a graph as views take them: standardised, with lines over gaps, and where those were."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shoal.data.sequences.preprocessing import SequencePreprocessor
from shoal.export.graph import Graph, TensorProto
from shoal.export.network_graph import INDEX
from shoal.shapes import Array

TIME = np.array([2])
"""The axis of steps of what is (rows, C, T)."""
END = np.iinfo(np.int64).max
"""Where a slice ends that goes to the end."""


@dataclass(frozen=True)
class SeriesInGraph:
    """Names of series ``X`` (rows, C, T) in single precision, 0 beyond their ends, and of ``lengths``.

    Lengths are (rows,); ``steps`` (T,) are the numbers of the steps, from 0.
    """

    X: str
    lengths: str
    steps: str
    channels: int


def add_series(graph: Graph, preprocessor: SequencePreprocessor, shortened: bool = False) -> SeriesInGraph:
    """Declare ``X`` (rows, T, C), NaN for what is missing, and ``lengths`` (rows,); add what views take.

    It is ``shoal.data.sequences.preprocessing.prepared``, operation by operation in double precision: what
    is compared with a number later must not lie on its other side. Where they are ``shortened``, steps at
    the end without any value are none, as estimators take them.
    """
    C, add = len(preprocessor.channels), graph.add
    X = graph.input("X", TensorProto.DOUBLE, "steps", C, explanation="one series to a row, padded behind")
    given = graph.input("lengths", TensorProto.INT32, explanation="the valid steps of each series")
    lengths, x = add("Cast", given, to=TensorProto.INT64), add("Transpose", X, perm=[0, 2, 1])
    steps = add("Range", INDEX.type(0), add("Gather", add("Shape", x), INDEX.type(2)), INDEX.type(1))
    valid = add_valid(graph, steps, lengths)
    known = add("And", add("Not", add("IsNaN", x)), valid)
    if shortened:
        ordinals = add("Where", known, add("Add", steps, INDEX.type(1)), INDEX.type(1))
        lengths = add("ReduceMax", ordinals, axes=[1, 2], keepdims=0)
        valid = add_valid(graph, steps, lengths)
    line, some = _lines(graph, x, known, steps)
    mean, deviation = (np.array(each)[:, None] for each in (preprocessor.mean, preprocessor.deviation))
    with np.errstate(divide="ignore"):
        scale = np.where(deviation == 0, 0.0, 1 / deviation)
    scaled = add("Mul", add("Sub", line, mean), scale)
    there = add("Where", add("And", some, valid), scaled, np.float64(0))
    single = add("Cast", there, to=TensorProto.FLOAT)
    gaps = np.flatnonzero(preprocessor.gaps)
    if len(gaps):
        told = add("Cast", add("Gather", known, gaps, axis=1), to=TensorProto.FLOAT)
        single = add("Concat", single, told, axis=1)
    return SeriesInGraph(single, lengths, steps, C + len(gaps))


def add_valid(graph: Graph, steps: str, lengths: str) -> str:
    """Add which steps (T,) are below so many ``lengths`` (rows,): (rows, 1, T)."""
    return graph.add("Less", steps, graph.add("Unsqueeze", lengths, np.array([1, 2])))


def feeds(series: list[Array]) -> dict[str, npt.NDArray[np.generic]]:
    """Return what the exported model takes for series (C, T_i), ``X`` (N, T, C), padded, and ``lengths``.

    >>> {name: array.shape for name, array in feeds([np.ones((2, 5)), np.ones((2, 3))]).items()}
    {'X': (2, 5, 2), 'lengths': (2,)}
    """
    lengths = np.array([each.shape[1] for each in series], dtype=np.int32)
    X = np.zeros((len(series), int(lengths.max()), len(series[0])))
    for row, each in zip(X, series, strict=True):
        row[: each.shape[1]] = each.T
    return {"X": X, "lengths": lengths}


def _lines(graph: Graph, x: str, known: str, steps: str) -> tuple[str, str]:
    """Add ``filled`` (rows, C, T), lines over gaps, and which channels hold any value (rows, C, 1).

    The r-th known step of a channel is looked up in a table by r, so that a step finds the known ones before
    and behind it by how many there are up to it.
    """
    add = graph.add
    rank = add("CumSum", add("Cast", known, to=TensorProto.INT64), INDEX.type(2))
    total = add("ReduceMax", rank, axes=[2], keepdims=1)
    more = add("Add", add("Shape", steps), INDEX.type(1))
    nothing = add("Pad", add("Sub", rank, rank), add("Concat", np.zeros(5, np.int64), more, axis=0))
    numbers = add("Add", add("Sub", rank, rank), steps)
    places = add(
        "Where", known, rank, add("Add", steps, more)
    )  # what is missing has places behind all others
    table = add("ScatterElements", nothing, places, numbers, axis=2)
    before = add("Min", add("Max", rank, INDEX.type(1)), total)
    behind = add("Min", add("Add", rank, INDEX.type(1)), total)
    start, end = (add("GatherElements", table, each, axis=2) for each in (before, behind))
    values = add("Where", known, x, np.float64(0))
    low, high = (add("GatherElements", values, each, axis=2) for each in (start, end))
    wide = add("Max", add("Sub", end, start), INDEX.type(1))
    slope = add("Div", add("Sub", high, low), add("Cast", wide, to=TensorProto.DOUBLE))
    far = add("Cast", add("Sub", numbers, start), to=TensorProto.DOUBLE)
    line = add("Add", add("Mul", slope, far), low)
    return line, add("Greater", total, INDEX.type(0))
