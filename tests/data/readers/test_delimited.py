from __future__ import annotations

import csv
import io
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import shoal.data.readers.delimited as delimited
from shoal.data.cells import values
from shoal.data.frames import as_frame
from shoal.data.readers.delimited import parse_delimited
from shoal.errors import DataError, ShoalWarning


def rows(data: bytes, delimiter: str | None = None) -> list[tuple[str | None, ...]]:
    return parse_delimited(data, "t.csv", delimiter).rows()


def test_every_value_stays_as_it_is_written() -> None:
    table = parse_delimited(b"a,b,c\n007,1.50, x \n,true,\n", "t.csv")
    assert table.columns == ["a", "b", "c"]
    assert table.rows() == [("007", "1.50", " x "), (None, "true", None)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_guessed(delimiter: str) -> None:
    lines = [["name", "first, last", "age"], ["1", '"x, y; z | w \t v"', "3"]]
    data = "\n".join(delimiter.join(line) for line in lines).replace("first, last", '"first, last"')
    assert rows(data.encode()) == [("1", "x, y; z | w \t v", "3")]


def test_of_two_delimiters_the_one_that_cuts_header_and_rows_alike_wins() -> None:
    assert rows(b"name, first;name, last;age\nAda;Lovelace;36\n") == [("Ada", "Lovelace", "36")]


def test_one_column_needs_no_delimiter() -> None:
    assert rows(b"x\n1\n2\n") == [("1",), ("2",)]


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,2\n3,4",
        b"a,b\r\n1,2\r\n3,4\r\n",
        b"a,b\r1,2\r3,4\r",
        b"\xef\xbb\xbfa,b\n1,2\n3,4\n",
        b"\n\na,b\n\n1,2\n\n\n3,4\n\n",
        b"\r\na,b\r\n\r\n1,2\r\n3,4\r\n\r\n",
        b'"a","b"\n"1","2"\n"3","4"\n',
    ],
    ids=["no last newline", "CRLF", "CR", "BOM", "blank lines", "blank CRLF lines", "quotes"],
)
def test_the_same_table_in_other_clothes(data: bytes) -> None:
    table = parse_delimited(data, "t.csv")
    assert table.columns == ["a", "b"]
    assert table.rows() == [("1", "2"), ("3", "4")]


def test_blank_lines_before_the_header_are_no_matter_how_many() -> None:
    assert rows(b"\n" * 70_000 + b"a;b\n1;2\n") == [("1", "2")]


def test_quotes_hold_delimiters_newlines_and_quotes() -> None:
    data = b'a,"b, c"\n"1\n2","he said ""no"", twice"\n3,4\n'
    table = parse_delimited(data, "t.csv")
    assert table.columns == ["a", "b, c"]
    assert table.rows() == [("1\n2", 'he said "no", twice'), ("3", "4")]


def test_a_semicolon_table_may_have_decimal_commas() -> None:
    data = b"x;y;name\n3,14;1;a,b\n-2,5;2;c\n7;3;1,5\n"
    assert rows(data) == [("3.14", "1", "a,b"), ("-2.5", "2", "c"), ("7", "3", "1,5")]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 16])
def test_records_do_not_depend_on_where_chunks_end(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b'a,b\n"1\n,""2",x\n\n3,"y,\r\nz"\n'
    whole = rows(data)
    monkeypatch.setattr(delimited, "_CHUNK", chunk)
    assert rows(data) == whole == [('1\n,"2', "x"), ("3", "y,\r\nz")]


cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs"]), min_size=1
)


@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8))
def test_what_the_csv_module_writes_is_read_back(table: list[tuple[str, str, str]]) -> None:
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("x", "y", "z"), *table])
    assert rows(file.getvalue().encode(), ",") == table


@pytest.mark.parametrize(
    ("data", "fragments"),
    [
        (b"", ["t.csv is empty", "header"]),
        (b" \n\r\n", ["t.csv is empty"]),
        (b"a,b\n", ["header and no rows"]),
        (b"a,b\n1,2\n3\n", ["line 3 has 1 field(s)", "header has 2"]),
        (b"a,b\n1,2\n3,4,5\n", ["line 3 has 3 field(s)", "header has 2", "1 such rows"]),
        (b'a,b\n"1\n1",2\n\n3,4,5\n6\n', ["line 5 has 3 field(s)", "2 such rows"]),
        (b'a,b\n1,"2\n3,4\n', ["quote in line 2 is never closed"]),
        (b'a,b\n1,5" pipe\n3,4\n', ["quote in line 2 is never closed"]),
        (b'a,b\n1,"x" y\n3,4\n', ["check its quotes"]),
        (b"a,b,a\n1,2,3\n", ["more than one column named 'a'"]),
        (b"a, a \n1,2\n", ["more than one column named 'a'"]),
        (b",a\nx,1\n", ["column 1 has no name", "index=False", "row.names=FALSE"]),
        (b"a,,b\n1,2,3\n", ["column 2 has no name"]),
        (b"1,2.5\n3,4\n", ["first row holds numbers", "'2.5'", "add a header"]),
        ("a,b\n1,2\n".encode("utf-16"), ["UTF-16", "expected UTF-8"]),
        ("a,b\n1,2\n".encode("utf-16-le"), ["byte 1 is zero"]),
        ("a,b\n1,2\n3,caf\xe9\n".encode("latin-1"), ["byte 13 (0xe9, line 3)", "LATIN1"]),
        (bytes(range(1, 256)) * 20, ["begins like binary data"]),
        (b'a,"' + b"b" * 200_000 + b'"\n1,2\n', ["header cannot be read"]),
        (b"a\rb,c\n1,2\n3,4\n5\n", ["line 2 has 2 field(s), the header has 1"]),
        (b"PK\x03\x04\0\0", ["not a text table"]),
    ],
)
def test_a_broken_file_is_refused_in_one_line(data: bytes, fragments: list[str], refuses: Any) -> None:
    with refuses(DataError, "t.csv", *fragments):
        parse_delimited(data, "t.csv")


def is_table_or_refused(data: bytes) -> bool:
    try:
        with warnings.catch_warnings(action="ignore", category=ShoalWarning):
            table = parse_delimited(data, "t.csv")
    except DataError as error:
        return str(error).count("\n") == 0
    return table.width > 0 and table.height > 0


@given(st.binary(max_size=200))
def test_garbage_is_a_table_or_a_data_error(data: bytes) -> None:
    assert is_table_or_refused(data)


@given(
    st.lists(st.sampled_from([b"a", b"1", b",", b";", b'"', b"\n", b"\r\n", b" ", b"\xc3\xa9"]), max_size=40)
)
def test_nearly_a_table_is_a_table_or_a_data_error(pieces: list[bytes]) -> None:
    assert is_table_or_refused(b"".join(pieces))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("gap", ["", "NA", "?", "-", "n/a", "NULL", "nan", "None", "."])
def test_decimal_commas_with_gaps_are_the_same_numbers_for_every_delimiter(delimiter: str, gap: str) -> None:
    x = [0.126, 5.123, None, -1234.5, 2.0]
    fields = [gap if value is None else f"{value:,.3f}".translate(str.maketrans(",.", ".,")) for value in x]
    table = f"a{delimiter}b\n" + "".join(f'"{field}"{delimiter}"{field}"\n' for field in fields)
    frame = as_frame(parse_delimited(table.encode(), "t.csv"))
    for name in "ab":
        assert_array_equal(values.numbers(frame[name]), np.array(x, dtype=float))
