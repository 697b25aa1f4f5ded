"""What spreadsheets, pandas, polars and R write around a table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pytest

from shoal.data.readers.delimited import parse_delimited
from shoal.errors import DataError, ShoalWarning

ROWS = [("1", "x"), ("2", "y")]
BOM = b"\xef\xbb\xbf"

QUIET = {
    "sep": b"sep=;\na;b\n1;x\n2;y\n",
    "sep in quotes": b'"sep=;"\r\na;b\r\n1;x\r\n2;y\r\n',
    "sep in capitals, saved again": b"SEP=,,\na,b\n1,x\n2,y\n",
    "sep after a byte order mark": BOM + b"sep=;\r\na;b\r\n1;x\r\n2;y\r\n",
    "sep that is not guessed": b"sep=:\na:b\n1:x\n2:y\n",
    "sep against what is guessed": b"sep=|\na|b\n1|x\n2|y\n",
    "sep of tabs": b"sep=\t\na\tb\n1\tx\n2\ty\n",
    "blank lines at the end": b"a,b\n1,x\n2,y\n\n\r\n\n",
    "empty rows at the end": b"a,b\n1,x\n2,y\n,\n,,,,\r\n , \n",
    "quoted empty rows at the end": b'a,b\n1,x\n2,y\n"",""\n',
    "delimiters at the ends": b"a,b,\n1,x,\n2,y,\n",
    "delimiters at the ends of rows": b"a,b\r\n1,x,\r\n2,y,\r\n",
    "delimiters at the ends of rows, the last without newline": b"a,b\n1,x,\n2,y,",
    "a delimiter at the end of the header": b"a,b,\n1,x\n2,y\n",
    "blanks around names": b" a , b \n1,x\n2,y\n",
    "carriage returns": b"a,b\r1,x\r2,y\r",
    "carriage returns and newlines": b"a,b\r\n1,x\r2,y\n",
    "carriage returns twice": b"a,b\r\r\n1,x\r\r\n2,y\r\r\n",
    "newlines and both": b"a,b\n1,x\r\n2,y",
}


@pytest.mark.parametrize("name", QUIET)
def test_the_same_table_in_other_clothes(name: str) -> None:
    table = parse_delimited(QUIET[name], "t.csv")
    assert table.columns == ["a", "b"]
    assert [tuple(value.strip() for value in row) for row in table.rows()] == ROWS


TOLD = {
    "comments": (b"# from the lab\n# a, b of 2024\na,b\n1,x\n2,y\n", r"2 line\(s\) before the header"),
    "comments and blank lines": (b"\n#one\n\n#two\n\na,b\n1,x\n2,y\n", r"2 line\(s\) before the header"),
    "comments between rows": (b"a,b\n1,x\n# a break\n2,y\n#end\n", r"2 line\(s\) between the rows"),
    "an index of pandas": (b",a,b\n0,1,x\n1,2,y\n", "its first column, which has no name, numbers the rows"),
    "an index of pandas, written twice": (b"Unnamed: 0,a,b\n0,1,x\n1,2,y\n", "column 'Unnamed: 0'"),
    "a shuffled index": (b",a,b\n17,1,x\n3,2,y\n", "numbers the rows and is left out"),
    "rows named by R": (b'"","a","b"\n"1",1,"x"\n"2",2,"y"\n', "numbers the rows and is left out"),
    "rows named by R, without a header": (b'"a","b"\n"1",1,"x"\n"2",2,"y"\n', "numbers the rows"),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_is_left_out_is_told(name: str, write_file: Any) -> None:
    from shoal.data.tables import read_table

    data, told = TOLD[name]
    with pytest.warns(ShoalWarning, match=told) as notes:
        table = read_table(write_file("t.csv", data))
    assert len(notes) == 1
    assert table.columns == ["a", "b"]
    assert table.rows() == ROWS


@pytest.mark.parametrize("header", [b"#id,a\n", b"# id;a\n"])
def test_a_header_may_begin_with_a_hash(header: bytes) -> None:
    mark = header[-3:-2]
    table = parse_delimited(header + b"1" + mark + b"x\n", "t.csv")
    assert table.columns == [header.split(mark)[0].decode(), "a"]
    assert table.rows() == [("1", "x")]


def test_a_row_may_begin_with_a_hash() -> None:
    assert parse_delimited(b"a,b\n#1,x\n#2,y\n", "t.csv").rows() == [("#1", "x"), ("#2", "y")]


def test_an_index_that_does_not_number_the_rows_is_a_column() -> None:
    assert parse_delimited(b"Unnamed: 0,b\n1,x\n1,y\n", "t.csv").columns == ["Unnamed: 0", "b"]


def test_pandas_and_polars_write_what_is_read_back(tmp_path: Any) -> None:
    from shoal.data.tables import read_table

    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}, index=[5, 3])
    frame.to_csv(tmp_path / "t.csv")
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_feather(tmp_path / "t.feather")
    pl.DataFrame({"": [0, 1], "a": [1, 2], "b": ["x", "y"]}).write_csv(tmp_path / "p.csv")
    for name in ("t.csv", "t.parquet", "t.feather", "p.csv"):
        with pytest.warns(ShoalWarning, match="numbers the rows and is left out"):
            table = read_table(tmp_path / name)
        assert table.columns == ["a", "b"]
        assert [(int(a), b) for a, b in table.rows()] == [(1, "x"), (2, "y")]


def test_an_array_of_pandas_has_numbers_for_names(tmp_path: Any) -> None:
    pd.DataFrame([[0.5, 7], [1.5, 8]]).to_csv(tmp_path / "t.csv")
    with pytest.warns(ShoalWarning, match="numbers the rows"):
        table = parse_delimited((tmp_path / "t.csv").read_bytes(), "t.csv")
    assert table.columns == ["0", "1"]


@pytest.mark.parametrize("word", ["Total", "total:", "SUM", "Grand total", "Summe"])
def test_a_row_of_totals_is_told_and_kept(word: str) -> None:
    with pytest.warns(ShoalWarning, match=f"the last row of t.csv begins with '{word}'.* delete it"):
        table = parse_delimited(f"a,b\nx,1\ny,2\n{word},3\n".encode(), "t.csv")
    assert table.height == 3


def test_a_quoted_line_end_stays_in_its_value() -> None:
    data = b'a,b\r"1\r2",x\r3,"y\r\nz"\r'
    assert parse_delimited(data, "t.csv").rows() == [("1\r2", "x"), ("3", "y\r\nz")]


def test_long_values_are_kept_whole() -> None:
    long = "x" * 3_000_000
    assert parse_delimited(f'a,b\n"{long}",1\n{long},2\n'.encode(), "t.csv")["a"].to_list() == [long, long]


@pytest.mark.parametrize(
    ("data", "fragments"),
    [
        (b"a,b\n1,x,7\n1,y,8\n", ["line 2 has 3 field(s), the header has 2"]),
        (b"a,b\n1.5,x,7\n2.5,y,8\n", ["line 2 has 3 field(s)", "2 such rows"]),
        (b"a,b\n1,x,7\n2,y\n", ["line 2 has 3 field(s)", "1 such rows"]),
        (b"a,b,c\n1,x\n2,y\n", ["line 2 has 2 field(s), the header has 3"]),
        (b"sep=;\n\n#c\na;b\n1;x\n2\n", ["line 6 has 1 field(s)"]),
        (b"sep=;\n", ["is empty"]),
        (b",a\n0.5,1\n1.5,2\n", ["column 1 has no name in the header"]),
        (b",a\nx,1\ny,2\n", ["column 1 has no name in the header", "row.names=FALSE"]),
        (b"a,,b\n1,,x\n2,3,y\n", ["column 2 has no name in the header"]),
        (b",\n1,2\n", ["expected column names"]),
        (b"0,1\n1,0\n", ["the first row holds numbers"]),
    ],
)
@pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")
def test_what_could_be_read_in_two_ways_is_refused(data: bytes, fragments: list[str], refuses: Any) -> None:
    with refuses(DataError, "t.csv", *fragments):
        parse_delimited(data, "t.csv")
