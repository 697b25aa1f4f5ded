"""CSV and TSV: bytes to columns of text, and for what is wrong in a file its line and a remedy."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from shoal.data.frames import pl, quoted
from shoal.data.numerals import with_decimal_points
from shoal.errors import DataError

DELIMITERS = (",", ";", "\t", "|")
_BOM = b"\xef\xbb\xbf"
_CHUNK = 1 << 24  # bytes looked at together, which bounds the memory beside the table


@dataclass(frozen=True)
class Records:
    """The records of a file, blank lines left out: where each begins and ends, and its delimiters."""

    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    delimiters: npt.NDArray[np.int64]


def parse_delimited(data: bytes, name: str, delimiter: str | None = None) -> pl.DataFrame:
    """Return the table in ``data`` as columns of text; ``delimiter`` None is guessed from the first lines.

    Every value stays as it is written, but for decimal commas: what a column holds is decided later, over the
    whole column, while the mark of decimals is the file's.

    Raises ``DataError`` for other than UTF-8 text, no header, no rows, columns without a name or with the
    same, and rows with another number of fields than the header.
    """
    data = _text_bytes(data, name)
    delimiter = delimiter or _guess_delimiter(data)
    records = _records(data, delimiter, name)
    header = data[records.starts[0] : records.ends[0]].decode()
    try:
        names = _names(next(csv.reader([header.strip("\r\n")], delimiter=delimiter)), name)
    except csv.Error as error:
        raise DataError(f"{name}: the header cannot be read ({error}); check its quotes") from None
    if len(records.starts) == 1:
        raise DataError(f"{name} has a header and no rows; at least one row of data is needed")
    _require_rectangular(data, records, len(names), name)
    table = _read(data, records, delimiter, names, name)
    return with_decimal_points(table, commas_expected=delimiter == ";")


def _text_bytes(data: bytes, name: str) -> bytes:
    """Return ``data`` without its byte order mark and with newlines, if it is UTF-8 text."""
    if not data.removeprefix(_BOM).strip():
        raise DataError(f"{name} is empty; expected a header line and rows")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{name} is UTF-16 text, expected UTF-8; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)")
    if b"\0" in data:
        at = data.index(b"\0")
        raise DataError(
            f"{name} is not a text table: byte {at} is zero; expected UTF-8 text (CSV, TSV), Parquet or NPZ"
        )
    try:
        data.isascii() or data.decode()
    except UnicodeDecodeError as error:
        raise DataError(_encoding_message(data, error.start, name)) from None
    data = data.removeprefix(_BOM)
    return data if b"\n" in data else data.replace(b"\r", b"\n")


def _encoding_message(data: bytes, at: int, name: str) -> str:
    control = sum(byte < 9 or 13 < byte < 32 for byte in data[:4096])
    if control > 0.02 * min(len(data), 4096):
        return f"{name} is not a text table: it begins like binary data; expected CSV, TSV, Parquet or NPZ"
    line = data.count(b"\n", 0, at) + 1
    return (
        f"{name} is not UTF-8 text: byte {at} (0x{data[at]:02x}, line {line}); "
        "save it as UTF-8 (from Latin-1: iconv -f LATIN1 -t UTF-8)"
    )


def _guess_delimiter(data: bytes) -> str:
    """Return the delimiter that cuts the header and the first row into equally many fields."""
    head = data.lstrip(b"\r\n")[: 1 << 16].decode(errors="ignore")
    lines = [line for line in head.split("\n") if line.strip("\r")][:2]
    counts = {mark: [_field_count(line, mark) for line in lines] for mark in DELIMITERS}
    return max(
        DELIMITERS, key=lambda mark: (len(set(counts[mark])) == 1 and counts[mark][0] > 1, counts[mark][0])
    )


def _field_count(line: str, delimiter: str) -> int:
    """Return the number of fields, counting delimiters outside quotes as `_records` does."""
    return sum(part.count(delimiter) for part in line.split('"')[::2]) + 1


def _records(data: bytes, delimiter: str, name: str) -> Records:
    """Find the newlines that stand outside quotes, and count such delimiters, a chunk at a time."""
    ends, before, total, inside = [], [], 0, False
    for offset in range(0, len(data), _CHUNK):
        chunk = np.frombuffer(data, np.uint8, min(_CHUNK, len(data) - offset), offset)
        newline, mark = chunk == ord("\n"), chunk == ord(delimiter)
        if inside or data.find(b'"', offset, offset + _CHUNK) >= 0:
            # A doubled quote opens and closes at once, so the parity of the quotes so far is enough.
            quoted = np.logical_xor.accumulate(chunk == ord('"')) ^ inside
            newline, mark, inside = newline & ~quoted, mark & ~quoted, bool(quoted[-1])
        at, marks = np.flatnonzero(newline), np.flatnonzero(mark)
        ends.append(at + offset + 1)
        before.append(np.searchsorted(marks, at) + total)
        total += marks.size
    if inside:
        line = data.count(b"\n", 0, data.rindex(b'"')) + 1
        raise DataError(f"{name}: the quote in line {line} is never closed; close it or double it")
    if not data.endswith(b"\n"):
        ends.append(np.array([len(data)]))
        before.append(np.array([total]))
    all_ends = np.concatenate(ends)
    starts = np.concatenate([[0], all_ends[:-1]])
    filled = (all_ends - starts > 2) | ~np.isin(np.frombuffer(data, np.uint8)[starts], [ord("\n"), ord("\r")])
    delimiters = np.diff(np.concatenate(before), prepend=0)
    return Records(starts[filled], all_ends[filled], delimiters[filled])


def _names(names: list[str], name: str) -> list[str]:
    names = [column.strip() for column in names]
    for position, column in enumerate(names, start=1):
        if not column:
            raise DataError(
                f"{name}: column {position} has no name in the header; name it, or write the table without "
                "its index (pandas: to_csv(…, index=False))"
            )
    twice = [column for column, times in Counter(names).items() if times > 1]
    if twice:
        raise DataError(f"{name} has more than one column named {twice[0]!r}; give every column its own name")
    if all(_is_number(column) for column in names):
        shown = ", ".join(map(quoted, names[:4]))
        raise DataError(f"{name}: the first row holds numbers ({shown}), expected column names; add a header")
    return names


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _require_rectangular(data: bytes, records: Records, width: int, name: str) -> None:
    fields = records.delimiters + 1
    wrong = np.flatnonzero(fields != width)
    if wrong.size:
        first = wrong[0]
        line = data.count(b"\n", 0, int(records.starts[first])) + 1
        raise DataError(
            f"{name}: line {line} has {fields[first]} field(s), the header has {width} "
            f"({wrong.size} such rows); correct it, or quote values that hold the delimiter"
        )


def _read(data: bytes, records: Records, delimiter: str, names: list[str], name: str) -> pl.DataFrame:
    starts, ends = records.starts[1:], records.ends[1:]
    gaps = np.flatnonzero(ends[:-1] != starts[1:])
    if gaps.size:  # blank lines, which the reader would take for rows of missing values
        cuts = [int(starts[0]), *(int(at) for i in gaps for at in (ends[i], starts[i + 1])), int(ends[-1])]
        body = b"".join(data[begin:end] for begin, end in list(pairwise(cuts))[::2])
    else:
        body = data[int(starts[0]) : int(ends[-1])]
    try:
        table = pl.read_csv(
            body,
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            separator=delimiter,
            quote_char='"',
        )
    except pl.exceptions.PolarsError as error:
        first = str(error).splitlines()[0]
        raise DataError(f"{name} cannot be read as a table ({first}); check its quotes") from None
    if table.height != len(starts):
        raise DataError(f"{name}: {len(starts)} rows became {table.height}; check its quotes")
    return table
