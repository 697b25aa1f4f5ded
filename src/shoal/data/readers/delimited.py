"""CSV and TSV: bytes to columns of text, and for what is wrong in a file its line and a remedy."""

from __future__ import annotations

import csv
import re
from itertools import pairwise
from pathlib import Path

import numpy as np

from shoal.data.cells.marks import Resolved, with_decimal_points
from shoal.data.cells.notation import NOTHING_KNOWN, Known
from shoal.data.cells.numerals import COMMA, POINT
from shoal.data.frames import pl
from shoal.data.readers.contents import decoding
from shoal.data.readers.headers import column_names, named_table, tell_of_totals
from shoal.data.readers.odd_lines import (
    Records,
    rectangular,
    with_newlines,
    without_padding,
    without_preamble,
)
from shoal.data.readers.plain_text import text_bytes
from shoal.errors import DataError

DELIMITED = {".csv": None, ".txt": None, ".tsv": "\t", ".tab": "\t"}
"""The delimiter of files with these endings; None is guessed."""
DELIMITERS = (",", ";", "\t", "|")
_EXPECTED = {",": POINT, ";": COMMA}
"""The mark of decimals that programs write beside these."""
_LONGEST_NAME = 100_000  # what the csv module takes may be changed by anybody in the process
_GROUPED = re.compile(rb"[0-9]\.[0-9]{3}\.[0-9]{3}(?![0-9])")  # 1.234.567
_HEAD = 1 << 20  # bytes in which such numbers are looked for
_CHUNK = 1 << 24  # bytes looked at together, which bounds the memory beside the table


def parse_delimited(data: bytes, name: str, delimiter: str | None = None) -> pl.DataFrame:
    """Return the table in ``data`` as columns of text: see ``parse_marked``."""
    return parse_marked(data, name, delimiter).table


def parse_marked(
    data: bytes, name: str, delimiter: str | None = None, known: Known = NOTHING_KNOWN
) -> Resolved:
    """Return the table in ``data`` as columns of text; ``delimiter`` None is guessed from the first lines.

    Every value stays as it is written, but for decimal commas: what a column holds is decided later, over the
    whole column, while the mark of decimals is the file's. What it does not tell, a table that was fitted
    may (``known``).

    What programs add to a table is left out: a first line ``sep=;``, comments (``#``), empty rows at the end,
    delimiters at the end of every line, and a first column without a name that numbers the rows.

    Raises ``DataError`` for other than UTF-8 text, no header, no rows, other columns without a name or with
    the same, rows with another number of fields than the header, and what ``with_decimal_points`` raises.
    """
    data, stated = without_preamble(with_newlines(text_bytes(data, name)), name)
    delimiter = stated or delimiter or guess_delimiter(data)
    records = without_padding(data, find_records(data, delimiter, name), delimiter)
    if not len(records.starts):
        raise DataError(f"{name} is empty; expected a header line and rows")
    names = read_names(data[records.starts[0] : records.ends[0]], delimiter, name)
    if len(records.starts) == 1:
        raise DataError(f"{name} has a header and no rows; at least one row of data is needed")
    records, names = rectangular(data, records, names, delimiter, name)
    table = named_table(read_records(data, records, delimiter, len(names), name), names, name)
    tell_of_totals(table, name)
    marked = (b'"' in data if delimiter == "," else b"," in data) or _GROUPED.search(data, 0, _HEAD)
    if not marked and COMMA not in known.marks:
        return Resolved(table, {})
    try:
        return with_decimal_points(table, _EXPECTED.get(delimiter, ""), known)
    except DataError as error:
        raise DataError(f"{name}: {error}") from None


def read_names(header: bytes, delimiter: str, name: str) -> list[str]:
    """Return the names in a header; ``DataError`` for one that cannot be read, and as ``column_names``."""
    try:
        written = next(csv.reader([header.decode().strip("\r\n")], delimiter=delimiter))
        if max(map(len, written)) > _LONGEST_NAME:
            raise csv.Error(f"a name is longer than {_LONGEST_NAME:,} letters")
    except csv.Error as error:
        raise DataError(f"{name}: the header cannot be read ({error}); check its quotes") from None
    return column_names(written, name)


def guess_delimiter(data: bytes) -> str:
    """Return the delimiter that cuts the header and the first row into equally many fields."""
    head = data.lstrip(b"\r\n")[: 1 << 16].decode(errors="ignore")
    lines = [line for line in head.split("\n") if line.strip("\r")][:2]
    counts = {mark: [_field_count(line, mark) for line in lines] for mark in DELIMITERS}
    return max(
        DELIMITERS, key=lambda mark: (len(set(counts[mark])) == 1 and counts[mark][0] > 1, counts[mark][0])
    )


def _field_count(line: str, delimiter: str) -> int:
    """Return the number of fields, counting delimiters outside quotes as `find_records` does."""
    return sum(part.count(delimiter) for part in line.split('"')[::2]) + 1


def find_records(data: bytes, delimiter: str, name: str, lines: int = 0) -> Records:
    """Find the newlines that stand outside quotes, and count such delimiters, a chunk at a time.

    So many ``lines`` are in front of these in the file, for a message.
    """
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
        line = lines + data.count(b"\n", 0, data.rindex(b'"')) + 1
        raise DataError(f"{name}: the quote in line {line} is never closed; close it or double it")
    if not data.endswith(b"\n"):
        ends.append(np.array([len(data)]))
        before.append(np.array([total]))
    all_ends = np.concatenate(ends)
    starts = np.concatenate([[0], all_ends[:-1]])
    filled = (all_ends - starts > 2) | ~np.isin(np.frombuffer(data, np.uint8)[starts], [ord("\n"), ord("\r")])
    delimiters = np.diff(np.concatenate(before), prepend=0)
    return Records(starts[filled], all_ends[filled], delimiters[filled])


def read_records(data: bytes, records: Records, delimiter: str, width: int, name: str) -> list[pl.Series]:
    starts, ends = records.starts[1:], records.ends[1:]
    gaps = np.flatnonzero(ends[:-1] != starts[1:])
    if gaps.size:  # blank lines, which the reader would take for rows of missing values
        cuts = [int(starts[0]), *(int(at) for i in gaps for at in (ends[i], starts[i + 1])), int(ends[-1])]
        body = b"".join(data[begin:end] for begin, end in list(pairwise(cuts))[::2])
    else:
        body = data[int(starts[0]) : int(ends[-1])]
    with decoding(Path(name), "a table", "check its quotes"):
        table = pl.read_csv(
            body,
            has_header=False,
            schema={str(column): pl.String for column in range(width)},
            separator=delimiter,
            quote_char='"',
        )
    if table.height != len(starts):
        raise DataError(f"{name}: {len(starts)} rows became {table.height}; check its quotes")
    return table.get_columns()
