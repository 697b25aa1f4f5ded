"""Columns of a table as C99: what each of ``shoal.data.features.encoders`` does, a statement a feature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shoal.data.features.encoders import (
    BooleanEncoder,
    CategoricalEncoder,
    ColumnEncoder,
    DateEncoder,
    NumericEncoder,
)
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.export.c.functions import Functions
from shoal.export.c.text import number, told

TWO_PI = "6.283185307179586"


def prepare(preprocessor: TablePreprocessor, functions: Functions) -> list[str]:
    """Return the statements that make the features ``x`` of the network of the numbers ``in`` of a row."""
    statements, first = [], 0
    for place, encoder in enumerate(preprocessor.encoders):
        features = FORMS[encoder.name](encoder, f"in[{place}]", functions)
        statements += [f"x[{first + k}] = (real)({feature});" for k, feature in enumerate(features)]
        first += len(features)
    return statements


def explained(preprocessor: TablePreprocessor) -> list[str]:
    """Return what each number of a row is, for whoever calls the model: a line for each column."""
    return [
        f"{place}  {told(encoder.column)}: {EXPLANATIONS[encoder.name](encoder)}"
        for place, encoder in enumerate(preprocessor.encoders)
    ]


def _numeric(encoder: Any, x: str, functions: Functions) -> list[str]:
    median = number(float(encoder.median))
    r = f"{functions.need('scaled')}({x}, {median}, {number(float(encoder.scale))})"
    known = f"isnan({x}) ? {median} : {x}"
    pieces = [
        f"{functions.need('covered')}({known}, {number(low)}, {number(high)})"
        for low, high in zip(encoder.knots, encoder.knots[1:], strict=False)
    ]
    waves = [f"{wave}({TWO_PI} * {number(f)} * {r})" for f in encoder.waves for wave in ("sin", "cos")]
    return [r, *pieces, *waves, *_missing(encoder, x)]


def _boolean(encoder: Any, x: str, functions: Functions) -> list[str]:
    return [f"isnan({x}) ? {number(float(encoder.commoner))} : {x} != 0.0", *_missing(encoder, x)]


def _categorical(encoder: Any, x: str, functions: Functions) -> list[str]:
    n_levels = len(encoder.levels)
    levels = [f"{x} == {number(float(k))}" for k in range(n_levels)]
    known = " || ".join([f"isnan({x})", *levels])
    return [*levels, *([f"!({known})"] if encoder.other else []), *_missing(encoder, x)]


def _date(encoder: Any, x: str, functions: Functions) -> list[str]:
    median = number(float(encoder.median))
    features = [f"{functions.need('scaled')}({x}, {median}, {number(float(encoder.scale))})"]
    for name in encoder.circles:
        circle = f"{functions.need(name)}({x})"
        features += [f"isnan({x}) ? 0.0 : {wave}({TWO_PI} * {circle})" for wave in ("sin", "cos")]
    return [*features, *_missing(encoder, x)]


def _missing(encoder: Any, x: str) -> list[str]:
    return [f"isnan({x}) != 0"] if encoder.indicator else []


FORMS: dict[str, Callable[[Any, str, Functions], list[str]]] = {
    NumericEncoder.name: _numeric,
    BooleanEncoder.name: _boolean,
    CategoricalEncoder.name: _categorical,
    DateEncoder.name: _date,
}


def _levels(encoder: Any) -> str:
    codes = ", ".join(f"{k} {told(level)}" for k, level in enumerate(encoder.levels))
    return f"{codes}; -1 any other, NAN where it is missing"


EXPLANATIONS: dict[str, Callable[[ColumnEncoder], str]] = {
    NumericEncoder.name: lambda encoder: "a number, NAN where it is missing",
    BooleanEncoder.name: lambda encoder: "1 yes, 0 no, NAN where it is missing",
    CategoricalEncoder.name: _levels,
    DateEncoder.name: lambda encoder: (
        "days since 1970-01-01, the time of day as their fraction; NAN where it is missing"
    ),
}
