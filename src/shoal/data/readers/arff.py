"""ARFF, the format of Weka and OpenML: attributes with declared types, then rows, dense or sparse.

The format is read here: SciPy's reader knows neither sparse rows nor texts, and liac-arff has not been
released since 2020.

Source: Weka 3.9 manual, chapter 10, "ARFF".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shoal.data.frames import pl, quoted
from shoal.data.readers.contents import decoding, file_bytes, require_size
from shoal.data.readers.plain_text import text_bytes
from shoal.errors import DataError

Value = str | None
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_WORD = rf"{_QUOTED}|[^\s,'\"{{}}%][^\s,{{}}]*"
_ATTRIBUTE = re.compile(rf"@attribute\s+({_WORD})\s+(.+)", re.IGNORECASE)
_DATE = re.compile(rf"date(?:\s+({_QUOTED}|\S+))?", re.IGNORECASE)
_FIELD = re.compile(rf"\s*({_QUOTED}|[^,'\"]*?)\s*(?:,|$)")
_ENTRY = re.compile(rf"\s*(\d+)\s+({_QUOTED}|[^\s,'\"{{}}]+)\s*(?:,|$)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_ISO = "yyyy-MM-dd'T'HH:mm:ss"
_JAVA = {"yyyy": "%Y", "yy": "%y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "SSS": "%3f"}
_REMARK = re.compile(r"\s+%[^'\"}]*$")
_NUMERIC = ("numeric", "real", "integer")


@dataclass(frozen=True)
class _Attribute:
    """A column: its name, its kind, and for categories their labels, for dates how they are written."""

    name: str
    kind: str
    labels: tuple[str, ...] = ()
    date_format: str = ""

    @property
    def omitted(self) -> Value:
        """What it is in a sparse row that does not name it: 0, or the first label, which stands for 0."""
        return "0" if self.kind == "numeric" else self.labels[0] if self.labels else None


class _Lines:
    """The lines of a file that say something, each with its number."""

    def __init__(self, text: str, name: str) -> None:
        lines = enumerate(text.split("\n"), start=1)
        stripped = ((number, line.strip()) for number, line in lines)
        self.rest: Iterator[tuple[int, str]] = (
            (number, line) for number, line in stripped if line and not line.startswith("%")
        )
        self.name = name

    def wrong(self, number: int, why: str, remedy: str) -> DataError:
        return DataError(f"{self.name}: line {number} {why}; {remedy}")


def read_arff(path: Path) -> pl.DataFrame:
    """Return the rows of an ARFF file: numbers, texts, dates, and nominal attributes as categories.

    A sparse row has 0 where it names no value, or the first label of a nominal attribute; texts and dates are
    then missing. ``?`` is a missing value.

    Raises ``DataError``, with the line, for what is no such file, a value that its attribute does not
    declare, relational attributes and weights of rows.
    """
    lines = _Lines(text_bytes(file_bytes(path), str(path)).decode().replace("\r", "\n"), str(path))
    attributes = list(_attributes(lines))
    rows = list(lines.rest)
    if not rows:
        raise DataError(f"{path} has attributes and no rows; at least one row of data is needed")
    require_size(8 * len(rows) * len(attributes), path)
    columns: list[list[Value]] = [[attribute.omitted] * len(rows) for attribute in attributes]
    for row, (number, line) in enumerate(rows):
        for column, value in _values(line, number, len(attributes), lines):
            columns[column][row] = value
    numbers = [number for number, _ in rows]
    with decoding(path, "ARFF"):
        return pl.DataFrame(
            [_series(a, values, numbers, lines) for a, values in zip(attributes, columns, strict=True)]
        )


def _attributes(lines: _Lines) -> Iterator[_Attribute]:
    names: set[str] = set()
    number = 0
    for number, line in lines.rest:
        keyword = line.split(None, 1)[0].lower()
        if keyword == "@data":
            if not names:
                raise lines.wrong(number, "begins the data before any attribute", "declare the columns")
            return
        if keyword == "@relation":
            continue
        match = _ATTRIBUTE.fullmatch(line)
        if match is None:
            raise lines.wrong(
                number,
                f"holds {quoted(line)}, expected @attribute with a name and a type, or @data",
                "correct it",
            )
        attribute = _attribute(_plain(match[1]), _REMARK.sub("", match[2]).strip(), number, lines)
        if attribute.name in names:
            raise lines.wrong(
                number, f"declares {quoted(attribute.name)} again", "give every column its own name"
            )
        names.add(attribute.name)
        yield attribute
    raise lines.wrong(number, "ends the file before @data", "expected an ARFF file")


def _attribute(name: str, declared: str, number: int, lines: _Lines) -> _Attribute:
    kind = declared.lower()
    if kind in _NUMERIC:
        return _Attribute(name, "numeric")
    if kind == "string":
        return _Attribute(name, "string")
    if declared.startswith("{") and declared.endswith("}"):
        labels = [_plain(label) for label in _fields(declared[1:-1], number, lines)]
        if len(set(labels)) < len(labels) or not all(labels):
            raise lines.wrong(number, "declares a label twice, or an empty one", "correct it")
        return _Attribute(name, "nominal", tuple(labels))
    date = _DATE.fullmatch(declared)
    if date is not None:
        return _Attribute(name, "date", date_format=_date_format(_plain(date[1] or _ISO), number, lines))
    raise lines.wrong(
        number,
        f"declares {quoted(name)} as {quoted(declared)}, expected numeric, string, date or {{labels}}",
        "flatten it",
    )


def _date_format(java: str, number: int, lines: _Lines) -> str:
    result = ""
    for match in re.finditer(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+", java):
        word = match[0]
        if match[2] and word not in _JAVA:
            raise lines.wrong(number, f"has a date with {quoted(word)} in its format", "write numbers alone")
        result += match[1] if match[1] is not None else _JAVA.get(word, word.replace("%", "%%"))
    return result


def _fields(line: str, number: int, lines: _Lines) -> list[str]:
    """Return what stands between the commas, quotes and all."""
    if "'" not in line and '"' not in line:
        return [field.strip() for field in line.split(",")]
    fields, at = [], 0
    while True:
        match = _FIELD.match(line, at)
        if match is None:
            raise lines.wrong(number, "has a quote that is not closed, or stands in a value", "correct it")
        fields.append(match[1])
        if not match[0].endswith(",") or match.end() == at:
            return fields
        at = match.end()


def _values(line: str, number: int, width: int, lines: _Lines) -> Iterator[tuple[int, Value]]:
    if line.startswith("{"):
        yield from _sparse_values(line, number, width, lines)
        return
    fields = _fields(line, number, lines)
    if len(fields) != width:
        if len(fields) == width + 1 and fields[-1].startswith("{"):
            raise lines.wrong(number, "has a weight, which shoal does not know", "leave weights of rows out")
        raise lines.wrong(
            number, f"has {len(fields)} value(s), and {width} attributes are declared", "correct it"
        )
    for column, field in enumerate(fields):
        yield column, _value(field)


def _sparse_values(line: str, number: int, width: int, lines: _Lines) -> Iterator[tuple[int, Value]]:
    if not line.endswith("}"):
        raise lines.wrong(number, "is a sparse row without its closing brace, or with a weight", "correct it")
    inside, at, last = line[1:-1].strip(), 0, -1
    while at < len(inside):
        match = _ENTRY.match(inside, at)
        if match is None:
            raise lines.wrong(
                number, f"holds {quoted(inside[at:])}, expected pairs such as 3 red, 7 0.5", "correct it"
            )
        column = int(match[1])
        if not last < column < width:
            raise lines.wrong(
                number, f"names attribute {column} after {last} of {width}", "number them in order from 0"
            )
        yield column, _value(match[2])
        last, at = column, match.end()


def _value(field: str) -> Value:
    return None if field == "?" else _plain(field)


def _plain(word: str) -> str:
    """Return a word without its quotes, and what it escapes as it is meant."""
    if word[:1] in ("'", '"') and len(word) > 1:
        word = word[1:-1]
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), word) if "\\" in word else word


def _series(attribute: _Attribute, values: list[Value], numbers: Sequence[int], lines: _Lines) -> pl.Series:
    texts = pl.Series(attribute.name, values, dtype=pl.String)
    if attribute.kind == "string":
        return texts
    read, expected = _READERS[attribute.kind](texts, attribute)
    lost = texts.is_not_null() & read.is_null()
    if lost.any():
        row = int(lost.arg_max() or 0)
        raise lines.wrong(
            numbers[row],
            f"has {quoted(texts[row])} for {quoted(attribute.name)}, expected {expected} "
            f"({int(lost.sum())} such values)",
            "correct it, or declare the attribute otherwise",
        )
    return read


def _numbers(texts: pl.Series, attribute: _Attribute) -> tuple[pl.Series, str]:
    return texts.cast(pl.Float64, strict=False), "a number"


def _labels(texts: pl.Series, attribute: _Attribute) -> tuple[pl.Series, str]:
    return texts.cast(pl.Enum(attribute.labels), strict=False), "one of its declared labels"


def _dates(texts: pl.Series, attribute: _Attribute) -> tuple[pl.Series, str]:
    read = texts.str.to_datetime(attribute.date_format, strict=False, time_unit="us")
    return read, f"a date such as {attribute.date_format}"


_READERS: dict[str, Callable[[pl.Series, _Attribute], tuple[pl.Series, str]]] = {
    "numeric": _numbers,
    "nominal": _labels,
    "date": _dates,
}
