"""Columns of a table as SQL: what each of ``shoal.data.features.encoders`` does, an expression a feature."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from shoal.data.cells.values import FALSE_TEXTS, LARGEST, TRUE_TEXTS
from shoal.data.features.encoders import (
    BooleanEncoder,
    CategoricalEncoder,
    ColumnEncoder,
    DateEncoder,
    NumericEncoder,
)
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.data.frames import MISSING_TEXTS
from shoal.export.sql.text import QueryTables, literal, name, number, trimmed

TWO_PI = 6.283185307179586
FURTHEST = 1e100
"""Scaled numbers go no further, as in ``shoal.data.features.scales.squash``."""
_CODE = re.compile(r"-?\d+(\.\d*[1-9])?")
"""A level that is a number, as shoal writes it."""
MONTHS = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
"""Days of a year before each month, but for the leap day."""


def prepare(preprocessor: TablePreprocessor, tables: QueryTables, source: str) -> list[str]:
    """Write the tables that make the features of the rows of ``source``; return the columns of ``x``.

    ``read`` has the values of each column, NULL where one is missing, ``bounded`` and ``scaled`` the numbers
    and dates as a network takes them.
    """
    encoders = list(enumerate(preprocessor.encoders))
    read = [(f"c{k}", READINGS[encoder.name](encoder, _column(encoder))) for k, encoder in encoders]
    tables.add("read", source, read)
    measured = [(k, encoder) for k, encoder in encoders if isinstance(encoder, NumericEncoder | DateEncoder)]
    kept = [(f"c{k}", f"c{k}") for k, _ in encoders]
    tables.add("bounded", "read", [*kept, *((f"r{k}", _bounded(f"c{k}", e)) for k, e in measured)])
    squashed = [(f"s{k}", f"r{k} / sqrt(1e+00 + (r{k} / 3e+00) * (r{k} / 3e+00))") for k, _ in measured]
    tables.add("scaled", "bounded", [*kept, *squashed])
    formulas = [
        formula for k, encoder in encoders for formula in FEATURES[encoder.name](encoder, f"c{k}", f"s{k}")
    ]
    columns = [f"x{j}" for j in range(len(formulas))]
    tables.add("x", "scaled", list(zip(columns, formulas, strict=True)))
    return columns


def explained(preprocessor: TablePreprocessor) -> list[str]:
    """Return what each column is to hold, for whoever has the table: a line for each."""
    return [
        f"  {json.dumps(encoder.column, ensure_ascii=False)}: {EXPLANATIONS[encoder.name]}"
        for encoder in preprocessor.encoders
    ]


def _column(encoder: ColumnEncoder) -> str:
    return f"source.{name(encoder.column)}"


def _number(encoder: Any, column: str) -> str:
    """Return a number, NULL also for what is none in some databases (NaN, which is above all numbers)."""
    x = f"CAST({column} AS DOUBLE)"
    return f"CASE WHEN {x} >= {number(-LARGEST)} AND {x} <= {number(LARGEST)} THEN {x} END"


def _text(column: str) -> str:
    """Return the text of a value without blanks around it, NULL where it says that there is none."""
    text = trimmed(column)
    return f"CASE WHEN {text} NOT IN ({', '.join(map(literal, MISSING_TEXTS))}) THEN {text} END"


def _truth(encoder: Any, column: str) -> str:
    text = f"LOWER({trimmed(column)})"
    yes, no = ((*TRUE_TEXTS, "1", "1.0"), (*FALSE_TEXTS, "0", "0.0"))
    return (
        f"CASE WHEN {text} IN ({', '.join(map(literal, yes))}) THEN 1e+00 "
        f"WHEN {text} IN ({', '.join(map(literal, no))}) THEN 0e+00 END"
    )


def _category(encoder: Any, column: str) -> str:
    """Return a category; codes that a database keeps as 5.0 are 5, as they are to ``shoal fit``."""
    text = _text(column)
    if not all(_CODE.fullmatch(level) for level in encoder.levels):
        return text
    plain = trimmed(column)
    return f"CASE WHEN {plain} LIKE '%.0' THEN SUBSTR({plain}, 1, LENGTH({plain}) - 2) ELSE {text} END"


def _days(encoder: Any, column: str) -> str:
    """Return days since 1970-01-01 of a date, a moment, or their texts in ISO 8601, by their digits.

    Databases have other functions for it each, and all of them write a date like this. A month alone is its
    first day, and what tells a zone is turned to UTC.
    """
    text = trimmed(column)
    local, ahead = _without_zone(text)

    def digits(of: str, first: int, count: int) -> str:
        return f"CAST(SUBSTR({of}, {first}, {count}) AS DOUBLE)"

    def gone(first: int, count: int, seconds: float) -> str:
        there = f"LENGTH({local}) >= {first + min(count, 2) - 1}"
        return (
            f"CASE WHEN {there} THEN {digits(local, first, count)} / {number(86400 / seconds)} ELSE 0e+00 END"
        )

    year, month = digits(text, 1, 4), digits(text, 6, 2)
    day = f"(CASE WHEN LENGTH({text}) > 7 THEN {digits(text, 9, 2)} ELSE 1e+00 END)"
    of_4, of_100, of_400 = (f"{_remainder(year, n)} = 0e+00" for n in (4, 100, 400))
    leaps = f"{month} > 2e+00 AND {of_4} AND (NOT {of_100} OR {of_400})"
    leap = f"(CASE WHEN {leaps} THEN 1e+00 ELSE 0e+00 END)"
    before = " ".join(f"WHEN {month} = {number(k + 1)} THEN {number(days)}" for k, days in enumerate(MONTHS))
    past = f"({year} - 1e+00)"
    whole = (
        f"3.65e+02 * {past} + FLOOR({past} / 4e+00) - FLOOR({past} / 1e+02) + FLOOR({past} / 4e+02) + "
        f"(CASE {before} END) + {leap} + {day} - {number(719163)}"
    )
    time = " + ".join([gone(12, 2, 3600), gone(15, 2, 60), gone(18, 9, 1)])
    is_date = f"{text} LIKE '____-__' OR {text} LIKE '____-__-__%'"
    return f"CASE WHEN {is_date} THEN {whole} + {time} - {ahead} END"


def _without_zone(text: str) -> tuple[str, str]:
    """Return a moment without its zone, Z or as in +05:45, and how many days that is ahead of UTC."""
    time = f"SUBSTR({text}, 11)"  # behind the date, whose hyphens are no signs

    def end(first: int, count: int) -> str:
        return f"CAST(SUBSTR({text}, LENGTH({text}) - {first - 1}, {count}) AS DOUBLE)"

    lengths, ahead = [f"WHEN {time} LIKE '%Z' THEN 1"], list[str]()
    for zone, minutes in (("__:__", end(2, 2)), ("____", end(2, 2)), ("__", "0e+00")):
        for sign, mark in (("", "+"), ("-", "-")):
            told = f"WHEN {time} LIKE '%{mark}{zone}' THEN"
            lengths.append(f"{told} {len(zone) + 1}")
            ahead.append(f"{told} {sign}({end(len(zone), 2)} / 2.4e+01 + {minutes} / 1.44e+03)")
    local = f"SUBSTR({text}, 1, LENGTH({text}) - (CASE {' '.join(lengths)} ELSE 0 END))"
    return local, f"(CASE {' '.join(ahead)} ELSE 0e+00 END)"


def _bounded(c: str, encoder: Any) -> str:
    median, scale = float(encoder.median), float(encoder.scale)
    d, furthest = f"(COALESCE({c}, {number(median)}) - {number(median)})", min(FURTHEST * scale, 1e300)
    return (
        f"CASE WHEN {d} > {number(furthest)} THEN {number(FURTHEST)} "
        f"WHEN {d} < {number(-furthest)} THEN {number(-FURTHEST)} ELSE {d} / {number(scale)} END"
    )


def _of_number(encoder: Any, c: str, s: str) -> list[str]:
    known = f"COALESCE({c}, {number(float(encoder.median))})"
    pieces = [
        f"CASE WHEN {known} <= {number(low)} THEN {number(-0.5)} WHEN {known} >= {number(high)} THEN 5e-01 "
        f"ELSE ({known} - {number(low)}) / {number(high - low)} - 5e-01 END"
        for low, high in pairwise(encoder.knots)
    ]
    waves = [f"{wave}({number(TWO_PI * f)} * {s})" for f in encoder.waves for wave in ("sin", "cos")]
    return [s, *pieces, *waves, *_missing(encoder, c)]


def _of_truth(encoder: Any, c: str, s: str) -> list[str]:
    return [f"COALESCE({c}, {number(float(encoder.commoner))})", *_missing(encoder, c)]


def _of_category(encoder: Any, c: str, s: str) -> list[str]:
    levels = [f"CASE WHEN {c} = {literal(level)} THEN 1e+00 ELSE 0e+00 END" for level in encoder.levels]
    rest = "1e+00 ELSE 0e+00 END"
    if encoder.other and encoder.levels:
        listed = ", ".join(map(literal, encoder.levels))
        levels.append(f"CASE WHEN {c} IS NOT NULL AND {c} NOT IN ({listed}) THEN {rest}")
    elif encoder.other:
        levels.append(f"CASE WHEN {c} IS NOT NULL THEN {rest}")
    return [*levels, *_missing(encoder, c)]


def _of_date(encoder: Any, c: str, s: str) -> list[str]:
    features = [s]
    for circle in encoder.circles:
        angle = f"{number(TWO_PI)} * {CIRCLES[circle](c)}"
        features += [f"CASE WHEN {c} IS NULL THEN 0e+00 ELSE {wave}({angle}) END" for wave in ("sin", "cos")]
    return [*features, *_missing(encoder, c)]


def _missing(encoder: Any, c: str) -> list[str]:
    return [f"CASE WHEN {c} IS NULL THEN 1e+00 ELSE 0e+00 END"] if encoder.indicator else []


def _remainder(x: str, n: float) -> str:
    return f"(({x}) - {number(n)} * FLOOR(({x}) / {number(n)}))"


def _month(days: str) -> str:
    """Return the months since January, over 12; years begin with March here, so that a leap day comes last.

    Source: Hinnant 2013, "chrono-compatible low-level date algorithms".
    """
    day = _remainder(f"FLOOR({days}) + 719468e+00", 146097)
    year = (
        f"FLOOR(({day} - FLOOR({day} / 1.46e+03) + FLOOR({day} / 3.6524e+04) - FLOOR({day} / 1.46096e+05)) "
        "/ 3.65e+02)"
    )
    of_year = f"({day} - (3.65e+02 * {year} + FLOOR({year} / 4e+00) - FLOOR({year} / 1e+02)))"
    return f"{_remainder(f'FLOOR((5e+00 * {of_year} + 2e+00) / 1.53e+02) + 2e+00', 12)} / 1.2e+01"


CIRCLES: dict[str, Callable[[str], str]] = {
    "month": _month,
    "weekday": lambda days: f"{_remainder(f'FLOOR({days}) + 3e+00', 7)} / 7e+00",  # 1970-01-01: a Thursday
    "hour": lambda days: f"({days} - FLOOR({days}))",
}
READINGS: dict[str, Callable[[Any, str], str]] = {
    NumericEncoder.name: _number,
    BooleanEncoder.name: _truth,
    CategoricalEncoder.name: _category,
    DateEncoder.name: _days,
}
FEATURES: dict[str, Callable[[Any, str, str], list[str]]] = {
    NumericEncoder.name: _of_number,
    BooleanEncoder.name: _of_truth,
    CategoricalEncoder.name: _of_category,
    DateEncoder.name: _of_date,
}
EXPLANATIONS = {
    NumericEncoder.name: "numbers",
    BooleanEncoder.name: "truth values, or 1 and 0, or texts such as yes and no",
    CategoricalEncoder.name: "texts or codes",
    DateEncoder.name: "dates or moments, or their texts as in 2026-01-31 12:30:00, or 2026-01",
}
