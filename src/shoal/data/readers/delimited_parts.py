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
from shoal.errors import CapacityError, DataError, ShoalError

BYTES = 2**22
"""Of a part, about."""
_LONGEST_LINE = 4
"""Such parts that may lie between two ends of lines."""


class NotPlainError(Exception):
    """Rows that may be read otherwise with the others of their table, or that are wrong.

    What it says is a clause, of why they are left to the whole table; nothing of tables that are never cut.
    """


def as_a_whole(error: CapacityError, why: NotPlainError | None, remedy: str = "") -> ShoalError:
    """Return what to raise where a table does not fit that is not read in parts, which is why.

    That is what is wrong with it, where something is: no memory would help. ``remedy`` is another way out.
    """
    if why is not None and isinstance(why.__cause__, DataError):
        return why.__cause__
    if why is None or not str(why):
        return CapacityError(f"{error}{remedy}")
    return CapacityError(f"{error}{remedy}; it cannot be read in parts, as {why}")


def delimited_parts(
    path: Path, delimiter: str | None = None, size: int | None = None
) -> Iterator[pl.DataFrame]:
    """Yield the rows of a delimited file as ``parse_delimited`` reads them, in parts of about ``size`` bytes.

    Raises ``NotPlainError``, in the middle perhaps, for whatever is not the same row by row: numbers with
    commas, which may be decimal ones, comments, blank lines, columns without a name, and all that is wrong.
    """
    name, header, data, part, before = str(path), b"", b"", None, 0
    try:
        for lines in _whole_lines(path, BYTES if size is None else size):
            data = header + (lines if header else text_bytes(lines, name, before))
            if not header:
                delimiter = delimiter or guess_delimiter(data)
                header = data[: data.find(b"\n") + 1]
                if header == data:
                    before += 1
                    continue
            if part is not None:
                yield part
            part = _part(data, delimiter or "", name, max(before - header.count(b"\n"), 0))
            before += lines.count(b"\n")
    except DataError as error:
        raise NotPlainError(str(error)) from error
    if part is None or _has_padding(data, delimiter or ""):
        raise NotPlainError("it ends with rows of nothing")
    tell_of_totals(part, name)
    yield part


def _part(data: bytes, delimiter: str, name: str, before: int) -> pl.DataFrame:
    """Return the rows below a header, if all are plain; so many lines are in front of them in the file."""
    if (
        data.startswith(b"#")
        or SEPARATOR.match(data)
        or with_newlines(text_bytes(data, name, before)) != data
    ):
        raise NotPlainError("its first line is a comment, or its lines end otherwise than others' do")
    records = find_records(data, delimiter, name, before)
    names = read_names(data[: records.ends[0]], delimiter, name)
    if records.starts[0] or not np.array_equal(records.ends[:-1], records.starts[1:]):
        raise NotPlainError("some of its lines are blank")
    if not all(names):
        raise NotPlainError("one of its columns has no name")
    others = records.delimiters != len(names) - 1
    if others.any():
        first = int(others.argmax())
        line = before + data.count(b"\n", 0, int(records.starts[first])) + 1
        raise NotPlainError(
            f"line {line} has {records.delimiters[first] + 1} field(s), the header has {len(names)}"
        )
    columns = read_records(data, records, delimiter, len(names), name)
    table = pl.DataFrame([column.alias(given) for column, given in zip(columns, names, strict=True)])
    if may_have_marks(table):
        raise NotPlainError("its numbers may be written with decimal commas")
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
                raise NotPlainError("a line is very long, or a quote in it is never closed")
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
