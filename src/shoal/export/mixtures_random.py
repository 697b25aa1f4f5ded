"""Random convolutions as ONNX, with sums in the order of ``shoal.mixtures.random_convolutions``.

So no number that is compared with a bias falls to its other side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np

from shoal.export.graph import Graph, TensorProto
from shoal.export.mixtures_series import END, TIME, SeriesInGraph, add_valid
from shoal.export.network_graph import INDEX
from shoal.mixtures.random_convolutions import KERNELS, TAPS, Dilated
from shoal.mixtures.random_view import FittedRandom
from shoal.shapes import Array

TOGETHER = 4
"""Biases that responses are compared with at a time, which is what makes the largest tensors of the graph."""
NOWHERE = np.float32(-np.inf)
"""A response beyond the end of a series, which no bias is below."""
Key: TypeAlias = tuple[int, int, bytes]


@dataclass(frozen=True)
class _Reader:
    """A part of a draw of a view, with what its features, (84, B) or with means (84, 2B), add to scores."""

    part: Dilated
    means: bool
    W: Array

    @property
    def key(self) -> Key:
        """What responses depend on: where it is the same, they are."""
        return self.part.difference, self.part.dilation, self.part.channels.tobytes()


def add_scores(graph: Graph, views: Sequence[FittedRandom], series: SeriesInGraph) -> list[str]:
    """Add the scores (rows, K) of each view, the mean over its draws, in double precision.

    All views go over the dilations together, so that what several look at is made once and soon forgotten.
    """
    forms, (K,) = _Forms(graph, series), {view.layers[0][1].b.size for view in views}
    groups: dict[Key, list[_Reader]] = {}
    offset = np.zeros(len(views) * K)
    for number, view in enumerate(views):
        own = slice(number * K, (number + 1) * K)
        for convolutions, top in view.layers:
            W = np.zeros((convolutions.features, len(views) * K))
            W[:, own] = top.W / top.deviation[:, None] / len(view.layers)
            offset[own] += top.b / len(view.layers) - top.mean @ W[:, own]
            ends = np.cumsum([part.biases.size * (1 + convolutions.means) for part in convolutions.parts])
            for part, rows in zip(convolutions.parts, np.split(W, ends[:-1]), strict=True):
                by_kernel = rows.reshape(len(KERNELS), -1, rows.shape[1])
                reader = _Reader(part, convolutions.means, by_kernel)
                groups.setdefault(reader.key, []).append(reader)
    total: str | None = None
    for key in sorted(groups):
        scores = forms.scores(groups[key])
        total = scores if total is None else graph.add("Add", total, scores)
    assert total is not None
    all_scores = graph.add("Add", total, offset)
    return [
        graph.add("Gather", all_scores, np.arange(number * K, (number + 1) * K), axis=1)
        for number in range(len(views))
    ]


class _Forms:
    """Adds what kernels make of series to a graph."""

    def __init__(self, graph: Graph, series: SeriesInGraph) -> None:
        self.graph, self.series = graph, series
        self.given = cache(self._given)
        self.padded = cache(self._padded)

    def scores(self, readers: Sequence[_Reader]) -> str:
        """Add what the features of readers of the same responses add to the scores, (rows, views · K)."""
        add, part = self.graph.add, readers[0].part
        response = add("Unsqueeze", self._response(part), TIME)
        _, lengths = self.given(part.difference)
        steps = add("Cast", add("Unsqueeze", lengths, np.array([1, 2])), to=TensorProto.FLOAT)
        features, rows = [], []
        for reader in readers:
            count = reader.part.biases.shape[1]
            for first in range(0, count, TOGETHER):
                biases = reader.part.biases[:, first : first + TOGETHER, None]
                features += self._read(response, biases, steps, reader.means)
                rows.append(reader.W[:, :count][:, first : first + TOGETHER])
                if reader.means:
                    rows.append(reader.W[:, count:][:, first : first + TOGETHER])
        flat = add("Flatten", add("Concat", *features, axis=2))
        W = np.concatenate(rows, axis=1)
        return add("MatMul", add("Cast", flat, to=TensorProto.DOUBLE), W.reshape(-1, W.shape[2]))

    def _read(self, response: str, biases: Array, steps: str, means: bool) -> list[str]:
        """Add the numbers (rows, 84, B) that responses (rows, 84, 1, T) above biases (84, B, 1) say."""
        add, time = self.graph.add, np.array([3])
        above = add("Cast", add("Greater", response, biases), to=TensorProto.FLOAT)
        positive = add("ReduceSum", above, time, keepdims=0)
        share = add("Div", positive, steps)
        if not means:
            return [share]
        height = add("ReduceSum", add("Relu", add("Sub", response, biases)), time, keepdims=0)
        return [share, add("Div", height, add("Max", positive, np.float32(1)))]

    def _response(self, part: Dilated) -> str:
        """Add what the 84 kernels give for the series, (rows, 84, T), and ``NOWHERE`` beyond their ends."""
        add = self.graph.add
        sets, own = np.unique(part.channels, axis=0, return_inverse=True)
        shifted = self._shifted(self._mixed(part, sets), part.dilation)
        total = shifted[0]
        for each in shifted[1:]:
            total = add("Add", total, each)
        taps, which = add("Concat", *shifted, axis=1), own.ravel()
        if len(sets) > 1:
            total = add("Gather", total, which, axis=1)
        three = [add("Gather", taps, places * len(sets) + which, axis=1) for places in np.array(KERNELS).T]
        tripled = add("Mul", add("Add", add("Add", three[0], three[1]), three[2]), np.float32(3))
        _, lengths = self.given(part.difference)
        valid = add_valid(self.graph, self.series.steps, lengths)
        return add("Where", valid, add("Sub", tripled, total), NOWHERE)

    def _mixed(self, part: Dilated, sets: Array) -> str:
        """Add the sums of sets (S, C) of channels, zeros before and behind: (rows, S, T + 8 dilation)."""
        add, nothing = self.graph.add, self.series.channels
        padded, mixed = self.padded(part.difference, part.dilation), ""
        if nothing == 1:
            return padded
        places = np.full((len(sets), int(sets.sum(axis=1).max())), nothing)
        for row, channels in zip(places, sets, strict=True):
            row[: channels.sum()] = np.flatnonzero(channels)
        for column in places.T:
            one = add("Gather", padded, column, axis=1)
            mixed = add("Add", mixed, one) if mixed else one
        return mixed

    def _shifted(self, mixed: str, dilation: int) -> list[str]:
        """Add what each of the nine taps sees, (rows, S, T)."""
        ends = [-(TAPS - 1 - tap) * dilation or END for tap in range(TAPS)]
        return [
            self.graph.add("Slice", mixed, np.array([tap * dilation]), np.array([end]), TIME)
            for tap, end in enumerate(ends)
        ]

    def _padded(self, difference: int, dilation: int) -> str:
        """Add the series with zeros before and behind; of several channels with one more, which is 0."""
        X, _ = self.given(difference)
        around, more = dilation * (TAPS // 2), int(self.series.channels > 1)
        return self.graph.add("Pad", X, np.array([0, 0, around, 0, more, around]))

    def _given(self, difference: int) -> tuple[str, str]:
        """Add the series (rows, C, T), or their steps from one value to the next, and their lengths (rows,).

        A series of one step has a difference, which is 0.
        """
        add, series = self.graph.add, self.series
        if not difference:
            return series.X, series.lengths
        more = add("Pad", series.X, np.array([0, 0, 0, 0, 0, 1]))
        later = add("Slice", more, np.array([1]), np.array([END]), TIME)
        fewer = add("Sub", series.lengths, INDEX.type(1))
        changes = add("Sub", later, series.X)
        valid = add_valid(self.graph, series.steps, fewer)
        return add("Where", valid, changes, np.float32(0)), add("Max", fewer, INDEX.type(1))
