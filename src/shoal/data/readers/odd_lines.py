"""What spreadsheets and other programs add to a text table, and line ends of every kind."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shoal.errors import DataError, ShoalWarning

SEPARATOR = re.compile(rb'[\r\n]*"?sep=([^\w"\r\n])"?[,;|\t ]*(?=\r?\n)', re.IGNORECASE)
_COMMENT = ord("#")
_HEAD = 1 << 16
_NUMBER = re.compile(r"\s*[+-]?\d+([.,]\d+)?\s*")


@dataclass(frozen=True)
class Records:
    """The records of a file, blank lines left out: where each begins and ends, and its delimiters."""

    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    delimiters: npt.NDArray[np.int64]

    def only(self, kept: npt.NDArray[np.bool_] | slice) -> Records:
        """Return some of the records."""
        return Records(self.starts[kept], self.ends[kept], self.delimiters[kept])


def with_newlines(data: bytes) -> bytes:
    """Return ``data`` with a newline for every carriage return that ends a line by itself, outside quotes."""
    if data.count(b"\r") == data.count(b"\r\n"):
        return data
    letters = np.frombuffer(data, np.uint8).copy()
    alone = letters == ord("\r")
    alone[:-1] &= letters[1:] != ord("\n")
    alone &= ~np.logical_xor.accumulate(letters == ord('"'))
    letters[alone] = ord("\n")
    return letters.tobytes()


def without_preamble(data: bytes, name: str) -> tuple[bytes, str | None]:
    """Return ``data`` with blank lines for Excel's ``sep=;`` and for comments before the header.

    Also the delimiter that the former states, or None. A line that begins with ``#`` is the header, and no
    comment, where it has names in as many fields as the line after it, which has a number.
    """
    match = SEPARATOR.match(data)
    stated = match[1].decode() if match else None
    if match:
        data = b"\n" * match[0].count(b"\n") + data[match.end() :]
    lines = data[:_HEAD].splitlines(keepends=True)
    comments = 0
    while comments < len(lines) and (lines[comments].startswith(b"#") or not lines[comments].strip(b"\r\n")):
        comments += 1
    count = sum(line.startswith(b"#") for line in lines[:comments])
    if not count or comments == len(lines):
        return data, stated
    if _is_header(lines[comments - 1], lines[comments], stated):
        comments, count = comments - 1, count - 1
    if count:
        warnings.warn(
            f"{name}: {count} line(s) before the header begin with # and are left out as comments",
            ShoalWarning,
            stacklevel=3,
        )
    return b"\n" * comments + data[sum(map(len, lines[:comments])) :], stated


def _is_header(line: bytes, after: bytes, stated: str | None) -> bool:
    marks = [stated] if stated else [",", ";", "\t", "|"]
    first, second = line.decode(errors="ignore"), after.decode(errors="ignore")
    return any(
        first.count(mark) == second.count(mark) > 0
        and any(map(_NUMBER.fullmatch, second.split(mark)))
        and not any(map(_NUMBER.fullmatch, first.split(mark)))
        for mark in marks
    )


def without_padding(data: bytes, records: Records, delimiter: str) -> Records:
    """Return the records without those at the end that hold delimiters alone, as spreadsheets write them."""
    last, padding = len(records.starts), f'{delimiter}" \t\r\n'.encode()
    while last > 1 and not data[records.starts[last - 1] : records.ends[last - 1]].strip(padding):
        last -= 1
    return records.only(slice(last))


def rectangular(
    data: bytes, records: Records, names: Sequence[str], delimiter: str, name: str
) -> tuple[Records, list[str]]:
    """Return records that all have a field for each name, and those names.

    Where every row has a field more than the header, that field has no name: the last, if it is always empty,
    or the first, into which R writes the names of the rows. Comments between the rows are left out.

    Raises ``DataError`` for any other record of another length than the header's.
    """
    width = len(names)
    fields = records.delimiters[1:] + 1
    if (fields == width + 1).all():
        ends_empty = all(
            data[end - 3 : end].rstrip(b"\r\n").endswith(delimiter.encode())
            for end in records.ends[1:].tolist()
        )
        if ends_empty:
            return records, [*names, ""]
        if _numbered(data, records, delimiter):
            return records, ["", *names]
    if (fields == width - 1).all() and not names[-1]:
        return records, list(names[:-1])
    wrong = np.concatenate([[False], fields != width])
    comments = wrong & (np.frombuffer(data, np.uint8)[records.starts] == _COMMENT)
    refused = np.flatnonzero(wrong & ~comments)
    if refused.size:
        first = refused[0]
        line = data.count(b"\n", 0, int(records.starts[first])) + 1
        raise DataError(
            f"{name}: line {line} has {records.delimiters[first] + 1} field(s), the header has {width} "
            f"({refused.size} such rows); correct it, or quote values that hold the delimiter"
        )
    if comments.any():
        warnings.warn(
            f"{name}: {comments.sum()} line(s) between the rows begin with # and are left out as comments",
            ShoalWarning,
            stacklevel=3,
        )
    return records.only(~comments), list(names)


def _numbered(data: bytes, records: Records, delimiter: str) -> bool:
    """Tell whether the first field of every row is a whole number of its own."""
    seen = set()
    for start in records.starts[1:].tolist():
        field = data[start : data.find(delimiter.encode(), start)].strip(b' "')
        if not field.isdigit() or field in seen:
            return False
        seen.add(field)
    return len(seen) > 1 or seen == {b"1"}
