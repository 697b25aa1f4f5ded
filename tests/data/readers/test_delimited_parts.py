from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from shoal.data.readers.delimited import parse_delimited
from shoal.data.readers.delimited_parts import NotPlainError, as_a_whole, delimited_parts
from shoal.errors import CapacityError, DataError

PLAIN = {
    "numbers": b"a,b\n1,2\n3,4\n5,6\n7,8\n",
    "no last newline": b"a,b\n1,2\n3,4\n5,6",
    "CRLF": b"a,b\r\n1,2\r\n3,4\r\n5,6\r\n",
    "BOM": b"\xef\xbb\xbfa,b\n1,2\n3,4\n5,6\n7,8\n",
    "quotes": b'a,b\n"1\n2",2\n"x, y","4"\n"z ""w""",\n5,6\n',
    "texts that end in a newline": b'a,b\n1,"x\n"\n2,"yy\n"\n3,"z\n"\n4,"w\n"\n',
    "semicolons": b"a;b\n1.5;x\n2.5;y\n3;z\n",
    "one column": b"a\n1\n2\n3\n4\n",
    "letters": "a,b\nä,ö\nü,é\n😀,x\n".encode(),
}


@pytest.mark.parametrize("size", [4, 9, 1000])
@pytest.mark.parametrize("name", PLAIN)
def test_parts_are_the_whole(name: str, size: int, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(PLAIN[name])
    parts = list(delimited_parts(path, size=size))
    assert pl.concat(parts).equals(parse_delimited(PLAIN[name], "t.csv"))
    assert len(parts) > 1 or size == 1000


def test_a_quote_that_is_never_closed_is_not_read_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'a,b\n"1,2\n' + b"3,4\n" * 100)
    with pytest.raises(NotPlainError):
        list(delimited_parts(path, size=8))


def of_zstandard(content: bytes) -> bytes:
    return bytes(pa.compress(content, "zstd", asbytes=True))


@pytest.mark.parametrize(("name", "compress"), [("t.csv.gz", gzip.compress), ("t.csv.zst", of_zstandard)])
def test_what_is_compressed_is_unpacked(
    name: str, compress: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(compress(PLAIN["numbers"]))
    assert pl.concat(delimited_parts(path, size=5)).rows() == [("1", "2"), ("3", "4"), ("5", "6"), ("7", "8")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'a,b\n1,2\n3,4\n5,"6,5"\n', "its numbers may be written with decimal commas"),
        (b"a;b\n1;2\n3;4\n5;6,5\n", "its numbers may be written with decimal commas"),
        (b"a,b\n1,2\n\n3,4\n", "some of its lines are blank"),
        (b"a,b\n1,2\n3,4\n,\n", "it ends with rows of nothing"),
        (b"a,b\n1,2\n3,4\n# note\n", "line 4 has 1 field(s), the header has 2"),
        (b"# note\na,b\n1,2\n3,4\n", "its first line is a comment"),
        (b"sep=,\na,b\n1,2\n3,4\n", "its first line is a comment"),
        (b",b\n1,2\n2,4\n", "one of its columns has no name"),
        (b"a,b\n1,2\n3,4,5\n", "line 3 has 3 field(s), the header has 2"),
        (b"a,b\n1,2\n3,4\n5,6\n7,8\n3\n", "line 6 has 1 field(s), the header has 2"),
        (b"name\n1\n3\n5\n7\n9,9\n", "line 6 has 2 field(s), the header has 1"),
        (b"a long name,b\n1,2\n3\n", "line 3 has 1 field(s), the header has 2"),
        (b"a,b\n1,2\n3,\xff\n", "t.csv is not UTF-8 text: a byte (0xff, line 3)"),
        (b"a,b\n1,2\n3,4\n5,6\n7,\0\n", "t.csv is not a text table: a byte in line 5 is zero"),
        (b'a,b\n1,2\n3,4\n5,6\n7,"4\n', "the quote in line 5 is never closed"),
        (b"a,b\r1,2\r3,4\r", "its lines end otherwise than others' do"),
        (b"a,a\n1,2\n3,4\n", "'a'"),
        (b"a,b\n", "it ends with rows of nothing"),
        (b"", "it ends with rows of nothing"),
    ],
)
def test_what_is_not_plain_is_left_to_the_whole(data: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    with pytest.raises(NotPlainError, match=re.escape(why)) as raised:
        list(delimited_parts(path, size=8))
    assert str(raised.value)


def test_what_is_wrong_is_told_rather_than_that_it_does_not_fit() -> None:
    large, wrong, odd, any_table = (
        CapacityError("too large"),
        DataError("b"),
        NotPlainError(),
        NotPlainError(),
    )
    odd.__cause__ = wrong
    assert as_a_whole(large, odd, "; c") is wrong
    for why, told in (
        (None, "too large; c"),
        (any_table, "too large; c"),
        (NotPlainError("of d"), "too large; c; it cannot be read in parts, as of d"),
    ):
        assert str(as_a_whole(large, why, "; c")) == told


def test_damaged_gzip_is_left_to_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(PLAIN["numbers"] * 100)[:-9])
    with pytest.raises(NotPlainError):
        list(delimited_parts(path, size=8))
