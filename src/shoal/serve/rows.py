"""What a request asks: rows of named values, checked one by one and put into columns."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from shoal.data.cells.notation import NOTHING_KNOWN, Known
from shoal.data.cells.remembered import as_fitted, require_signs
from shoal.data.features.encoders import ColumnEncoder, NumericEncoder
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.data.frames import as_frame, as_series
from shoal.errors import DataError
from shoal.schema import MismatchError, described, parse_json

MOST_ROWS = 10_000
"""Of one request; whoever has more of them has ``shoal predict``."""
KNOWN = ("rows", "interval")
Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """Rows to predict, and how many of all values intervals are to hold, if any are asked for."""

    rows: Sequence[Row]
    interval: float | None = None
    types: tuple[type, ...] | None = ()
    """Of the values of each column; None where they are several, or texts of numbers, which are read by what
    stands beside them: then nothing of others may."""


class FieldError(DataError):
    """A request that cannot be answered; ``field`` names what is wrong with it."""

    def __init__(self, sentence: str, field: str) -> None:
        super().__init__(sentence)
        self.field = field


def read_request(body: bytes, preprocessor: TablePreprocessor) -> Request:
    """Return what a body of JSON asks: ``{"rows": [{"COLUMN": value, …}, …], "interval": 0.9}``.

    Raises ``FieldError`` for anything else, for columns that a row lacks or the model does not know, and for
    values that are no number, text, truth value or null.
    """
    try:
        said = parse_json(body)
    except MismatchError as mismatch:
        raise FieldError(f"the body cannot be read: {mismatch}; send JSON", "") from None
    if not isinstance(said, dict) or not set(said) <= set(KNOWN) or "rows" not in said:
        raise FieldError('the body must be {"rows": [{"COLUMN": value, …}, …]}, with "interval" at most', "")
    rows, interval = said["rows"], said.get("interval")
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_ROWS:
        count = f"{len(rows):,} rows" if isinstance(rows, list) else described(rows)
        raise FieldError(f"rows must be a list of 1 to {MOST_ROWS:,} rows, got {count}", "rows")
    if interval is not None and not (type(interval) is float and 0 < interval < 1):
        raise FieldError(f"interval must be a number between 0 and 1, got {described(interval)}", "interval")
    wanted = [encoder.column for encoder in preprocessor.encoders]
    known = {*wanted, preprocessor.target, *preprocessor.dropped, *(c.name for c in preprocessor.columns)}
    for number, row in enumerate(rows):
        _require_row(row, number, wanted, known)
    return Request(rows, interval, _types(rows, preprocessor.encoders, preprocessor.known))


def _types(rows: Sequence[Row], encoders: Sequence[ColumnEncoder], known: Known) -> tuple[type, ...] | None:
    found: list[type] = []
    for encoder in encoders:
        types = {type(row[encoder.column]) for row in rows} - {type(None)} or {type(None)}
        numeric = isinstance(encoder, NumericEncoder)
        if numeric and types <= {int, float}:
            types = {float}
        if len(types) > 1 or (types == {str} and (numeric or encoder.column in known.of)):
            return None
        found += types
    return tuple(found)


def _require_row(row: Any, number: int, wanted: Sequence[str], known: set[str]) -> None:
    if not isinstance(row, dict):
        raise FieldError(f"row {number} of rows is {described(row)}, expected an object", "rows")
    for name in wanted:
        if name not in row:
            raise FieldError(f"row {number} lacks the column {name!r}; give null where it is missing", name)
    for name, value in row.items():
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), 1)
            hint = f"; did you mean {near[0]!r}?" if near else "; leave it out"
            raise FieldError(
                f"row {number} has the column {name!r}, which the model does not know{hint}", name
            )
        if not isinstance(value, str | int | float | bool | None):
            what = described(value)
            raise FieldError(
                f"{name!r} of row {number} is {what}, expected a number, a text, true, false or null", name
            )


def columns(
    rows: Sequence[Row], encoders: Sequence[ColumnEncoder], known: Known = NOTHING_KNOWN
) -> dict[str, list[Any]]:
    """Return rows as columns, each of one type: numbers, truth values, or texts where there is any.

    Texts are read as those of a file are by a model that was fitted to columns written as ``known``; numbers
    are what they are.

    Raises ``DataError`` for texts that are no numbers where numbers are needed, or written in another way.
    """
    found = {encoder.column: [row[encoder.column] for row in rows] for encoder in encoders}
    found |= _as_fitted(found, known)
    for encoder in encoders:
        values = found[encoder.column]
        found[encoder.column] = _of_one_type(
            _as_numbers(values, encoder) if isinstance(encoder, NumericEncoder) else values
        )
    return found


def notes(request: Request, encoders: Sequence[ColumnEncoder], known: Known) -> list[str]:
    """Return what to tell whoever sent texts of numbers: that they have other marks than those fitted.

    Raises ``DataError`` as ``columns`` does.
    """
    if request.types is not None:  # there are no such texts
        return []
    texts = _texts(
        {encoder.column: [row[encoder.column] for row in request.rows] for encoder in encoders}, known
    )
    told = as_fitted(as_frame(texts), known).told if texts else ""
    return [told] if told else []


def _texts(given: Mapping[str, list[Any]], known: Known) -> dict[str, list[str | None]]:
    """Return the texts of the columns that have such and of which something is known."""
    return {
        name: [value if isinstance(value, str) else None for value in given[name]]
        for name in known.of
        if name in given and any(isinstance(value, str) for value in given[name])
    }


def _as_fitted(given: Mapping[str, list[Any]], known: Known) -> dict[str, list[Any]]:
    """Return the columns with texts of which something is known, with their decimal marks as points."""
    texts = _texts(given, known)
    if not texts:
        return {}
    read = as_fitted(as_frame(texts), known).table
    require_signs(read, known)
    return {
        name: [one if isinstance(v, str) else v for v, one in zip(given[name], read[name], strict=True)]
        for name in texts
    }


def _as_numbers(values: list[Any], encoder: NumericEncoder) -> list[Any]:
    """Return texts among numbers as numbers: how a text is written changes no number beside it."""
    texts = [value if isinstance(value, str) else None for value in values]
    if all(text is None for text in texts) or not any(isinstance(v, int | float) for v in values):
        return values
    read = encoder.read(as_series(texts, encoder.column)).tolist()
    return [one if isinstance(v, str) else v for v, one in zip(values, read, strict=True)]


def _of_one_type(values: list[Any]) -> list[Any]:
    known = [value for value in values if value is not None]
    if all(isinstance(value, bool) for value in known):
        return values
    if all(type(value) is int for value in known):  # of which a float may not tell two apart
        return values
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        return [None if value is None else float(value) for value in values]
    return [None if value is None else _text(value) for value in values]


def _text(value: Any) -> str:
    """Return a value as a text column of a file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
