"""JSON lines: one object to a line, whose keys are the columns."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from shoal.data.frames import pl, quoted
from shoal.data.readers.contents import decoding, file_bytes, require_size
from shoal.data.readers.plain_text import text_bytes
from shoal.errors import DataError

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_NUMBERS = {int, float}


def read_json_lines(path: Path) -> pl.DataFrame:
    """Return the objects of a file as rows; a key that an object lacks is a missing value.

    Columns of numbers, of texts and of booleans keep their type; one of several becomes texts.

    Raises ``DataError`` for a line that is no such object, and for values that are lists or objects.
    """
    columns: dict[str, list[Any]] = {}
    count = 0
    text = text_bytes(file_bytes(path), str(path))
    for number, line in enumerate(io.BytesIO(text), start=1):
        if not line.strip():
            continue
        for key, value in _record(line, number, path).items():
            column = columns.get(key)
            if column is None:
                require_size(8 * count * (len(columns) + 1), path)
                column = columns[key] = []
            column.extend([None] * (count - len(column)))
            column.append(value)
        count += 1
    if not count:
        raise DataError(f"{path} is empty; expected an object on every line")
    require_size(8 * count * len(columns), path)
    for column in columns.values():
        column.extend([None] * (count - len(column)))
    with decoding(path, "JSON lines"):
        return pl.DataFrame([_series(key, values) for key, values in columns.items()])


def _record(line: bytes, number: int, path: Path) -> dict[str, Any]:
    try:
        pairs = json.loads(line, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise DataError(
            f"{path}: line {number} is no JSON ({why}); expected one object on every line"
        ) from None
    if not isinstance(pairs, _Pairs):
        raise DataError(
            f"{path}: line {number} holds {quoted(line.decode().strip())}, expected an object such as "
            '{"age": 39}; write one on every line'
        )
    record = dict(pairs)
    if len(record) < len(pairs):
        raise DataError(f"{path}: line {number} has a key twice; give every column its own name")
    for key, value in pairs:
        if isinstance(value, list):
            raise DataError(
                f"{path}: line {number} has {'an object' if isinstance(value, _Pairs) else 'a list'} under "
                f"{quoted(key)}; only numbers, texts and booleans can be used, so drop or flatten it"
            )
    return record


class _Pairs(list[tuple[str, Any]]):
    """The keys and values of an object as they stand, a key that comes twice included."""


def _series(name: str, values: list[Any]) -> pl.Series:
    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {int} and all(value is None or _SMALLEST <= value <= _LARGEST for value in values):
        return pl.Series(name, values, dtype=pl.Int64)
    if kinds and kinds <= _NUMBERS and float in kinds:
        return pl.Series(name, [None if value is None else float(value) for value in values], pl.Float64)
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    texts = [value if value is None or isinstance(value, str) else json.dumps(value) for value in values]
    return pl.Series(name, texts, dtype=pl.String)
