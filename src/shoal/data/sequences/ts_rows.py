"""The rows of a ``.ts`` file: channels of values, or of time stamps with values, and a label after them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shoal.data.cells.values import LARGEST
from shoal.data.frames import pl, quoted
from shoal.data.sequences.instants import Order, in_order, instants
from shoal.errors import DataError
from shoal.shapes import Array

_MISSING = ("?", "nan")
_COLON = re.compile(r":(?![^(]*\))")  # none that stands between brackets, as that of a time
_PAIRS = re.compile(r"\(([^()]*)\)")
_LONGEST = 40


@dataclass(frozen=True)
class Row:
    """A line: ``values`` (C, T) with NaN for what is missing, its label or None, and how its time stood."""

    line: int
    values: Array
    label: str | None
    order: Order | None = None


@dataclass(frozen=True)
class RowReader:
    """Reads lines of a file, ``stamped`` or not, each with a label or not."""

    path: Path
    stamped: bool
    labelled: bool

    def read(self, text: str, line: int) -> Row:
        """Return one row; raise ``DataError`` that names line, channel and value for what is no series."""
        if text.startswith("@"):
            raise self.wrong(line, f"has {quoted(text)} among its rows; a file has one header, above them")
        pieces, label = cut(text), None
        if self.labelled:
            label = pieces.pop().strip()
            if not pieces:
                raise self.wrong(
                    line, "has no label after its values; end it with :LABEL, or with :? for none"
                )
            if not label:
                raise self.wrong(line, "has an empty label after its last colon; write :? for none")
        channels: list[Array] = []
        order: Order | None = None
        times: Array | None = None
        for channel, piece in enumerate(pieces, 1):
            if not self.stamped:
                channels.append(self._values(piece.split(","), line, channel))
                continue
            stamps, fields = self._pairs(piece, line, channel)
            values, (found, own) = self._values(fields, line, channel), self._order(stamps, line, channel)
            if times is not None and not np.array_equal(own, times):
                raise self.wrong(line, f"has other time stamps in channel {channel} than in the first")
            times = own
            order = found if order is None or order.was_sorted else order
            channels.append(values[found.rows])
        for channel, values in enumerate(channels, 1):
            if len(values) != len(channels[0]):
                raise self.wrong(
                    line,
                    f"has {len(values)} values in channel {channel} and {len(channels[0])} in channel 1; all "
                    "channels of a series are equally long, with ? where a value is missing",
                )
        return Row(line, np.stack(channels), None if label in _MISSING else label, order)

    def wrong(self, line: int, what: str) -> DataError:
        """Return an error that names the file and the line."""
        return DataError(f"{self.path}: line {line} {what}")

    def _values(self, fields: list[str], line: int, channel: int) -> Array:
        given = [field.strip() for field in fields]
        try:
            text = "".join(given)
            if not text.isascii() or "_" in text:
                raise ValueError
            values = np.array(["nan" if field == "?" else field for field in given], dtype=np.float64)
            if not (np.isnan(values) | (np.abs(values) <= LARGEST)).all():
                raise ValueError
        except ValueError:
            raise self._first_wrong(given, line, channel) from None
        return values

    def _first_wrong(self, fields: list[str], line: int, channel: int) -> DataError:
        number, field = next((n, f) for n, f in enumerate(fields, 1) if not _is_value(f))
        where = f"in channel {channel} as value {number}"
        if not field:
            return self.wrong(line, f"has nothing {where}; write ? for a value that is missing")
        shown = quoted(field if len(field) <= _LONGEST else f"{field[:_LONGEST]}…")
        remedy = "separate values by commas" if len(field.split()) > 1 else "write ? for one that is missing"
        return self.wrong(
            line, f"has {shown} {where}, expected a finite number within ±{LARGEST:g}; {remedy}"
        )

    def _pairs(self, piece: str, line: int, channel: int) -> tuple[list[str], list[str]]:
        """Return the time stamps and the values of ``(t,v),(t,v)``."""
        if _PAIRS.sub("", piece).replace(",", "").strip():
            raise self.wrong(
                line, f"has in channel {channel} other than pairs (time,value); write all of its values so"
            )
        stamps, fields = [], []
        for number, pair in enumerate(_PAIRS.findall(piece), 1):
            stamp, comma, field = pair.rpartition(",")
            if not comma or "," in stamp or not stamp.strip():
                raise self.wrong(
                    line, f"has ({pair}) in channel {channel} as value {number}, expected (time,value)"
                )
            stamps.append(stamp.strip())
            fields.append(field)
        if not stamps:
            raise self.wrong(line, f"has no value in channel {channel}; write (time,?) for a missing one")
        return stamps, fields

    def _order(self, stamps: list[str], line: int, channel: int) -> tuple[Order, Array]:
        """Return the order of time stamps, and their times in it."""
        try:
            times = instants(pl.Series("stamp", stamps))
        except DataError as error:
            raise self.wrong(line, f"channel {channel}: {error}") from None
        order = in_order(times)
        if order.twice is not None:
            raise self.wrong(
                line,
                f"has the time {quoted(stamps[order.twice])} twice in channel {channel}; leave one of the "
                "two out",
            )
        return order, times[order.rows]


def cut(text: str) -> list[str]:
    """Return the pieces of a line between its colons, but for those in brackets.

    >>> cut("1,2:3,4:yes"), cut("(10:30,1.5):no")
    (['1,2', '3,4', 'yes'], ['(10:30,1.5)', 'no'])
    """
    return _COLON.split(text) if "(" in text else text.split(":")


def _is_value(field: str) -> bool:
    if field.lower() in _MISSING:
        return True
    try:
        return field.isascii() and "_" not in field and abs(float(field)) <= LARGEST
    except ValueError:
        return False
