from __future__ import annotations

import gzip
from typing import Any

import polars as pl
import pytest

from shoal.data import memory
from shoal.data.tables import read_table
from shoal.errors import CapacityError, DataError

LINES = (
    b'{"n": 1, "f": 1, "t": "05", "b": true, "mixed": 7}\r\n\r\n'
    b'{"f": 2.5, "t": "\xc3\xa9\\n", "b": null, "mixed": "x", "late": false}\r\n'
    b'{"t": "NA", "n": 3, "f": NaN, "mixed": 2.5}'
)
READ = {
    "n": [1, None, 3],
    "f": [1.0, 2.5, None],
    "t": ["05", "é", None],
    "b": [True, None, None],
    "mixed": ["7", "x", "2.5"],
    "late": [None, False, None],
}


@pytest.mark.parametrize("name", ["t.jsonl", "t.ndjson", "t.jsonl.gz"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_keys_are_columns_with_their_types(name: str, mark: bytes, write_file: Any) -> None:
    data = gzip.compress(mark + LINES) if name.endswith("gz") else mark + LINES
    table = read_table(write_file(name, data))
    assert table.to_dict(as_series=False) == READ
    kinds = [pl.Int64, pl.Float64, pl.String, pl.Boolean, pl.String, pl.Boolean]
    assert list(table.schema.values()) == kinds


def test_integers_too_large_stay_as_they_are(write_file: Any) -> None:
    lines = b'{"a": 9223372036854775808}\n{"a": 9223372036854775809}\n'
    assert read_table(write_file("t.jsonl", lines))["a"].to_list() == [str(2**63), str(2**63 + 1)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'{"a": 1', "line 2 is no JSON"),
        (b'{"a": 1} {"a": 2}', "line 2 is no JSON (Extra data"),
        (b'[{"a": 1}]', "line 2 holds '[{\"a\": 1}]', expected an object"),
        (b"7", "line 2 holds '7', expected an object"),
        (b'{"a": 1, "a": 2}', "line 2 has a key twice"),
        (b'{"a": [1]}', "line 2 has a list under 'a'"),
        (b'{"a": {"b": 1}}', "line 2 has an object under 'a'"),
        (b'{"a": "\\ud800"}', "cannot be read as JSON lines"),
        (b"[" * 100_000, "line 2 is no JSON (RecursionError)"),
        (b'{"a": ' + b"1" * 5000 + b"}", "line 2 is no JSON (ValueError)"),
        (b'{"a": "\xff"}', "is not UTF-8 text"),
        (b'{"a": "\0"}', "byte 16 is zero"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(line: bytes, told: str, write_file: Any, refuses: Any) -> None:
    with refuses(DataError, "t.jsonl", told):
        read_table(write_file("t.jsonl", b'{"a": 0}\n' + line + b"\n"))


@pytest.mark.parametrize("data", [b"", b"\n\n", b"{}\n"])
def test_nothing_is_no_table(data: bytes, write_file: Any, refuses: Any) -> None:
    with refuses(DataError, "t.jsonl"):
        read_table(write_file("t.jsonl", data))


def test_gaps_that_do_not_fit_are_not_made(
    write_file: Any, refuses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_file("t.jsonl", b"".join(b'{"k%d": 1}\n' % k for k in range(3000)))
    monkeypatch.setattr(memory, "available_bytes", lambda: 8_000_000)
    with refuses(CapacityError, "t.jsonl needs"):
        read_table(path)
