"""Columns of a table as ONNX: what each of ``shoal.data.features.encoders`` does, node by node, in double."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from shoal.data.cells.values import FALSE_TEXTS, TRUE_TEXTS
from shoal.data.features.encoders import BooleanEncoder, CategoricalEncoder, DateEncoder, NumericEncoder
from shoal.data.frames import MISSING_TEXTS
from shoal.export.graph import ML, Graph, TensorProto

KINDS = {
    "numeric": TensorProto.DOUBLE,
    "date": TensorProto.DOUBLE,
    "boolean": TensorProto.STRING,
    "categorical": TensorProto.STRING,
}
EXPLANATIONS = {
    "numeric": "a number, NaN where it is missing",
    "date": "days since 1970-01-01, the time of day as their fraction; NaN where it is missing",
    "boolean": "true/false, yes/no, t/f, y/n or 1/0 in any case; anything else is missing",
    "categorical": "a text without blanks around it, empty where it is missing",
}


def add_measured(graph: Graph, encoders: Sequence[NumericEncoder | DateEncoder]) -> tuple[str, str]:
    """Add ``r = (x − median) / scale`` and ``r / √(1 + (r/3)²)`` for k columns at once.

    Returns the features (N, k), and which values are missing (N, k), for which r is 0.
    """
    median = np.array([float(encoder.median) for encoder in encoders])
    scale = np.array([float(encoder.scale) for encoder in encoders])
    x = graph.add("Concat", *(encoder.column for encoder in encoders), axis=1)
    missing = graph.add("IsNaN", x)
    known = graph.add("Where", missing, median, x)
    r = graph.add("Div", graph.add("Sub", known, median), scale)
    bounded = graph.add("Clip", r, np.float64(-1e100), np.float64(1e100))
    third = graph.add("Div", bounded, np.float64(3))
    one_more = graph.add("Add", graph.add("Mul", third, third), np.float64(1))
    return graph.add("Div", bounded, graph.add("Sqrt", one_more)), missing


def add_pieces(graph: Graph, encoder: NumericEncoder) -> str:
    """Add how much of each piece between its knots a number has covered, less ½: (N, T)."""
    low, high = np.array(encoder.knots[:-1]), np.array(encoder.knots[1:])
    missing = graph.add("IsNaN", encoder.column)
    known = graph.add("Where", missing, np.float64(encoder.median), encoder.column)
    covered = graph.add("Div", graph.add("Sub", known, low), high - low)
    return graph.add("Sub", graph.add("Clip", covered, np.float64(0), np.float64(1)), np.float64(0.5))


def add_waves(graph: Graph, r: str, waves: Sequence[float]) -> tuple[str, str]:
    """Add ``sin 2πfr`` and ``cos 2πfr`` of a scaled number r (N, 1) for every frequency f: (N, F) each."""
    angle = graph.add("Mul", r, 2 * np.pi * np.array(waves))
    return _sine_and_cosine(graph, angle)


def _sine_and_cosine(graph: Graph, angle: str) -> tuple[str, str]:
    """Add both of an angle, the cosine as the sine of a quarter more.

    ONNX Runtime has the sine of doubles, and has had their cosine since version 1.29 alone.
    """
    return graph.add("Sin", angle), graph.add("Sin", graph.add("Add", angle, np.float64(np.pi / 2)))


def add_booleans(graph: Graph, encoders: Sequence[BooleanEncoder]) -> tuple[str, str]:
    """Add 1 for true and 0 for false, the commoner of both where missing, for k columns at once.

    Returns the features (N, k), and which values are missing (N, k).
    """
    codes = {text: int(text in (*TRUE_TEXTS, "1")) for text in (*TRUE_TEXTS, *FALSE_TEXTS, "1", "0")}
    in_any_case = {way: code for text, code in codes.items() for way in _cases(text)}
    texts = graph.add("Concat", *(encoder.column for encoder in encoders), axis=1)
    code = _add_codes(graph, texts, in_any_case, otherwise=-1)
    missing = graph.add("Equal", code, np.int64(-1))
    commoner = np.array([float(encoder.commoner) for encoder in encoders])
    truth = graph.add("Where", missing, commoner, graph.add("Cast", code, to=TensorProto.DOUBLE))
    return truth, missing


def add_categories(graph: Graph, encoder: CategoricalEncoder) -> str:
    """Add a feature for each level, *other* and *missing* where the encoder has them: (N, n_c)."""
    n_levels = len(encoder.levels)
    numbers = dict.fromkeys(MISSING_TEXTS, -1) | {level: k for k, level in enumerate(encoder.levels)}
    features = [*range(n_levels + encoder.other), *([-1] if encoder.indicator else [])]
    code = _add_codes(graph, encoder.column, numbers, otherwise=n_levels)
    return graph.add("Cast", graph.add("Equal", code, np.array(features)), to=TensorProto.DOUBLE)


def add_circles(graph: Graph, encoder: DateEncoder) -> str:
    """Add ``sin 2πc`` and ``cos 2πc`` for every circle c of a date, 0 where it is missing: (N, 2 circles)."""
    day = encoder.column
    missing = graph.add("IsNaN", day)
    known = graph.add("Where", missing, np.float64(encoder.median), day)
    waves: list[str] = []
    for name in encoder.circles:
        angle = graph.add("Mul", CIRCLES[name](graph, known), np.float64(2 * np.pi))
        waves += _sine_and_cosine(graph, angle)
    return graph.add("Where", missing, np.float64(0), graph.add("Concat", *waves, axis=1))


def _month(graph: Graph, days: str) -> str:
    """Add the months since January, over 12, from days since 1970-01-01.

    In years that begin with March every leap day comes last, so that months begin at fixed days:
    the m-th contains day d of its year where m = ⌊(5 d + 2) / 153⌋. Four hundred years have 146097 days.
    Source: Hinnant 2013, "chrono-compatible low-level date algorithms", civil_from_days.
    """
    shifted = graph.add("Add", graph.add("Floor", days), np.float64(719468))  # days since 0000-03-01
    day = _remainder(graph, shifted, 146097)
    leaps = graph.add(
        "Sub",
        graph.add("Add", graph.add("Sub", day, _quotient(graph, day, 1460)), _quotient(graph, day, 36524)),
        _quotient(graph, day, 146096),
    )
    year = _quotient(graph, leaps, 365)
    before = graph.add(
        "Sub",
        graph.add("Add", graph.add("Mul", year, np.float64(365)), _quotient(graph, year, 4)),
        _quotient(graph, year, 100),
    )
    five = graph.add("Mul", graph.add("Sub", day, before), np.float64(5))
    since_march = _quotient(graph, graph.add("Add", five, np.float64(2)), 153)
    month = _remainder(graph, graph.add("Add", since_march, np.float64(2)), 12)
    return graph.add("Div", month, np.float64(12))


def _weekday(graph: Graph, days: str) -> str:
    shifted = graph.add("Add", graph.add("Floor", days), np.float64(3))
    return graph.add("Div", _remainder(graph, shifted, 7), np.float64(7))


def _hour(graph: Graph, days: str) -> str:
    return graph.add("Sub", days, graph.add("Floor", days))


CIRCLES: dict[str, Callable[[Graph, str], str]] = {"month": _month, "weekday": _weekday, "hour": _hour}


def _quotient(graph: Graph, x: str, divisor: int) -> str:
    return graph.add("Floor", graph.add("Div", x, np.float64(divisor)))


def _remainder(graph: Graph, x: str, divisor: int) -> str:
    whole = graph.add("Mul", _quotient(graph, x, divisor), np.float64(divisor))
    return graph.add("Sub", x, whole)


def _add_codes(graph: Graph, texts: str, codes: dict[str, int], otherwise: int) -> str:
    return graph.add(
        "LabelEncoder",
        texts,
        domain=ML,
        keys_strings=list(codes),
        values_int64s=list(codes.values()),
        default_int64=otherwise,
    )


def _cases(text: str) -> set[str]:
    """Return a text in every mixture of small and capital letters, which ONNX has no function for."""
    return {"".join(letters) for letters in itertools.product(*({c, c.upper()} for c in text))}
