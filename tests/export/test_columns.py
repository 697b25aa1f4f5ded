"""Columns as ONNX, each beside the same by hand: dates by the calendar, texts in any case, ends of pieces."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import pytest

from shoal.data.features.encoders import BooleanEncoder, CategoricalEncoder, DateEncoder, NumericEncoder
from shoal.export import columns
from shoal.export.graph import Graph, TensorProto
from shoal.shapes import Array

NAN = np.nan
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def said(add: Callable[[Graph], Any], feeds: dict[str, Any], kinds: dict[str, int]) -> list[Array]:
    """Return what nodes say of columns, each a list."""
    graph = Graph(list(feeds), ["a", "b"])
    for name in feeds:
        graph.input(name, kinds.get(name, TensorProto.DOUBLE), 1)
    results = add(graph)
    results = results if isinstance(results, tuple) else (results,)
    for result in results:
        graph.output(graph.add("Cast", result, to=TensorProto.DOUBLE), TensorProto.DOUBLE, ("rows", "n"))
    session = onnxruntime.InferenceSession(
        graph.model("columns").SerializeToString(), providers=["CPUExecutionProvider"]
    )
    given = {
        name: np.array(values, dtype=object if kinds.get(name) else np.float64)[:, None]
        for name, values in feeds.items()
    }
    return list(session.run(None, given))


def numeric(name: str, **settings: Any) -> NumericEncoder:
    return NumericEncoder(name, **{"median": 2.0, "scale": 4.0, "indicator": True} | settings)


def test_numbers_and_dates_are_measured_together_and_stay_within_three() -> None:
    x, day = numeric("x"), DateEncoder("d", None, 10.0, 5.0, (), False)
    feeds = {"x": [2.0, 6.0, NAN, 1e308, -1e308], "d": [15.0, NAN, 0.0, -1e300, np.inf]}
    features, missing = said(lambda graph: columns.add_measured(graph, [x, day]), feeds, {})
    bent = 1 / np.sqrt(1 + 1 / 9)  # of r = 1
    two = 2 / np.sqrt(1 + 4 / 9)
    np.testing.assert_allclose(features, [[0, bent], [bent, 0], [0, -two], [3, -3], [-3, 3]], rtol=1e-15)
    np.testing.assert_array_equal(missing, [[0, 0], [0, 1], [1, 0], [0, 0], [0, 0]])


def test_pieces_are_covered_from_end_to_end_less_a_half() -> None:
    encoder = numeric("x", knots=(0.0, 1.0, 5.0))
    given = [-7.0, 0.0, 0.25, 1.0, 3.0, 5.0, 1e300, NAN]  # what is missing is the median, 2
    (found,) = said(lambda graph: columns.add_pieces(graph, encoder), {"x": given}, {})
    covered = [[0, 0], [0, 0], [0.25, 0], [1, 0], [1, 0.5], [1, 1], [1, 1], [1, 0.25]]
    np.testing.assert_array_equal(found, np.array(covered) - 0.5)


def test_waves_are_sines_and_cosines_of_each_frequency() -> None:
    r = np.array([0.0, 0.125, -0.3])
    sines, cosines = said(lambda graph: columns.add_waves(graph, "x", (1.0, 2.0)), {"x": r.tolist()}, {})
    angle = 2 * np.pi * np.outer(r, [1, 2])
    np.testing.assert_allclose(sines, np.sin(angle), atol=1e-15)
    np.testing.assert_allclose(cosines, np.cos(angle), atol=1e-15)


def test_truth_is_told_in_any_case_and_anything_else_is_the_commoner() -> None:
    a, b = BooleanEncoder("a", True, True), BooleanEncoder("b", False, False)
    texts = ["True", "yEs", "t", "Y", "1", "FALSE", "no", "f", "N", "0", "", "2", "maybe"]
    truths = [1] * 5 + [0] * 5
    kinds = {"a": TensorProto.STRING, "b": TensorProto.STRING}
    features, missing = said(
        lambda graph: columns.add_booleans(graph, [a, b]), {"a": texts, "b": texts}, kinds
    )
    np.testing.assert_array_equal(features[:, 0], [*truths, 1, 1, 1])
    np.testing.assert_array_equal(features[:, 1], [*truths, 0, 0, 0])
    np.testing.assert_array_equal(missing, np.repeat([[0, 0], [1, 1]], [10, 3], axis=0))


@pytest.mark.parametrize(
    ("other", "indicator", "expected"),
    [
        (True, True, [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1]]),
        (True, False, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]),
        (False, True, [[1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1], [0, 0, 1]]),
        (False, False, [[1, 0], [0, 1], [0, 0], [0, 0], [0, 0]]),
    ],
)
def test_a_category_is_its_level_or_other_or_missing(other: bool, indicator: bool, expected: Any) -> None:
    encoder = CategoricalEncoder("c", ("green", "red"), other, indicator)
    texts = ["green", "red", "blue", "", "NA"]
    (found,) = said(
        lambda graph: columns.add_categories(graph, encoder), {"c": texts}, {"c": TensorProto.STRING}
    )
    np.testing.assert_array_equal(found, expected)


def test_a_level_that_is_called_like_what_is_missing_is_a_level() -> None:
    encoder = CategoricalEncoder("c", ("NA",), True, True)
    (found,) = said(
        lambda graph: columns.add_categories(graph, encoder), {"c": ["NA", ""]}, {"c": TensorProto.STRING}
    )
    np.testing.assert_array_equal(found, [[1, 0, 0], [0, 0, 1]])


def test_the_calendar_is_known_for_centuries_before_and_after_1970() -> None:
    """Leap days, centuries without one, and the first and last days of months and years."""
    moments = [
        datetime.datetime(year, month, day, hour, tzinfo=datetime.UTC)
        for year in (1600, 1700, 1899, 1900, 1969, 1970, 1999, 2000, 2024, 2100, 2400)
        for month, day in [
            (1, 1),
            (2, 28),
            (3, 1),
            (4, 30),
            (12, 31),
            *([(2, 29)] if year % 400 == 0 else []),
        ]
        for hour in (0, 6, 23)
    ]
    days = [(moment - EPOCH) / datetime.timedelta(days=1) for moment in moments]
    encoder = DateEncoder("d", None, 0.0, 1.0, ("month", "weekday", "hour"), True)
    (found,) = said(lambda graph: columns.add_circles(graph, encoder), {"d": [*days, NAN]}, {})
    gone = [[(m.month - 1) / 12, m.weekday() / 7, m.hour / 24] for m in moments]
    angles = 2 * np.pi * np.array(gone)
    np.testing.assert_allclose(found[:-1, ::2], np.sin(angles), atol=1e-9)
    np.testing.assert_allclose(found[:-1, 1::2], np.cos(angles), atol=1e-9)
    np.testing.assert_array_equal(found[-1], np.zeros(6))  # of what is missing there is no angle


def test_circles_come_in_the_order_of_the_encoder() -> None:
    encoder = DateEncoder("d", None, 0.0, 1.0, ("hour",), False)
    (found,) = said(lambda graph: columns.add_circles(graph, encoder), {"d": [0.25]}, {})
    np.testing.assert_allclose(found, [[1, 0]], atol=1e-15)
