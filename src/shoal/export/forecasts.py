"""Forecasts as ONNX: windows in their frames, linear maps and networks, and the mixture of them all."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.export.graph import FLOAT_TYPES, Graph, TensorProto, no_form, onnx
from shoal.export.networks import add_link, add_mean, add_population
from shoal.export.weights import stored
from shoal.forecasting.candidates import Learnt
from shoal.forecasting.frames import LARGEST_LOG, SMALLEST, Frame
from shoal.forecasting.linear import LearntMap
from shoal.forecasting.mixture import ForecastMixture
from shoal.forecasting.naive import Repeated
from shoal.forecasting.networks import LearntNetworks
from shoal.forecasting.own import LearntMaps
from shoal.forecasting.panel import Panel
from shoal.forecasting.windows import KnownAhead
from shoal.shapes import Array

DOUBLE = np.dtype(np.float64)


def forecast_model(mixture: ForecastMixture) -> onnx.ModelProto:
    """Return the ONNX model of a mixture of forecasts: a row for each channel of each series.

    Inputs, as ``feeds`` makes them: ``values`` (N, L), the last L values of it, preceded by the first where
    there are fewer; ``channel`` (N,) and ``row`` (N,), which channel that is of its series and of all that
    were fitted, −1 for a stranger; and where columns are known ahead, ``future`` (N, F, h + 1) from the last
    step on. Output ``forecast`` (N, h), in double precision.
    """
    graph = Graph(["values", "channel", "row", "future"], ["forecast"])
    form = _Form(graph, mixture)
    total: str | None = None
    for number, member in enumerate(mixture.members):
        own = mixture.own_weights
        if not mixture.weights[number] and (own is None or not own[:, number].any()):
            continue
        part = graph.add("Mul", form.share(number), form.of(member))
        total = part if total is None else graph.add("Add", total, part)
    assert total is not None
    graph.output(total, TensorProto.DOUBLE, ("rows", mixture.horizon))
    return graph.model(f"forecasts {mixture.horizon} steps from the last {mixture.needs}: {mixture.sentence}")


def feeds(mixture: ForecastMixture, panel: Panel) -> dict[str, npt.NDArray[Any]]:
    """Return what the exported model takes for series: rows for each channel, series by series."""
    contexts = mixture.contexts(panel)
    found: dict[str, npt.NDArray[Any]] = {
        "values": np.ascontiguousarray(contexts.values, dtype=np.float64),
        "channel": contexts.channels.astype(np.int64),
        "row": contexts.rows.astype(np.int64),
    }
    return found if contexts.future is None else {**found, "future": contexts.future.astype(np.float64)}


class _Form:
    """Adds the forecasts (N, h) of members to a graph."""

    def __init__(self, graph: Graph, mixture: ForecastMixture) -> None:
        self.graph, self.mixture, self.horizon = graph, mixture, mixture.horizon
        self.values = graph.input("values", TensorProto.DOUBLE, mixture.needs, explanation="the last values")
        self.channel = graph.input("channel", TensorProto.INT64, explanation="which channel, from 0")
        self.row = graph.input("row", TensorProto.INT64, explanation="which series and channel; −1: none")
        self.future = ""
        if mixture.columns:
            shape = (mixture.columns, mixture.horizon + 1)
            self.future = graph.input("future", TensorProto.DOUBLE, *shape, explanation="columns ahead")
        self.known = graph.add("GreaterOrEqual", self._column(self.row), np.int64(0))
        self.place = graph.add("Max", self.row, np.int64(0))

    def of(self, member: Learnt) -> str:
        """Add what one member forecasts."""
        if isinstance(member, Repeated):
            return self.graph.add(
                "Gather", self._last(self.values, member.season), self._repeated(member.season), axis=1
            )
        if isinstance(member, LearntMap):
            return self._of_map(member, *self._window(member.frame, member.ahead))
        if isinstance(member, LearntMaps):
            return self._of_maps(member)
        if isinstance(member, LearntNetworks):
            return self._of_networks(member)
        raise no_form(f"the forecast {member.name!r}")

    def share(self, number: int) -> str | np.floating[Any]:
        """Add what a member's forecast counts for: a number, or one for each row (N, 1)."""
        shared = np.float64(self.mixture.weights[number])
        if self.mixture.own_weights is None:
            return shared
        own = np.ascontiguousarray(self.mixture.own_weights[:, [number]], dtype=np.float64)
        return self.graph.add("Where", self.known, self.graph.add("Gather", own, self.place, axis=0), shared)

    def _of_map(self, member: LearntMap, X: str, base: str, scale: str) -> str:
        told = self.graph.add("Add", self.graph.add("MatMul", X, member.W.astype(DOUBLE)), member.b)
        return self._back(member.frame, told, base, scale)

    def _of_maps(self, member: LearntMaps) -> str:
        add, frame = self.graph.add, member.shared.frame
        X, base, scale = self._window(frame, member.shared.ahead)
        W = add("Cast", add("Gather", member.W, self.place, axis=0), to=TensorProto.DOUBLE)
        b = add("Cast", add("Gather", member.b, self.place, axis=0), to=TensorProto.DOUBLE)
        product = add("MatMul", add("Unsqueeze", X, np.array([1])), W)
        told = add("Add", add("Squeeze", product, np.array([1])), b)
        own = self._back(frame, told, base, scale)
        return add("Where", self.known, own, self._of_map(member.shared, X, base, scale))

    def _of_networks(self, member: LearntNetworks) -> str:
        X, base, scale = self._window(member.frame, member.ahead)
        members, picks = stored(member.population)
        dtype, network = members.theta.dtype, members.network
        single = self.graph.add("Cast", X, to=TensorProto.FLOAT)  # as networks are given them
        rows = self.graph.add("Cast", single, to=FLOAT_TYPES[dtype.name])
        z = add_link(self.graph, network, add_population(self.graph, members, rows), dtype)
        told = self.graph.add("Cast", z, to=TensorProto.DOUBLE)
        mean = add_mean(self.graph, np.bincount(picks), told, DOUBLE)
        return self._back(member.frame, mean, base, scale)

    def _window(self, frame: Frame, ahead: KnownAhead) -> tuple[str, str, str]:
        """Add the features (N, n), the base (N, h) or (N, 1), and the unit (N, 1) of a window."""
        add = self.graph.add
        x = self._last(self.values, frame.window)
        if frame.transform != "identity":
            function = {"root": "Sqrt", "log": "Log"}[frame.transform]
            x = add(function, add("Max", x, np.float64(frame.floor)))
        level = base = self._last(x, 1)
        if frame.level == "mean":
            level = base = add("ReduceMean", x, axes=[1], keepdims=1)
        elif frame.level == "season":
            season = self._last(x, frame.season)
            level = add("ReduceMean", season, axes=[1], keepdims=1)
            base = add("Gather", season, self._repeated(frame.season), axis=1)
        centred = add("Sub", x, level)
        scale = self._unit(frame, x, centred)
        X = add("Div", centred, scale)
        if self.future:
            moments = (np.array(each, dtype=DOUBLE)[:, None] for each in (ahead.mean, ahead.deviation))
            mean, deviation = moments
            scaled = add("Div", add("Sub", self.future, mean), deviation)
            flat = add("Reshape", scaled, np.array([-1, self.mixture.columns * (self.horizon + 1)]))
            X = add("Concat", X, flat, axis=1)
        return X, base, scale

    def _unit(self, frame: Frame, x: str, centred: str) -> str:
        add = self.graph.add
        if frame.deviation is not None:
            return self._column(add("Gather", np.array(frame.deviation, dtype=DOUBLE), self.channel))
        scale = add("Sqrt", add("ReduceMean", add("Mul", centred, centred), axes=[1], keepdims=1))
        largest = add("ReduceMax", add("Abs", x), axes=[1], keepdims=1)
        flat = add("LessOrEqual", scale, add("Mul", largest, np.float64(SMALLEST)))
        return add("Where", flat, np.float64(1), scale)

    def _back(self, frame: Frame, told: str, base: str, scale: str) -> str:
        """Add the values that forecasts in the units of a frame stand for."""
        add = self.graph.add
        value = add("Add", add("Mul", told, scale), base)
        if frame.transform == "log":
            return add("Exp", add("Min", value, np.float64(LARGEST_LOG)))
        if frame.transform == "root":
            root = add("Max", value, np.float64(0))
            return add("Mul", root, root)
        return value

    def _last(self, values: str, count: int) -> str:
        end = np.array([np.iinfo(np.int64).max])
        return self.graph.add("Slice", values, np.array([-count]), end, np.array([1]))

    def _repeated(self, season: int) -> Array:
        return np.arange(self.horizon) % season

    def _column(self, numbers: str) -> str:
        return self.graph.add("Unsqueeze", numbers, np.array([1]))
