"""CSV and TSV some rows at a time, for files that need not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from shoal.data.cells.marks import may_have_marks
from shoal.data.frames import pl
from shoal.data.readers.delimited import find_records, guess_delimiter, read_names, read_records
from shoal.data.readers.headers import tell_of_totals
from shoal.data.readers.odd_lines import SEPARATOR, with_newlines, without_padding
from shoal.data.readers.packed import opened, packing_of
from shoal.data.readers.plain_text import text_bytes
from shoal.errors import DataError

BYTES = 2**22
"""Of a part, about."""
_LONGEST_LINE = 4
"""Such parts that may lie between two ends of lines."""


class NotPlainError(Exception):
    """Rows that may be read otherwise with the others of their table, or that are wrong."""


def delimited_parts(path: Path, delimiter: str | None = None, size: int = BYTES) -> Iterator[pl.DataFrame]:
    """Yield the rows of a delimited file in parts of about ``size`` bytes, as ``parse_delimited`` reads them.

    Raises ``NotPlainError``, in the middle perhaps, for whatever is not the same row by row: numbers with
    commas, which may be decimal ones, comments, blank lines, columns without a name, and all that is wrong.
    """
    name, header, data, part = str(path), b"", b"", None
    try:
        for lines in _whole_lines(path, size):
            data = header + (lines if header else text_bytes(lines, name))
            if not header:
                delimiter = delimiter or guess_delimiter(data)
                header = data[: data.find(b"\n") + 1]
                if header == data:
                    continue
            if part is not None:
                yield part
            part = _part(data, delimiter or "", name)
    except DataError as error:
        raise NotPlainError from error
    if part is None or _has_padding(data, delimiter or ""):
        raise NotPlainError
    tell_of_totals(part, name)
    yield part


def _part(data: bytes, delimiter: str, name: str) -> pl.DataFrame:
    """Return the rows below a header, if all are plain."""
    if data.startswith(b"#") or SEPARATOR.match(data) or with_newlines(text_bytes(data, name)) != data:
        raise NotPlainError
    records = find_records(data, delimiter, name)
    names = read_names(data[: records.ends[0]], delimiter, name)
    blank = records.starts[0] or not np.array_equal(records.ends[:-1], records.starts[1:])
    if blank or not all(names) or (records.delimiters != len(names) - 1).any():
        raise NotPlainError
    columns = read_records(data, records, delimiter, len(names), name)
    table = pl.DataFrame([column.alias(given) for column, given in zip(columns, names, strict=True)])
    if may_have_marks(table):
        raise NotPlainError
    return table


def _has_padding(data: bytes, delimiter: str) -> bool:
    """Tell whether a table ends with rows of nothing."""
    records = find_records(data, delimiter, "")
    return len(without_padding(data, records, delimiter).starts) < len(records.starts)


def _whole_lines(path: Path, size: int) -> Iterator[bytes]:
    """Yield a file in pieces that end where a line does, outside quotes; gzip is unpacked."""
    with opened(path, packing_of(path)) as file:
        rest = b""
        while block := file.read(size):
            rest += block
            end = _end_of_lines(rest)
            if not end and len(rest) > _LONGEST_LINE * size:
                raise NotPlainError
            if end:
                yield rest[:end]
                rest = rest[end:]
        if rest:
            yield rest


def _end_of_lines(data: bytes) -> int:
    """Return how many bytes the lines take that end outside quotes."""
    if data.count(b'"') % 2 == 0 and data.rfind(b'"') < (end := data.rfind(b"\n") + 1):
        return end
    letters = np.frombuffer(data, np.uint8)
    outside = (letters == ord("\n")) & ~np.logical_xor.accumulate(letters == ord('"'))
    ends = np.flatnonzero(outside)
    return int(ends[-1]) + 1 if ends.size else 0
