"""The ``.tsf`` format of the Monash forecasting archive: a header of tags, then a series on every line.

``#`` begins a comment, and blank lines mean nothing. A row is ``T1:1972-01-01 00-00-00:1,2,?,4``: the
attributes that the header declares, then the values, with ``?`` where one is missing.
Source: Godahewa et al. 2021, "Monash time series forecasting archive".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from shoal.data.cells.values import LARGEST
from shoal.data.frames import pl, quoted
from shoal.data.notes import tell
from shoal.data.readers.contents import file_bytes
from shoal.data.readers.plain_text import text_bytes
from shoal.data.sequences.calendars import Calendar, calendar_of
from shoal.data.sequences.instants import instants
from shoal.data.sequences.timed import TimedSeries
from shoal.errors import DataError
from shoal.shapes import Array

TEXT, DATE, NUMBER = TYPES = ("string", "date", "numeric")
_COMMENT = b"#"
_MISSING = ("?", "nan")
_TRUTHS = {"true": True, "false": False}
_KNOWN = ("relation", "attribute", "frequency", "horizon", "missing", "equallength", "data")
_STAMP = re.compile(r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})[ T]([0-9]{2})[-:]([0-9]{2})[-:]([0-9]{2})")
_LONGEST = 40


def read_tsf(path: Path, strict: bool = False) -> TimedSeries:
    """Return the series of a file, with the horizon that its header asks for.

    What the header contradicts in the rows is a note (``ShoalWarning``), an error if ``strict``. Raises
    ``DataError``, which names file, line and field, for what is no such file.
    """
    lines = _lines(path)
    header = _Header.read(lines, path, strict)
    rows = [
        _row(line, number, header) for number, line in enumerate(lines, 1) if number > header.end and line
    ]
    if not rows:
        raise DataError(f"{path} has no series; expected one on every line after @data")
    _tell(header, rows, strict)
    calendar, starts = _times(header, rows, strict)
    return TimedSeries(
        tuple(row.values[None] for row in rows),
        _names(header, rows),
        starts,
        ("value",),
        calendar,
        identifier=next((name for name, kind in header.attributes if kind == TEXT), "series"),
        time="step" if header.first(DATE) is None else "time",
        horizon=header.horizon,
    )


def _lines(path: Path) -> list[str]:
    """Return the lines of a file without its comments, whose letters may be of any encoding."""
    lines = file_bytes(path).removeprefix(b"\xef\xbb\xbf").splitlines()
    kept = [b"" if line.lstrip().startswith(_COMMENT) else line for line in lines]
    if not b"".join(kept).strip():
        raise DataError(f"{path} is empty; expected tags such as @data, and a series on every line after it")
    return [line.strip() for line in text_bytes(b"\n".join(kept), str(path)).decode().split("\n")]


@dataclass
class _Header:
    """What the tags say, None where they say nothing; ``end`` is the line of @data."""

    path: Path
    attributes: list[tuple[str, str]] = field(default_factory=list)
    frequency: str | None = None
    horizon: int | None = None
    missing: bool | None = None
    equal: bool | None = None
    end: int = 0

    @classmethod
    def read(cls, lines: Sequence[str], path: Path, strict: bool) -> _Header:
        header, unknown, seen = cls(path), [], set[str]()
        for number, line in enumerate(lines, 1):
            words = line.split()
            if not words:
                continue
            if not words[0].startswith("@"):
                raise header.wrong(number, "is no tag and stands before @data; add @data before it")
            name, values = words[0][1:].lower().replace("_", ""), words[1:]
            if name == "data":
                header.end = number
                break
            if name not in _KNOWN:
                unknown.append(words[0])
                continue
            if name != "attribute" and name in seen:
                raise header.wrong(number, f"states @{name} again; leave one of them out")
            seen.add(name)
            header._take(name, values, number)
        else:
            raise DataError(f"{path} has no @data; expected tags, @data, and a series on every line after it")
        if not header.attributes:
            raise header.wrong(header.end, "has no @attribute before it; declare what rows begin with")
        if unknown:
            tell(f"{path} has tags that have no meaning here, such as {unknown[0]}", "leave them out", strict)
        return header

    def _take(self, name: str, values: Sequence[str], number: int) -> None:
        if name == "relation":
            return
        if name == "attribute":
            if len(values) != 2 or values[1].lower() not in TYPES:
                raise self.wrong(
                    number, f"has {quoted(' '.join(values))} after @attribute, expected a name and one of "
                    f"{', '.join(TYPES)}; write those",
                )  # fmt: skip
            self.attributes.append((values[0], values[1].lower()))
        elif len(values) != 1:
            raise self.wrong(number, f"has {len(values)} values after @{name}, expected one; write it")
        elif name == "frequency":
            self.frequency = values[0]
        elif name == "horizon":
            self.horizon = self._count(values[0], number)
        else:
            truth = _TRUTHS.get(values[0].lower())
            if truth is None:
                raise self.wrong(number, f"has @{name} {values[0]}, expected true or false; write one")
            setattr(self, "equal" if name == "equallength" else name, truth)

    def _count(self, text: str, number: int) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
            raise self.wrong(number, f"has @horizon {text}, expected a whole number above 0; write one")
        return int(text)

    def first(self, kind: str) -> int | None:
        """Return the place of the first attribute of a type."""
        return next((place for place, (_, known) in enumerate(self.attributes) if known == kind), None)

    def wrong(self, line: int, what: str) -> DataError:
        """Return an error that names the file and the line."""
        return DataError(f"{self.path}: line {line} {what}")


@dataclass(frozen=True)
class _Row:
    line: int
    fields: tuple[str, ...]
    values: Array


def _row(text: str, line: int, header: _Header) -> _Row:
    """Return the attributes and the values (T,) of a line."""
    # the colons of a time of day, as some write it, separate no fields
    plain = re.sub(r"(?<=[ T][0-9]{2}):([0-9]{2}):([0-9]{2})(?=:)", r"-\1-\2", text)
    *fields, values = plain.split(":")
    expected = len(header.attributes)
    if len(fields) != expected:
        raise header.wrong(
            line,
            f"has {len(fields)} fields before its values where the header declares {expected} attributes; "
            "separate them by colons",
        )
    for place, ((name, kind), value) in enumerate(zip(header.attributes, fields, strict=True), 1):
        if not value.strip():
            raise header.wrong(line, f"has nothing in field {place}, {quoted(name)}; write it")
        if kind == DATE and _STAMP.fullmatch(value.strip()) is None:
            raise header.wrong(
                line,
                f"has {_shown(value)} in field {place}, {quoted(name)}, expected a date such as "
                "1972-01-31 00-00-00; write it so",
            )
    return _Row(line, tuple(value.strip() for value in fields), _values(values.split(","), line, header))


def _values(fields: Sequence[str], line: int, header: _Header) -> Array:
    given = [field.strip() for field in fields]
    try:
        if not all(map(_is_plain, given)):
            raise ValueError
        values = np.array(["nan" if field == "?" else field for field in given], dtype=np.float64)
        if not (np.isnan(values) | (np.abs(values) <= LARGEST)).all():
            raise ValueError
    except ValueError:
        number, wrong = next((n, f) for n, f in enumerate(given, 1) if not _is_value(f))
        what = _shown(wrong) if wrong else "nothing"
        raise header.wrong(
            line,
            f"has {what} as value {number}, expected a finite number within ±{LARGEST:g}; write ? for a "
            "missing one",
        ) from None
    if np.isnan(values).all():
        raise header.wrong(line, "holds no value at all; leave it out")
    return values


def _is_plain(text: str) -> bool:
    return text.isascii() and "_" not in text


def _is_value(text: str) -> bool:
    if text.lower() in _MISSING:
        return True
    try:
        return _is_plain(text) and abs(float(text)) <= LARGEST
    except ValueError:
        return False


def _names(header: _Header, rows: Sequence[_Row]) -> tuple[str, ...]:
    """Return a name for every series: its first text, or all of them where several have the same first."""
    texts = [place for place, (_, kind) in enumerate(header.attributes) if kind == TEXT]
    if not texts:
        return tuple(f"line {row.line}" for row in rows)
    names = tuple(row.fields[texts[0]] for row in rows)
    if len(set(names)) < len(names):
        names = tuple(" ".join(row.fields[place] for place in texts) for row in rows)
    known: dict[str, int] = {}
    for name, row in zip(names, rows, strict=True):
        if name in known:
            raise header.wrong(
                row.line, f"is named {_shown(name)}, as line {known[name]} is; give each series its own name"
            )
        known[name] = row.line
    return names


def _times(header: _Header, rows: Sequence[_Row], strict: bool) -> tuple[Calendar, tuple[float, ...]]:
    """Return the calendar, and the stamps of the first steps, which are 1 where none is known."""
    place, counted = header.first(DATE), (Calendar(), (1.0,) * len(rows))
    if place is None:
        return counted
    calendar = None if header.frequency is None else calendar_of(header.frequency)
    if calendar is None:
        what = "has no @frequency" if header.frequency is None else f"has @frequency {header.frequency}"
        tell(
            f"{header.path} {what}, so that the steps ahead are numbers instead of dates",
            "write one such as monthly, daily or 10_minutes",
            strict,
        )
        return counted
    starts = []
    for row in rows:
        stamp = _STAMP.fullmatch(row.fields[place])
        assert stamp is not None
        day, *time = stamp.groups()
        try:
            starts.append(float(instants(pl.Series([f"{day} {':'.join(time)}"]))[0]))
        except DataError:
            raise header.wrong(
                row.line, f"has the date {_shown(row.fields[place])}, which no calendar has; correct it"
            ) from None
    return calendar, tuple(starts)


def _tell(header: _Header, rows: Sequence[_Row], strict: bool) -> None:
    """Say where the header contradicts the rows."""
    gaps = sum(bool(np.isnan(row.values).any()) for row in rows)
    if gaps and header.missing is False:
        what = f"{header.path} says @missing false, and {gaps} of {len(rows)} series lack values"
        tell(what, "write @missing true", strict)
    lengths = {len(row.values) for row in rows}
    if header.equal and len(lengths) > 1:
        what = (
            f"{header.path} says @equallength true, and series have {min(lengths)} to {max(lengths)} values"
        )
        tell(what, "write @equallength false", strict)


def _shown(text: str) -> str:
    return quoted(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
